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
    /// ecr:BatchDeleteImage.
    BatchDeleteImage,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 20] = [
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
        Self::BatchDeleteImage,
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
            Self::BatchDeleteImage => ("ecr", "BatchDeleteImage"),
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
