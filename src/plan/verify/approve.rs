//! The second check of a plan, and the one place where a plan becomes one that can be applied.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{
    definitions,
    facts::Facts,
    form, images,
    objection::{Findings, Law, Objection},
    pulls, services,
    steps::Steps,
    unread::Vaguest,
};
use crate::plan::{Plan, Question, Refusal, RefusalCode};

/// Whether a plan can be applied. Only `approve` makes one that says yes; reading a file gives what the file says, which
/// its digest covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Applyable(bool);

impl Applyable {
    /// Not, or not yet.
    pub const NO: Self = Self(false);

    /// Whether it can.
    #[must_use]
    pub const fn is_yes(self) -> bool {
        self.0
    }
}

/// Checks a plan against the policy and the inventory, and makes it one that can be applied if there is something to apply
/// and nothing forbids it. With an objection it is `unverified`: it can be read, and nothing of it can be applied.
///
/// To be asked again after every change to the steps of a plan.
#[must_use]
pub fn approve(question: &Question<'_>, mut plan: Plan) -> Plan {
    plan.refusals.retain(|refusal| refusal.code != RefusalCode::Unverified);
    if !plan.errored {
        let objections = check(question, &plan);
        plan.refusals.extend(refusal(&objections));
    }
    plan.applyable = Applyable(!plan.steps.is_empty() && plan.refusals.is_empty());
    plan.integrity = OnceLock::new();
    plan.identified()
}

/// Everything that is wrong with a plan: nothing, if it is what policy, inventory and ledger allow, or a safe part of that, and if
/// its id is that of its effects.
#[must_use]
pub fn verify(question: &Question<'_>, plan: &Plan) -> Vec<Objection> {
    let mut objections = check(question, plan);
    if plan.effects() != plan.plan_id {
        let text = "its id is that of other effects".to_owned();
        objections.push(Objection { step: None, address: None, law: Law::Review, text });
    }
    objections
}

fn check(question: &Question<'_>, plan: &Plan) -> Vec<Objection> {
    let mut findings = Findings::default();
    form::check_numbers(plan, &mut findings);
    form::check_steps(plan, &mut findings);
    let steps = Steps::new(&plan.steps, &mut findings);
    // Steps that are not what they say cannot be asked about.
    if findings.is_empty() && !plan.steps.is_empty() {
        let facts = Facts::new(question, steps);
        let vaguest = Vaguest::new(&facts);
        services::check(&facts, &vaguest, &mut findings);
        definitions::check(&facts, &vaguest, &pulls::of_definitions(&facts), &mut findings);
        let severities = images::check(&facts, &vaguest, &mut findings);
        if severities != plan.summary.findings_removed {
            findings.object_to_plan(Law::Review, "the scan findings that it removes are not those of its images");
        }
    }
    form::check_frame(question, plan, &mut findings);
    findings.into_objections(plan)
}

/// How many objections a refusal tells.
const TOLD: usize = 3;

fn refusal(objections: &[Objection]) -> Option<Refusal> {
    let told: Vec<String> = objections.iter().take(TOLD).map(ToString::to_string).collect();
    let rest = match objections.len().saturating_sub(TOLD) {
        0 => String::new(),
        rest => format!("; and {rest} more"),
    };
    let told = told.join("; ");
    let text = format!(
        "the second check of this plan objects: {told}{rest}. This is a defect of jettison: please report it with the policy \
         and the inventory. Nothing of this plan can be applied"
    );
    (!objections.is_empty()).then_some(Refusal { code: RefusalCode::Unverified, text })
}
