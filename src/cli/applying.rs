//! Tells how a run goes and how it was left.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::{Exit, error::CliError, shell::Shell};
use crate::{
    apply::{Close, Event, Report},
    journal::{Outcome, RunId},
    plan::{Plan, StepId},
    render,
};

/// Tells the events of a run: to people on stderr, to programs on stdout.
pub(super) struct Teller<'p> {
    plan: &'p Plan,
    run: RunId,
    json: bool,
    shell: Shell,
}

/// An event as a program reads it.
#[derive(Serialize)]
struct Line<'e> {
    run: &'e RunId,
    #[serde(rename = "type")]
    kind: &'static str,
    body: &'e Event,
}

impl<'p> Teller<'p> {
    pub(super) fn new(plan: &'p Plan, run: RunId, json: bool, shell: Shell) -> Self {
        Self { plan, run, json, shell }
    }

    pub(super) fn tell(&self, event: &Event) {
        if self.json
            && let Ok(line) = serde_json::to_string(&Line { run: &self.run, kind: "event", body: event })
        {
            // A reader that went away must not stop the run.
            let _reader_went_away = self.shell.print(&(line + "\n"));
        }
        let must_be_seen = matches!(event, Event::Unrecorded { .. });
        if let Some(text) = render::event(self.plan, &self.run, event, self.shell.err_canvas()) {
            if must_be_seen {
                self.shell.alert(&text);
            } else if !self.json {
                self.shell.note(&text);
            }
        }
    }
}

/// How a run was left, as a program reads it.
#[derive(Serialize)]
struct Summary<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    complete: bool,
    exit_code: u8,
    outcomes: BTreeMap<&'r str, usize>,
    in_doubt: usize,
    pending: usize,
}

/// Sums a run up, and says what to do next.
pub(super) fn finish(report: &Report, plan: &Plan, dir: &Path, json: bool, shell: &Shell) -> Result<Exit, CliError> {
    let failed = report.outcomes.iter().any(|(step, outcome)| match outcome {
        Outcome::Failed { .. } => true,
        // Skipped although nothing before it stood in the way: it could not be looked at again.
        Outcome::Skipped { .. } => is_first_of_its_line(report, plan, *step),
        Outcome::Done { .. }
        | Outcome::AlreadyGone
        | Outcome::Refused { .. }
        | Outcome::InDoubt { .. }
        | Outcome::Superseded { .. } => false,
    });
    let exit = match &report.close {
        Close::Complete if failed => Exit::Error,
        Close::Complete => Exit::Done,
        Close::Interrupted => Exit::Interrupted,
        Close::NotBefore(_) => Exit::Incomplete,
        Close::InDoubt if report.in_doubt.is_empty() => Exit::Incomplete,
        Close::InDoubt => Exit::InDoubt,
    };
    if json {
        let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, outcome) in &report.outcomes {
            *outcomes.entry(outcome.name()).or_default() += 1;
        }
        let summary = Summary {
            kind: "summary",
            complete: report.close == Close::Complete,
            exit_code: exit.code(),
            outcomes,
            in_doubt: report.in_doubt.len(),
            pending: report.pending.len(),
        };
        if let Ok(line) = serde_json::to_string(&summary) {
            shell.print(&(line + "\n"))?;
        }
    } else {
        let resume = format!("jettison resume --policy {}", dir.display());
        shell.print(&render::report(plan, report, &resume, shell.canvas()))?;
    }
    Ok(exit)
}

/// Whether everything that a step waits for was done.
fn is_first_of_its_line(report: &Report, plan: &Plan, step: StepId) -> bool {
    let was_done = |before: &StepId| {
        let outcome = report.outcomes.iter().find(|(ended, _)| ended == before).map(|(_, outcome)| outcome);
        matches!(outcome, Some(Outcome::Done { .. } | Outcome::AlreadyGone))
    };
    plan.steps.iter().find(|candidate| candidate.id == step).is_some_and(|step| step.after.iter().all(was_done))
}
