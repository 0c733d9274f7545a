//! What the simulated AWS holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use serde_json::Value;

use super::{
    elsewhere::Elsewhere,
    state::{Map, list, text, texts},
};
use crate::{
    inventory::record_kind,
    model::{AccountId, Location, Scope, Timestamp},
};

/// The kinds of object that the simulated AWS serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum ObjectKind {
    Cluster,
    Service,
    TaskSet,
    Task,
    TaskDefinition,
    ServiceDeployment,
    ServiceRevision,
    Daemon,
    DaemonRevision,
    DaemonTaskDefinition,
    Repository,
    Image,
    Manifest,
    Registry,
    PullThroughCacheRule,
    /// Of a service beyond ECS and ECR.
    Elsewhere(Elsewhere),
}

impl ObjectKind {
    /// Those of ECS and ECR.
    const ALL: [Self; 15] = [
        Self::Cluster,
        Self::Service,
        Self::TaskSet,
        Self::Task,
        Self::TaskDefinition,
        Self::ServiceDeployment,
        Self::ServiceRevision,
        Self::Daemon,
        Self::DaemonRevision,
        Self::DaemonTaskDefinition,
        Self::Repository,
        Self::Image,
        Self::Manifest,
        Self::Registry,
        Self::PullThroughCacheRule,
    ];

    /// Every kind, in the order in which worlds are written.
    pub(super) fn every() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain(Elsewhere::ALL.into_iter().map(Self::Elsewhere))
    }

    /// The word of the inventory format.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Cluster => record_kind::CLUSTER,
            Self::Service => record_kind::SERVICE,
            Self::TaskSet => record_kind::TASK_SET,
            Self::Task => record_kind::TASK,
            Self::TaskDefinition => record_kind::TASK_DEFINITION,
            Self::ServiceDeployment => record_kind::SERVICE_DEPLOYMENT,
            Self::ServiceRevision => record_kind::SERVICE_REVISION,
            Self::Daemon => record_kind::DAEMON,
            Self::DaemonRevision => record_kind::DAEMON_REVISION,
            Self::DaemonTaskDefinition => record_kind::DAEMON_TASK_DEFINITION,
            Self::Repository => record_kind::REPOSITORY,
            Self::Image => record_kind::IMAGE,
            Self::Manifest => record_kind::MANIFEST,
            Self::Registry => record_kind::REGISTRY,
            Self::PullThroughCacheRule => record_kind::PULL_THROUGH_CACHE_RULE,
            Self::Elsewhere(kind) => kind.word(),
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::every().find(|kind| kind.word() == word)
    }
}

/// The name of an object. Within a kind, ids are in the order in which AWS lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) location: Location,
    pub(super) kind: ObjectKind,
    pub(super) id: String,
}

impl Key {
    pub(super) fn new(location: &Location, kind: ObjectKind, id: impl Into<String>) -> Self {
        Self { location: location.clone(), kind, id: id.into() }
    }

    pub(super) fn cluster(at: &Location, name: &str) -> Self {
        Self::new(at, ObjectKind::Cluster, name)
    }

    pub(super) fn service(at: &Location, cluster: &str, name: &str) -> Self {
        Self::new(at, ObjectKind::Service, format!("{cluster}/{name}"))
    }

    pub(super) fn task_set(at: &Location, cluster: &str, service: &str, id: &str) -> Self {
        Self::new(at, ObjectKind::TaskSet, format!("{cluster}/{service}/{id}"))
    }

    pub(super) fn task(at: &Location, cluster: &str, id: &str) -> Self {
        Self::new(at, ObjectKind::Task, format!("{cluster}/{id}"))
    }

    /// A space sorts before every character of a family, and the padded number sorts as a number.
    pub(super) fn task_definition(at: &Location, family: &str, revision: u32) -> Self {
        Self::new(at, ObjectKind::TaskDefinition, format!("{family} {revision:010}"))
    }

    /// The number in the ARN of a service's deployment, or of its revision, tells it from the others.
    pub(super) fn service_deployment(service: &Self, id: &str) -> Self {
        Self::new(&service.location, ObjectKind::ServiceDeployment, format!("{}/{id}", service.id))
    }

    pub(super) fn service_revision(service: &Self, id: &str) -> Self {
        Self::new(&service.location, ObjectKind::ServiceRevision, format!("{}/{id}", service.id))
    }

    pub(super) fn daemon_task_definition(at: &Location, family: &str, revision: u32) -> Self {
        Self::new(at, ObjectKind::DaemonTaskDefinition, format!("{family} {revision:010}"))
    }

    pub(super) fn repository(at: &Location, name: &str) -> Self {
        Self::new(at, ObjectKind::Repository, name)
    }

    pub(super) fn image(at: &Location, repository: &str, digest: &str) -> Self {
        Self::new(at, ObjectKind::Image, format!("{repository}@{digest}"))
    }

    pub(super) fn manifest(at: &Location, repository: &str, digest: &str) -> Self {
        Self::new(at, ObjectKind::Manifest, format!("{repository}@{digest}"))
    }

