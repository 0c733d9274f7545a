//! Which function answers which operation.

use super::{deployments, groups};
use crate::sim::call::{Answer, Call};

/// Answers a CodeDeploy operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "ListApplications" => groups::list_applications(call),
        "BatchGetApplications" => groups::batch_get_applications(call),
        "ListDeploymentGroups" => groups::list(call),
        "BatchGetDeploymentGroups" => groups::batch_get(call),
        "ListDeployments" => deployments::list(call),
        "BatchGetDeployments" => deployments::batch_get(call),
        _ => return None,
    };
    Some(answer)
}
