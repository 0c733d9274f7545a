//! Whether a selector selects an object.

use super::{ImageSelector, ServiceSelector, TagPatterns, TaskDefinitionSelector, TaskSetSelector};
use crate::model::Patterns;

fn covers(patterns: &Option<Patterns>, text: &str) -> bool {
    patterns.as_ref().is_none_or(|patterns| patterns.matches(text))
}

fn covers_tags(patterns: &TagPatterns, tags: &[(&str, &str)]) -> bool {
    patterns.iter().all(|(key, values)| tags.iter().any(|(k, v)| k == key && values.matches(v)))
}

impl ServiceSelector {
    /// Whether it selects such a service.
    #[must_use]
    pub fn matches(&self, account: &str, region: &str, cluster: &str, service: &str, tags: &[(&str, &str)]) -> bool {
        covers(&self.account, account)
            && covers(&self.region, region)
            && covers(&self.cluster, cluster)
            && covers(&self.service, service)
            && covers_tags(&self.tags, tags)
    }
}
impl TaskSetSelector {
    /// Whether it selects such a task set.
    #[must_use]
    pub fn matches(&self, account: &str, region: &str, cluster: &str, service: &str, tags: &[(&str, &str)]) -> bool {
        covers(&self.account, account)
            && covers(&self.region, region)
            && covers(&self.cluster, cluster)
            && covers(&self.service, service)
            && covers_tags(&self.tags, tags)
    }
}
impl TaskDefinitionSelector {
    /// Whether it selects such a definition.
    #[must_use]
    pub fn matches(
        &self,
        account: &str,
        region: &str,
        family: &str,
        revision: u32,
        has_plaintext_secrets: bool,
        tags: &[(&str, &str)],
    ) -> bool {
        covers(&self.account, account)
            && covers(&self.region, region)
            && covers(&self.family, family)
            && covers_tags(&self.tags, tags)
            && self.revisions.as_ref().is_none_or(|range| range.contains(&revision))
            && self.plaintext_secrets.is_none_or(|wanted| wanted == has_plaintext_secrets)
    }
}
impl ImageSelector {
    /// Whether it selects images of such a repository.
    #[must_use]
    pub fn repository_matches(&self, account: &str, region: &str, repository: &str) -> bool {
        covers(&self.account, account) && covers(&self.region, region) && covers(&self.repository, repository)
    }
    /// Whether it covers a tag.
    #[must_use]
    pub fn tag_matches(&self, tag: &str) -> bool {
        if self.tags.is_none() && self.untagged == Some(true) {
            return false;
        }
        covers(&self.tags, tag)
    }
    /// Whether it selects untagged images.
    #[must_use]
    pub fn untagged_matches(&self) -> bool {
        self.untagged != Some(false)
    }
}
