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
        self.family_matches(account, region, family) && self.revision_matches(revision, tags, plaintext_secrets)
    }

    /// Whether it covers revisions of such a family at all.
    #[must_use]
    pub fn family_matches(&self, account: &AccountLabel, region: &Region, family: &Family) -> bool {
        covers(self.account.as_ref(), account.as_str())
            && covers(self.region.as_ref(), region.as_str())
            && covers(self.family.as_ref(), family.as_str())
    }

    /// Whether it covers such a revision of a family that it covers.
    #[must_use]
    pub fn revision_matches(&self, revision: Revision, tags: &[Tag<'_>], plaintext_secrets: bool) -> bool {
        self.revisions.as_ref().is_none_or(|revisions| revisions.contains(&revision.0))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns(texts: &[&str]) -> Option<Patterns> {
        Some(Patterns::new(texts).unwrap())
    }

    fn service_matches(selector: &ServiceSelector, cluster: &str, tags: &[Tag<'_>]) -> bool {
        selector.matches(&"prod".into(), &"eu-central-1".into(), &cluster.into(), &"web".into(), tags)
    }

    #[test]
    fn what_is_absent_does_not_restrict() {
        assert!(service_matches(&ServiceSelector::default(), "live", &[]));
        let selector = TaskDefinitionSelector::default();
        for secrets in [true, false] {
            let (account, region) = ("prod".into(), "eu-central-1".into());
            assert!(selector.matches(&account, &region, &"web".into(), Revision(1), &[], secrets));
        }
    }

    #[test]
    fn every_restriction_must_hold() {
        let selector =
            ServiceSelector { cluster: patterns(&["dev-*"]), region: patterns(&["eu-*"]), ..Default::default() };
        assert!(service_matches(&selector, "dev-1", &[]));
        assert!(!service_matches(&selector, "live", &[]));
        let elsewhere = ServiceSelector { region: patterns(&["us-*"]), ..selector };
        assert!(!service_matches(&elsewhere, "dev-1", &[]));
    }

    #[test]
    fn all_tags_must_be_there_with_a_value_that_matches() {
        let tags = [
            ("team".to_owned(), patterns(&["web-*", "!web-lab"]).unwrap()),
            ("env".to_owned(), patterns(&["*"]).unwrap()),
        ];
        let selector = ServiceSelector { tags: tags.into(), ..Default::default() };
        assert!(service_matches(&selector, "c", &[("env", ""), ("team", "web-shop"), ("other", "x")]));
        assert!(!service_matches(&selector, "c", &[("env", "prod"), ("team", "web-lab")]));
        assert!(!service_matches(&selector, "c", &[("team", "web-shop")]));
        assert!(!service_matches(&selector, "c", &[("Env", "prod"), ("team", "web-shop")]));
    }

    #[test]
    fn revisions_include_both_ends() {
        let selector = TaskDefinitionSelector { revisions: Some(3..=5), ..Default::default() };
        let covered = |revision| {
            selector.matches(&"prod".into(), &"eu-central-1".into(), &"web".into(), Revision(revision), &[], false)
        };
        assert_eq!([2, 3, 4, 5, 6].map(covered), [false, true, true, true, false]);
    }

    #[test]
    fn tags_and_untagged_select_as_documented() {
        let selector = |tags: Option<&[&str]>, untagged| ImageSelector {
            tags: tags.map(|tags| Patterns::new(tags).unwrap()),
            untagged,
            ..Default::default()
        };
        // The whole table: `tags`, `untagged`, then whether "pr-1", "latest" and an untagged image are covered.
        let pr: Option<&[&str]> = Some(&["pr-*"]);
        for (tags, untagged, expected) in [
            (None, None, [true, true, true]),
            (None, Some(false), [true, true, false]),
            (None, Some(true), [false, false, true]),
            (pr, None, [true, false, true]),
            (pr, Some(false), [true, false, false]),
            (pr, Some(true), [true, false, true]),
        ] {
            let selector = selector(tags, untagged);
            let found = [selector.tag_matches("pr-1"), selector.tag_matches("latest"), selector.untagged_matches()];
            assert_eq!(found, expected, "tags {tags:?}, untagged {untagged:?}");
        }
    }

    /// A list of patterns that can restrict, from a few letters so that it often does.
    fn any_patterns() -> impl Strategy<Value = Option<Patterns>> {
        let list = proptest::collection::vec("!?[ab*]{1,3}", 1..3);
        proptest::option::of(list.prop_map(|texts| Patterns::new(&texts).unwrap()))
    }

    proptest! {
        /// A restriction more never selects more (law L3).
        #[test]
        fn restrictions_only_narrow(
            cluster in any_patterns(),
            service in any_patterns(),
            tag in any_patterns(),
            names in ("[ab]{1,3}", "[ab]{1,3}", "[ab]{1,3}"),
        ) {
            let full = ServiceSelector {
                cluster,
                service,
                tags: tag.map(|patterns| ("team".to_owned(), patterns)).into_iter().collect(),
                ..Default::default()
            };
            let (cluster, service, team) = names;
            let covered = |selector: &ServiceSelector| {
                let tags = [("team", team.as_str())];
                selector.matches(&"p".into(), &"r".into(), &cluster.as_str().into(), &service.as_str().into(), &tags)
            };
            for wider in [
                ServiceSelector { cluster: None, ..full.clone() },
                ServiceSelector { service: None, ..full.clone() },
                ServiceSelector { tags: TagPatterns::new(), ..full.clone() },
            ] {
                prop_assert!(covered(&wider) || !covered(&full));
            }
        }

        /// `tags` restricts tagged images and leaves untagged ones alone.
        #[test]
        fn tags_do_not_touch_untagged_images(tags in any_patterns(), untagged: Option<bool>, tag in "[ab]{1,3}") {
            let with = ImageSelector { tags, untagged, ..Default::default() };
            let without = ImageSelector { tags: None, ..with.clone() };
            prop_assert_eq!(with.untagged_matches(), without.untagged_matches());
            if untagged != Some(true) {
                prop_assert!(without.tag_matches(&tag) || !with.tag_matches(&tag));
            }
        }
    }
}
