//! Which operations a step takes.

use crate::{aws::Operation, plan::Action};

/// The operations that a step takes: what looks at its object again right before, and what changes it. Who refers to it is
/// read as `collect` reads it.
#[must_use]
pub const fn operations(action: Action) -> &'static [Operation] {
    use Operation as Op;
    match action {
        Action::ScaleTaskSet => &[Op::DescribeServices, Op::DescribeTaskSets, Op::UpdateTaskSet],
        Action::DeleteTaskSet => &[Op::DescribeServices, Op::DescribeTaskSets, Op::DeleteTaskSet],
        Action::DeleteService => &[Op::DescribeServices, Op::DeleteService],
        Action::DeregisterTaskDefinition => &[Op::DescribeTaskDefinition, Op::DeregisterTaskDefinition],
        Action::DeleteTaskDefinition => &[Op::DescribeTaskDefinition, Op::DeleteTaskDefinitions],
        Action::ArchiveImage => &[Op::ListRepositoryTags, Op::DescribeImages, Op::UpdateImageStorageClass],
        Action::DeleteImage => &[Op::ListRepositoryTags, Op::DescribeImages, Op::BatchDeleteImage],
    }
}
