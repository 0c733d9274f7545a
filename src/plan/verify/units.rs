//! Units of images: what goes together is kept and retired together.

use std::{collections::HashSet, sync::Arc};

use super::{
    facts::{LastUse, protects},
    images::Shelf,
    objection::{Findings, Law},
    past::Run,
    relations::subject_of,
    uses::User,
};
use crate::{
    inventory::{Image, TaskDefinition},
    model::{Age, Digest, ImageTag, Resource, Timestamp, quota::DEREGISTRATION_SETTLES_SECONDS},
    plan::Action,
    policy::{ImageSelector, ImageTerms, Rule, Said, Selector},
};

type ImageRule = Rule<ImageSelector, ImageTerms>;

/// An image that nothing in its repository holds, with everything that it does.
pub(super) struct Unit<'u, 'c, 'a> {
    shelf: &'u Shelf<'c, 'a>,
    root: &'a Image,
    images: Vec<&'a Image>,
    /// The tags that people gave: not those that name another image of the unit.
    tags: Vec<&'a str>,
    is_tangled: bool,
}

/// What a step on an image of a unit may say.
pub(super) struct Terms<'c> {
    pub(super) action: Action,
    /// The rules that retire the unit, and their lines.
    pub(super) lines: Vec<(&'c str, &'c str)>,
    /// The digests of the unit, in order.
    pub(super) members: Arc<[Digest]>,
}

