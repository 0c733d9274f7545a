//! What objects are called, borrowed from where it is written.

use crate::{
    inventory::{ServiceDeployment, TaskDefinition, TaskSet},
    model::{Arn, Location, TaskDefinitionRef},
    plan::Target,
};

/// An account and a Region.
pub(super) type Place<'a> = (&'a str, &'a str);
/// A place, a cluster and a service.
pub(super) type ServiceKey<'a> = (Place<'a>, &'a str, &'a str);
/// A place, a cluster, a service and an id.
pub(super) type TaskSetKey<'a> = (Place<'a>, &'a str, &'a str, &'a str);
/// A place, a family and a revision.
pub(super) type DefinitionKey<'a> = (Place<'a>, &'a str, u32);
/// A place and a repository.
pub(super) type RepositoryKey<'a> = (Place<'a>, &'a str);

pub(super) fn place(location: &Location) -> Place<'_> {
    (location.account_id.as_str(), location.region.as_str())
}

pub(super) fn place_of(target: &Target) -> Place<'_> {
    (target.account_id.as_str(), target.region.as_str())
}

/// The part of an ARN that is the service's own, or the text itself.
fn resource(text: &str) -> &str {
    Arn::parse(text).map_or(text, |arn| arn.resource)
}

/// The name of a cluster, from its ARN or as it is.
pub(super) fn cluster(text: &str) -> &str {
    let resource = resource(text);
    resource.strip_prefix("cluster/").unwrap_or(resource)
}

/// The name of a service, from its ARN or as it is.
pub(super) fn service(text: &str) -> &str {
    let resource = resource(text);
    resource.rsplit_once('/').map_or(resource, |(_, name)| name)
}

/// A task set, as its service and itself name it.
pub(super) fn task_set<'a>(location: &'a Location, one: &'a TaskSet) -> TaskSetKey<'a> {
    let id = if one.id.is_empty() { id_in(&one.task_set_arn) } else { one.id.as_str() };
    (place(location), cluster(&one.cluster_arn), service(&one.service_arn), id)
}

/// The id in the ARN of a task set: what follows `task-set/CLUSTER/SERVICE/`.
fn id_in(arn: &str) -> &str {
    if Arn::parse(arn).is_none() {
        return arn;
    }
    let path = resource(arn);
    let path = path.strip_prefix("task-set/").unwrap_or(path);
    path.splitn(3, '/').nth(2).unwrap_or(path)
}

/// Family and revision of a definition: as its ARN has them, and where that is none as its fields do.
pub(super) fn definition(definition: &TaskDefinition) -> (&str, u32) {
    let arn = definition.task_definition_arn.as_str();
    let name = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
    let revision = TaskDefinitionRef::parse(arn).and_then(|named| named.revision);
    match (revision, name.rsplit_once(':')) {
        (Some(revision), Some((family, _))) => (family, revision.0),
        (Some(_) | None, _) => (definition.family.as_str(), definition.revision),
    }
}

/// The service of a deployment: as its fields have it, and where these are empty as its ARN does
/// (`service-deployment/CLUSTER/SERVICE/ID`).
pub(super) fn owner<'a>(location: &'a Location, deployment: &'a ServiceDeployment) -> ServiceKey<'a> {
    let mut path = deployment.service_deployment_arn.rsplit('/').skip(1);
    let (service_in_arn, cluster_in_arn) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
    let either = |field: &'a str, in_arn: &'a str| if field.is_empty() { in_arn } else { field };
    let of_cluster = cluster(either(&deployment.cluster_arn, cluster_in_arn));
    (place(location), of_cluster, service(either(&deployment.service_arn, service_in_arn)))
}
