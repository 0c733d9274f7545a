//! ECS objects, with the field names of the ECS API (2014-11-13). Statuses are plain strings there, and stay so here:
//! whoever matches on one must say what an unknown one means.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{RevisionSummary, instant::instant, words};
use crate::model::Timestamp;

/// A tag. ECS writes `key` and `value`, ECR `Key` and `Value`; both are read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tag {
    /// The key.
    #[serde(alias = "Key", default)]
    pub key: String,
    /// The value.
    #[serde(alias = "Value", default)]
    pub value: String,
}

/// An ECS cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Its ARN.
    pub cluster_arn: String,
    /// Its name.
    #[serde(default)]
    pub cluster_name: String,
    /// ACTIVE, PROVISIONING, DEPROVISIONING, FAILED or INACTIVE.
    #[serde(default)]
    pub status: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// Who drives a service's deployments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Controller {
    /// ECS, CODE_DEPLOY or EXTERNAL.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// An ECS service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its ARN.
    pub service_arn: String,
    /// Its name.
    #[serde(default)]
    pub service_name: String,
    /// The ARN of its cluster.
    #[serde(default)]
    pub cluster_arn: String,
    /// ACTIVE, DRAINING or INACTIVE.
    #[serde(default)]
    pub status: String,
    /// Tasks wanted.
    #[serde(default)]
    pub desired_count: i32,
    /// Tasks running.
    #[serde(default)]
    pub running_count: i32,
    /// Tasks starting.
    #[serde(default)]
    pub pending_count: i32,
    /// The definition that new tasks run. Absent under controllers that use task sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// Deployments of the ECS controller, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<Deployment>,
    /// Task sets of the other controllers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_sets: Vec<TaskSet>,
    /// Absent means ECS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_controller: Option<Controller>,
    /// REPLICA or DAEMON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling_strategy: Option<String>,
    /// CUSTOMER, or ECS for Express Mode services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_management_type: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The ARN of its newest service deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_service_deployment: Option<String>,
    /// The service revisions that its tasks are of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub current_service_revisions: Vec<RevisionSummary>,
    /// What happened to it, newest first. ECS keeps 100; a collection keeps the newest, which dates its last change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<ServiceEvent>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// An event in the life of a service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEvent {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// What happened.
    #[serde(default)]
    pub message: String,
}

/// A deployment of a service under the ECS controller.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// PRIMARY, ACTIVE or INACTIVE.
    #[serde(default)]
    pub status: String,
    /// The definition it rolls out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// Tasks wanted.
    #[serde(default)]
    pub desired_count: i32,
    /// Tasks running.
    #[serde(default)]
    pub running_count: i32,
    /// Tasks starting.
    #[serde(default)]
    pub pending_count: i32,
    /// IN_PROGRESS, COMPLETED or FAILED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout_state: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// How many of the service's tasks a task set runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Scale {
    /// 0 to 100.
    #[serde(default)]
    pub value: f64,
    /// PERCENT.
    #[serde(default)]
    pub unit: String,
}

/// A task set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskSet {
    /// Its id, `ecs-svc/…`.
    #[serde(default)]
    pub id: String,
    /// Its ARN.
    pub task_set_arn: String,
    /// The ARN of its service.
    #[serde(default)]
    pub service_arn: String,
    /// The ARN of its cluster.
    #[serde(default)]
    pub cluster_arn: String,
    /// PRIMARY, ACTIVE or DRAINING.
    #[serde(default)]
    pub status: String,
    /// The definition its tasks run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// Its share of the service's desired count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// The desired count times the scale, rounded up.
    #[serde(default)]
    pub computed_desired_count: i32,
    /// Tasks running.
    #[serde(default)]
    pub running_count: i32,
    /// Tasks starting.
    #[serde(default)]
    pub pending_count: i32,
    /// STEADY_STATE or STABILIZING.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stability_status: Option<String>,
    /// CODE_DEPLOY when CodeDeploy made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// The deployer's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Its tags, from DescribeTaskSets only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A task, running or stopped within about the last hour.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Its ARN.
    pub task_arn: String,
    /// The ARN of its cluster.
    #[serde(default)]
    pub cluster_arn: String,
    /// The ARN of its definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition_arn: Option<String>,
    /// From PROVISIONING to STOPPED.
    #[serde(default)]
    pub last_status: String,
    /// RUNNING or STOPPED.
    #[serde(default)]
    pub desired_status: String,
    /// `service:NAME` or `family:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Who started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// Its containers, with the digests that their tags were resolved to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<Container>,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The image URI of the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The digest that really runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
}

/// A revision of a task definition, without the values of its environment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskDefinition {
    /// Its ARN, with the revision.
    pub task_definition_arn: String,
    /// Its family.
    #[serde(default)]
    pub family: String,
    /// Its revision.
    #[serde(default)]
    pub revision: u32,
    /// ACTIVE, INACTIVE or DELETE_IN_PROGRESS.
    #[serde(default)]
    pub status: String,
    /// When it was registered.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<Timestamp>,
    /// When it was deregistered.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub deregistered_at: Option<Timestamp>,
    /// When its deletion was asked for.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub delete_requested_at: Option<Timestamp>,
    /// Who registered it.
    #[serde(default, deserialize_with = "words::word", skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<Arc<str>>,
    /// Its containers: name and image only.
    #[serde(default, deserialize_with = "words::exactly")]
    pub container_definitions: Vec<ContainerDefinition>,
    /// Its tags (a sibling of the definition in the API's answer).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Names of environment variables whose plain values look like secrets. Never the values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plaintext_secrets: Vec<String>,
}

/// A container of a task definition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContainerDefinition {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its image URI, as the author wrote it.
    #[serde(default)]
    pub image: String,
}
