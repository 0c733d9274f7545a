//! What a plan does, one object at a time.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::model::{
    AccountId, Address, Bytes, ClusterName, Digest, Family, ImageTag, Kind, Location, Reason, Region, RepositoryName,
    Resource, Revision, ServiceName, TaskSetId, Timestamp,
};

/// The number of a step within its plan, counted from 1 in the order of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is done to an object, in the order in which a plan does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// UpdateTaskSet to a scale of zero, and wait for its tasks to stop.
    ScaleTaskSet,
    /// DeleteTaskSet, without force.
    DeleteTaskSet,
    /// DeleteService, without force.
    DeleteService,
    /// DeregisterTaskDefinition: ACTIVE → INACTIVE.
    DeregisterTaskDefinition,
    /// DeleteTaskDefinitions: INACTIVE → DELETE_IN_PROGRESS.
    DeleteTaskDefinition,
    /// UpdateImageStorageClass: ACTIVE → ARCHIVED.
    ArchiveImage,
    /// BatchDeleteImage by digest.
    DeleteImage,
}

impl Action {
    /// Every action, in order.
    pub const ALL: [Self; 7] = [
        Self::ScaleTaskSet,
        Self::DeleteTaskSet,
        Self::DeleteService,
        Self::DeregisterTaskDefinition,
        Self::DeleteTaskDefinition,
        Self::ArchiveImage,
        Self::DeleteImage,
    ];

    /// The word in plans.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ScaleTaskSet => "scale_task_set",
            Self::DeleteTaskSet => "delete_task_set",
            Self::DeleteService => "delete_service",
            Self::DeregisterTaskDefinition => "deregister_task_definition",
            Self::DeleteTaskDefinition => "delete_task_definition",
            Self::ArchiveImage => "archive_image",
            Self::DeleteImage => "delete_image",
        }
    }

    /// The kind of object it acts on.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::ScaleTaskSet | Self::DeleteTaskSet => Kind::TaskSet,
            Self::DeleteService => Kind::Service,
            Self::DeregisterTaskDefinition | Self::DeleteTaskDefinition => Kind::TaskDefinition,
            Self::ArchiveImage | Self::DeleteImage => Kind::Image,
        }
    }

    /// What it takes to undo it.
    #[must_use]
    pub const fn reversible(self) -> Reversible {
        match self {
            Self::ScaleTaskSet | Self::ArchiveImage => Reversible::Yes,
            Self::DeleteTaskSet | Self::DeleteService | Self::DeregisterTaskDefinition | Self::DeleteTaskDefinition => {
                Reversible::Recoverable
            }
            Self::DeleteImage => Reversible::No,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What it takes to undo a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reversible {
    /// Only a push brings it back.
    No,
    /// The same content can be made again under a new identity.
    Recoverable,
    /// A call undoes it.
    Yes,
}

/// The object of a step, by the identities that AWS's calls take. Which fields are there follows from the action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The owning account.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// Services and task sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterName>,
    /// Services and task sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceName>,
    /// Task sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_set: Option<TaskSetId>,
    /// Task definitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// Task definitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// Images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryName>,
    /// Images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Images: the tags that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<ImageTag>,
}

impl Target {
    /// The target of a step on `resource`.
    #[must_use]
    pub fn new(location: &Location, resource: &Resource, tags: Vec<ImageTag>) -> Self {
        let mut target = Self {
            account_id: location.account_id.clone(),
            region: location.region.clone(),
            cluster: None,
            service: None,
            task_set: None,
            family: None,
            revision: None,
            repository: None,
            digest: None,
            tags,
        };
        match resource.clone() {
            Resource::Service { cluster, service } => {
                (target.cluster, target.service) = (Some(cluster), Some(service));
            }
            Resource::TaskSet { cluster, service, id } => {
                (target.cluster, target.service, target.task_set) = (Some(cluster), Some(service), Some(id));
            }
            Resource::TaskDefinition { family, revision } => {
                (target.family, target.revision) = (Some(family), Some(revision));
            }
            Resource::Image { repository, digest } => {
                (target.repository, target.digest) = (Some(repository), Some(digest));
            }
        }
        target
    }

    /// Where the object lives.
    #[must_use]
    pub fn location(&self) -> Location {
        Location { account_id: self.account_id.clone(), region: self.region.clone() }
    }

    /// The object, if the fields that its kind needs are there.
    #[must_use]
    pub fn resource(&self, kind: Kind) -> Option<Resource> {
        let cluster = self.cluster.clone();
        Some(match kind {
            Kind::Service => Resource::Service { cluster: cluster?, service: self.service.clone()? },
            Kind::TaskSet => {
                Resource::TaskSet { cluster: cluster?, service: self.service.clone()?, id: self.task_set.clone()? }
            }
            Kind::TaskDefinition => Resource::TaskDefinition { family: self.family.clone()?, revision: self.revision? },
            Kind::Image => Resource::Image { repository: self.repository.clone()?, digest: self.digest.clone()? },
        })
    }
}

/// A fact that made a step safe when it was planned, and is read again right before it is done (law L8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Expect {
    /// Nothing holds it: no service, deployment, task set, task, definition or reference. Of a service: nothing may start it
    /// again.
    Unreferenced,
    /// It is not the newest ACTIVE revision of its family.
    NotNewestActive,
    /// A definition or an image has this status.
    Status {
        /// Of a definition ACTIVE or INACTIVE; of an image that is to be archived ACTIVE.
        is: String,
    },
    /// A task set is not PRIMARY and not CodeDeploy's.
    NotPrimary,
    /// A task set has this definition: it is still the one that was looked at.
    Runs {
        /// The definition as AWS shows it.
        definition: Option<String>,
    },
    /// No task is wanted, running or starting.
    NoTasks,
    /// The service has no task sets.
    NoTaskSets,
    /// It does not carry the protect tag.
    NotProtected,
    /// The repository carries the opt-in tag and not the protect tag.
    OptedIn,
    /// The image has exactly these tags.
    Tags {
        /// In order.
        are: Vec<ImageTag>,
    },
    /// The image was pushed then; a later push is another image with the same digest.
    PushedAt {
        /// As DescribeImages tells it.
        is: Option<Timestamp>,
    },
    /// Nothing holds any image of its unit.
    UnitUnreferenced {
        /// The digests of the unit, this one included.
        members: Arc<[Digest]>,
    },
    /// Its registry replicates deletions to these registries, which had no copy of it, and to no other. Without this fact
    /// it replicates none.
    NoCopies {
        /// As `account-id/region`, in order.
        at: Vec<String>,
    },
}

/// One thing that a plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// What is done.
    pub action: Action,
    /// The object, for people.
    pub address: Address,
    /// The object, for AWS.
    pub target: Target,
    /// The rule that says so, `kind.name`.
    pub rule: Arc<str>,
    /// Where the rule says so, `file:line`.
    pub at: Arc<str>,
    /// Why.
    pub reasons: Arc<[Reason]>,
    /// The steps that must have succeeded before.
    pub after: Vec<StepId>,
    /// What must still be so.
    pub expect: Vec<Expect>,
    /// Bytes that go or are archived, as ECR counts them.
    #[serde(default)]
    pub bytes: Bytes,
    /// What it takes to undo it.
    pub reversible: Reversible,
}
