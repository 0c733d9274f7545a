//! From an inventory to the graph.

use std::collections::{BTreeMap, HashMap};

use petgraph::{Direction, stable_graph::NodeIndex, stable_graph::StableDiGraph, visit::EdgeRef};

use super::{ImageKey, Link, Node, TaskDefinitionKey, Unresolved, UnresolvedKind, identity::definition_key};
use crate::{
    inventory::Inventory,
    model::{Digest, Family, ImageRef, Location, Revision, Source, TaskDefinitionRef},
};

/// The dependency graph of an estate. Edges go from a holder to what it holds.
#[derive(Debug, Default)]
pub struct Graph {
    pub(super) edges: StableDiGraph<Node, Link>,
    pub(super) index: HashMap<Node, NodeIndex>,
    unresolved: Vec<Unresolved>,
    newest_active: BTreeMap<(Location, Family), Revision>,
    /// Digests that run, of containers that do not show their image.
    pub(super) pinned_anywhere: Vec<(Node, Digest)>,
}

impl Graph {
    /// Compiles an inventory. An inventory without images gives a graph without them: tags then hold nothing, and
    /// `holders` of the tag itself tells who uses it.
    #[must_use]
    pub fn compile(inventory: &Inventory) -> Self {
        let mut graph = Self::default();
        graph.add_definitions(inventory);
        for seen in &inventory.services {
            graph.add_service(&seen.location, &seen.value);
        }
        for seen in &inventory.task_sets {
            graph.add_task_set(&seen.location, &seen.value);
        }
        for seen in &inventory.tasks {
            graph.add_task(&seen.location, &seen.value);
        }
        graph.add_held_revisions(inventory);
        graph.add_daemons(inventory);
        graph.add_references(inventory);
        graph.add_images(inventory);
        graph.unresolved.sort_unstable();
        graph.unresolved.dedup();
        graph
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

    /// Who holds a node directly, and how.
    pub fn holders<'a>(&'a self, node: &Node) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        self.neighbours(node, Direction::Incoming)
    }

    /// What a node holds directly, and how.
    pub fn held<'a>(&'a self, node: &Node) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        self.neighbours(node, Direction::Outgoing)
    }

    /// Who holds an image by its digest alone, whatever the repository. Where the inventory has the image, that is an edge as well.
    pub fn pinners<'a, 'd>(&'a self, digest: &'d Digest) -> impl Iterator<Item = &'a Node> + use<'a, 'd> {
        self.pinned_anywhere.iter().filter(move |(_, pinned)| pinned == digest).map(|(holder, _)| holder)
    }

    /// Every node, in no particular order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.index.keys()
    }

    fn neighbours<'a>(&'a self, node: &Node, direction: Direction) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        let edges = self.index.get(node).map(|index| self.edges.edges_directed(*index, direction));
        edges.into_iter().flatten().map(move |edge| {
            let other = match direction {
                Direction::Incoming => edge.source(),
                Direction::Outgoing => edge.target(),
            };
            (&self.edges[other], *edge.weight())
        })
    }

    pub(super) fn node(&mut self, node: &Node) -> NodeIndex {
        if let Some(index) = self.index.get(node) {
            return *index;
        }
        let index = self.edges.add_node(node.clone());
        self.index.insert(node.clone(), index);
        index
    }

    pub(super) fn link(&mut self, holder: &Node, held: &Node, link: Link) {
        let (from, to) = (self.node(holder), self.node(held));
        self.edges.update_edge(from, to, link);
    }

    fn add_definitions(&mut self, inventory: &Inventory) {
        for seen in &inventory.task_definitions {
            let key = definition_key(&seen.location, &seen.value);
            if seen.value.status == "ACTIVE" {
                let newest =
                    self.newest_active.entry((seen.location.clone(), key.family.clone())).or_insert(key.revision);
                *newest = (*newest).max(key.revision);
            }
            let node = Node::TaskDefinition(key);
            self.node(&node);
            for container in &seen.value.container_definitions {
                self.link_image_uri(&node, &container.image, None);
            }
        }
    }

    pub(super) fn link_definition(&mut self, holder: &Node, home: &Location, text: &str) {
        let target = TaskDefinitionRef::parse(text).and_then(|reference| {
            let location = reference.location.unwrap_or_else(|| home.clone());
            let revision = reference.revision.or_else(|| self.newest_active(&location, &reference.family))?;
            let target = Node::TaskDefinition(TaskDefinitionKey { location, family: reference.family, revision });
            // A definition that is referred to but was not read may name any image.
            self.index.contains_key(&target).then_some(target)
        });
        match target {
            Some(target) => self.link(holder, &target, Link::Runs),
            None => self.leave_unresolved(holder, UnresolvedKind::AnyDefinition, text),
        }
    }

    /// The image of a container that runs, or ran: by the URI of its definition, the digest that this was resolved to, or both.
    pub(super) fn link_container(&mut self, holder: &Node, image: Option<&str>, digest: Option<&str>) {
        match (image, digest) {
            (Some(image), digest) => self.link_image_uri(holder, image, digest),
            (None, Some(digest)) => match digest.parse() {
                Ok(digest) => self.pinned_anywhere.push((holder.clone(), digest)),
                Err(_) => self.leave_unresolved(holder, UnresolvedKind::AnyImage, digest),
            },
            // ECS injects sidecars that show neither; they are not of these registries.
            (None, None) => {}
        }
    }

    pub(super) fn link_image_uri(&mut self, holder: &Node, uri: &str, pinned: Option<&str>) {
        match ImageRef::parse(uri) {
            ImageRef::Foreign => {}
            ImageRef::Unparsed => self.leave_unresolved(holder, UnresolvedKind::AnyImage, uri),
            ImageRef::Ecr(image) => {
                let mut digests: Vec<Digest> = image.digest.into_iter().collect();
                match pinned.map(str::parse::<Digest>) {
                    Some(Ok(digest)) => digests.push(digest),
                    Some(Err(_)) => self.leave_unresolved(holder, UnresolvedKind::AnyImage, uri),
                    None => {}
                }
                for digest in digests {
                    let key =
                        ImageKey { registry: image.registry.clone(), repository: image.repository.clone(), digest };
                    self.link(holder, &Node::Image(key), Link::Uses);
                }
                if let Some(tag) = image.tag {
                    let tag = Node::Tag { registry: image.registry, repository: image.repository, tag };
                    self.link(holder, &tag, Link::Uses);
                }
            }
        }
    }

    pub(super) fn leave_unresolved(&mut self, holder: &Node, kind: UnresolvedKind, text: &str) {
        self.leave(holder, kind, text, None);
    }

    /// Leaves a reference to what `source` should have and does not.
    pub(super) fn leave_missing(&mut self, holder: &Node, kind: UnresolvedKind, text: &str, source: Source) {
        self.leave(holder, kind, text, Some(source));
    }

    fn leave(&mut self, holder: &Node, kind: UnresolvedKind, text: &str, missing_from: Option<Source>) {
        self.node(holder);
        self.unresolved.push(Unresolved { holder: holder.clone(), kind, text: text.to_owned(), missing_from });
    }
}
