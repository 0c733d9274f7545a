//! From an inventory to the graph, and what to ask of it.

use indexmap::IndexSet;
use petgraph::{Direction, graph::DiGraph, graph::NodeIndex, visit::EdgeRef};
use rayon::prelude::*;

use super::{
    FastMap, Link, Node, NodeId, RepositoryImages, TaskDefinitionKey, Unresolved, draft::Draft,
    identity::definition_key,
};
use crate::{
    inventory::Inventory,
    model::{Digest, Family, ImageRef, Location, Revision},
};

/// The dependency graph of an estate. Edges go from a holder to what it holds.
#[derive(Debug)]
pub struct Graph {
    pub(super) nodes: IndexSet<Node, foldhash::fast::RandomState>,
    pub(super) edges: DiGraph<(), Link>,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) newest_active: FastMap<(Location, Family), Revision>,
    pub(super) pinned_anywhere: Vec<(NodeId, Digest)>,
    pub(super) definitions: Vec<NodeId>,
}

impl Graph {
    /// Compiles an inventory. An inventory without images gives a graph without them: tags then hold nothing, and
    /// `holders` of the tag itself tells who uses it.
    #[must_use]
    pub fn compile(inventory: &Inventory) -> Self {
        let mut draft = Draft::of_holders(inventory);
        draft.add_images(&RepositoryImages::of(inventory));
        draft.finish()
    }

    /// Compiles the holders of an inventory with the images that they name, by tag or digest, and no others: images that hold
    /// each other are of one repository, and `RepositoryImages::ties` tells which. The second part is these images by the
    /// position of their repository, and then by their own.
    #[must_use]
    pub fn of_holders(
        inventory: &Inventory,
        repositories: &[RepositoryImages<'_>],
    ) -> (Self, Vec<Vec<(usize, NodeId)>>) {
        let mut draft = Draft::of_holders(inventory);
        let named = draft.add_named_images(repositories);
        (draft.finish(), named)
    }

    /// References that could not be followed, whoever makes them.
    #[must_use]
    pub fn unresolved(&self) -> &[Unresolved] {
        &self.unresolved
    }

    /// The newest ACTIVE revision of a family: what a caller that names only the family runs.
    #[must_use]
    pub fn newest_active(&self, location: &Location, family: &Family) -> Option<Revision> {
        self.newest_active.get(&(location.clone(), family.clone())).copied()
    }

    /// The nodes of the inventory's task definitions, in its order.
    #[must_use]
    pub fn definitions(&self) -> &[NodeId] {
        &self.definitions
    }

    /// The number of a node, if it is there.
    #[must_use]
    pub fn find(&self, node: &Node) -> Option<NodeId> {
        self.nodes.get_index_of(node).map(NodeId::new)
    }

    /// The node of this number, if it is one of this graph's.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get_index(id.index())
    }

    /// Who holds a node directly, and how.
    pub fn holders_of(&self, id: NodeId) -> impl Iterator<Item = (NodeId, Link)> + use<'_> {
        self.neighbours(id, Direction::Incoming)
    }

    /// What a node holds directly, and how.
    pub fn held_by(&self, id: NodeId) -> impl Iterator<Item = (NodeId, Link)> + use<'_> {
        self.neighbours(id, Direction::Outgoing)
    }

    /// Who holds a node directly, and how.
    pub fn holders<'a>(&'a self, node: &Node) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        let holders = self.find(node).into_iter().flat_map(|id| self.holders_of(id));
        holders.filter_map(|(holder, link)| Some((self.node(holder)?, link)))
    }

    /// What a node holds directly, and how.
    pub fn held<'a>(&'a self, node: &Node) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        let held = self.find(node).into_iter().flat_map(|id| self.held_by(id));
        held.filter_map(|(held, link)| Some((self.node(held)?, link)))
    }

    /// Who holds an image by its digest alone, whatever the repository. Where the inventory has the image, that is an edge as well.
    pub fn pinners<'a, 'd>(&'a self, digest: &'d Digest) -> impl Iterator<Item = &'a Node> + use<'a, 'd> {
        let pinned = self.pinned_anywhere.iter().filter(move |(_, pinned)| pinned == digest);
        pinned.filter_map(|(holder, _)| self.node(*holder))
    }

    /// Every node, in no particular order.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId::new(index), node))
    }

    fn neighbours(&self, id: NodeId, direction: Direction) -> impl Iterator<Item = (NodeId, Link)> + use<'_> {
        let edges = self.edges.edges_directed(NodeIndex::new(id.index()), direction);
        edges.map(move |edge| {
            let other = match direction {
                Direction::Incoming => edge.source(),
                Direction::Outgoing => edge.target(),
            };
            (NodeId::new(other.index()), *edge.weight())
        })
    }
}

impl Draft {
    fn of_holders(inventory: &Inventory) -> Self {
        let mut draft = Self::default();
        draft.add_definitions(inventory);
        for seen in &inventory.services {
            draft.add_service(&seen.location, &seen.value);
        }
        for seen in &inventory.task_sets {
            draft.add_task_set(&seen.location, &seen.value);
        }
        for seen in &inventory.tasks {
            draft.add_task(&seen.location, &seen.value);
        }
        draft.add_held_revisions(inventory);
        draft.add_daemons(inventory);
        draft.add_references(inventory);
        draft
    }

    fn add_definitions(&mut self, inventory: &Inventory) {
        let read = inventory.task_definitions.par_iter().map(|seen| {
            let images = seen.value.container_definitions.iter().map(|container| ImageRef::parse(&container.image));
            (definition_key(&seen.location, &seen.value), images.collect())
        });
        let read: Vec<(TaskDefinitionKey, Vec<ImageRef>)> = read.collect();
        for (seen, (key, images)) in inventory.task_definitions.iter().zip(read) {
            if seen.value.status == "ACTIVE" {
                let family = (seen.location.clone(), key.family.clone());
                let newest = self.newest_active.entry(family).or_insert(key.revision);
                *newest = (*newest).max(key.revision);
            }
            let id = self.node(Node::TaskDefinition(key));
            self.definitions.push(id);
            for (container, image) in seen.value.container_definitions.iter().zip(images) {
                self.link_image(id, image, &container.image, None);
            }
        }
    }
}
