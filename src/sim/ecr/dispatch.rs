//! Which function answers which operation.

use super::{archive, deletion, images, manifests, policies, push, referrers, registry, repositories, tags};
use crate::sim::call::{Answer, Call};

/// Answers an ECR operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "DescribeRepositories" => repositories::describe(call),
        "CreateRepository" => repositories::create(call),
        "DeleteRepository" => repositories::delete(call),
        "DescribeImages" => images::describe(call),
        "ListImages" => images::list(call),
        "BatchGetImage" => manifests::batch_get(call),
        "PutImage" => push::put_image(call),
        "UpdateImageStorageClass" => archive::update(call),
        "BatchDeleteImage" => deletion::batch_delete(call),
        "ListTagsForResource" => tags::list(call),
        "TagResource" => tags::add(call),
        "UntagResource" => tags::remove(call),
        "GetRepositoryPolicy" => policies::get(call, policies::REPOSITORY),
        "SetRepositoryPolicy" => policies::put(call, policies::REPOSITORY),
        "GetLifecyclePolicy" => policies::get(call, policies::LIFECYCLE),
        "PutLifecyclePolicy" => policies::put(call, policies::LIFECYCLE),
        "DescribeRegistry" => registry::describe(call),
        "PutReplicationConfiguration" => registry::put_replication(call),
        "DescribePullThroughCacheRules" => registry::describe_cache_rules(call),
        "ListImageReferrers" => referrers::list(call),
        _ => return None,
    };
    Some(answer)
}
