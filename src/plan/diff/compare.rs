//! From two plans to their difference.

use std::collections::HashSet;

use super::{
    Change, DIFF_FORMAT_VERSION, Difference, PlanSide, Restated, Said, What,
    cause::Causes,
    circumstance::circumstances,
    side::{Effect, Found, Side},
};
use crate::plan::{Expect, Plan, Step};

/// What is known beside the two plans.
#[derive(Default)]
pub(super) struct Evidence {
    /// What the new question does at the old instant.
    pub(super) still: Option<HashSet<Effect>>,
    /// How objects stand that only the new plan has steps for, by the old question.
    pub(super) before: Found,
    /// How objects stand that only the old plan has steps for, by the new question.
    pub(super) now: Found,
}

/// Compares two plans.
pub(super) fn compare(from: &Plan, to: &Plan, evidence: &Evidence) -> Difference {
    let (old, new) = (Side::new(from), Side::new(to));
    let causes = Causes::new(from, to, evidence.still.as_ref());
    let only_in = |one: &Side<'_>, other: &Side<'_>| -> Vec<Effect> {
        one.steps.keys().filter(|effect| !other.steps.contains_key(*effect)).cloned().collect()
    };
    let added = only_in(&new, &old).into_iter().filter_map(|effect| {
        let (step, other) = (*new.steps.get(&effect)?, old.stand(&effect, &evidence.before));
        Some(Change { causes: causes.of_added(&effect, step, &other), ..change(step, other) })
    });
    let dropped = only_in(&old, &new).into_iter().filter_map(|effect| {
        let (step, other) = (*old.steps.get(&effect)?, new.stand(&effect, &evidence.now));
        Some(Change { causes: causes.of_dropped(&other), ..change(step, other) })
    });
    let both = old.steps.iter().filter_map(|(effect, step)| Some((*step, *new.steps.get(effect)?)));
    let both: Vec<(&Step, &Step)> = both.collect();
    let (added, dropped): (Vec<Change>, Vec<Change>) = (added.collect(), dropped.collect());
    Difference {
        format_version: DIFF_FORMAT_VERSION.to_owned(),
        from: PlanSide::of(from),
        to: PlanSide::of(to),
        circumstances: circumstances(from, to, !(added.is_empty() && dropped.is_empty())),
        added,
        dropped,
        same: crate::plan::figures::count(both.len()),
        restated: both.into_iter().filter_map(|(from, to)| restated(from, to)).collect(),
    }
}

fn change(step: &Step, other: super::Otherwise) -> Change {
    Change {
        action: step.action,
        address: step.address.clone(),
        target: step.target.clone(),
        rule: step.rule.clone(),
        at: step.at.clone(),
        reasons: step.reasons.clone(),
        bytes: step.bytes,
        causes: Vec::new(),
        other,
    }
}

/// What two plans say otherwise of one step. Where a rule stands is not worth telling by itself: any edit above it moves it.
fn restated(from: &Step, to: &Step) -> Option<Restated> {
    let different = [
        (What::Rule, from.rule != to.rule),
        (What::Reasons, from.reasons.iter().map(reason).ne(to.reasons.iter().map(reason))),
        (What::Facts, !unlike(from, to).is_empty() || !unlike(to, from).is_empty()),
    ];
    let what: Vec<What> =
        different.into_iter().filter(|(_, is_different)| *is_different).map(|(what, _)| what).collect();
    let said = |step: &Step, other: &Step| Said {
        rule: step.rule.clone(),
        at: step.at.clone(),
        reasons: step.reasons.clone(),
        expect: unlike(step, other),
    };
    (!what.is_empty()).then(|| Restated {
        action: to.action,
        address: to.address.clone(),
        target: to.target.clone(),
        what,
        from: said(from, to),
        to: said(to, from),
    })
}

fn reason(reason: &crate::model::Reason) -> (crate::model::ReasonCode, &str) {
    (reason.code, reason.text.as_str())
}

/// The facts of a step that another one does not have.
fn unlike(step: &Step, other: &Step) -> Vec<Expect> {
    step.expect.iter().filter(|fact| !other.expect.contains(fact)).cloned().collect()
}
