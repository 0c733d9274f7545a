//! The ARNs and URIs that AWS gives its objects.

use crate::model::{Arn, Location};

/// The partition of a Region and the suffix of its host names (the SDK's partition metadata; the isolated ones are left out).
fn partition(region: &str) -> (&'static str, &'static str) {
    if region.starts_with("cn-") {
        ("aws-cn", "amazonaws.com.cn")
    } else if region.starts_with("us-gov-") {
        ("aws-us-gov", "amazonaws.com")
    } else {
        ("aws", "amazonaws.com")
    }
}

/// `arn:aws:ecs:REGION:ACCOUNT:RESOURCE`.
pub(super) fn ecs(at: &Location, resource: &str) -> String {
    format!("arn:{}:ecs:{}:{}:{resource}", partition(at.region.as_str()).0, at.region, at.account_id)
}

/// The ARN of a repository.
pub(super) fn repository(at: &Location, name: &str) -> String {
    format!("arn:{}:ecr:{}:{}:repository/{name}", partition(at.region.as_str()).0, at.region, at.account_id)
}

/// Where `docker pull` finds a repository.
pub(super) fn repository_uri(at: &Location, name: &str) -> String {
    format!("{}.dkr.ecr.{}.{}/{name}", at.account_id, at.region, partition(at.region.as_str()).1)
}

/// Whether a name or ARN points into this account and Region; a plain name always does.
pub(super) fn is_here(at: &Location, arn_or_name: &str) -> bool {
    Arn::parse(arn_or_name)
        .is_none_or(|arn| arn.account_id == at.account_id.as_str() && arn.region == at.region.as_str())
}
