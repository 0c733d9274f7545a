//! Sweeps AWS into an inventory: everything that can be retired, and everything that can hold it.
//!
//! A sweep never stops at a failure and never passes over one: whatever could not be read becomes a gap of its
//! source, confined to one object where only one is concerned. Nothing here prints or decides.

mod cache;
mod definitions;
mod entries;
mod fleet;
mod lists;
mod options;
mod progress;
mod references;
mod registry;
mod scope;
mod sources;
mod sweep;

pub use cache::{Cache, MemoryCache};
pub use options::{Absent, Aggregator, List, ListFrom, Options, READ, UNREAD};
pub use progress::{Event, Progress, Silent};
pub use sources::{bottleneck, operations};
pub use sweep::{collect, reference_sweep};
