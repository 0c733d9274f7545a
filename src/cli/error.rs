//! Everything that can end a command, with its exit code and what to do next.

use std::{error::Error, fmt::Write as _, io, path::PathBuf};

use super::{Exit, shell::Shell};
use crate::{
    apply::ApplyError,
    aws::{AwsError, ErrorKind},
    inventory::InventoryError,
    journal::{JournalError, RunId, RunIdError},
    model::{Diagnostics, PastError, Timestamp},
    plan::{NoSuchObject, PlanFileError, Refusal, RefusalCode, Unexplained},
    render::render_diagnostics,
    sim::{PersistenceError, WorldError},
    store::StoreError,
};

/// What ended a command. A variant's text never repeats its source: the printer walks the chain.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error("the policy has errors; nothing was done")]
    Policy(Diagnostics),
    #[error("there is no policy in {0}: it has no file that ends in .hcl")]
    NoPolicy(PathBuf),
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to stdout")]
    Print { source: io::Error },
    #[error("{path} is not a usable inventory")]
    Inventory { path: PathBuf, source: InventoryError },
    #[error("the simulated world {path} cannot be used")]
    World { path: PathBuf, source: WorldError },
    #[error("the simulated AWS of {path} cannot be used")]
    Persist { path: PathBuf, source: PersistenceError },
    #[error("cannot use account {account}")]
    Connect { account: String, source: Box<AwsError> },
    #[error("none of the policy's accounts can be entered")]
    NoAccount,
    #[error("cannot enter {scope}, where the plan has steps; nothing was done")]
    Unreached { scope: String, source: Box<AwsError> },
    #[error("the policy has no account \"{label}\"; it has {known}")]
    NoSuchAccount { label: String, known: String },
    #[error("no account of the policy has a `role_arn`, so nobody needs to assume a role")]
    NoRoles,
    #[error("the state cannot be used")]
    Store(#[from] StoreError),
    #[error("the journal cannot be used")]
    Journal(#[from] JournalError),
    #[error("the run stopped")]
    Apply(#[from] ApplyError),
    #[error("{path} is not a plan that can be used")]
    PlanFile { path: PathBuf, source: PlanFileError },
    #[error("the plan expired at {0}; what it was decided on is too old")]
    Expired(Timestamp),
    #[error("the plan is {found}, not the expected {expected}; review it, then pass its own id")]
    NotExpected { expected: String, found: String },
    #[error("the policy was changed since the plan was made, and with it what may be in use")]
    OtherPolicy,
    #[error("the plan cannot be applied: {}", texts(.0))]
    Refused(Vec<Refusal>),
    #[error(transparent)]
    Selection(#[from] NoSuchObject),
    #[error(transparent)]
    AsOf(#[from] PastError),
    #[error(
        "--against compares with a saved plan, and --policy-base with the plan of another policy: ask for one after the other"
    )]
    TwoComparisons,
    #[error(
        "the base calls account {id} \"{base}\" and the policy calls it \"{now}\", so --target and --exclude would not mean \
         the same for both; compare the whole plans"
    )]
    RenamedAccount { id: crate::model::AccountId, base: crate::model::AccountLabel, now: crate::model::AccountLabel },
    #[error("the run cannot be named")]
    RunId(#[source] RunIdError),
    #[error("the run {0} is unfinished: finish it with `jettison resume`, then plan again")]
    Unfinished(RunId),
    #[error("no run is unfinished; there is nothing to resume")]
    NothingToResume,
    #[error("several runs are unfinished ({0}); name the one to resume")]
    WhichRun(String),
    #[error("there is no run {run}; `jettison journal list` shows them all")]
    UnknownRun { run: String },
    #[error("nobody can be asked here; pass --auto-approve, or apply a saved and reviewed plan with --expect")]
    CannotAsk,
    #[error("not applied: the answer was not yes")]
    Declined,
    #[error(transparent)]
    Unexplained(#[from] Unexplained),
    #[error("the plan concerns {0}, which the policy does not have; apply it with the policy it was made from")]
    ForeignScope(String),
    #[error("cannot listen on {address}; is another program using the port? `--listen 127.0.0.1:0` picks a free one")]
    Listen { address: String, source: io::Error },
    #[error("cannot start: {doing}")]
    Start { doing: &'static str, source: io::Error },
}

fn texts(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| refusal.text.as_str()).collect::<Vec<_>>().join("; ")
}

impl CliError {
    /// What the process ends with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Expired(_) | Self::NotExpected { .. } | Self::OtherPolicy => Exit::Stale,
            Self::Store(StoreError::Locked { .. }) | Self::Persist { source: PersistenceError::Locked { .. }, .. } => {
                Exit::Locked
            }
            Self::Unfinished(_) => Exit::Incomplete,
            Self::TwoComparisons => Exit::Usage,
            Self::Refused(refusals) if refusals.iter().all(|refusal| refusal.code != RefusalCode::Errored) => {
                Exit::Refused
            }
            Self::Policy(_)
            | Self::NoPolicy(_)
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::Print { .. }
            | Self::Inventory { .. }
            | Self::World { .. }
            | Self::Persist { .. }
            | Self::Connect { .. }
            | Self::NoAccount
            | Self::NoSuchAccount { .. }
            | Self::NoRoles
            | Self::Unreached { .. }
            | Self::Store(_)
            | Self::Journal(_)
            | Self::Apply(_)
            | Self::PlanFile { .. }
            | Self::Refused(_)
            | Self::Selection(_)
            | Self::AsOf(_)
            | Self::RenamedAccount { .. }
            | Self::RunId(_)
            | Self::NothingToResume
            | Self::WhichRun(_)
            | Self::UnknownRun { .. }
            | Self::CannotAsk
            | Self::Declined
            | Self::ForeignScope(_)
            | Self::Unexplained(_)
            | Self::Listen { .. }
            | Self::Start { .. } => Exit::Error,
        }
    }

    /// What to do next, where the text does not say it.
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoPolicy(_) => {
                Some("name the directory of the policy: `jettison plan DIR`; examples/quickstart is one".to_owned())
            }
            Self::Expired(_) | Self::OtherPolicy => {
                Some("make a new plan with `jettison plan --out FILE` and review it".to_owned())
            }
            Self::Connect { source, .. } if source.kind == ErrorKind::WrongAccount => {
                Some("nothing was read or changed".to_owned())
            }
            Self::Unreached { .. } => {
                Some("mend that and run it again; a new plan leaves out what cannot be entered".to_owned())
            }
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => Some("check the path".to_owned()),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotADirectory => {
                Some("name the directory of the policy, not a file in it".to_owned())
            }
            Self::Inventory { .. }
            | Self::World { .. }
            | Self::Persist { source: PersistenceError::World { .. }, .. } => {
                Some("mend the file or make it again, as `jettison inventory pull` does".to_owned())
            }
            Self::PlanFile { source: PlanFileError::Malformed(_), .. } => {
                Some("make it again with `jettison plan --out FILE`".to_owned())
            }
            Self::Refused(refusals) if refusals.iter().all(|refusal| refusal.code == RefusalCode::OverBudget) => {
                Some("to carry it out all the same, say why: `--override-budget \"…\"`".to_owned())
            }
            Self::Apply(_) => Some("`jettison resume` goes on from the journal once the cause is mended".to_owned()),
            Self::Policy(_)
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::Print { .. }
            | Self::Persist { .. }
            | Self::Connect { .. }
            | Self::NoAccount
            | Self::NoSuchAccount { .. }
            | Self::NoRoles
            | Self::Store(_)
            | Self::Journal(_)
            | Self::PlanFile { .. }
            | Self::NotExpected { .. }
            | Self::Refused(_)
            | Self::Selection(_)
            | Self::AsOf(_)
            | Self::TwoComparisons
            | Self::RenamedAccount { .. }
            | Self::RunId(_)
            | Self::Unfinished(_)
            | Self::NothingToResume
            | Self::WhichRun(_)
            | Self::UnknownRun { .. }
            | Self::CannotAsk
            | Self::Declined
            | Self::ForeignScope(_)
            | Self::Unexplained(_)
            | Self::Listen { .. }
            | Self::Start { .. } => None,
        }
    }

    /// Tells it on stderr.
    pub(super) fn report(&self, shell: &Shell) {
        if let Self::Policy(diagnostics) = self {
            shell.alert(render_diagnostics(diagnostics, shell.diagnostic_style()).trim_end());
            return;
        }
        let label = console::Style::new().red().bold().force_styling(shell.err_canvas().color).apply_to("error:");
        let mut text = format!("{label} {self}");
        let mut cause = self.source();
        while let Some(error) = cause {
            let _infallible = write!(text, "\n  because {error}");
            cause = error.source();
        }
        if let Some(hint) = self.hint() {
            let _infallible = write!(text, "\n  {hint}");
        }
        shell.alert(&text);
    }
}
