//! Repositories, images, and the manifests of image indexes.

use std::collections::BTreeMap;

use futures::{StreamExt, future::join3, stream::iter};

use super::{
    cache,
    registry_settings::Policies,
    scope::{ScopeSweep, absorb},
};
use crate::{
    aws::ErrorKind,
    inventory::{Image, Inventory, Repository, is_index},
    model::{Digest, RepositoryName, Source, Timestamp, quota::batch::IMAGES},
};

/// Repositories read at the same time. The limiter sets the pace; this only bounds what waits for it.
const REPOSITORIES_AT_ONCE: usize = 32;
const BATCHES_AT_ONCE: usize = 8;

impl ScopeSweep<'_> {
    /// The registry of the account in this Region.
    pub(super) async fn registry(&self) -> Inventory {
        let sources = [Source::Repositories, Source::Images, Source::Manifests];
        sources.into_iter().for_each(|source| self.started(source));
        let mut whole = Inventory::default();
        match self.session.describe_repositories().await {
            Ok(all) => {
                self.found(Source::Repositories, all.found.len());
                whole.gaps.extend(all.failures.iter().map(|failure| self.gap_of(Source::Repositories, failure)));
                let policies = Policies::new(*self);
                let repositories: Vec<_> =
                    all.found.into_iter().map(|repository| self.repository(repository, &policies)).collect();
                let mut parts = iter(repositories).buffer_unordered(REPOSITORIES_AT_ONCE);
                while let Some(part) = parts.next().await {
                    self.read(Source::Repositories, 1);
                    absorb(&mut whole, part);
                }
                whole.gaps.extend(policies.finish());
            }
            Err(error) => whole.gaps.push(self.gap_after(Source::Repositories, None, &error)),
        }
        sources.into_iter().for_each(|source| self.finished(source));
        whole
    }

    /// A repository with its tags, policies and images. One that was deleted since it was listed is nothing at all.
    async fn repository(&self, mut repository: Repository, policies: &Policies<'_>) -> Inventory {
        let name = repository.repository_name.clone();
        let archived_too = !self.options.waives(Source::Archived);
        let arn = repository.repository_arn.clone();
        let (tags, images, unread) = join3(
            self.session.list_tags(&arn),
            self.session.describe_images(&name, archived_too),
            policies.read_into(&mut repository),
        )
        .await;
        let mut whole = Inventory { gaps: unread, ..Inventory::default() };
        match tags {
            Ok(tags) => repository.tags = tags,
            Err(error) if error.kind == ErrorKind::NotFound => return Inventory::default(),
            Err(error) => whole.gaps.push(self.gap_after(Source::Repositories, Some(name.as_str()), &error)),
        }
        match images {
            Ok(images) => {
                self.found(Source::Images, images.found.len());
                self.read(Source::Images, images.found.len());
                whole.gaps.extend(images.failures.iter().map(|failure| self.gap_of(Source::Images, failure)));
                let Some(manifests) = self.manifests(&name, &images.found).await else { return Inventory::default() };
                absorb(&mut whole, manifests);
                whole.images.extend(images.found.into_iter().map(|image| self.seen(image)));
            }
            Err(error) if error.kind == ErrorKind::NotFound => return Inventory::default(),
            Err(error) => whole.gaps.push(self.gap_after(Source::Images, Some(name.as_str()), &error)),
        }
        whole.repositories.push(self.seen(repository));
        whole
    }

    /// What the indexes among `images` hold. ECR counts reading a manifest as a pull of the index, so each is read once ever,
    /// after the pull times of all images were read, and the read is remembered with what was on record before it.
    /// `None` if the repository was deleted meanwhile.
    async fn manifests(&self, repository: &RepositoryName, images: &[Image]) -> Option<Inventory> {
        let mut whole = Inventory::default();
        let mut unknown: BTreeMap<&Digest, Option<Timestamp>> = BTreeMap::new();
        let indexes = images.iter().filter(|image| image.image_manifest_media_type.as_deref().is_some_and(is_index));
        for Image { image_digest, last_recorded_pull_time, .. } in indexes {
            self.found(Source::Manifests, 1);
            match cache::manifest(self.cache, self.session.location(), repository, image_digest).await {
                Some(known) => {
                    self.read(Source::Manifests, 1);
                    whole.manifests.push(self.seen(known));
                }
                None => drop(unknown.insert(image_digest, *last_recorded_pull_time)),
            }
        }
        let asked: Vec<Digest> = unknown.keys().copied().cloned().collect();
        let answers: Vec<_> = asked
            .chunks(IMAGES)
            .map(|batch| async move { (batch, self.session.batch_get_manifests(repository, batch).await) })
            .collect();
        let mut answers = iter(answers).buffer_unordered(BATCHES_AT_ONCE);
        while let Some((asked, answer)) = answers.next().await {
            self.read(Source::Manifests, asked.len());
            match answer {
                Ok(read) => {
                    // Right after the answer: what ECR recorded is not later, and earlier by no more than an attempt takes.
                    let read_at = Some(self.now());
                    for mut manifest in read.found {
                        manifest.read_at = read_at;
                        manifest.pulled_before = unknown.get(&manifest.image_digest).copied().flatten();
                        cache::keep_manifest(self.cache, self.session.location(), &manifest).await;
                        whole.manifests.push(self.seen(manifest));
                    }
                    for failure in read.failures {
                        let object = format!("{repository}@{}", failure.object);
                        whole.gaps.push(self.gap(Source::Manifests, Some(&object), failure.reason));
                    }
                }
                Err(error) if error.kind == ErrorKind::NotFound => return None,
                // Any of them could hold any image of the repository; that is said once.
                Err(error) => whole.gaps.push(self.gap_after(Source::Manifests, Some(repository.as_str()), &error)),
            }
        }
        Some(whole)
    }
}
