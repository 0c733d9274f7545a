//! Service deployments and service revisions, as deployments of services make them and end them.
//!
//! A deployment `ecs-svc/N` has the service deployment and the service revision of the same number, so that each is found
//! from the others. Services of a world file have what the file says: AWS has none from before 25 October 2024.

use serde_json::{Value, json};

use crate::{
    model::{Arn, Timestamp},
    sim::{
        arn,
        state::{Map, add, copy, count, inner_text, objects, objects_mut, set, stamp, text},
        world::{Key, Object, ObjectKind, World},
    },
};

/// What a service revision takes over from its service, under the same names in both.
const COPIED: [&str; 7] = [
    "capacityProviderStrategy",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "platformFamily",
    "platformVersion",
    "serviceRegistries",
];

/// The number of a deployment `ecs-svc/N`.
fn number(deployment: &str) -> &str {
    deployment.rsplit('/').next().unwrap_or(deployment)
}

/// Makes the service revision and the service deployment of a new deployment.
pub(super) fn begin(
    world: &mut World,
    service_key: &Key,
    service: &mut Object,
    deployment: &str,
    containers: Vec<Value>,
    now: Timestamp,
) {
    supersede(world, service_key, &service.value, now);
    let id = number(deployment);
    let at = &service_key.location;
    let revision_arn = arn::ecs(at, &format!("service-revision/{}/{id}", service_key.id));
    let deployment_arn = arn::ecs(at, &format!("service-deployment/{}/{id}", service_key.id));

    let mut revision = Map::new();
    copy(&service.value, &mut revision, &["serviceArn", "clusterArn", "taskDefinition"]);
    copy(&service.value, &mut revision, &COPIED);
    set(&mut revision, "serviceRevisionArn", revision_arn.as_str());
    set(&mut revision, "containerImages", containers);
    stamp(&mut revision, "createdAt", now);
    world.put(Key::service_revision(service_key, id), revision.into());

    let target = json!({
        "arn": revision_arn, "requestedTaskCount": count(&service.value, "desiredCount"),
        "runningTaskCount": 0, "pendingTaskCount": 0,
    });
    let sources: Vec<Value> = objects(&service.value, "currentServiceRevisions").cloned().map(Value::Object).collect();
    let mut begun = Map::new();
    copy(&service.value, &mut begun, &["serviceArn", "clusterArn", "deploymentConfiguration"]);
    set(&mut begun, "serviceDeploymentArn", deployment_arn.as_str());
    set(&mut begun, "status", "IN_PROGRESS");
    set(&mut begun, "sourceServiceRevisions", sources.clone());
    set(&mut begun, "targetServiceRevision", target.clone());
    for member in ["createdAt", "startedAt", "updatedAt"] {
        stamp(&mut begun, member, now);
    }
    world.put(Key::service_deployment(service_key, id), begun.into());

    set(&mut service.value, "currentServiceDeployment", deployment_arn);
    set(&mut service.value, "currentServiceRevisions", [sources, vec![target]].concat());
}

/// Stops the service deployment that a newer one replaces. The status that AWS gives it is not documented.
fn supersede(world: &mut World, service_key: &Key, service: &Map, now: Timestamp) {
    let Some(key) = current(service_key, service) else { return };
    world.change(&key, |deployment| {
        if is_under_way(&deployment.value) {
            set(&mut deployment.value, "status", "STOPPED");
            set(&mut deployment.value, "statusReason", "A newer service deployment replaced it.");
            for member in ["stoppedAt", "finishedAt", "updatedAt"] {
                stamp(&mut deployment.value, member, now);
            }
        }
    });
}

fn is_under_way(deployment: &Map) -> bool {
    ["PENDING", "IN_PROGRESS"].contains(&text(deployment, "status"))
}

/// The service deployment that a service names as its current one.
fn current(service_key: &Key, service: &Map) -> Option<Key> {
    let resource = Arn::parse(text(service, "currentServiceDeployment"))?.resource;
    let id = resource.strip_prefix("service-deployment/")?;
    Some(Key::new(&service_key.location, ObjectKind::ServiceDeployment, id))
}

/// Ends the service deployment of a deployment that has completed.
pub(super) fn complete(world: &mut World, service_key: &Key, deployment: &str, now: Timestamp) {
    let key = Key::service_deployment(service_key, number(deployment));
    if !world.value(&key).is_some_and(is_under_way) {
        return;
    }
    let revision = world.value(&key).map(|begun| inner_text(begun, "targetServiceRevision", "arn").to_owned());
    let mut target = Value::Null;
    world.change(service_key, |service| {
        let left = objects(&service.value, "currentServiceRevisions");
        let left: Vec<Value> = left
            .filter(|summary| Some(text(summary, "arn")) == revision.as_deref())
            .cloned()
            .map(Value::Object)
            .collect();
        target = left.first().cloned().unwrap_or_default();
        set(&mut service.value, "currentServiceRevisions", left);
    });
    world.change(&key, |begun| {
        set(&mut begun.value, "status", "SUCCESSFUL");
        if !target.is_null() {
            set(&mut begun.value, "targetServiceRevision", target);
        }
        for member in ["finishedAt", "updatedAt"] {
            stamp(&mut begun.value, member, now);
        }
    });
}

/// Counts a deployment's tasks in its service's summary of the revision.
pub(super) fn count_tasks(service: &mut Map, deployment: &str, running: i64, pending: i64) {
    let end = format!("/{}", number(deployment));
    for summary in objects_mut(service, "currentServiceRevisions").filter(|one| text(one, "arn").ends_with(&end)) {
        add(summary, "runningTaskCount", running);
        add(summary, "pendingTaskCount", pending);
    }
}

/// Sets how many tasks of a deployment are wanted.
pub(in crate::sim) fn request_tasks(service: &mut Map, deployment: &str, desired: i64) {
    let end = format!("/{}", number(deployment));
    for summary in objects_mut(service, "currentServiceRevisions").filter(|one| text(one, "arn").ends_with(&end)) {
        set(summary, "requestedTaskCount", desired);
    }
}

/// Notes the digests that the first task of a deployment resolved.
pub(super) fn pin(world: &mut World, service_key: &Key, deployment: &str, digests: &[(String, String)]) {
    world.change(&Key::service_revision(service_key, number(deployment)), |revision| {
        for container in objects_mut(&mut revision.value, "containerImages") {
            let name = text(container, "containerName").to_owned();
            if let Some((_, digest)) = digests.iter().find(|(pinned, _)| *pinned == name)
                && text(container, "imageDigest").is_empty()
            {
                set(container, "imageDigest", digest.as_str());
            }
        }
    });
}

/// Forgets what is deleted with a service.
pub(super) fn forget(world: &mut World, service_key: &Key) {
    let prefix = format!("{}/", service_key.id);
    for kind in [ObjectKind::ServiceDeployment, ObjectKind::ServiceRevision] {
        let parts = world.under(&service_key.location, kind, &prefix, None);
        for key in parts.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            world.remove(&key);
        }
    }
    world.change(service_key, |service| {
        service.value.remove("currentServiceDeployment");
        service.value.remove("currentServiceRevisions");
    });
}
