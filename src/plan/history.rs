//! What services ran in the past, by their deployments: uses that the ledger did not see.

use std::collections::{HashMap, HashSet};

use super::estate::Estate;
use crate::{
    graph::{ImageKey, Node, is_over},
    inventory::{Inventory, Seen, ServiceDeployment, ServiceRevision},
    model::{Digest, ImageRef, ImageTag, Location, RepositoryName, TaskDefinitionRef, Timestamp},
};

/// When a past use ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Past {
    /// The latest instant at which it was surely in use; `now` while the use lasts.
    pub(super) at: Option<Timestamp>,
    /// Whether the use may have lasted longer than that.
    pub(super) is_unknown: bool,
    /// Whether the use has not ended.
    lasts: bool,
}

impl Past {
    fn max(self, other: Self) -> Self {
        Self {
            at: self.at.max(other.at),
            is_unknown: self.is_unknown || other.is_unknown,
            lasts: self.lasts || other.lasts,
        }
    }
}

/// The past uses of definitions and images.
#[derive(Debug, Default)]
pub(super) struct History(HashMap<Node, Past>);

impl History {
    /// What the deployments of the inventory tell.
    pub(super) fn new(estate: &Estate<'_>) -> Self {
        let inventory = estate.question.inventory;
        let mut revisions: HashMap<&str, Past> = HashMap::new();
        let there = inventory.services.iter().filter(|seen| seen.value.status != "INACTIVE");
        let there: HashSet<Node> = there.map(|seen| Node::service(&seen.location, &seen.value)).collect();
        for (service, rollouts) in &estate.rollouts {
            // The deployments of a service that is gone went with it, in whatever status they are still shown.
            let now = there.contains(service).then_some(estate.now());
            for (index, deployment) in rollouts.deployments().iter().enumerate() {
                let from_here = rollouts.deployments().get(index..).unwrap_or_default();
                for (arn, past) in uses(deployment, from_here, now) {
                    let known = revisions.entry(arn).or_default();
                    *known = known.max(past);
                }
            }
        }
        let mut history = Self::default();
        let pins = Pins::new(inventory);
        for seen in &inventory.service_revisions {
            if let Some(past) = revisions.get(seen.value.service_revision_arn.as_str()) {
                history.note(estate, &pins, seen, *past);
            }
        }
        history
    }

    fn note(&mut self, estate: &Estate<'_>, pins: &Pins, seen: &Seen<ServiceRevision>, past: Past) {
        let mut note = |node: Node| {
            let known = self.0.entry(node).or_default();
            *known = known.max(past);
        };
        let definition = seen.value.task_definition.as_deref().and_then(TaskDefinitionRef::parse);
        if let Some(TaskDefinitionRef { location, family, revision: Some(revision) }) = definition {
            let location = location.unwrap_or_else(|| seen.location.clone());
            note(Node::TaskDefinition(crate::graph::TaskDefinitionKey { location, family, revision }));
        }
        for container in &seen.value.container_images {
            let images = pins.images(container.image.as_deref(), container.image_digest.as_deref());
            images.into_iter().filter(|image| estate.images.contains_key(image)).for_each(&mut note);
        }
    }

    /// The past use of a definition or an image.
    pub(super) fn of(&self, node: &Node) -> Past {
        self.0.get(node).copied().unwrap_or_default()
    }

    /// Uses that are over, and when they ended.
    pub(super) fn ended(&self) -> impl Iterator<Item = (&Node, Timestamp)> {
        let over = self.0.iter().filter(|(_, past)| !past.lasts);
        over.filter_map(|(node, past)| Some((node, past.at?)))
    }
}

