//! The calls that change something, a batch at a time.

use crate::{
    aws::{Archival, ErrorKind, ItemOutcome, ItemResult, Mutation, Removal, Session},
    model::{Digest, RepositoryName, task_definition_arn},
    plan::{Action, Step},
};

/// What the answer to a call says of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// AWS did it.
    Done,
    /// AWS says that there was nothing to do.
    AlreadyGone,
    /// AWS refused because something moved since the look.
    Moved(String),
    /// AWS did not do it and would not if asked again.
    Failed(String),
    /// AWS did not do it because of a quota: it may be asked again, after another look.
    Throttled(String),
    /// AWS may have done it.
    InDoubt(String),
}

/// Carries out steps of one action, location and repository by one call. Gives one result per step, in their order.
pub(super) async fn act(session: &Session, action: Action, steps: &[&Step]) -> Vec<Act> {
    match action {
        Action::DeleteImage => delete_images(session, steps).await,
        Action::ArchiveImage => archive_images(session, steps).await,
        Action::DeleteTaskDefinition => delete_task_definitions(session, steps).await,
        Action::ScaleTaskSet | Action::DeleteTaskSet | Action::DeleteService | Action::DeregisterTaskDefinition => {
            let mut acts = Vec::with_capacity(steps.len());
            for step in steps {
                acts.push(one(session, action, step).await.unwrap_or_else(|| not_named(step)));
            }
            acts
        }
    }
}

fn not_named(step: &Step) -> Act {
    Act::Failed(format!("step {} does not name what it acts on", step.id))
}

/// `None` if the step's target lacks what the action needs.
async fn one(session: &Session, action: Action, step: &Step) -> Option<Act> {
    let target = &step.target;
    let removal = match action {
        Action::DeregisterTaskDefinition => {
            let arn = task_definition_arn(session.location(), target.family.as_ref()?, target.revision?);
            session.deregister_task_definition(&arn).await
        }
        Action::DeleteService => {
            session.delete_service(target.cluster.as_ref()?.as_str(), target.service.as_ref()?.as_str()).await
        }
        Action::ScaleTaskSet | Action::DeleteTaskSet => {
            let (cluster, service) = (target.cluster.as_ref()?.as_str(), target.service.as_ref()?.as_str());
            let id = target.task_set.as_ref()?.as_str();
            if action == Action::ScaleTaskSet {
                session.scale_task_set_to_zero(cluster, service, id).await
            } else {
                session.delete_task_set(cluster, service, id).await
            }
        }
        Action::DeleteTaskDefinition | Action::ArchiveImage | Action::DeleteImage => return None,
    };
    Some(match removal {
        Ok(Removal::Done) => Act::Done,
        Ok(Removal::AlreadyGone) => Act::AlreadyGone,
        Err(mutation) => of_mutation(&mutation),
    })
}

fn of_mutation(mutation: &Mutation) -> Act {
    match mutation {
        Mutation::Definite(error) if error.kind == ErrorKind::Throttled => Act::Throttled(error.to_string()),
        Mutation::Definite(error) => Act::Failed(error.to_string()),
        Mutation::InDoubt(error) => Act::InDoubt(error.to_string()),
    }
}

async fn delete_task_definitions(session: &Session, steps: &[&Step]) -> Vec<Act> {
    let arn = |step: &&Step| {
        Some(task_definition_arn(session.location(), step.target.family.as_ref()?, step.target.revision?))
    };
    let arns: Option<Vec<String>> = steps.iter().map(arn).collect();
    let Some(arns) = arns else { return steps.iter().map(|step| not_named(step)).collect() };
    match session.delete_task_definitions(&arns).await {
        Ok(results) => steps.iter().zip(&arns).map(|(_, arn)| of_item(&results, arn)).collect(),
        Err(mutation) => steps.iter().map(|_| of_mutation(&mutation)).collect(),
    }
}

async fn archive_images(session: &Session, steps: &[&Step]) -> Vec<Act> {
    let mut acts = Vec::with_capacity(steps.len());
    for step in steps {
        let act = match (&step.target.repository, &step.target.digest) {
            (Some(repository), Some(digest)) => archive_image(session, repository, digest).await,
            (_, _) => not_named(step),
        };
        acts.push(act);
    }
    acts
}

async fn archive_image(session: &Session, repository: &RepositoryName, digest: &Digest) -> Act {
    match session.archive_image(repository, digest).await {
        Ok(Archival::Archived) => Act::Done,
        Ok(Archival::Gone) => Act::AlreadyGone,
        Ok(Archival::Other { status }) => Act::InDoubt(format!("ECR answers that its status is {status}")),
        // ECR says so of an image that is archived already, too.
        Ok(Archival::NotSupported { message }) => {
            let now = session.describe_images_by_digest(repository, std::slice::from_ref(digest)).await;
            let status = now.ok().and_then(|batch| batch.found.into_iter().next()?.image_status);
            if status.as_deref() == Some("ARCHIVED") { Act::AlreadyGone } else { Act::Failed(message) }
        }
        Err(mutation) => of_mutation(&mutation),
    }
}

async fn delete_images(session: &Session, steps: &[&Step]) -> Vec<Act> {
    let digests: Option<Vec<Digest>> = steps.iter().map(|step| step.target.digest.clone()).collect();
    let repository = steps.first().and_then(|step| step.target.repository.clone());
    let (Some(digests), Some(repository)) = (digests, repository) else {
        return steps.iter().map(|step| not_named(step)).collect();
    };
    match session.batch_delete_images(&repository, &digests).await {
        Ok(results) => digests.iter().map(|digest| of_item(&results, digest)).collect(),
        Err(mutation) => steps.iter().map(|_| of_mutation(&mutation)).collect(),
    }
}

fn of_item<T: PartialEq>(results: &[ItemResult<T>], item: &T) -> Act {
    match results.iter().find(|result| result.item == *item).map(|result| &result.outcome) {
        Some(ItemOutcome::Done) => Act::Done,
        Some(ItemOutcome::AlreadyGone) => Act::AlreadyGone,
        Some(ItemOutcome::Refused { code, .. }) if code == "ImageReferencedByManifestList" => {
            Act::Moved("an image index that is not in the plan lists it now (ImageReferencedByManifestList)".to_owned())
        }
        Some(ItemOutcome::Refused { code, message }) => Act::Failed(format!("{code}: {message}")),
        Some(ItemOutcome::InDoubt { message }) => Act::InDoubt(message.clone()),
        None => Act::InDoubt("the answer does not mention it".to_owned()),
    }
}
