//! AWS Config (API 2014-11-12): what an aggregator says of its sources, and advanced queries over what it gathered.
//!
//! An aggregator is there because a line of the world names it.

mod aggregator;
mod dispatch;
mod query;

pub(super) use dispatch::dispatch;
