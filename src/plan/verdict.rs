//! What is decided about one object.

use crate::{
    graph::Node,
    model::{Address, Age, Reason, ReasonCode, Timestamp},
};

use super::{Action, Expect};

/// The verdict on one object, with the reasons for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It stays.
    Keep(Vec<Reason>),
    /// It would be retired once the rollback window has passed.
    Defer { action: Action, eligible_at: Timestamp, reasons: Vec<Reason> },
    /// It would be retired if what may hold it could be read.
    Block { action: Action, reasons: Vec<Reason> },
    /// It goes.
    Retire(Retirement),
}

/// How an object goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Retirement {
    /// What is done, in order.
    pub(super) actions: Vec<(Action, Vec<Expect>)>,
    /// `kind.name` of the rule.
    pub(super) rule: String,
    /// Where the rule says so.
    pub(super) at: String,
    pub(super) reasons: Vec<Reason>,
}

impl Verdict {
    pub(super) fn keep(code: ReasonCode, text: impl Into<String>) -> Self {
        Self::Keep(vec![Reason::new(code, text)])
    }

    pub(super) fn is_retired(&self) -> bool {
        matches!(self, Self::Retire(_))
    }
}

/// An object and the verdict on it.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    pub(super) node: Node,
    pub(super) address: Address,
    pub(super) verdict: Verdict,
}

/// Whether something has lasted long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Elapsed {
    /// It has.
    Enough,
    /// It will have, from this instant on.
    Not { until: Timestamp },
    /// Nothing dates it, and some age is asked for.
    Unknown,
}

impl Elapsed {
    /// Whether `age` has passed since `since`. No age asked for is always passed, whatever is known.
    pub(super) fn since(since: Option<Timestamp>, age: Age, now: Timestamp) -> Self {
        if age.is_zero() {
            return Self::Enough;
        }
        match since {
            None => Self::Unknown,
            Some(since) if age.after(since) <= now => Self::Enough,
            Some(since) => Self::Not { until: age.after(since) },
        }
    }
}
