//! A policy, read and checked: nothing in here can be wrong in itself.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive, sync::Arc};

use super::budget::Budget;
use crate::model::{AccountId, AccountLabel, Age, Kind, Patterns, Region, Source, Span};

/// A value and the line of the policy that says it, as `file:line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Where it is said.
    pub at: Arc<str>,
}

/// Everything that one policy directory says.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The `settings` block, defaults filled in.
    pub settings: Settings,
    /// The `state` block.
    pub state: StateStore,
    /// The accounts, by label.
    pub accounts: Vec<Account>,
    /// AWS Config aggregators.
    pub aggregators: Vec<Aggregator>,
    /// Lists of references that somebody else keeps.
    pub references: Vec<ReferenceList>,
    /// Sources that are not read, by name.
    pub waivers: Vec<Waiver>,
    /// What is never retired.
    pub protects: Vec<Protect>,
    /// `retention "service"`.
    pub services: Vec<Rule<ServiceSelector, ServiceTerms>>,
    /// `retention "task_set"`.
    pub task_sets: Vec<Rule<TaskSetSelector, TaskSetTerms>>,
    /// `retention "task_definition"`.
    pub task_definitions: Vec<Rule<TaskDefinitionSelector, TaskDefinitionTerms>>,
    /// `retention "image"`.
    pub images: Vec<Rule<ImageSelector, ImageTerms>>,
    /// The `budget` block.
    pub budget: Budget,
}

/// The `settings` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long after its last reference ended an object is still a rollback target. Default 24h.
    pub rollback_window: Age,
    /// The tag without which a repository is not touched. Default `jettison = enabled`.
    pub opt_in_tag: OptInTag,
    /// The key of the tag that protects whatever carries it, whatever its value. Default `jettison:protect`.
    pub protect_tag: String,
    /// What counts as evidence of when something was last used.
    pub evidence: Evidence,
    /// How old a reading of references may be when something is deleted on its strength. Default 60s.
    pub verify_within: Age,
    /// How long after its making a plan can be applied. Default 72h.
    pub plan_expiry: Age,
}

/// A tag by key and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptInTag {
    /// The key.
    pub key: String,
    /// The exact value.
    pub value: String,
}

/// What counts as evidence of when something was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// What AWS tells about the past as well as what was seen.
    Inferred,
    /// Only what earlier collections saw themselves.
    Observed,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rollback_window: Age::from_seconds(24 * 3_600),
            opt_in_tag: OptInTag { key: "jettison".to_owned(), value: "enabled".to_owned() },
            protect_tag: "jettison:protect".to_owned(),
            evidence: Evidence::Inferred,
            verify_within: Age::from_seconds(60),
            plan_expiry: Age::from_seconds(72 * 3_600),
        }
    }
}

/// Where journals, ledger and cache are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateStore {
    /// A directory on this machine, relative to the policy's.
    Local {
        /// Its path. Default `state`.
        path: String,
    },
}

/// An `account` block.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its label.
    pub label: AccountLabel,
    /// Its id, checked with sts:GetCallerIdentity before anything else.
    pub id: AccountId,
    /// The Regions that are looked at; at least one.
    pub regions: Vec<Region>,
    /// The role to assume.
    pub role_arn: Option<String>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The share of AWS's request rates that this tool may use, above 0 and at most 1. Default 0.5.
    pub quota_share: f64,
    /// The world file, relative to the policy, whose simulated AWS answers instead.
    pub simulated: Option<String>,
    /// The block's header.
    pub span: Span,
}

/// An `aggregator` block: what AWS Config saw in accounts that no role reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregator {
    /// Its label.
    pub label: String,
    /// The account that has it: one of the policy's.
    pub account: AccountLabel,
    /// The Region that has it: one of that account's.
    pub region: Region,
    /// Its name in AWS.
    pub name: String,
    /// How old what it says of an account may be. Default 24h.
    pub max_staleness: Age,
    /// Where it is said.
    pub at: Arc<str>,
}

/// A `reference` block: a list of images and definitions that are in use somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceList {
    /// Its name, by which plans cite it: `reference.NAME`.
    pub label: String,
    /// Where it comes from.
    pub from: ListOrigin,
    /// Where it is said.
    pub at: Arc<str>,
}

/// Where a list of references comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListOrigin {
    /// `reference "file"`: a JSON file.
    File {
        /// Its path, relative to the policy's directory.
        path: String,
    },
    /// `reference "command"`: what a program prints.
    Command {
        /// The program and its arguments; at least one word. It runs in the policy's directory.
        program: Vec<String>,
        /// How long it may take. Default 30s.
        timeout: Age,
    },
}

/// A `waive` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The source that is not read.
    pub source: Source,
    /// Why that is safe.
    pub reason: String,
    /// Where it is said.
    pub at: Arc<str>,
}

/// A `protect` block: what it selects is never retired.
#[derive(Debug, Clone)]
pub struct Protect {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// What it selects.
    pub select: Selector,
    /// Where it is said.
    pub at: Arc<str>,
}

/// What a `protect` block selects, by kind.
#[derive(Debug, Clone)]
pub enum Selector {
    /// Services.
    Service(ServiceSelector),
    /// Task sets.
    TaskSet(TaskSetSelector),
    /// Task definitions.
    TaskDefinition(TaskDefinitionSelector),
    /// Images.
    Image(ImageSelector),
}

