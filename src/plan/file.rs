//! The plan as a file: one JSON document from which it can be shown, compared and applied with nothing else at hand.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, value::RawValue};

use super::{Action, Applyable, MeasuredLimit, Step};
use crate::{
    inventory::Gap,
    model::{Address, Age, Bytes, Reason, ReasonCode, Scope, Sha256Stream, Source, Timestamp},
};

/// The version this build writes. A newer major version is refused.
pub const FORMAT_VERSION: &str = "1.0";

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the format, `major.minor`.
    pub format_version: String,
    /// The version of jettison that made it.
    pub tool_version: String,
    /// The digest of its effects: scopes and sorted (action, identity) pairs. Equal effects, equal id.
    pub plan_id: String,
    /// The digest of the whole document without this field: an edited plan is not the one that was reviewed. Known once it was
    /// written or read.
    #[serde(serialize_with = "write_integrity", deserialize_with = "read_integrity")]
    pub(super) integrity: OnceLock<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can no longer be applied.
    pub expires_at: Timestamp,
    /// The instant it was decided for.
    pub as_of: Timestamp,
    /// The digest of the policy's files.
    pub policy_id: String,
    /// The digest of the inventory.
    pub inventory_id: String,
    /// Whether there is something to apply and nothing forbids it.
    pub applyable: Applyable,
    /// What forbids it. Such a plan can be read and compared, and `apply` refuses it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
    /// Whether everything was read, and nothing was left out by `targets` and `excludes`.
    pub complete: bool,
    /// What was selected, as patterns over addresses: the steps on what they cover, and what those wait for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// What was left out, as patterns over addresses: the steps on what they cover, and what waits for those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
    /// How much there was before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_from: Option<SelectedFrom>,
    /// Whether planning failed half way.
    pub errored: bool,
    /// The accounts and Regions.
    pub scopes: Vec<Scope>,
    /// What apply must honour without the policy.
    pub settings: PlanSettings,
    /// Sources that the policy says not to read.
    pub waived: Vec<Waived>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Counts.
    pub summary: Summary,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What would be done once the rollback window has passed.
    pub deferred: Vec<Pending>,
    /// What would be done if what may hold it could be read.
    pub blocked: Vec<Pending>,
    /// How many objects are kept, by the first reason of each.
    pub kept_by_reason: BTreeMap<ReasonCode, u64>,
    /// What it comes to against the policy's budget: a limit that nothing counts against is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budget: Vec<MeasuredLimit>,
    /// What a reviewer should know.
    pub warnings: Vec<String>,
}

/// How much a plan had before a part of it was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectedFrom {
    /// Its steps.
    pub steps: u64,
    /// Objects that were deferred.
    pub deferred: u64,
    /// Objects that were blocked.
    pub blocked: u64,
}

/// Why a plan cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// Which of the closed list.
    pub code: RefusalCode,
    /// A sentence for people, that says what would have to change.
    pub text: String,
}

/// The closed list of what forbids to apply a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// Planning failed half way.
    Errored,
    /// The second, independent check of the plan objects to a step.
    Unverified,
    /// It exceeds a budget of the policy.
    OverBudget,
    /// It was decided for another time than that of its making.
    Forecast,
}

/// The settings that hold while a plan is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSettings {
    /// How old a reading of references may be when something is deleted on its strength.
    pub verify_within: Age,
    /// The tag that a repository must carry.
    pub opt_in_key: String,
    /// Its value.
    pub opt_in_value: String,
    /// The key of the tag that protects.
    pub protect_tag: String,
}

/// A source that is not read because the policy says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// The source.
    pub source: Source,
    /// Why.
    pub reason: String,
    /// Where the policy says so.
    pub at: String,
}

/// An action that is not taken now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The object.
    pub address: Address,
    /// What would be done.
    pub action: Action,
    /// From when on, if time alone is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible_at: Option<Timestamp>,
    /// Why not now.
    pub reasons: Arc<[Reason]>,
}

/// The figures of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Steps by action; every action is there.
    pub actions: BTreeMap<Action, u64>,
    /// Objects kept.
    pub kept: u64,
    /// Objects deferred.
    pub deferred: u64,
    /// Objects blocked.
    pub blocked: u64,
    /// Bytes that the deleted images had, as ECR counts them. Layers shared with images that stay are counted too.
    pub bytes_reclaimed: Bytes,
    /// Bytes that the archived images have, counted alike.
    #[serde(default)]
    pub bytes_archived: Bytes,
    /// Scan findings that go with the images, by severity.
    pub findings_removed: BTreeMap<String, u64>,
    /// What the bytes of the deleted images cost a month, in US dollars, at `STORAGE_USD_PER_GB_MONTH`.
    pub monthly_savings_usd: f64,
    /// What archiving saves a month, in US dollars: nothing up to `ARCHIVE_CHEAPER_ABOVE_GB` of an account and Region.
    #[serde(default)]
    pub monthly_savings_by_archiving_usd: f64,
    /// Mutating calls that apply will make, by operation.
    pub api_calls: BTreeMap<String, u64>,
    /// Roughly how long that takes at the accounts' share of AWS's rates, the ten minutes after deregistrations included.
    pub eta_seconds: u64,
}

