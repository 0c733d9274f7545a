//! Verdicts on images: a repository is decided by itself, and within it a unit at a time.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::{
    Expect,
    estate::Estate,
    evidence::EvidenceBook,
    obstacles::Obstacles,
    repository::{RepositoryCase, held_from_outside},
    tally::{Object, Tally},
    unit::UnitCase,
    units::Units,
    verdict::{Retirement, Telling, Verdict},
};
use crate::{
    graph::{NodeId, Reach, RepositoryImages},
    model::{Location, Reason, ReasonCode, Resource},
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
    repositories.collect::<Vec<_>>().into_iter().fold(Tally::default(), Tally::and)
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

/// The verdict on one image: the most careful of those on its units.
fn member_verdict(case: &RepositoryCase<'_, '_>, verdicts: &mut [Verdict], position: usize) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Keep(_) => 0,
        Verdict::Block { .. } => 1,
        Verdict::Defer { .. } => 2,
        Verdict::Retire(_) => 3,
    };
    // Of units that wait, the one that waits longest.
    let until = |verdict: &Verdict| match verdict {
        Verdict::Defer { eligible_at, .. } => Some(*eligible_at),
        Verdict::Keep(_) | Verdict::Block { .. } | Verdict::Retire(_) => None,
    };
    let of_units = case.units.of(position).filter_map(|(index, unit)| Some((index, unit, verdicts.get(index)?)));
    let careful = of_units
        .min_by_key(|(_, unit, verdict)| (rank(verdict), Reverse(until(verdict)), unit.root != position))
        .map(|(index, unit, _)| (index, unit));
    let Some((index, unit)) = careful else {
        let text = || "it belongs to no unit".to_owned();
        return Verdict::Keep(vec![case.telling.reason(ReasonCode::PartOfKept, text)]);
    };
    let root = unit.root;
    if unit.members.len() == 1 {
        // Nobody else asks for it.
        let nothing = Verdict::Keep(Vec::new());
        return with_own_facts(case, position, std::mem::replace(&mut verdicts[index], nothing));
    }
    match verdicts[index].clone() {
        verdict if root == position => with_own_facts(case, position, verdict),
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
