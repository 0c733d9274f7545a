//! Steps on images, repository by repository.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::{
    copies::Copies,
    facts::{Facts, ensure_expects},
    names::RepositoryKey,
    objection::{Findings, Law},
    past::Run,
    relations::Relations,
    repositories::Repository,
    units::{Terms, Unit},
    unread::Vaguest,
    uses::User,
};
use crate::{
    inventory::{Image, is_index},
    model::{AccountLabel, Bytes, Digest, ImageTag, Kind},
    plan::{Action, Expect, Step},
};

/// Scan findings by severity.
pub(super) type Severities = BTreeMap<String, u64>;

/// Checks the steps on images, and counts the scan findings that go with them.
pub(super) fn check(facts: &Facts<'_>, vaguest: &Vaguest<'_>, findings: &mut Findings) -> Severities {
    let repositories: Vec<_> = facts.steps.repositories.iter().collect();
    let checked: Vec<(Findings, Severities)> = repositories
        .par_iter()
        .map(|(key, steps)| {
            let mut findings = Findings::default();
            let severities = check_repository(facts, vaguest, **key, steps, &mut findings);
            (findings, severities)
        })
        .collect();
    let mut all = Severities::new();
    for (found, severities) in checked {
        findings.append(found);
        for (severity, number) in severities {
            *all.entry(severity).or_default() += number;
        }
    }
    all
}

fn check_repository(
    facts: &Facts<'_>,
    vaguest: &Vaguest<'_>,
    key: RepositoryKey<'_>,
    steps: &[usize],
    findings: &mut Findings,
) -> Severities {
    let found = facts.repositories.find(key).and_then(|at| Some((at, facts.repositories.all.get(at)?)));
    let shelf =
        found.and_then(|(at, repository)| Some(Shelf::new(facts, at, repository, facts.label(repository.location)?)));
    let Some(shelf) = shelf else {
        let text = "there is no such image in the accounts and Regions of the policy";
        steps.iter().for_each(|step| findings.object(*step, Law::Review, text));
        return Severities::new();
    };
    let on = shelf.find(steps, findings);
    for (law, text) in shelf.forbids(vaguest) {
        steps.iter().for_each(|step| findings.object(*step, law, text.clone()));
    }
    if let Some(release) = vaguest.release {
        for step in steps.iter().filter(|step| **step < release) {
            findings.object(*step, Law::Order, "it comes before a deregistration of what may use any image");
        }
    }
    let terms = shelf.check_units(&on, findings);
    shelf.check_own(&on, &terms, findings);
    shelf.severities(&on)
}

/// The steps on the images of a repository, by the image's place in it.
pub(super) type On = BTreeMap<usize, usize>;

/// A repository, laid out.
pub(super) struct Shelf<'c, 'a> {
    pub(super) facts: &'c Facts<'a>,
    pub(super) repository: &'c Repository<'a>,
    pub(super) label: &'c AccountLabel,
    pub(super) images: Vec<&'a Image>,
    index: HashMap<&'a str, usize>,
    pub(super) relations: Relations,
    /// Who uses which tag or digest. No tag looks like a digest: it cannot have a colon.
    users: HashMap<&'c str, Vec<User<'a>>>,
    runs: HashMap<&'c str, Run>,
    pub(super) copies: Copies<'a>,
}

impl<'c, 'a> Shelf<'c, 'a> {
    fn new(facts: &'c Facts<'a>, at: usize, repository: &'c Repository<'a>, label: &'c AccountLabel) -> Self {
        let images: Vec<&Image> = repository.images().collect();
        let index: HashMap<&str, usize> =
            images.iter().enumerate().map(|(at, image)| (image.image_digest.as_str(), at)).collect();
        let relations = Relations::new(repository, &images, &index);
        let mut users: HashMap<&str, Vec<User<'_>>> = HashMap::new();
        for naming in facts.uses.names.get(&at).into_iter().flatten() {
            for name in named(naming.tag.as_ref(), &naming.digests) {
                users.entry(name).or_default().push(naming.user);
            }
        }
        let mut runs: HashMap<&str, Run> = HashMap::new();
        for ran in facts.past.images.get(&at).into_iter().flatten() {
            for name in named(ran.tag.as_ref(), &ran.digests) {
                let known = runs.entry(name).or_default();
                *known = known.and(ran.run);
            }
        }
        let copies = Copies::new(facts, repository);
        Self { facts, repository, label, images, index, relations, users, runs, copies }
    }

