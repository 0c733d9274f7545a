//! Task sets: following their scale, and draining.

use super::groups::Group;
use crate::{
    model::Timestamp,
    sim::{
        ecs::caught_up,
        state::{count, set, stamp, text},
        world::{Key, World},
    },
};

/// The next step in the life of a task set.
pub(super) fn advance(world: &mut World, key: &Key, now: Timestamp) {
    world.change(key, |task_set| task_set.due = None);
    let Some(task_set) = world.value(key).cloned() else { return };
    let service = service_of(key);
    let draining = text(&task_set, "status") == "DRAINING";
    // Nothing starts under a service that is going.
    let wanted = world.value(&service).is_some_and(|service| text(service, "status") == "ACTIVE");
    let desired = if draining || !wanted { 0 } else { count(&task_set, "computedDesiredCount") };
    Group::of_task_set(&service, key, &task_set).reconcile(world, desired, now);
    let Some(after) = world.value(key) else { return };
    let (running, pending) = (count(after, "runningCount"), count(after, "pendingCount"));
    if draining && running + pending == 0 {
        world.remove(key);
        // A draining service waits for its task sets.
        world.change(&service, |service| service.due = Some(now));
    } else if caught_up(desired, running, pending) && text(after, "stabilityStatus") != "STEADY_STATE" {
        world.change(key, |task_set| {
            set(&mut task_set.value, "stabilityStatus", "STEADY_STATE");
            stamp(&mut task_set.value, "stabilityStatusAt", now);
        });
    }
}

/// The service of a task set, whose id is `CLUSTER/SERVICE/ID`.
fn service_of(task_set: &Key) -> Key {
    let mut parts = task_set.id.splitn(3, '/');
    let (cluster, service) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Key::service(&task_set.location, cluster, service)
}
