//! When something was last used, as far as anything tells.

use std::collections::HashMap;

use super::estate::Estate;
use crate::{
    graph::{Link, Node},
    inventory::{Image, TaskDefinition},
    model::{Timestamp, quota::settled_after},
    policy::Evidence,
};

/// The latest evidence of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastUse {
    /// The latest instant for which there is evidence; nothing if it is not known well enough.
    at: Option<Timestamp>,
    seen: Option<Timestamp>,
    /// The same with everything that AWS dates, whatever the policy counts as evidence.
    at_latest: Option<Timestamp>,
    /// Whether something that would date a use is missing, so that the real one may be later.
    uncertain: bool,
}

impl LastUse {
    /// Evidence as the policy counts it: `seen` is the ledger's last sighting, `latest` includes what AWS tells.
    pub(super) fn under(
        evidence: Evidence,
        seen: Option<Timestamp>,
        latest: Option<Timestamp>,
        uncertain: bool,
    ) -> Self {
        let at = match evidence {
            Evidence::Observed => seen,
            Evidence::Inferred if uncertain => None,
            Evidence::Inferred => latest,
        };
        Self { at, seen, at_latest: latest, uncertain }
    }

    /// What ages are counted from: nothing, if it is not known well enough.
    pub(super) fn known(self) -> Option<Timestamp> {
        self.at
    }

    /// The ledger's last sighting.
    pub(super) fn seen(self) -> Option<Timestamp> {
        self.seen
    }

    /// What the rollback window is counted from. `observed` asks for more evidence, never for less: what AWS dates within
    /// the window is a use that the ledger missed.
    pub(super) fn latest(self) -> Option<Timestamp> {
        if self.uncertain { None } else { self.at.map(|at| self.at_latest.map_or(at, |latest| latest.max(at))) }
    }
}

/// Evidence for task definitions and images, under the policy's `evidence` setting.
pub(super) struct EvidenceBook<'e, 'a> {
    estate: &'e Estate<'a>,
    /// When the revision after a given one was registered: until then the given one was the newest.
    succeeded_at: HashMap<&'e Node, Timestamp>,
}

impl<'e, 'a> EvidenceBook<'e, 'a> {
    pub(super) fn new(estate: &'e Estate<'a>) -> Self {
        let mut revisions: Vec<_> = estate.definitions.iter().collect();
        revisions.sort_unstable_by_key(|(node, _)| *node);
        let mut succeeded_at = HashMap::new();
        for pair in revisions.windows(2) {
            let [(node, _), (next, successor)] = pair else { continue };
            if let (Node::TaskDefinition(one), Node::TaskDefinition(two)) = (node, next)
                && (&one.location, &one.family) == (&two.location, &two.family)
                && let Some(at) = successor.value.registered_at
            {
                succeeded_at.insert(*node, at);
            }
        }
        Self { estate, succeeded_at }
    }

    /// The last use of a task definition: its registration, that of the revision that succeeded it, the pulls of its
    /// images, the ledger's last sighting.
    pub(super) fn of_definition(&self, node: &Node, definition: &TaskDefinition) -> LastUse {
        let seen = self.estate.last_seen(node);
        let pulls = self.images_of(node).filter_map(|image| image.last_recorded_pull_time).max();
        let latest = seen.max(definition.registered_at).max(self.succeeded_at.get(node).copied()).max(pulls);
        LastUse::under(self.estate.settings().evidence, seen, latest, definition.registered_at.is_none())
    }

    /// The last use of images that go together: their pushes, pulls and re-activations, the deregistration of definitions
    /// that name them, the ledger's last sightings.
    pub(super) fn of_images<'i>(&self, images: impl IntoIterator<Item = (&'i Node, &'i Image)>) -> LastUse {
        let (mut seen, mut latest, mut uncertain) = (None, None, false);
        for (node, image) in images {
            seen = seen.max(self.estate.last_seen(node));
            latest = latest.max(image.image_pushed_at).max(image.last_recorded_pull_time).max(image.last_activated_at);
            uncertain |= image.image_pushed_at.is_none();
            for definition in self.definitions_of(node) {
                let ended = definition.deregistered_at.max(definition.delete_requested_at);
                latest = latest.max(ended);
                uncertain |= definition.status != "ACTIVE" && ended.is_none();
            }
        }
        LastUse::under(self.estate.settings().evidence, seen, seen.max(latest), uncertain)
    }

    /// From when on no task starts any more from a deregistered definition that names one of the images.
    pub(super) fn settled_at<'i>(&self, images: impl IntoIterator<Item = (&'i Node, &'i Image)>) -> Option<Timestamp> {
        let definitions = images.into_iter().flat_map(|(node, _)| self.definitions_of(node));
        definitions
            .filter(|definition| definition.status != "ACTIVE")
            .filter_map(|definition| definition.deregistered_at)
            .max()
            .map(settled_after)
    }

    /// When definitions that are over ended, as last uses of the images that they name. A definition that is deleted takes
    /// this evidence along, so it has to be on record before.
    pub(super) fn ended_uses(&self) -> Vec<(Node, Timestamp)> {
        let mut uses = Vec::new();
        for (node, seen) in &self.estate.definitions {
            let ended = seen.value.deregistered_at.max(seen.value.delete_requested_at);
            if let Some(ended) = ended.filter(|_| seen.value.status != "ACTIVE") {
                uses.extend(self.image_nodes_of(node).into_iter().map(|image| (image.clone(), ended)));
            }
        }
        uses
    }

    /// The images that a definition names by digest or by a tag, as far as they exist.
    fn images_of(&self, definition: &Node) -> impl Iterator<Item = &'a Image> {
        let nodes = self.image_nodes_of(definition).into_iter();
        nodes.filter_map(|node| self.estate.images.get(node).map(|seen| &seen.value))
    }

    fn image_nodes_of(&self, definition: &Node) -> Vec<&'e Node> {
        let graph = &self.estate.graph;
        let mut images = Vec::new();
        for (held, _) in graph.held(definition) {
            images.push(held);
            if matches!(held, Node::Tag { .. }) {
                images.extend(graph.held(held).map(|(image, _)| image));
            }
        }
        images.retain(|node| self.estate.images.contains_key(*node));
        images
    }

    /// The definitions that name an image by digest or by a tag that it has now.
    fn definitions_of(&self, image: &Node) -> impl Iterator<Item = &'a TaskDefinition> {
        let users = |node: &Node| self.estate.graph.holders(node).collect::<Vec<_>>();
        let mut definitions = Vec::new();
        for (holder, link) in users(image) {
            match link {
                Link::Uses => definitions.push(holder),
                Link::Resolves => definitions.extend(users(holder).into_iter().map(|(user, _)| user)),
                Link::Runs | Link::Child | Link::Referrer => {}
            }
        }
        definitions.into_iter().filter_map(|node| self.estate.definitions.get(node).map(|seen| &seen.value))
    }
}
