//! Why a journal could not be read or written.

use super::{ReplayError, RunId};
use crate::store::{KeyError, StoreError};

/// Why a journal could not be read or written. Whatever it is: a call whose intent was not written must not be made.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another owner took the run over. Nothing was written, and nothing can be written any more by this one.
    #[error(
        "run {run} was taken over{}; this process stopped before its next call. `jettison journal show {run}` tells who has it",
        by.map_or_else(String::new, |by| format!(" by the owner of epoch {by}"))
    )]
    Fenced {
        /// The run.
        run: RunId,
        /// The epoch of the new owner, when the journal tells.
        by: Option<u32>,
    },
    /// Another process takes the run over at this very moment.
    #[error("another process takes over run {run} at this moment; `jettison journal show {run}` tells who has it")]
    Contended {
        /// The run.
        run: RunId,
    },
    /// No such run.
    #[error("there is no run {run} in {place}; `jettison journal list` shows the runs")]
    UnknownRun {
        /// The run.
        run: RunId,
        /// Where it was looked for.
        place: String,
    },
    /// Too many runs of one plan began in one second.
    #[error("run {run} and its next {tries} names exist already; try again in a second")]
    NoName {
        /// The run.
        run: RunId,
        /// How many names were tried.
        tries: u32,
    },
    /// The plan of a run is gone.
    #[error("the plan of run {run} is missing in {place}; restore it from a copy")]
    NoPlan {
        /// The run.
        run: RunId,
        /// Where it was looked for.
        place: String,
    },
    /// A manifest cannot be read or written.
    #[error("the manifest of run {run} is damaged; restore it from a copy")]
    Manifest {
        /// The run.
        run: RunId,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A manifest of a later format.
    #[error("run {run} was written in format {found}; use a newer jettison")]
    Newer {
        /// The run.
        run: RunId,
        /// Its format.
        found: String,
    },
    /// A name that cannot be a run stands where runs are listed.
    #[error("`{key}` is not the manifest of a run; remove it from {place} by hand")]
    ForeignRun {
        /// The name.
        key: String,
        /// Where it stands.
        place: String,
    },
    /// The segments cannot be trusted, or an event cannot follow.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name that the store cannot take.
    #[error(transparent)]
    Key(#[from] KeyError),
}
