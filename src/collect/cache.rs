//! What never changes is read once: the content of a definition in a status, the children of an index, a revision of a
//! service or a daemon once every container has its digest, a service deployment that is over, and the image of a revision of a
//! Lambda function.
//!
//! Tags of definitions can change without a trace in any list, so a definition from the cache has the tags that it had when
//! it was described. That errs in both directions, and both are caught where they matter: `apply` describes each
//! definition again right before it acts. Whoever wants fresh tags in a plan passes an empty cache.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{deployments::is_over, history::History};
#[cfg(feature = "lambda")]
use crate::{aws::ImageFunction, inventory::Reference};
use crate::{
    inventory::{
        ContainerImage, DaemonRevision, DaemonTaskDefinition, Manifest, ServiceDeployment, ServiceRevision,
        TaskDefinition,
    },
    model::{Digest, Location, RepositoryName, Timestamp},
};

/// Bytes by key. A cache may lose anything at any time; what it cannot give is read from AWS again.
#[async_trait::async_trait]
pub trait Cache: Send + Sync {
    /// What was put under `key`, if it is still there.
    async fn get(&self, key: &str) -> Option<Vec<u8>>;

    /// Keeps `value` under `key`, in place of what was there.
    async fn put(&self, key: &str, value: Vec<u8>);

    /// Makes what was put so far outlast the process, if anything here can. What could not be is lost like anything else.
    async fn secure(&self) {}
}

/// A cache that lasts as long as the process.
#[derive(Debug, Default)]
pub struct MemoryCache(Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait::async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    async fn put(&self, key: &str, value: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), value);
    }
}

/// The status belongs to the key: an INACTIVE definition says when it was deregistered, its ACTIVE copy did not.
fn definition_key(arn: &str, status: &str) -> String {
    format!("definition/1/{status}/{arn}")
}

/// The second version remembers when the manifest was read.
fn manifest_key(location: &Location, repository: &RepositoryName, digest: &Digest) -> String {
    format!("manifest/2/{location}/{repository}@{digest}")
}

pub(super) async fn definition(cache: &dyn Cache, arn: &str, status: &str) -> Option<TaskDefinition> {
    let known: TaskDefinition = read(cache, &definition_key(arn, status)).await?;
    (known.task_definition_arn == arn && known.status == status).then_some(known)
}

pub(super) async fn keep_definition(cache: &dyn Cache, definition: &TaskDefinition) {
    write(cache, &definition_key(&definition.task_definition_arn, &definition.status), definition).await;
}

pub(super) async fn manifest(
    cache: &dyn Cache,
    location: &Location,
    repository: &RepositoryName,
    digest: &Digest,
) -> Option<Manifest> {
    let known: Manifest = read(cache, &manifest_key(location, repository, digest)).await?;
    (known.repository_name == *repository && known.image_digest == *digest).then_some(known)
}

pub(super) async fn keep_manifest(cache: &dyn Cache, location: &Location, manifest: &Manifest) {
    let key = manifest_key(location, &manifest.repository_name, &manifest.image_digest);
    write(cache, &key, manifest).await;
}

/// A read of an index that is about to be made: ECR counts it, even if the process does not live to see the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reading {
    /// When.
    pub(super) at: Timestamp,
    /// The pull on record before it.
    pub(super) pulled_before: Option<Timestamp>,
}

fn reading_key(location: &Location, repository: &RepositoryName, digest: &Digest) -> String {
    format!("reading/1/{location}/{repository}@{digest}")
}

pub(super) async fn reading(
    cache: &dyn Cache,
    location: &Location,
    repository: &RepositoryName,
    digest: &Digest,
) -> Option<Reading> {
    read(cache, &reading_key(location, repository, digest)).await
}

pub(super) async fn keep_reading(
    cache: &dyn Cache,
    (location, repository, digest): (&Location, &RepositoryName, &Digest),
    reading: &Reading,
) {
    write(cache, &reading_key(location, repository, digest), reading).await;
}

