//! How far a step has come.

use super::{Found, IllegalTransition, Outcome};
use crate::{model::Timestamp, plan::StepId};

/// How far a step has come. A step without progress is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A call was about to be made; whether it was is not known.
    Intended {
        /// Which try.
        attempt: u32,
        /// Since when.
        at: Timestamp,
        /// What it acts on.
        identity: String,
    },
    /// The call was made and its effect is not known.
    InDoubt {
        /// Which try.
        attempt: u32,
        /// Since when.
        at: Timestamp,
        /// What was seen instead of an answer.
        error: String,
    },
    /// AWS was read after one of the above.
    Observed {
        /// Which try.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// What was found.
        found: Found,
    },
    /// It has a definite outcome: any but `in_doubt`.
    Ended {
        /// The last try; 0 when none was made.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// In whose epoch.
        epoch: u32,
        /// How.
        outcome: Outcome,
    },
}

/// Where an event stands: in whose epoch, about which step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) epoch: u32,
    pub(super) step: StepId,
    pub(super) event: &'static str,
    pub(super) at: Timestamp,
}

impl Progress {
    /// The last try; 0 when none was made.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        match self {
            Self::Intended { attempt, .. }
            | Self::InDoubt { attempt, .. }
            | Self::Observed { attempt, .. }
            | Self::Ended { attempt, .. } => *attempt,
        }
    }

    /// Whether the step has a definite outcome.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        match self {
            Self::Ended { .. } => true,
            Self::Intended { .. } | Self::InDoubt { .. } | Self::Observed { .. } => false,
        }
    }

    /// Whether an owner of `epoch` may try the step again: it failed or was skipped under an earlier owner. What is done, gone,
    /// superseded or has drifted stays as it is: whatever there is now needs a new plan.
    #[must_use]
    pub const fn may_be_retried(&self, epoch: u32) -> bool {
        match self {
            Self::Ended { epoch: ended, outcome, .. } => {
                *ended < epoch && matches!(outcome, Outcome::Failed { .. } | Outcome::Skipped { .. })
            }
            Self::Intended { .. } | Self::InDoubt { .. } | Self::Observed { .. } => false,
        }
    }

    /// The progress after `attempt` was intended.
    pub(super) fn intend(
        before: Option<&Self>,
        place: Place,
        attempt: u32,
        identity: &str,
    ) -> Result<Self, IllegalTransition> {
        let Place { epoch, step, event, at } = place;
        match before {
            None | Some(Self::Observed { found: Found::NotDone, .. }) => {}
            Some(Self::Intended { attempt, .. }) => {
                return Err(IllegalTransition::StillIntended { step, attempt: *attempt });
            }
            Some(Self::InDoubt { .. }) => return Err(IllegalTransition::NotObserved { event, step }),
            Some(Self::Observed { found, .. }) => {
                let (claim, found) = ("a new attempt", found.name());
                return Err(IllegalTransition::ContradictsObservation { event, step, claim, found });
            }
            Some(ended @ Self::Ended { outcome, .. }) => {
                if !ended.may_be_retried(epoch) {
                    return Err(IllegalTransition::AlreadySettled { event, step, outcome: outcome.name() });
                }
            }
        }
        let last = before.map_or(0, Self::attempt);
        if attempt <= last {
            return Err(IllegalTransition::AttemptNotHigher { step, last, found: attempt });
        }
        Ok(Self::Intended { attempt, at, identity: identity.to_owned() })
    }

    /// The progress after the step ended with `outcome`.
    pub(super) fn end(before: Option<&Self>, place: Place, outcome: &Outcome) -> Result<Self, IllegalTransition> {
        let Place { epoch, step, event, at } = place;
        let claim = outcome.name();
        match before {
            None if needs_no_intent(outcome) => {}
            None => return Err(IllegalTransition::NotIntended { event, step, claim }),
            Some(Self::Intended { .. }) => {}
            Some(Self::InDoubt { .. }) => return Err(IllegalTransition::NotObserved { event, step }),
            Some(Self::Observed { found, .. }) => {
                if !agrees(found, outcome) {
                    return Err(IllegalTransition::ContradictsObservation { event, step, claim, found: found.name() });
                }
            }
            Some(ended @ Self::Ended { outcome: earlier, .. }) => {
                if !ended.may_be_retried(epoch) {
                    return Err(IllegalTransition::AlreadySettled { event, step, outcome: earlier.name() });
                }
                if !needs_no_intent(outcome) {
                    return Err(IllegalTransition::NotIntended { event, step, claim });
                }
            }
        }
        let attempt = before.map_or(0, Self::attempt);
        Ok(match outcome {
            Outcome::InDoubt { error } => Self::InDoubt { attempt, at, error: error.clone() },
            Outcome::Done { .. }
            | Outcome::AlreadyGone
            | Outcome::Refused { .. }
            | Outcome::Failed { .. }
            | Outcome::Skipped { .. }
            | Outcome::Superseded { .. } => Self::Ended { attempt, at, epoch, outcome: outcome.clone() },
        })
    }

    /// The progress after AWS was read.
    pub(super) fn observe(before: Option<&Self>, place: Place, found: &Found) -> Result<Self, IllegalTransition> {
        let Place { step, event, at, .. } = place;
        match before {
            None => Err(IllegalTransition::NotIntended { event, step, claim: found.name() }),
            Some(Self::Ended { outcome, .. }) => {
                Err(IllegalTransition::AlreadySettled { event, step, outcome: outcome.name() })
            }
            // Seen again: AWS may have been slow to show what happened, so that the latest look counts.
            Some(Self::Intended { attempt, .. } | Self::InDoubt { attempt, .. } | Self::Observed { attempt, .. }) => {
                Ok(Self::Observed { attempt: *attempt, at, found: found.clone() })
            }
        }
    }
}