impl Selector {
    /// The kind of object it selects.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Service(_) => Kind::Service,
            Self::TaskSet(_) => Kind::TaskSet,
            Self::TaskDefinition(_) => Kind::TaskDefinition,
            Self::Image(_) => Kind::Image,
        }
    }
}

/// A `retention` block: what it selects, and on what terms that is kept and retired.
#[derive(Debug, Clone)]
pub struct Rule<S, T> {
    /// Its name: the block's second label.
    pub name: String,
    /// What it selects: the `match` block.
    pub select: S,
    /// The terms.
    pub terms: T,
    /// The line of the block's header.
    pub at: Arc<str>,
}

/// AWS tags by key; the value must match the patterns.
pub type TagPatterns = BTreeMap<String, Patterns>;

/// `match` of services. Whatever is absent does not restrict.
#[derive(Debug, Clone, Default)]
pub struct ServiceSelector {
    /// Labels of accounts.
    pub account: Option<Patterns>,
    /// Regions.
    pub region: Option<Patterns>,
    /// Names of clusters.
    pub cluster: Option<Patterns>,
    /// Names of services.
    pub service: Option<Patterns>,
    /// AWS tags, all of which must match.
    pub tags: TagPatterns,
}

/// `match` of task sets.
#[derive(Debug, Clone, Default)]
pub struct TaskSetSelector {
    /// Labels of accounts.
    pub account: Option<Patterns>,
    /// Regions.
    pub region: Option<Patterns>,
    /// Names of clusters.
    pub cluster: Option<Patterns>,
    /// Names of services.
    pub service: Option<Patterns>,
    /// AWS tags, all of which must match.
    pub tags: TagPatterns,
}

/// `match` of task definitions.
#[derive(Debug, Clone, Default)]
pub struct TaskDefinitionSelector {
    /// Labels of accounts.
    pub account: Option<Patterns>,
    /// Regions.
    pub region: Option<Patterns>,
    /// Families.
    pub family: Option<Patterns>,
    /// AWS tags, all of which must match.
    pub tags: TagPatterns,
    /// Revisions, `"1624..1854"`, both ends included.
    pub revisions: Option<RangeInclusive<u32>>,
    /// Only those with (or, if false, without) plain-text secrets in their environment.
    pub plaintext_secrets: Option<bool>,
}

/// `match` of images.
#[derive(Debug, Clone, Default)]
pub struct ImageSelector {
    /// Labels of accounts.
    pub account: Option<Patterns>,
    /// Regions.
    pub region: Option<Patterns>,
    /// Names of repositories.
    pub repository: Option<Patterns>,
    /// Tags of the image; restricts tagged images only.
    pub tags: Option<Patterns>,
    /// `false`: no untagged images. `true` without `tags`: untagged images only; with `tags` (in a `protect` alone) those and
    /// the untagged.
    pub untagged: Option<bool>,
}

/// Terms of services.
#[derive(Debug, Clone, Default)]
pub struct ServiceTerms {
    /// `delete { idle_for }`.
    pub delete: Option<Said<Age>>,
}

/// Terms of task sets.
#[derive(Debug, Clone, Default)]
pub struct TaskSetTerms {
    /// `keep { newest }`, per service.
    pub keep_newest: Option<Said<u32>>,
    /// The `delete` block.
    pub delete: Option<TaskSetDelete>,
}

/// `delete` of task sets.
#[derive(Debug, Clone)]
pub struct TaskSetDelete {
    /// `older_than`.
    pub older_than: Said<Age>,
    /// Whether one with tasks is scaled to zero first.
    pub scale_down: bool,
}

/// Terms of task definitions.
#[derive(Debug, Clone, Default)]
pub struct TaskDefinitionTerms {
    /// The `keep` block.
    pub keep: TaskDefinitionKeep,
    /// `deregister { unused_for }`.
    pub deregister: Option<Said<Age>>,
    /// `deregister { last_revision_unused_for }`: after so long even the newest ACTIVE revision goes.
    pub last_revision: Option<Said<Age>>,
    /// `delete { inactive_for }`.
    pub delete: Option<Said<Age>>,
}

/// `keep` of task definitions.
#[derive(Debug, Clone, Default)]
pub struct TaskDefinitionKeep {
    /// ACTIVE revisions per family.
    pub newest: Option<Said<u32>>,
    /// Registered within.
    pub newer_than: Option<Said<Age>>,
}

/// Terms of images.
#[derive(Debug, Clone, Default)]
pub struct ImageTerms {
    /// The `keep` block.
    pub keep: ImageKeep,
    /// `archive { unused_for }`, shorter than that of `delete` where there are both.
    pub archive: Option<Said<Age>>,
    /// `delete { unused_for }`.
    pub delete: Option<Said<Age>>,
}

/// `keep` of images.
#[derive(Debug, Clone, Default)]
pub struct ImageKeep {
    /// Units per repository, by push time.
    pub newest: Option<Said<u32>>,
    /// Images with such a tag.
    pub tags: Option<Said<Patterns>>,
    /// Pushed within.
    pub pushed_within: Option<Said<Age>>,
    /// Pulled within.
    pub pulled_within: Option<Said<Age>>,
}

impl<S, T> fmt::Display for Rule<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}
