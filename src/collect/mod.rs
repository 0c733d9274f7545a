//! Sweeps AWS into an inventory: everything that can be retired, and everything that can hold it.
//!
//! A sweep never stops at a failure and never passes over one: whatever could not be read becomes a gap of its
//! source, confined to one object where only one is concerned. Nothing here prints or decides.

mod aggregator;
#[cfg(feature = "application-autoscaling")]
mod autoscaling;
#[cfg(feature = "batch")]
mod batch;
mod batches;
mod cache;
#[cfg(feature = "codedeploy")]
mod codedeploy;
mod daemons;
mod definitions;
mod deployments;
mod elsewhere;
mod entries;
#[cfg(feature = "eventbridge")]
mod eventbridge;
mod fleet;
mod history;
#[cfg(feature = "lambda")]
mod lambda;
mod lists;
mod options;
mod patience;
mod progress;
mod references;
mod registry;
mod registry_settings;
mod revisions;
#[cfg(feature = "scheduler")]
mod scheduler;
mod scope;
mod sink;
mod sources;
mod spool;
#[cfg(feature = "step-functions")]
mod step_functions;
mod sweep;

pub use cache::{Cache, MemoryCache};
pub use options::{Absent, Aggregator, List, ListFrom, Options, READ, UNREAD};
pub use progress::{Event, Progress, Silent};
pub use sink::{Contents, Sink};
pub use sources::{bottleneck, operations};
pub use spool::Spool;
pub use sweep::{collect, collect_into, reference_sweep};
