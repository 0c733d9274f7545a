//! Images by repository: what ties images to each other never crosses a repository's edge.

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
    /// The manifests of its indexes by digest, each once.
    pub manifests: Vec<&'i Manifest>,
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
            grouping.of(location, &value.repository_name).manifests.push(value);
        }
        let mut repositories = grouping.repositories;
        repositories.retain(|repository| !repository.images.is_empty());
        repositories.sort_by_key(RepositoryImages::key);
        repositories.par_iter_mut().for_each(|repository| {
            sort_once(&mut repository.images, |image| &image.image_digest);
            sort_once(&mut repository.manifests, |manifest| &manifest.image_digest);
        });
        repositories
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

    /// The manifest of an index, if it was read.
    #[must_use]
    pub fn manifest(&self, digest: &Digest) -> Option<&'i Manifest> {
        let found = self.manifests.binary_search_by(|manifest| manifest.image_digest.cmp(digest)).ok()?;
        self.manifests.get(found).copied()
    }

    /// Which images hold which, by position: indexes their children, subjects their referrers. An index that lists what is not
    /// in the repository (a sparse index) does not hold that, and nothing holds itself.
    #[must_use]
    pub fn ties(&self) -> Vec<(usize, usize, Link)> {
        let children = self
            .manifests
            .iter()
            .filter_map(|manifest| Some((self.position(&manifest.image_digest)?, manifest.children.iter())));
        let children = children.flat_map(|(index, children)| {
            children.filter_map(move |child| Some((index, self.position(child)?, Link::Child)))
        });
        let referrers = self.images.iter().enumerate().flat_map(|(referrer, image)| {
            let subjects = subjects(image).into_iter();
            subjects.filter_map(move |subject| Some((self.position(&subject)?, referrer, Link::Referrer)))
        });
        children.chain(referrers).filter(|(holder, held, _)| holder != held).collect()
    }
}

/// Sorts by digest. Of what stands there twice the last counts.
fn sort_once<T>(objects: &mut Vec<&T>, digest: impl Fn(&T) -> &Digest) {
    objects.sort_by(|left, right| digest(left).cmp(digest(right)));
    if objects.windows(2).any(|pair| matches!(pair, [one, two] if digest(one) == digest(two))) {
        objects.reverse();
        objects.dedup_by(|left, right| digest(left) == digest(right));
        objects.reverse();
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
                let (images, manifests) = (Vec::new(), Vec::new());
                self.repositories.push(RepositoryImages { registry, name, images, manifests });
            }
        }
        &mut self.repositories[self.last]
    }
}
