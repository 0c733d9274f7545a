//! ECR: reading, changing, and its objects as inventory ones.

mod change;
mod convert;
mod manifest;
mod read;
mod settings;

pub use change::Archival;
