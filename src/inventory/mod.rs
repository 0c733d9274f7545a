//! What was seen in AWS, and how completely; and the NDJSON file that holds it.
//!
//! Objects keep the field names of AWS's API, so that anyone can make an inventory with the AWS CLI and jq, and the
//! simulated AWS can serve one back. Only what the graph and the plan need is read; unknown fields are ignored.

mod daemons;
mod deployments;
mod ecr;
mod ecs;
mod format;
mod gap;
mod identify;
mod identity;
mod instant;
mod reader;
mod registry;
mod severity;
mod sweep;
mod words;
mod write;

pub use daemons::{Daemon, DaemonRevision, DaemonRevisionSummary, DaemonTaskDefinition};
pub use deployments::{ContainerImage, RevisionSummary, Rollback, ServiceDeployment, ServiceRevision};
pub use ecr::{FindingsSummary, Image, Manifest, Repository, is_index};
pub use ecs::{
    Cluster, Container, ContainerDefinition, Controller, Deployment, Scale, Service, ServiceEvent, Tag, Task,
    TaskDefinition, TaskSet,
};
pub use format::{FORMAT_VERSION, Header, Record, record_kind};
pub use gap::{Gap, Reference};
pub use identify::{InventoryId, identify};
pub use identity::{Identified, Named};
pub use reader::{InventoryError, read, read_identified, read_world};
pub use registry::{
    DeleteReplication, PullThroughCacheRule, Registry, ReplicationConfiguration, ReplicationDestination,
    ReplicationRule, RepositoryFilter,
};
pub use severity::SeverityCounts;
pub use sweep::{Inventory, Seen};
pub use write::{write, write_around, write_object};
