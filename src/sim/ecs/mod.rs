//! Amazon ECS (API 2014-11-13).

mod clusters;
mod definitions;
mod dispatch;
mod lookup;
mod services;
mod tags;
mod task_sets;
mod tasks;

pub(super) use dispatch::dispatch;
pub(super) use lookup::{caught_up, desired_of_scale};
