//! Task definitions by family: a revision is newest, or succeeded by another, within its family.

use crate::{
    graph::{FastMap, Graph, Node, NodeId, NodeMap},
    inventory::{Inventory, TaskDefinition},
    model::{Family, Location, Resource, Revision, Timestamp},
};

/// The families of an estate, in order.
#[derive(Debug)]
pub(super) struct Families<'a> {
    all: Vec<FamilyRevisions<'a>>,
    /// Where a revision stands: the position of its family, and its own in there.
    places: NodeMap<(usize, usize)>,
}

/// A family with its revisions, the oldest first.
#[derive(Debug)]
pub(super) struct FamilyRevisions<'a> {
    pub(super) location: &'a Location,
    pub(super) family: Family,
    /// What a caller that names only the family runs.
    pub(super) newest_active: Option<Revision>,
    pub(super) revisions: Vec<SeenRevision<'a>>,
}

/// A revision of a family.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenRevision<'a> {
    pub(super) node: NodeId,
    pub(super) revision: Revision,
    pub(super) definition: &'a TaskDefinition,
    /// When the next one was registered: until then this one was the newest.
    pub(super) succeeded_at: Option<Timestamp>,
}

impl<'a> Families<'a> {
    /// Groups the definitions of an inventory, however its lines are. `graph` is compiled from it.
    pub(super) fn new(inventory: &'a Inventory, graph: &Graph) -> Self {
        let mut known: FastMap<(&Location, &Family), usize> = FastMap::default();
        let mut all: Vec<FamilyRevisions<'a>> = Vec::new();
        for (seen, node) in inventory.task_definitions.iter().zip(graph.definitions()) {
            let Some(Node::TaskDefinition(key)) = graph.node(*node) else { continue };
            let at = *known.entry((&seen.location, &key.family)).or_insert(all.len());
            if at == all.len() {
                let newest_active = graph.newest_active(&key.location, &key.family);
                let (location, family, revisions) = (&seen.location, key.family.clone(), Vec::new());
                all.push(FamilyRevisions { location, family, newest_active, revisions });
            }
            let (node, revision, definition) = (*node, key.revision, &seen.value);
            all[at].revisions.push(SeenRevision { node, revision, definition, succeeded_at: None });
        }
        all.sort_by(|left, right| (left.location, &left.family).cmp(&(right.location, &right.family)));
        all.iter_mut().for_each(FamilyRevisions::put_in_order);
        let places = all.iter().enumerate().flat_map(|(family, one)| {
            one.revisions.iter().enumerate().map(move |(at, revision)| (revision.node, (family, at)))
        });
        Self { places: places.collect(), all }
    }

    /// The families, in order.
    pub(super) fn all(&self) -> &[FamilyRevisions<'a>] {
        &self.all
    }

    /// Every revision, in order.
    pub(super) fn revisions(&self) -> impl Iterator<Item = (&FamilyRevisions<'a>, &SeenRevision<'a>)> {
        self.all.iter().flat_map(|family| family.revisions.iter().map(move |revision| (family, revision)))
    }

    /// The definition that a node stands for, if it is one.
    pub(super) fn definition(&self, node: NodeId) -> Option<&'a TaskDefinition> {
        let (family, at) = self.places.get(node)?;
        Some(self.all.get(*family)?.revisions.get(*at)?.definition)
    }
}

impl FamilyRevisions<'_> {
    pub(super) fn resource(&self, revision: &SeenRevision<'_>) -> Resource {
        Resource::TaskDefinition { family: self.family.clone(), revision: revision.revision }
    }

    /// The oldest first. Of what stands there twice the last line counts.
    fn put_in_order(&mut self) {
        let revisions = &mut self.revisions;
        revisions.sort_by_key(|one| one.revision);
        revisions.reverse();
        revisions.dedup_by_key(|one| one.revision);
        revisions.reverse();
        let next: Vec<_> = revisions.iter().skip(1).map(|next| next.definition.registered_at).collect();
        for (revision, registered_at) in revisions.iter_mut().zip(next) {
            revision.succeeded_at = registered_at;
        }
    }
}
