//! Repositories, images, and the manifests of image indexes.

use std::collections::BTreeMap;

use futures::{StreamExt, future::join3, stream::iter};

use super::{
    Contents, Sink,
    cache::{self, Reading},
    registry_settings::Policies,
    scope::ScopeSweep,
};
use crate::{
    aws::ErrorKind,
    inventory::{Gap, Image, Inventory, Manifest, Repository, is_index},
    model::{Age, Digest, RepositoryName, Source, Timestamp, quota::batch::IMAGES},
};

/// Repositories read at the same time. The limiter sets the pace; this bounds what is in memory: a repository has up to
/// 100,000 images ("Amazon ECR service quotas"), and an image takes about half a kilobyte.
const REPOSITORIES_AT_ONCE: usize = 16;
const BATCHES_AT_ONCE: usize = 8;

/// A repository, read.
struct Part {
    repository: Repository,
    contents: Contents,
    gaps: Vec<Gap>,
}

/// How far a pull on record may be from the moment of the call that it records.
const MOMENT: Age = Age::from_seconds(5 * 60);
/// ECR renews the time of the last pull at least once in 24 hours ("ImageDetail", `lastRecordedPullTime`).
const GRAIN: Age = Age::from_seconds(24 * 60 * 60);

impl ScopeSweep<'_> {
    /// The registry of the account in this Region; the contents of its repositories go to `sink`.
    pub(super) async fn registry<S: Sink>(&self, sink: &S) -> Result<Inventory, S::Error> {
        let sources = [Source::Repositories, Source::Images, Source::Manifests];
        sources.into_iter().for_each(|source| self.started(source));
        let mut whole = Inventory::default();
        match self.session.describe_repositories().await {
            Ok(mut all) => {
                whole.gaps.extend(all.failures.iter().map(|failure| self.gap_of(Source::Repositories, failure)));
                // A page may shift while the list is being read.
                all.found.sort_unstable_by(|a, b| a.repository_name.cmp(&b.repository_name));
                all.found.dedup_by(|a, b| a.repository_name == b.repository_name);
                self.found(Source::Repositories, all.found.len());
                let policies = Policies::new(*self);
                let parts: Vec<_> = all.found.into_iter().map(|found| self.repository(found, &policies)).collect();
                let mut parts = iter(parts).buffer_unordered(REPOSITORIES_AT_ONCE);
                while let Some(part) = parts.next().await {
                    self.read(Source::Repositories, 1);
                    let Some(part) = part else { continue };
                    whole.repositories.push(self.seen(part.repository));
                    whole.gaps.extend(part.gaps);
                    sink.take(part.contents)?;
                }
                whole.gaps.extend(policies.finish());
            }
            Err(error) => whole.gaps.push(self.gap_after(Source::Repositories, None, &error)),
        }
        sources.into_iter().for_each(|source| self.finished(source));
        Ok(whole)
    }

    /// A repository with its tags, policies and images. One that was deleted since it was listed is nothing at all.
    async fn repository(&self, mut repository: Repository, policies: &Policies<'_>) -> Option<Part> {
        let name = repository.repository_name.clone();
        let arn = repository.repository_arn.clone();
        let (tags, images, mut gaps) =
            join3(self.session.list_tags(&arn), self.images(&name), policies.read_into(&mut repository)).await;
        match tags {
            Ok(tags) => repository.tags = tags,
            Err(error) if error.kind == ErrorKind::NotFound => return None,
            Err(error) => gaps.push(self.gap_after(Source::Repositories, Some(name.as_str()), &error)),
        }
        let (images, unread) = images?;
        gaps.extend(unread);
        let (manifests, unread) = self.manifests(&name, &images).await?;
        gaps.extend(unread);
        let location = self.session.location().clone();
        Some(Part { repository, contents: Contents { location, repository: name, images, manifests }, gaps })
    }

    /// The images of a repository in the order of their digests. `None` if it was deleted.
    async fn images(&self, repository: &RepositoryName) -> Option<(Vec<Image>, Vec<Gap>)> {
        let archived_too = !self.options.waives(Source::Archived);
        match self.session.describe_images(repository, archived_too).await {
            Ok(images) => {
                let gaps = images.failures.iter().map(|failure| self.gap_of(Source::Images, failure)).collect();
                let mut images = images.found;
                images.sort_unstable_by(|a, b| a.image_digest.cmp(&b.image_digest));
                images.dedup_by(|a, b| a.image_digest == b.image_digest);
                images.shrink_to_fit();
                self.found(Source::Images, images.len());
                self.read(Source::Images, images.len());
                Some((images, gaps))
            }
            Err(error) if error.kind == ErrorKind::NotFound => None,
            Err(error) => Some((Vec::new(), vec![self.gap_after(Source::Images, Some(repository.as_str()), &error)])),
        }
    }

    /// Puts on record that an index is about to be read, and what was on ECR's record before. A read that an earlier process did not
    /// live to remember shows as a pull at its moment; it goes on counting as ours, until ECR would record the next.
    async fn about_to_read(&self, repository: &RepositoryName, digest: &Digest, pulled: Option<Timestamp>) -> Reading {
        let (location, now) = (self.session.location(), self.now());
        let earlier = cache::reading(self.cache, location, repository, digest).await;
        let earlier = earlier.filter(|earlier| {
            pulled.is_some_and(|pulled| Age::of(pulled, earlier.at) <= MOMENT && Age::of(earlier.at, pulled) <= MOMENT)
        });
        let reading = match (earlier, pulled) {
            (Some(earlier), Some(pulled)) if Age::of(pulled, now) < GRAIN => earlier,
            (Some(earlier), _) => Reading { at: now, ..earlier },
            (None, _) => Reading { at: now, pulled_before: pulled },
        };
        cache::keep_reading(self.cache, (location, repository, digest), &reading).await;
        reading
    }

    /// What the indexes among `images` hold, in the order of their digests. ECR counts reading a manifest as a pull of the
    /// index, so each is read once ever, after the pull times of all images were read, and the read is remembered with what
    /// was on record before it. `None` if the repository was deleted meanwhile.
    async fn manifests(&self, repository: &RepositoryName, images: &[Image]) -> Option<(Vec<Manifest>, Vec<Gap>)> {
        let (mut found, mut gaps) = (Vec::new(), Vec::new());
        let mut unknown: BTreeMap<Digest, Reading> = BTreeMap::new();
        let indexes = images.iter().filter(|image| image.image_manifest_media_type.as_deref().is_some_and(is_index));
        for Image { image_digest, last_recorded_pull_time, .. } in indexes {
            self.found(Source::Manifests, 1);
            if let Some(known) = cache::manifest(self.cache, self.session.location(), repository, image_digest).await {
                self.read(Source::Manifests, 1);
                found.push(known);
            } else {
                let reading = self.about_to_read(repository, image_digest, *last_recorded_pull_time).await;
                unknown.insert(image_digest.clone(), reading);
            }
        }
        if !unknown.is_empty() {
            self.cache.secure().await;
        }
        let asked: Vec<Digest> = unknown.keys().cloned().collect();
        let answers: Vec<_> = asked
            .chunks(IMAGES)
            .map(|batch| async move { (batch, self.session.batch_get_manifests(repository, batch).await) })
            .collect();
        let mut answers = iter(answers).buffer_unordered(BATCHES_AT_ONCE);
        while let Some((asked, answer)) = answers.next().await {
            self.read(Source::Manifests, asked.len());
            match answer {
                Ok(read) => {
                    for mut manifest in read.found {
                        let reading = unknown.get(&manifest.image_digest);
                        manifest.read_at = reading.map(|reading| reading.at);
                        manifest.pulled_before = reading.and_then(|reading| reading.pulled_before);
                        cache::keep_manifest(self.cache, self.session.location(), &manifest).await;
                        found.push(manifest);
                    }
                    for failure in read.failures {
                        let object = format!("{repository}@{}", failure.object);
                        gaps.push(self.gap(Source::Manifests, Some(&object), failure.reason));
                    }
                }
                Err(error) if error.kind == ErrorKind::NotFound => return None,
                // Any of them could hold any image of the repository; that is said once.
                Err(error) => gaps.push(self.gap_after(Source::Manifests, Some(repository.as_str()), &error)),
            }
        }
        found.sort_unstable_by(|a, b| a.image_digest.cmp(&b.image_digest));
        Some((found, gaps))
    }
}