/// A service deployment that was over when it was described. Counts of tasks in it are as they were then.
pub(super) async fn deployment(cache: &dyn Cache, arn: &str) -> Option<ServiceDeployment> {
    let known: ServiceDeployment = read(cache, &format!("service_deployment/1/{arn}")).await?;
    (known.service_deployment_arn == arn).then_some(known)
}

pub(super) async fn keep_deployment(cache: &dyn Cache, deployment: &ServiceDeployment) {
    if is_over(&deployment.status) {
        write(cache, &format!("service_deployment/1/{}", deployment.service_deployment_arn), deployment).await;
    }
}

pub(super) async fn history(cache: &dyn Cache, service: &str) -> Option<History> {
    read(cache, &format!("service_history/1/{service}")).await
}

pub(super) async fn keep_history(cache: &dyn Cache, service: &str, history: &History) {
    write(cache, &format!("service_history/1/{service}"), history).await;
}

pub(super) async fn revision(cache: &dyn Cache, arn: &str) -> Option<ServiceRevision> {
    let known: ServiceRevision = read(cache, &format!("service_revision/1/{arn}")).await?;
    (known.service_revision_arn == arn).then_some(known)
}

pub(super) async fn keep_revision(cache: &dyn Cache, revision: &ServiceRevision) {
    if is_pinned(&revision.container_images) {
        write(cache, &format!("service_revision/1/{}", revision.service_revision_arn), revision).await;
    }
}

pub(super) async fn daemon_revision(cache: &dyn Cache, arn: &str) -> Option<DaemonRevision> {
    let known: DaemonRevision = read(cache, &format!("daemon_revision/1/{arn}")).await?;
    (known.daemon_revision_arn == arn).then_some(known)
}

pub(super) async fn keep_daemon_revision(cache: &dyn Cache, revision: &DaemonRevision) {
    if is_pinned(&revision.container_images) {
        write(cache, &format!("daemon_revision/1/{}", revision.daemon_revision_arn), revision).await;
    }
}

fn daemon_definition_key(arn: &str, status: &str) -> String {
    format!("daemon_task_definition/1/{status}/{arn}")
}

pub(super) async fn daemon_definition(cache: &dyn Cache, arn: &str, status: &str) -> Option<DaemonTaskDefinition> {
    let known: DaemonTaskDefinition = read(cache, &daemon_definition_key(arn, status)).await?;
    (known.daemon_task_definition_arn == arn && known.status == status).then_some(known)
}

pub(super) async fn keep_daemon_definition(cache: &dyn Cache, definition: &DaemonTaskDefinition) {
    let key = daemon_definition_key(&definition.daemon_task_definition_arn, &definition.status);
    write(cache, &key, definition).await;
}

/// Whether nothing of a revision can change any more: each container's tag was resolved to a digest.
fn is_pinned(containers: &[ContainerImage]) -> bool {
    !containers.is_empty() && containers.iter().all(|container| container.image_digest.is_some())
}

/// What a version of a function held when its revision was read: every change of a function gives it another revision.
#[cfg(feature = "lambda")]
pub(super) async fn function(cache: &dyn Cache, function: &ImageFunction) -> Option<Vec<Reference>> {
    read(cache, &function_key(function)?).await
}

#[cfg(feature = "lambda")]
pub(super) async fn keep_function(cache: &dyn Cache, function: &ImageFunction, held: &Vec<Reference>) {
    if let Some(key) = function_key(function) {
        write(cache, &key, held).await;
    }
}

#[cfg(feature = "lambda")]
fn function_key(function: &ImageFunction) -> Option<String> {
    let revision = function.revision_id.as_deref().filter(|id| !id.is_empty())?;
    Some(format!("function/1/{revision}/{}", function.arn))
}

async fn read<T: DeserializeOwned>(cache: &dyn Cache, key: &str) -> Option<T> {
    serde_json::from_slice(&cache.get(key).await?).ok()
}

async fn write<T: Serialize>(cache: &dyn Cache, key: &str, value: &T) {
    if let Ok(bytes) = serde_json::to_vec(value) {
        cache.put(key, bytes).await;
    }
}
