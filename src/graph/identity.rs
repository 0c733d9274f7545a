//! Which node stands for an object.

use super::{ImageKey, Node, TaskDefinitionKey};
use crate::{
    inventory::{Image, Service, TaskDefinition, TaskSet},
    model::{
        Digest, Family, ImageTag, Location, RepositoryName, Revision, TaskDefinitionRef, cluster_name, service_name,
        task_set_id,
    },
};

/// The identity of a definition: what its ARN says, or, in hand-made inventories, its fields.
pub(super) fn definition_key(location: &Location, definition: &TaskDefinition) -> TaskDefinitionKey {
    let named = TaskDefinitionRef::parse(&definition.task_definition_arn);
    let (family, revision) = match named {
        Some(TaskDefinitionRef { family, revision: Some(revision), .. }) => (family, revision),
        Some(_) | None => (Family::from(definition.family.as_str()), Revision(definition.revision)),
    };
    TaskDefinitionKey { location: location.clone(), family, revision }
}

pub(super) fn service_node(location: &Location, service: &Service) -> Node {
    Node::Service {
        location: location.clone(),
        cluster: cluster_name(&service.cluster_arn),
        service: service_name(&service.service_arn),
    }
}

/// The service that a deployment or a revision belongs to. Its own ARN (`service-deployment/CLUSTER/SERVICE/ID`) tells where the
/// fields do not.
pub(super) fn owner_node(location: &Location, own_arn: &str, cluster_arn: &str, service_arn: &str) -> Node {
    let mut path = own_arn.rsplit('/').skip(1);
    let (service, cluster) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
    let told = |field: &'_ str, else_: &'_ str| if field.is_empty() { else_.to_owned() } else { field.to_owned() };
    Node::Service {
        location: location.clone(),
        cluster: cluster_name(&told(cluster_arn, cluster)),
        service: service_name(&told(service_arn, service)),
    }
}

pub(super) fn task_set_node(location: &Location, task_set: &TaskSet) -> Node {
    let id = if task_set.id.is_empty() { task_set_id(&task_set.task_set_arn) } else { task_set.id.as_str().into() };
    Node::TaskSet {
        location: location.clone(),
        cluster: cluster_name(&task_set.cluster_arn),
        service: service_name(&task_set.service_arn),
        id,
    }
}

pub(super) fn image_node(registry: &Location, repository: &RepositoryName, digest: &Digest) -> Node {
    Node::Image(ImageKey { registry: registry.clone(), repository: repository.clone(), digest: digest.clone() })
}

/// The image that a tag says its own is about, in cosign's and the referrers fallback's schemes: `sha256-<64 hex>` with
/// `.sig`, `.att`, `.sbom` or nothing behind it. The subject need not exist.
#[must_use]
pub fn subject_of_tag(tag: &ImageTag) -> Option<Digest> {
    let rest = tag.as_str().strip_prefix("sha256-")?;
    let (hex, suffix) = rest.split_at_checked(64)?;
    if !matches!(suffix, "" | ".sig" | ".att" | ".sbom") {
        return None;
    }
    format!("sha256:{hex}").parse().ok()
}

/// What an artifact is about: the subject of its manifest (OCI 1.1) and those of its tags.
pub(super) fn subjects(image: &Image) -> Vec<Digest> {
    let mut subjects: Vec<Digest> = image.image_tags.iter().filter_map(subject_of_tag).collect();
    subjects.extend(image.subject_manifest_digest.clone());
    subjects
}

impl Node {
    /// The node of a service.
    #[must_use]
    pub fn service(location: &Location, service: &Service) -> Self {
        service_node(location, service)
    }

    /// The node of a task set.
    #[must_use]
    pub fn task_set(location: &Location, task_set: &TaskSet) -> Self {
        task_set_node(location, task_set)
    }

    /// The node of a task definition.
    #[must_use]
    pub fn task_definition(location: &Location, definition: &TaskDefinition) -> Self {
        Self::TaskDefinition(definition_key(location, definition))
    }

    /// The node of an image.
    #[must_use]
    pub fn image(registry: &Location, image: &Image) -> Self {
        image_node(registry, &image.repository_name, &image.image_digest)
    }
}
