//! Services: creating, updating, deleting.

use serde_json::{Value, json};

use super::{
    lookup::{active_service, cluster, desired_of_scale, service, usable_definition},
    services::view,
    task_set_changes::begin_draining,
};
use crate::sim::{
    arn,
    call::{Answer, Call, Input, Refusal, invalid, refuse},
    clock,
    lifecycle::{DRAINING_SECONDS, SCHEDULING_SECONDS, is_live, new_deployment, push_event, request_tasks},
    state::{Map, copy, count, inner_text, objects_mut, set, stamp, text},
    world::{Key, Object, ObjectKind},
};

/// What CreateService and UpdateService take over as it is given.
const COPIED: [&str; 18] = [
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "deploymentController",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "propagateTags",
    "roleArn",
    "schedulingStrategy",
    "serviceRegistries",
    "tags",
];

/// CreateService.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call)?;
    let name = call.input.required("serviceName")?;
    let key = Key::service(call.at, &cluster, name);
    match call.world.value(&key).map_or("INACTIVE", |there| text(there, "status")) {
        "INACTIVE" => {}
        "DRAINING" => return Err(invalid("Unable to Start a service that is still Draining.")),
        _ => return Err(invalid("Creation of service was not idempotent.")),
    }
    let controller = match call.input.object("deploymentController")? {
        Some(controller) => text(controller, "type").to_owned(),
        None => "ECS".to_owned(),
    };
    let named = call.input.text("taskDefinition")?;
    let definition = match (controller.as_str(), named) {
        ("EXTERNAL", None) => None,
        ("EXTERNAL", Some(_)) => {
            return Err(invalid(
                "taskDefinition cannot be specified for a service with an EXTERNAL deployment controller.",
            ));
        }
        ("ECS" | "CODE_DEPLOY", Some(named)) => Some(usable_definition(call, named)?),
        ("ECS" | "CODE_DEPLOY", None) => return Err(invalid("TaskDefinition can not be blank.")),
        (_, _) => return Err(invalid(format!("Invalid deployment controller type: {controller}"))),
    };
    let desired = desired_count(call.input)?.unwrap_or(0);

    let mut value = Map::new();
    for member in ["loadBalancers", "serviceRegistries", "placementConstraints", "placementStrategy", "events"] {
        set(&mut value, member, Vec::<Value>::new());
    }
    set(&mut value, "schedulingStrategy", "REPLICA");
    set(&mut value, "deploymentController", json!({ "type": controller }));
    if call.input.objects("capacityProviderStrategy")?.is_empty() {
        set(&mut value, "launchType", "EC2");
    }
    copy(call.input.0, &mut value, &COPIED);
    set(&mut value, "serviceName", name);
    set(&mut value, "serviceArn", arn::ecs(call.at, &format!("service/{cluster}/{name}")));
    set(&mut value, "clusterArn", arn::ecs(call.at, &format!("cluster/{cluster}")));
    set(&mut value, "status", "ACTIVE");
    set(&mut value, "desiredCount", desired);
    set(&mut value, "runningCount", 0);
    set(&mut value, "pendingCount", 0);
    set(&mut value, "createdBy", call.caller.as_str());
    stamp(&mut value, "createdAt", call.now);
    let mut service = Object::from(value);
    service.due = Some(clock::seconds_after(call.now, SCHEDULING_SECONDS));
    match (controller.as_str(), definition) {
        ("ECS", Some(definition)) => new_deployment(call.world, &key, &mut service, &definition, call.now),
        // CodeDeploy's services run in task sets from the start, the first of which is PRIMARY.
        (_, Some(definition)) => {
            set(&mut service.value, "taskDefinition", definition.as_str());
            super::task_set_changes::add_first(call, &key, &service.value, &definition);
        }
        (_, None) => {}
    }
    call.world.put(key.clone(), service);
    answer(call, &key)
}

fn desired_count(input: Input<'_>) -> Result<Option<i64>, Refusal> {
    match input.number("desiredCount")? {
        Some(desired) if desired < 0 => Err(invalid("desiredCount cannot be negative.")),
        desired => Ok(desired),
    }
}

fn answer(call: &Call<'_>, key: &Key) -> Answer {
    let service = call.world.get(key).map(|service| view(call.world, key, service, true));
    Ok(json!({ "service": service }))
}

