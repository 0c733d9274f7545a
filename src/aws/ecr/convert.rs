//! ECR objects as inventory ones.

use aws_sdk_ecr::types;

use super::super::{Failure, time::optional};
use crate::{
    inventory::{FindingsSummary, Image, PullThroughCacheRule, Repository, Tag},
    model::{Digest, RepositoryName},
};

pub(super) fn repository(repository: &types::Repository) -> Result<Repository, Failure> {
    let arn = repository.repository_arn().unwrap_or_default();
    let Some(name) = repository.repository_name() else {
        return Err(Failure::new(arn, "AWS described it without its name"));
    };
    Ok(Repository {
        repository_name: name.into(),
        repository_arn: arn.to_owned(),
        created_at: optional(repository.created_at()),
        image_tag_mutability: repository.image_tag_mutability().map(|mutability| mutability.as_str().to_owned()),
        tags: Vec::new(),
        policy_text: None,
        lifecycle_policy_text: None,
    })
}

pub(super) fn tag(tag: &types::Tag) -> Tag {
    Tag { key: tag.key().to_owned(), value: tag.value().to_owned() }
}

pub(super) fn pull_through_cache_rule(rule: &types::PullThroughCacheRule) -> Result<PullThroughCacheRule, Failure> {
    let upstream_registry_url = rule.upstream_registry_url().map(str::to_owned);
    let unnamed = || {
        let upstream = upstream_registry_url.as_deref().unwrap_or("an unnamed upstream");
        Failure::new(upstream, "AWS described the rule without its prefix")
    };
    let ecr_repository_prefix = rule.ecr_repository_prefix().ok_or_else(unnamed)?.to_owned();
    Ok(PullThroughCacheRule { ecr_repository_prefix, upstream_registry_url })
}

/// Objects that cannot be named exactly are failures: they could be anything.
pub(super) fn image(repository: &RepositoryName, detail: &types::ImageDetail) -> Result<Image, Failure> {
    let digest = |text: &str| {
        text.parse::<Digest>().map_err(|error| Failure::new(format!("{repository}@{text}"), error.to_string()))
    };
    let image_digest = digest(detail.image_digest().unwrap_or_default())?;
    let subject = detail.subject_manifest_digest().map(|text| {
        text.parse::<Digest>()
            .map_err(|error| Failure::new(format!("{repository}@{image_digest}"), format!("its subject: {error}")))
    });
    Ok(Image {
        repository_name: repository.clone(),
        image_tags: detail.image_tags().iter().map(|tag| tag.as_str().into()).collect(),
        image_size_in_bytes: detail.image_size_in_bytes().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        image_pushed_at: optional(detail.image_pushed_at()),
        image_manifest_media_type: detail.image_manifest_media_type().map(Into::into),
        artifact_media_type: detail.artifact_media_type().map(Into::into),
        last_recorded_pull_time: optional(detail.last_recorded_pull_time()),
        subject_manifest_digest: subject.transpose()?,
        image_status: detail.image_status().map(|status| status.as_str().into()),
        last_archived_at: optional(detail.last_archived_at()),
        last_activated_at: optional(detail.last_activated_at()),
        image_scan_findings_summary: detail.image_scan_findings_summary().map(|summary| Box::new(findings(summary))),
        image_digest,
    })
}

fn findings(summary: &types::ImageScanFindingsSummary) -> FindingsSummary {
    let counts = summary.finding_severity_counts().into_iter().flatten();
    let count = |(severity, count): (&types::FindingSeverity, &i32)| {
        (severity.as_str().into(), u64::try_from(*count).unwrap_or_default())
    };
    FindingsSummary { finding_severity_counts: counts.map(count).collect() }
}
