//! What was not read, and so may hold what a rule would retire (law L2).

use super::{
    Action,
    estate::Estate,
    verdict::{Elapsed, Verdict},
};
use crate::{
    graph::{Node, Unresolved},
    inventory::Gap,
    model::{Reason, ReasonCode, Resource, Source},
};

/// Everything unread or unresolved, by what it may hold.
pub(super) struct Obstacles<'e> {
    gaps: &'e [Gap],
    unresolved: Vec<&'e Unresolved>,
}

impl<'e> Obstacles<'e> {
    /// `stays` tells whether a task definition goes on holding its images.
    pub(super) fn new(estate: &'e Estate<'_>, stays: impl Fn(&Node) -> bool) -> Self {
        let holds = |holder: &Node| !matches!(holder, Node::TaskDefinition(_)) || stays(holder);
        let is_waived = |missing: Option<Source>| missing.is_some_and(|source| estate.is_waived(source));
        let unresolved = estate.graph.unresolved().iter();
        let unresolved =
            unresolved.filter(|reference| holds(&reference.holder) && !is_waived(reference.missing_from)).collect();
        Self { gaps: &estate.gaps, unresolved }
    }

    /// Why an object may be held by something that was not read; nothing if it cannot be.
    pub(super) fn of(&self, node: &Node) -> Vec<Reason> {
        let Some((location, resource)) = node.resource() else { return Vec::new() };
        let kind = resource.kind();
        let repository = match &resource {
            Resource::Image { repository, .. } => Some(repository),
            Resource::Service { .. } | Resource::TaskSet { .. } | Resource::TaskDefinition { .. } => None,
        };
        let gaps = self.gaps.iter().filter(|gap| gap.may_hold(kind, location, repository)).map(describe);
        let unresolved = self.unresolved.iter().filter(|reference| reference.may_hold(kind, location));
        let unresolved = unresolved.map(|reference| Reason::new(ReasonCode::Gap, reference.to_string()));
        let mut reasons: Vec<Reason> = gaps.chain(unresolved).collect();
        reasons.dedup();
        reasons
    }
}

/// What speaks last against retiring an object that a rule retires: the rollback window (law L4), if it has not passed since
/// the latest instant at which it may have been in use, as `what` says; and what was not read (law L2).
pub(super) fn objection(
    estate: &Estate<'_>,
    obstacles: &Obstacles<'_>,
    node: &Node,
    action: Action,
    (window_passed, what): (Elapsed, &str),
) -> Option<Verdict> {
    let window = estate.settings().rollback_window;
    match window_passed {
        Elapsed::Enough => {}
        Elapsed::Not { until } => {
            let text = format!("{what} within the rollback window of {window}");
            let reasons = vec![Reason::new(ReasonCode::RollbackWindow, text).until(until)];
            return Some(Verdict::Defer { action, eligible_at: until, reasons });
        }
        Elapsed::Unknown => {
            let text = format!("nothing tells whether the rollback window of {window} has passed");
            return Some(Verdict::keep(ReasonCode::AgeUnknown, text));
        }
    }
    let reasons = obstacles.of(node);
    (!reasons.is_empty()).then_some(Verdict::Block { action, reasons })
}

fn describe(gap: &Gap) -> Reason {
    let place = match (&gap.account_id, &gap.region) {
        (Some(account_id), Some(region)) => format!(" of {account_id}/{region}"),
        (Some(account_id), None) => format!(" of {account_id}"),
        (None, Some(region)) => format!(" of {region}"),
        (None, None) => String::new(),
    };
    match &gap.object {
        Some(object) => {
            Reason::new(ReasonCode::Gap, format!("{}{place}: `{object}` could not be read: {}", gap.source, gap.error))
        }
        None => Reason::new(ReasonCode::SourceNotRead, format!("{}{place} were not read: {}", gap.source, gap.error)),
    }
}
