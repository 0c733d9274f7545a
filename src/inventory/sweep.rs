//! What one collection saw.

use serde::{Deserialize, Serialize};

use super::{
    Cluster, Daemon, DaemonRevision, DaemonTaskDefinition, Gap, Identified, Image, Manifest, PullThroughCacheRule,
    Reference, Registry, Repository, Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition, TaskSet,
};
use crate::model::{Location, Scope, Timestamp};

/// An object and where it lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen<T> {
    /// The account and Region that own it.
    pub location: Location,
    /// The object as AWS's API returns it.
    pub value: T,
}

impl<T> Seen<T> {
    /// An object at a place.
    pub fn new(location: Location, value: T) -> Self {
        Self { location, value }
    }

    /// The place and the object.
    pub(super) const fn at(&self) -> (&Location, &T) {
        (&self.location, &self.value)
    }
}

impl<T: Identified> Seen<T> {
    /// What tells the object from all others of its kind, in the order of inventories.
    #[must_use]
    pub fn place(&self) -> (&Location, (&str, &str)) {
        (&self.location, self.value.identity())
    }
}

/// Everything that one collection saw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {
    /// When the collection began: nothing in it is older.
    pub taken_at: Timestamp,
    /// The accounts and Regions that were asked.
    pub scopes: Vec<Scope>,
    /// ECS clusters.
    pub clusters: Vec<Seen<Cluster>>,
    /// ECS services with their deployments and task sets.
    pub services: Vec<Seen<Service>>,
    /// Task sets with what only DescribeTaskSets tells (their tags). Those inside services are not repeated here unless it was called.
    pub task_sets: Vec<Seen<TaskSet>>,
    /// Running and recently stopped tasks.
    pub tasks: Vec<Seen<Task>>,
    /// Task definitions in every status.
    pub task_definitions: Vec<Seen<TaskDefinition>>,
    /// Service deployments of the last 90 days.
    pub service_deployments: Vec<Seen<ServiceDeployment>>,
    /// Service revisions that those deployments and the services name.
    pub service_revisions: Vec<Seen<ServiceRevision>>,
    /// Managed daemons.
    pub daemons: Vec<Seen<Daemon>>,
    /// Revisions of daemons that run or may run again.
    pub daemon_revisions: Vec<Seen<DaemonRevision>>,
    /// Task definitions of daemons.
    pub daemon_task_definitions: Vec<Seen<DaemonTaskDefinition>>,
    /// Settings of registries.
    pub registries: Vec<Seen<Registry>>,
    /// Pull-through cache rules.
    pub pull_through_cache_rules: Vec<Seen<PullThroughCacheRule>>,
    /// ECR repositories.
    pub repositories: Vec<Seen<Repository>>,
    /// ECR images.
    pub images: Vec<Seen<Image>>,
    /// Manifests of image indexes.
    pub manifests: Vec<Seen<Manifest>>,
    /// References from outside ECS and ECR.
    pub references: Vec<Seen<Reference>>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
