//! Task definitions: registering, deregistering, deleting.

use serde_json::{Value, json};

use super::{
    definitions::{unknown, view},
    lookup::definition,
};
use crate::{
    model::{Family, TaskDefinitionRef, quota::batch},
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid, refuse},
        lifecycle::next_sweep,
        state::{Map, copy, fill, set, stamp, text},
        world::Key,
    },
};

/// RegisterTaskDefinition: the next revision of its family. A number is never given twice, even after deletion.
pub(super) fn register(call: &mut Call<'_>) -> Answer {
    let family = call.input.required("family")?;
    let is_family = TaskDefinitionRef::parse(family).is_some_and(|reference| reference.family == Family::from(family));
    if !is_family || family.len() > 255 {
        return Err(refuse(
            "ClientException",
            "Family contains invalid characters when it should only contain letters, numbers, hyphens and underscores.",
        ));
    }
    let containers = containers(call)?;
    let highest = call.world.revisions.get(&(call.at.clone(), family.to_owned())).copied().unwrap_or_default();
    let revision = highest + 1;
    let mut value = Map::new();
    let copied = [
        "cpu",
        "enableFaultInjection",
        "ephemeralStorage",
        "executionRoleArn",
        "inferenceAccelerators",
        "ipcMode",
        "memory",
        "networkMode",
        "pidMode",
        "placementConstraints",
        "proxyConfiguration",
        "requiresCompatibilities",
        "runtimePlatform",
        "tags",
        "taskRoleArn",
        "volumes",
    ];
    copy(call.input.0, &mut value, &copied);
    for member in ["volumes", "placementConstraints"] {
        fill(&mut value, member, Vec::<Value>::new());
    }
    fill(&mut value, "compatibilities", json!(["EC2"]));
    set(&mut value, "taskDefinitionArn", arn::ecs(call.at, &format!("task-definition/{family}:{revision}")));
    set(&mut value, "family", family);
    set(&mut value, "revision", revision);
    set(&mut value, "status", "ACTIVE");
    set(&mut value, "containerDefinitions", containers);
    set(&mut value, "registeredBy", call.caller.as_str());
    stamp(&mut value, "registeredAt", call.now);
    let answer = json!({ "taskDefinition": view(&value), "tags": value.get("tags").cloned().unwrap_or(json!([])) });
    call.world.put(Key::task_definition(call.at, family, revision), value.into());
    Ok(answer)
}

/// The containers with the members that ECS fills in.
fn containers(call: &Call<'_>) -> Result<Vec<Value>, Refusal> {
    let given = call.input.objects("containerDefinitions")?;
    if given.is_empty() {
        return Err(refuse("ClientException", "Container list cannot be empty."));
    }
    let complete = |container: &Map| {
        if text(container, "name").is_empty() || text(container, "image").is_empty() {
            return Err(refuse("ClientException", "Container.name and Container.image should not be null or empty."));
        }
        let mut container = container.clone();
        fill(&mut container, "cpu", 0);
        fill(&mut container, "essential", true);
        for member in ["portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"] {
            fill(&mut container, member, Vec::<Value>::new());
        }
        Ok(Value::Object(container))
    };
    given.into_iter().map(complete).collect()
}

/// DeregisterTaskDefinition: ACTIVE → INACTIVE. What it does to a revision that is not ACTIVE is undocumented; here it
/// succeeds and changes nothing, so that a client which repeats itself is not punished for it.
pub(super) fn deregister(call: &mut Call<'_>) -> Answer {
    let named = call.input.required("taskDefinition")?;
    let reference = TaskDefinitionRef::parse(named).ok_or_else(unknown)?;
    if reference.revision.is_none() {
        return Err(refuse("ClientException", "Revision is missing."));
    }
    let key = definition(call, named).ok_or_else(unknown)?;
    let now = call.now;
    call.world.change(&key, |definition| {
        if text(&definition.value, "status") == "ACTIVE" {
            set(&mut definition.value, "status", "INACTIVE");
            stamp(&mut definition.value, "deregisteredAt", now);
        }
    });
    Ok(json!({ "taskDefinition": call.world.value(&key).map(view) }))
}

/// DeleteTaskDefinitions: INACTIVE → DELETE_IN_PROGRESS, at most ten, each on its own. What it does to a revision that
/// is in DELETE_IN_PROGRESS already is undocumented; here it succeeds and changes nothing.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let named = call.input.batch("taskDefinitions", batch::DELETE_TASK_DEFINITIONS)?;
    for named in &named {
        if TaskDefinitionRef::parse(named).is_none_or(|reference| reference.revision.is_none()) {
            return Err(invalid(format!("{named} does not name a revision of a task definition.")));
        }
    }
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for named in named {
        match delete_one(call, named) {
            Ok(key) => deleted.extend(call.world.value(&key).map(view)),
            Err(failure) => failures.push(failure),
        }
    }
    Ok(json!({ "taskDefinitions": deleted, "failures": failures }))
}

/// The failures' words are those that others have seen ECS use.
fn delete_one(call: &mut Call<'_>, named: &str) -> Result<Key, Value> {
    let Some(key) = definition(call, named) else {
        let reason =
            "The specified task definition does not exist. Specify a valid account, family, revision and try again.";
        return Err(json!({ "arn": named, "reason": reason }));
    };
    let status = call.world.value(&key).map(|definition| text(definition, "status").to_owned()).unwrap_or_default();
    match status.as_str() {
        "INACTIVE" => {
            let (now, due) = (call.now, next_sweep(call.now));
            call.world.change(&key, |definition| {
                set(&mut definition.value, "status", "DELETE_IN_PROGRESS");
                stamp(&mut definition.value, "deleteRequestedAt", now);
                definition.due = Some(due);
            });
            Ok(key)
        }
        "DELETE_IN_PROGRESS" => Ok(key),
        _ => {
            let arn = call.world.value(&key).map(|definition| text(definition, "taskDefinitionArn").to_owned());
            let reason =
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again.";
            Err(json!({ "arn": arn, "reason": reason }))
        }
    }
}
