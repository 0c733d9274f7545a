//! The order in which things happen.

use super::{definitions, services, task_sets, tasks};
use crate::{
    model::Timestamp,
    sim::{
        ecr::activate,
        world::{ObjectKind, World},
    },
};

/// Carries out everything that fell due by `now`.
pub(in crate::sim) fn settle(world: &mut World, now: Timestamp) {
    while let Some((at, key)) = world.next_due(now) {
        match key.kind {
            ObjectKind::Task => tasks::advance(world, &key, at),
            ObjectKind::TaskSet => task_sets::advance(world, &key, at),
            ObjectKind::Service => services::advance(world, &key, at),
            ObjectKind::TaskDefinition => definitions::sweep(world, &key.location, at),
            ObjectKind::Image => activate(world, &key, at),
            ObjectKind::Cluster
            | ObjectKind::ServiceDeployment
            | ObjectKind::ServiceRevision
            | ObjectKind::Daemon
            | ObjectKind::DaemonRevision
            | ObjectKind::DaemonTaskDefinition
            | ObjectKind::Repository
            | ObjectKind::Manifest
            | ObjectKind::Registry
            | ObjectKind::PullThroughCacheRule
            | ObjectKind::Elsewhere(_) => {
                world.change(&key, |object| object.due = None);
            }
        }
    }
}
