//! How a run goes, a line at a time, and how it was left.

use std::{collections::BTreeMap, fmt::Write as _};

use super::paint::{Canvas, counted, listed};
use crate::{
    apply::{Close, Event, Report},
    journal::{Outcome, RunId},
    model::{Address, Resource},
    plan::{Action, Plan, StepId},
};

/// Steps that did not succeed, shown before the rest is only counted.
const SHOWN: usize = 20;

/// An event as a line; `None` for those that are only for programs.
#[must_use]
pub fn event(plan: &Plan, run: &RunId, event: &Event, canvas: Canvas) -> Option<String> {
    match event {
        Event::Started { steps, ended_before: 0 } => {
            let steps = counted(u64::try_from(*steps).unwrap_or(u64::MAX), "step");
            Some(format!("\n{} {steps}", canvas.bold(&format!("Run {run}:"))))
        }
        Event::Started { steps, ended_before } => {
            Some(format!("\n{} {ended_before} of {steps} steps ended before", canvas.bold(&format!("Run {run}:"))))
        }
        Event::Intended { .. } => None,
        Event::Ended { step, action, address, outcome, .. } => {
            let (mark, note) = mark(*action, outcome, canvas);
            let steps = plan.steps.len();
            let width = steps.to_string().len();
            let note = if note.is_empty() { String::new() } else { format!(": {note}") };
            Some(format!("  {:>width$}/{steps} {mark} {}{note}", step.0, short(address)))
        }
        Event::Observed { step, found } => Some(format!("  step {step} was read back: {found}")),
        Event::Unrecorded { step, address, outcome } => {
            Some(format!("NOT IN THE JOURNAL: step {step} {address}: {}", outcome.name()))
        }
        Event::Waiting { until, reason } => {
            Some(canvas.dim(&format!("  waiting until {}: {reason}", until.strftime("%H:%M:%S UTC"))))
        }
        Event::Stopping { reason } => Some(canvas.yellow(&format!("  stopping: {reason}"))),
    }
}

/// An address with its digest cut to what people recognise; the journal has all of it.
fn short(address: &Address) -> String {
    let text = address.to_string();
    match &address.resource {
        Resource::Image { digest, .. } => text.replace(digest.as_str(), digest.short()),
        Resource::Service { .. } | Resource::TaskSet { .. } | Resource::TaskDefinition { .. } => text,
    }
}

fn mark(action: Action, outcome: &Outcome, canvas: Canvas) -> (String, &str) {
    let done = match action {
        Action::ScaleTaskSet => "scaled to zero",
        Action::DeregisterTaskDefinition => "deregistered",
        Action::ArchiveImage => "archived",
        Action::DeleteTaskSet | Action::DeleteService | Action::DeleteTaskDefinition | Action::DeleteImage => "deleted",
    };
    match outcome {
        Outcome::Done { evidence } => (canvas.green(done), evidence.as_deref().unwrap_or_default()),
        Outcome::AlreadyGone if action == Action::ArchiveImage => (canvas.green("archived or gone already"), ""),
        Outcome::AlreadyGone => (canvas.green("already gone"), ""),
        Outcome::Refused { drift } => (canvas.yellow("left alone"), drift),
        Outcome::Failed { error } => (canvas.red("failed"), error),
        Outcome::InDoubt { error } => (canvas.red("in doubt"), error),
        Outcome::Skipped { because } => (canvas.yellow("skipped"), because),
        Outcome::Superseded { why } => (canvas.yellow("superseded"), why),
    }
}

/// How a run was left, and what to do next. `resume` is the command that goes on.
#[must_use]
pub fn report(plan: &Plan, report: &Report, resume: &str, canvas: Canvas) -> String {
    let mut out = String::new();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, outcome) in &report.outcomes {
        *counts.entry(words(outcome)).or_default() += 1;
    }
    let mut parts: Vec<String> = counts.iter().map(|(word, number)| format!("{number} {word}")).collect();
    for (number, word) in [(report.in_doubt.len(), "in doubt"), (report.pending.len(), "not begun")] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let headline = match &report.close {
        Close::Complete => format!("Finished: {}.", listed(&parts, "and")),
        Close::Interrupted => format!("Interrupted: {}.", listed(&parts, "and")),
        Close::NotBefore(_) | Close::InDoubt => format!("Not finished: {}.", listed(&parts, "and")),
    };
    let _infallible = writeln!(out, "\n{}", canvas.wrap(&canvas.bold(&headline), 0));
    unsuccessful(&mut out, plan, report, canvas);
    match &report.close {
        Close::Complete if rows_to_look_at(report) => {
            let _infallible = writeln!(out, "\nA new plan shows what of this is still to be done.");
        }
        Close::Complete => {}
        Close::NotBefore(at) => {
            let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
            let _infallible = writeln!(
                out,
                "\nWhat is left can be done from {at} on, when the deregistrations have settled:\n  {resume}"
            );
        }
        Close::Interrupted => {
            let _infallible = writeln!(out, "\nEverything that was done is in the journal. To go on:\n  {resume}");
        }
        Close::InDoubt => {
            let _infallible = writeln!(out, "\nTo read back what is in doubt and go on:\n  {resume}");
        }
    }
    out
}

fn rows_to_look_at(report: &Report) -> bool {
    report.outcomes.iter().any(|(_, outcome)| !matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyGone))
}

fn words(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done { .. } => "done",
        Outcome::AlreadyGone => "already gone",
        Outcome::Refused { .. } => "left alone because something moved",
        Outcome::Failed { .. } => "failed",
        Outcome::InDoubt { .. } => "in doubt",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Superseded { .. } => "superseded",
    }
}

/// What was not done, and why: the part of a run that someone has to look at.
fn unsuccessful(out: &mut String, plan: &Plan, report: &Report, canvas: Canvas) {
    let why = |outcome: &Outcome| match outcome {
        Outcome::Done { .. } | Outcome::AlreadyGone => None,
        Outcome::Refused { drift: why }
        | Outcome::Failed { error: why }
        | Outcome::InDoubt { error: why }
        | Outcome::Skipped { because: why }
        | Outcome::Superseded { why } => Some(why.clone()),
    };
    let rows: Vec<(StepId, &str, String)> =
        report.outcomes.iter().filter_map(|(step, outcome)| Some((*step, words(outcome), why(outcome)?))).collect();
    for (id, words, why) in rows.iter().take(SHOWN) {
        if let Some(step) = plan.steps.iter().find(|step| step.id == *id) {
            let _infallible = writeln!(out, "  {} {}: {words}", step.action, short(&step.address));
            let _infallible = writeln!(out, "{}", canvas.dim(&canvas.wrap(why, 6)));
        }
    }
    if rows.len() > SHOWN {
        let _infallible = writeln!(out, "  … and {} more; `jettison journal show` has them all", rows.len() - SHOWN);
    }
}
