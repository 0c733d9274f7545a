//! Archiving: a stage on the way to deletion, for images that a rule does not delete yet.
//!
//! What is archived cannot be pulled ("Archiving an image in Amazon ECR"), so all that forbids to delete an image forbids to
//! archive it. A unit is archived whole, as far as it is not archived yet.

use super::{
    Action,
    estate::Estate,
    verdict::{Elapsed, Says, Verdict},
};
use crate::{
    graph::Node,
    inventory::Image,
    model::{Age, Reason, ReasonCode},
    policy::{ImageTerms, Said},
};

/// Whether ECR shows an image as archived. One that is on its way back is not.
pub(super) fn is_archived(image: &Image) -> bool {
    image.image_status.as_deref() == Some("ARCHIVED")
}

/// What the terms of a rule ask of a unit's last use, as `lasted` has it: to delete it, if it has come to that, or else to
/// archive it, or else to wait for the next of the two. `name` is the rule's.
pub(super) fn outcome<'p>(
    name: &impl std::fmt::Display,
    terms: &'p ImageTerms,
    is_archived: bool,
    lasted: impl Fn(Age) -> Elapsed,
) -> Says<'p> {
    let is_met = |term: &&Said<Age>| lasted(term.value) == Elapsed::Enough;
    if let Some(term) = terms.delete.as_ref().filter(is_met) {
        return Says::Retires(term);
    }
    match (&terms.archive, &terms.delete) {
        (Some(archive), delete) if is_archived => Says::Waits(archived(name, archive, delete.as_ref(), lasted)),
        (Some(term), _) if is_met(&term) => Says::Archives(term),
        (Some(term), _) | (None, Some(term)) => Says::Waits(waits(name, term, lasted(term.value))),
        (None, None) => Says::Nothing,
    }
}

fn waits(name: &impl std::fmt::Display, term: &Said<Age>, lasted: Elapsed) -> Reason {
    let text = format!("{name} asks for {} without use", term.value);
    match lasted {
        Elapsed::Not { until } => Reason::new(ReasonCode::TooRecent, text).at(&*term.at).until(until),
        Elapsed::Enough | Elapsed::Unknown => {
            Reason::new(ReasonCode::AgeUnknown, format!("{text}, and nothing dates its last")).at(&*term.at)
        }
    }
}

/// Why a unit that is archived stays: nothing is left to archive, and deleting it is not due.
fn archived(
    name: &impl std::fmt::Display,
    archive: &Said<Age>,
    delete: Option<&Said<Age>>,
    lasted: impl Fn(Age) -> Elapsed,
) -> Reason {
    let Some(delete) = delete else {
        let text = format!("it is archived, and {name} asks for no more");
        return Reason::new(ReasonCode::Archived, text).at(&*archive.at);
    };
    let text = format!("it is archived, and {name} deletes it after {} without use", delete.value);
    let reason = Reason::new(ReasonCode::Archived, text).at(&*delete.at);
    match lasted(delete.value) {
        Elapsed::Not { until } => reason.until(until),
        Elapsed::Enough | Elapsed::Unknown => reason,
    }
}

/// The verdict on one image of a unit that is to be archived: one that is archived already has nothing to wait for.
pub(super) fn unless_archived(estate: &Estate<'_>, node: &Node, verdict: Verdict) -> Verdict {
    let archives = match &verdict {
        Verdict::Keep(_) => false,
        Verdict::Defer { action, .. } | Verdict::Block { action, .. } => *action == Action::ArchiveImage,
        Verdict::Retire(retirement) => retirement.actions.iter().any(|(action, _)| *action == Action::ArchiveImage),
    };
    let is_archived = estate.images.get(node).is_some_and(|seen| is_archived(&seen.value));
    if archives && is_archived {
        return Verdict::keep(ReasonCode::Archived, "it is archived, unlike other images of its unit");
    }
    verdict
}
