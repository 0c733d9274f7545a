//! What tells one object from another.

use super::{
    Cluster, Daemon, DaemonRevision, DaemonTaskDefinition, Image, Manifest, PullThroughCacheRule, Registry, Repository,
    Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition, TaskSet, record_kind,
};

/// An object with a name of its own. Inventories list the objects of a kind by account, Region and this name.
pub trait Identified {
    /// Its kind's word in the inventory format.
    const KIND: &'static str;

    /// The name under which its account and Region have no other of the kind: one text, or two where one is not enough.
    fn identity(&self) -> (&str, &str);
}

macro_rules! identified {
    ($($object:ident is $kind:ident by $first:ident $(and $second:ident)?;)*) => {
        $(impl Identified for $object {
            const KIND: &'static str = record_kind::$kind;

            fn identity(&self) -> (&str, &str) {
                (self.$first.as_ref(), identified!(self $($second)?))
            }
        })*
    };
    ($self:ident) => { "" };
    ($self:ident $second:ident) => { $self.$second.as_str() };
}

identified! {
    Cluster is CLUSTER by cluster_arn;
    Service is SERVICE by service_arn;
    TaskSet is TASK_SET by task_set_arn;
    Task is TASK by task_arn;
    TaskDefinition is TASK_DEFINITION by task_definition_arn;
    ServiceDeployment is SERVICE_DEPLOYMENT by service_deployment_arn;
    ServiceRevision is SERVICE_REVISION by service_revision_arn;
    Daemon is DAEMON by daemon_arn;
    DaemonRevision is DAEMON_REVISION by daemon_revision_arn;
    DaemonTaskDefinition is DAEMON_TASK_DEFINITION by daemon_task_definition_arn;
    Registry is REGISTRY by registry_id;
    PullThroughCacheRule is PULL_THROUGH_CACHE_RULE by ecr_repository_prefix;
    Repository is REPOSITORY by repository_name;
    Image is IMAGE by repository_name and image_digest;
    Manifest is MANIFEST by repository_name and image_digest;
}