    /// There is one registry in an account and Region.
    pub(super) fn registry(at: &Location) -> Self {
        Self::new(at, ObjectKind::Registry, "registry")
    }

    pub(super) fn pull_through_cache_rule(at: &Location, prefix: &str) -> Self {
        Self::new(at, ObjectKind::PullThroughCacheRule, prefix)
    }

    pub(super) fn elsewhere(at: &Location, kind: Elsewhere, id: impl Into<String>) -> Self {
        Self::new(at, ObjectKind::Elsewhere(kind), id)
    }

    /// The part of a repository's image or manifest id after the `@`.
    pub(super) fn digest(&self) -> &str {
        self.id.rsplit_once('@').map_or("", |(_, digest)| digest)
    }
}

/// An object and what the simulation itself must remember about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Object {
    /// The object as the API returns it.
    pub(super) value: Map,
    /// When it moves on by itself.
    pub(super) due: Option<Timestamp>,
    /// For a service or task set: `deployment id/container` → the digest that the deployment's first task resolved
    /// ("software version consistency", ECS developer guide).
    pub(super) pinned: BTreeMap<String, String>,
}

impl From<Map> for Object {
    fn from(value: Map) -> Self {
        Self { value, due: None, pinned: BTreeMap::new() }
    }
}

/// A line that the simulated AWS keeps but does not serve: a reference from elsewhere, a gap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeptLine {
    pub(super) kind: String,
    /// The whole line.
    pub(super) text: String,
}

/// Everything in the simulated AWS: several accounts and Regions, and one clock.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub(super) taken_at: Timestamp,
    pub(super) scopes: Vec<Scope>,
    objects: BTreeMap<Key, Object>,
    pub(super) kept: BTreeSet<KeptLine>,
    /// The highest revision that each family ever had: AWS never gives a number twice.
    pub(super) revisions: BTreeMap<(Location, String), u32>,
    /// Ids given out so far, so that none is given twice.
    pub(super) issued: u64,
    due: BTreeSet<(Timestamp, Key)>,
    tags: BTreeMap<Key, String>,
    parents: BTreeMap<Key, BTreeSet<String>>,
    touched: BTreeSet<Key>,
}

/// Two worlds are equal when they answer alike; what is derived or in passing does not count.
impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.taken_at == other.taken_at
            && self.scopes == other.scopes
            && self.objects == other.objects
            && self.kept == other.kept
            && self.revisions == other.revisions
            && self.issued == other.issued
    }
}

impl World {
    /// A world with accounts and Regions and nothing in them.
    #[must_use]
    pub fn empty(taken_at: Timestamp, scopes: Vec<Scope>) -> Self {
        Self { taken_at, scopes, ..Self::default() }
    }

