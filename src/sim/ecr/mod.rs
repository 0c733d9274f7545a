//! Amazon ECR (API 2015-09-21).

mod deletion;
mod dispatch;
mod identify;
mod images;
mod manifests;
mod policies;
mod push;
mod referrers;
mod registry;
mod replication;
mod repositories;
mod tags;

pub(super) use dispatch::dispatch;
