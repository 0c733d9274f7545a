//! Service deployments and revisions, with the field names of the ECS API (2014-11-13). AWS keeps 90 days of them, none from before
//! October 2024, and forgets them with their service ("View service history using Amazon ECS service deployments").

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// A deployment of a service under the ECS controller. What only DescribeServiceDeployments tells (sources, rollback) is
/// there for those that are not over, and for the newest of a service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDeployment {
    /// Its ARN.
    pub service_deployment_arn: String,
    /// The ARN of its service.
    #[serde(default)]
    pub service_arn: String,
    /// The ARN of its cluster.
    #[serde(default)]
    pub cluster_arn: String,
    /// PENDING, IN_PROGRESS, STOP_REQUESTED, STOPPED, ROLLBACK_REQUESTED, ROLLBACK_IN_PROGRESS, ROLLBACK_SUCCESSFUL, ROLLBACK_FAILED or
    /// SUCCESSFUL.
    #[serde(default)]
    pub status: String,
    /// When it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// The revisions that it replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_service_revisions: Vec<RevisionSummary>,
    /// The revision that it rolls out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_service_revision: Option<RevisionSummary>,
    /// What it went back to, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
}

/// A service revision as deployments and services name it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionSummary {
    /// Its ARN.
    pub arn: String,
    /// Tasks wanted.
    #[serde(default)]
    pub requested_task_count: i32,
    /// Tasks running.
    #[serde(default)]
    pub running_task_count: i32,
    /// Tasks starting.
    #[serde(default)]
    pub pending_task_count: i32,
}

/// Where a deployment went back to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// The ARN of the service revision.
    #[serde(default)]
    pub service_revision_arn: String,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a service ran at one time: a definition, and the digests that its tags were resolved to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRevision {
    /// Its ARN.
    pub service_revision_arn: String,
    /// The ARN of its service.
    #[serde(default)]
    pub service_arn: String,
    /// The ARN of its cluster.
    #[serde(default)]
    pub cluster_arn: String,
    /// The definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// Image and digest by container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub container_images: Vec<ContainerImage>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// The image of a container, as a revision pinned it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerImage {
    /// The container.
    #[serde(default)]
    pub container_name: String,
    /// The image URI of the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What it was resolved to; absent until a task of the deployment has started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
}
