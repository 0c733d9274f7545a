//! Units of images: an index with its children, a subject with its referrers.

use std::collections::{BTreeMap, BTreeSet};

use super::estate::Estate;
use crate::graph::{Link, Node};

/// An image that nothing in its repository holds, with everything that it does. Kept together, retired together.
pub(super) struct Unit<'e> {
    /// The index or subject.
    pub(super) root: &'e Node,
    /// Every image of it, the root included. A child may belong to several units.
    pub(super) members: BTreeSet<&'e Node>,
}

/// The units of a registry, and the images in none because they hold each other in a circle.
pub(super) struct Units<'e> {
    pub(super) units: Vec<Unit<'e>>,
    pub(super) circular: BTreeSet<&'e Node>,
    by_member: BTreeMap<&'e Node, Vec<usize>>,
}

impl<'e> Units<'e> {
    /// Groups the images of the estate.
    pub(super) fn new(estate: &'e Estate<'_>) -> Self {
        let mut roots: Vec<&Node> = estate
            .images
            .keys()
            .filter(|node| !estate.graph.holders(node).any(|(_, link)| is_within_unit(link)))
            .collect();
        roots.sort_unstable();
        let mut by_member: BTreeMap<&Node, Vec<usize>> = BTreeMap::new();
        let mut units = Vec::with_capacity(roots.len());
        for root in roots {
            let members = members(estate, root);
            for member in &members {
                by_member.entry(member).or_default().push(units.len());
            }
            units.push(Unit { root, members });
        }
        let circular = estate.images.keys().filter(|node| !by_member.contains_key(node)).collect();
        Self { units, circular, by_member }
    }

    /// The units that an image belongs to, as indices into `units`.
    pub(super) fn of(&self, node: &Node) -> &[usize] {
        self.by_member.get(node).map_or(&[], Vec::as_slice)
    }
}

/// Whether the link ties images of one unit together.
pub(super) fn is_within_unit(link: Link) -> bool {
    match link {
        Link::Child | Link::Referrer => true,
        Link::Runs | Link::Uses | Link::Resolves => false,
    }
}

fn members<'e>(estate: &'e Estate<'_>, root: &'e Node) -> BTreeSet<&'e Node> {
    let mut members = BTreeSet::from([root]);
    let mut queue = vec![root];
    while let Some(node) = queue.pop() {
        for (held, link) in estate.graph.held(node) {
            if is_within_unit(link) && members.insert(held) {
                queue.push(held);
            }
        }
    }
    members
}
