//! Services: rolling out deployments, following their desired count, and draining.

use serde_json::{Value, json};

use super::{
    deployments,
    groups::{Group, groups_of, tasks_of},
    new_deployment_id,
    tasks::{containers_of, is_live, stop},
};
use crate::{
    model::Timestamp,
    sim::{
        ecs::caught_up,
        state::{Map, count, inner_text, objects, objects_mut, set, stamp, text},
        world::{Key, Object, World},
    },
};

/// ECS keeps the newest hundred events of a service.
const EVENTS_KEPT: usize = 100;

/// Makes a new PRIMARY deployment, with its service deployment and service revision; the one before becomes ACTIVE until
/// its tasks are replaced.
pub(in crate::sim) fn new_deployment(
    world: &mut World,
    key: &Key,
    service: &mut Object,
    definition: &str,
    now: Timestamp,
) {
    for deployment in objects_mut(&mut service.value, "deployments") {
        if text(deployment, "status") == "PRIMARY" {
            set(deployment, "status", "ACTIVE");
            stamp(deployment, "updatedAt", now);
        }
    }
    let id = new_deployment_id(world);
    let mut deployment = Map::new();
    set(&mut deployment, "id", id.as_str());
    set(&mut deployment, "status", "PRIMARY");
    set(&mut deployment, "taskDefinition", definition);
    set(&mut deployment, "desiredCount", count(&service.value, "desiredCount"));
    for counter in ["runningCount", "pendingCount", "failedTasks"] {
        set(&mut deployment, counter, 0);
    }
    set(&mut deployment, "rolloutState", "IN_PROGRESS");
    set(&mut deployment, "rolloutStateReason", format!("ECS deployment {id} in progress."));
    let members = ["launchType", "platformVersion", "networkConfiguration", "capacityProviderStrategy"];
    super::super::state::copy(&service.value, &mut deployment, &members);
    stamp(&mut deployment, "createdAt", now);
    stamp(&mut deployment, "updatedAt", now);
    set(&mut service.value, "taskDefinition", definition);
    let mut deployments = vec![Value::Object(deployment)];
    deployments.extend(objects(&service.value, "deployments").cloned().map(Value::Object));
    set(&mut service.value, "deployments", deployments);
    let containers = containers_of(world, &key.location, definition);
    deployments::begin(world, key, service, &id, containers, now);
}

/// Notes an event of a service.
pub(in crate::sim) fn push_event(world: &mut World, service: &Key, message: &str, now: Timestamp) {
    let id = super::new_task_id(world);
    world.change(service, |service| {
        let mut events = vec![json!({ "id": id, "createdAt": now.to_string(), "message": message })];
        events.extend(objects(&service.value, "events").take(EVENTS_KEPT - 1).cloned().map(Value::Object));
        set(&mut service.value, "events", events);
    });
}

/// The next step in the life of a service.
pub(super) fn advance(world: &mut World, key: &Key, now: Timestamp) {
    world.change(key, |service| service.due = None);
    let Some(service) = world.value(key).cloned() else { return };
    match (text(&service, "status"), inner_text(&service, "deploymentController", "type")) {
        ("DRAINING", _) => drain(world, key, now),
        ("ACTIVE", "ECS") => roll_out(world, key, &service, now),
        // The other controllers' services follow their task sets.
        _ => {}
    }
}

fn drain(world: &mut World, key: &Key, now: Timestamp) {
    let live = tasks_of(world, key).filter(|(_, task)| is_live(&task.value));
    let live: Vec<Key> = live.map(|(task, _)| task.clone()).collect();
    for task in &live {
        stop(world, task, "Task stopped because its service was deleted", now);
    }
    // The last task that stops and the last task set that goes look here again.
    if !live.is_empty() || world.task_sets(key).next().is_some() {
        return;
    }
    world.change(key, |service| {
        set(&mut service.value, "status", "INACTIVE");
        set(&mut service.value, "runningCount", 0);
        set(&mut service.value, "pendingCount", 0);
        set(&mut service.value, "deployments", Vec::<Value>::new());
        service.pinned.clear();
    });
    deployments::forget(world, key);
}

/// Replaces the tasks of earlier deployments once the PRIMARY one's run.
fn roll_out(world: &mut World, key: &Key, service: &Map, now: Timestamp) {
    let desired = count(service, "desiredCount");
    let primary = objects(service, "deployments").find(|deployment| text(deployment, "status") == "PRIMARY");
    let Some(primary) = primary.map(|deployment| Group::of_deployment(key, deployment)) else { return };
    primary.reconcile(world, desired, now);
    let groups = groups_of(world, key);
    let Some(primary) = groups.iter().find(|group| group.id == primary.id) else { return };
    if primary.running < desired {
        return;
    }
    let mut finished = Vec::new();
    for old in groups.iter().filter(|group| group.id != primary.id) {
        old.reconcile(world, 0, now);
        let left = groups_of(world, key).into_iter().find(|group| group.id == old.id);
        if left.is_some_and(|old| old.running + old.pending == 0) {
            finished.push(old.id.clone());
        }
    }
    let is_finished = |deployment: &Value| {
        deployment.as_object().is_some_and(|deployment| finished.iter().any(|id| text(deployment, "id") == id))
    };
    world.change(key, |service| {
        if let Some(Value::Array(deployments)) = service.value.get_mut("deployments") {
            deployments.retain(|deployment| !is_finished(deployment));
        }
        service.pinned.retain(|pin, _| !finished.iter().any(|id| pin.starts_with(&format!("{id}/"))));
    });
    settle_down(world, key, desired, now);
}

/// Notes that a service has reached its steady state, if it just has.
fn settle_down(world: &mut World, key: &Key, desired: i64, now: Timestamp) {
    let Some(service) = world.value(key) else { return };
    let deployments: Vec<&Map> = objects(service, "deployments").collect();
    let [only] = deployments.as_slice() else { return };
    let steady = caught_up(desired, count(only, "runningCount"), count(only, "pendingCount"));
    let message = format!("(service {}) has reached a steady state.", text(service, "serviceName"));
    let was_steady = text(only, "rolloutState") == "COMPLETED"
        && objects(service, "events").next().is_some_and(|event| text(event, "message") == message);
    if !steady || was_steady {
        return;
    }
    let id = text(only, "id").to_owned();
    world.change(key, |service| {
        for deployment in objects_mut(&mut service.value, "deployments") {
            set(deployment, "rolloutState", "COMPLETED");
            set(deployment, "rolloutStateReason", format!("ECS deployment {id} completed."));
            stamp(deployment, "updatedAt", now);
        }
    });
    deployments::complete(world, key, &id, now);
    push_event(world, key, &message, now);
}
