//! Amazon ECR (API 2015-09-21).

mod archive;
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

pub(super) use archive::activate;
pub(super) use dispatch::dispatch;
