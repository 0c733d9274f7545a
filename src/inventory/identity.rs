//! What tells one object from another.

use super::{
    Cluster, Daemon, DaemonRevision, DaemonTaskDefinition, Image, Manifest, PullThroughCacheRule, Registry, Repository,
    Seen, Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition, TaskSet, record_kind,
};
use crate::model::Location;

/// An object with a name of its own. Inventories list the objects of a kind by account, Region and this name.
pub trait Identified {
    /// Its kind's word in the inventory format.
    const KIND: &'static str;

    /// How far its name reaches.
    const NAMED: Named;

    /// The name under which its account and Region have no other of the kind: one text, or two where one is not enough.
    fn identity(&self) -> (&str, &str);
}

/// How far the names of a kind reach: within what no two objects may have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// An ARN, which names account and Region itself: the same one twice is the same object, wherever it is said to live.
    Everywhere,
    /// A name within an account and Region, for what people call this.
    InPlace(&'static str),
    /// There is one in each account and Region, whatever it is called.
    ByPlace(&'static str),
}

impl<T: Identified> Seen<T> {
    /// What no other object of its kind may share.
    pub(super) fn sole_name(&self) -> (Option<&Location>, (&str, &str)) {
        match T::NAMED {
            Named::Everywhere => (None, self.value.identity()),
            Named::InPlace(_) => (Some(&self.location), self.value.identity()),
            Named::ByPlace(_) => (Some(&self.location), ("", "")),
        }
    }

    /// Whether another place or another name is always another object, so that ordered neighbours tell all.
    pub(super) fn is_named_by_place(&self) -> bool {
        match T::NAMED {
            Named::Everywhere => {
                let mut parts = self.value.identity().0.split(':').skip(3);
                parts.next() == Some(self.location.region.as_str())
                    && parts.next() == Some(self.location.account_id.as_str())
            }
            Named::InPlace(_) => true,
            Named::ByPlace(_) => false,
        }
    }

    /// What messages call it.
    pub(super) fn title(&self) -> String {
        let (first, second) = self.value.identity();
        match T::NAMED {
            Named::Everywhere => first.to_owned(),
            Named::InPlace(noun) if second.is_empty() => format!("{noun} {}/{first}", self.location),
            Named::InPlace(noun) => format!("{noun} {}/{first}@{second}", self.location),
            Named::ByPlace(noun) => format!("{noun} {}", self.location),
        }
    }
}

macro_rules! identified {
    ($($object:ident is $kind:ident by $first:ident $(and $second:ident)?, named $named:expr;)*) => {
        $(impl Identified for $object {
            const KIND: &'static str = record_kind::$kind;
            const NAMED: Named = $named;

            fn identity(&self) -> (&str, &str) {
                (self.$first.as_ref(), identified!(self $($second)?))
            }
        })*
    };
    ($self:ident) => { "" };
    ($self:ident $second:ident) => { $self.$second.as_str() };
}

identified! {
    Cluster is CLUSTER by cluster_arn, named Named::Everywhere;
    Service is SERVICE by service_arn, named Named::Everywhere;
    TaskSet is TASK_SET by task_set_arn, named Named::Everywhere;
    Task is TASK by task_arn, named Named::Everywhere;
    TaskDefinition is TASK_DEFINITION by task_definition_arn, named Named::Everywhere;
    ServiceDeployment is SERVICE_DEPLOYMENT by service_deployment_arn, named Named::Everywhere;
    ServiceRevision is SERVICE_REVISION by service_revision_arn, named Named::Everywhere;
    Daemon is DAEMON by daemon_arn, named Named::Everywhere;
    DaemonRevision is DAEMON_REVISION by daemon_revision_arn, named Named::Everywhere;
    DaemonTaskDefinition is DAEMON_TASK_DEFINITION by daemon_task_definition_arn, named Named::Everywhere;
    Registry is REGISTRY by registry_id, named Named::ByPlace("registry");
    PullThroughCacheRule is PULL_THROUGH_CACHE_RULE by ecr_repository_prefix, named Named::InPlace("pull-through cache rule");
    Repository is REPOSITORY by repository_name, named Named::InPlace("repository");
    Image is IMAGE by repository_name and image_digest, named Named::InPlace("image");
    Manifest is MANIFEST by repository_name and image_digest, named Named::InPlace("manifest");
}
