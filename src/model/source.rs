//! The sources of references that a collection reads, or says it did not.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Kind;

/// A kind of thing that is read from AWS because it is retired, or because it can hold what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An account in a Region as a whole: credentials, role, identity.
    Account,
    /// ECS clusters and services with their deployments.
    Services,
    /// Task sets of services under the EXTERNAL and CODE_DEPLOY controllers.
    TaskSets,
    /// Running and recently stopped tasks.
    Tasks,
    /// Task definitions in every status.
    TaskDefinitions,
    /// Service deployments: rollback targets.
    ServiceDeployments,
    /// Service revisions: digests pinned by deployments.
    ServiceRevisions,
    /// Managed daemons and their definitions.
    Daemons,
    /// ECR repositories and their tags.
    Repositories,
    /// Images of a repository.
    Images,
    /// Manifests of image indexes: which children they hold.
    Manifests,
    /// Signatures, SBOMs and attestations.
    Referrers,
    /// Images in the archive storage class.
    Archived,
    /// EventBridge rules.
    Eventbridge,
    /// EventBridge Scheduler schedules.
    Scheduler,
    /// Step Functions state machines.
    StepFunctions,
    /// Lambda functions from container images.
    Lambda,
    /// AWS Batch job definitions.
    Batch,
    /// CodeDeploy deployments.
    Codedeploy,
    /// Application Auto Scaling targets and scheduled actions.
    ApplicationAutoscaling,
    /// How a registry replicates: with delete replication on, deleting here deletes elsewhere.
    Replication,
    /// Who else may pull, by the policies of repositories.
    RepositoryPolicies,
    /// ECR's own lifecycle policies, which race with a plan.
    LifecyclePolicies,
    /// Pull-through cache rules, by which deleted images come back.
    PullThroughCache,
    /// AWS Config's aggregator: accounts that no role reaches.
    Config,
    /// The lists that the policy's `reference` blocks name.
    Reference,
}

/// A word that names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a source of references")]
pub struct UnknownSource(pub String);

impl Source {
    /// Every source, in the order in which plans list them.
    pub const ALL: [Self; 26] = [
        Self::Account,
        Self::Services,
        Self::TaskSets,
        Self::Tasks,
        Self::TaskDefinitions,
        Self::ServiceDeployments,
        Self::ServiceRevisions,
        Self::Daemons,
        Self::Repositories,
        Self::Images,
        Self::Manifests,
        Self::Referrers,
        Self::Archived,
        Self::Eventbridge,
        Self::Scheduler,
        Self::StepFunctions,
        Self::Lambda,
        Self::Batch,
        Self::Codedeploy,
        Self::ApplicationAutoscaling,
        Self::Replication,
        Self::RepositoryPolicies,
        Self::LifecyclePolicies,
        Self::PullThroughCache,
        Self::Config,
        Self::Reference,
    ];

    /// The word that policies, inventories and plans use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Services => "services",
            Self::TaskSets => "task_sets",
            Self::Tasks => "tasks",
            Self::TaskDefinitions => "task_definitions",
            Self::ServiceDeployments => "service_deployments",
            Self::ServiceRevisions => "service_revisions",
            Self::Daemons => "daemons",
            Self::Repositories => "repositories",
            Self::Images => "images",
            Self::Manifests => "manifests",
            Self::Referrers => "referrers",
            Self::Archived => "archived",
            Self::Eventbridge => "eventbridge",
            Self::Scheduler => "scheduler",
            Self::StepFunctions => "step_functions",
            Self::Lambda => "lambda",
            Self::Batch => "batch",
            Self::Codedeploy => "codedeploy",
            Self::ApplicationAutoscaling => "application_autoscaling",
            Self::Replication => "replication",
            Self::RepositoryPolicies => "repository_policies",
            Self::LifecyclePolicies => "lifecycle_policies",
            Self::PullThroughCache => "pull_through_cache",
            Self::Config => "config",
            Self::Reference => "reference",
        }
    }

    /// Whether a policy may say that this source is not read. Services, definitions and the registry itself cannot be waived:
    /// without them there is nothing to decide on. What a block of the policy asks for is not read without the block.
    #[must_use]
    pub const fn can_be_waived(self) -> bool {
        match self {
            Self::Account
            | Self::Services
            | Self::TaskDefinitions
            | Self::Repositories
            | Self::Images
            | Self::Manifests
            | Self::Config
            | Self::Reference => false,
            Self::TaskSets
            | Self::Tasks
            | Self::ServiceDeployments
            | Self::ServiceRevisions
            | Self::Daemons
            | Self::Referrers
            | Self::Archived
            | Self::Eventbridge
            | Self::Scheduler
            | Self::StepFunctions
            | Self::Lambda
            | Self::Batch
            | Self::Codedeploy
            | Self::ApplicationAutoscaling
            | Self::Replication
            | Self::RepositoryPolicies
            | Self::LifecyclePolicies
            | Self::PullThroughCache => true,
        }
    }

    /// Whether it is about what a registry has, not about who uses it.
    #[must_use]
    pub const fn is_of_registry(self) -> bool {
        match self {
            Self::Repositories
            | Self::Images
            | Self::Manifests
            | Self::Referrers
            | Self::Archived
            | Self::Replication
            | Self::RepositoryPolicies
            | Self::LifecyclePolicies
            | Self::PullThroughCache => true,
            Self::Account
            | Self::Services
            | Self::TaskSets
            | Self::Tasks
            | Self::TaskDefinitions
            | Self::ServiceDeployments
            | Self::ServiceRevisions
            | Self::Daemons
            | Self::Eventbridge
            | Self::Scheduler
            | Self::StepFunctions
            | Self::Lambda
            | Self::Batch
            | Self::Codedeploy
            | Self::ApplicationAutoscaling
            | Self::Config
            | Self::Reference => false,
        }
    }

    /// What an unread source of this kind may hold, and so what may not be retired without it.
    #[must_use]
    pub const fn may_hold(self) -> &'static [Kind] {
        match self {
            // Only DescribeTaskSets tells the tags of a task set, the protect tag among them.
            Self::Account | Self::Services | Self::TaskSets | Self::Codedeploy => &Kind::ALL,
            // A deployment under way needs its service, even if no task runs yet.
            Self::ServiceDeployments => &[Kind::Service, Kind::TaskDefinition, Kind::Image],
            Self::Tasks
            | Self::TaskDefinitions
            | Self::ServiceRevisions
            | Self::Eventbridge
            | Self::Scheduler
            | Self::StepFunctions
            | Self::Reference => &[Kind::TaskDefinition, Kind::Image],
            Self::Daemons
            | Self::Repositories
            | Self::Images
            | Self::Manifests
            | Self::Referrers
            | Self::Archived
            | Self::Lambda
            | Self::Batch
            | Self::Replication
            | Self::Config => &[Kind::Image],
            Self::ApplicationAutoscaling => &[Kind::Service],
            // They hold nothing; they are read to warn.
            Self::RepositoryPolicies | Self::LifecyclePolicies | Self::PullThroughCache => &[],
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, UnknownSource> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or_else(|| UnknownSource(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_the_one_that_formats_use() {
        for source in Source::ALL {
            assert_eq!(source.as_str().parse(), Ok(source));
            assert_eq!(serde_json::to_string(&source).unwrap(), format!("\"{source}\""));
        }
    }
}
