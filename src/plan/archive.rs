//! Archiving: a stage on the way to deletion, for images that a rule does not delete yet.
//!
//! What is archived cannot be pulled ("Archiving an image in Amazon ECR"), so all that forbids to delete an image forbids to
//! archive it. A unit is archived whole, as far as it is not archived yet.

use super::{
    Action,
    unit::ImageRule,
    verdict::{Elapsed, Says, Telling, Verdict},
};
use crate::{
    inventory::Image,
    model::{Age, Reason, ReasonCode},
    policy::Said,
};

/// Whether ECR shows an image as archived. One that is on its way back is not.
pub(super) fn is_archived(image: &Image) -> bool {
    image.image_status.as_deref() == Some("ARCHIVED")
}

/// What the terms of a rule ask of a unit's last use, as `lasted` has it: to delete it, if it has come to that, or else to
/// archive it, or else to wait for the next of the two.
pub(super) fn outcome<'p>(
    telling: Telling,
    rule: &'p ImageRule,
    is_archived: bool,
    lasted: impl Fn(Age) -> Elapsed,
) -> Says<'p> {
    let is_met = |term: &&Said<Age>| lasted(term.value) == Elapsed::Enough;
    let terms = &rule.terms;
    if let Some(term) = terms.delete.as_ref().filter(is_met) {
        return Says::Retires(term);
    }
    match (&terms.archive, &terms.delete) {
        (Some(archive), delete) if is_archived => {
            Says::Waits(archived(telling, rule, archive, delete.as_ref(), lasted))
        }
        (Some(term), _) if is_met(&term) => Says::Archives(term),
        (Some(term), _) | (None, Some(term)) => Says::Waits(waits(telling, rule, term, lasted(term.value))),
        (None, None) => Says::Nothing,
    }
}

fn waits(telling: Telling, rule: &ImageRule, term: &Said<Age>, lasted: Elapsed) -> Reason {
    let text = || format!("{rule} asks for {} without use", term.value);
    match lasted {
        Elapsed::Not { until } => telling.reason(ReasonCode::TooRecent, text).at(&*term.at).until(until),
        Elapsed::Enough | Elapsed::Unknown => {
            let text = || format!("{}, and nothing dates its last", text());
            telling.reason(ReasonCode::AgeUnknown, text).at(&*term.at)
        }
    }
}

/// Why a unit that is archived stays: nothing is left to archive, and deleting it is not due.
fn archived(
    telling: Telling,
    rule: &ImageRule,
    archive: &Said<Age>,
    delete: Option<&Said<Age>>,
    lasted: impl Fn(Age) -> Elapsed,
) -> Reason {
    let Some(delete) = delete else {
        let text = || format!("it is archived, and {rule} asks for no more");
        return telling.reason(ReasonCode::Archived, text).at(&*archive.at);
    };
    let text = || format!("it is archived, and {rule} deletes it after {} without use", delete.value);
    let reason = telling.reason(ReasonCode::Archived, text).at(&*delete.at);
    match lasted(delete.value) {
        Elapsed::Not { until } => reason.until(until),
        Elapsed::Enough | Elapsed::Unknown => reason,
    }
}

/// The verdict on one image of a unit that is to be archived: one that is archived already has nothing to wait for.
pub(super) fn unless_archived(telling: Telling, image: &Image, verdict: Verdict) -> Verdict {
    let archives = match &verdict {
        Verdict::Keep(_) => false,
        Verdict::Defer { action, .. } | Verdict::Block { action, .. } => *action == Action::ArchiveImage,
        Verdict::Retire(retirement) => retirement.does(Action::ArchiveImage),
    };
    if archives && is_archived(image) {
        let text = || "it is archived, unlike other images of its unit".to_owned();
        return Verdict::Keep(vec![telling.reason(ReasonCode::Archived, text)]);
    }
    verdict
}
