//! Reads the objects of a batch as they are now: before acting on them, and when it is in doubt what became of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use crate::{
    aws::{AwsError, ErrorKind, Session},
    graph::ImageKey,
    inventory::{Image, Service, Tag, TaskDefinition, TaskSet},
    model::{Digest, Kind, RepositoryName, Resource, TaskSetId, repository_arn, task_definition_arn},
    plan::{Expect, Step},
};

/// An object as it is now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Observation {
    /// A service; `None` if ECS does not know it.
    Service(Option<Box<Service>>),
    /// A task set with its service; `None` if its service does not list it.
    TaskSet(Option<Box<(Service, TaskSet)>>),
    /// A definition; `None` if ECS cannot describe it.
    TaskDefinition(Option<Box<TaskDefinition>>),
    /// An image with its unit and the tags of its repository.
    Image(ImageObservation),
    /// It could not be read.
    Unreadable(String),
}

/// An image as it is now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImageObservation {
    /// `None` if the repository does not have it.
    pub(super) image: Option<Box<Image>>,
    /// The images of its unit that are still there, itself included.
    pub(super) unit: Vec<Image>,
    /// The tags of the repository.
    pub(super) repository_tags: Vec<Tag>,
}

/// Reads the objects of steps that one call carries out.
///
/// `gone` are images that this run has deleted: ECR fails a whole call for one digest that it does not have.
pub(super) async fn observe(session: &Session, steps: &[&Step], gone: &Mutex<BTreeSet<ImageKey>>) -> Vec<Observation> {
    let repository = steps.first().and_then(|step| step.target.repository.clone());
    if let Some(repository) = repository {
        return images(session, &repository, steps, gone).await;
    }
    let mut observations = Vec::with_capacity(steps.len());
    for step in steps {
        observations.push(one(session, step).await.unwrap_or_else(Observation::Unreadable));
    }
    observations
}

async fn one(session: &Session, step: &Step) -> Result<Observation, String> {
    let Some(resource) = step.target.resource(step.action.kind()) else {
        return Ok(Observation::Unreadable("the step does not name an object of its kind".to_owned()));
    };
    match resource {
        Resource::Service { cluster, service } => {
            let service = describe_service(session, cluster.as_str(), service.as_str()).await?;
            Ok(Observation::Service(service.map(Box::new)))
        }
        Resource::TaskSet { cluster, service, id } => {
            let service = describe_service(session, cluster.as_str(), service.as_str()).await?;
            let Some(service) = service else { return Ok(Observation::TaskSet(None)) };
            task_set(session, cluster.as_str(), service, &id).await
        }
        Resource::TaskDefinition { family, revision } => {
            let arn = task_definition_arn(session.location(), &family, revision);
            match session.describe_task_definition(&arn).await {
                Ok(definition) => Ok(Observation::TaskDefinition(Some(Box::new(definition)))),
                Err(error) if error.kind == ErrorKind::NotFound => Ok(Observation::TaskDefinition(None)),
                Err(error) => Err(error.to_string()),
            }
        }
        Resource::Image { .. } => Ok(Observation::Unreadable("an image is read with its repository".to_owned())),
    }
}

