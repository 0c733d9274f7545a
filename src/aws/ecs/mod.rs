//! ECS: reading, changing, and its objects as inventory ones.

mod change;
mod convert;
mod daemons;
mod deployments;
mod read;
mod secrets;

pub use daemons::{DaemonDeployment, ListedDaemonDefinition};
pub use read::{DefinitionStatus, TaskFilter};
