//! Every AWS operation that this build can call.

use std::fmt;

use crate::model::quota::Bucket;

/// An AWS operation. The list is closed: what does not stand here is never called, and no operation takes `force`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// sts:GetCallerIdentity.
    GetCallerIdentity,
    /// ecs:ListClusters.
    ListClusters,
    /// ecs:DescribeClusters.
    DescribeClusters,
    /// ecs:ListServices.
    ListServices,
    /// ecs:DescribeServices.
    DescribeServices,
    /// ecs:DescribeTaskSets.
    DescribeTaskSets,
    /// ecs:ListTasks.
    ListTasks,
    /// ecs:DescribeTasks.
    DescribeTasks,
    /// ecs:ListTaskDefinitions.
    ListTaskDefinitions,
    /// ecs:DescribeTaskDefinition.
    DescribeTaskDefinition,
    /// ecs:UpdateTaskSet.
    UpdateTaskSet,
    /// ecs:DeleteTaskSet.
    DeleteTaskSet,
    /// ecs:DeleteService.
    DeleteService,
    /// ecs:DeregisterTaskDefinition.
    DeregisterTaskDefinition,
    /// ecs:DeleteTaskDefinitions.
    DeleteTaskDefinitions,
    /// ecr:DescribeRepositories.
    DescribeRepositories,
    /// ecr:ListTagsForResource.
    ListRepositoryTags,
    /// ecr:DescribeImages.
    DescribeImages,
    /// ecr:BatchGetImage.
    BatchGetImage,
    /// ecr:UpdateImageStorageClass.
    UpdateImageStorageClass,
    /// ecr:BatchDeleteImage.
    BatchDeleteImage,
    /// ecs:ListServiceDeployments.
    ListServiceDeployments,
    /// ecs:DescribeServiceDeployments.
    DescribeServiceDeployments,
    /// ecs:DescribeServiceRevisions.
    DescribeServiceRevisions,
    /// ecs:ListDaemons.
    ListDaemons,
    /// ecs:DescribeDaemon.
    DescribeDaemon,
    /// ecs:DescribeDaemonDeployments.
    DescribeDaemonDeployments,
    /// ecs:DescribeDaemonRevisions.
    DescribeDaemonRevisions,
    /// ecs:ListDaemonTaskDefinitions.
    ListDaemonTaskDefinitions,
    /// ecs:DescribeDaemonTaskDefinition.
    DescribeDaemonTaskDefinition,
    /// ecr:DescribeRegistry.
    DescribeRegistry,
    /// ecr:DescribePullThroughCacheRules.
    DescribePullThroughCacheRules,
    /// ecr:GetRepositoryPolicy.
    GetRepositoryPolicy,
    /// ecr:GetLifecyclePolicy.
    GetLifecyclePolicy,
    /// events:ListEventBuses.
    ListEventBuses,
    /// events:ListRules.
    ListRules,
    /// events:ListTargetsByRule.
    ListTargetsByRule,
    /// scheduler:ListSchedules.
    ListSchedules,
    /// scheduler:GetSchedule.
    GetSchedule,
    /// states:ListStateMachines.
    ListStateMachines,
    /// states:ListStateMachineVersions.
    ListStateMachineVersions,
    /// states:DescribeStateMachine.
    DescribeStateMachine,
    /// lambda:ListFunctions.
    ListFunctions,
    /// lambda:GetFunction.
    GetFunction,
    /// batch:DescribeJobDefinitions.
    DescribeJobDefinitions,
    /// codedeploy:ListApplications.
    ListApplications,
    /// codedeploy:BatchGetApplications.
    BatchGetApplications,
    /// codedeploy:ListDeploymentGroups.
    ListDeploymentGroups,
    /// codedeploy:BatchGetDeploymentGroups.
    BatchGetDeploymentGroups,
    /// codedeploy:ListDeployments.
    ListDeployments,
    /// codedeploy:BatchGetDeployments.
    BatchGetDeployments,
    /// application-autoscaling:DescribeScalableTargets.
    DescribeScalableTargets,
    /// application-autoscaling:DescribeScheduledActions.
    DescribeScheduledActions,
    /// config:DescribeConfigurationAggregatorSourcesStatus.
    DescribeConfigurationAggregatorSourcesStatus,
    /// config:SelectAggregateResourceConfig.
    SelectAggregateResourceConfig,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 55] = [
        Self::GetCallerIdentity,
        Self::ListClusters,
        Self::DescribeClusters,
        Self::ListServices,
        Self::DescribeServices,
        Self::DescribeTaskSets,
        Self::ListTasks,
        Self::DescribeTasks,
        Self::ListTaskDefinitions,
        Self::DescribeTaskDefinition,
        Self::UpdateTaskSet,
        Self::DeleteTaskSet,
        Self::DeleteService,
        Self::DeregisterTaskDefinition,
        Self::DeleteTaskDefinitions,
        Self::DescribeRepositories,
        Self::ListRepositoryTags,
        Self::DescribeImages,
        Self::BatchGetImage,
        Self::UpdateImageStorageClass,
        Self::BatchDeleteImage,
        Self::ListServiceDeployments,
        Self::DescribeServiceDeployments,
        Self::DescribeServiceRevisions,
        Self::ListDaemons,
        Self::DescribeDaemon,
        Self::DescribeDaemonDeployments,
        Self::DescribeDaemonRevisions,
        Self::ListDaemonTaskDefinitions,
        Self::DescribeDaemonTaskDefinition,
        Self::DescribeRegistry,
        Self::DescribePullThroughCacheRules,
        Self::GetRepositoryPolicy,
        Self::GetLifecyclePolicy,
        Self::ListEventBuses,
        Self::ListRules,
        Self::ListTargetsByRule,
        Self::ListSchedules,
        Self::GetSchedule,
        Self::ListStateMachines,
        Self::ListStateMachineVersions,
        Self::DescribeStateMachine,
        Self::ListFunctions,
        Self::GetFunction,
        Self::DescribeJobDefinitions,
        Self::ListApplications,
        Self::BatchGetApplications,
        Self::ListDeploymentGroups,
        Self::BatchGetDeploymentGroups,
        Self::ListDeployments,
        Self::BatchGetDeployments,
        Self::DescribeScalableTargets,
        Self::DescribeScheduledActions,
        Self::DescribeConfigurationAggregatorSourcesStatus,
        Self::SelectAggregateResourceConfig,
    ];

    /// The service and the operation, as IAM and CloudTrail spell them.
    #[must_use]
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::GetCallerIdentity => ("sts", "GetCallerIdentity"),
            Self::ListClusters => ("ecs", "ListClusters"),
            Self::DescribeClusters => ("ecs", "DescribeClusters"),
            Self::ListServices => ("ecs", "ListServices"),
            Self::DescribeServices => ("ecs", "DescribeServices"),
            Self::DescribeTaskSets => ("ecs", "DescribeTaskSets"),
            Self::ListTasks => ("ecs", "ListTasks"),
            Self::DescribeTasks => ("ecs", "DescribeTasks"),
            Self::ListTaskDefinitions => ("ecs", "ListTaskDefinitions"),
            Self::DescribeTaskDefinition => ("ecs", "DescribeTaskDefinition"),
            Self::UpdateTaskSet => ("ecs", "UpdateTaskSet"),
            Self::DeleteTaskSet => ("ecs", "DeleteTaskSet"),
            Self::DeleteService => ("ecs", "DeleteService"),
            Self::DeregisterTaskDefinition => ("ecs", "DeregisterTaskDefinition"),
            Self::DeleteTaskDefinitions => ("ecs", "DeleteTaskDefinitions"),
            Self::DescribeRepositories => ("ecr", "DescribeRepositories"),
            Self::ListRepositoryTags => ("ecr", "ListTagsForResource"),
            Self::DescribeImages => ("ecr", "DescribeImages"),
            Self::BatchGetImage => ("ecr", "BatchGetImage"),
            Self::UpdateImageStorageClass => ("ecr", "UpdateImageStorageClass"),
            Self::BatchDeleteImage => ("ecr", "BatchDeleteImage"),
            Self::ListServiceDeployments => ("ecs", "ListServiceDeployments"),
            Self::DescribeServiceDeployments => ("ecs", "DescribeServiceDeployments"),
            Self::DescribeServiceRevisions => ("ecs", "DescribeServiceRevisions"),
            Self::ListDaemons => ("ecs", "ListDaemons"),
            Self::DescribeDaemon => ("ecs", "DescribeDaemon"),
            Self::DescribeDaemonDeployments => ("ecs", "DescribeDaemonDeployments"),
            Self::DescribeDaemonRevisions => ("ecs", "DescribeDaemonRevisions"),
            Self::ListDaemonTaskDefinitions => ("ecs", "ListDaemonTaskDefinitions"),
            Self::DescribeDaemonTaskDefinition => ("ecs", "DescribeDaemonTaskDefinition"),
            Self::DescribeRegistry => ("ecr", "DescribeRegistry"),
            Self::DescribePullThroughCacheRules => ("ecr", "DescribePullThroughCacheRules"),
            Self::GetRepositoryPolicy => ("ecr", "GetRepositoryPolicy"),
            Self::GetLifecyclePolicy => ("ecr", "GetLifecyclePolicy"),
            Self::ListEventBuses => ("events", "ListEventBuses"),
            Self::ListRules => ("events", "ListRules"),
            Self::ListTargetsByRule => ("events", "ListTargetsByRule"),
            Self::ListSchedules => ("scheduler", "ListSchedules"),
            Self::GetSchedule => ("scheduler", "GetSchedule"),
            Self::ListStateMachines => ("states", "ListStateMachines"),
            Self::ListStateMachineVersions => ("states", "ListStateMachineVersions"),
            Self::DescribeStateMachine => ("states", "DescribeStateMachine"),
            Self::ListFunctions => ("lambda", "ListFunctions"),
            Self::GetFunction => ("lambda", "GetFunction"),
            Self::DescribeJobDefinitions => ("batch", "DescribeJobDefinitions"),
            Self::ListApplications => ("codedeploy", "ListApplications"),
            Self::BatchGetApplications => ("codedeploy", "BatchGetApplications"),
            Self::ListDeploymentGroups => ("codedeploy", "ListDeploymentGroups"),
            Self::BatchGetDeploymentGroups => ("codedeploy", "BatchGetDeploymentGroups"),
            Self::ListDeployments => ("codedeploy", "ListDeployments"),
            Self::BatchGetDeployments => ("codedeploy", "BatchGetDeployments"),
            Self::DescribeScalableTargets => ("application-autoscaling", "DescribeScalableTargets"),
            Self::DescribeScheduledActions => ("application-autoscaling", "DescribeScheduledActions"),
            Self::DescribeConfigurationAggregatorSourcesStatus => {
                ("config", "DescribeConfigurationAggregatorSourcesStatus")
            }
            Self::SelectAggregateResourceConfig => ("config", "SelectAggregateResourceConfig"),
        }
    }

    /// The quota bucket that the operation draws from; `None` only if `model::quota` does not know it.
    #[must_use]
    pub fn bucket(self) -> Option<Bucket> {
        let (service, name) = self.names();
        Bucket::of(service, name)
    }
}

/// As IAM writes it: `ecs:DescribeServices`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (service, name) = self.names();
        write!(f, "{service}:{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_draws_from_a_bucket() {
        for operation in Operation::ALL {
            assert!(operation.bucket().is_some(), "{operation} would go unpaced");
        }
    }
}