    /// The instant at which the world was seen, and at which its clock starts.
    #[must_use]
    pub fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// The accounts and Regions of the world.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    pub(super) fn has_account(&self, account_id: &AccountId) -> bool {
        let first = Location { account_id: account_id.clone(), region: "".into() };
        let mut objects = self.objects.range(Key::new(&first, ObjectKind::Cluster, "")..);
        self.scopes.iter().any(|scope| scope.account_id == *account_id)
            || objects.next().is_some_and(|(key, _)| key.location.account_id == *account_id)
    }

    /// The account that credentials of no particular shape belong to.
    pub(super) fn first_account(&self) -> Option<&AccountId> {
        let objects = self.objects.keys().map(|key| &key.location.account_id);
        self.scopes.iter().map(|scope| &scope.account_id).chain(objects).next()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The object's members, if it is there.
    pub(super) fn value(&self, key: &Key) -> Option<&Map> {
        self.objects.get(key).map(|object| &object.value)
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (&Key, &Object)> {
        self.objects.iter()
    }

    /// The objects whose id starts with `prefix` and comes after `after`, in order.
    pub(super) fn under<'a>(
        &'a self,
        at: &Location,
        kind: ObjectKind,
        prefix: &str,
        after: Option<&str>,
    ) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Object)> + use<'a> {
        let end = Key::new(at, kind, format!("{prefix}{}", char::MAX));
        let start = match after {
            // A token made for another prefix could otherwise ask for a range that ends before it starts.
            Some(after) if after >= prefix && after < end.id.as_str() => Bound::Excluded(Key::new(at, kind, after)),
            Some(_) | None => Bound::Included(Key::new(at, kind, prefix)),
        };
        self.objects.range((start, Bound::Excluded(end)))
    }

    /// Puts an object in place of the one with its name, if any.
    pub(super) fn put(&mut self, key: Key, object: Object) {
        self.forget_derived(&key);
        if let Some(due) = object.due {
            self.due.insert((due, key.clone()));
        }
        match key.kind {
            ObjectKind::Image => {
                for tag in texts(&object.value, "imageTags") {
                    self.tags.insert(tag_key(&key, tag), key.digest().to_owned());
                }
            }
            ObjectKind::Manifest => {
                for child in texts(&object.value, "children") {
                    self.parents.entry(child_key(&key, child)).or_default().insert(key.digest().to_owned());
                }
            }
            ObjectKind::TaskDefinition => {
                if let Some((family, revision)) = key.id.split_once(' ') {
                    let highest = self.revisions.entry((key.location.clone(), family.to_owned())).or_default();
                    *highest = (*highest).max(revision.parse().unwrap_or_default());
                }
            }
            ObjectKind::Cluster
            | ObjectKind::Service
            | ObjectKind::TaskSet
            | ObjectKind::Task
            | ObjectKind::ServiceDeployment
            | ObjectKind::ServiceRevision
            | ObjectKind::Daemon
            | ObjectKind::DaemonRevision
            | ObjectKind::DaemonTaskDefinition
            | ObjectKind::Repository
            | ObjectKind::Registry
            | ObjectKind::PullThroughCacheRule
            | ObjectKind::Elsewhere(_) => {}
        }
        self.touched.insert(key.clone());
        self.objects.insert(key, object);
    }

    /// Removes an object.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Object> {
        self.forget_derived(key);
        self.touched.insert(key.clone());
        self.objects.remove(key)
    }

    /// Changes an object in place; does nothing if it is not there.
    pub(super) fn change(&mut self, key: &Key, change: impl FnOnce(&mut Object)) {
        if let Some(object) = self.objects.get(key) {
            let mut object = object.clone();
            change(&mut object);
            self.put(key.clone(), object);
        }
    }

    fn forget_derived(&mut self, key: &Key) {
        let Some(old) = self.objects.get(key) else { return };
        if let Some(due) = old.due {
            self.due.remove(&(due, key.clone()));
        }
        match key.kind {
            ObjectKind::Image => {
                for tag in texts(&old.value, "imageTags") {
                    let tag = tag_key(key, tag);
                    if self.tags.get(&tag).is_some_and(|digest| digest == key.digest()) {
                        self.tags.remove(&tag);
                    }
                }
            }
            ObjectKind::Manifest => {
                for child in texts(&old.value, "children") {
                    if let Some(parents) = self.parents.get_mut(&child_key(key, child)) {
                        parents.remove(key.digest());
                    }
                }
            }
            ObjectKind::Cluster
            | ObjectKind::Service
            | ObjectKind::TaskSet
            | ObjectKind::Task
            | ObjectKind::TaskDefinition
            | ObjectKind::ServiceDeployment
            | ObjectKind::ServiceRevision
            | ObjectKind::Daemon
            | ObjectKind::DaemonRevision
            | ObjectKind::DaemonTaskDefinition
            | ObjectKind::Repository
            | ObjectKind::Registry
            | ObjectKind::PullThroughCacheRule
            | ObjectKind::Elsewhere(_) => {}
        }
    }

    /// The digest that a tag of a repository points at.
    pub(super) fn tagged(&self, at: &Location, repository: &str, tag: &str) -> Option<&str> {
        self.tags.get(&Key::image(at, repository, tag)).map(String::as_str)
    }

    /// The indexes of the repository that are still there and list this digest.
    pub(super) fn parents(&self, at: &Location, repository: &str, digest: &str) -> Vec<&str> {
        let parents = self.parents.get(&Key::manifest(at, repository, digest));
        let present = |parent: &&str| self.objects.contains_key(&Key::image(at, repository, parent));
        parents.into_iter().flatten().map(String::as_str).filter(present).collect()
    }

    /// The first object that moves on by itself at or before `now`.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<(Timestamp, Key)> {
        self.due.first().filter(|(due, _)| *due <= now).cloned()
    }

    /// Which objects were put or removed since this was last asked.
    pub(super) fn take_touched(&mut self) -> BTreeSet<Key> {
        std::mem::take(&mut self.touched)
    }

    /// Takes back what [`Self::take_touched`] gave.
    pub(super) fn touch_again(&mut self, touched: BTreeSet<Key>) {
        self.touched.extend(touched);
    }

    /// The last number given out plus one.
    pub(super) fn issue(&mut self) -> u64 {
        self.issued += 1;
        self.issued
    }

    /// Services that have task sets carry them in their description.
    pub(super) fn task_sets<'a>(
        &'a self,
        service: &Key,
    ) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Object)> + use<'a> {
        self.under(&service.location, ObjectKind::TaskSet, &format!("{}/", service.id), None)
    }

    /// The tags of an object, whatever their spelling, as `key` and `value`.
    pub(super) fn tags_of(object: &Map) -> Vec<(String, String)> {
        let pair = |tag: &Value| {
            let tag = tag.as_object()?;
            let get = |lower: &str, upper: &str| match text(tag, lower) {
                "" => text(tag, upper).to_owned(),
                found => found.to_owned(),
            };
            Some((get("key", "Key"), get("value", "Value")))
        };
        list(object, "tags").iter().filter_map(pair).collect()
    }
}

/// Where a tag of an image's repository is looked up.
fn tag_key(image: &Key, tag: &str) -> Key {
    let repository = image.id.rsplit_once('@').map_or("", |(repository, _)| repository);
    Key::image(&image.location, repository, tag)
}

/// Where the parents of a manifest's child are looked up.
fn child_key(manifest: &Key, child: &str) -> Key {
    let repository = manifest.id.rsplit_once('@').map_or("", |(repository, _)| repository);
    Key::manifest(&manifest.location, repository, child)
}
