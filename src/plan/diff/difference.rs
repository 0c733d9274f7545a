//! The comparison as a document.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    model::{Address, Bytes, Reason, Timestamp},
    plan::{Action, Expect, Plan, Refusal, Target},
};

/// The version of the document that this build writes.
pub const DIFF_FORMAT_VERSION: &str = "1.0";

/// What changed from an old plan to a new one. Steps are matched by what they do to which object: by account id, Region and
/// name, not by the policy's labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The version of the format, `major.minor`.
    pub format_version: String,
    /// The old plan.
    pub from: PlanSide,
    /// The new one.
    pub to: PlanSide,
    /// What else is different between them, and what the comparison cannot know.
    pub circumstances: Vec<Circumstance>,
    /// Steps of the new plan alone.
    pub added: Vec<Change>,
    /// Steps of the old plan alone.
    pub dropped: Vec<Change>,
    /// How many steps both have.
    pub same: u64,
    /// Those of them for which the plans give another rule, other reasons or other facts.
    pub restated: Vec<Restated>,
}

/// One of the two plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanSide {
    /// The digest of its effects.
    pub plan_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The instant that it decides for.
    pub as_of: Timestamp,
    /// The digest of its policy's files.
    pub policy_id: String,
    /// The digest of its inventory.
    pub inventory_id: String,
    /// How many steps it has.
    pub steps: u64,
    /// How many objects it defers.
    pub deferred: u64,
    /// How many objects it blocks.
    pub blocked: u64,
    /// What forbids to apply it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

impl PlanSide {
    pub(super) fn of(plan: &Plan) -> Self {
        let count = crate::plan::figures::count;
        Self {
            plan_id: plan.plan_id.clone(),
            created_at: plan.created_at,
            as_of: plan.as_of,
            policy_id: plan.policy_id.clone(),
            inventory_id: plan.inventory_id.clone(),
            steps: count(plan.steps.len()),
            deferred: count(plan.deferred.len()),
            blocked: count(plan.blocked.len()),
            refusals: plan.refusals.clone(),
        }
    }
}

/// Something besides the steps that is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstance {
    /// What.
    pub code: CircumstanceCode,
    /// A sentence for people.
    pub text: String,
}

/// The closed list of what may be different besides steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CircumstanceCode {
    /// The policy was edited.
    Policy,
    /// The inventories are not the same.
    Inventory,
    /// They decide for different instants.
    Time,
    /// They were made by different versions of jettison.
    Version,
    /// One is a forecast.
    Forecast,
    /// They are parts of plans, and not alike.
    Selection,
    /// One has an account or Region that the other does not have, or calls it otherwise.
    Scopes,
    /// Not the same sources are waived.
    Waivers,
    /// Not the same could be read.
    Gaps,
    /// What apply must honour is not the same.
    Settings,
    /// Nothing else is different: earlier runs saw something in use, and the plans do not name what they saw.
    Ledger,
    /// Something of the base policy was not read, so its plan may be another one than it would have been.
    Unread,
}

impl CircumstanceCode {
    /// Every code.
    pub const ALL: [Self; 12] = [
        Self::Policy,
        Self::Inventory,
        Self::Time,
        Self::Version,
        Self::Forecast,
        Self::Selection,
        Self::Scopes,
        Self::Waivers,
        Self::Gaps,
        Self::Settings,
        Self::Ledger,
        Self::Unread,
    ];
}

/// A step that only one of the plans has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// The object, for people, as its plan calls it.
    pub address: Address,
    /// The object, for AWS.
    pub target: Target,
    /// The rule that says so.
    pub rule: Arc<str>,
    /// Where it does, `file:line`.
    pub at: Arc<str>,
    /// Why.
    pub reasons: Arc<[Reason]>,
    /// Bytes that go with it.
    pub bytes: Bytes,
    /// Why only one plan has it. One cause is certain; of several it is one or some, which cannot be told apart.
    pub causes: Vec<Cause>,
    /// How the object stands in the other plan.
    pub other: Otherwise,
}

/// Why only one plan has a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Time passed.
    Time,
    /// The policy was edited.
    Policy,
    /// The world changed: objects, what is in use, what could be read, or what was seen in use before.
    World,
    /// Another version of jettison.
    Version,
    /// One plan leaves it out by `--target` or `--exclude`.
    Selection,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 5] = [Self::Time, Self::Policy, Self::World, Self::Version, Self::Selection];
}

/// How an object stands in the plan that does not have the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Otherwise {
    /// How.
    pub stand: Stand,
    /// What that plan does to it instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// From when on, of what is deferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "<[Reason]>::is_empty")]
    pub reasons: Arc<[Reason]>,
}

impl From<Stand> for Otherwise {
    fn from(stand: Stand) -> Self {
        Self { stand, actions: Vec::new(), eligible_at: None, reasons: Arc::default() }
    }
}

/// The closed list of how an object may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    /// It is kept.
    Kept,
    /// It is deferred.
    Deferred,
    /// It is blocked.
    Blocked,
    /// The object is not there.
    Gone,
    /// AWS shows it as if the step had been done.
    Done,
    /// Something else is done to it.
    OtherStep,
    /// It is left out by `--target` or `--exclude`.
    LeftOut,
    /// The plan does not have its account and Region.
    OutOfScope,
    /// Kept, or not there: a plan file does not say of what it only counts.
    Unsaid,
}

impl Stand {
    /// Every way.
    pub const ALL: [Self; 9] = [
        Self::Kept,
        Self::Deferred,
        Self::Blocked,
        Self::Gone,
        Self::Done,
        Self::OtherStep,
        Self::LeftOut,
        Self::OutOfScope,
        Self::Unsaid,
    ];
}

/// A step that both plans have, each for its own reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restated {
    /// What is done.
    pub action: Action,
    /// The object, for people, as the new plan calls it.
    pub address: Address,
    /// The object, for AWS, as in the new plan.
    pub target: Target,
    /// What is different.
    pub what: Vec<What>,
    /// What the old plan says.
    pub from: Said,
    /// What the new plan says.
    pub to: Said,
}

/// What may be different about a step that both plans have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The rule.
    Rule,
    /// The reasons.
    Reasons,
    /// The facts that are read again before it is done.
    Facts,
}

impl What {
    /// Everything that may be.
    pub const ALL: [Self; 3] = [Self::Rule, Self::Reasons, Self::Facts];
}

/// What a plan says of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The rule.
    pub rule: Arc<str>,
    /// Where it is.
    pub at: Arc<str>,
    /// The reasons.
    pub reasons: Arc<[Reason]>,
    /// The facts that the other plan does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expect>,
}

impl Difference {
    /// The document, pretty enough to read.
    ///
    /// # Errors
    /// None that a comparison can cause; serde_json's signature.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
