//! Tasks: starting and stopping them by hand.

use serde_json::{Value, json};

use super::lookup::{cluster, usable_definition};
use crate::{
    model::TaskDefinitionRef,
    sim::{
        arn,
        call::{Answer, Call, invalid},
        lifecycle::{Launch, is_live, start, stop},
        state::{Map, copy, set},
        world::Key,
    },
};

/// RunTask: up to ten.
pub(super) fn run(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call)?;
    let definition = usable_definition(call, call.input.required("taskDefinition")?)?;
    let count = call.input.number("count")?.unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(invalid("count must be between 1 and 10."));
    }
    let family = TaskDefinitionRef::parse(&definition).map(|reference| format!("family:{}", reference.family));
    let group = call.input.text("group")?.map(str::to_owned).or(family).unwrap_or_default();
    if group.starts_with("service:") {
        return Err(invalid("Group cannot start with \"service:\"."));
    }
    let launch = Launch {
        at: call.at.clone(),
        cluster,
        definition,
        group,
        started_by: call.input.text("startedBy")?.unwrap_or_default().to_owned(),
        launch_type: call.input.text("launchType")?.unwrap_or_default().to_owned(),
    };
    let mut task = Map::new();
    set(&mut task, "overrides", json!({ "containerOverrides": [] }));
    copy(call.input.0, &mut task, &["overrides", "tags", "enableExecuteCommand", "platformVersion"]);
    let started: Vec<Key> = (0..count).map(|_| start(call.world, &launch, task.clone(), call.now)).collect();
    let tasks: Vec<_> = started.iter().filter_map(|key| call.world.value(key)).collect();
    Ok(json!({ "tasks": tasks, "failures": Vec::<Value>::new() }))
}

/// StopTask. A service replaces a task that is stopped under it.
pub(super) fn stop_task(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call)?;
    let named = call.input.required("task")?;
    let reason = call.input.text("reason")?.unwrap_or("Task stopped by a user");
    let key = Key::task(call.at, &cluster, named.rsplit('/').next().unwrap_or(named));
    let found = call.world.value(&key).filter(|_| arn::is_here(call.at, named));
    if found.is_none() {
        return Err(invalid("The referenced task was not found."));
    }
    if found.is_some_and(is_live) {
        stop(call.world, &key, reason, call.now);
    }
    Ok(json!({ "task": call.world.value(&key) }))
}
