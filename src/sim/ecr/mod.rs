//! Amazon ECR (API 2015-09-21).

mod deletion;
mod dispatch;
mod identify;
mod images;
mod manifests;
mod push;
mod repositories;
mod tags;

pub(super) use dispatch::dispatch;
