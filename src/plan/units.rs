//! Units of images: an index with its children, a subject with its referrers. All within one repository, where an image is named
//! by its position.

use crate::graph::{Link, RepositoryImages, order_numbers};

/// An image that nothing in its repository holds, with everything that it does. Kept together, retired together.
#[derive(Debug)]
pub(super) struct Unit {
    /// Its position among the units of the repository.
    pub(super) index: usize,
    /// The index or subject.
    pub(super) root: usize,
    /// Every image of it in order, the root included. A child may belong to several units.
    pub(super) members: Vec<usize>,
    /// Whether some of them hold each other in a circle, which anyone who may push can tag two images into.
    pub(super) circular: bool,
}

/// The units of a repository. Images that only hold each other have the smallest of them for a root.
#[derive(Debug)]
pub(super) struct Units {
    pub(super) units: Vec<Unit>,
    /// Images with their units, as positions in `units`; in order.
    by_member: Vec<(usize, usize)>,
    /// Who holds whom within the repository; in order.
    ties: Vec<(usize, usize)>,
}

impl Units {
    /// Groups the images of a repository.
    pub(super) fn new(repository: &RepositoryImages<'_>) -> Self {
        let mut ties: Vec<_> = repository.ties().iter().map(|(holder, held, _)| (*holder, *held)).collect();
        ties.sort_unstable();
        ties.dedup();
        let count = repository.images.len();
        let mut is_held = vec![false; count];
        ties.iter().for_each(|(_, held)| is_held[*held] = true);
        let mut all = Self { units: Vec::with_capacity(count), by_member: Vec::with_capacity(count), ties };
        let mut has_unit = vec![false; count];
        for root in (0..count).filter(|image| !is_held[*image]) {
            all.add(root, &mut has_unit, false);
        }
        for root in (0..count).filter(|image| is_held[*image]) {
            if !has_unit[root] {
                // Nothing leads here from a root: it is in a circle, or below one, which stays with all that it holds.
                all.add(root, &mut has_unit, true);
            }
        }
        all.by_member.sort_unstable();
        all
    }

    fn add(&mut self, root: usize, has_unit: &mut [bool], is_below_circle: bool) {
        let members = self.closure([root]);
        for member in &members {
            has_unit[*member] = true;
            self.by_member.push((*member, self.units.len()));
        }
        let circular = is_below_circle || (members.len() > 1 && self.is_circular(&members));
        self.units.push(Unit { index: self.units.len(), root, members, circular });
    }

    /// The units that an image belongs to.
    pub(super) fn of(&self, image: usize) -> impl Iterator<Item = (usize, &Unit)> {
        let start = self.by_member.partition_point(|(member, _)| *member < image);
        let units = self.by_member.iter().skip(start).take_while(move |(member, _)| *member == image);
        units.filter_map(|(_, unit)| Some((*unit, self.units.get(*unit)?)))
    }

    /// What an image holds directly.
    pub(super) fn held_by(&self, image: usize) -> impl Iterator<Item = usize> {
        let start = self.ties.partition_point(|(holder, _)| *holder < image);
        self.ties.iter().skip(start).take_while(move |(holder, _)| *holder == image).map(|(_, held)| *held)
    }

    /// Who holds whom within the repository, in order.
    pub(super) fn ties(&self) -> &[(usize, usize)] {
        &self.ties
    }

    /// The images and everything that they hold, in order.
    pub(super) fn closure(&self, images: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut found: Vec<usize> = images.into_iter().collect();
        if self.ties.is_empty() {
            return found;
        }
        let mut known: std::collections::BTreeSet<usize> = found.iter().copied().collect();
        while let Some(image) = found.pop() {
            found.extend(self.held_by(image).filter(|held| known.insert(*held)));
        }
        known.into_iter().collect()
    }

    fn is_circular(&self, members: &[usize]) -> bool {
        let place = |image: usize| members.binary_search(&image).ok();
        let held = members.iter().flat_map(|holder| self.held_by(*holder).map(move |held| (*holder, held)));
        let befores = held.filter_map(|(holder, held)| Some((place(holder)?, place(held)?)));
        order_numbers(members.len(), befores.collect()).is_err()
    }
}

/// Whether the link ties images of one unit together.
pub(super) fn is_within_unit(link: Link) -> bool {
    match link {
        Link::Child | Link::Referrer => true,
        Link::Runs | Link::Uses | Link::Starts | Link::Resolves => false,
    }
}
