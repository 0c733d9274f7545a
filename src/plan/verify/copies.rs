//! Copies of images that a deletion takes along: registries can replicate deletions.

use std::collections::{BTreeSet, HashSet};

use super::{facts::Facts, names::place, repositories::Repository};
use crate::{
    inventory::Image,
    model::{Kind, Location, Region},
    plan::Expect,
};

/// Where deleting from a repository deletes too.
pub(super) struct Copies<'a>(Vec<There<'a>>);

struct There<'a> {
    name: String,
    /// Whether it was looked who uses what is there.
    was_looked_at: bool,
    digests: HashSet<&'a str>,
}

impl<'a> Copies<'a> {
    pub(super) fn new(facts: &Facts<'a>, repository: &Repository<'a>) -> Self {
        let registries =
            facts.question.inventory.registries.iter().filter(|seen| seen.location == *repository.location);
        let destinations = registries.flat_map(|seen| seen.value.deletes_at(repository.name.as_str()));
        let destinations: BTreeSet<(&str, &str)> =
            destinations.map(|there| (there.registry_id.as_str(), there.region.as_str())).collect();
        Self(destinations.into_iter().map(|there| There::new(facts, repository, there)).collect())
    }

    /// What speaks against deleting these images.
    pub(super) fn objections(&self, images: &[&Image]) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|there| {
            let has_copy = images.iter().any(|image| there.digests.contains(image.image_digest.as_str()));
            let fault = match (there.was_looked_at, has_copy) {
                (false, _) => "where nobody looked who uses it",
                (true, true) => "which is still there",
                (true, false) => return None,
            };
            Some(format!("deleting it also deletes the copy in {}, {fault}", there.name))
        })
    }

    /// The fact that a step needs, if there are such places.
    pub(super) fn expect(&self) -> Option<Expect> {
        let at: Vec<String> = self.0.iter().map(|there| there.name.clone()).collect();
        (!at.is_empty()).then_some(Expect::NoCopies { at })
    }
}

impl<'a> There<'a> {
    fn new(facts: &Facts<'a>, repository: &Repository<'a>, (registry_id, region): (&str, &str)) -> Self {
        let name = format!("{registry_id}/{region}");
        let account_id = registry_id.parse().ok();
        let Some(location) = account_id.map(|account_id| Location { account_id, region: Region::from(region) }) else {
            return Self { name, was_looked_at: false, digests: HashSet::new() };
        };
        let found = facts.repositories.find((place(&location), repository.name.as_str()));
        let found = found.and_then(|at| facts.repositories.all.get(at));
        let is_asked = facts.question.inventory.scopes.iter().any(|scope| scope.location() == location);
        let was_looked_at = is_asked
            && facts.unread.may_hold(Kind::Image, &location, Some(repository.name)).is_none()
            && found.is_none_or(|found| found.unread_index().is_none());
        let images = found.into_iter().flat_map(Repository::images);
        Self { name, was_looked_at, digests: images.map(|image| image.image_digest.as_str()).collect() }
    }
}
