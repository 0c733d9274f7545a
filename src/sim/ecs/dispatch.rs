//! Which function answers which operation.

use super::{clusters, definitions, services, tags, task_sets, tasks};
use crate::sim::call::{Answer, Call};

/// Answers an ECS operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "ListClusters" => clusters::list(call),
        "DescribeClusters" => clusters::describe(call),
        "ListServices" => services::list(call),
        "DescribeServices" => services::describe(call),
        "DescribeTaskSets" => task_sets::describe(call),
        "ListTasks" => tasks::list(call),
        "DescribeTasks" => tasks::describe(call),
        "ListTaskDefinitions" => definitions::list(call),
        "ListTaskDefinitionFamilies" => definitions::list_families(call),
        "DescribeTaskDefinition" => definitions::describe(call),
        "ListTagsForResource" => tags::list(call),
        _ => return None,
    };
    Some(answer)
}
