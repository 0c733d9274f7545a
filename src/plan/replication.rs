//! Copies of an image that would be deleted with it: registries can replicate deletions ("Private image replication in Amazon
//! ECR"; `deleteReplication` of the ECR API model). Who uses a copy is known only where it was looked.

use std::collections::BTreeSet;

use super::{Expect, estate::Estate};
use crate::{
    graph::{ImageKey, Node},
    model::{Kind, Location, Reason, ReasonCode, Region},
};

/// Where a deletion would delete too.
pub(super) struct Copies {
    /// What speaks against deleting.
    pub(super) reasons: Vec<Reason>,
    /// Where it was looked, and nothing is left.
    clear: Vec<String>,
}

impl Copies {
    /// The copies of the images of a unit.
    pub(super) fn of(estate: &Estate<'_>, key: &ImageKey, members: &BTreeSet<&Node>) -> Self {
        let mut copies = Self { reasons: Vec::new(), clear: Vec::new() };
        for place in destinations(estate, key) {
            match objection(estate, key, members, &place) {
                Some(text) => copies.reasons.push(Reason::new(ReasonCode::ReplicatesDeletion, text)),
                None => copies.clear.push(place.name()),
            }
        }
        copies
    }

    /// What apply has to find again.
    pub(super) fn expect(self) -> Option<Expect> {
        (!self.clear.is_empty()).then_some(Expect::NoCopies { at: self.clear })
    }
}

/// A registry as replication names it, which may be no account id at all.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    registry_id: String,
    region: String,
}

impl Place {
    fn name(&self) -> String {
        format!("{}/{}", self.registry_id, self.region)
    }

    fn location(&self) -> Option<Location> {
        Some(Location { account_id: self.registry_id.parse().ok()?, region: Region::from(self.region.as_str()) })
    }
}

fn destinations(estate: &Estate<'_>, key: &ImageKey) -> BTreeSet<Place> {
    let registries = estate.question.inventory.registries.iter().filter(|seen| seen.location == key.registry);
    let destinations = registries.flat_map(|seen| seen.value.deletes_at(key.repository.as_str()));
    let place = |it: &crate::inventory::ReplicationDestination| Place {
        registry_id: it.registry_id.clone(),
        region: it.region.clone(),
    };
    destinations.map(place).collect()
}

fn objection(estate: &Estate<'_>, key: &ImageKey, members: &BTreeSet<&Node>, place: &Place) -> Option<String> {
    let name = place.name();
    let scanned = |location: &Location| {
        estate.question.inventory.scopes.iter().any(|scope| scope.location() == *location)
            && !estate.gaps.iter().any(|gap| gap.may_hold(Kind::Image, location, Some(&key.repository)))
    };
    let Some(location) = place.location().filter(scanned) else {
        return Some(format!("deleting it also deletes the copy in {name}, where nobody looked who uses it"));
    };
    let has_copy = members.iter().any(|member| {
        let Node::Image(ImageKey { repository, digest, .. }) = member else { return false };
        let (repository, digest) = (repository.clone(), digest.clone());
        estate.images.contains_key(&Node::Image(ImageKey { registry: location.clone(), repository, digest }))
    });
    has_copy.then(|| format!("deleting it also deletes the copy in {name}, which has to go first"))
}
