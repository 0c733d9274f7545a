//! When things were last seen in use, by this tool's own eyes.
//!
//! AWS forgets: a task is listed for about an hour after it stopped, and nothing dates the end of a reference. Each
//! collection therefore records what it saw in use, and later plans count from the last sighting.

mod sightings;

pub use sightings::Ledger;
