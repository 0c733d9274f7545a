//! Which function answers which operation.

use super::{images, manifests, repositories, tags};
use crate::sim::call::{Answer, Call};

/// Answers an ECR operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "DescribeRepositories" => repositories::describe(call),
        "DescribeImages" => images::describe(call),
        "ListImages" => images::list(call),
        "BatchGetImage" => manifests::batch_get(call),
        "ListTagsForResource" => tags::list(call),
        _ => return None,
    };
    Some(answer)
}
