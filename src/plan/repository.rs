//! One repository with everything that bears on its images: what holds for all of them is asked once.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    estate::{Estate, newest},
    evidence::{Dated, EvidenceBook},
    images::Holds,
    obstacles::Obstacles,
    pulls::last_pull,
    replication::Destination,
    unit::{ImageRule, selection},
    units::{Unit, Units},
    verdict::Telling,
};
use crate::{
    graph::{FastMap, NodeId, Reach, RepositoryImages, subject_of_tag},
    inventory::Image,
    model::{ImageTag, Kind, Reason, ReasonCode, Resource, Scope, Timestamp},
    policy::{ImageSelector, Protect, Selector},
};

/// A repository of the policy's scopes.
pub(super) struct RepositoryCase<'c, 'a> {
    pub(super) estate: &'c Estate<'a>,
    pub(super) evidence: &'c EvidenceBook<'c, 'a>,
    pub(super) holds: &'c Holds<'c>,
    pub(super) telling: Telling,
    pub(super) scope: &'c Scope,
    /// Its position among the estate's.
    place: usize,
    pub(super) images: &'c RepositoryImages<'a>,
    pub(super) units: &'c Units,
    /// What was not read and may hold its images.
    pub(super) obstacles: Arc<[Reason]>,
    /// Where a deletion would delete too.
    pub(super) destinations: Vec<Destination>,
    /// What forbids to touch any of its images.
    pub(super) forbids: Option<Reason>,
    /// The rules that select its images, with the names that steps cite.
    pub(super) rules: Vec<(&'a ImageRule, Arc<str>)>,
    pub(super) protects: Vec<(&'a Protect, &'a ImageSelector)>,
    /// The tags of each unit that people gave: not those by which referrers name their subject.
    tags: Vec<Vec<&'a str>>,
    /// The roots of the units that rules keep as the newest; the rules as in `rules`.
    pub(super) newest: Vec<BTreeSet<usize>>,
}

impl<'c, 'a> RepositoryCase<'c, 'a> {
    #[expect(clippy::too_many_arguments, reason = "everything that is known before a repository is looked at")]
    pub(super) fn new(
        estate: &'c Estate<'a>,
        evidence: &'c EvidenceBook<'c, 'a>,
        obstacles: &Obstacles<'_>,
        holds: &'c Holds<'c>,
        telling: Telling,
        scope: &'c Scope,
        (place, images): (usize, &'c RepositoryImages<'a>),
        units: &'c Units,
    ) -> Self {
        let covers = |select: &ImageSelector| select.repository_matches(&scope.account, &scope.region, images.name);
        let rules = estate.policy().images.iter().filter(|rule| covers(&rule.select));
        let protects = estate.policy().protects.iter().filter_map(|protect| match &protect.select {
            Selector::Image(select) => Some((protect, select)),
            Selector::Service(_) | Selector::TaskSet(_) | Selector::TaskDefinition(_) => None,
        });
        let mut case = Self {
            estate,
            evidence,
            holds,
            telling,
            scope,
            place,
            images,
            units,
            obstacles: obstacles.of(Kind::Image, images.registry, Some(images.name)),
            destinations: Destination::of(estate, obstacles, images),
            forbids: forbids(estate, images, telling),
            rules: rules.map(|rule| (rule, format!("image.{rule}").into())).collect(),
            protects: protects.filter(|(_, select)| covers(select)).collect(),
            tags: Vec::new(),
            newest: Vec::new(),
        };
        case.tags = units.units.iter().map(|unit| case.given_tags(unit)).collect();
        case.newest = case.rules.iter().map(|(rule, _)| case.kept_as_newest(rule)).collect();
        case
    }

    /// The units that a rule keeps as the newest, by their roots. Images in a circle stay anyway: they must not take the place of
    /// the newest.
    fn kept_as_newest(&self, rule: &ImageRule) -> BTreeSet<usize> {
        let Some(said) = &rule.terms.keep.newest else { return BTreeSet::new() };
        let selected = self
            .units
            .units
            .iter()
            .filter(|unit| !unit.circular && selection(&rule.select, self.tags_of(unit)).is_some());
        newest(said.value, selected.map(|unit| (self.image(unit.root).image_pushed_at, unit.root)))
    }

