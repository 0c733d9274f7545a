//! Where an object lives and what it is called, in the two forms that people and programs use.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    AccountId, AccountLabel, ClusterName, Digest, Family, Region, RepositoryName, Revision, ServiceName, TaskSetId,
};

/// One account in one Region, as the policy names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The policy's label of the account.
    pub account: AccountLabel,
    /// The id that the credentials were checked against.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
}

impl Scope {
    /// Where objects of this scope live.
    #[must_use]
    pub fn location(&self) -> Location {
        Location { account_id: self.account_id.clone(), region: self.region.clone() }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// One account in one Region, as AWS knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The owning account.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account_id, self.region)
    }
}

/// The kinds of object that a policy can retire, in the order in which they hold each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An ECS service.
    Service,
    /// A task set of an ECS service.
    TaskSet,
    /// A revision of an ECS task definition.
    TaskDefinition,
    /// An image (or other artifact) in an ECR repository.
    Image,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Service, Self::TaskSet, Self::TaskDefinition, Self::Image];

    /// The word that policies and formats use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::TaskSet => "task_set",
            Self::TaskDefinition => "task_definition",
            Self::Image => "image",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The identity of an object within its account and Region. AWS never issues the same one again,
/// except for an image digest that is pushed once more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// An ECS service.
    Service {
        /// Its cluster.
        cluster: ClusterName,
        /// Its name.
        service: ServiceName,
    },
    /// A task set.
    TaskSet {
        /// The cluster of its service.
        cluster: ClusterName,
        /// Its service.
        service: ServiceName,
        /// Its id.
        id: TaskSetId,
    },
    /// A revision of a task definition.
    TaskDefinition {
        /// Its family.
        family: Family,
        /// Its revision.
        revision: Revision,
    },
    /// An image.
    Image {
        /// Its repository.
        repository: RepositoryName,
        /// The digest of its manifest.
        digest: Digest,
    },
}

impl Resource {
    /// The kind of the object.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Service { .. } => Kind::Service,
            Self::TaskSet { .. } => Kind::TaskSet,
            Self::TaskDefinition { .. } => Kind::TaskDefinition,
            Self::Image { .. } => Kind::Image,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { cluster, service } => write!(f, "ecs/service/{cluster}/{service}"),
            Self::TaskSet { cluster, service, id } => write!(f, "ecs/task-set/{cluster}/{service}/{id}"),
            Self::TaskDefinition { family, revision } => write!(f, "ecs/task-definition/{family}:{revision}"),
            Self::Image { repository, digest } => write!(f, "ecr/image/{repository}@{digest}"),
        }
    }
}

/// How people name an object: `prod/eu-central-1/ecr/image/team/web@sha256:…`, the account by its label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The policy's label of the account.
    pub account: AccountLabel,
    /// The Region.
    pub region: Region,
    /// The object.
    pub resource: Resource,
}

/// A text that is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an address; write ACCOUNT/REGION/ecs/service/CLUSTER/SERVICE, …/ecs/task-set/CLUSTER/SERVICE/ID, \
     …/ecs/task-definition/FAMILY:REV or …/ecr/image/REPOSITORY@sha256:…"
)]
pub struct AddressError(pub String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.region, self.resource)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let resource = |rest: &str| -> Option<Resource> {
            if let Some(rest) = rest.strip_prefix("ecs/service/") {
                let (cluster, service) = rest.split_once('/')?;
                return Some(Resource::Service { cluster: cluster.into(), service: service.into() });
            }
            if let Some(rest) = rest.strip_prefix("ecs/task-set/") {
                let mut parts = rest.splitn(3, '/');
                let (cluster, service, id) = (parts.next()?, parts.next()?, parts.next()?);
                return Some(Resource::TaskSet { cluster: cluster.into(), service: service.into(), id: id.into() });
            }
            if let Some(rest) = rest.strip_prefix("ecs/task-definition/") {
                let (family, revision) = rest.rsplit_once(':')?;
                return Some(Resource::TaskDefinition {
                    family: family.into(),
                    revision: Revision(revision.parse().ok()?),
                });
            }
            let (repository, digest) = rest.strip_prefix("ecr/image/")?.split_once('@')?;
            Some(Resource::Image { repository: repository.into(), digest: digest.parse().ok()? })
        };
        let mut parts = text.splitn(3, '/');
        let wrong = || AddressError(text.to_owned());
        let (Some(account), Some(region), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let resource = resource(rest).ok_or_else(wrong)?;
        Ok(Self { account: account.into(), region: region.into(), resource })
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_address_reads_back() {
        let digest = "ab".repeat(32);
        for text in [
            "prod/eu-central-1/ecs/service/main/web",
            "prod/eu-central-1/ecs/task-set/main/web/ecs-svc/123",
            "prod/eu-central-1/ecs/task-definition/web:41",
            &format!("prod/eu-central-1/ecr/image/team/a/web@sha256:{digest}"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in [
            "",
            "prod",
            "prod/r/ecs/service/x",
            "prod/r/ecs/task-definition/web",
            "prod/r/ecr/image/web@latest",
            "a/b/c/d",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
