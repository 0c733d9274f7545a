//! What the second check finds wrong with a plan.

use std::fmt;

use crate::{
    model::Address,
    plan::{Plan, StepId},
};

/// The laws that a plan by itself can break. `docs/safety.md` says them in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// L1: what something needs stays.
    Reachable,
    /// L2: unknown means in use.
    Unknown,
    /// L3: silence keeps, and a keep wins over every delete.
    Silence,
    /// L4: what was in use within the rollback window waits.
    Window,
    /// L5: holders before what they hold.
    Order,
    /// L7: what was reviewed is what is applied, so a plan says what it does.
    Review,
    /// L8: the facts that make a step safe are read again, so they are all there and true.
    LookAgain,
    /// L12: nothing is forced.
    NoForce,
}

impl Law {
    /// Its number, `L1` to `L12`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Reachable => "L1",
            Self::Unknown => "L2",
            Self::Silence => "L3",
            Self::Window => "L4",
            Self::Order => "L5",
            Self::Review => "L7",
            Self::LookAgain => "L8",
            Self::NoForce => "L12",
        }
    }
}

/// One thing that is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objection {
    /// The step; nothing if it is the plan as a whole.
    pub step: Option<StepId>,
    /// Its object.
    pub address: Option<Address>,
    /// The law that it would break.
    pub law: Law,
    /// What is wrong, as a sentence without an end.
    pub text: String,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(step), Some(address)) = (self.step, &self.address) {
            write!(f, "step {step}, {address}: ")?;
        }
        write!(f, "{} ({})", self.text, self.law.number())
    }
}

/// An objection on its way: the step by its place in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    step: Option<usize>,
    law: Law,
    text: String,
}

/// Objections on their way.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Objects to a step, by its place in the plan.
    pub(super) fn object(&mut self, step: usize, law: Law, text: impl Into<String>) {
        self.0.push(Finding { step: Some(step), law, text: text.into() });
    }

    /// Objects to the plan as a whole.
    pub(super) fn object_to_plan(&mut self, law: Law, text: impl Into<String>) {
        self.0.push(Finding { step: None, law, text: text.into() });
    }

    /// Objects to a step unless something holds.
    pub(super) fn ensure(&mut self, holds: bool, step: usize, law: Law, text: impl FnOnce() -> String) {
        if !holds {
            self.object(step, law, text());
        }
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The objections, in the order of the plan, each once.
    pub(super) fn into_objections(self, plan: &Plan) -> Vec<Objection> {
        let of = |Finding { step, law, text }: Finding| {
            let step = step.and_then(|place| plan.steps.get(place));
            Objection { step: step.map(|step| step.id), address: step.map(|step| step.address.clone()), law, text }
        };
        let mut objections: Vec<Objection> = self.0.into_iter().map(of).collect();
        objections.sort_unstable();
        objections.dedup();
        objections
    }
}
