//! `jettison journal`

use std::{fmt::Write as _, path::Path};

use crate::{
    cli::{
        Exit, clock,
        error::CliError,
        policy_files::PolicyDir,
        run::{Pace, block_on},
        shell::Shell,
        state::{self, State},
    },
    journal::{Ending, Progress, Recording, RunId, Status, list_runs, read_plan, read_run},
    plan::Plan,
};

pub(in crate::cli) fn list(dir: &Path, shell: &Shell) -> Result<Exit, CliError> {
    let runs = with_state(dir, shell, async |state| Ok(list_runs(&*state.store).await?))?.unwrap_or_default();
    if runs.is_empty() {
        shell.note("there are no runs yet; `jettison apply` makes one");
    }
    let mut text = String::new();
    for run in runs {
        let status = match &run.status {
            Status::Open => "open: `jettison resume` goes on".to_owned(),
            Status::Closed { at, how, .. } => {
                let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
                match how {
                    Ending::Completed => format!("completed {at}"),
                    Ending::Interrupted => format!("interrupted {at}: `jettison resume` goes on"),
                    Ending::Stopped { because } => format!("stopped {at}, {because}: `jettison resume` goes on"),
                    Ending::Abandoned { because } => format!("abandoned {at}: {because}"),
                }
            }
        };
        let _infallible = writeln!(text, "{}  {} steps  {status}", run.run, run.steps);
    }
    shell.print(&text)?;
    Ok(Exit::Done)
}

pub(in crate::cli) fn show(run: &str, dir: &Path, shell: &Shell) -> Result<Exit, CliError> {
    let (recording, plan) = with_state(dir, shell, async |state| {
        let run = run_id(run)?;
        let recording = read_run(&*state.store, &run).await?;
        let plan = Plan::from_json(&String::from_utf8_lossy(&read_plan(&*state.store, &run).await?))
            .map_err(|source| CliError::PlanFile { path: format!("the plan of run {run}").into(), source })?;
        Ok((recording, plan))
    })?
    .ok_or_else(|| CliError::UnknownRun { run: run.to_owned() })?;
    shell.print(&steps(&recording, &plan))?;
    Ok(Exit::Done)
}

fn steps(recording: &Recording, plan: &Plan) -> String {
    let mut text = String::new();
    if let Some(why) = &recording.manifest.override_budget {
        let _infallible = writeln!(text, "The budget was overridden: {why}");
    }
    for step in &plan.steps {
        let how = match recording.state.progress(step.id) {
            None => "not begun".to_owned(),
            Some(Progress::Intended { attempt, at, .. }) => {
                format!("intended (attempt {attempt}, {at}), end not recorded")
            }
            Some(Progress::InDoubt { error, .. }) => format!("in doubt: {error}"),
            Some(Progress::Observed { found, .. }) => format!("read back: {}", found.name()),
            Some(Progress::Ended { at, outcome, .. }) => format!("{} at {at}", outcome.name()),
        };
        let _infallible = writeln!(text, "{:>5}  {} {}: {how}", step.id.0, step.action, step.address);
    }
    text
}

pub(in crate::cli) fn export(run: &str, dir: &Path, shell: &Shell) -> Result<Exit, CliError> {
    let recording = with_state(dir, shell, async |state| Ok(read_run(&*state.store, &run_id(run)?).await?))?
        .ok_or_else(|| CliError::UnknownRun { run: run.to_owned() })?;
    let mut text = String::new();
    for event in &recording.events {
        text += &serde_json::to_string(event).map_err(|error| CliError::Print { source: error.into() })?;
        text.push('\n');
    }
    shell.print(&text)?;
    Ok(Exit::Done)
}

fn run_id(text: &str) -> Result<RunId, CliError> {
    text.parse().map_err(|_| CliError::UnknownRun { run: text.to_owned() })
}

/// Reads from the state of a policy; `None` if it has none yet, and none is made for looking into it.
fn with_state<T>(
    dir: &Path,
    shell: &Shell,
    read: impl AsyncFnOnce(&State) -> Result<T, CliError>,
) -> Result<Option<T>, CliError> {
    let policy = PolicyDir::read(dir, shell)?;
    if !state::directory(&policy).is_dir() {
        return Ok(None);
    }
    block_on(Pace::Real, async {
        let state = State::open(&policy, &clock::system()).await?;
        read(&state).await.map(Some)
    })
}
