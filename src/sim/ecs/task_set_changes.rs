//! Task sets: creating, scaling, promoting, deleting.

use serde_json::{Value, json};

use super::lookup::{active_service, desired_of_scale, task_set, usable_definition};
use crate::{
    model::Timestamp,
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid, refuse},
        clock,
        lifecycle::{DRAINING_SECONDS, SCHEDULING_SECONDS, new_deployment_id},
        state::{Map, copy, count, inner_text, set, stamp, text},
        world::{Key, Object, ObjectKind},
    },
};

/// The scale of a task set in percent; 100 where none is said, as for services that CodeDeploy creates.
pub(super) fn percent_of(task_set: &Map) -> f64 {
    let scale = task_set.get("scale").and_then(|scale| scale.get("value")).and_then(Value::as_f64);
    scale.unwrap_or(100.0)
}

/// Reads `scale {value 0–100, unit PERCENT}`.
fn scale(call: &Call<'_>) -> Result<Option<f64>, Refusal> {
    let Some(scale) = call.input.object("scale")? else { return Ok(None) };
    let value = scale.get("value").and_then(Value::as_f64).unwrap_or(0.0);
    if !(0.0..=100.0).contains(&value) || !matches!(text(scale, "unit"), "" | "PERCENT") {
        return Err(invalid("Scale must be between 0 and 100 PERCENT."));
    }
    Ok(Some(value))
}

fn set_scale(task_set: &mut Map, desired: i64, percent: f64) {
    set(task_set, "scale", json!({ "value": percent, "unit": "PERCENT" }));
    set(task_set, "computedDesiredCount", desired_of_scale(desired, percent));
    set(task_set, "stabilityStatus", "STABILIZING");
}

fn new_task_set(call: &mut Call<'_>, service: &Key, described: &Map, definition: &str, percent: f64) -> (Key, Object) {
    let id = new_deployment_id(call.world);
    let key = Key::new(call.at, ObjectKind::TaskSet, format!("{}/{id}", service.id));
    let mut value = Map::new();
    set(&mut value, "id", id);
    set(&mut value, "taskSetArn", arn::ecs(call.at, &format!("task-set/{}", key.id)));
    copy(described, &mut value, &["serviceArn", "clusterArn", "launchType", "platformVersion"]);
    set(&mut value, "status", "ACTIVE");
    set(&mut value, "taskDefinition", definition);
    set(&mut value, "runningCount", 0);
    set(&mut value, "pendingCount", 0);
    for member in ["loadBalancers", "serviceRegistries"] {
        set(&mut value, member, Vec::<Value>::new());
    }
    set_scale(&mut value, count(described, "desiredCount"), percent);
    for time in ["createdAt", "updatedAt", "stabilityStatusAt"] {
        stamp(&mut value, time, call.now);
    }
    let mut task_set = Object::from(value);
    task_set.due = Some(clock::seconds_after(call.now, SCHEDULING_SECONDS));
    (key, task_set)
}

/// The PRIMARY task set that CreateService makes under CodeDeploy's controller.
pub(super) fn add_first(call: &mut Call<'_>, service: &Key, described: &Map, definition: &str) {
    let (key, mut task_set) = new_task_set(call, service, described, definition, 100.0);
    set(&mut task_set.value, "status", "PRIMARY");
    call.world.put(key, task_set);
}

/// CreateTaskSet: a new one is ACTIVE; nothing but UpdateServicePrimaryTaskSet makes it PRIMARY.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let (service, described) = active_service(call, "service")?;
    if inner_text(&described.value, "deploymentController", "type") == "ECS" {
        let message =
            "Task sets can be created only in services with an EXTERNAL or CODE_DEPLOY deployment controller.";
        return Err(invalid(message));
    }
    let definition = usable_definition(call, call.input.required("taskDefinition")?)?;
    let percent = scale(call)?.unwrap_or(100.0);
    let (key, mut task_set) = new_task_set(call, &service, &described.value, &definition, percent);
    let copied = [
        "capacityProviderStrategy",
        "externalId",
        "launchType",
        "loadBalancers",
        "networkConfiguration",
        "platformVersion",
        "serviceRegistries",
        "tags",
    ];
    copy(call.input.0, &mut task_set.value, &copied);
    let shown = task_set.value.clone();
    call.world.put(key, task_set);
    Ok(json!({ "taskSet": shown }))
}

