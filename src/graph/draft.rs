//! A graph in the making: nodes, links and what could not be followed.

use indexmap::IndexSet;
use petgraph::graph::DiGraph;

use super::{FastMap, Graph, ImageKey, Link, Node, NodeId, TaskDefinitionKey, Unresolved, UnresolvedKind};
use crate::model::{Digest, Family, ImageRef, Location, Revision, Source, TaskDefinitionRef};

/// What compiling has found so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    nodes: IndexSet<Node, foldhash::fast::RandomState>,
    links: Vec<(NodeId, NodeId, Link)>,
    pub(super) newest_active: FastMap<(Location, Family), Revision>,
    unresolved: Vec<Unresolved>,
    /// Digests that run, of containers that do not show their image.
    pub(super) pinned_anywhere: Vec<(NodeId, Digest)>,
    /// The nodes of the inventory's definitions, in its order.
    pub(super) definitions: Vec<NodeId>,
}

impl Draft {
    /// The finished graph. Of links between the same two nodes the last counts.
    pub(super) fn finish(self) -> Graph {
        let Self { nodes, mut links, newest_active, mut unresolved, pinned_anywhere, definitions } = self;
        links.reverse();
        links.sort_by_key(|(holder, held, _)| (*holder, *held));
        links.dedup_by_key(|(holder, held, _)| (*holder, *held));
        let links = links.into_iter().map(|(holder, held, link)| (holder.number(), held.number(), link));
        let mut edges = DiGraph::from_edges(links);
        while edges.node_count() < nodes.len() {
            edges.add_node(());
        }
        unresolved.sort_unstable();
        unresolved.dedup();
        Graph { nodes, edges, unresolved, newest_active, pinned_anywhere, definitions }
    }

    /// The number of a node, which becomes part of the graph.
    pub(super) fn node(&mut self, node: Node) -> NodeId {
        NodeId::new(self.nodes.insert_full(node).0)
    }

    pub(super) fn find(&self, node: &Node) -> Option<NodeId> {
        self.nodes.get_index_of(node).map(NodeId::new)
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId::new(index), node))
    }

    pub(super) fn link(&mut self, holder: NodeId, held: NodeId, link: Link) {
        self.links.push((holder, held, link));
    }

    pub(super) fn newest_active(&self, location: &Location, family: &Family) -> Option<Revision> {
        self.newest_active.get(&(location.clone(), family.clone())).copied()
    }

    pub(super) fn link_definition(&mut self, holder: NodeId, home: &Location, text: &str) {
        let target = TaskDefinitionRef::parse(text).and_then(|reference| {
            let location = reference.location.unwrap_or_else(|| home.clone());
            let revision = reference.revision.or_else(|| self.newest_active(&location, &reference.family))?;
            // A definition that is referred to but was not read may name any image.
            self.find(&Node::TaskDefinition(TaskDefinitionKey { location, family: reference.family, revision }))
        });
        match target {
            Some(target) => self.link(holder, target, Link::Runs),
            None => self.leave_unresolved(holder, UnresolvedKind::AnyDefinition, text),
        }
    }

    /// The image of a container that runs, or ran: by the URI of its definition, the digest that this was resolved to, or both.
    pub(super) fn link_container(&mut self, holder: NodeId, image: Option<&str>, digest: Option<&str>) {
        match (image, digest) {
            (Some(image), digest) => self.link_image_uri(holder, image, digest),
            (None, Some(digest)) => match digest.parse() {
                Ok(digest) => self.pinned_anywhere.push((holder, digest)),
                Err(_) => self.leave_unresolved(holder, UnresolvedKind::AnyImage, digest),
            },
            // ECS injects sidecars that show neither; they are not of these registries.
            (None, None) => {}
        }
    }

    pub(super) fn link_image_uri(&mut self, holder: NodeId, uri: &str, pinned: Option<&str>) {
        self.link_image(holder, ImageRef::parse(uri), uri, pinned);
    }

    /// The image that `uri` was read as.
    pub(super) fn link_image(&mut self, holder: NodeId, image: ImageRef, uri: &str, pinned: Option<&str>) {
        let image = match image {
            ImageRef::Foreign => return,
            ImageRef::Unparsed => return self.leave_unresolved(holder, UnresolvedKind::AnyImage, uri),
            ImageRef::Ecr(image) => image,
        };
        let pinned = match pinned.map(str::parse::<Digest>) {
            Some(Err(_)) => {
                self.leave_unresolved(holder, UnresolvedKind::AnyImage, uri);
                None
            }
            Some(Ok(digest)) => Some(digest),
            None => None,
        };
        for digest in image.digest.into_iter().chain(pinned) {
            let (registry, repository) = (image.registry.clone(), image.repository.clone());
            let held = self.node(Node::Image(ImageKey { registry, repository, digest }));
            self.link(holder, held, Link::Uses);
        }
        if let Some(tag) = image.tag {
            let held = self.node(Node::Tag { registry: image.registry, repository: image.repository, tag });
            self.link(holder, held, Link::Uses);
        }
    }

    pub(super) fn leave_unresolved(&mut self, holder: NodeId, kind: UnresolvedKind, text: &str) {
        self.leave(holder, kind, text, None);
    }

    /// Leaves a reference to what `source` should have and does not.
    pub(super) fn leave_missing(&mut self, holder: NodeId, kind: UnresolvedKind, text: &str, source: Source) {
        self.leave(holder, kind, text, Some(source));
    }

    fn leave(&mut self, holder: NodeId, kind: UnresolvedKind, text: &str, missing_from: Option<Source>) {
        if let Some(holder) = self.nodes.get_index(holder.index()).cloned() {
            self.unresolved.push(Unresolved { holder, kind, text: text.to_owned(), missing_from });
        }
    }
}