    /// The images of the steps.
    fn find(&self, steps: &[usize], findings: &mut Findings) -> On {
        let mut on = On::new();
        for at in steps {
            let digest = self.facts.steps.all.get(*at).and_then(|step| step.target.digest.as_ref());
            match digest.and_then(|digest| self.index.get(digest.as_str())) {
                Some(image) if on.insert(*image, *at).is_none() => {}
                Some(_) => findings.object(*at, Law::Review, "another step is on it as well"),
                None => findings.object(*at, Law::Review, "there is no such image"),
            }
        }
        on
    }

    /// What forbids to delete anything of the repository.
    fn forbids(&self, vaguest: &Vaguest<'_>) -> Vec<(Law, String)> {
        let (facts, repository) = (self.facts, self.repository);
        let opt_in = &facts.settings().opt_in_tag;
        let tags = repository.listed.map_or(&[][..], |listed| listed.tags.as_slice());
        let mut forbids = Vec::new();
        if !tags.iter().any(|tag| tag.key == opt_in.key && tag.value == opt_in.value) {
            forbids.push((Law::Silence, "its repository does not carry the opt-in tag".to_owned()));
        }
        if facts.has_protect_tag(tags) {
            forbids.push((Law::Silence, "its repository carries the protect tag".to_owned()));
        }
        let unread = facts.unread.may_hold(Kind::Image, repository.location, Some(repository.name));
        let index = repository.unread_index();
        let index =
            index.map(|index| format!("the index {} was not read, and may list it", index.image_digest.short()));
        let vague = vaguest.image.map(|user| Vaguest::text(facts, user));
        forbids.extend([unread, index, vague].into_iter().flatten().map(|text| (Law::Unknown, text)));
        forbids
    }

