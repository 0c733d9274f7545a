//! When the images of definitions were last pulled.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::{
    facts::Facts,
    repositories::Repository,
    uses::{Naming, User},
};
use crate::model::{Digest, ImageTag, Timestamp};

/// The last pull of any image that a definition with steps names, by the definition's place in the inventory.
pub(super) fn of_definitions(facts: &Facts<'_>) -> BTreeMap<usize, Timestamp> {
    let named: Vec<_> = facts.uses.names.iter().collect();
    let found = named.par_iter().flat_map_iter(|(at, namings)| {
        let repository = facts.repositories.all.get(**at);
        repository.map(|repository| in_repository(facts, repository, namings)).unwrap_or_default()
    });
    let mut pulls: BTreeMap<usize, Timestamp> = BTreeMap::new();
    for (definition, pulled) in found.collect::<Vec<_>>() {
        let known = pulls.entry(definition).or_insert(pulled);
        *known = pulled.max(*known);
    }
    pulls
}

fn in_repository(facts: &Facts<'_>, repository: &Repository<'_>, namings: &[Naming<'_>]) -> Vec<(usize, Timestamp)> {
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    for naming in namings {
        let User::Definition(definition) = naming.user else { continue };
        if facts.definition_steps.contains_key(&definition) {
            let digests = naming.digests.iter().flatten().map(Digest::as_str);
            for name in naming.tag.iter().map(ImageTag::as_str).chain(digests) {
                wanted.entry(name).or_default().push(definition);
            }
        }
    }
    let mut pulls = Vec::new();
    if wanted.is_empty() {
        return pulls;
    }
    for image in repository.images().filter(|image| image.last_recorded_pull_time.is_some()) {
        // No tag looks like a digest: it cannot have a colon.
        let names = image.image_tags.iter().map(ImageTag::as_str).chain([image.image_digest.as_str()]);
        let users = names.filter_map(|name| wanted.get(name)).flatten();
        pulls.extend(users.filter_map(|definition| Some((*definition, repository.last_pull(image)?))));
    }
    pulls
}
