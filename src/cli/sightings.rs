//! Which images of a recorded inventory are in use, found without holding them in memory.

use std::{
    collections::HashSet,
    io::{self, BufRead},
};

use crate::{
    graph::{ImageKey, Node, subject_of_tag},
    inventory::{Image, Manifest, Record, record_kind},
    model::{Digest, ImageTag, Location, RepositoryName, Resource},
};

/// What is held: by tags and digests at first, then by what the images say of each other.
struct Held {
    digests: HashSet<ImageKey>,
    tags: HashSet<(Location, RepositoryName, ImageTag)>,
    there: HashSet<ImageKey>,
}

/// The images among the lines that `named` (tags and digests) and each other hold. `lines` is asked for the whole inventory again until
/// nothing new is found: a few times, once for each level of indexes and signatures.
///
/// # Errors
/// When the inventory cannot be read, or is none.
pub(super) fn images_in_use<R: BufRead>(
    named: Vec<Node>,
    mut lines: impl FnMut() -> io::Result<R>,
) -> io::Result<Vec<(Location, Resource)>> {
    let mut held = Held { digests: HashSet::new(), tags: HashSet::new(), there: HashSet::new() };
    for node in named {
        match node {
            Node::Image(key) => {
                held.digests.insert(key);
            }
            Node::Tag { registry, repository, tag } => {
                held.tags.insert((registry, repository, tag));
            }
            Node::Service { .. }
            | Node::TaskSet { .. }
            | Node::Task { .. }
            | Node::External { .. }
            | Node::TaskDefinition(_) => {}
        }
    }
    loop {
        let before = held.digests.len();
        for line in lines()?.lines() {
            held.read(&line?)?;
        }
        if held.digests.len() == before {
            break;
        }
    }
    let mut found: Vec<ImageKey> = held.there.into_iter().collect();
    found.sort_unstable();
    let resource = |ImageKey { registry, repository, digest }| (registry, Resource::Image { repository, digest });
    Ok(found.into_iter().map(resource).collect())
}

impl Held {
    fn read(&mut self, line: &str) -> io::Result<()> {
        // Most lines are of other kinds, or the first.
        let is_of = |kind: &str| line.starts_with(&format!("{{\"kind\":\"{kind}\""));
        if !is_of(record_kind::IMAGE) && !is_of(record_kind::MANIFEST) {
            return Ok(());
        }
        let record: Record<'_> = serde_json::from_str(line)?;
        let (Some(account_id), Some(region)) = (record.account_id, record.region) else { return Ok(()) };
        let registry = Location { account_id, region };
        if record.kind == record_kind::IMAGE {
            self.read_image(&registry, &serde_json::from_str(record.value.get())?);
        } else {
            self.read_manifest(&registry, serde_json::from_str(record.value.get())?);
        }
        Ok(())
    }

    fn read_image(&mut self, registry: &Location, image: &Image) {
        let of =
            |digest: Digest| ImageKey { registry: registry.clone(), repository: image.repository_name.clone(), digest };
        let is_tagged = image
            .image_tags
            .iter()
            .any(|tag| self.tags.contains(&(registry.clone(), image.repository_name.clone(), tag.clone())));
        let mut subjects =
            image.image_tags.iter().filter_map(subject_of_tag).chain(image.subject_manifest_digest.clone());
        let is_held = is_tagged || subjects.any(|subject| self.digests.contains(&of(subject)));
        let key = of(image.image_digest.clone());
        if is_held || self.digests.contains(&key) {
            self.digests.insert(key.clone());
            self.there.insert(key);
        }
    }

    fn read_manifest(&mut self, registry: &Location, manifest: Manifest) {
        let of = |digest| ImageKey { registry: registry.clone(), repository: manifest.repository_name.clone(), digest };
        if self.digests.contains(&of(manifest.image_digest.clone())) {
            self.digests.extend(manifest.children.into_iter().map(of));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        inventory::{Inventory, read},
        ledger::Ledger,
        model::Kind,
        plan::{Answer, Question, decide},
        policy,
    };

    const WORLD: &str = include_str!("../../examples/quickstart/world.ndjson");
    const POLICY: &str = include_str!("../../examples/quickstart/policy.hcl");

    fn answer(inventory: &Inventory) -> Answer {
        let (policy, _) = policy::parse([("policy.hcl".to_owned(), POLICY.to_owned())]).unwrap();
        decide(&Question {
            policy: &policy,
            policy_id: String::new(),
            inventory,
            inventory_id: String::new(),
            ledger: &Ledger::default(),
            now: inventory.taken_at,
            made_at: inventory.taken_at,
            selection: None,
            tool_version: "0",
        })
    }

    /// The planner with all images in memory, and the lines of a file, find the same in use.
    #[test]
    fn what_is_in_use_is_the_same_with_the_images_put_aside() {
        let whole = read(WORLD.as_bytes()).unwrap();
        let is_image = |(_, resource): &&(Location, Resource)| resource.kind() == Kind::Image;
        let expected: Vec<_> = answer(&whole).in_use.iter().filter(is_image).cloned().collect();
        assert!(expected.len() > 5, "it shows too little: {expected:?}");
        let aside = Inventory { images: Vec::new(), manifests: Vec::new(), ..whole };
        let mut found = images_in_use(answer(&aside).elsewhere, || Ok(WORLD.as_bytes())).unwrap();
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}
