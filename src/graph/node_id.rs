//! Short names for nodes: what is looked up a million times is looked up by number.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

/// A map with a hash that is quick on short keys.
pub type FastMap<K, V> = HashMap<K, V, RandomState>;

/// A set with a hash that is quick on short keys.
pub type FastSet<K> = HashSet<K, RandomState>;

/// The number of a node within its graph. Means nothing in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The id of the node at `index`. A graph of four thousand million nodes fits into no memory.
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(super) const fn number(self) -> u32 {
        self.0
    }
}

/// A value for some nodes of a graph, found without hashing.
#[derive(Debug, Clone)]
pub struct NodeMap<T>(Vec<Option<T>>);

impl<T> Default for NodeMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> NodeMap<T> {
    /// The value of a node.
    #[must_use]
    pub fn get(&self, node: NodeId) -> Option<&T> {
        self.0.get(node.index())?.as_ref()
    }

    /// Whether the node has a value.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.get(node).is_some()
    }

    /// Gives a node a value, in place of the one that it may have.
    pub fn insert(&mut self, node: NodeId, value: T) {
        if self.0.len() <= node.index() {
            self.0.resize_with(node.index() + 1, || None);
        }
        if let Some(place) = self.0.get_mut(node.index()) {
            *place = Some(value);
        }
    }

    /// The values, in the order of the nodes' numbers.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &T)> {
        self.0.iter().enumerate().filter_map(|(index, value)| Some((NodeId::new(index), value.as_ref()?)))
    }
}

impl<T> FromIterator<(NodeId, T)> for NodeMap<T> {
    fn from_iter<I: IntoIterator<Item = (NodeId, T)>>(values: I) -> Self {
        let mut map = Self::default();
        values.into_iter().for_each(|(node, value)| map.insert(node, value));
        map
    }
}
