//! The ECR calls that archive and delete images.

use aws_sdk_ecr::types::{ImageFailure, ImageFailureCode, ImageIdentifier, ImageStatus, TargetStorageClass};

use super::{
    super::{ItemOutcome, ItemResult, Mutation, Operation, Session},
    read::identifiers,
};
use crate::model::{Digest, RepositoryName};

/// The end of a call that archives an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Archival {
    /// ECR answers that it is ARCHIVED now.
    Archived,
    /// ECR does not have the image, or not its repository.
    Gone,
    /// ECR answers with another status.
    Other {
        /// As ECR names it.
        status: String,
    },
    /// ECR does not archive this image: it is archived already, or an index that is not archived lists it, or for a reason
    /// of ECR's own.
    NotSupported {
        /// ECR's words.
        message: String,
    },
}

impl Session {
    /// UpdateImageStorageClass to ARCHIVE, by digest; it takes one image.
    ///
    /// # Errors
    /// `Definite` when ECR refused, `InDoubt` when it may have done it.
    pub async fn archive_image(&self, repository: &RepositoryName, digest: &Digest) -> Result<Archival, Mutation> {
        let request = self
            .ecr()
            .update_image_storage_class()
            .registry_id(self.location().account_id.as_str())
            .repository_name(repository.as_str())
            .image_id(ImageIdentifier::builder().image_digest(digest.as_str()).build())
            .target_storage_class(TargetStorageClass::Archive);
        match self.mutate(Operation::UpdateImageStorageClass, || request.clone().send()).await {
            Ok(answer) => Ok(match answer.image_status().map(ImageStatus::as_str) {
                Some("ARCHIVED") => Archival::Archived,
                other => Archival::Other { status: other.unwrap_or("not given").to_owned() },
            }),
            Err(Mutation::Definite(error)) => match error.code.as_deref() {
                Some("ImageNotFoundException" | "RepositoryNotFoundException") => Ok(Archival::Gone),
                Some("ImageStorageClassUpdateNotSupportedException") => {
                    Ok(Archival::NotSupported { message: error.to_string() })
                }
                Some(_) | None => Err(Mutation::Definite(error)),
            },
            Err(in_doubt @ Mutation::InDoubt(_)) => Err(in_doubt),
        }
    }

    /// BatchDeleteImage by digest, at most a hundred of one repository, as ECR has it: each goes with all its tags.
    /// ECR answers HTTP 200 and names the ones that it refused; the result holds every digest that was sent, in that
    /// order. A digest with several tags may be answered once for each, and counts once.
    ///
    /// # Errors
    /// `Definite` when ECR refused the whole call, `InDoubt` when it may have done some of it.
    pub async fn batch_delete_images(
        &self,
        repository: &RepositoryName,
        digests: &[Digest],
    ) -> Result<Vec<ItemResult<Digest>>, Mutation> {
        let request = self
            .ecr()
            .batch_delete_image()
            .registry_id(self.location().account_id.as_str())
            .repository_name(repository.as_str())
            .set_image_ids(Some(identifiers(digests)));
        let result = |digest: &Digest, outcome| ItemResult { item: digest.clone(), outcome };
        let answer = match self.mutate(Operation::BatchDeleteImage, || request.clone().send()).await {
            Ok(answer) => answer,
            Err(Mutation::Definite(error)) if error.code.as_deref() == Some("RepositoryNotFoundException") => {
                // The repository is gone, and with it all its images.
                return Ok(digests.iter().map(|digest| result(digest, ItemOutcome::AlreadyGone)).collect());
            }
            Err(mutation) => return Err(mutation),
        };
        let outcome = |digest| outcome(digest, answer.image_ids(), answer.failures());
        Ok(digests.iter().map(|digest| result(digest, outcome(digest))).collect())
    }
}

fn outcome(digest: &Digest, deleted: &[ImageIdentifier], failures: &[ImageFailure]) -> ItemOutcome {
    let is_it = |id: &ImageIdentifier| id.image_digest() == Some(digest.as_str());
    let failure = failures.iter().find(|failure| failure.image_id().is_some_and(is_it));
    let in_doubt = |message: &str| ItemOutcome::InDoubt { message: message.to_owned() };
    match (deleted.iter().any(is_it), failure) {
        (true, None) => ItemOutcome::Done,
        (false, Some(failure)) => refused(failure),
        (true, Some(_)) => in_doubt("the answer names it both as deleted and as failed"),
        (false, None) => in_doubt("the answer names it neither as deleted nor as failed"),
    }
}

fn refused(failure: &ImageFailure) -> ItemOutcome {
    if failure.failure_code() == Some(&ImageFailureCode::ImageNotFound) {
        return ItemOutcome::AlreadyGone;
    }
    ItemOutcome::Refused {
        code: failure.failure_code().map_or("no code given", |code| code.as_str()).to_owned(),
        message: failure.failure_reason().unwrap_or_default().to_owned(),
    }
}
