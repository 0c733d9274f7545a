//! Repositories with what is in them.

use std::{collections::HashMap, time::Duration};

use rayon::prelude::*;

use super::names::{RepositoryKey, place};
use crate::{
    inventory::{self, Image, Inventory, Manifest, Seen, is_index},
    model::{Location, RepositoryName, Timestamp},
};

/// A repository that has images.
pub(super) struct Repository<'a> {
    pub(super) location: &'a Location,
    pub(super) name: &'a RepositoryName,
    /// As it is listed; without that its tags are not known.
    pub(super) listed: Option<&'a inventory::Repository>,
    /// Its images, in pieces as the inventory has them.
    images: Vec<&'a [Seen<Image>]>,
    /// In the order of their digests.
    pub(super) manifests: Vec<&'a Manifest>,
}

impl<'a> Repository<'a> {
    pub(super) fn images(&self) -> impl Iterator<Item = &'a Image> {
        self.images.iter().flat_map(|piece| piece.iter()).map(|seen| &seen.value)
    }

    /// The manifest of an index, if it was read.
    pub(super) fn manifest_of(&self, image: &Image) -> Option<&'a Manifest> {
        let at = self.manifests.binary_search_by(|manifest| manifest.image_digest.cmp(&image.image_digest)).ok()?;
        self.manifests.get(at).copied()
    }

    /// An index that nobody read, so that it may list anything.
    pub(super) fn unread_index(&self) -> Option<&'a Image> {
        let is_unread = |image: &&Image| {
            image.image_manifest_media_type.as_deref().is_some_and(is_index) && self.manifest_of(image).is_none()
        };
        self.images().find(is_unread)
    }

    /// When an image was last pulled by somebody else than this tool: its own read of an index is on record as a pull, to
    /// within five minutes, and then the one before it counts.
    pub(super) fn last_pull(&self, image: &Image) -> Option<Timestamp> {
        const CLOSE: Duration = Duration::from_secs(300);
        let pulled = image.last_recorded_pull_time?;
        let is_read = |manifest: &&Manifest| {
            let read_at = manifest.read_at;
            read_at.is_some_and(|read_at| pulled.duration_since(read_at).unsigned_abs() <= CLOSE)
        };
        match self.manifest_of(image).filter(is_read) {
            Some(manifest) => manifest.pulled_before,
            None => Some(pulled),
        }
    }
}

/// All repositories that have images.
pub(super) struct Repositories<'a> {
    pub(super) all: Vec<Repository<'a>>,
    index: HashMap<RepositoryKey<'a>, usize>,
}

impl<'a> Repositories<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let mut repositories = Self { all: Vec::new(), index: HashMap::new() };
        let is_beside = |one: &Seen<Image>, two: &Seen<Image>| {
            one.value.repository_name == two.value.repository_name && one.location == two.location
        };
        for piece in inventory.images.chunk_by(is_beside) {
            let Some(first) = piece.first() else { continue };
            let at = repositories.place_for(&first.location, &first.value.repository_name);
            repositories.all.get_mut(at).into_iter().for_each(|repository| repository.images.push(piece));
        }
        for seen in &inventory.manifests {
            let key = (place(&seen.location), seen.value.repository_name.as_str());
            let found = repositories.index.get(&key).and_then(|at| repositories.all.get_mut(*at));
            found.into_iter().for_each(|repository| repository.manifests.push(&seen.value));
        }
        for seen in &inventory.repositories {
            let key = (place(&seen.location), seen.value.repository_name.as_str());
            let found = repositories.index.get(&key).and_then(|at| repositories.all.get_mut(*at));
            found.into_iter().for_each(|repository| repository.listed = Some(&seen.value));
        }
        repositories.all.par_iter_mut().for_each(|repository| {
            repository.manifests.sort_unstable_by(|one, two| one.image_digest.cmp(&two.image_digest));
        });
        repositories
    }

    fn place_for(&mut self, location: &'a Location, name: &'a RepositoryName) -> usize {
        let next = self.all.len();
        let at = *self.index.entry((place(location), name.as_str())).or_insert(next);
        if at == next {
            self.all.push(Repository { location, name, listed: None, images: Vec::new(), manifests: Vec::new() });
        }
        at
    }

    pub(super) fn find(&self, key: RepositoryKey<'_>) -> Option<usize> {
        self.index.get(&key).copied()
    }
}
