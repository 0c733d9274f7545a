//! What a plan is not: now, or all of it. Said before anything else, and once more at the end.

use std::fmt::Write as _;

use super::paint::{Canvas, counted, listed};
use crate::{model::Timestamp, plan::Plan};

/// What stands at the top of a plan that is a forecast or a part; nothing of any other.
pub(super) fn top(plan: &Plan, canvas: Canvas) -> String {
    let mut out = String::new();
    let mut tell = |text: &str| {
        let _infallible = writeln!(out, "{}\n", canvas.yellow(&canvas.wrap(text, 0)));
    };
    if plan.is_forecast() {
        tell(&format!(
            "This is a forecast, made {}. It assumes that until then nothing is deployed, pushed, pulled or started, and that \
             the policy stays as it is. It can never be applied.",
            minute(plan.created_at),
        ));
    }
    if let Some(from) = plan.selected_from {
        tell(&format!(
            "This is a part of a plan: {} of {}, selected with {}.",
            plan.steps.len(),
            counted(from.steps, "step"),
            selection(plan)
        ));
    }
    out
}

/// What stands at its end.
pub(super) fn bottom(plan: &Plan, canvas: Canvas) -> String {
    let mut out = String::new();
    let mut tell = |text: &str| {
        let _infallible = writeln!(out, "\n{}", canvas.yellow(&canvas.wrap(text, 0)));
    };
    if let Some(from) = plan.selected_from {
        let shown = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
        let parts = [
            (from.steps.saturating_sub(shown(plan.steps.len())), "step"),
            (from.deferred.saturating_sub(shown(plan.deferred.len())), "deferred object"),
            (from.blocked.saturating_sub(shown(plan.blocked.len())), "blocked object"),
        ];
        let left: Vec<String> =
            parts.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| counted(*number, noun)).collect();
        let left = if left.is_empty() { "nothing".to_owned() } else { listed(&left, "and") };
        tell(&format!(
            "This plan is incomplete on purpose ({}): it leaves out {left}. What is kept is counted of everything. Plan \
             without --target and --exclude to see the rest.",
            selection(plan)
        ));
    }
    if plan.is_forecast() {
        tell(&format!(
            "This is a forecast for {} and can never be applied. When that time has come, plan again.",
            minute(plan.as_of)
        ));
    }
    out
}

/// What was asked for, in the words of the command line.
pub(super) fn selection(plan: &Plan) -> String {
    let targets = plan.targets.iter().map(|pattern| format!("--target {pattern}"));
    let words: Vec<String> =
        targets.chain(plan.excludes.iter().map(|pattern| format!("--exclude {pattern}"))).collect();
    words.join(" ")
}

/// An instant to the minute.
pub(super) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
