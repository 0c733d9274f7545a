//! Reachability, with the path that proves it.

use std::collections::{HashMap, VecDeque};

use petgraph::{Direction, stable_graph::NodeIndex, visit::EdgeRef};

use super::{Graph, Link, Node};

/// What a set of holders reaches, and through whom.
#[derive(Debug)]
pub struct Reach<'a> {
    graph: &'a Graph,
    parents: HashMap<NodeIndex, Option<NodeIndex>>,
}

impl Graph {
    /// Everything that the roots reach over edges that `follows` lets through. Roots that are not in the graph reach nothing.
    ///
    /// The search is breadth-first from the roots in their order, so that the path it remembers is a shortest one and the
    /// same one every time.
    pub fn reach<'a, 'r>(
        &'a self,
        roots: impl IntoIterator<Item = &'r Node>,
        follows: impl Fn(&Node, Link, &Node) -> bool,
    ) -> Reach<'a> {
        let mut parents = HashMap::new();
        let mut queue = VecDeque::new();
        for root in roots {
            if let Some(index) = self.index.get(root)
                && parents.insert(*index, None).is_none()
            {
                queue.push_back(*index);
            }
        }
        while let Some(from) = queue.pop_front() {
            let mut next: Vec<_> = self
                .edges
                .edges_directed(from, Direction::Outgoing)
                .filter(|edge| follows(&self.edges[from], *edge.weight(), &self.edges[edge.target()]))
                .map(|edge| edge.target())
                .filter(|target| !parents.contains_key(target))
                .collect();
            next.sort_by(|left, right| self.edges[*left].cmp(&self.edges[*right]));
            for target in next {
                parents.insert(target, Some(from));
                queue.push_back(target);
            }
        }
        Reach { graph: self, parents }
    }
}

impl Reach<'_> {
    /// Everything that is reached, the roots included, in no particular order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.parents.keys().map(|index| &self.graph.edges[*index])
    }

    /// Whether a node is reached.
    #[must_use]
    pub fn contains(&self, node: &Node) -> bool {
        self.graph.index.get(node).is_some_and(|index| self.parents.contains_key(index))
    }

    /// The way from a root to the node, both included; empty if it is not reached.
    #[must_use]
    pub fn path(&self, node: &Node) -> Vec<&Node> {
        let mut path = Vec::new();
        let mut at = self.graph.index.get(node).copied().filter(|index| self.parents.contains_key(index));
        while let Some(index) = at {
            path.push(&self.graph.edges[index]);
            at = self.parents.get(&index).copied().flatten();
        }
        path.reverse();
        path
    }
}
