//! References in accounts that no role reaches, as an AWS Config aggregator recorded them.
//!
//! What a session reads live is left to it: nothing here speaks of an account in a Region that has one. What the aggregator
//! shows is only ever added to what holds. An aggregator cannot say that it does not record a type: an account that shows
//! nothing of ECS in a Region is taken to run nothing there, and one that shows clusters, services or task sets and not one task
//! definition is a gap. Lambda functions from images are known to be there, but not from which image: they are a gap of
//! Lambda unless the policy waives it. Tasks, schedules, job definitions and definitions inside state machines are not
//! recorded at all (`docs/collecting.md`).

#[cfg(feature = "config")]
mod queries;
#[cfg(feature = "config")]
mod rows;
#[cfg(feature = "config")]
mod sweep;
#[cfg(not(feature = "config"))]
mod unread;

#[cfg(feature = "config")]
pub(super) use sweep::aggregators;
#[cfg(not(feature = "config"))]
pub(super) use unread::aggregators;
