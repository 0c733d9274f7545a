//! ECR objects, with the field names of the ECR API (2015-09-21).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{SeverityCounts, Tag, instant::instant, words};
use crate::model::{Digest, ImageTag, RepositoryName, Timestamp};

/// An ECR repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// Its name.
    pub repository_name: RepositoryName,
    /// Its ARN.
    #[serde(default)]
    pub repository_arn: String,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// MUTABLE, IMMUTABLE, or either with exclusions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tag_mutability: Option<String>,
    /// Its tags (from ListTagsForResource).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Who may do what with it (`policyText` of GetRepositoryPolicy); absent without a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_text: Option<String>,
    /// ECR's own rules for it (`lifecyclePolicyText` of GetLifecyclePolicy); absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy_text: Option<String>,
}

/// An image or other artifact of a repository: `imageDetail` of DescribeImages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Its repository.
    #[serde(deserialize_with = "words::repository")]
    pub repository_name: RepositoryName,
    /// The digest of its manifest.
    pub image_digest: Digest,
    /// Its tags; none for an untagged image.
    #[serde(default, deserialize_with = "words::exactly", skip_serializing_if = "Vec::is_empty")]
    pub image_tags: Vec<ImageTag>,
    /// Bytes, compressed; for an index the largest of its children.
    #[serde(default)]
    pub image_size_in_bytes: u64,
    /// When it was pushed.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub image_pushed_at: Option<Timestamp>,
    /// The media type of its manifest.
    #[serde(default, deserialize_with = "words::word", skip_serializing_if = "Option::is_none")]
    pub image_manifest_media_type: Option<Arc<str>>,
    /// What an artifact that is not an image says it is.
    #[serde(default, deserialize_with = "words::word", skip_serializing_if = "Option::is_none")]
    pub artifact_media_type: Option<Arc<str>>,
    /// When it was last pulled, to within a day; absent if never.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub last_recorded_pull_time: Option<Timestamp>,
    /// The image that this one is about (OCI 1.1 referrers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_manifest_digest: Option<Digest>,
    /// ACTIVE, ARCHIVED or ACTIVATING; absent means ACTIVE.
    #[serde(default, deserialize_with = "words::word", skip_serializing_if = "Option::is_none")]
    pub image_status: Option<Arc<str>>,
    /// When it was last archived.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub last_archived_at: Option<Timestamp>,
    /// When it came back from the archive.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub last_activated_at: Option<Timestamp>,
    /// Vulnerabilities found in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_scan_findings_summary: Option<Box<FindingsSummary>>,
}

/// How many findings of which severity a scan found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingsSummary {
    /// Count by severity: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNDEFINED.
    #[serde(default)]
    pub finding_severity_counts: SeverityCounts,
}

/// What an image index holds, read once from BatchGetImage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The repository of the index.
    #[serde(deserialize_with = "words::repository")]
    pub repository_name: RepositoryName,
    /// The digest of the index.
    pub image_digest: Digest,
    /// The digests of the manifests that it lists. They need not exist.
    #[serde(deserialize_with = "words::exactly")]
    pub children: Vec<Digest>,
    /// When BatchGetImage read it, which ECR counts as a pull. Absent if nobody remembers.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
    /// The pull that was on record before that; absent if there was none.
    #[serde(default, deserialize_with = "instant", skip_serializing_if = "Option::is_none")]
    pub pulled_before: Option<Timestamp>,
}

/// Whether a manifest of this media type lists other manifests: the OCI image index and Docker's manifest list.
#[must_use]
pub fn is_index(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/vnd.oci.image.index.v1+json" | "application/vnd.docker.distribution.manifest.list.v2+json"
    )
}
