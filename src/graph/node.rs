//! The nodes and edges of the graph.

use std::fmt;

use crate::model::{
    ClusterName, Digest, Family, ImageTag, Location, RepositoryName, Resource, Revision, ServiceName, TaskSetId,
};

/// A revision of a task definition, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskDefinitionKey {
    /// Its account and Region.
    pub location: Location,
    /// Its family.
    pub family: Family,
    /// Its revision.
    pub revision: Revision,
}

/// An image, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageKey {
    /// The account and Region of its registry.
    pub registry: Location,
    /// Its repository.
    pub repository: RepositoryName,
    /// Its digest.
    pub digest: Digest,
}

/// Something that holds, is held, or both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A service.
    Service {
        /// Its account and Region.
        location: Location,
        /// Its cluster.
        cluster: ClusterName,
        /// Its name.
        service: ServiceName,
    },
    /// A task set.
    TaskSet {
        /// Its account and Region.
        location: Location,
        /// The cluster of its service.
        cluster: ClusterName,
        /// Its service.
        service: ServiceName,
        /// Its id.
        id: TaskSetId,
    },
    /// A running or recently stopped task.
    Task {
        /// Its account and Region.
        location: Location,
        /// Its ARN.
        arn: String,
    },
    /// Something outside ECS and ECR that refers to a definition or an image.
    External {
        /// The account and Region that it belongs to.
        location: Location,
        /// Where it was read.
        source: String,
        /// Its name.
        holder: String,
    },
    /// A revision of a task definition.
    TaskDefinition(TaskDefinitionKey),
    /// A tag of a repository, as something points at it. It holds whatever image has it now.
    Tag {
        /// The account and Region of the registry.
        registry: Location,
        /// The repository.
        repository: RepositoryName,
        /// The tag.
        tag: ImageTag,
    },
    /// An image.
    Image(ImageKey),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { cluster, service, .. } => write!(f, "service {cluster}/{service}"),
            Self::TaskSet { cluster, service, id, .. } => write!(f, "task set {cluster}/{service}/{id}"),
            Self::Task { arn, .. } => write!(f, "task {}", arn.rsplit_once("task/").map_or(arn.as_str(), |(_, id)| id)),
            Self::External { source, holder, .. } => write!(f, "{source} {holder}"),
            Self::TaskDefinition(key) => write!(f, "task definition {}:{}", key.family, key.revision),
            Self::Tag { repository, tag, .. } => write!(f, "tag {repository}:{tag}"),
            Self::Image(key) => write!(f, "image {}@{}", key.repository, key.digest.short()),
        }
    }
}

/// In what way one node holds another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// The holder runs, or would run, the definition.
    Runs,
    /// The holder names the image by tag or digest, or pinned its digest when it started.
    Uses,
    /// The holder may give the service tasks again.
    Starts,
    /// The tag points at the image now.
    Resolves,
    /// The index lists the image.
    Child,
    /// The image is a signature, SBOM or attestation of the holder.
    Referrer,
}

impl Node {
    /// The account and Region it belongs to.
    #[must_use]
    pub fn location(&self) -> &Location {
        match self {
            Self::Service { location, .. }
            | Self::TaskSet { location, .. }
            | Self::Task { location, .. }
            | Self::External { location, .. }
            | Self::Tag { registry: location, .. } => location,
            Self::TaskDefinition(key) => &key.location,
            Self::Image(key) => &key.registry,
        }
    }

    /// Where the object lives and what it is called, if it is of a kind that policies retire.
    #[must_use]
    pub fn resource(&self) -> Option<(&Location, Resource)> {
        match self {
            Self::Service { location, cluster, service } => {
                Some((location, Resource::Service { cluster: cluster.clone(), service: service.clone() }))
            }
            Self::TaskSet { location, cluster, service, id } => Some((
                location,
                Resource::TaskSet { cluster: cluster.clone(), service: service.clone(), id: id.clone() },
            )),
            Self::TaskDefinition(key) => {
                Some((&key.location, Resource::TaskDefinition { family: key.family.clone(), revision: key.revision }))
            }
            Self::Image(key) => Some((
                &key.registry,
                Resource::Image { repository: key.repository.clone(), digest: key.digest.clone() },
            )),
            Self::Task { .. } | Self::External { .. } | Self::Tag { .. } => None,
        }
    }
}
