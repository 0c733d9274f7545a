//! Why a store could not answer.

use std::error::Error;

use super::{Holder, Key, KeyError};

/// Why a store could not answer. That a condition was not met is not an error: see [`super::Conflict`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the store.
    #[error("{place} is in use by {}; wait until it ends or stop it, then try again", Holder::describe(holder.as_deref()))]
    Locked {
        /// Which store.
        place: String,
        /// Who has it, when the lock tells.
        holder: Option<Box<Holder>>,
    },
    /// The store could not be reached, or refused. A write that fails so may or may not have happened.
    #[error("cannot {doing} in {place}; check that it exists, is writable and has room, then try again")]
    Unavailable {
        /// Which store.
        place: String,
        /// What was tried, as `verb object`.
        doing: String,
        /// What the store said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store as a whole cannot be opened any more. Nothing was removed.
    #[error(
        "{place} is damaged and cannot be opened; nothing in it was removed. Copy it away for analysis, then start with an empty \
         state directory: AWS itself still shows what an interrupted run did, and a new plan begins from there"
    )]
    Damaged {
        /// Which store.
        place: String,
        /// What the store said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// One value is not what was once written.
    #[error(
        "the value of `{key}` in {place} is damaged: {problem}; restore the state from a copy, or remove that key by hand"
    )]
    Corrupt {
        /// Which store.
        place: String,
        /// Whose value.
        key: Key,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The store holds a name that it cannot have been given.
    #[error("{place} holds a key that was never written by this tool")]
    ForeignKey {
        /// Which store.
        place: String,
        /// What is wrong with it.
        source: KeyError,
    },
}
