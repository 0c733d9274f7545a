//! Tasks: starting, pulling their images, stopping, being forgotten.

use serde_json::{Value, json};

use super::{
    RETRY_SECONDS, STARTING_SECONDS, STOPPED_KEPT_SECONDS, STOPPING_SECONDS, deployments, groups, new_task_id,
    services::push_event,
};
use crate::{
    model::{Digest, EcrImage, ImageRef, Location, TaskDefinitionRef, Timestamp, cluster_name, sha256},
    sim::{
        arn, clock,
        state::{Map, copy, objects, objects_mut, set, stamp, text},
        world::{Key, World},
    },
};

/// What a new task is to be.
pub(in crate::sim) struct Launch {
    pub(in crate::sim) at: Location,
    pub(in crate::sim) cluster: String,
    /// The ARN of the definition's revision.
    pub(in crate::sim) definition: String,
    pub(in crate::sim) group: String,
    pub(in crate::sim) started_by: String,
    /// Empty means EC2.
    pub(in crate::sim) launch_type: String,
}

/// Whether a task has not stopped.
pub(in crate::sim) fn is_live(task: &Map) -> bool {
    !matches!(text(task, "lastStatus"), "STOPPED" | "DELETED")
}

/// Starts a task with further members; some seconds later it will have pulled its images and run.
pub(in crate::sim) fn start(world: &mut World, launch: &Launch, mut task: Map, now: Timestamp) -> Key {
    let id = new_task_id(world);
    let task_arn = arn::ecs(&launch.at, &format!("task/{}/{id}", launch.cluster));
    let definition = definition_of(world, &launch.at, &launch.definition).cloned().unwrap_or_default();
    let containers: Vec<Value> = objects(&definition, "containerDefinitions")
        .map(|container| {
            json!({
                "containerArn": arn::ecs(&launch.at, &format!("container/{}/{id}/{}", launch.cluster, text(container, "name"))),
                "taskArn": task_arn,
                "name": text(container, "name"),
                "image": text(container, "image"),
                "lastStatus": "PENDING",
                "networkInterfaces": [],
            })
        })
        .collect();
    copy(&definition, &mut task, &["cpu", "memory"]);
    let launch_type = if launch.launch_type.is_empty() { "EC2" } else { &launch.launch_type };
    for (member, value) in [
        ("taskArn", task_arn.as_str()),
        ("clusterArn", &arn::ecs(&launch.at, &format!("cluster/{}", launch.cluster))),
        ("taskDefinitionArn", &launch.definition),
        ("group", &launch.group),
        ("launchType", launch_type),
        ("lastStatus", "PROVISIONING"),
        ("desiredStatus", "RUNNING"),
    ] {
        set(&mut task, member, value);
    }
    if !launch.started_by.is_empty() {
        set(&mut task, "startedBy", launch.started_by.as_str());
    }
    set(&mut task, "containers", containers);
    set(&mut task, "version", 1);
    stamp(&mut task, "createdAt", now);
    let key = Key::task(&launch.at, &launch.cluster, &id);
    world.put(key.clone(), task.into());
    world.change(&key, |task| task.due = Some(clock::seconds_after(now, STARTING_SECONDS)));
    key
}

fn definition_of<'a>(world: &'a World, at: &Location, named: &str) -> Option<&'a Map> {
    let reference = TaskDefinitionRef::parse(named)?;
    world.value(&Key::task_definition(at, reference.family.as_str(), reference.revision?.0))
}

/// Container and image of a definition, as service revisions show them before a task has started.
pub(super) fn containers_of(world: &World, at: &Location, definition: &str) -> Vec<Value> {
    let definition = definition_of(world, at, definition).into_iter();
    let containers = definition.flat_map(|definition| objects(definition, "containerDefinitions"));
    containers
        .map(|container| json!({ "containerName": text(container, "name"), "image": text(container, "image") }))
        .collect()
}

