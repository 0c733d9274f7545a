//! Which operations read a source, and which of AWS's request rates sets its pace.

use crate::{
    aws::Operation,
    model::{Source, quota::Bucket},
};

/// The operations that read a source. Referrers and archived images come with the images, lists do not come from AWS.
#[must_use]
pub const fn operations(source: Source) -> &'static [Operation] {
    use Operation as Op;
    match source {
        Source::Account => &[Op::GetCallerIdentity],
        Source::Services => &[Op::ListClusters, Op::DescribeClusters, Op::ListServices, Op::DescribeServices],
        Source::TaskSets => &[Op::DescribeTaskSets],
        Source::Tasks => &[Op::ListTasks, Op::DescribeTasks],
        Source::TaskDefinitions => &[Op::ListTaskDefinitions, Op::DescribeTaskDefinition],
        Source::ServiceDeployments => &[Op::ListServiceDeployments, Op::DescribeServiceDeployments],
        Source::ServiceRevisions => &[Op::DescribeServiceRevisions],
        Source::Daemons => &[
            Op::ListDaemons,
            Op::DescribeDaemon,
            Op::DescribeDaemonDeployments,
            Op::DescribeDaemonRevisions,
            Op::ListDaemonTaskDefinitions,
            Op::DescribeDaemonTaskDefinition,
        ],
        Source::Repositories => &[Op::DescribeRepositories, Op::ListRepositoryTags],
        Source::Images => &[Op::DescribeImages],
        Source::Manifests => &[Op::BatchGetImage],
        Source::Referrers | Source::Archived | Source::Reference => &[],
        Source::Eventbridge => &[Op::ListEventBuses, Op::ListRules, Op::ListTargetsByRule],
        Source::Scheduler => &[Op::ListSchedules, Op::GetSchedule],
        Source::StepFunctions => &[Op::ListStateMachines, Op::ListStateMachineVersions, Op::DescribeStateMachine],
        Source::Lambda => &[Op::ListFunctions, Op::GetFunction],
        Source::Batch => &[Op::DescribeJobDefinitions],
        Source::Codedeploy => &[
            Op::ListApplications,
            Op::BatchGetApplications,
            Op::ListDeploymentGroups,
            Op::BatchGetDeploymentGroups,
            Op::ListDeployments,
            Op::BatchGetDeployments,
        ],
        Source::ApplicationAutoscaling => &[Op::DescribeScalableTargets, Op::DescribeScheduledActions],
        Source::Replication => &[Op::DescribeRegistry],
        Source::RepositoryPolicies => &[Op::GetRepositoryPolicy],
        Source::LifecyclePolicies => &[Op::GetLifecyclePolicy],
        Source::PullThroughCache => &[Op::DescribePullThroughCacheRules],
        Source::Config => &[Op::DescribeConfigurationAggregatorSourcesStatus, Op::SelectAggregateResourceConfig],
    }
}

/// The bucket that sets the pace of a source: that of the operation called most, which is the one for single objects and so
/// the last of its operations. `None` where nothing is asked of AWS.
#[must_use]
pub fn bottleneck(source: Source) -> Option<Bucket> {
    operations(source).last().and_then(|operation| operation.bucket())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What changes something begins with such a word, in AWS's whole API.
    fn changes(operation: Operation) -> bool {
        let (_, name) = operation.names();
        ["Update", "Delete", "Deregister", "BatchDelete"].iter().any(|word| name.starts_with(word))
    }

    #[test]
    fn every_operation_that_reads_belongs_to_one_source_and_no_other_to_any() {
        for operation in Operation::ALL {
            let sources = Source::ALL.into_iter().filter(|source| operations(*source).contains(&operation)).count();
            assert_eq!(sources, usize::from(!changes(operation)), "{operation}");
        }
    }

    #[test]
    fn the_pace_is_set_by_what_is_called_most() {
        assert_eq!(bottleneck(Source::TaskDefinitions), Some(Bucket::EcsTaskDefinitionRead));
        assert_eq!(bottleneck(Source::Manifests), Some(Bucket::EcrBatchGetImage));
        assert_eq!(bottleneck(Source::Reference), None);
    }
}
