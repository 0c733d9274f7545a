//! The inventory file: newline-delimited JSON, a header first, one object a line, a count last.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::{AccountId, Region, Scope, Timestamp};

/// The version this build writes. A newer major version is refused.
pub const FORMAT_VERSION: &str = "1.0";

/// The first line of an inventory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Always `inventory`.
    pub kind: String,
    /// The version of the format, `major.minor`.
    pub format_version: String,
    /// When the collection began.
    pub taken_at: Timestamp,
    /// The accounts and Regions that were asked.
    pub scopes: Vec<Scope>,
    /// Whether the file ends with an `end` line, without which it was cut. Hand-made files may leave it out.
    #[serde(default)]
    pub trailer: bool,
}

/// A line after the first. `value` stays raw, so that a reader that does not need the kind pays nothing for it.
#[derive(Debug, Deserialize)]
pub struct Record<'a> {
    /// The kind of object, such as `ecs.service`.
    pub kind: &'a str,
    /// The owning account; absent for gaps and the end line.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The Region; absent for gaps and the end line.
    #[serde(default)]
    pub region: Option<Region>,
    /// The object.
    #[serde(borrow)]
    pub value: &'a RawValue,
}

/// The `kind` words of the format.
pub mod record_kind {
    /// A cluster.
    pub const CLUSTER: &str = "ecs.cluster";
    /// A service.
    pub const SERVICE: &str = "ecs.service";
    /// A task set.
    pub const TASK_SET: &str = "ecs.task_set";
    /// A task.
    pub const TASK: &str = "ecs.task";
    /// A task definition.
    pub const TASK_DEFINITION: &str = "ecs.task_definition";
    /// A service deployment.
    pub const SERVICE_DEPLOYMENT: &str = "ecs.service_deployment";
    /// A service revision.
    pub const SERVICE_REVISION: &str = "ecs.service_revision";
    /// A managed daemon.
    pub const DAEMON: &str = "ecs.daemon";
    /// A revision of a daemon.
    pub const DAEMON_REVISION: &str = "ecs.daemon_revision";
    /// A task definition of daemons.
    pub const DAEMON_TASK_DEFINITION: &str = "ecs.daemon_task_definition";
    /// The settings of a registry.
    pub const REGISTRY: &str = "ecr.registry";
    /// A pull-through cache rule.
    pub const PULL_THROUGH_CACHE_RULE: &str = "ecr.pull_through_cache_rule";
    /// A repository.
    pub const REPOSITORY: &str = "ecr.repository";
    /// An image.
    pub const IMAGE: &str = "ecr.image";
    /// The manifest of an index.
    pub const MANIFEST: &str = "ecr.manifest";
    /// A reference from elsewhere.
    pub const REFERENCE: &str = "reference";
    /// Something that could not be read.
    pub const GAP: &str = "gap";
    /// The last line: how many lines came before it, the header not counted.
    pub const END: &str = "end";
    /// What holds from outside ECS and ECR, as the simulated AWS serves it. In an inventory it is `reference` lines.
    pub const SIMULATED: [&str; 11] = [
        "events.rule",
        "scheduler.schedule",
        "states.state_machine",
        "lambda.function",
        "batch.job_definition",
        "codedeploy.deployment_group",
        "codedeploy.deployment",
        "autoscaling.scalable_target",
        "autoscaling.scheduled_action",
        "config.resource",
        "config.source_status",
    ];
}
