//! Why only one of two plans has a step, told for certain only where it is.

use std::collections::{BTreeSet, HashSet};

use super::{Cause, Otherwise, Stand, side::Effect};
use crate::{
    model::Timestamp,
    plan::{Action, Expect, Plan, Step},
};

/// What may be the cause of any difference between two plans.
pub(super) struct Causes<'c> {
    /// What is different; nothing else can be a cause.
    changed: BTreeSet<Cause>,
    from_as_of: Timestamp,
    to_as_of: Timestamp,
    /// What the new question does at the old instant, if it was asked.
    still: Option<&'c HashSet<Effect>>,
}

impl<'c> Causes<'c> {
    pub(super) fn new(from: &Plan, to: &Plan, still: Option<&'c HashSet<Effect>>) -> Self {
        let mut changed = BTreeSet::new();
        let different = [
            (Cause::Time, from.as_of != to.as_of),
            (Cause::Policy, from.policy_id != to.policy_id),
            (Cause::World, from.inventory_id != to.inventory_id),
            (Cause::Version, from.tool_version != to.tool_version),
        ];
        changed.extend(different.into_iter().filter(|(_, is_different)| *is_different).map(|(cause, _)| cause));
        if changed.is_empty() {
            // Equal questions have equal answers, but for the ledger, which a plan does not name.
            changed.insert(Cause::World);
        }
        Self { changed, from_as_of: from.as_of, to_as_of: to.as_of, still }
    }

    /// Why the new plan has a step that the old one does not have.
    pub(super) fn of_added(&self, effect: &Effect, step: &Step, before: &Otherwise) -> Vec<Cause> {
        if let Some(certain) = self.by_stand(before).or_else(|| self.only_one()) {
            return vec![certain];
        }
        if let Some(still) = self.still {
            return if still.contains(effect) { self.without_time() } else { vec![Cause::Time] };
        }
        match before.stand {
            Stand::Deferred if before.eligible_at.is_some_and(|at| at <= self.to_as_of) => vec![Cause::Time],
            // A gap does not close by waiting.
            Stand::Deferred | Stand::Blocked => self.without_time(),
            Stand::Gone => vec![Cause::World],
            Stand::Kept | Stand::Done | Stand::OtherStep | Stand::LeftOut | Stand::OutOfScope | Stand::Unsaid => {
                if self.is_new(step) { vec![Cause::World] } else { self.changed.iter().copied().collect() }
            }
        }
    }

    /// Why the old plan has a step that the new one does not have. Time takes nothing out of a plan, but that what would be archived
    /// is deleted in its turn.
    pub(super) fn of_dropped(&self, now: &Otherwise) -> Vec<Cause> {
        if let Some(certain) = self.by_stand(now).or_else(|| self.only_one()) {
            return vec![certain];
        }
        match now.stand {
            Stand::Gone | Stand::Done => vec![Cause::World],
            Stand::OtherStep if now.actions.contains(&Action::DeleteImage) => self.changed.iter().copied().collect(),
            Stand::Kept
            | Stand::Deferred
            | Stand::Blocked
            | Stand::OtherStep
            | Stand::LeftOut
            | Stand::OutOfScope
            | Stand::Unsaid => self.without_time(),
        }
    }

    fn by_stand(&self, other: &Otherwise) -> Option<Cause> {
        match other.stand {
            Stand::LeftOut => Some(Cause::Selection),
            Stand::OutOfScope if self.changed.contains(&Cause::Policy) => Some(Cause::Policy),
            Stand::OutOfScope => Some(Cause::World),
            Stand::Kept
            | Stand::Deferred
            | Stand::Blocked
            | Stand::Gone
            | Stand::Done
            | Stand::OtherStep
            | Stand::Unsaid => None,
        }
    }

    fn only_one(&self) -> Option<Cause> {
        self.changed.first().copied().filter(|_| self.changed.len() == 1)
    }

    fn without_time(&self) -> Vec<Cause> {
        let rest: Vec<Cause> = self.changed.iter().copied().filter(|cause| *cause != Cause::Time).collect();
        if rest.is_empty() { vec![Cause::Time] } else { rest }
    }

    /// Whether an image was pushed after the old plan was decided for.
    fn is_new(&self, step: &Step) -> bool {
        step.expect.iter().any(|fact| matches!(fact, Expect::PushedAt { is: Some(at) } if *at > self.from_as_of))
    }
}
