//! Which function answers which operation.

use super::{
    clusters, daemons, definition_changes, definitions, deployments, service_changes, services, tags, task_changes,
    task_set_changes, task_sets, tasks,
};
use crate::sim::call::{Answer, Call};

/// Answers an ECS operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "ListClusters" => clusters::list(call),
        "DescribeClusters" => clusters::describe(call),
        "CreateCluster" => clusters::create(call),
        "DeleteCluster" => clusters::delete(call),
        "ListServices" => services::list(call),
        "ListServicesByNamespace" => services::list_by_namespace(call),
        "DescribeServices" => services::describe(call),
        "CreateService" => service_changes::create(call),
        "UpdateService" => service_changes::update(call),
        "DeleteService" => service_changes::delete(call),
        "DescribeTaskSets" => task_sets::describe(call),
        "CreateTaskSet" => task_set_changes::create(call),
        "UpdateTaskSet" => task_set_changes::update(call),
        "UpdateServicePrimaryTaskSet" => task_set_changes::promote(call),
        "DeleteTaskSet" => task_set_changes::delete(call),
        "ListTasks" => tasks::list(call),
        "DescribeTasks" => tasks::describe(call),
        "RunTask" => task_changes::run(call),
        "StopTask" => task_changes::stop_task(call),
        "ListTaskDefinitions" => definitions::list(call),
        "ListTaskDefinitionFamilies" => definitions::list_families(call),
        "DescribeTaskDefinition" => definitions::describe(call),
        "RegisterTaskDefinition" => definition_changes::register(call),
        "DeregisterTaskDefinition" => definition_changes::deregister(call),
        "DeleteTaskDefinitions" => definition_changes::delete(call),
        "ListTagsForResource" => tags::list(call),
        "TagResource" => tags::add(call),
        "UntagResource" => tags::remove(call),
        "ListServiceDeployments" => deployments::list(call),
        "DescribeServiceDeployments" => deployments::describe(call),
        "DescribeServiceRevisions" => deployments::describe_revisions(call),
        "ListDaemons" => daemons::list(call),
        "DescribeDaemon" => daemons::describe(call),
        "DescribeDaemonDeployments" => daemons::describe_deployments(call),
        "DescribeDaemonRevisions" => daemons::describe_revisions(call),
        "ListDaemonTaskDefinitions" => daemons::list_definitions(call),
        "DescribeDaemonTaskDefinition" => daemons::describe_definition(call),
        _ => return None,
    };
    Some(answer)
}
