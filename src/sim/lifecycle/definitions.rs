//! The end of definitions in DELETE_IN_PROGRESS.

use std::collections::BTreeSet;

use super::DELETION_RECHECK_SECONDS;
use crate::{
    model::{Location, TaskDefinitionRef, Timestamp},
    sim::{
        clock,
        lifecycle::is_live,
        state::{objects, text},
        world::{Key, ObjectKind, World},
    },
};

/// Removes the definitions whose turn it is and to which nothing refers.
pub(super) fn sweep(world: &mut World, at: &Location, now: Timestamp) {
    let held = held(world, at);
    let definitions = world.under(at, ObjectKind::TaskDefinition, "", None);
    let due: Vec<Key> = definitions
        .filter(|(_, object)| object.due.is_some_and(|due| due <= now))
        .map(|(key, _)| key.clone())
        .collect();
    for key in due {
        let going = world.value(&key).is_some_and(|definition| text(definition, "status") == "DELETE_IN_PROGRESS");
        if going && !held.contains(&key.id) {
            world.remove(&key);
        } else {
            let again = going.then(|| clock::seconds_after(now, DELETION_RECHECK_SECONDS));
            world.change(&key, |object| object.due = again);
        }
    }
}

/// The ids of the definitions that a service, deployment, task set or live task refers to.
fn held(world: &World, at: &Location) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (_, object) in world.under(at, ObjectKind::Service, "", None) {
        if text(&object.value, "status") != "INACTIVE" {
            named.insert(text(&object.value, "taskDefinition"));
            named.extend(objects(&object.value, "deployments").map(|deployment| text(deployment, "taskDefinition")));
        }
    }
    for (_, object) in world.under(at, ObjectKind::TaskSet, "", None) {
        named.insert(text(&object.value, "taskDefinition"));
    }
    for (_, object) in world.under(at, ObjectKind::Task, "", None).filter(|(_, object)| is_live(&object.value)) {
        named.insert(text(&object.value, "taskDefinitionArn"));
    }
    let id = |named: &str| {
        let reference = TaskDefinitionRef::parse(named)?;
        Some(Key::task_definition(at, reference.family.as_str(), reference.revision?.0).id)
    };
    named.into_iter().filter_map(id).collect()
}