async fn describe_service(session: &Session, cluster: &str, service: &str) -> Result<Option<Service>, String> {
    match session.describe_services(cluster, &[service.to_owned()]).await {
        Ok(batch) => match batch.failures.iter().find(|failure| !failure.is_missing()) {
            Some(failure) if batch.found.is_empty() => Err(format!("{}: {}", failure.object, failure.reason)),
            Some(_) | None => Ok(batch.found.into_iter().next()),
        },
        // The cluster is gone, and with it its services.
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

async fn task_set(session: &Session, cluster: &str, service: Service, id: &TaskSetId) -> Result<Observation, String> {
    let Some(mut listed) = service.task_sets.iter().find(|one| one.id == id.as_str()).cloned() else {
        return Ok(Observation::TaskSet(None));
    };
    // Only DescribeTaskSets tells the tags, among them the one that protects.
    let ids = [id.to_string()];
    let described = session.describe_task_sets(cluster, &service.service_name, &ids).await;
    let described = described.map_err(|error| error.to_string())?;
    match described.found.into_iter().find(|one| one.id == id.as_str()) {
        Some(one) => listed.tags = one.tags,
        None => {
            return match described.failures.into_iter().find(|failure| !failure.is_missing()) {
                Some(failure) => Err(format!("{}: {}", failure.object, failure.reason)),
                None => Ok(Observation::TaskSet(None)),
            };
        }
    }
    Ok(Observation::TaskSet(Some(Box::new((service, listed)))))
}

async fn images(
    session: &Session,
    repository: &RepositoryName,
    steps: &[&Step],
    gone: &Mutex<BTreeSet<ImageKey>>,
) -> Vec<Observation> {
    match image_facts(session, repository, steps, gone).await {
        Ok(facts) => steps.iter().map(|step| image(step, &facts)).collect(),
        Err(error) if error.code.as_deref() == Some("RepositoryNotFoundException") => {
            let gone = ImageObservation { image: None, unit: Vec::new(), repository_tags: Vec::new() };
            steps.iter().map(|_| Observation::Image(gone.clone())).collect()
        }
        Err(error) => steps.iter().map(|_| Observation::Unreadable(error.to_string())).collect(),
    }
}

/// What is known of a repository's images.
struct ImageFacts {
    repository_tags: Vec<Tag>,
    images: BTreeMap<Digest, Image>,
    /// Digests of which ECR says neither what they are nor that they are gone, with what it says.
    unreadable: BTreeMap<String, String>,
}

async fn image_facts(
    session: &Session,
    repository: &RepositoryName,
    steps: &[&Step],
    gone: &Mutex<BTreeSet<ImageKey>>,
) -> Result<ImageFacts, AwsError> {
    let repository_tags = session.list_tags(&repository_arn(session.location(), repository)).await?;
    let registry = session.location();
    let is_gone = |digest: &Digest| {
        let (registry, repository, digest) = (registry.clone(), repository.clone(), digest.clone());
        let key = ImageKey { registry, repository, digest };
        gone.lock().unwrap_or_else(PoisonError::into_inner).contains(&key)
    };
    let own: BTreeSet<Digest> = steps.iter().filter_map(|step| step.target.digest.clone()).collect();
    let units = steps.iter().flat_map(|step| unit(step));
    let digests: BTreeSet<Digest> = units.filter(|digest| own.contains(digest) || !is_gone(digest)).collect();
    let digests: Vec<Digest> = digests.into_iter().collect();
    let (mut images, mut unreadable) = (BTreeMap::new(), BTreeMap::new());
    for chunk in digests.chunks(crate::model::quota::batch::IMAGES) {
        let batch = session.describe_images_by_digest(repository, chunk).await?;
        images.extend(batch.found.into_iter().map(|image| (image.image_digest.clone(), image)));
        let failures = batch.failures.into_iter().filter(|failure| !failure.is_missing());
        unreadable.extend(failures.map(|failure| (failure.object, failure.reason)));
    }
    Ok(ImageFacts { repository_tags, images, unreadable })
}

/// The digests of a step's unit, as planned.
fn unit(step: &Step) -> BTreeSet<Digest> {
    let members = step.expect.iter().filter_map(|expect| match expect {
        Expect::UnitUnreferenced { members } => Some(members.iter().cloned()),
        Expect::Unreferenced
        | Expect::NoCopies { .. }
        | Expect::NotNewestActive
        | Expect::Status { .. }
        | Expect::NotPrimary
        | Expect::Runs { .. }
        | Expect::NoTasks
        | Expect::NoTaskSets
        | Expect::NotProtected
        | Expect::OptedIn
        | Expect::Tags { .. }
        | Expect::PushedAt { .. } => None,
    });
    members.flatten().chain(step.target.digest.clone()).collect()
}

fn image(step: &Step, facts: &ImageFacts) -> Observation {
    debug_assert_eq!(step.action.kind(), Kind::Image);
    let members = unit(step);
    if let Some((digest, reason)) =
        facts.unreadable.iter().find(|(unread, _)| members.iter().any(|member| unread.ends_with(member.as_str())))
    {
        return Observation::Unreadable(format!("{digest}: {reason}"));
    }
    let unit: Vec<Image> = members.iter().filter_map(|digest| facts.images.get(digest).cloned()).collect();
    let image = step.target.digest.as_ref().and_then(|digest| facts.images.get(digest)).cloned().map(Box::new);
    Observation::Image(ImageObservation { image, unit, repository_tags: facts.repository_tags.clone() })
}
