//! Reachability, with the path that proves it.

use std::collections::VecDeque;

use super::{Graph, Node, NodeId, NodeMap};

/// What a set of holders reaches, and through whom.
#[derive(Debug)]
pub struct Reach<'a> {
    graph: &'a Graph,
    /// Through whom a node was reached; a root through nobody.
    parents: NodeMap<Option<NodeId>>,
}

impl Graph {
    /// Everything that the roots reach over edges that `follows` lets through, given what they lead to.
    ///
    /// The search is breadth-first from the roots in their order, so that the path it remembers is a shortest one and the
    /// same one every time.
    pub fn reach(&self, roots: impl IntoIterator<Item = NodeId>, follows: impl Fn(NodeId) -> bool) -> Reach<'_> {
        let mut parents = NodeMap::default();
        let mut queue = VecDeque::new();
        for root in roots {
            if !parents.contains(root) {
                parents.insert(root, None);
                queue.push_back(root);
            }
        }
        let mut next = Vec::new();
        while let Some(from) = queue.pop_front() {
            let held = self.held_by(from).map(|(held, _)| held);
            next.extend(held.filter(|held| follows(*held) && !parents.contains(*held)));
            next.sort_by(|left, right| self.node(*left).cmp(&self.node(*right)));
            for target in next.drain(..) {
                parents.insert(target, Some(from));
                queue.push_back(target);
            }
        }
        Reach { graph: self, parents }
    }
}

impl Reach<'_> {
    /// Everything that is reached, the roots included, in no particular order.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.parents.iter().filter_map(|(id, _)| Some((id, self.graph.node(id)?)))
    }

    /// Whether a node is reached.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.parents.contains(node)
    }

    /// The way from a root to the node, both included; empty if it is not reached.
    #[must_use]
    pub fn path(&self, node: NodeId) -> Vec<&Node> {
        let mut path = Vec::new();
        let mut at = self.contains(node).then_some(node);
        while let Some(id) = at {
            path.extend(self.graph.node(id));
            at = self.parents.get(id).copied().flatten();
        }
        path.reverse();
        path
    }
}
