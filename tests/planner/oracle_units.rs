//! The oracle's last part: what rules and times say about images that go together.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    inventory::{Image, Seen},
    model::{Patterns, Resource, Timestamp},
    plan::Action,
    policy::{ImageSelector, ImageTerms, Rule, Selector},
};

type ImageRule = Rule<ImageSelector, ImageTerms>;

use super::oracle::{Oracle, Thing, image_name, names};

impl<'a> Oracle<'a> {
    /// The tags of a unit, without those that only name another image of it.
    pub(crate) fn given_tags(&self, unit: &[usize]) -> Vec<&'a str> {
        let image = |index: usize| &self.inventory.images[index].value;
        let mut tags = Vec::new();
        for own in unit {
            for tag in &image(*own).image_tags {
                let names_other =
                    unit.iter().any(|other| other != own && names(tag.as_str(), &image(*other).image_digest));
                if !names_other {
                    tags.push(tag.as_str());
                }
            }
        }
        tags
    }

    /// What is done to a unit, if anything.
    pub(crate) fn unit_action(
        &self,
        root: usize,
        unit: &[usize],
        below: &BTreeMap<usize, BTreeSet<usize>>,
    ) -> Option<Action> {
        let first = &self.inventory.images[root];
        let location = &first.location;
        let repository = &first.value.repository_name;
        let label = self.label(location)?;
        let images: Vec<&Image> = unit.iter().map(|index| &self.inventory.images[*index].value).collect();
        let tags = self.given_tags(unit);
        let here = |select: &ImageSelector| select.repository_matches(&label.into(), &location.region, repository);
        let covered = |select: &ImageSelector, tag: &str| match (&select.tags, select.untagged) {
            (Some(patterns), _) => patterns.matches(tag),
            (None, untagged) => untagged != Some(true),
        };
        let selects = |select: &ImageSelector, tags: &[&str]| {
            here(select)
                && (tags.iter().any(|tag| covered(select, tag)) || (tags.is_empty() && select.untagged != Some(false)))
        };
        let odd = |image: &&Image| !matches!(image.image_status.as_deref(), None | Some("ACTIVE" | "ARCHIVED"));
        let is_protected = self.policy.protects.iter().any(|protect| {
            let Selector::Image(select) = &protect.select else { return false };
            let mut every_tag = images.iter().flat_map(|image| &image.image_tags);
            selects(select, &tags) || (here(select) && every_tag.any(|tag| covered(select, tag.as_str())))
        });
        if images.iter().any(odd) || is_protected || unit.iter().any(|image| self.is_held_directly(*image)) {
            return None;
        }
        let pushed = |image: &&Image| image.image_pushed_at;
        let is_root = |image: usize| !below.values().any(|held| held.contains(&image));
        let is_kept = self.policy.images.iter().filter(|rule| selects(&rule.select, &tags)).any(|rule| {
            let keep = &rule.terms.keep;
            let is_newest = keep.newest.as_ref().is_some_and(|newest| {
                let newer = (0..self.inventory.images.len()).filter(|other| {
                    let seen = &self.inventory.images[*other];
                    let is_newer = seen.value.image_pushed_at.is_some()
                        && (seen.value.image_pushed_at, &seen.value.image_digest)
                            > (first.value.image_pushed_at, &first.value.image_digest);
                    let same_repository = seen.location == *location && seen.value.repository_name == *repository;
                    same_repository && is_newer && is_root(*other) && {
                        let held = |image: &usize| image == other || below[other].contains(image);
                        let unit: Vec<usize> = (0..self.inventory.images.len()).filter(held).collect();
                        let is_circular = unit.iter().any(|image| below[image].contains(image));
                        !is_circular && selects(&rule.select, &self.given_tags(&unit))
                    }
                });
                newest.value > 0
                    && (first.value.image_pushed_at.is_none() || newer.count() < usize::try_from(newest.value).unwrap())
            });
            let kept_tag = |patterns: &Patterns| tags.iter().any(|tag| patterns.matches(tag));
            let last_pushed = if images.iter().all(|image| pushed(image).is_some()) {
                images.iter().map(pushed).max().flatten()
            } else {
                None
            };
            let pulls: Vec<_> = unit.iter().map(|index| self.pulled(&self.inventory.images[*index])).collect();
            is_newest
                || keep.tags.as_ref().is_some_and(|said| kept_tag(&said.value))
                || keep.pushed_within.as_ref().is_some_and(|said| !self.passed(last_pushed, said.value))
                || keep
                    .pulled_within
                    .as_ref()
                    .is_some_and(|said| pulls.iter().flatten().any(|at| !self.passed(Some(*at), said.value)))
        });
        let (since, latest) = self.unit_last_use(unit);
        if is_kept || !self.passed(latest, self.policy.settings.rollback_window) || !self.unit_has_settled(unit) {
            return None;
        }
        let is_archived = images.iter().all(|image| image.image_status.as_deref() == Some("ARCHIVED"));
        let selected: Vec<_> = self.policy.images.iter().filter(|rule| selects(&rule.select, &tags)).collect();
        let deletes = |rule: &ImageRule| rule.terms.delete.as_ref().is_some_and(|age| self.passed(since, age.value));
        let archives = |rule: &ImageRule| {
            !is_archived && rule.terms.archive.as_ref().is_some_and(|age| self.passed(since, age.value))
        };
        let covers = |does: &dyn Fn(&ImageRule) -> bool| {
            tags.iter().all(|tag| selected.iter().any(|rule| does(rule) && covered(&rule.select, tag)))
        };
        if selected.iter().any(|rule| deletes(rule)) && covers(&deletes) {
            let takes_a_copy = unit.iter().any(|image| self.takes_a_copy_along(*image));
            return (!takes_a_copy).then_some(Action::DeleteImage);
        }
        // Where deleting does not cover every tag, with those that archive it may still be archived.
        let is_asked = selected.iter().any(|rule| archives(rule) && !deletes(rule));
        (is_asked && covers(&|rule| deletes(rule) || archives(rule))).then_some(Action::ArchiveImage)
    }

    /// Whether no definition that names one of its images was deregistered just now.
    fn unit_has_settled(&self, unit: &[usize]) -> bool {
        let names: Vec<_> = unit.iter().map(|index| image_name(&self.inventory.images[*index])).collect();
        self.holders.iter().all(|holder| {
            let Thing::Definition(definition) = holder.thing else { return true };
            let definition = &self.inventory.task_definitions[definition].value;
            let is_named = names.iter().any(|name| holder.uses.images.contains(name));
            definition.status == "ACTIVE" || !is_named || self.has_settled(definition.deregistered_at)
        })
    }

    /// The last use of a unit as the policy counts it, and as the window does.
    pub(crate) fn unit_last_use(&self, unit: &[usize]) -> (Option<Timestamp>, Option<Timestamp>) {
        let (mut seen, mut latest, mut is_dated) = (None, None, true);
        for index in unit {
            let Seen { location, value: image } = &self.inventory.images[*index];
            let resource =
                Resource::Image { repository: image.repository_name.clone(), digest: image.image_digest.clone() };
            seen = self.ledger.last_seen(location, &resource).max(seen);
            let theirs = self.pulled(&self.inventory.images[*index]);
            let past = self.past_of_image(&self.inventory.images[*index]);
            latest = latest.max(image.image_pushed_at).max(theirs).max(image.last_activated_at).max(past.at);
            is_dated &= image.image_pushed_at.is_some() && !past.is_vague;
            let name = image_name(&self.inventory.images[*index]);
            for holder in &self.holders {
                let Thing::Definition(definition) = holder.thing else { continue };
                let definition = &self.inventory.task_definitions[definition].value;
                if holder.uses.images.contains(&name) && definition.status != "ACTIVE" {
                    let ended = definition.deregistered_at.max(definition.delete_requested_at);
                    latest = latest.max(ended);
                    is_dated &= ended.is_some();
                }
            }
        }
        match (is_dated, self.is_observed()) {
            (true, true) => (seen, seen.and(latest.max(seen))),
            (true, false) => (latest.max(seen), latest.max(seen)),
            (false, true) => (seen, None),
            (false, false) => (None, None),
        }
    }
}