impl<'u, 'c, 'a> Unit<'u, 'c, 'a> {
    pub(super) fn new(shelf: &'u Shelf<'c, 'a>, (at, root): (usize, &'a Image)) -> Self {
        let members = shelf.relations.unit(at);
        let is_tangled = shelf.relations.is_tangled(&members);
        let mut images: Vec<&Image> = members.iter().filter_map(|at| shelf.images.get(*at).copied()).collect();
        images.sort_unstable_by(|one, two| one.image_digest.cmp(&two.image_digest));
        let tags = given_tags(&images);
        Self { shelf, root, images, tags, is_tangled }
    }

    /// Objects to the step on the root if the unit may not go, and gives what the steps on its images may say.
    pub(super) fn check(&self, step: usize, action: Action, findings: &mut Findings) -> Terms<'c> {
        let last_use = self.last_use();
        let lines = self.retiring(action, last_use);
        findings.ensure(!self.is_tangled, step, Law::Unknown, || {
            "it belongs to images that hold each other in a circle".to_owned()
        });
        for image in &self.images {
            let status = image.image_status.as_deref();
            findings.ensure(matches!(status, None | Some("ACTIVE" | "ARCHIVED")), step, Law::Unknown, || {
                format!("the status of {} is `{}`", image.image_digest.short(), status.unwrap_or_default())
            });
        }
        self.check_uses(step, findings);
        self.check_protections(step, findings);
        self.check_keeps(step, findings);
        self.check_tags(action, last_use, step, findings);
        self.check_window(last_use, step, findings);
        if action == Action::DeleteImage {
            self.shelf.copies.objections(&self.images).for_each(|text| findings.object(step, Law::Reachable, text));
        }
        let members = self.images.iter().map(|image| image.image_digest.clone()).collect();
        Terms { action, lines: lines.into_iter().map(|(rule, at)| (rule.name.as_str(), at)).collect(), members }
    }

    fn check_uses(&self, step: usize, findings: &mut Findings) {
        let facts = self.shelf.facts;
        let mut asked: HashSet<usize> = HashSet::new();
        for user in self.users() {
            match user {
                User::Definition(definition) if !asked.insert(definition) => {}
                User::Definition(definition) if facts.holds_by_itself(definition) => {
                    facts.ensure_released(findings, step, user);
                }
                // An INACTIVE one holds through what runs it, and no longer than that.
                User::Definition(definition) => {
                    facts.runs(definition).for_each(|user| facts.ensure_released(findings, step, user));
                }
                User::Service(_) | User::TaskSet(_) | User::Fixed(_) => facts.ensure_released(findings, step, user),
            }
        }
    }

    fn users(&self) -> impl Iterator<Item = User<'a>> {
        self.images.iter().flat_map(|image| self.shelf.users(image))
    }

    fn selects_repository(&self, select: &ImageSelector) -> bool {
        let repository = self.shelf.repository;
        select.repository_matches(self.shelf.label, &repository.location.region, repository.name)
    }

    fn selects(&self, select: &ImageSelector) -> bool {
        let covers = if self.tags.is_empty() {
            select.untagged_matches()
        } else {
            self.tags.iter().any(|tag| select.tag_matches(tag))
        };
        covers && self.selects_repository(select)
    }

    fn rules(&self) -> impl Iterator<Item = &'c ImageRule> {
        self.shelf.facts.question.policy.images.iter().filter(|rule| self.selects(&rule.select))
    }

    /// A protection covers a unit by any tag that there is in it.
    fn check_protections(&self, step: usize, findings: &mut Findings) {
        for protect in &self.shelf.facts.question.policy.protects {
            let Selector::Image(select) = &protect.select else { continue };
            let mut tags = self.images.iter().flat_map(|image| &image.image_tags);
            let by_any_tag = self.selects_repository(select) && tags.any(|tag| select.tag_matches(tag.as_str()));
            findings.ensure(!by_any_tag && !self.selects(select), step, Law::Silence, || protects(protect));
        }
    }

    fn check_keeps(&self, step: usize, findings: &mut Findings) {
        let facts = self.shelf.facts;
        for rule in self.rules() {
            let keep = &rule.terms.keep;
            let kept_tag = keep.tags.as_ref().and_then(|said| self.tags.iter().find(|tag| said.value.matches(tag)));
            if let Some(tag) = kept_tag {
                findings.object(step, Law::Silence, format!("{rule} keeps the tag {tag}"));
            }
            if let Some(said) = &keep.pushed_within {
                let is_passed = self.images.iter().all(|image| facts.passed(image.image_pushed_at, said.value));
                findings.ensure(is_passed, step, Law::Silence, || {
                    format!("{rule} keeps what was pushed within {}", said.value)
                });
            }
            if let Some(said) = &keep.pulled_within {
                let mut pulls = self.images.iter().filter_map(|image| self.shelf.repository.last_pull(image));
                let is_passed = pulls.all(|pulled| facts.passed(Some(pulled), said.value));
                findings.ensure(is_passed, step, Law::Silence, || {
                    format!("{rule} keeps what was pulled within {}", said.value)
                });
            }
        }
    }

    /// The rules that delete it, or that archive it and do not delete it yet, each with the line that says so.
    fn retiring(&self, action: Action, last_use: LastUse) -> Vec<(&'c ImageRule, &'c str)> {
        let facts = self.shelf.facts;
        let since = last_use.for_rules(facts.settings().evidence);
        let met = |said: &'c Option<Said<Age>>| said.as_ref().filter(|said| facts.passed(since, said.value));
        let line = |rule: &'c ImageRule| {
            let deletes = met(&rule.terms.delete);
            let archives = met(&rule.terms.archive).filter(|_| deletes.is_none());
            let said = if action == Action::ArchiveImage { archives } else { deletes };
            said.map(|said| (rule, &*said.at))
        };
        self.rules().filter_map(line).collect()
    }

    /// Every tag needs a rule that retires it. One that deletes counts for archiving as well.
    fn check_tags(&self, action: Action, last_use: LastUse, step: usize, findings: &mut Findings) {
        let mut rules = self.retiring(action, last_use);
        if action == Action::ArchiveImage {
            rules.extend(self.retiring(Action::DeleteImage, last_use));
        }
        for tag in &self.tags {
            let is_covered = rules.iter().any(|(rule, _)| rule.select.tag_matches(tag));
            findings.ensure(is_covered, step, Law::Silence, || format!("no rule that retires it covers its tag {tag}"));
        }
        findings.ensure(!rules.is_empty(), step, Law::Silence, || "no rule retires it".to_owned());
    }

    fn check_window(&self, last_use: LastUse, step: usize, findings: &mut Findings) {
        let facts = self.shelf.facts;
        let window = facts.settings().rollback_window;
        let since = last_use.for_window(facts.settings().evidence);
        findings.ensure(facts.passed(since, window), step, Law::Window, || {
            format!("it may have been in use within the rollback window of {window}")
        });
        let settles = Age::from_seconds(DEREGISTRATION_SETTLES_SECONDS);
        let is_settled = self.retired_definitions().all(|definition| {
            definition.deregistered_at.is_none() || facts.passed(definition.deregistered_at, settles)
        });
        findings.ensure(is_settled, step, Law::Window, || {
            "a definition that names it was deregistered just now, and a task may still start from it".to_owned()
        });
    }

    /// The definitions that name an image of it and are not ACTIVE.
    fn retired_definitions(&self) -> impl Iterator<Item = &'a TaskDefinition> {
        let all = self.shelf.facts.families.definitions;
        let definitions = self.users().filter_map(move |user| match user {
            User::Definition(definition) => all.get(definition).map(|seen| &seen.value),
            User::Service(_) | User::TaskSet(_) | User::Fixed(_) => None,
        });
        definitions.filter(|definition| definition.status != "ACTIVE")
    }

    fn last_use(&self) -> LastUse {
        let mut last_use = LastUse { seen: self.seen_in_ledger(), ..LastUse::default() };
        for image in &self.images {
            let pulled = self.shelf.repository.last_pull(image);
            last_use.dated = last_use.dated.max(image.image_pushed_at).max(pulled).max(image.last_activated_at);
            last_use.is_undated |= image.image_pushed_at.is_none();
            last_use.run = Run::and(last_use.run, self.shelf.run(image));
        }
        for definition in self.retired_definitions() {
            let ended = definition.deregistered_at.max(definition.delete_requested_at);
            last_use.dated = last_use.dated.max(ended);
            last_use.is_undated |= ended.is_none();
        }
        last_use
    }

    fn seen_in_ledger(&self) -> Option<Timestamp> {
        let ledger = self.shelf.facts.question.ledger;
        if ledger.is_empty() {
            return None;
        }
        let location = self.shelf.repository.location;
        let sightings = self.images.iter().map(|image| {
            let (repository, digest) = (image.repository_name.clone(), image.image_digest.clone());
            ledger.last_seen(location, &Resource::Image { repository, digest })
        });
        sightings.max().flatten()
    }

    fn age(&self) -> (Option<Timestamp>, &'a str) {
        (self.root.image_pushed_at, self.root.image_digest.as_str())
    }
}

