//! The ECR call that deletes images.

use aws_sdk_ecr::types::{ImageFailure, ImageFailureCode, ImageIdentifier};

use super::{
    super::{ItemOutcome, ItemResult, Mutation, Operation, Session},
    read::identifiers,
};
use crate::model::{Digest, RepositoryName};

impl Session {
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
