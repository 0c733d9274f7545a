//! When something was last used, as far as anything tells.

use std::collections::HashMap;

use super::{estate::Estate, history::History, pulls::last_pull, verdict::Elapsed};
use crate::{
    graph::{Link, Node},
    inventory::{Image, TaskDefinition},
    model::{Age, Timestamp, quota::settled_after},
    policy::Evidence,
};

/// What dates the last use of something, the ledger apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Evident {
    /// The latest instant for which there is evidence.
    pub(super) latest: Option<Timestamp>,
    /// The latest instant at which something ran it.
    pub(super) ran: Option<Timestamp>,
    /// Whether something that would date a use is missing, so that the real one may be later.
    pub(super) is_uncertain: bool,
    /// The same, of what ran it.
    pub(super) may_have_run: bool,
}

/// The latest evidence of use, under the policy's `evidence` setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastUse {
    /// The latest instant that the policy counts; nothing if it is not known well enough.
    at: Option<Timestamp>,
    /// The ledger's last sighting.
    seen: Option<Timestamp>,
    evident: Evident,
}

impl LastUse {
    /// Evidence as the policy counts it: `seen` is the ledger's last sighting.
    pub(super) fn of(evidence: Evidence, seen: Option<Timestamp>, evident: Evident) -> Self {
        let is_uncertain = evident.is_uncertain || evident.may_have_run;
        let evident = Evident { latest: evident.latest.max(evident.ran).max(seen), is_uncertain, ..evident };
        let at = match evidence {
            Evidence::Observed => seen,
            Evidence::Inferred if is_uncertain => None,
            Evidence::Inferred => evident.latest,
        };
        Self { at, seen, evident }
    }

    /// The instant that ages are counted from; nothing, if it is not known well enough.
    pub(super) fn known(self) -> Option<Timestamp> {
        self.at
    }

    /// Whether it has been unused for so long.
    pub(super) fn lasted(self, age: Age, now: Timestamp) -> Elapsed {
        Elapsed::since(self.at, age, now)
    }

    /// The same for the rollback window. `observed` asks for more evidence, never for less: what AWS dates within the window
    /// is a use that the ledger missed.
    pub(super) fn lasted_by_any(self, window: Age, now: Timestamp) -> Elapsed {
        let at = self.at.filter(|_| !self.evident.is_uncertain).map(|at| Some(at).max(self.evident.latest));
        Elapsed::since(at.flatten(), window, now)
    }

    /// Whether the window has passed since something ended at `ended`, or ran it after that.
    pub(super) fn over_since(self, ended: Option<Timestamp>, window: Age, now: Timestamp) -> Elapsed {
        let ended = ended.filter(|_| !self.evident.may_have_run);
        let ended = ended.and_then(|ended| Some(ended).max(self.seen).max(self.evident.ran));
        Elapsed::since(ended, window, now)
    }
}

/// Evidence for task definitions and images, under the policy's `evidence` setting.
pub(super) struct EvidenceBook<'e, 'a> {
    estate: &'e Estate<'a>,
    /// When the revision after a given one was registered: until then the given one was the newest.
    pub(super) succeeded_at: HashMap<&'e Node, Timestamp>,
    pub(super) history: History,
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
        Self { estate, succeeded_at, history: History::new(estate) }
    }

    /// The last use of a task definition: its registration, that of the revision that succeeded it, the end of the deployment
    /// that replaced it, the pulls of its images, the ledger's last sighting.
    pub(super) fn of_definition(&self, node: &Node, definition: &TaskDefinition) -> LastUse {
        let past = self.history.of(node);
        let pulled = self.images_of(node).filter_map(|(node, image)| last_pull(self.estate, node, image)).max();
        let evident = Evident {
            latest: definition.registered_at.max(self.succeeded_at.get(node).copied()).max(pulled),
            ran: past.at,
            is_uncertain: definition.registered_at.is_none(),
            may_have_run: past.is_unknown,
        };
        LastUse::of(self.estate.settings().evidence, self.estate.last_seen(node), evident)
    }

    /// The last use of images that go together: their pushes, pulls and re-activations, the deregistration of definitions
    /// that name them, the end of the deployments that pinned them, the ledger's last sightings.
    pub(super) fn of_images<'i>(&self, images: impl IntoIterator<Item = (&'i Node, &'i Image)>) -> LastUse {
        let (mut seen, mut evident) = (None, Evident::default());
        for (node, image) in images {
            seen = seen.max(self.estate.last_seen(node));
            let (pulled, past) = (last_pull(self.estate, node, image), self.history.of(node));
            let dated = image.image_pushed_at.max(pulled).max(image.last_activated_at);
            evident.latest = evident.latest.max(dated);
            evident.ran = evident.ran.max(past.at);
            evident.is_uncertain |= image.image_pushed_at.is_none();
            evident.may_have_run |= past.is_unknown;
            for definition in self.definitions_of(node) {
                let ended = definition.deregistered_at.max(definition.delete_requested_at);
                evident.latest = evident.latest.max(ended);
                evident.is_uncertain |= definition.status != "ACTIVE" && ended.is_none();
            }
        }
        LastUse::of(self.estate.settings().evidence, seen, evident)
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

    /// Uses that are over: of definitions and images, when the deployments that replaced them ended; of images, when
    /// definitions that name them did. AWS forgets a deployment after 90 days or with its service, and a definition that
    /// is deleted takes its evidence along, so they have to be on record before.
    pub(super) fn ended_uses(&self) -> Vec<(Node, Timestamp)> {
        let ended = self.history.ended().filter(|(node, _)| self.exists(node));
        let mut uses: Vec<_> = ended.map(|(node, at)| (node.clone(), at)).collect();
        for (node, seen) in &self.estate.definitions {
            let ended = seen.value.deregistered_at.max(seen.value.delete_requested_at);
            if let Some(ended) = ended.filter(|_| seen.value.status != "ACTIVE") {
                uses.extend(self.image_nodes_of(node).into_iter().map(|image| (image.clone(), ended)));
            }
        }
        uses
    }

    /// The images that a definition names by digest or by a tag, as far as they exist.
    pub(super) fn images_of(&self, definition: &Node) -> impl Iterator<Item = (&'e Node, &'a Image)> {
        let nodes = self.image_nodes_of(definition).into_iter();
        nodes.filter_map(|node| Some((node, &self.estate.images.get(node)?.value)))
    }

    fn exists(&self, node: &Node) -> bool {
        self.estate.definitions.contains_key(node) || self.estate.images.contains_key(node)
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
    pub(super) fn definitions_of(&self, image: &Node) -> impl Iterator<Item = &'a TaskDefinition> {
        let users = |node: &Node| self.estate.graph.holders(node).collect::<Vec<_>>();
        let mut definitions = Vec::new();
        for (holder, link) in users(image) {
            match link {
                Link::Uses => definitions.push(holder),
                Link::Resolves => definitions.extend(users(holder).into_iter().map(|(user, _)| user)),
                Link::Runs | Link::Starts | Link::Child | Link::Referrer => {}
            }
        }
        definitions.into_iter().filter_map(|node| self.estate.definitions.get(node).map(|seen| &seen.value))
    }
}
