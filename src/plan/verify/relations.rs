//! Which images of a repository go together: an index with its children, a subject with its referrers.

use std::collections::{HashMap, HashSet};

use super::repositories::Repository;
use crate::inventory::Image;

/// Who holds whom among the images of a repository, by their places in it.
pub(super) struct Relations {
    /// Holder and held, in order.
    down: Vec<(usize, usize)>,
    /// Held and holder, in order.
    up: Vec<(usize, usize)>,
    /// Images that hold each other in a circle, and what those hold.
    tangled: HashSet<usize>,
}

impl Relations {
    pub(super) fn new(repository: &Repository<'_>, images: &[&Image], index: &HashMap<&str, usize>) -> Self {
        let mut down = Vec::new();
        for manifest in &repository.manifests {
            let Some(holder) = index.get(manifest.image_digest.as_str()) else { continue };
            let children = manifest.children.iter().filter_map(|child| index.get(child.as_str()));
            down.extend(children.map(|child| (*holder, *child)));
        }
        for (at, image) in images.iter().enumerate() {
            let subject = image.subject_manifest_digest.as_ref().and_then(|subject| index.get(subject.as_str()));
            let in_tags = image.image_tags.iter().filter_map(|tag| index.get(subject_of(tag.as_str())?.as_str()));
            down.extend(in_tags.chain(subject).map(|subject| (*subject, at)));
        }
        down.retain(|(holder, held)| holder != held);
        down.sort_unstable();
        down.dedup();
        let mut up: Vec<(usize, usize)> = down.iter().map(|(holder, held)| (*held, *holder)).collect();
        up.sort_unstable();
        let mut relations = Self { down, up, tangled: HashSet::new() };
        relations.tangled = relations.tangled();
        relations
    }

    /// What remains when everything is taken away that nothing left holds, over and over.
    fn tangled(&self) -> HashSet<usize> {
        let mut holders: HashMap<usize, usize> = HashMap::new();
        for (held, _) in &self.up {
            *holders.entry(*held).or_default() += 1;
        }
        let free = self.down.iter().map(|(holder, _)| *holder).filter(|holder| !holders.contains_key(holder));
        let free: HashSet<usize> = free.collect();
        let mut queue: Vec<usize> = free.into_iter().collect();
        while let Some(free) = queue.pop() {
            for held in self.below(free) {
                if let Some(count) = holders.get_mut(&held) {
                    *count -= 1;
                    if *count == 0 {
                        queue.push(held);
                    }
                }
            }
        }
        holders.into_iter().filter(|(_, count)| *count > 0).map(|(held, _)| held).collect()
    }

    /// What an image holds directly.
    pub(super) fn below(&self, at: usize) -> impl Iterator<Item = usize> {
        of(&self.down, at)
    }

    /// What holds an image directly.
    pub(super) fn above(&self, at: usize) -> impl Iterator<Item = usize> {
        of(&self.up, at)
    }

    pub(super) fn is_root(&self, at: usize) -> bool {
        self.above(at).next().is_none()
    }

    /// An image with everything that it holds, directly or not.
    pub(super) fn unit(&self, root: usize) -> HashSet<usize> {
        self.closure(root, |at| self.below(at).collect())
    }

    /// The images that hold one, directly or not, and that nothing holds.
    pub(super) fn roots(&self, at: usize) -> Vec<usize> {
        let mut roots: Vec<usize> = self.closure(at, |at| self.above(at).collect()).into_iter().collect();
        roots.retain(|at| self.is_root(*at));
        roots.sort_unstable();
        roots
    }

    /// Whether some of these hold each other in a circle, or are held by such.
    pub(super) fn is_tangled(&self, unit: &HashSet<usize>) -> bool {
        !self.tangled.is_empty() && unit.iter().any(|at| self.tangled.contains(at))
    }

    fn closure(&self, from: usize, next: impl Fn(usize) -> Vec<usize>) -> HashSet<usize> {
        let mut all = HashSet::from([from]);
        let mut queue = vec![from];
        while let Some(at) = queue.pop() {
            queue.extend(next(at).into_iter().filter(|other| all.insert(*other)));
        }
        all
    }
}

fn of(pairs: &[(usize, usize)], at: usize) -> impl Iterator<Item = usize> {
    let from = pairs.partition_point(|(first, _)| *first < at);
    pairs.iter().skip(from).take_while(move |(first, _)| *first == at).map(|(_, second)| *second)
}

/// The digest of the image that a tag names as its subject: `sha256-`, 64 digits, and `.sig`, `.att`, `.sbom` or nothing
/// (cosign's scheme and the fallback of the OCI distribution specification).
pub(super) fn subject_of(tag: &str) -> Option<String> {
    let (digits, ending) = tag.strip_prefix("sha256-")?.split_at_checked(64)?;
    ["", ".sig", ".att", ".sbom"].contains(&ending).then(|| format!("sha256:{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relations(down: &[(usize, usize)]) -> Relations {
        let mut down = down.to_vec();
        down.sort_unstable();
        let mut up: Vec<_> = down.iter().map(|(holder, held)| (*held, *holder)).collect();
        up.sort_unstable();
        let mut relations = Relations { down, up, tangled: HashSet::new() };
        relations.tangled = relations.tangled();
        relations
    }

    #[test]
    fn a_shared_child_has_both_indexes_for_roots() {
        let relations = relations(&[(0, 2), (1, 2), (2, 3)]);
        assert_eq!(relations.roots(3), [0, 1]);
        assert_eq!(relations.unit(0), HashSet::from([0, 2, 3]));
        assert!(relations.is_root(1) && !relations.is_root(2));
    }

    #[test]
    fn what_is_in_a_circle_or_below_one_is_tangled_and_what_is_above_is_not() {
        let relations = relations(&[(0, 1), (1, 2), (2, 1), (2, 3), (4, 5)]);
        assert_eq!(relations.tangled, HashSet::from([1, 2, 3]));
        assert!(relations.is_tangled(&relations.unit(0)), "the unit above a circle has it");
        assert!(!relations.is_tangled(&relations.unit(4)));
    }

    #[test]
    fn tags_name_their_subject_in_four_ways() {
        let digits = "ab".repeat(32);
        for ending in ["", ".sig", ".att", ".sbom"] {
            assert_eq!(subject_of(&format!("sha256-{digits}{ending}")), Some(format!("sha256:{digits}")));
        }
        for tag in ["v1", "sha256-", &format!("sha256-{digits}.else"), &format!("sha512-{digits}")] {
            assert_eq!(subject_of(tag), None, "{tag}");
        }
    }
}
