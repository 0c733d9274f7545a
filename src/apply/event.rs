//! What happens during a run, as a closed list, for whoever draws or records it.

use serde::Serialize;

use crate::{
    journal::Outcome,
    model::{Address, Timestamp},
    plan::{Action, StepId},
};

/// Something that happened. Events that tell of a journal entry are given out only once it is durable.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run began, or went on.
    Started {
        /// Steps in the plan.
        steps: usize,
        /// Steps that had ended before.
        ended_before: usize,
    },
    /// Steps are about to be done: their intents are durable.
    Intended {
        /// The steps.
        steps: Vec<StepId>,
        /// What is done.
        action: Action,
    },
    /// A step ended.
    Ended {
        /// The step.
        step: StepId,
        /// What was done, or would have been.
        action: Action,
        /// The object.
        address: Address,
        /// How.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
    /// A step whose call had no usable answer was looked at.
    Observed {
        /// The step.
        step: StepId,
        /// What was found.
        found: String,
    },
    /// A step ended and the journal could not be written: this is the only record.
    Unrecorded {
        /// The step.
        step: StepId,
        /// The object.
        address: Address,
        /// How it ended.
        outcome: Outcome,
    },
    /// Nothing can be done before an instant.
    Waiting {
        /// Until when.
        until: Timestamp,
        /// For what.
        reason: &'static str,
    },
    /// No step will be begun any more.
    Stopping {
        /// Why.
        reason: String,
    },
}

/// Takes events as they happen. It must not block.
pub type Events<'e> = &'e (dyn Fn(Event) + Send + Sync);
