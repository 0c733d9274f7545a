//! What is decided about one object.

use std::sync::Arc;

use crate::{
    graph::Node,
    model::{Address, Age, Reason, ReasonCode, Timestamp},
    policy::Said,
};

use super::{Action, Expect};

/// The verdict on one object, with the reasons for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It stays.
    Keep(Vec<Reason>),
    /// It would be retired once the rollback window has passed.
    Defer { action: Action, eligible_at: Timestamp, reasons: Arc<[Reason]> },
    /// It would be retired if what may hold it could be read.
    Block { action: Action, reasons: Arc<[Reason]> },
    /// It goes.
    Retire(Retirement),
}

/// How an object goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Retirement {
    /// What is done, in order.
    pub(super) actions: Vec<(Action, Vec<Expect>)>,
    /// `kind.name` of the rule.
    pub(super) rule: Arc<str>,
    /// Where the rule says so.
    pub(super) at: Arc<str>,
    pub(super) reasons: Arc<[Reason]>,
}

impl Retirement {
    pub(super) fn does(&self, action: Action) -> bool {
        self.actions.iter().any(|(one, _)| *one == action)
    }
}

impl Verdict {
    pub(super) fn keep(code: ReasonCode, text: impl Into<String>) -> Self {
        Self::Keep(vec![Reason::new(code, text)])
    }

    pub(super) fn is_retired(&self) -> bool {
        matches!(self, Self::Retire(_))
    }
}

/// How much is said of what stays. A million sentences that nobody reads cost more than deciding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// The codes of the reasons, which plans count.
    Codes,
    /// Whole sentences.
    Sentences,
}

impl Telling {
    /// A reason for which something stays.
    pub(super) fn reason(self, code: ReasonCode, text: impl FnOnce() -> String) -> Reason {
        match self {
            Self::Codes => Reason::new(code, String::new()),
            Self::Sentences => Reason::new(code, text()),
        }
    }
}

/// What one rule says of an object that it selects. The verdict is folded from what all of them say: one that keeps wins, and
/// one that waits is told only if none retires.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Says<'p> {
    /// Nothing: it has no word on such objects.
    Nothing,
    /// It stays, whatever else is said.
    Keeps(Reason),
    /// Not yet.
    Waits(Reason),
    /// It is archived: this term has been met. Of images only.
    Archives(&'p Said<Age>),
    /// It goes: this term has been met.
    Retires(&'p Said<Age>),
}

/// What the rules that do not keep an object say of it.
pub(super) struct Heard<'p, R> {
    /// Why it does not go yet.
    pub(super) waiting: Vec<Reason>,
    /// Those that archive it, with the terms that were met, in the order of the policy.
    pub(super) archiving: Vec<(R, &'p Said<Age>)>,
    /// Those that retire it, with the terms that were met, in the order of the policy.
    pub(super) retiring: Vec<(R, &'p Said<Age>)>,
}

/// Listens to rules in the order of the policy.
///
/// # Errors
/// The reason of the first that keeps the object.
pub(super) fn hear<'p, R>(said: impl IntoIterator<Item = (R, Says<'p>)>) -> Result<Heard<'p, R>, Reason> {
    let mut heard = Heard { waiting: Vec::new(), archiving: Vec::new(), retiring: Vec::new() };
    for (rule, says) in said {
        match says {
            Says::Nothing => {}
            Says::Keeps(reason) => return Err(reason),
            Says::Waits(reason) => heard.waiting.push(reason),
            Says::Archives(term) => heard.archiving.push((rule, term)),
            Says::Retires(term) => heard.retiring.push((rule, term)),
        }
    }
    Ok(heard)
}

/// Stays for what it waits for; by no rule, if there is nothing to wait for.
pub(super) fn keep_for(waiting: Vec<Reason>) -> Verdict {
    if waiting.is_empty() { Verdict::keep(ReasonCode::NoRule, "no rule retires it") } else { Verdict::Keep(waiting) }
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
