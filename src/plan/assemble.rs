//! From verdicts to a plan.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{
    Applyable, MeasuredLimit, Pending, Plan, PlanSettings, Refusal, RefusalCode, SelectedFrom, Selection, Step,
    Summary, Waived, budget,
    estate::Estate,
    figures::{count, summarise},
    file::FORMAT_VERSION,
    ordering::steps,
    select::{Pendings, take},
    tally::Tally,
    warnings::warnings,
};
use crate::model::ReasonCode;

/// Puts a plan together, which `approve` has yet to check.
pub(super) fn assemble(estate: &Estate<'_>, tally: Tally<'_>) -> Plan {
    let Tally { kept_by_reason, mut deferred, mut blocked, retired, ties } = tally;
    for pending in [&mut deferred, &mut blocked] {
        pending.par_sort_by(|left, right| left.address.cmp(&right.address));
    }
    let (mut steps, mut refusals) = match steps(estate, retired, &ties) {
        Ok(steps) => (steps, Vec::new()),
        Err(cycle) => (Vec::new(), vec![Refusal { code: RefusalCode::Errored, text: cycle.to_string() }]),
    };
    refusals.extend(forecast(estate));
    let selected = estate.question.selection.filter(|selection| !selection.is_everything());
    let selected = selected.map(|selection| {
        let pending = Pendings { deferred: &mut deferred, blocked: &mut blocked };
        take(selection, &mut steps, pending)
    });
    let (selected_from, unmatched) = selected.unzip();
    let warnings = [warnings(estate, &steps), unmatched.unwrap_or_default()].concat();
    let budget = budget::measure(estate, &steps);
    refusals.extend(budget::refusals(&budget));
    let summary = Summary {
        kept: kept_by_reason.values().sum(),
        deferred: count(deferred.len()),
        blocked: count(blocked.len()),
        ..summarise(estate, &steps)
    };
    let rest = Rest { deferred, blocked, kept_by_reason, budget, warnings, refusals, selected_from };
    plan(estate, steps, summary, rest)
}

/// What forbids to apply a plan that is made for another instant.
fn forecast(estate: &Estate<'_>) -> Option<Refusal> {
    let (made_at, now) = (estate.question.made_at, estate.now());
    let text = format!(
        "it is a forecast for {}, made {}; make the plan again when that time has come",
        now.strftime("%Y-%m-%d %H:%M UTC"),
        made_at.strftime("%Y-%m-%d %H:%M UTC")
    );
    (now != made_at).then_some(Refusal { code: RefusalCode::Forecast, text })
}

struct Rest {
    deferred: Vec<Pending>,
    blocked: Vec<Pending>,
    kept_by_reason: BTreeMap<ReasonCode, u64>,
    budget: Vec<MeasuredLimit>,
    warnings: Vec<String>,
    refusals: Vec<Refusal>,
    selected_from: Option<SelectedFrom>,
}

fn plan(estate: &Estate<'_>, steps: Vec<Step>, summary: Summary, rest: Rest) -> Plan {
    let (question, settings) = (estate.question, estate.settings());
    let waived = estate.policy().waivers.iter().map(|waiver| Waived {
        source: waiver.source,
        reason: waiver.reason.clone(),
        at: waiver.at.to_string(),
    });
    let waived: Vec<Waived> = waived.collect();
    let (gaps, scopes) = (estate.gaps.clone(), estate.scopes());
    Plan {
        format_version: FORMAT_VERSION.to_owned(),
        tool_version: question.tool_version.to_owned(),
        plan_id: String::new(),
        integrity: std::sync::OnceLock::new(),
        created_at: question.made_at,
        expires_at: settings.plan_expiry.after(question.made_at),
        as_of: question.now,
        policy_id: question.policy_id.clone(),
        inventory_id: question.inventory_id.clone(),
        applyable: Applyable::NO,
        complete: gaps.is_empty() && rest.selected_from.is_none(),
        targets: question.selection.map_or_else(Vec::new, Selection::targets),
        excludes: question.selection.map_or_else(Vec::new, Selection::excludes),
        selected_from: rest.selected_from,
        errored: rest.refusals.iter().any(|refusal| refusal.code == RefusalCode::Errored),
        refusals: rest.refusals,
        scopes,
        settings: PlanSettings {
            verify_within: settings.verify_within,
            opt_in_key: settings.opt_in_tag.key.clone(),
            opt_in_value: settings.opt_in_tag.value.clone(),
            protect_tag: settings.protect_tag.clone(),
        },
        waived,
        gaps,
        summary,
        steps,
        deferred: rest.deferred,
        blocked: rest.blocked,
        kept_by_reason: rest.kept_by_reason,
        budget: rest.budget,
        warnings: rest.warnings,
    }
}
