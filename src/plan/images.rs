//! Verdicts on images: a repository is decided by itself, and within it a unit at a time.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::{
    Action, Expect,
    archive::unless_archived,
    decide::Groundwork,
    estate::{Estate, Place},
    evidence::{Dated, EvidenceBook, LastUse},
    obstacles::Obstacles,
    repository::{RepositoryCase, held_from_outside},
    tally::{Object, Tally},
    unit::{SaidOfUnit, UnitCase},
    units::{Unit, Units},
    verdict::{Retirement, Telling, Verdict},
};
use crate::{
    graph::{Link, NodeId, Reach, RepositoryImages},
    model::{Digest, Location, Reason, ReasonCode, RepositoryName, Resource},
};

/// What holds images once this plan is done, and what holds them until the rollback window has passed.
pub(super) struct Holds<'g> {
    /// What staying holders reach.
    pub(super) staying: Reach<'g>,
    /// What holders that this plan retires reach; nothing with a rollback window of zero.
    pub(super) leaving: Option<Reach<'g>>,
}

impl Holds<'_> {
    /// Whether a holder that this plan retires reaches it, with a rollback window to wait for.
    pub(super) fn leaves(&self, node: NodeId) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| leaving.contains(node))
    }
}

/// How many units of one repository are decided at once: most repositories are smaller, and a huge one keeps every thread busy.
const UNITS_AT_ONCE: usize = 256;

/// Decides on every image of the policy's scopes.
pub(super) fn decide<'a>(
    estate: &Estate<'a>,
    evidence: &EvidenceBook<'_, 'a>,
    obstacles: &Obstacles<'_>,
    holds: &Holds<'_>,
    telling: Telling,
) -> Tally<'a> {
    let decide_one = |(place, images): (usize, &RepositoryImages<'a>)| {
        let Some(scope) = estate.scope(images.registry) else { return Tally::default() };
        let units = Units::new(images);
        let case = RepositoryCase::new(estate, evidence, obstacles, holds, telling, scope, (place, images), &units);
        decide_repository(&case)
    };
    let repositories = estate.repositories.par_iter().enumerate().map(decide_one);
    Tally::sum(repositories.collect())
}

fn decide_repository<'a>(case: &RepositoryCase<'_, 'a>) -> Tally<'a> {
    let units = case.units.units.par_iter().with_min_len(UNITS_AT_ONCE);
    let mut verdicts: Vec<Verdict> = units.map(|unit| UnitCase::new(case, unit).verdict()).collect();
    let mut tally = Tally::default();
    let mut retired = Vec::new();
    for position in 0..case.images.images.len() {
        let before = tally.retired.len();
        let verdict = member_verdict(case, &mut verdicts, position);
        let image = case.image(position);
        let object = Object { location: case.images.registry, node: case.node(position), image: Some(image) };
        tally.enter(&object, || Estate::address(case.scope, case.resource(position)), verdict);
        if tally.retired.len() > before {
            retired.push(position);
        }
    }
    let place = |image: &usize| retired.binary_search(image).ok();
    let ties = case.units.ties().iter().filter_map(|(holder, held)| Some((place(holder)?, place(held)?)));
    tally.ties = ties.collect();
    tally
}

/// One image with the verdict on it in whole sentences, and the unit whose verdict it has.
pub(super) struct ImageView<'a> {
    pub(super) verdict: Verdict,
    /// The images of the unit, the root first.
    pub(super) members: Vec<MemberView<'a>>,
    /// How many other units the image belongs to.
    pub(super) others: usize,
    pub(super) last_use: LastUse,
    pub(super) rules: Vec<SaidOfUnit<'a>>,
}

/// An image of a unit.
pub(super) struct MemberView<'a> {
    pub(super) resource: Resource,
    /// As sentences name it.
    pub(super) name: String,
    pub(super) dated: Dated<'a>,
    /// How another image of the unit holds it; the root is held by none.
    pub(super) link: Option<Link>,
}

/// Looks at one image. What the rules say is told whatever else keeps it.
pub(super) fn view<'a>(
    estate: &Estate<'a>,
    groundwork: &Groundwork<'_, 'a>,
    registry: &Location,
    (name, digest): (&RepositoryName, &Digest),
) -> Option<ImageView<'a>> {
    let Place { repository, position } = estate.find_image(registry, name, digest)?;
    let (scope, images) = (estate.scope(registry)?, estate.repositories.get(repository)?);
    let units = Units::new(images);
    let Groundwork { evidence, obstacles, holds, .. } = groundwork;
    let telling = Telling::Sentences;
    let case = RepositoryCase::new(estate, evidence, obstacles, holds, telling, scope, (repository, images), &units);
    // Only its own units are asked about.
    let mut verdicts = vec![Verdict::Keep(Vec::new()); units.units.len()];
    for (index, unit) in units.of(position) {
        verdicts[index] = UnitCase::new(&case, unit).verdict();
    }
    let (_, unit) = most_careful(&case, &verdicts, position)?;
    let unit_case = UnitCase::new(&case, unit);
    let ties = images.ties();
    let link = |member: usize| ties.iter().find(|(_, held, _)| *held == member && member != unit.root).map(|tie| tie.2);
    let member = |(position, dated): (&usize, Dated<'a>)| MemberView {
        resource: case.resource(*position),
        name: case.name(*position),
        dated,
        link: link(*position),
    };
    let mut members: Vec<_> = unit.members.iter().zip(case.dated(unit)).map(member).collect();
    members.sort_by_key(|member| member.link.is_some());
    let (rules, last_use, others) = (unit_case.said(), unit_case.last_use(), units.of(position).count() - 1);
    let verdict = member_verdict(&case, &mut verdicts, position);
    Some(ImageView { verdict, members, others, last_use, rules })
}

