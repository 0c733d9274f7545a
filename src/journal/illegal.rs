//! Events that cannot follow the ones before them.

use super::RunId;
use crate::plan::StepId;

/// Why an event cannot follow the ones before it. Met while writing it is a defect of this program; met while reading, the
/// journal was written by something else or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTransition {
    /// The first event does not open the run.
    #[error("{event} comes before the run was opened")]
    NotOpened {
        /// The event.
        event: &'static str,
    },
    /// Something happened after the end.
    #[error("{event} comes after the run was closed, and no owner opened it again")]
    Closed {
        /// The event.
        event: &'static str,
    },
    /// The run was opened under another name.
    #[error("the journal of run {expected} is opened as run {found}")]
    OtherRun {
        /// The run so far.
        expected: RunId,
        /// The run in the event.
        found: RunId,
    },
    /// The run was opened with another plan.
    #[error(
        "the run carries out plan {expected} of {expected_steps} steps, but is opened with plan {found} of {found_steps}"
    )]
    OtherPlan {
        /// The plan so far.
        expected: String,
        /// Its number of steps.
        expected_steps: u32,
        /// The plan in the event.
        found: String,
        /// Its number of steps.
        found_steps: u32,
    },
    /// An owner does not have a higher epoch than the one before.
    #[error("an owner of epoch {found} opens the run, but its epoch is {current} already")]
    EpochNotHigher {
        /// The epoch so far.
        current: u32,
        /// The epoch in the event.
        found: u32,
    },
    /// A step that the plan does not have.
    #[error("{event} names step {step}, but the plan has steps 1 to {steps}")]
    OutsidePlan {
        /// The event.
        event: &'static str,
        /// The step.
        step: StepId,
        /// How many the plan has.
        steps: u32,
    },
    /// The end or the result of a call that nobody intended.
    #[error("{event} claims `{claim}` for step {step}, which was never intended")]
    NotIntended {
        /// The event.
        event: &'static str,
        /// The step.
        step: StepId,
        /// What was claimed.
        claim: &'static str,
    },
    /// A second intent before the first one came to an end.
    #[error("step {step} is intended again while attempt {attempt} has no end; AWS has to be observed first")]
    StillIntended {
        /// The step.
        step: StepId,
        /// The attempt under way.
        attempt: u32,
    },
    /// An attempt with a number that was used before.
    #[error("step {step} is intended as attempt {found} after attempt {last}; it has to be a higher one")]
    AttemptNotHigher {
        /// The step.
        step: StepId,
        /// The last attempt; 0 when there was none.
        last: u32,
        /// The attempt in the event.
        found: u32,
    },
    /// A step in doubt was settled by guessing.
    #[error("{event} settles step {step}, which is in doubt and was not observed since")]
    NotObserved {
        /// The event.
        event: &'static str,
        /// The step.
        step: StepId,
    },
    /// What is claimed is not what was seen.
    #[error("{event} claims `{claim}` for step {step}, but AWS was last seen as `{found}`")]
    ContradictsObservation {
        /// The event.
        event: &'static str,
        /// The step.
        step: StepId,
        /// What was claimed.
        claim: &'static str,
        /// What was seen.
        found: &'static str,
    },
    /// A step that has its outcome already.
    #[error("{event} concerns step {step}, which ended as `{outcome}` already")]
    AlreadySettled {
        /// The event.
        event: &'static str,
        /// The step.
        step: StepId,
        /// How it ended.
        outcome: &'static str,
    },
    /// A run is called complete that is not.
    #[error("the run is closed as completed, but {open} of its steps have no definite outcome")]
    Unfinished {
        /// How many.
        open: u32,
    },
}
