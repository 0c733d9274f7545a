//! Managed daemons and their own task definitions, with the field names of the ECS API (2014-11-13).

use serde::{Deserialize, Serialize};

use super::{ContainerDefinition, ContainerImage};
use crate::model::Timestamp;

/// A managed daemon: one task per instance of a capacity provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Daemon {
    /// Its ARN.
    pub daemon_arn: String,
    /// The ARN of its cluster.
    #[serde(default)]
    pub cluster_arn: String,
    /// ACTIVE or DELETE_IN_PROGRESS.
    #[serde(default)]
    pub status: String,
    /// The revisions that run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub current_revisions: Vec<DaemonRevisionSummary>,
    /// Its newest deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_arn: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// A daemon's revision, as the daemon names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonRevisionSummary {
    /// Its ARN.
    pub arn: String,
}

/// What a daemon runs, or goes back to: the revisions that it shows as current, and source, target and rollback of its newest
/// deployment. Each of them holds what it pinned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonRevision {
    /// Its ARN.
    pub daemon_revision_arn: String,
    /// The ARN of its daemon.
    #[serde(default)]
    pub daemon_arn: String,
    /// The ARN of its cluster.
    #[serde(default)]
    pub cluster_arn: String,
    /// The definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daemon_task_definition_arn: Option<String>,
    /// Image and digest by container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub container_images: Vec<ContainerImage>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// A revision of a daemon task definition: another list than that of task definitions, with images of its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonTaskDefinition {
    /// Its ARN, with the revision.
    pub daemon_task_definition_arn: String,
    /// Its family.
    #[serde(default)]
    pub family: String,
    /// Its revision.
    #[serde(default)]
    pub revision: u32,
    /// ACTIVE, DELETE_IN_PROGRESS or DELETED.
    #[serde(default)]
    pub status: String,
    /// When it was registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<Timestamp>,
    /// When its deletion was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_requested_at: Option<Timestamp>,
    /// Its containers: name and image only.
    #[serde(default)]
    pub container_definitions: Vec<ContainerDefinition>,
}
