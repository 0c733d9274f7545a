//! Groups of like tasks that ECS keeps at a number: a deployment of a service, or a task set.

use super::{
    deployments::count_tasks,
    tasks::{self, Launch, is_live},
};
use crate::{
    model::{Timestamp, cluster_name},
    sim::{
        state::{Map, add, count, objects, objects_mut, text},
        world::{Key, Object, ObjectKind, World},
    },
};

/// A deployment of a service, or a task set.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// The service.
    pub(super) service: Key,
    /// Where the counts stand: the service itself, or the task set.
    pub(super) holder: Key,
    /// The id, which its tasks have as `startedBy`.
    pub(super) id: String,
    /// The ARN of the definition.
    pub(super) definition: String,
    /// Tasks running.
    pub(super) running: i64,
    /// Tasks starting.
    pub(super) pending: i64,
}

impl Group {
    /// The deployment of a service, from its description.
    pub(super) fn of_deployment(service: &Key, deployment: &Map) -> Self {
        Self::of(service, service, deployment)
    }

    /// A task set, from its description.
    pub(super) fn of_task_set(service: &Key, key: &Key, task_set: &Map) -> Self {
        Self::of(service, key, task_set)
    }

    fn of(service: &Key, holder: &Key, described: &Map) -> Self {
        Self {
            service: service.clone(),
            holder: holder.clone(),
            id: text(described, "id").to_owned(),
            definition: text(described, "taskDefinition").to_owned(),
            running: count(described, "runningCount"),
            pending: count(described, "pendingCount"),
        }
    }

    /// Starts and stops tasks until `desired` are wanted.
    pub(super) fn reconcile(&self, world: &mut World, desired: i64, now: Timestamp) {
        let mut live: Vec<Key> = Vec::new();
        let mut stopping = 0;
        for (key, task) in tasks_of(world, &self.service) {
            if is_live(&task.value) && owner_id(world, &self.service, &task.value).as_deref() == Some(&self.id) {
                if text(&task.value, "desiredStatus") == "STOPPED" {
                    stopping += 1;
                } else {
                    live.push(key.clone());
                }
            }
        }
        let wanted_now = self.running + self.pending - stopping;
        for _ in wanted_now..desired {
            self.start(world, now);
        }
        let surplus = usize::try_from(wanted_now - desired).unwrap_or_default();
        // A hand-made world may count tasks that it does not show: those just stop being counted.
        let uncounted = surplus.saturating_sub(live.len());
        self.count(world, -i64::try_from(uncounted).unwrap_or_default(), 0);
        for task in live.iter().rev().take(surplus) {
            tasks::stop(world, task, "Scaling activity initiated by deployment", now);
        }
    }

    fn start(&self, world: &mut World, now: Timestamp) {
        let Some(service) = world.value(&self.service) else { return };
        let cluster = cluster_name(text(service, "clusterArn"));
        let launch = Launch {
            at: self.service.location.clone(),
            cluster: cluster.as_str().to_owned(),
            definition: self.definition.clone(),
            group: format!("service:{}", text(service, "serviceName")),
            started_by: self.id.clone(),
            launch_type: text(service, "launchType").to_owned(),
        };
        tasks::start(world, &launch, Map::new(), now);
        self.count(world, 0, 1);
    }

    /// Adds to the counts of the group and of its service.
    pub(super) fn count(&self, world: &mut World, running: i64, pending: i64) {
        if (running, pending) == (0, 0) {
            return;
        }
        let change = |counts: &mut Map| {
            add(counts, "runningCount", running);
            add(counts, "pendingCount", pending);
        };
        world.change(&self.service, |service| {
            change(&mut service.value);
            if self.holder == self.service {
                objects_mut(&mut service.value, "deployments")
                    .filter(|one| text(one, "id") == self.id)
                    .for_each(change);
                count_tasks(&mut service.value, &self.id, running, pending);
            }
        });
        if self.holder != self.service {
            world.change(&self.holder, |task_set| change(&mut task_set.value));
        }
    }
}

/// Every task of a service.
pub(super) fn tasks_of<'a>(world: &'a World, service: &Key) -> impl Iterator<Item = (&'a Key, &'a Object)> {
    let (cluster, name) = service.id.split_once('/').unwrap_or_default();
    let group = format!("service:{name}");
    let tasks = world.under(&service.location, ObjectKind::Task, &format!("{cluster}/"), None);
    tasks.filter(move |(_, task)| text(&task.value, "group") == group)
}

/// The groups of a service: its deployments and its task sets.
pub(super) fn groups_of(world: &World, service: &Key) -> Vec<Group> {
    let deployments = world.value(service).into_iter().flat_map(|service| objects(service, "deployments"));
    let deployments = deployments.map(|deployment| Group::of_deployment(service, deployment));
    let task_sets = world.task_sets(service);
    let task_sets = task_sets.map(|(key, task_set)| Group::of_task_set(service, key, &task_set.value));
    deployments.chain(task_sets).collect()
}

/// The group that a task of a service belongs to: the one it was started by, or, where a hand-made world does not
/// say, the first with its definition.
pub(super) fn group_of(world: &World, service: &Key, task: &Map) -> Option<Group> {
    let mut groups = groups_of(world, service);
    let by_id = groups.iter().position(|group| group.id == text(task, "startedBy"));
    let by_definition = || groups.iter().position(|group| group.definition == text(task, "taskDefinitionArn"));
    let position = by_id.or_else(by_definition)?;
    Some(groups.swap_remove(position))
}

/// The id of the deployment or task set that a task of a service belongs to.
pub(super) fn owner_id(world: &World, service: &Key, task: &Map) -> Option<String> {
    group_of(world, service, task).map(|group| group.id)
}
