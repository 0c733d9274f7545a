//! What services ran in the past, by their deployments: uses that the ledger did not see.

use std::collections::{HashMap, HashSet};

use super::estate::{Estate, Place};
use crate::{
    graph::{FastMap, Node, NodeId, TaskDefinitionKey, is_over},
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

    fn ended(self) -> Option<Timestamp> {
        self.at.filter(|_| !self.lasts)
    }
}

/// The past uses of definitions and images.
#[derive(Debug, Default)]
pub(super) struct History {
    definitions: FastMap<NodeId, Past>,
    /// By the position of their repository, and then by their own.
    images: FastMap<usize, FastMap<usize, Past>>,
}

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
        let pins = Pins::new(estate);
        for seen in &inventory.service_revisions {
            if let Some(past) = revisions.get(seen.value.service_revision_arn.as_str()) {
                history.note(estate, &pins, seen, *past);
            }
        }
        history
    }

    fn note(&mut self, estate: &Estate<'_>, pins: &Pins, seen: &Seen<ServiceRevision>, past: Past) {
        let definition = seen.value.task_definition.as_deref().and_then(TaskDefinitionRef::parse);
        if let Some(TaskDefinitionRef { location, family, revision: Some(revision) }) = definition {
            let location = location.unwrap_or_else(|| seen.location.clone());
            let key = TaskDefinitionKey { location, family, revision };
            if let Some(node) = estate.graph.find(&Node::TaskDefinition(key)) {
                let known = self.definitions.entry(node).or_default();
                *known = known.max(past);
            }
        }
        for container in &seen.value.container_images {
            for place in pins.images(estate, container.image.as_deref(), container.image_digest.as_deref()) {
                let known = self.images.entry(place.repository).or_default().entry(place.position).or_default();
                *known = known.max(past);
            }
        }
    }

    /// The past use of a definition.
    pub(super) fn of_definition(&self, node: NodeId) -> Past {
        self.definitions.get(&node).copied().unwrap_or_default()
    }

    /// The past uses of the images of a repository, by position.
    pub(super) fn of_repository(&self, repository: usize) -> Option<&FastMap<usize, Past>> {
        self.images.get(&repository)
    }

    /// Uses of definitions that are over, and when they ended.
    pub(super) fn ended_definitions(&self) -> impl Iterator<Item = (NodeId, Timestamp)> {
        self.definitions.iter().filter_map(|(node, past)| Some((*node, past.ended()?)))
    }

    /// Uses of images that are over, and when they ended.
    pub(super) fn ended_images(&self) -> impl Iterator<Item = (Place, Timestamp)> {
        self.images.iter().flat_map(|(repository, images)| {
            let place = |position: &usize| Place { repository: *repository, position: *position };
            images.iter().filter_map(move |(position, past)| Some((place(position), past.ended()?)))
        })
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
#[derive(Default)]
struct Pins {
    by_tag: FastMap<(Location, RepositoryName), FastMap<ImageTag, Vec<Place>>>,
    by_digest: FastMap<Digest, Vec<Place>>,
}

impl Pins {
    /// Looks up what some revision names, and no more.
    fn new(estate: &Estate<'_>) -> Self {
        let mut pins = Self::named(estate.question.inventory);
        for (repository, images) in estate.repositories.iter().enumerate() {
            let mut tags = if pins.by_tag.is_empty() {
                None
            } else {
                pins.by_tag.get_mut(&(images.registry.clone(), images.name.clone()))
            };
            if tags.is_none() && pins.by_digest.is_empty() {
                continue;
            }
            for (position, image) in images.images.iter().enumerate() {
                let place = Place { repository, position };
                for tag in &image.image_tags {
                    tags.as_mut().and_then(|tags| tags.get_mut(tag)).into_iter().for_each(|places| places.push(place));
                }
                pins.by_digest.get_mut(&image.image_digest).into_iter().for_each(|places| places.push(place));
            }
        }
        pins
    }

    /// What some revision names, not looked up yet.
    fn named(inventory: &Inventory) -> Self {
        let mut pins = Self::default();
        for container in inventory.service_revisions.iter().flat_map(|seen| &seen.value.container_images) {
            let digest = container.image_digest.as_deref().and_then(|digest| digest.parse::<Digest>().ok());
            match (container.image.as_deref().map(ImageRef::parse), digest) {
                (Some(ImageRef::Ecr(image)), None) => {
                    if let Some(tag) = image.tag {
                        let repository = pins.by_tag.entry((image.registry, image.repository)).or_default();
                        repository.entry(tag).or_default();
                    }
                }
                (None, Some(digest)) => {
                    pins.by_digest.entry(digest).or_default();
                }
                (Some(_), _) | (None, None) => {}
            }
        }
        pins
    }

    /// The images that a container ran, as far as they exist. With a digest the tag tells nothing: it may have moved since.
    fn images(&self, estate: &Estate<'_>, image: Option<&str>, digest: Option<&str>) -> Vec<Place> {
        let digest = digest.and_then(|digest| digest.parse::<Digest>().ok());
        let Some(image) = image else {
            return digest.and_then(|digest| self.by_digest.get(&digest)).cloned().unwrap_or_default();
        };
        let ImageRef::Ecr(image) = ImageRef::parse(image) else { return Vec::new() };
        let digests = image.digest.iter().chain(&digest);
        let mut images: Vec<Place> =
            digests.filter_map(|digest| estate.find_image(&image.registry, &image.repository, digest)).collect();
        if let (None, Some(tag)) = (digest, image.tag) {
            let repository = self.by_tag.get(&(image.registry, image.repository));
            images.extend(repository.and_then(|tags| tags.get(&tag)).into_iter().flatten());
        }
        images
    }
}
