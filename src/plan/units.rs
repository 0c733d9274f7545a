//! Units of images: an index with its children, a subject with its referrers.

use std::collections::{BTreeMap, BTreeSet};

use super::estate::Estate;
use crate::graph::{Link, Node, order};

/// An image that nothing in its repository holds, with everything that it does. Kept together, retired together.
pub(super) struct Unit<'e> {
    /// The index or subject.
    pub(super) root: &'e Node,
    /// Every image of it, the root included. A child may belong to several units.
    pub(super) members: BTreeSet<&'e Node>,
    /// Whether some of them hold each other in a circle, which anyone who may push can tag two images into.
    pub(super) circular: bool,
}

/// The units of a registry. Images that only hold each other have the smallest of them for a root.
pub(super) struct Units<'e> {
    pub(super) units: Vec<Unit<'e>>,
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
        let mut all = Self { units: Vec::with_capacity(roots.len()), by_member: BTreeMap::new() };
        for root in roots {
            all.add(estate, root, false);
        }
        let mut rest: Vec<&Node> = estate.images.keys().filter(|node| !all.by_member.contains_key(node)).collect();
        rest.sort_unstable();
        for root in rest {
            if !all.by_member.contains_key(root) {
                // Nothing leads here from a root: it is in a circle, or below one, which stays with all that it holds.
                all.add(estate, root, true);
            }
        }
        all
    }

    fn add(&mut self, estate: &'e Estate<'_>, root: &'e Node, is_below_circle: bool) {
        let members = members(estate, root);
        for member in &members {
            self.by_member.entry(member).or_default().push(self.units.len());
        }
        let circular = is_below_circle || is_circular(estate, &members);
        self.units.push(Unit { root, members, circular });
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
        Link::Runs | Link::Uses | Link::Starts | Link::Resolves => false,
    }
}

fn is_circular(estate: &Estate<'_>, members: &BTreeSet<&Node>) -> bool {
    if members.len() < 2 {
        return false;
    }
    let held = |node| estate.graph.held(node).filter(|(_, link)| is_within_unit(*link)).map(|(held, _)| held);
    let befores = members.iter().flat_map(|node| held(node).map(move |held| (*node, held)));
    order(members.iter().copied(), befores.collect::<Vec<_>>()).is_err()
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
