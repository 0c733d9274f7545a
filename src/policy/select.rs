//! What the selectors of rules and protections cover.

use super::types::{ImageSelector, ServiceSelector, TagPatterns, TaskDefinitionSelector, TaskSetSelector};
use crate::model::{AccountLabel, ClusterName, Family, Patterns, Region, RepositoryName, Revision, ServiceName};

/// An AWS tag: key and value.
type Tag<'a> = (&'a str, &'a str);

/// Whether `patterns` cover `text`; without patterns there is no restriction.
fn covers(patterns: Option<&Patterns>, text: &str) -> bool {
    patterns.is_none_or(|patterns| patterns.matches(text))
}

/// Whether every key of `wanted` is among `tags`, with a value that matches.
fn has_tags(wanted: &TagPatterns, tags: &[Tag<'_>]) -> bool {
    wanted.iter().all(|(key, patterns)| tags.iter().any(|(found, value)| found == key && patterns.matches(value)))
}

impl ServiceSelector {
    /// Whether it covers such a service.
    #[must_use]
    pub fn matches(
        &self,
        account: &AccountLabel,
        region: &Region,
        cluster: &ClusterName,
        service: &ServiceName,
        tags: &[Tag<'_>],
    ) -> bool {
        covers(self.account.as_ref(), account.as_str())
            && covers(self.region.as_ref(), region.as_str())
            && covers(self.cluster.as_ref(), cluster.as_str())
            && covers(self.service.as_ref(), service.as_str())
            && has_tags(&self.tags, tags)
    }
}

impl TaskSetSelector {
    /// Whether it covers such a task set; `tags` are the task set's own.
    #[must_use]
    pub fn matches(
        &self,
        account: &AccountLabel,
        region: &Region,
        cluster: &ClusterName,
        service: &ServiceName,
        tags: &[Tag<'_>],
    ) -> bool {
        covers(self.account.as_ref(), account.as_str())
            && covers(self.region.as_ref(), region.as_str())
            && covers(self.cluster.as_ref(), cluster.as_str())
            && covers(self.service.as_ref(), service.as_str())
            && has_tags(&self.tags, tags)
    }
}

impl TaskDefinitionSelector {
    /// Whether it covers such a revision; `plaintext_secrets` says whether its environment holds any.
    #[must_use]
    pub fn matches(
        &self,
        account: &AccountLabel,
        region: &Region,
        family: &Family,
        revision: Revision,
        tags: &[Tag<'_>],
        plaintext_secrets: bool,
    ) -> bool {
        covers(self.account.as_ref(), account.as_str())
            && covers(self.region.as_ref(), region.as_str())
            && covers(self.family.as_ref(), family.as_str())
            && self.revisions.as_ref().is_none_or(|revisions| revisions.contains(&revision.0))
            && has_tags(&self.tags, tags)
            && self.plaintext_secrets.is_none_or(|wanted| wanted == plaintext_secrets)
    }
}

impl ImageSelector {
    /// Whether it covers images of such a repository.
    #[must_use]
    pub fn repository_matches(&self, account: &AccountLabel, region: &Region, repository: &RepositoryName) -> bool {
        covers(self.account.as_ref(), account.as_str())
            && covers(self.region.as_ref(), region.as_str())
            && covers(self.repository.as_ref(), repository.as_str())
    }

    /// Whether it covers this tag of an image. Where only untagged images are selected, it covers none.
    #[must_use]
    pub fn tag_matches(&self, tag: &str) -> bool {
        match &self.tags {
            Some(tags) => tags.matches(tag),
            None => self.untagged != Some(true),
        }
    }

    /// Whether it covers images without any tag.
    #[must_use]
    pub fn untagged_matches(&self) -> bool {
        self.untagged != Some(false)
    }
}