/// UpdateTaskSet: the scale, and nothing else.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (service, described) = active_service(call, "service")?;
    let (key, mut there) = task_set(call, &service, "taskSet")?;
    let percent = scale(call)?.ok_or_else(|| invalid("scale cannot be empty."))?;
    if text(&there.value, "status") == "DRAINING" {
        return Err(invalid("The task set is DRAINING and cannot be updated."));
    }
    set_scale(&mut there.value, count(&described.value, "desiredCount"), percent);
    stamp(&mut there.value, "updatedAt", call.now);
    stamp(&mut there.value, "stabilityStatusAt", call.now);
    there.due = Some(clock::seconds_after(call.now, SCHEDULING_SECONDS));
    let shown = there.value.clone();
    call.world.put(key, there);
    Ok(json!({ "taskSet": shown }))
}

/// UpdateServicePrimaryTaskSet: the PRIMARY one before becomes ACTIVE.
pub(super) fn promote(call: &mut Call<'_>) -> Answer {
    let (service, _) = active_service(call, "service")?;
    let (key, there) = task_set(call, &service, "primaryTaskSet")?;
    if text(&there.value, "status") == "DRAINING" {
        return Err(invalid("The task set is DRAINING and cannot become PRIMARY."));
    }
    let others: Vec<Key> = call.world.task_sets(&service).map(|(key, _)| key.clone()).collect();
    for other in others {
        call.world.change(&other, |other| {
            if text(&other.value, "status") == "PRIMARY" {
                set(&mut other.value, "status", "ACTIVE");
            }
        });
    }
    let (definition, now) = (text(&there.value, "taskDefinition").to_owned(), call.now);
    call.world.change(&key, |task_set| {
        set(&mut task_set.value, "status", "PRIMARY");
        stamp(&mut task_set.value, "updatedAt", now);
    });
    call.world.change(&service, |service| set(&mut service.value, "taskDefinition", definition));
    Ok(json!({ "taskSet": call.world.value(&key) }))
}

/// DeleteTaskSet: → DRAINING, then gone. PRIMARY is refused, and so is one that is scaled above zero or has tasks,
/// unless `force` is given.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (service, _) = active_service(call, "service")?;
    let (key, mut there) = task_set(call, &service, "taskSet")?;
    let force = call.input.flag("force")?;
    if text(&there.value, "status") == "DRAINING" {
        return Ok(json!({ "taskSet": there.value }));
    }
    if !force && text(&there.value, "status") == "PRIMARY" {
        return Err(invalid("The PRIMARY task set of a service cannot be deleted without force."));
    }
    let has_tasks = count(&there.value, "runningCount") + count(&there.value, "pendingCount") > 0;
    if !force && (percent_of(&there.value) > 0.0 || has_tasks) {
        return Err(refuse("InvalidParameterException", "The task set cannot be deleted while it is scaled above 0."));
    }
    begin_draining(&mut there, call.now);
    let shown = there.value.clone();
    call.world.put(key, there);
    Ok(json!({ "taskSet": shown }))
}

/// Sends a task set on its way: its tasks stop, and then it goes.
pub(super) fn begin_draining(task_set: &mut Object, now: Timestamp) {
    set(&mut task_set.value, "status", "DRAINING");
    set_scale(&mut task_set.value, 0, 0.0);
    stamp(&mut task_set.value, "updatedAt", now);
    task_set.due = Some(clock::seconds_after(now, DRAINING_SECONDS));
}
