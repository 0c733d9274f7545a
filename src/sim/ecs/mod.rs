//! Amazon ECS (API 2014-11-13).

mod clusters;
mod definition_changes;
mod definitions;
mod dispatch;
mod lookup;
mod service_changes;
mod services;
mod tags;
mod task_changes;
mod task_set_changes;
mod task_sets;
mod tasks;

pub(super) use dispatch::dispatch;
pub(super) use lookup::caught_up;