/// Of the units of an image the one with the most careful verdict.
fn most_careful<'c>(
    case: &'c RepositoryCase<'_, '_>,
    verdicts: &[Verdict],
    position: usize,
) -> Option<(usize, &'c Unit)> {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Keep(_) => 0,
        Verdict::Block { .. } => 1,
        Verdict::Defer { .. } => 2,
        Verdict::Retire(retirement) if retirement.does(Action::ArchiveImage) => 3,
        Verdict::Retire(_) => 4,
    };
    // Of units that wait, the one that waits longest.
    let until = |verdict: &Verdict| match verdict {
        Verdict::Defer { eligible_at, .. } => Some(*eligible_at),
        Verdict::Keep(_) | Verdict::Block { .. } | Verdict::Retire(_) => None,
    };
    let of_units = case.units.of(position).filter_map(|(index, unit)| Some((index, unit, verdicts.get(index)?)));
    of_units
        .min_by_key(|(_, unit, verdict)| (rank(verdict), Reverse(until(verdict)), unit.root != position))
        .map(|(index, unit, _)| (index, unit))
}

/// The verdict on one image: the most careful of those on its units, as far as there is something left to do to it.
fn member_verdict(case: &RepositoryCase<'_, '_>, verdicts: &mut [Verdict], position: usize) -> Verdict {
    unless_archived(case.telling, case.image(position), verdict_of_units(case, verdicts, position))
}

fn verdict_of_units(case: &RepositoryCase<'_, '_>, verdicts: &mut [Verdict], position: usize) -> Verdict {
    let Some((index, unit)) = most_careful(case, verdicts, position) else {
        let text = || "it belongs to no unit".to_owned();
        return Verdict::Keep(vec![case.telling.reason(ReasonCode::PartOfKept, text)]);
    };
    let root = unit.root;
    if unit.members.len() == 1 {
        // Nobody else asks for it.
        let nothing = Verdict::Keep(Vec::new());
        return with_own_facts(case, position, std::mem::replace(&mut verdicts[index], nothing));
    }
    let verdict = verdicts[index].clone();
    if root == position {
        return with_own_facts(case, position, verdict);
    }
    match verdict {
        Verdict::Keep(reasons) => {
            let because = || reasons.first().map_or_else(String::new, |reason| format!(": {}", reason.text));
            let text = || format!("it belongs to {}, which stays{}", case.name(root), because());
            Verdict::Keep(vec![case.telling.reason(ReasonCode::PartOfKept, text)])
        }
        Verdict::Retire(retirement) => {
            let text = format!("part of {}", case.image(root).image_digest.short());
            let reasons = [Reason::new(ReasonCode::UnitRetired, text)].into();
            with_own_facts(case, position, Verdict::Retire(Retirement { reasons, ..retirement }))
        }
        other @ (Verdict::Defer { .. } | Verdict::Block { .. }) => other,
    }
}

/// A unit's retirement, with the facts of the one image beside those of all.
fn with_own_facts(case: &RepositoryCase<'_, '_>, position: usize, mut verdict: Verdict) -> Verdict {
    if let Verdict::Retire(retirement) = &mut verdict {
        let image = case.image(position);
        let mut tags = image.image_tags.clone();
        tags.sort_unstable();
        for (_, expect) in &mut retirement.actions {
            expect.push(Expect::Tags { are: tags.clone() });
            expect.push(Expect::PushedAt { is: image.image_pushed_at });
        }
    }
    verdict
}

/// The images that what is reached holds, of every repository, in order: directly, or as part of what it holds.
pub(super) fn held(estate: &Estate<'_>, reaches: &[&Reach<'_>]) -> Vec<(Location, Resource)> {
    let of_repository = |(place, images): (usize, &RepositoryImages<'_>)| {
        let directly = held_from_outside(estate, place, reaches);
        if directly.is_empty() {
            return Vec::new();
        }
        let held = Units::new(images).closure(directly).into_iter();
        let resource = |position: usize| Resource::Image {
            repository: images.name.clone(),
            digest: images.images[position].image_digest.clone(),
        };
        held.map(|position| (images.registry.clone(), resource(position))).collect()
    };
    estate.repositories.par_iter().enumerate().flat_map_iter(of_repository).collect()
}