/// Asks a task to stop, which it does some seconds later.
pub(in crate::sim) fn stop(world: &mut World, key: &Key, reason: &str, now: Timestamp) {
    world.change(key, |task| {
        if is_live(&task.value) && text(&task.value, "desiredStatus") != "STOPPED" {
            set(&mut task.value, "desiredStatus", "STOPPED");
            set(&mut task.value, "stoppedReason", reason);
            stamp(&mut task.value, "stoppingAt", now);
            task.due = Some(clock::seconds_after(now, STOPPING_SECONDS));
        }
    });
}

/// The next step in the life of a task.
pub(super) fn advance(world: &mut World, key: &Key, now: Timestamp) {
    let Some(task) = world.value(key).cloned() else { return };
    if !is_live(&task) {
        world.remove(key);
    } else if text(&task, "desiredStatus") == "STOPPED" {
        let was_running = text(&task, "lastStatus") == "RUNNING";
        has_stopped(world, key, if is_service(&task) { "ServiceSchedulerInitiated" } else { "UserInitiated" }, now);
        let change = if was_running { (-1, 0) } else { (0, -1) };
        notify(world, key, &task, change, now);
    } else if text(&task, "lastStatus") == "RUNNING" {
        world.change(key, |task| task.due = None);
    } else {
        pull(world, key, &task, now);
    }
}

fn is_service(task: &Map) -> bool {
    text(task, "group").starts_with("service:")
}

fn has_stopped(world: &mut World, key: &Key, code: &str, now: Timestamp) {
    world.change(key, |task| {
        set(&mut task.value, "lastStatus", "STOPPED");
        set(&mut task.value, "desiredStatus", "STOPPED");
        set(&mut task.value, "stopCode", code);
        stamp(&mut task.value, "stoppedAt", now);
        for container in objects_mut(&mut task.value, "containers") {
            set(container, "lastStatus", "STOPPED");
        }
        task.due = Some(clock::seconds_after(now, STOPPED_KEPT_SECONDS));
    });
}

/// Tells a task's service and its group that the task came or went, so that they act on it.
fn notify(world: &mut World, key: &Key, task: &Map, (running, pending): (i64, i64), now: Timestamp) {
    let Some(name) = text(task, "group").strip_prefix("service:") else { return };
    let cluster = cluster_name(text(task, "clusterArn"));
    let service = Key::service(&key.location, cluster.as_str(), name);
    let Some(group) = groups::group_of(world, &service, task) else { return };
    group.count(world, running, pending);
    for owner in [&group.service, &group.holder] {
        world.change(owner, |owner| owner.due = Some(now));
    }
}

/// Pulls the images of a starting task: by the digest that its deployment resolved first, else by what is written.
fn pull(world: &mut World, key: &Key, task: &Map, now: Timestamp) {
    let cluster = cluster_name(text(task, "clusterArn"));
    let service = text(task, "group").strip_prefix("service:");
    let service = service.map(|name| Key::service(&key.location, cluster.as_str(), name));
    let group = service.as_ref().and_then(|service| groups::group_of(world, service, task));
    let mut digests = Vec::new();
    for container in objects(task, "containers") {
        let (name, image) = (text(container, "name"), text(container, "image"));
        let pinned = group.as_ref().filter(|_| is_pinned(world, key, task, name)).and_then(|group| {
            let pins = world.get(&group.holder).map(|holder| &holder.pinned);
            let pin = pins.and_then(|pins| pins.get(&format!("{}/{name}", group.id)).cloned());
            pin.or_else(|| digest_of_sibling(world, group, name))
        });
        match resolve(world, image, pinned.as_deref()) {
            Ok(digest) => digests.push((name.to_owned(), digest)),
            Err(problem) => return could_not_pull(world, key, task, &problem, now),
        }
    }
    if let Some(group) = &group {
        world.change(&group.holder, |holder| {
            for (name, digest) in &digests {
                holder.pinned.entry(format!("{}/{name}", group.id)).or_insert_with(|| digest.clone());
            }
        });
        let of_service = digests.iter().filter(|(name, _)| is_pinned(world, key, task, name)).cloned();
        let of_service: Vec<_> = of_service.collect();
        deployments::pin(world, &group.service, &group.id, &of_service);
    }
    world.change(key, |task| {
        task.due = None;
        set(&mut task.value, "lastStatus", "RUNNING");
        stamp(&mut task.value, "startedAt", now);
        for container in objects_mut(&mut task.value, "containers") {
            set(container, "lastStatus", "RUNNING");
            if let Some((_, digest)) = digests.iter().find(|(name, _)| name == text(container, "name")) {
                set(container, "imageDigest", digest.as_str());
            }
        }
    });
    notify(world, key, task, (1, -1), now);
}