/// The revisions that a deployment brought, replaced or went back to, each with the end of its use as far as this and the
/// later deployments tell.
///
/// A revision is in use until a deployment that replaces it has succeeded; what did not succeed replaces nothing, and what
/// was rolled back ended with its own deployment.
fn uses<'a>(
    deployment: &'a ServiceDeployment,
    from_here: &[&ServiceDeployment],
    now: Option<Timestamp>,
) -> Vec<(&'a str, Past)> {
    let later = from_here.get(1..).unwrap_or_default();
    let succeeds = |one: &&ServiceDeployment| one.status == "SUCCESSFUL";
    let upto = |deployments: &[&ServiceDeployment]| deployments.iter().position(succeeds).map(|at| at + 1);
    let replaced = from_here.get(..upto(from_here).unwrap_or(from_here.len())).unwrap_or_default();
    let brought = from_here.get(..upto(later).map_or(from_here.len(), |count| count + 1)).unwrap_or_default();
    let alone = from_here.get(..1).unwrap_or_default();
    let is_undone = deployment.status == "ROLLBACK_SUCCESSFUL";
    let targets = deployment.target_service_revision.iter();
    let targets = targets.map(|it| (it.arn.as_str(), end(if is_undone { alone } else { brought }, now)));
    let sources = deployment.source_service_revisions.iter().map(|it| (it.arn.as_str(), end(replaced, now)));
    let rollbacks = deployment.rollback.iter().map(|it| (it.service_revision_arn.as_str(), end(brought, now)));
    targets.chain(sources).chain(rollbacks).collect()
}

/// The end of the last of these deployments; `now` if one is not over.
fn end(deployments: &[&ServiceDeployment], now: Option<Timestamp>) -> Past {
    if now.is_some() && deployments.iter().any(|deployment| !is_over(deployment)) {
        return Past { at: now, is_unknown: false, lasts: true };
    }
    let dates = deployments.iter().flat_map(|one| [one.created_at, one.started_at, one.finished_at]);
    let is_unknown = deployments.last().is_none_or(|last| last.finished_at.is_none());
    Past { at: dates.flatten().max(), is_unknown, lasts: false }
}

/// The images that revisions name otherwise than by repository and digest: by a tag, or by a digest alone.
struct Pins {
    by_tag: HashMap<(Location, RepositoryName, ImageTag), Node>,
    by_digest: HashMap<Digest, Vec<Node>>,
}

impl Pins {
    /// Looks up what some revision names, and no more.
    fn new(inventory: &Inventory) -> Self {
        let (mut tags, mut digests) = (HashSet::new(), HashSet::new());
        for container in inventory.service_revisions.iter().flat_map(|seen| &seen.value.container_images) {
            let digest = container.image_digest.as_deref().and_then(|digest| digest.parse::<Digest>().ok());
            match (container.image.as_deref().map(ImageRef::parse), digest) {
                (Some(ImageRef::Ecr(image)), None) => {
                    tags.extend(image.tag.map(|tag| (image.registry, image.repository, tag)));
                }
                (None, Some(digest)) => {
                    digests.insert(digest);
                }
                (Some(_), _) | (None, None) => {}
            }
        }
        let mut pins = Self { by_tag: HashMap::new(), by_digest: HashMap::new() };
        if tags.is_empty() && digests.is_empty() {
            return pins;
        }
        // Most tags are none of these: no key is made for them.
        let names: HashSet<&ImageTag> = tags.iter().map(|(_, _, tag)| tag).collect();
        for Seen { location, value: image } in &inventory.images {
            for tag in image.image_tags.iter().filter(|tag| names.contains(tag)) {
                let key = (location.clone(), image.repository_name.clone(), tag.clone());
                if tags.contains(&key) {
                    pins.by_tag.insert(key, Node::image(location, image));
                }
            }
            if digests.contains(&image.image_digest) {
                pins.by_digest.entry(image.image_digest.clone()).or_default().push(Node::image(location, image));
            }
        }
        pins
    }

    /// The images that a container ran. With a digest the tag tells nothing: it may have moved since.
    fn images(&self, image: Option<&str>, digest: Option<&str>) -> Vec<Node> {
        let digest = digest.and_then(|digest| digest.parse::<Digest>().ok());
        let Some(image) = image else {
            return digest.and_then(|digest| self.by_digest.get(&digest)).cloned().unwrap_or_default();
        };
        let ImageRef::Ecr(image) = ImageRef::parse(image) else { return Vec::new() };
        let of = |digest| {
            Node::Image(ImageKey { registry: image.registry.clone(), repository: image.repository.clone(), digest })
        };
        let mut images: Vec<Node> = image.digest.clone().into_iter().chain(digest.clone()).map(of).collect();
        if let (None, Some(tag)) = (digest, image.tag) {
            images.extend(self.by_tag.get(&(image.registry, image.repository, tag)).cloned());
        }
        images
    }
}