    /// The place of a unit among those that a rule which keeps the newest selects, counted from 1, and how many these are. One without
    /// a date has none: it is kept beside them.
    pub(super) fn place_among_newest(&self, rule: &ImageRule, root: usize) -> Option<(usize, usize)> {
        rule.terms.keep.newest.as_ref()?;
        let units = self.units.units.iter().filter(|unit| !unit.circular);
        let selected = units.filter(|unit| selection(&rule.select, self.tags_of(unit)).is_some());
        let mut dated: Vec<_> =
            selected.filter_map(|unit| Some((self.image(unit.root).image_pushed_at?, unit.root))).collect();
        dated.sort_unstable_by(|left, right| right.cmp(left));
        let before = dated.iter().position(|(_, one)| *one == root)?;
        Some((before + 1, dated.len()))
    }

    /// The tags of a unit that people gave.
    pub(super) fn tags_of(&self, unit: &Unit) -> &[&'a str] {
        self.tags.get(unit.index).map_or(&[], Vec::as_slice)
    }

    /// Every tag of a unit, with the image that has it.
    pub(super) fn all_tags<'u>(
        &'u self,
        unit: &'u Unit,
    ) -> impl Iterator<Item = (usize, &'a ImageTag)> + use<'u, 'a, 'c> {
        let tags = |position: &'u usize| self.image(*position).image_tags.iter().map(move |tag| (*position, tag));
        unit.members.iter().flat_map(tags)
    }

    fn given_tags(&self, unit: &Unit) -> Vec<&'a str> {
        let given = self.all_tags(unit).filter(|(image, tag)| !self.names_subject(unit, *image, tag));
        given.map(|(_, tag)| tag.as_str()).collect()
    }

    /// Whether a tag is there to name another image of the unit. Without that image it is a tag like any other.
    fn names_subject(&self, unit: &Unit, image: usize, tag: &ImageTag) -> bool {
        if unit.members.len() < 2 {
            return false;
        }
        let subject = subject_of_tag(tag).and_then(|subject| self.images.position(&subject));
        subject.is_some_and(|subject| subject != image && unit.members.binary_search(&subject).is_ok())
    }

    pub(super) fn image(&self, position: usize) -> &'a Image {
        self.images.images[position]
    }

    pub(super) fn node(&self, position: usize) -> Option<NodeId> {
        node_of(self.estate.named.get(self.place)?, position)
    }

    pub(super) fn resource(&self, position: usize) -> Resource {
        Resource::Image { repository: self.images.name.clone(), digest: self.image(position).image_digest.clone() }
    }

    /// How an image is named in sentences.
    pub(super) fn name(&self, position: usize) -> String {
        format!("image {}@{}", self.images.name, self.image(position).image_digest.short())
    }

    pub(super) fn last_pull(&self, position: usize) -> Option<Timestamp> {
        let image = self.image(position);
        image.last_recorded_pull_time?;
        last_pull(image, self.images.manifest(position))
    }

    /// The images of a unit with what dates their uses.
    pub(super) fn dated<'u>(&'u self, unit: &'u Unit) -> impl Iterator<Item = Dated<'a>> + use<'u, 'a, 'c> {
        let past: Option<&FastMap<usize, _>> = self.evidence.history.of_repository(self.place);
        unit.members.iter().map(move |position| Dated {
            image: self.image(*position),
            node: self.node(*position),
            pulled: self.last_pull(*position),
            past: past.and_then(|past| past.get(position)).copied().unwrap_or_default(),
            seen: self.estate.last_seen_at(self.images.registry, || self.resource(*position)),
        })
    }
}

/// The images of a repository that what is reached holds from outside its registry, in order.
pub(super) fn held_from_outside(estate: &Estate<'_>, place: usize, reaches: &[&Reach<'_>]) -> Vec<usize> {
    let is_reached = |node: NodeId| reaches.iter().any(|reach| reach.contains(node));
    let named = estate.named.get(place).into_iter().flatten();
    named.filter(|(_, node)| is_reached(*node)).map(|(position, _)| *position).collect()
}

fn node_of(named: &[(usize, NodeId)], position: usize) -> Option<NodeId> {
    let found = named.binary_search_by_key(&position, |(position, _)| *position).ok()?;
    named.get(found).map(|(_, node)| *node)
}

fn forbids(estate: &Estate<'_>, images: &RepositoryImages<'_>, telling: Telling) -> Option<Reason> {
    let opt_in = &estate.settings().opt_in_tag;
    let tags = estate.repository(images.registry, images.name).map_or(&[][..], |repository| repository.tags.as_slice());
    if estate.has_protect_tag(tags) {
        return Some(telling.reason(ReasonCode::ProtectTag, || "its repository carries the protect tag".to_owned()));
    }
    let opted_in = tags.iter().any(|tag| tag.key == opt_in.key && tag.value == opt_in.value);
    let text = || format!("its repository does not carry the tag {} = {}", opt_in.key, opt_in.value);
    (!opted_in).then(|| telling.reason(ReasonCode::NotOptedIn, text))
}
