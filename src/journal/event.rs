//! What can happen in a run.
//!
//! Fields may be added within a format version; a new event or a new meaning is a new major version, because a fold that
//! skips an event tells another story.

use serde::{Deserialize, Serialize};

use super::RunId;
use crate::{model::Timestamp, plan::StepId, store::Holder};

/// One thing that happened in a run. Texts name objects and errors; they never hold environment values or secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An owner began, or took over, the run.
    RunOpened {
        /// Which run.
        run: RunId,
        /// The plan it carries out, by the digest of its effects.
        plan_id: String,
        /// How many steps the plan has: they are numbered from 1.
        steps: u32,
        /// The epoch of this owner; higher than any before.
        epoch: u32,
        /// Who it is.
        owner: Holder,
        /// Why the plan is carried out although it exceeds the policy's budget, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        override_budget: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// A mutating call is about to be made. Written before the call.
    StepIntended {
        /// Which step.
        step: StepId,
        /// 1 for the first try, and higher for every further one.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// What will be acted on, in words that mean the same in a year: digests and revisions, never tags.
        identity: String,
        /// The facts that made it safe when they were last read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        expect: Vec<String>,
    },
    /// How a step ended, as far as this owner knows.
    StepEnded {
        /// Which step.
        step: StepId,
        /// When.
        at: Timestamp,
        /// How.
        outcome: Outcome,
    },
    /// AWS was read to learn what became of a step whose outcome was not known.
    StepObserved {
        /// Which step.
        step: StepId,
        /// When.
        at: Timestamp,
        /// What was found.
        found: Found,
    },
    /// The owner let go of the run.
    RunClosed {
        /// When.
        at: Timestamp,
        /// Why.
        how: Ending,
    },
}

impl Event {
    /// The name of the event, as it is written.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RunOpened { .. } => "run_opened",
            Self::StepIntended { .. } => "step_intended",
            Self::StepEnded { .. } => "step_ended",
            Self::StepObserved { .. } => "step_observed",
            Self::RunClosed { .. } => "run_closed",
        }
    }

    /// When it happened, by the clock of its owner.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::RunOpened { at, .. }
            | Self::StepIntended { at, .. }
            | Self::StepEnded { at, .. }
            | Self::StepObserved { at, .. }
            | Self::RunClosed { at, .. } => *at,
        }
    }

    /// The step it is about.
    #[must_use]
    pub const fn step(&self) -> Option<StepId> {
        match self {
            Self::StepIntended { step, .. } | Self::StepEnded { step, .. } | Self::StepObserved { step, .. } => {
                Some(*step)
            }
            Self::RunOpened { .. } | Self::RunClosed { .. } => None,
        }
    }
}

/// How a step ended, with the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// It was deleted, scaled or deregistered, by this run.
    Done {
        /// What proves it: AWS's request id, or what was read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<String>,
    },
    /// It was not there any more. That is success; whose doing it was is not claimed.
    AlreadyGone,
    /// What made it safe does not hold any more. Nothing was done, and this plan will not do it.
    Refused {
        /// What moved.
        drift: String,
    },
    /// AWS refused it, and certainly did nothing.
    Failed {
        /// The error.
        error: String,
    },
    /// It may or may not have happened: a timeout, a cut connection, a 5xx. Settled by reading AWS.
    InDoubt {
        /// What was seen instead of an answer.
        error: String,
    },
    /// It was not tried.
    Skipped {
        /// Why not.
        because: String,
    },
    /// Someone put another object in its place. That one is not ours to touch.
    Superseded {
        /// What was found.
        why: String,
    },
}

impl Outcome {
    /// The name of the outcome, as it is written.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::AlreadyGone => "already_gone",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::InDoubt { .. } => "in_doubt",
            Self::Skipped { .. } => "skipped",
            Self::Superseded { .. } => "superseded",
        }
    }
}

/// What a look at AWS says about a step whose outcome was not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Found {
    /// The effect is there.
    Done,
    /// The effect is not there: the call did not arrive or was not carried out.
    NotDone,
    /// Something else is in its place.
    Changed {
        /// What.
        what: String,
    },
    /// It could not be told.
    Unclear {
        /// Why not.
        why: String,
    },
}

impl Found {
    /// The name of the finding, as it is written.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not_done",
            Self::Changed { .. } => "changed",
            Self::Unclear { .. } => "unclear",
        }
    }
}

/// Why an owner let go of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Ending {
    /// Every step has a definite outcome.
    Completed,
    /// A signal. The run can be resumed.
    Interrupted,
    /// It could not go on. The run can be resumed.
    Stopped {
        /// Why.
        because: String,
    },
    /// Someone decided that it shall never go on.
    Abandoned {
        /// Why.
        because: String,
    },
}

impl Ending {
    /// Whether nobody is expected to resume the run.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Completed | Self::Abandoned { .. } => true,
            Self::Interrupted | Self::Stopped { .. } => false,
        }
    }
}
