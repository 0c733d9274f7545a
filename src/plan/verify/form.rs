//! The plan as a document: it says what it does, and its figures add up.

use std::collections::BTreeMap;

use super::{
    objection::{Findings, Law},
    steps::place_in_plan,
};
use crate::{
    model::{Bytes, Kind, Scope},
    plan::{Action, Plan, PlanSettings, Question, Step, Target},
};

/// Objects to numbers that do not count the steps, and to steps that wait for later ones. Everything else relies on them.
pub(super) fn check_numbers(plan: &Plan, findings: &mut Findings) {
    for (at, step) in plan.steps.iter().enumerate() {
        findings.ensure(place_in_plan(step.id) == Some(at), at, Law::Review, || {
            format!("it is step {} by its place and {} by its number", at + 1, step.id)
        });
        let is_ascending = step.after.is_sorted_by(|one, two| one < two);
        let is_earlier = step.after.iter().all(|id| id.0 > 0 && *id < step.id);
        findings.ensure(is_ascending && is_earlier, at, Law::Order, || {
            "what it waits for is not a list of earlier steps, in order and each once".to_owned()
        });
    }
}

/// Objects to a plan that is about other places or other settings than the policy's, or another instant.
pub(super) fn check_frame(question: &Question<'_>, plan: &Plan, findings: &mut Findings) {
    let mut to_plan = |holds: bool, text: &str| {
        if !holds {
            findings.object_to_plan(Law::Review, text);
        }
    };
    to_plan(
        plan.scopes == scopes(question),
        "its accounts and Regions are not those that the policy has and the inventory covers",
    );
    let settings = &question.policy.settings;
    let own = PlanSettings {
        verify_within: settings.verify_within,
        opt_in_key: settings.opt_in_tag.key.clone(),
        opt_in_value: settings.opt_in_tag.value.clone(),
        protect_tag: settings.protect_tag.clone(),
    };
    to_plan(plan.settings == own, "its settings are not the policy's");
    to_plan(plan.as_of == question.now, "it is for another instant than was asked for");
    let waived = plan.waived.iter().map(|waived| waived.source);
    let waivers = question.policy.waivers.iter().map(|waiver| waiver.source);
    to_plan(waived.eq(waivers), "what it calls waived is not what the policy waives");
    let is_unread = question
        .inventory
        .gaps
        .iter()
        .any(|gap| question.policy.waivers.iter().all(|waiver| waiver.source != gap.source));
    to_plan(
        !(plan.complete && (is_unread || !plan.gaps.is_empty())),
        "it calls itself complete, and not everything was read",
    );
    to_plan(!plan.errored, "planning failed half way");
}

/// The policy's accounts and Regions as far as the inventory covers them, in order.
pub(super) fn scopes(question: &Question<'_>) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for account in &question.policy.accounts {
        for region in &account.regions {
            let is_there = |seen: &Scope| seen.account_id == account.id && seen.region == *region;
            if question.inventory.scopes.iter().any(is_there) {
                let (account, account_id, region) = (account.label.clone(), account.id.clone(), region.clone());
                scopes.push(Scope { account, account_id, region });
            }
        }
    }
    scopes.sort_unstable();
    scopes
}

/// Objects to steps whose address is not their target's, or that say something else about themselves than follows from their
/// action; and to figures that are not those of the steps.
pub(super) fn check_steps(plan: &Plan, findings: &mut Findings) {
    let mut actions: BTreeMap<Action, u64> = Action::ALL.map(|action| (action, 0)).into();
    for (at, step) in plan.steps.iter().enumerate() {
        *actions.entry(step.action).or_default() += 1;
        check_step(plan, at, step, findings);
    }
    let mut to_plan = |holds: bool, text: &str| {
        if !holds {
            findings.object_to_plan(Law::Review, text);
        }
    };
    let summary = &plan.summary;
    to_plan(summary.actions == actions, "its figures are not those of its steps");
    let bytes = |action| plan.steps.iter().filter(|step| step.action == action).map(|step| step.bytes).sum::<Bytes>();
    let deletes = bytes(Action::DeleteImage);
    to_plan(summary.bytes_reclaimed == deletes, "the bytes that it frees are not those of its steps");
    let archives = bytes(Action::ArchiveImage);
    to_plan(summary.bytes_archived == archives, "the bytes that it archives are not those of its steps");
    let is = |said: u64, number: usize| usize::try_from(said) == Ok(number);
    to_plan(is(summary.deferred, plan.deferred.len()), "it does not count what it defers");
    to_plan(is(summary.blocked, plan.blocked.len()), "it does not count what it blocks");
    to_plan(summary.kept == plan.kept_by_reason.values().sum::<u64>(), "it does not count what it keeps");
}

fn check_step(plan: &Plan, at: usize, step: &Step, findings: &mut Findings) {
    let Step { action, address, target, .. } = step;
    let scope = plan.scopes.iter().find(|scope| scope.account_id == target.account_id && scope.region == target.region);
    let is_in_scope = scope.is_some_and(|scope| (&scope.account, &scope.region) == (&address.account, &address.region));
    findings.ensure(is_in_scope, at, Law::Review, || "its account and Region are not among the plan's".to_owned());
    let is_of_kind = address.resource.kind() == action.kind();
    let is_same = is_of_kind && *target == Target::new(&target.location(), &address.resource, target.tags.clone());
    findings
        .ensure(is_same, at, Law::Review, || "its address and its target are not one and the same object".to_owned());
    findings.ensure(step.reversible == action.reversible(), at, Law::Review, || {
        format!("{action} is not `{:?}` reversible", step.reversible)
    });
    let is_bare = target.tags.is_empty() && step.bytes.0 == 0;
    findings.ensure(is_bare || action.kind() == Kind::Image, at, Law::Review, || {
        "only images have tags and a size".to_owned()
    });
    findings.ensure(!step.reasons.is_empty(), at, Law::Review, || "it has no reason".to_owned());
}
