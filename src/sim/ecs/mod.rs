//! Amazon ECS (API 2014-11-13).

mod clusters;
mod daemons;
mod definition_changes;
mod definitions;
mod deployments;
mod dispatch;
mod lookup;
pub(super) mod parts;
mod service_changes;
mod services;
mod tags;
mod task_changes;
mod task_set_changes;
mod task_sets;
mod tasks;

pub(super) use dispatch::dispatch;
pub(super) use lookup::caught_up;
