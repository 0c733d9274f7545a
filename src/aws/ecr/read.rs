//! ECR calls that change nothing. The account's id goes with every request as the registry's id: credentials that
//! changed hands in the middle of a run are refused instead of reading another registry.

use aws_sdk_ecr::types::{DescribeImagesFilter, ImageIdentifier, ImageStatusFilter};

use super::{
    super::{AwsError, Batch, Failure, Operation, Session, call::Pages},
    convert, manifest,
};
use crate::{
    inventory::{Image, Manifest, Repository, Tag},
    model::{Digest, RepositoryName, quota::batch},
};

/// The largest page of DescribeRepositories, DescribeImages and DescribePullThroughCacheRules.
pub(super) const PAGE: i32 = 1_000;

/// Everything that a manifest can be. Without this list BatchGetImage converts or refuses what it was not asked for.
const MEDIA_TYPES: [&str; 5] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.v1+json",
];

impl Session {
    /// All repositories, without their tags.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn describe_repositories(&self) -> Result<Batch<Repository>, AwsError> {
        let operation = Operation::DescribeRepositories;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .ecr()
                .describe_repositories()
                .registry_id(self.location().account_id.as_str())
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            all.append(sort(answer.repositories().iter().map(convert::repository)));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// The tags of a repository.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the repository does not exist.
    pub async fn list_tags(&self, repository_arn: &str) -> Result<Vec<Tag>, AwsError> {
        let request = self.ecr().list_tags_for_resource().resource_arn(repository_arn);
        let answer = self.read(Operation::ListRepositoryTags, || request.clone().send()).await?;
        Ok(answer.tags().iter().map(convert::tag).collect())
    }

    /// All images of a repository; archived ones only if asked for, since ECR hides them otherwise.
    /// A failure is an image whose digest cannot be read.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the repository does not exist.
    pub async fn describe_images(
        &self,
        repository: &RepositoryName,
        archived_too: bool,
    ) -> Result<Batch<Image>, AwsError> {
        let operation = Operation::DescribeImages;
        let status = if archived_too { ImageStatusFilter::Any } else { ImageStatusFilter::Active };
        let filter = DescribeImagesFilter::builder().image_status(status).build();
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .ecr()
                .describe_images()
                .registry_id(self.location().account_id.as_str())
                .repository_name(repository.as_str())
                .filter(filter.clone())
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            all.append(sort(answer.image_details().iter().map(|detail| convert::image(repository, detail))));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// Images by digest, at most a hundred. ECR answers ImageNotFoundException for the whole call when it does not
    /// know one of them, so the call is halved until the unknown ones stand alone; they come back as missing failures.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the repository does not exist.
    pub async fn describe_images_by_digest(
        &self,
        repository: &RepositoryName,
        digests: &[Digest],
    ) -> Result<Batch<Image>, AwsError> {
        let mut all = Batch::default();
        let mut waiting = vec![digests];
        while let Some(asked) = waiting.pop() {
            if asked.is_empty() {
                continue;
            }
            // Whether ECR hides archived images from those who name them is not documented; an archived image must not
            // look like a deleted one.
            let request = self
                .ecr()
                .describe_images()
                .registry_id(self.location().account_id.as_str())
                .repository_name(repository.as_str())
                .filter(DescribeImagesFilter::builder().image_status(ImageStatusFilter::Any).build())
                .set_image_ids(Some(identifiers(asked)));
            match self.read(Operation::DescribeImages, || request.clone().send()).await {
                Ok(answer) => {
                    let mut part = sort(answer.image_details().iter().map(|detail| convert::image(repository, detail)));
                    account_for(&mut part, repository, asked, |image: &Image| &image.image_digest);
                    all.append(part);
                }
                Err(error) if error.code.as_deref() == Some("ImageNotFoundException") => match asked {
                    [digest] => all.failures.push(Failure::new(digest.as_str(), "ImageNotFound")),
                    several => {
                        let (left, right) = several.split_at(several.len() / 2);
                        waiting.extend([right, left]);
                    }
                },
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// The children of image indexes, at most a hundred. An index that is missing or cannot be read is a failure, whose
    /// object is the digest.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the repository does not exist.
    pub async fn batch_get_manifests(
        &self,
        repository: &RepositoryName,
        indexes: &[Digest],
    ) -> Result<Batch<Manifest>, AwsError> {
        let request = self
            .ecr()
            .batch_get_image()
            .registry_id(self.location().account_id.as_str())
            .repository_name(repository.as_str())
            .set_image_ids(Some(identifiers(indexes)))
            .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()));
        let answer = self.read(Operation::BatchGetImage, || request.clone().send()).await?;
        let mut all: Batch<Manifest> = Batch::default();
        for failure in answer.failures() {
            let object = failure.image_id().and_then(ImageIdentifier::image_digest).unwrap_or("an unnamed image");
            let code = failure.failure_code().map_or("no code given", |code| code.as_str());
            let reason = failure.failure_reason().map_or(code.to_owned(), |reason| format!("{code}: {reason}"));
            all.failures.push(Failure::new(object, reason));
        }
        for image in answer.images() {
            let text = image.image_id().and_then(ImageIdentifier::image_digest).unwrap_or_default();
            let Some(digest) = indexes.iter().find(|digest| digest.as_str() == text) else { continue };
            // An index with several tags comes back once for each.
            if all.found.iter().any(|known| known.image_digest == *digest) {
                continue;
            }
            match manifest::children(image.image_manifest().unwrap_or_default()) {
                Ok(children) if children.contains(digest) => {
                    // A manifest cannot know its own digest.
                    all.failures.push(Failure::new(digest.as_str(), "its manifest lists the index itself"));
                }
                Ok(children) => all.found.push(Manifest {
                    repository_name: repository.clone(),
                    image_digest: digest.clone(),
                    children,
                    read_at: None,
                    pulled_before: None,
                }),
                Err(reason) => all.failures.push(Failure::new(digest.as_str(), reason)),
            }
        }
        account_for(&mut all, repository, indexes, |manifest: &Manifest| &manifest.image_digest);
        Ok(all)
    }
}

pub(super) fn identifiers(digests: &[Digest]) -> Vec<ImageIdentifier> {
    debug_assert!(digests.len() <= batch::IMAGES, "ECR takes a hundred images a call");
    digests.iter().map(|digest| ImageIdentifier::builder().image_digest(digest.as_str()).build()).collect()
}

pub(super) fn sort<T>(objects: impl Iterator<Item = Result<T, Failure>>) -> Batch<T> {
    let mut all = Batch::default();
    for object in objects {
        match object {
            Ok(object) => all.found.push(object),
            Err(failure) => all.failures.push(failure),
        }
    }
    all
}

/// Adds a failure for every digest that the answer does not mention at all.
fn account_for<T>(
    batch: &mut Batch<T>,
    repository: &RepositoryName,
    asked: &[Digest],
    digest_of: impl Fn(&T) -> &Digest,
) {
    for digest in asked {
        let found = batch.found.iter().any(|value| digest_of(value) == digest);
        if !found && !batch.failures.iter().any(|failure| failure.object.ends_with(digest.as_str())) {
            let reason = format!("the answer for {repository} mentions it neither as found nor as failed");
            batch.failures.push(Failure::new(digest.as_str(), reason));
        }
    }
}