/// Whether ECS pins a container's digest for its deployment: unless `versionConsistency` is `disabled`.
fn is_pinned(world: &World, key: &Key, task: &Map, container: &str) -> bool {
    let definition = definition_of(world, &key.location, text(task, "taskDefinitionArn"));
    let mut containers = definition.into_iter().flat_map(|definition| objects(definition, "containerDefinitions"));
    let found = containers.find(|found| text(found, "name") == container);
    found.is_none_or(|found| text(found, "versionConsistency") != "disabled")
}

/// The digest that a task of the same deployment already runs, where the world came without pins.
fn digest_of_sibling(world: &World, group: &groups::Group, container: &str) -> Option<String> {
    let siblings =
        groups::tasks_of(world, &group.service).filter(|(_, task)| text(&task.value, "startedBy") == group.id);
    let containers = siblings.flat_map(|(_, task)| objects(&task.value, "containers"));
    let mut digests =
        containers.filter(|found| text(found, "name") == container).map(|found| text(found, "imageDigest"));
    digests.find(|digest| !digest.is_empty()).map(str::to_owned)
}

/// The digest of an image that can be pulled, or why it cannot.
fn resolve(world: &World, uri: &str, pinned: Option<&str>) -> Result<String, String> {
    let ImageRef::Ecr(image) = ImageRef::parse(uri) else {
        // Registries that are not simulated always deliver.
        return Ok(pinned.map_or_else(|| sha256(uri), str::to_owned));
    };
    let EcrImage { registry, repository, tag, digest } = &image;
    let literal = digest.as_ref().map(Digest::as_str);
    let tagged = || world.tagged(registry, repository.as_str(), tag.as_ref()?.as_str());
    if !world.has_account(&registry.account_id) {
        let known = literal.or(pinned).map(str::to_owned);
        return Ok(known.unwrap_or_else(|| sha256(uri)));
    }
    let digest = literal.or(pinned).or_else(tagged);
    let found =
        digest.and_then(|digest| Some((digest, world.value(&Key::image(registry, repository.as_str(), digest))?)));
    match found {
        Some((digest, image)) if matches!(text(image, "imageStatus"), "" | "ACTIVE") => Ok(digest.to_owned()),
        Some(_) => Err(format!("CannotPullContainerError: {uri}: the image is archived (404)")),
        None => Err(format!("CannotPullContainerError: failed to resolve ref {uri}: not found")),
    }
}

fn could_not_pull(world: &mut World, key: &Key, task: &Map, problem: &str, now: Timestamp) {
    has_stopped(world, key, "TaskFailedToStart", now);
    world.change(key, |task| set(&mut task.value, "stoppedReason", problem));
    notify(world, key, task, (0, -1), now);
    let Some(name) = text(task, "group").strip_prefix("service:") else { return };
    let cluster = cluster_name(text(task, "clusterArn"));
    let service = Key::service(&key.location, cluster.as_str(), name);
    push_event(world, &service, &format!("(service {name}) is unable to consistently start tasks successfully."), now);
    let Some(group) = groups::group_of(world, &service, task) else { return };
    for owner in [&group.service, &group.holder] {
        world.change(owner, |owner| owner.due = Some(clock::seconds_after(now, RETRY_SECONDS)));
    }
}
