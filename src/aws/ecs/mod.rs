//! ECS: reading, changing, and its objects as inventory ones.

mod change;
mod convert;
mod read;
mod secrets;

pub use read::{DefinitionStatus, TaskFilter};
