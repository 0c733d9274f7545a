//! What happens by itself after a request set it in motion: tasks start and stop, deployments roll out, task sets and
//! services drain, deleted definitions go, archived images come back.
//!
//! Nothing runs in the background. When a request arrives, [`settle`] carries out what fell due since the last one,
//! each thing at its own instant and in order, so that the world does not depend on when it is looked at.

mod definitions;
mod deployments;
mod groups;
mod pace;
mod services;
mod settle;
mod task_sets;
mod tasks;

pub(super) use deployments::request_tasks;
use pace::{DELETION_RECHECK_SECONDS, RETRY_SECONDS, STARTING_SECONDS, STOPPING_SECONDS};
pub(super) use pace::{
    DELETION_SWEEP_SECONDS, DRAINING_SECONDS, SCHEDULING_SECONDS, STOPPED_KEPT_SECONDS, new_deployment_id, new_task_id,
    next_sweep, number_from,
};
pub(super) use services::{new_deployment, push_event};
pub(super) use settle::settle;
pub(super) use tasks::{Launch, is_live, start, stop};