/// Outcomes of a step for which no call was made.
const fn needs_no_intent(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::AlreadyGone | Outcome::Refused { .. } | Outcome::Skipped { .. } => true,
        Outcome::Done { .. } | Outcome::Failed { .. } | Outcome::InDoubt { .. } | Outcome::Superseded { .. } => false,
    }
}

/// Whether what was seen allows the outcome to be claimed.
const fn agrees(found: &Found, outcome: &Outcome) -> bool {
    match found {
        Found::Done => matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyGone),
        Found::NotDone => {
            matches!(outcome, Outcome::Failed { .. } | Outcome::Refused { .. } | Outcome::Skipped { .. })
        }
        Found::Changed { .. } => matches!(outcome, Outcome::Superseded { .. } | Outcome::Refused { .. }),
        Found::Unclear { .. } => matches!(outcome, Outcome::InDoubt { .. }),
    }
}

/// How many steps have come how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Nothing happened yet.
    pub pending: u32,
    /// A call was about to be made.
    pub intended: u32,
    /// A call was made and its effect is not known.
    pub in_doubt: u32,
    /// AWS was read, and the step not ended yet.
    pub observed: u32,
    /// Done by this run.
    pub done: u32,
    /// Gone already.
    pub already_gone: u32,
    /// Refused, because something moved.
    pub refused: u32,
    /// Failed definitely.
    pub failed: u32,
    /// Not tried.
    pub skipped: u32,
    /// Replaced by someone.
    pub superseded: u32,
}

impl Counts {
    /// Steps without a definite outcome.
    #[must_use]
    pub const fn open(&self) -> u32 {
        self.pending + self.unsettled()
    }

    /// Steps that may have been carried out, without anyone knowing.
    #[must_use]
    pub const fn unsettled(&self) -> u32 {
        self.intended + self.in_doubt + self.observed
    }

    pub(super) const fn of(&mut self, progress: Option<&Progress>) -> &mut u32 {
        match progress {
            None => &mut self.pending,
            Some(Progress::Intended { .. }) => &mut self.intended,
            Some(Progress::InDoubt { .. }) => &mut self.in_doubt,
            Some(Progress::Observed { .. }) => &mut self.observed,
            Some(Progress::Ended { outcome, .. }) => match outcome {
                Outcome::Done { .. } => &mut self.done,
                Outcome::AlreadyGone => &mut self.already_gone,
                Outcome::Refused { .. } => &mut self.refused,
                Outcome::Failed { .. } => &mut self.failed,
                Outcome::InDoubt { .. } => &mut self.in_doubt,
                Outcome::Skipped { .. } => &mut self.skipped,
                Outcome::Superseded { .. } => &mut self.superseded,
            },
        }
    }
}
