//! What a run is and who owns it, at a glance.

use serde::{Deserialize, Serialize};

use super::{Ending, RunId};
use crate::{model::Timestamp, store::Holder};

pub(super) const FORMAT_VERSION: &str = "1.0";
const FORMAT_MAJOR: &str = "1";

/// The one value of a run that changes. Its epoch decides who may become the owner; everything else in it is for lists:
/// what happened stands in the segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of this value.
    pub format_version: String,
    /// The run.
    pub run: RunId,
    /// The plan it carries out, by the digest of its effects.
    pub plan_id: String,
    /// How many steps that plan has.
    pub steps: u32,
    /// Why it is carried out although it exceeds the policy's budget, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_budget: Option<String>,
    /// The epoch of the latest owner.
    pub epoch: u32,
    /// The latest owner.
    pub owner: Holder,
    /// When the run began.
    pub begun_at: Timestamp,
    /// Whether the latest owner let go of it.
    pub status: Status,
}

/// Whether someone works on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Status {
    /// An owner opened it and did not say goodbye: at work, or dead.
    Open,
    /// The owner let go.
    Closed {
        /// When.
        at: Timestamp,
        /// Why.
        how: Ending,
        /// The sum of the last segment: a journal that ends before it has lost its tail.
        last: String,
    },
}

#[derive(Deserialize)]
struct Envelope {
    format_version: String,
}

impl Manifest {
    /// The manifest that `bytes` are: `Ok(Err(version))` when they are of a newer format.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Result<Self, String>, serde_json::Error> {
        let Envelope { format_version } = serde_json::from_slice(bytes)?;
        if format_version.split('.').next() != Some(FORMAT_MAJOR) {
            return Ok(Err(format_version));
        }
        serde_json::from_slice(bytes).map(Ok)
    }

    /// Whether someone is expected to go on with the run.
    #[must_use]
    pub const fn is_resumable(&self) -> bool {
        match &self.status {
            Status::Open => true,
            Status::Closed { how, .. } => !how.is_final(),
        }
    }
}
