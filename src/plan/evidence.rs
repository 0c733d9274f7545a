//! When something was last used, as far as anything tells.

use super::{
    estate::Estate,
    families::{FamilyRevisions, SeenRevision},
    history::{History, Past},
    verdict::Elapsed,
};
use crate::{
    graph::{ImageKey, Link, Node, NodeId},
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

/// One image with what dates its uses.
pub(super) struct Dated<'a> {
    pub(super) image: &'a Image,
    /// Its node, if anything names it.
    pub(super) node: Option<NodeId>,
    /// Its last pull by somebody else than this tool.
    pub(super) pulled: Option<Timestamp>,
    /// What deployments tell.
    pub(super) past: Past,
    /// The ledger's last sighting.
    pub(super) seen: Option<Timestamp>,
}

/// Evidence for task definitions and images, under the policy's `evidence` setting.
pub(super) struct EvidenceBook<'e, 'a> {
    estate: &'e Estate<'a>,
    pub(super) history: History,
}

impl<'e, 'a> EvidenceBook<'e, 'a> {
    pub(super) fn new(estate: &'e Estate<'a>) -> Self {
        Self { estate, history: History::new(estate) }
    }

    /// The last use of a task definition: its registration, that of the revision that succeeded it, the end of the deployment
    /// that replaced it, the pulls of its images, the ledger's last sighting.
    pub(super) fn of_definition(&self, family: &FamilyRevisions<'_>, revision: &SeenRevision<'_>) -> LastUse {
        let past = self.history.of_definition(revision.node);
        let images = self.images_of(revision.node).into_iter();
        let pulled = images.filter_map(|image| self.estate.last_pull(image)).max();
        let registered_at = revision.definition.registered_at;
        let evident = Evident {
            latest: registered_at.max(revision.succeeded_at).max(pulled),
            ran: past.at,
            is_uncertain: registered_at.is_none(),
            may_have_run: past.is_unknown,
        };
        let seen = self.estate.last_seen_at(family.location, || family.resource(revision));
        LastUse::of(self.estate.settings().evidence, seen, evident)
    }

    /// The last use of images that go together: their pushes, pulls and re-activations, the deregistration of definitions
    /// that name them, the end of the deployments that pinned them, the ledger's last sightings.
    pub(super) fn of_images(&self, images: impl IntoIterator<Item = Dated<'a>>) -> LastUse {
        let (mut seen, mut evident) = (None, Evident::default());
        for Dated { image, node, pulled, past, seen: sighted } in images {
            seen = seen.max(sighted);
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
    pub(super) fn settled_at(&self, images: impl IntoIterator<Item = Option<NodeId>>) -> Option<Timestamp> {
        let definitions = images.into_iter().flat_map(|node| self.definitions_of(node));
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
        let graph = &self.estate.graph;
        let definitions = self.history.ended_definitions();
        let definitions = definitions.filter_map(|(node, at)| Some((graph.node(node)?.clone(), at)));
        let images = self.history.ended_images().filter_map(|(place, at)| {
            let repository = self.estate.repositories.get(place.repository)?;
            let digest = self.estate.image(place)?.image_digest.clone();
            let (registry, repository) = (repository.registry.clone(), repository.name.clone());
            Some((Node::Image(ImageKey { registry, repository, digest }), at))
        });
        let mut uses: Vec<_> = definitions.chain(images).collect();
        for (_, revision) in self.estate.families.revisions() {
            let ended = revision.definition.deregistered_at.max(revision.definition.delete_requested_at);
            if let Some(ended) = ended.filter(|_| revision.definition.status != "ACTIVE") {
                let images = self.images_of(revision.node).into_iter();
                uses.extend(images.filter_map(|image| Some((graph.node(image)?.clone(), ended))));
            }
        }
        uses
    }

    /// The images that a definition names by digest or by a tag, as far as they exist.
    pub(super) fn images_of(&self, definition: NodeId) -> Vec<NodeId> {
        let graph = &self.estate.graph;
        let mut images = Vec::new();
        for (held, _) in graph.held_by(definition) {
            images.push(held);
            images.extend(graph.held_by(held).filter(|(_, link)| *link == Link::Resolves).map(|(image, _)| image));
        }
        images.retain(|node| self.estate.place(*node).is_some());
        images
    }

    /// The definitions that name an image by digest or by a tag that it has now.
    pub(super) fn definitions_of(&self, image: Option<NodeId>) -> Vec<&'a TaskDefinition> {
        let graph = &self.estate.graph;
        let mut definitions = Vec::new();
        for (holder, link) in image.into_iter().flat_map(|image| graph.holders_of(image)) {
            match link {
                Link::Uses => definitions.push(holder),
                Link::Resolves => definitions.extend(graph.holders_of(holder).map(|(user, _)| user)),
                Link::Runs | Link::Starts | Link::Child | Link::Referrer => {}
            }
        }
        definitions.into_iter().filter_map(|node| self.estate.families.definition(node)).collect()
    }
}
