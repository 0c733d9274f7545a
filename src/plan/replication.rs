//! Copies of an image that would be deleted with it: registries can replicate deletions ("Private image replication in Amazon
//! ECR"; `deleteReplication` of the ECR API model). Who uses a copy is known only where it was looked.

use std::collections::BTreeSet;

use super::{Expect, estate::Estate, obstacles::Obstacles, repository::RepositoryCase, units::Unit};
use crate::{
    graph::RepositoryImages,
    inventory::ReplicationDestination,
    model::{Location, Reason, ReasonCode, Region},
};

/// A registry in which a deletion from one repository deletes too, as replication names it, which may be no account id at all.
pub(super) struct Destination {
    name: String,
    /// Where that is, if it was looked there.
    scanned: Option<Location>,
}

impl Destination {
    /// The destinations of a repository, in order.
    pub(super) fn of(estate: &Estate<'_>, obstacles: &Obstacles<'_>, images: &RepositoryImages<'_>) -> Vec<Self> {
        let inventory = estate.question.inventory;
        let registries = inventory.registries.iter().filter(|seen| seen.location == *images.registry);
        let destinations = registries.flat_map(|seen| seen.value.deletes_at(images.name.as_str()));
        let named = |it: &ReplicationDestination| (it.registry_id.clone(), it.region.clone());
        let destinations: BTreeSet<(String, String)> = destinations.map(named).collect();
        let is_scanned = |location: &Location| {
            inventory.scopes.iter().any(|scope| scope.location() == *location)
                && !obstacles.has_gap(location, images.name)
        };
        let destination = |(registry_id, region): (String, String)| {
            let account_id = registry_id.parse().ok();
            let location = account_id.map(|account_id| Location { account_id, region: Region::from(region.as_str()) });
            Self { name: format!("{registry_id}/{region}"), scanned: location.filter(is_scanned) }
        };
        destinations.into_iter().map(destination).collect()
    }
}

/// Where a deletion would delete too.
pub(super) struct Copies {
    /// What speaks against deleting.
    pub(super) reasons: Vec<Reason>,
    /// Where it was looked, and nothing is left.
    clear: Vec<String>,
}

impl Copies {
    /// The copies of the images of a unit.
    pub(super) fn of(repository: &RepositoryCase<'_, '_>, unit: &Unit) -> Self {
        let mut copies = Self { reasons: Vec::new(), clear: Vec::new() };
        for destination in &repository.destinations {
            match objection(repository, unit, destination) {
                Some(text) => copies.reasons.push(Reason::new(ReasonCode::ReplicatesDeletion, text)),
                None => copies.clear.push(destination.name.clone()),
            }
        }
        copies
    }

    /// What apply has to find again.
    pub(super) fn expect(self) -> Option<Expect> {
        (!self.clear.is_empty()).then_some(Expect::NoCopies { at: self.clear })
    }
}

fn objection(repository: &RepositoryCase<'_, '_>, unit: &Unit, destination: &Destination) -> Option<String> {
    let name = &destination.name;
    let Some(location) = &destination.scanned else {
        return Some(format!("deleting it also deletes the copy in {name}, where nobody looked who uses it"));
    };
    let has_copy = unit.members.iter().any(|member| {
        let digest = &repository.image(*member).image_digest;
        repository.estate.find_image(location, repository.images.name, digest).is_some()
    });
    has_copy.then(|| format!("deleting it also deletes the copy in {name}, which has to go first"))
}