/// Objects to steps on the newest units that a rule keeps.
pub(super) fn check_newest(shelf: &Shelf<'_, '_>, units: &[(usize, usize, Unit<'_, '_, '_>)], findings: &mut Findings) {
    for rule in &shelf.facts.policy().images {
        let Some(said) = rule.terms.keep.newest.as_ref().filter(|said| said.value > 0) else { continue };
        let selected = units.iter().filter(|(_, _, unit)| unit.selects(&rule.select));
        let mut selected: Vec<_> = selected.map(|(_, step, unit)| (unit.age(), *step)).collect();
        selected.sort_unstable_by(|one, two| two.cmp(one));
        let (dated, undated): (Vec<_>, Vec<_>) = selected.into_iter().partition(|(age, _)| age.0.is_some());
        // What is older than one that is outdone is outdone as well. What nothing dates may be the newest.
        let kept = dated.into_iter().take_while(|(age, _)| !has_newer(shelf, rule, *age, said.value)).chain(undated);
        for (_, step) in kept {
            let text = format!("{rule} keeps the newest {} of its repository, and it is one", said.value);
            findings.object(step, Law::Silence, text);
        }
    }
}

/// Whether a rule covers so many newer units of the repository.
fn has_newer(shelf: &Shelf<'_, '_>, rule: &ImageRule, age: (Option<Timestamp>, &str), wanted: u32) -> bool {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let newer = shelf.images.iter().enumerate().filter(|(at, image)| {
        let is_newer = image.image_pushed_at.is_some() && (image.image_pushed_at, image.image_digest.as_str()) > age;
        is_newer && shelf.relations.is_root(*at) && {
            let unit = Unit::new(shelf, (*at, **image));
            !unit.is_tangled && unit.selects(&rule.select)
        }
    });
    newer.take(wanted).count() == wanted
}

/// The tags of images, without those that name another of them.
fn given_tags<'a>(images: &[&'a Image]) -> Vec<&'a str> {
    let names_another = |own: &Image, tag: &str| {
        let subject = subject_of(tag).filter(|subject| subject != own.image_digest.as_str());
        subject.is_some_and(|subject| images.iter().any(|other| other.image_digest.as_str() == subject))
    };
    let mut tags = Vec::new();
    for image in images {
        tags.extend(image.image_tags.iter().map(ImageTag::as_str).filter(|tag| !names_another(image, tag)));
    }
    tags
}