/// Why a document is not a plan that can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// Not JSON, or not a plan.
    #[error("it is not a plan")]
    Malformed(#[source] serde_json::Error),
    /// Written by a newer jettison.
    #[error(
        "it has format version {0}, and this build reads {FORMAT_VERSION}; use the jettison that made it, or a newer one"
    )]
    Version(String),
    /// Its content is not what was written.
    #[error(
        "it was changed after it was made (its integrity digest does not fit); make it again with `jettison plan --out`"
    )]
    Edited,
}

impl Plan {
    /// Whether it was decided for another time than that of its making.
    #[must_use]
    pub fn is_forecast(&self) -> bool {
        self.as_of != self.created_at
    }

    /// Whether it does anything.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The document, pretty enough to read.
    ///
    /// # Errors
    /// None that a plan can cause; serde_json's signature.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(self)?;
        if self.integrity.get().is_none() {
            let digest = self.integrity.get_or_init(|| integrity(&text).unwrap_or_default());
            // Text within members has its line breaks escaped: the first such line is the member itself.
            if let Some(start) = text.find(UNSEALED) {
                let end = start + UNSEALED.len() - 1;
                text.insert_str(end, digest);
            }
        }
        text.push('\n');
        Ok(text)
    }

    /// Reads a plan and checks that it is whole.
    ///
    /// # Errors
    /// See `PlanFileError`.
    pub fn from_json(text: &str) -> Result<Self, PlanFileError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: String,
        }
        let Version { format_version } = serde_json::from_str(text).map_err(PlanFileError::Malformed)?;
        let major = |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        match (major(&format_version), major(FORMAT_VERSION)) {
            (Some(theirs), Some(ours)) if theirs <= ours => {}
            (_, _) => return Err(PlanFileError::Version(format_version)),
        }
        let plan: Self = serde_json::from_str(text).map_err(PlanFileError::Malformed)?;
        let intact = integrity(text).is_some_and(|digest| plan.integrity.get() == Some(&digest));
        if intact { Ok(plan) } else { Err(PlanFileError::Edited) }
    }

    /// The same plan with the digest of its effects filled in.
    #[must_use]
    pub fn identified(mut self) -> Self {
        self.plan_id = self.effects();
        self
    }

    /// The digest of what it does: nothing else about it counts.
    pub(super) fn effects(&self) -> String {
        let mut lines: Vec<String> = self.steps.par_iter().map(effect).collect();
        lines.extend(self.scopes.iter().map(|scope| format!("scope {}", scope.location())));
        lines.par_sort_unstable();
        let mut digest = Sha256Stream::default();
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                digest.update("\n");
            }
            digest.update(line);
        }
        digest.finish()
    }
}

fn effect(step: &Step) -> String {
    let resource = step.target.resource(step.action.kind());
    let identity = resource.map_or_else(String::new, |resource| resource.to_string());
    format!("{} {}/{identity}", step.action, step.target.location())
}

/// The member of a document whose digest is not known yet, as it is written.
const UNSEALED: &str = "\n  \"integrity\": \"\"";

fn write_integrity<S: Serializer>(integrity: &OnceLock<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(integrity.get().map_or("", String::as_str))
}

fn read_integrity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OnceLock<String>, D::Error> {
    String::deserialize(deserializer).map(OnceLock::from)
}

/// The digest of a plan document in canonical form (sorted members, no white space) without its `integrity` member.
/// Working on the document itself, not on what this build reads of it, covers fields that a later minor version adds.
///
/// The document is put into that form a member at a time, and long lists an element at a time: a million steps need not be in
/// memory once more.
fn integrity(text: &str) -> Option<String> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).ok()?;
    let mut digest = Sha256Stream::default();
    let mut between = "{";
    for (name, value) in members.iter().filter(|(name, _)| *name != "integrity") {
        digest.update(between);
        digest.update(Value::from(name.as_ref()).to_string());
        digest.update(":");
        match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
            Ok(elements) => digest_list(&elements, &mut digest)?,
            Err(_) => digest.update(canonical(value)?),
        }
        between = ",";
    }
    digest.update(if between == "{" { "{}" } else { "}" });
    Some(digest.finish())
}

/// How many elements are put into canonical form side by side.
const ELEMENTS_AT_ONCE: usize = 1 << 12;

fn digest_list(elements: &[&RawValue], digest: &mut Sha256Stream) -> Option<()> {
    let mut between = "[";
    for some in elements.chunks(ELEMENTS_AT_ONCE) {
        let texts: Option<Vec<String>> = some.par_iter().map(|value| canonical(value)).collect();
        for text in texts? {
            digest.update(between);
            digest.update(text);
            between = ",";
        }
    }
    digest.update(if between == "[" { "[]" } else { "]" });
    Some(())
}

fn canonical(value: &RawValue) -> Option<String> {
    serde_json::from_str::<Value>(value.get()).ok().map(|value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sha256;

    #[test]
    fn the_digest_is_that_of_the_canonical_document() {
        for text in [
            "{}",
            r#"{"integrity": "x"}"#,
            r#"{ "b" : [ ], "a":1.50, "integrity":"x" }"#,
            r#"{"z":[{"b":1,"a":[2, {"d":null,"c":"\u00e9\n"}]}, 3], "y":{"q":[],"p":{}}, "a\"b":true, "z2":1e3}"#,
        ] {
            let mut document: Value = serde_json::from_str(text).unwrap();
            document.as_object_mut().unwrap().remove("integrity");
            assert_eq!(integrity(text), Some(sha256(document.to_string())), "{text}");
        }
        assert_eq!(integrity("[]"), None);
    }
}
