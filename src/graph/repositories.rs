//! Images by repository: what ties images to each other never crosses a repository's edge.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{FastMap, Link, identity::subjects};
use crate::{
    inventory::{Image, Inventory, Manifest, Seen},
    model::{Digest, Location, RepositoryName},
};

/// The images of one repository. Within it, an image is named by its position.
#[derive(Debug)]
pub struct RepositoryImages<'i> {
    /// The account and Region of its registry.
    pub registry: &'i Location,
    /// Its name.
    pub name: &'i RepositoryName,
    /// Its images by digest, each once.
    pub images: Vec<&'i Image>,
    /// The manifests of its indexes that were read, by the position of the index.
    manifests: Vec<(usize, &'i Manifest)>,
    ties: Vec<(usize, usize, Link)>,
}

impl<'i> RepositoryImages<'i> {
    /// The repositories of an inventory that have images, in order, however the inventory's lines are.
    #[must_use]
    pub fn of(inventory: &'i Inventory) -> Vec<Self> {
        let mut grouping = Grouping::default();
        for Seen { location, value } in &inventory.images {
            grouping.of(location, &value.repository_name).images.push(value);
        }
        for Seen { location, value } in &inventory.manifests {
            // Where its image stands is known at the end.
            grouping.of(location, &value.repository_name).manifests.push((usize::MAX, value));
        }
        let mut repositories = grouping.repositories;
        repositories.retain(|repository| !repository.images.is_empty());
        repositories.sort_by_key(RepositoryImages::key);
        repositories.par_iter_mut().for_each(RepositoryImages::put_in_order);
        repositories
    }

    fn put_in_order(&mut self) {
        // As inventories list them. Of what stands there twice the last line counts.
        if !self.images.is_sorted_by(|left, right| left.image_digest < right.image_digest) {
            self.images.sort_by(|left, right| left.image_digest.cmp(&right.image_digest));
            self.images.reverse();
            self.images.dedup_by(|left, right| left.image_digest == right.image_digest);
            self.images.reverse();
        }
        let manifests = self.manifests.iter().filter_map(|(_, it)| Some((self.position(&it.image_digest)?, *it)));
        let manifests: BTreeMap<usize, &Manifest> = manifests.collect();
        self.manifests = manifests.into_iter().collect();
        self.ties = self.find_ties();
    }

    /// What tells it from all others, in the order of `of`.
    #[must_use]
    pub const fn key(&self) -> (&'i Location, &'i RepositoryName) {
        (self.registry, self.name)
    }

    /// Where the image with this digest stands.
    #[must_use]
    pub fn position(&self, digest: &Digest) -> Option<usize> {
        self.images.binary_search_by(|image| image.image_digest.cmp(digest)).ok()
    }

    /// The manifest of the index at a position, if it was read.
    #[must_use]
    pub fn manifest(&self, position: usize) -> Option<&'i Manifest> {
        let found = self.manifests.binary_search_by_key(&position, |(position, _)| *position).ok()?;
        self.manifests.get(found).map(|(_, manifest)| *manifest)
    }

    /// Which images hold which, by position: indexes their children, subjects their referrers. An index that lists what is not
    /// in the repository (a sparse index) does not hold that, and nothing holds itself.
    #[must_use]
    pub fn ties(&self) -> &[(usize, usize, Link)] {
        &self.ties
    }

    fn find_ties(&self) -> Vec<(usize, usize, Link)> {
        let children = self.manifests.iter().flat_map(|(index, manifest)| {
            manifest.children.iter().filter_map(|child| Some((*index, self.position(child)?, Link::Child)))
        });
        let referrers = self.images.iter().enumerate().flat_map(|(referrer, image)| {
            let subjects = subjects(image).into_iter();
            subjects.filter_map(move |subject| Some((self.position(&subject)?, referrer, Link::Referrer)))
        });
        children.chain(referrers).filter(|(holder, held, _)| holder != held).collect()
    }
}

/// Repositories in the order in which they were met. Inventories list the objects of a repository together, so that nearly always
/// the last one is meant again.
#[derive(Default)]
struct Grouping<'i> {
    repositories: Vec<RepositoryImages<'i>>,
    known: FastMap<(&'i Location, &'i RepositoryName), usize>,
    last: usize,
}

impl<'i> Grouping<'i> {
    fn of(&mut self, registry: &'i Location, name: &'i RepositoryName) -> &mut RepositoryImages<'i> {
        let is_last =
            self.repositories.get(self.last).is_some_and(|last| (last.name, last.registry) == (name, registry));
        if !is_last {
            self.last = *self.known.entry((registry, name)).or_insert(self.repositories.len());
            if self.last == self.repositories.len() {
                let (images, manifests, ties) = (Vec::new(), Vec::new(), Vec::new());
                self.repositories.push(RepositoryImages { registry, name, images, manifests, ties });
            }
        }
        &mut self.repositories[self.last]
    }
}
