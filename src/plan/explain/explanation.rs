//! The document that `explain` prints.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    model::{Address, ImageTag, Reason, Timestamp},
    plan::Action,
};

/// The version of the document.
pub const EXPLANATION_VERSION: &str = "1.0";

/// Why an object is kept, deferred, blocked or retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// `major.minor`; unknown fields of a newer minor version may be ignored.
    pub format_version: String,
    /// The version of the build that made it.
    pub tool_version: String,
    /// The instant that it was decided for.
    pub as_of: Timestamp,
    /// The digest of the policy's files.
    pub policy_id: String,
    /// The object.
    pub address: Address,
    /// What people call it: the tags of an image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<ImageTag>,
    /// What becomes of it.
    pub verdict: Fate,
    /// What a plan does to it now, in order; of what is deferred or blocked, what it would do first.
    pub actions: Vec<Action>,
    /// The rule that retires it, `kind.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where the rule says so, `file:line`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why, the deciding reason first: the same as a plan would have.
    pub reasons: Vec<Reason>,
    /// From when on it would go if nothing but the time changed. For what is held by something that the plan retires: if that
    /// plan is carried out now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible_at: Option<Timestamp>,
    /// What would have to change for it to go, all of it.
    pub conditions: Vec<Condition>,
    /// Who holds it: the shortest path from each holder, the shortest first.
    pub held_by: Vec<Path>,
    /// How many holders there are beyond these.
    pub more_holders: usize,
    /// What an image is kept and retired together with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitPart>,
    /// Every rule that selects it, in the order of the policy.
    pub rules: Vec<RuleWord>,
    /// The instant that ages are counted from; absent if it is not known well enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_use: Option<Timestamp>,
    /// What dates its last use, the latest first.
    pub evidence: Vec<Witness>,
}

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It stays.
    Keep,
    /// A rule retires it, and it is too early.
    Defer,
    /// A rule retires it, and something that may hold it could not be read.
    Block,
    /// It goes.
    Retire,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Keep => "kept",
            Self::Defer => "deferred",
            Self::Block => "blocked",
            Self::Retire => "retired",
        })
    }
}

/// Something that would have to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What, as a sentence.
    pub text: String,
    /// The object that it is about, where that is another one that can be explained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The line of the policy that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// When it comes true by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A way from a holder down to the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// The holder first, the object (or a part of its unit) last.
    pub hops: Vec<Hop>,
}

/// One object on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What it is, as people say it.
    pub object: String,
    /// Its address, where it has one: it can be explained in turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What becomes of it, where that is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Fate>,
    /// How it holds the next; absent for the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<HowHeld>,
}

/// In what way one object holds another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HowHeld {
    /// It runs the definition, or would.
    Runs,
    /// It names the tag.
    NamesTag,
    /// It names the digest.
    NamesDigest,
    /// Its tag was resolved to this digest when it started.
    PinnedDigest,
    /// It may give the service tasks again.
    MayStart,
    /// The tag is on the image now.
    IsTagOf,
    /// The index lists it as a child.
    ListsChild,
    /// It is a signature, SBOM or attestation of the holder.
    HasReferrer,
}

impl fmt::Display for HowHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Runs => "runs",
            Self::NamesTag => "names the tag",
            Self::NamesDigest => "names the digest",
            Self::PinnedDigest => "pinned the digest when it started",
            Self::MayStart => "may start it again",
            Self::IsTagOf => "is on",
            Self::ListsChild => "lists as child",
            Self::HasReferrer => "has as referrer",
        })
    }
}

/// The unit of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPart {
    /// Everything in it, the root first, the object itself included.
    pub parts: Vec<Part>,
    /// How many other units the image belongs to. The most careful verdict on any of them is its own.
    pub other_units: usize,
}

/// An image of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which.
    pub address: Address,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<ImageTag>,
    /// How the unit's other images hold it; absent for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<HowHeld>,
}

/// What one rule says of the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleWord {
    /// `kind.name`.
    pub rule: String,
    /// Where: the term if one decides, or else the rule.
    pub at: String,
    /// What it says.
    pub says: Word,
    /// Why, or until when; absent if it retires or says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The term that is met, such as `90d`, if it retires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// The image's tags that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<ImageTag>,
    /// The object's place among the newest, if the rule keeps some number of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
}

/// What a rule can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It has no word on such objects.
    Nothing,
    /// The object stays, whatever other rules say.
    Keeps,
    /// It would retire the object, and does not yet.
    Waits,
    /// It archives the image.
    Archives,
    /// It retires the object.
    Retires,
}

/// A place among the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// Counted from 1, the newest.
    pub place: usize,
    /// How many there are.
    pub of: usize,
    /// How many of them the rule keeps.
    pub kept: u32,
}

/// Something that dates a use of the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// What it is.
    pub what: WitnessKind,
    /// What it is about, where that is not the object itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// When; absent if it ought to say and does not, so that the real last use may be later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Whether ages are counted from it.
    pub counts: bool,
}

/// What can date a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WitnessKind {
    /// The ledger's last sighting.
    Seen,
    /// The definition was registered.
    Registered,
    /// The next revision of its family was registered.
    Succeeded,
    /// It was deregistered, or a definition that names the image was.
    Deregistered,
    /// The deployment that replaced it ended, or it is still deployed.
    Deployed,
    /// The image was pushed.
    Pushed,
    /// The image was pulled, or one of the definition's images was.
    Pulled,
    /// The image came back from the archive.
    Reactivated,
    /// The service or task set was created.
    Created,
    /// The service or task set last changed, had a task or told of an event.
    Changed,
    /// The PRIMARY task set of the service was created, which took over.
    TookOver,
}

impl fmt::Display for WitnessKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Seen => "last seen in use by an earlier run",
            Self::Registered => "registered",
            Self::Succeeded => "succeeded by the next revision",
            Self::Deregistered => "deregistered",
            Self::Deployed => "last deployed",
            Self::Pushed => "pushed",
            Self::Pulled => "pulled",
            Self::Reactivated => "brought back from the archive",
            Self::Created => "created",
            Self::Changed => "last changed",
            Self::TookOver => "its PRIMARY took over",
        })
    }
}