    /// Checks that an image goes after all that holds it in the repository, and that its units may go. Gives what the steps on the
    /// images of each unit may say.
    fn check_units(&self, on: &On, findings: &mut Findings) -> HashMap<usize, Terms<'c>> {
        // The root, the step to blame and the unit.
        let mut units = Vec::new();
        for (image, step) in on {
            self.check_wholes(on, *image, *step, findings);
            for root in self.roots(*image) {
                // With nothing left to archive a root has no step, and each step on what it holds answers for the unit.
                let is_first = root == *image || !on.contains_key(&root);
                let Some(first) = self.images.get(root).filter(|_| is_first) else { continue };
                units.push((root, *step, Unit::new(self, (root, first))));
            }
        }
        let mut terms = HashMap::with_capacity(units.len());
        for (root, step, unit) in &units {
            terms.insert(*root, unit.check(*step, self.action(*step), findings));
        }
        super::units::check_newest(self, &units, findings);
        terms
    }

    /// Checks that an image goes after everything that it is a part of, and that none of that stays. What is archived is not
    /// archived again.
    fn check_wholes(&self, on: &On, image: usize, step: usize, findings: &mut Findings) {
        let archives = self.action(step) == Action::ArchiveImage;
        for above in self.relations.above(image) {
            let whole = self.images.get(above).copied();
            let is_archived = whole.is_some_and(|whole| whole.image_status.as_deref() == Some("ARCHIVED"));
            let first = on.get(&above).filter(|first| archives || self.action(**first) != Action::ArchiveImage);
            match first {
                Some(first) => self.facts.steps.ensure_waits(findings, step, *first),
                None if archives && is_archived => {}
                None => {
                    let digest = whole.map_or("", |whole| whole.image_digest.short());
                    findings.object(step, Law::Reachable, format!("{digest}, which it is a part of, stays"));
                }
            }
        }
    }

    fn action(&self, step: usize) -> Action {
        self.facts.steps.all.get(step).map_or(Action::DeleteImage, |step| step.action)
    }

    fn roots(&self, image: usize) -> Vec<usize> {
        if self.relations.is_root(image) { vec![image] } else { self.relations.roots(image) }
    }

    /// Checks what a step says of its image by itself.
    fn check_own(&self, on: &On, terms: &HashMap<usize, Terms<'c>>, findings: &mut Findings) {
        for (at, step_at) in on {
            let (Some(image), Some(step)) = (self.images.get(*at), self.facts.steps.all.get(*step_at)) else {
                continue;
            };
            let mut tags = image.image_tags.clone();
            tags.sort_unstable();
            findings.ensure(step.target.tags == tags, *step_at, Law::Review, || "it has other tags".to_owned());
            findings.ensure(step.bytes == bytes_of(image), *step_at, Law::Review, || "it has another size".to_owned());
            let is_left = step.action == Action::DeleteImage || image.image_status.as_deref() != Some("ARCHIVED");
            findings.ensure(is_left, *step_at, Law::Silence, || "it is archived already".to_owned());
            let roots = self.roots(*at);
            let of_units = roots.iter().filter_map(|root| terms.get(root)).filter(|terms| terms.action == step.action);
            self.check_terms(*step_at, step, of_units.collect(), image, tags, findings);
        }
    }

    /// Objects unless a step has the rule and the facts of one of the units of its image.
    fn check_terms(
        &self,
        at: usize,
        step: &Step,
        mut terms: Vec<&Terms<'c>>,
        image: &Image,
        tags: Vec<ImageTag>,
        findings: &mut Findings,
    ) {
        let name = step.rule.strip_prefix("image.");
        terms.retain(|terms| terms.lines.iter().any(|(rule, line)| Some(*rule) == name && **line == *step.at));
        if terms.is_empty() {
            findings.object(at, Law::Silence, format!("{} at {} does not retire it", step.rule, step.at));
            return;
        }
        let is_its = |terms: &&&Terms<'_>| {
            let is_members =
                |fact: &Expect| matches!(fact, Expect::UnitUnreferenced { members } if *members == terms.members);
            step.expect.iter().any(is_members)
        };
        let Some(terms) = terms.iter().find(is_its).or(terms.first()) else { return };
        let mut wanted = vec![Expect::OptedIn, Expect::UnitUnreferenced { members: terms.members.clone() }];
        match step.action {
            Action::ArchiveImage => wanted.push(Expect::Status { is: "ACTIVE".to_owned() }),
            // Only deletions are replicated.
            Action::DeleteImage
            | Action::ScaleTaskSet
            | Action::DeleteTaskSet
            | Action::DeleteService
            | Action::DeregisterTaskDefinition
            | Action::DeleteTaskDefinition => wanted.extend(self.copies.expect()),
        }
        wanted.extend([Expect::Tags { are: tags }, Expect::PushedAt { is: image.image_pushed_at }]);
        ensure_expects(findings, at, step, &wanted);
    }

    fn severities(&self, on: &On) -> Severities {
        let mut severities = Severities::new();
        let deleted = on.iter().filter(|(_, step)| self.action(**step) == Action::DeleteImage);
        let summaries = deleted.filter_map(|(at, _)| self.images.get(*at)?.image_scan_findings_summary.as_ref());
        for (severity, number) in summaries.flat_map(|summary| summary.finding_severity_counts.iter()) {
            *severities.entry(severity.to_owned()).or_default() += number;
        }
        severities
    }

    /// Who uses an image: by its digest, by a tag that it has now, or by its digest in whatever repository.
    pub(super) fn users(&self, image: &Image) -> impl Iterator<Item = User<'a>> {
        let digest = image.image_digest.as_str();
        let names = image.image_tags.iter().map(ImageTag::as_str).chain([digest]);
        let named = names.filter_map(|name| self.users.get(name));
        named.chain(self.facts.uses.pins.get(digest)).flatten().copied()
    }

    /// Until when deployments ran an image.
    pub(super) fn run(&self, image: &Image) -> Run {
        let digest = image.image_digest.as_str();
        let names = image.image_tags.iter().map(ImageTag::as_str).chain([digest]);
        let known = names.filter_map(|name| self.runs.get(name)).chain(self.facts.past.digests.get(digest));
        known.fold(Run::default(), |one, two| one.and(*two))
    }
}

fn named<'n>(tag: Option<&'n ImageTag>, digests: &'n [Option<Digest>]) -> impl Iterator<Item = &'n str> {
    tag.map(ImageTag::as_str).into_iter().chain(digests.iter().flatten().map(Digest::as_str))
}

/// ECR gives an index the size of its largest child, which must not count twice.
fn bytes_of(image: &Image) -> Bytes {
    let is_index = image.image_manifest_media_type.as_deref().is_some_and(is_index);
    if is_index { Bytes(0) } else { Bytes(image.image_size_in_bytes) }
}
