//! Where the contents of repositories go: by far the most of an estate.

use std::{
    convert::Infallible,
    sync::{Mutex, PoisonError},
};

use crate::{
    inventory::{Image, Inventory, Manifest, Seen},
    model::{Location, RepositoryName},
};

/// What one repository holds, all of it read. Images and manifests are in the order of their digests, each once.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// The account and Region of the repository.
    pub location: Location,
    /// Its name.
    pub repository: RepositoryName,
    /// Its images.
    pub images: Vec<Image>,
    /// The manifests of its image indexes.
    pub manifests: Vec<Manifest>,
}

/// Whoever takes the contents of repositories, so that a sweep need not hold those of more than a few.
pub trait Sink: Send + Sync {
    /// Why it cannot take any more. It ends the sweep.
    type Error: Send;

    /// Takes the contents of a repository. They come as they are read, in no particular order. Called from within the
    /// sweep: it must not wait.
    ///
    /// # Errors
    /// When it cannot keep them.
    fn take(&self, contents: Contents) -> Result<(), Self::Error>;
}

/// Keeps everything.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    images: Vec<Seen<Image>>,
    manifests: Vec<Seen<Manifest>>,
}

impl Kept {
    pub(super) fn put_into(self, whole: &mut Inventory) {
        let All { images, manifests } = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        (whole.images, whole.manifests) = (images, manifests);
    }
}

impl Sink for Kept {
    type Error = Infallible;

    fn take(&self, contents: Contents) -> Result<(), Infallible> {
        let Contents { location, repository: _, images, manifests } = contents;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.images.extend(images.into_iter().map(|image| Seen::new(location.clone(), image)));
        all.manifests.extend(manifests.into_iter().map(|manifest| Seen::new(location.clone(), manifest)));
        Ok(())
    }
}
