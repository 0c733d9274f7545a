//! Delete replication: what is deleted here is deleted from the copies too.

use super::push::untag;
use crate::{
    inventory::Registry,
    model::{AccountId, Location},
    sim::{call::Call, state::texts, world::Key},
};

/// What a deletion took.
pub(super) enum Deleted<'a> {
    /// The image and all its tags.
    Image,
    /// One tag of it.
    Tag(&'a str),
}

/// Deletes the copies of an image at every destination of a rule with delete replication that matches its repository
/// (`deleteReplication` of the ECR API model, which says no more than that deletions and removals of tags are replicated).
///
/// Here it happens at once, and whatever the copy is worth over there: AWS promises neither a delay nor a check, so a
/// client must count on neither. A destination does not pass it on: replication acts once per push, and so here.
pub(super) fn replicate(call: &mut Call<'_>, repository: &str, digest: &str, deleted: &Deleted<'_>) {
    for destination in destinations(call, repository) {
        let copy = Key::image(&destination, repository, digest);
        match deleted {
            Deleted::Tag(tag) => {
                let tag_is_there =
                    |image: &&crate::sim::state::Map| texts(image, "imageTags").any(|other| other == *tag);
                if call.world.value(&copy).filter(tag_is_there).is_some() {
                    call.world.change(&copy, |image| untag(&mut image.value, tag));
                }
            }
            Deleted::Image => {
                if call.world.remove(&copy).is_some() {
                    call.world.remove(&Key::manifest(&destination, repository, digest));
                }
            }
        }
    }
}

/// Where deletions from this repository go on. Settings that cannot be read replicate nothing.
fn destinations(call: &Call<'_>, repository: &str) -> Vec<Location> {
    let settings = call.world.value(&Key::registry(call.at)).cloned().map(serde_json::Value::Object);
    let registry: Option<Registry> = settings.and_then(|settings| serde_json::from_value(settings).ok());
    let rules = registry.into_iter().flat_map(|registry| registry.replication_configuration.rules);
    let mut found: Vec<Location> = rules
        .filter(|rule| rule.deletes_from(repository))
        .flat_map(|rule| rule.destinations)
        .filter_map(|destination| {
            let account_id: AccountId = destination.registry_id.parse().ok()?;
            Some(Location { account_id, region: destination.region.into() })
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
