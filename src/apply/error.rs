//! Why a run could not go on.

use crate::journal::JournalError;

/// Why a run could not go on. Whatever was begun is in the journal, or was told as `Unrecorded`.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Without a durable intent nothing is changed (law L9).
    #[error("the journal cannot be written, so nothing more is changed")]
    Journal(#[from] JournalError),
    /// The task that writes the journal ended: a defect of this program.
    #[error("the task that writes the journal is gone, so nothing more is changed; please report this as a bug")]
    RecorderGone,
    /// The plan names a place that no connection was opened for.
    #[error("the plan has steps in {0}, and the policy has no such account and Region")]
    NoSession(String),
}
