//! What was decided of many objects: those that stay only counted, the others one by one.

use std::collections::BTreeMap;

use super::{
    Pending,
    verdict::{Retirement, Verdict},
};
use crate::{
    graph::NodeId,
    inventory::Image,
    model::{Address, Location, ReasonCode},
};

/// What was decided of some objects.
#[derive(Default)]
pub(super) struct Tally<'a> {
    /// How many stay, by the first reason of each.
    pub(super) kept_by_reason: BTreeMap<ReasonCode, u64>,
    pub(super) deferred: Vec<Pending>,
    pub(super) blocked: Vec<Pending>,
    pub(super) retired: Vec<Departure<'a>>,
    /// Images that hold each other: the positions among `retired` of the one that goes first, and of the other.
    pub(super) ties: Vec<(usize, usize)>,
}

/// An object that goes.
pub(super) struct Departure<'a> {
    pub(super) address: Address,
    pub(super) location: Location,
    /// Its node; an image that nothing names has none.
    pub(super) node: Option<NodeId>,
    pub(super) image: Option<&'a Image>,
    pub(super) retirement: Retirement,
}

/// An object on which there is a verdict.
pub(super) struct Object<'o, 'a> {
    pub(super) location: &'o Location,
    pub(super) node: Option<NodeId>,
    pub(super) image: Option<&'a Image>,
}

impl<'a> Tally<'a> {
    /// Enters a verdict. Objects that stay need no address.
    pub(super) fn enter(&mut self, object: &Object<'_, 'a>, address: impl FnOnce() -> Address, verdict: Verdict) {
        match verdict {
            Verdict::Keep(reasons) => {
                let code = reasons.first().map_or(ReasonCode::NoRule, |reason| reason.code);
                *self.kept_by_reason.entry(code).or_default() += 1;
            }
            Verdict::Defer { action, eligible_at, reasons } => {
                self.deferred.push(Pending { address: address(), action, eligible_at: Some(eligible_at), reasons });
            }
            Verdict::Block { action, reasons } => {
                self.blocked.push(Pending { address: address(), action, eligible_at: None, reasons });
            }
            Verdict::Retire(retirement) => {
                let Object { location, node, image } = *object;
                let location = location.clone();
                self.retired.push(Departure { address: address(), location, node, image, retirement });
            }
        }
    }

    /// All together, in order.
    pub(super) fn sum(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        all.retired.reserve(parts.iter().map(|part| part.retired.len()).sum());
        parts.into_iter().fold(all, Self::and)
    }

    /// Both together, this one first.
    pub(super) fn and(mut self, other: Self) -> Self {
        let offset = self.retired.len();
        self.ties.extend(other.ties.into_iter().map(|(first, then)| (first + offset, then + offset)));
        for (code, number) in other.kept_by_reason {
            *self.kept_by_reason.entry(code).or_default() += number;
        }
        self.deferred.extend(other.deferred);
        self.blocked.extend(other.blocked);
        self.retired.extend(other.retired);
        self
    }
}
