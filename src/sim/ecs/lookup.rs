//! Finding what a request names, and refusing in AWS's words what is not there.

use serde_json::{Value, json};

use crate::{
    model::{TaskDefinitionRef, cluster_name, quota::DEREGISTRATION_SETTLES_SECONDS, service_name, task_set_id},
    sim::{
        arn,
        call::{Call, Refusal, invalid, refuse},
        clock,
        state::{Map, text, time},
        world::{Key, Object, ObjectKind, World},
    },
};

/// A batch limit's or a describe call's note that something is not there.
pub(super) fn missing(arn: impl Into<String>) -> Value {
    json!({ "arn": arn.into(), "reason": "MISSING" })
}

/// The object with its tags only where they were asked for.
pub(super) fn shown(object: &Map, with_tags: bool) -> Map {
    let mut shown = object.clone();
    if !with_tags {
        shown.remove("tags");
    } else if !shown.contains_key("tags") {
        shown.insert("tags".to_owned(), json!([]));
    }
    shown
}

/// The name of the cluster that a request names, `default` if none; it must be there and not INACTIVE.
pub(super) fn cluster(call: &Call<'_>) -> Result<String, Refusal> {
    let named = call.input.text("cluster")?.filter(|named| !named.is_empty()).unwrap_or("default");
    let name = cluster_name(named);
    let not_found = || refuse("ClusterNotFoundException", "Cluster not found.");
    if !arn::is_here(call.at, named) {
        return Err(not_found());
    }
    let cluster = call.world.value(&Key::cluster(call.at, name.as_str())).ok_or_else(not_found)?;
    if text(cluster, "status") == "INACTIVE" {
        return Err(refuse("ClusterNotFoundException", "The referenced cluster was inactive."));
    }
    Ok(name.as_str().to_owned())
}

/// The service that a request names, in whatever status.
pub(super) fn service(call: &Call<'_>, member: &str) -> Result<Key, Refusal> {
    let cluster = cluster(call)?;
    let named = call.input.required(member)?;
    let key = Key::service(call.at, &cluster, service_name(named).as_str());
    match call.world.value(&key) {
        Some(_) if arn::is_here(call.at, named) => Ok(key),
        Some(_) | None => Err(refuse("ServiceNotFoundException", "Service not found.")),
    }
}

/// The service that a request names, which must be ACTIVE.
pub(super) fn active_service(call: &Call<'_>, member: &str) -> Result<(Key, Object), Refusal> {
    let key = service(call, member)?;
    match call.world.get(&key) {
        Some(object) if text(&object.value, "status") == "ACTIVE" => Ok((key, object.clone())),
        Some(_) | None => Err(refuse("ServiceNotActiveException", "Service was not ACTIVE.")),
    }
}

/// The task set of a service that a request names.
pub(super) fn task_set(call: &Call<'_>, service: &Key, member: &str) -> Result<(Key, Object), Refusal> {
    let named = call.input.required(member)?;
    let key = task_set_key(service, named);
    let found = call.world.get(&key).filter(|_| arn::is_here(call.at, named));
    let found = found.ok_or_else(|| refuse("TaskSetNotFoundException", "The specified task set wasn't found."))?;
    Ok((key, found.clone()))
}

/// The name of a service's task set, from its id or ARN.
pub(super) fn task_set_key(service: &Key, id_or_arn: &str) -> Key {
    Key::new(&service.location, ObjectKind::TaskSet, format!("{}/{}", service.id, task_set_id(id_or_arn)))
}

/// The revision that a request names: a family alone means its newest ACTIVE one.
pub(super) fn definition(call: &Call<'_>, named: &str) -> Option<Key> {
    let reference = TaskDefinitionRef::parse(named).filter(|_| arn::is_here(call.at, named))?;
    let family = reference.family.as_str();
    match reference.revision {
        Some(revision) => {
            let key = Key::task_definition(call.at, family, revision.0);
            call.world.get(&key).map(|_| key)
        }
        None => newest_active(call.world, call, family),
    }
}

fn newest_active(world: &World, call: &Call<'_>, family: &str) -> Option<Key> {
    let mut newest_first = world.under(call.at, ObjectKind::TaskDefinition, &format!("{family} "), None).rev();
    newest_first.find(|(_, object)| text(&object.value, "status") == "ACTIVE").map(|(key, _)| key.clone())
}

/// The ARN of the revision that new tasks of a service, a task set or RunTask are to run.
///
/// A deregistered revision can still be used for up to ten minutes (ECS developer guide, "Deregistering an Amazon ECS
/// task definition revision"); the simulation uses up all of them, since a client must not count on less.
pub(super) fn usable_definition(call: &Call<'_>, named: &str) -> Result<String, Refusal> {
    if TaskDefinitionRef::parse(named).is_none() {
        return Err(invalid(format!("Invalid task definition: {named}")));
    }
    let definition = definition(call, named).and_then(|key| call.world.value(&key));
    let definition = definition.ok_or_else(|| refuse("ClientException", "TaskDefinition not found."))?;
    let settles = time(definition, "deregisteredAt").map(|at| clock::seconds_after(at, DEREGISTRATION_SETTLES_SECONDS));
    let usable = match text(definition, "status") {
        "ACTIVE" => true,
        "INACTIVE" => settles.is_some_and(|settles| call.now < settles),
        _ => false,
    };
    if usable {
        Ok(text(definition, "taskDefinitionArn").to_owned())
    } else {
        Err(refuse("ClientException", "TaskDefinition is inactive"))
    }
}

/// The tasks a task set is to run: the service's desired count times its scale, rounded up (ECS API, TaskSet).
pub(super) fn desired_of_scale(desired: i64, percent: f64) -> i64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "task counts are small: a service holds at most some thousands"
    )]
    let count = (desired as f64 * percent / 100.0).ceil() as i64;
    count
}

/// Whether a service, deployment or task set runs what it should.
pub(in crate::sim) fn caught_up(desired: i64, running: i64, pending: i64) -> bool {
    running == desired && pending == 0
}
