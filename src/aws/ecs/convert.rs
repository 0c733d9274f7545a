//! ECS objects as inventory ones. What the inventory has no field for stays here: environments above all.

use aws_sdk_ecs::types;

use super::super::{Batch, Failure, time::optional};
use super::secrets::plaintext_secrets;
use crate::inventory::{
    Cluster, Container, ContainerDefinition, Controller, Deployment, RevisionSummary, Scale, Service, ServiceEvent,
    Tag, Task, TaskDefinition, TaskSet,
};

/// An object without an ARN cannot be told from another one.
const NO_ARN: &str = "AWS described it without its ARN";

fn failure(failure: &types::Failure) -> Failure {
    let reason = failure.reason().unwrap_or("no reason given");
    let reason = match failure.detail() {
        Some(detail) => format!("{reason}: {detail}"),
        None => reason.to_owned(),
    };
    Failure::new(failure.arn().unwrap_or("an object that AWS does not name"), reason)
}

/// Sorts an answer into what was found and what failed.
pub(super) fn collect<T>(objects: impl Iterator<Item = Result<T, Failure>>, failures: &[types::Failure]) -> Batch<T> {
    let mut all = Batch { found: Vec::new(), failures: failures.iter().map(failure).collect() };
    for object in objects {
        match object {
            Ok(object) => all.found.push(object),
            Err(failure) => all.failures.push(failure),
        }
    }
    all
}

pub(super) fn tags(tags: &[types::Tag]) -> Vec<Tag> {
    tags.iter()
        .map(|tag| Tag {
            key: tag.key().unwrap_or_default().to_owned(),
            value: tag.value().unwrap_or_default().to_owned(),
        })
        .collect()
}

pub(super) fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

pub(super) fn some(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

pub(super) fn arn(arn: Option<&str>, name: Option<&str>) -> Result<String, Failure> {
    arn.map(str::to_owned).ok_or_else(|| Failure::new(name.unwrap_or("an object without a name"), NO_ARN))
}

pub(super) fn cluster(cluster: &types::Cluster) -> Result<Cluster, Failure> {
    Ok(Cluster {
        cluster_arn: arn(cluster.cluster_arn(), cluster.cluster_name())?,
        cluster_name: text(cluster.cluster_name()),
        status: text(cluster.status()),
        tags: tags(cluster.tags()),
    })
}

pub(super) fn service(service: &types::Service) -> Result<Service, Failure> {
    let task_sets: Result<Vec<_>, _> = service.task_sets().iter().map(task_set).collect();
    Ok(Service {
        service_arn: arn(service.service_arn(), service.service_name())?,
        service_name: text(service.service_name()),
        cluster_arn: text(service.cluster_arn()),
        status: text(service.status()),
        desired_count: service.desired_count(),
        running_count: service.running_count(),
        pending_count: service.pending_count(),
        task_definition: some(service.task_definition()),
        deployments: service.deployments().iter().map(deployment).collect(),
        task_sets: task_sets?,
        deployment_controller: service
            .deployment_controller()
            .map(|controller| Controller { kind: controller.r#type().as_str().to_owned() }),
        scheduling_strategy: service.scheduling_strategy().map(|strategy| strategy.as_str().to_owned()),
        resource_management_type: service.resource_management_type().map(|kind| kind.as_str().to_owned()),
        created_at: optional(service.created_at()),
        current_service_deployment: some(service.current_service_deployment()),
        current_service_revisions: service
            .current_service_revisions()
            .iter()
            .map(|revision| RevisionSummary {
                arn: text(revision.arn()),
                requested_task_count: revision.requested_task_count(),
                running_task_count: revision.running_task_count(),
                pending_task_count: revision.pending_task_count(),
            })
            .collect(),
        events: newest_event(service.events()).into_iter().collect(),
        tags: tags(service.tags()),
    })
}

/// ECS keeps a hundred events; only the date of the last change is of use.
fn newest_event(events: &[types::ServiceEvent]) -> Option<ServiceEvent> {
    let newest = events.iter().max_by_key(|event| optional(event.created_at()))?;
    Some(ServiceEvent {
        id: text(newest.id()),
        created_at: optional(newest.created_at()),
        message: text(newest.message()),
    })
}

fn deployment(deployment: &types::Deployment) -> Deployment {
    Deployment {
        id: text(deployment.id()),
        status: text(deployment.status()),
        task_definition: some(deployment.task_definition()),
        desired_count: deployment.desired_count(),
        running_count: deployment.running_count(),
        pending_count: deployment.pending_count(),
        rollout_state: deployment.rollout_state().map(|state| state.as_str().to_owned()),
        created_at: optional(deployment.created_at()),
        updated_at: optional(deployment.updated_at()),
    }
}

pub(super) fn task_set(task_set: &types::TaskSet) -> Result<TaskSet, Failure> {
    Ok(TaskSet {
        id: text(task_set.id()),
        task_set_arn: arn(task_set.task_set_arn(), task_set.id())?,
        service_arn: text(task_set.service_arn()),
        cluster_arn: text(task_set.cluster_arn()),
        status: text(task_set.status()),
        task_definition: some(task_set.task_definition()),
        scale: task_set.scale().map(|scale| Scale {
            value: scale.value(),
            unit: scale.unit().map(|unit| unit.as_str().to_owned()).unwrap_or_default(),
        }),
        computed_desired_count: task_set.computed_desired_count(),
        running_count: task_set.running_count(),
        pending_count: task_set.pending_count(),
        stability_status: task_set.stability_status().map(|status| status.as_str().to_owned()),
        started_by: some(task_set.started_by()),
        external_id: some(task_set.external_id()),
        created_at: optional(task_set.created_at()),
        updated_at: optional(task_set.updated_at()),
        tags: tags(task_set.tags()),
    })
}

pub(super) fn task(task: &types::Task) -> Result<Task, Failure> {
    Ok(Task {
        task_arn: arn(task.task_arn(), None)?,
        cluster_arn: text(task.cluster_arn()),
        task_definition_arn: some(task.task_definition_arn()),
        last_status: text(task.last_status()),
        desired_status: text(task.desired_status()),
        group: some(task.group()),
        started_by: some(task.started_by()),
        created_at: optional(task.created_at()),
        stopped_at: optional(task.stopped_at()),
        containers: task
            .containers()
            .iter()
            .map(|container| Container {
                name: text(container.name()),
                image: some(container.image()),
                image_digest: some(container.image_digest()),
            })
            .collect(),
    })
}

pub(super) fn task_definition(
    definition: &types::TaskDefinition,
    definition_tags: &[types::Tag],
) -> Result<TaskDefinition, Failure> {
    Ok(TaskDefinition {
        task_definition_arn: arn(definition.task_definition_arn(), definition.family())?,
        family: text(definition.family()),
        revision: u32::try_from(definition.revision()).unwrap_or_default(),
        status: definition.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        registered_at: optional(definition.registered_at()),
        deregistered_at: optional(definition.deregistered_at()),
        delete_requested_at: optional(definition.delete_requested_at()),
        registered_by: definition.registered_by().map(Into::into),
        container_definitions: definition
            .container_definitions()
            .iter()
            .map(|container| ContainerDefinition { name: text(container.name()), image: text(container.image()) })
            .collect(),
        tags: tags(definition_tags),
        plaintext_secrets: plaintext_secrets(definition.container_definitions()),
    })
}