/// UpdateService: a new definition, or `forceNewDeployment`, makes a new PRIMARY deployment; the rest just changes.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (key, mut service) = active_service(call, "service")?;
    let controller = inner_text(&service.value, "deploymentController", "type").to_owned();
    let desired = desired_count(call.input)?;
    if desired.is_some() && text(&service.value, "schedulingStrategy") == "DAEMON" {
        return Err(invalid("The daemon scheduling strategy does not support a desired count for services."));
    }
    let named = call.input.text("taskDefinition")?;
    if named.is_some() && controller != "ECS" {
        return Err(invalid("Unable to update task definition on services with a non-ECS deployment controller."));
    }
    let definition = named.map(|named| usable_definition(call, named)).transpose()?;
    let force = call.input.flag("forceNewDeployment")?;
    let current = text(&service.value, "taskDefinition").to_owned();
    let definition = definition.filter(|definition| force || *definition != current);
    let definition = definition.or_else(|| force.then_some(current).filter(|_| controller == "ECS"));

    copy(call.input.0, &mut service.value, &COPIED);
    if let Some(desired) = desired {
        set(&mut service.value, "desiredCount", desired);
        let mut primary = String::new();
        for deployment in objects_mut(&mut service.value, "deployments") {
            if text(deployment, "status") == "PRIMARY" {
                set(deployment, "desiredCount", desired);
                primary = text(deployment, "id").to_owned();
            }
        }
        request_tasks(&mut service.value, &primary, desired);
    }
    let due = clock::seconds_after(call.now, SCHEDULING_SECONDS);
    service.due = Some(due);
    if let Some(definition) = definition {
        new_deployment(call.world, &key, &mut service, &definition, call.now);
    }
    let desired_now = count(&service.value, "desiredCount");
    call.world.put(key.clone(), service);
    if desired.is_some() {
        rescale_task_sets(call, &key, desired_now);
    }
    answer(call, &key)
}

fn rescale_task_sets(call: &mut Call<'_>, service: &Key, desired: i64) {
    let task_sets: Vec<Key> = call.world.task_sets(service).map(|(key, _)| key.clone()).collect();
    let due = clock::seconds_after(call.now, SCHEDULING_SECONDS);
    for task_set in task_sets {
        call.world.change(&task_set, |task_set| {
            let percent = super::task_set_changes::percent_of(&task_set.value);
            set(&mut task_set.value, "computedDesiredCount", desired_of_scale(desired, percent));
            task_set.due = Some(due);
        });
    }
}

/// DeleteService: ACTIVE → DRAINING → INACTIVE.
///
/// Deleting a DRAINING service again succeeds. For an INACTIVE one AWS documents nothing; it is "not found" here.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let key = service(call, "service")?;
    let force = call.input.flag("force")?;
    let Some(there) = call.world.value(&key).cloned() else { return answer(call, &key) };
    match text(&there, "status") {
        "INACTIVE" => return Err(refuse("ServiceNotFoundException", "Service not found.")),
        "DRAINING" => return answer(call, &key),
        _ => {}
    }
    if !force {
        refuse_busy(call, &key, &there)?;
    }
    let name = text(&there, "serviceName").to_owned();
    let due = clock::seconds_after(call.now, DRAINING_SECONDS);
    call.world.change(&key, |service| {
        set(&mut service.value, "status", "DRAINING");
        set(&mut service.value, "desiredCount", 0);
    });
    let task_sets: Vec<Key> = call.world.task_sets(&key).map(|(task_set, _)| task_set.clone()).collect();
    for task_set in task_sets {
        let now = call.now;
        call.world.change(&task_set, |task_set| begin_draining(task_set, now));
    }
    push_event(call.world, &key, &format!("(service {name}) has begun draining."), call.now);
    call.world.change(&key, |service| service.due = Some(due));
    answer(call, &key)
}

fn refuse_busy(call: &Call<'_>, key: &Key, service: &Map) -> Result<(), Refusal> {
    let is_daemon = text(service, "schedulingStrategy") == "DAEMON";
    if count(service, "desiredCount") > 0 && !is_daemon {
        return Err(invalid("The service cannot be stopped while it is scaled above 0."));
    }
    let group = format!("service:{}", text(service, "serviceName"));
    let (cluster, _) = key.id.split_once('/').unwrap_or_default();
    let mut tasks = call.world.under(call.at, ObjectKind::Task, &format!("{cluster}/"), None);
    let has_tasks = tasks.any(|(_, task)| text(&task.value, "group") == group && is_live(&task.value));
    let counted = count(service, "runningCount") + count(service, "pendingCount") > 0;
    let has_task_sets = call.world.task_sets(key).next().is_some();
    if has_tasks || counted || has_task_sets {
        return Err(invalid("The service cannot be stopped while deployments are active."));
    }
    Ok(())
}
