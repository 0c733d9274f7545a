//! What the deciders look things up in: the policy, the inventory and the graph, indexed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::{Question, families::Families, pulls::last_pull};
use crate::{
    graph::{Graph, Node, NodeId, NodeMap, RepositoryImages, Rollouts},
    inventory::{Gap, Image, Inventory, Repository, Seen, Service, Tag, Task, TaskSet, is_index},
    model::{Address, Digest, Location, RepositoryName, Resource, Scope, Source, Timestamp, cluster_name},
    policy::{Policy, Settings},
};

/// A question with everything that answering it needs at hand.
pub(super) struct Estate<'a> {
    pub(super) question: &'a Question<'a>,
    /// Holders and what they name: not the images that nothing names.
    pub(super) graph: Graph,
    pub(super) families: Families<'a>,
    /// All images, by repository, in order.
    pub(super) repositories: Vec<RepositoryImages<'a>>,
    /// The images of each repository that have a node, by position.
    pub(super) named: Vec<Vec<(usize, NodeId)>>,
    /// The same by node.
    places: NodeMap<Place>,
    /// What was not read, in order: what the inventory says so of, unless it is waived, and what is missing from it.
    pub(super) gaps: Vec<Gap>,
    settings_of: BTreeMap<(&'a Location, &'a RepositoryName), &'a Repository>,
    scopes: BTreeMap<Location, Scope>,
    /// By ARN, as DescribeTaskSets shows them.
    described_task_sets: HashMap<&'a str, &'a TaskSet>,
    /// By service, as DescribeTaskSets shows them.
    task_sets_of: HashMap<Node, Vec<&'a TaskSet>>,
    tasks_of: HashMap<Node, Vec<&'a Task>>,
    /// The deployments of services, there or gone.
    pub(super) rollouts: BTreeMap<Node, Rollouts<'a>>,
}

/// Where an image stands: the position of its repository, and its own in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) repository: usize,
    pub(super) position: usize,
}

impl<'a> Estate<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        let inventory = question.inventory;
        let repositories = RepositoryImages::of(inventory);
        let (graph, named) = Graph::of_holders(inventory, &repositories);
        let places = named.iter().enumerate().flat_map(|(repository, named)| {
            named.iter().map(move |(position, node)| (*node, Place { repository, position: *position }))
        });
        Self {
            question,
            families: Families::new(inventory, &graph),
            places: places.collect(),
            gaps: gaps(question, &repositories),
            graph,
            repositories,
            named,
            settings_of: inventory
                .repositories
                .iter()
                .map(|seen| ((&seen.location, &seen.value.repository_name), &seen.value))
                .collect(),
            scopes: scopes(question).into_iter().map(|scope| (scope.location(), scope)).collect(),
            described_task_sets: inventory
                .task_sets
                .iter()
                .map(|seen| (seen.value.task_set_arn.as_str(), &seen.value))
                .collect(),
            task_sets_of: task_sets_of(inventory),
            tasks_of: tasks_of(inventory),
            rollouts: Rollouts::by_service(inventory),
        }
    }

    pub(super) fn policy(&self) -> &'a Policy {
        self.question.policy
    }

    pub(super) fn settings(&self) -> &'a Settings {
        &self.question.policy.settings
    }

    pub(super) fn now(&self) -> Timestamp {
        self.question.now
    }

    /// The scope of a place, if the policy has it. Objects elsewhere hold but are never retired.
    pub(super) fn scope(&self, location: &Location) -> Option<&Scope> {
        self.scopes.get(location)
    }

    /// What the policy has and the inventory covers, in order.
    pub(super) fn scopes(&self) -> Vec<Scope> {
        let mut scopes: Vec<Scope> = self.scopes.values().cloned().collect();
        scopes.sort_unstable();
        scopes
    }

    pub(super) fn address(scope: &Scope, resource: Resource) -> Address {
        Address { account: scope.account.clone(), region: scope.region.clone(), resource }
    }

    pub(super) fn repository(&self, location: &Location, name: &RepositoryName) -> Option<&'a Repository> {
        self.settings_of.get(&(location, name)).copied()
    }

    /// Where an image stands that has a node.
    pub(super) fn place(&self, node: NodeId) -> Option<Place> {
        self.places.get(node).copied()
    }

    /// Where an image stands, if it is there.
    pub(super) fn find_image(&self, registry: &Location, name: &RepositoryName, digest: &Digest) -> Option<Place> {
        let repository = self.find_repository(registry, name)?;
        let position = self.repositories.get(repository)?.position(digest)?;
        Some(Place { repository, position })
    }

    /// The images of a repository, if it has any.
    pub(super) fn images_of(&self, registry: &Location, name: &RepositoryName) -> Option<&RepositoryImages<'a>> {
        self.repositories.get(self.find_repository(registry, name)?)
    }

    fn find_repository(&self, registry: &Location, name: &RepositoryName) -> Option<usize> {
        self.repositories.binary_search_by(|one| one.key().cmp(&(registry, name))).ok()
    }

    pub(super) fn image(&self, place: Place) -> Option<&'a Image> {
        self.repositories.get(place.repository)?.images.get(place.position).copied()
    }

    /// The last pull of an image that has a node.
    pub(super) fn last_pull(&self, node: NodeId) -> Option<Timestamp> {
        let place = self.place(node)?;
        let repository = self.repositories.get(place.repository)?;
        let image = self.image(place)?;
        last_pull(image, repository.manifest(place.position))
    }

    pub(super) fn task_set_tags(&self, arn: &str) -> &'a [Tag] {
        self.described(arn).map_or(&[], |task_set| task_set.tags.as_slice())
    }

    /// A task set as DescribeTaskSets shows it, a moment after DescribeServices did.
    pub(super) fn described(&self, arn: &str) -> Option<&'a TaskSet> {
        self.described_task_sets.get(arn).copied()
    }

    /// The task sets of a service: those that it lists, and those that only DescribeTaskSets shows.
    pub(super) fn task_sets(&self, node: &Node, service: &'a Service) -> Vec<&'a TaskSet> {
        let mut task_sets: Vec<&TaskSet> = service.task_sets.iter().collect();
        let described = self.task_sets_of.get(node).into_iter().flatten();
        let more =
            described.filter(|one| !service.task_sets.iter().any(|other| other.task_set_arn == one.task_set_arn));
        task_sets.extend(more.copied());
        task_sets
    }

    /// The tasks of a service, running and recently stopped.
    pub(super) fn tasks(&self, node: &Node) -> &[&'a Task] {
        self.tasks_of.get(node).map_or(&[], Vec::as_slice)
    }

    /// Whether the policy says not to read a source.
    pub(super) fn is_waived(&self, source: Source) -> bool {
        self.policy().waivers.iter().any(|waiver| waiver.source == source)
    }

    /// Whether the protect tag is among these, whatever its value.
    pub(super) fn has_protect_tag(&self, tags: &[Tag]) -> bool {
        tags.iter().any(|tag| tag.key == self.settings().protect_tag)
    }

    /// When an object was last seen in use by an earlier collection.
    pub(super) fn last_seen(&self, node: &Node) -> Option<Timestamp> {
        let (location, resource) = node.resource()?;
        self.last_seen_at(location, || resource)
    }

    /// The same, of an object that is named only if anything is on record.
    pub(super) fn last_seen_at(&self, location: &Location, resource: impl FnOnce() -> Resource) -> Option<Timestamp> {
        let ledger = self.question.ledger;
        if ledger.is_empty() { None } else { ledger.last_seen(location, &resource()) }
    }
}

/// The places that the policy names and the inventory covers, under the policy's labels.
fn scopes(question: &Question<'_>) -> Vec<Scope> {
    policy_scopes(question.policy).filter(|scope| covers(question.inventory, scope)).collect()
}

fn policy_scopes(policy: &Policy) -> impl Iterator<Item = Scope> {
    policy.accounts.iter().flat_map(|account| {
        let scope = |region: &crate::model::Region| Scope {
            account: account.label.clone(),
            account_id: account.id.clone(),
            region: region.clone(),
        };
        account.regions.iter().map(scope)
    })
}

fn covers(inventory: &Inventory, wanted: &Scope) -> bool {
    inventory.scopes.iter().any(|scope| (&scope.account_id, &scope.region) == (&wanted.account_id, &wanted.region))
}

/// What was not read (law L2): gaps that no waiver covers, indexes without their manifest, places of the policy that were
/// not asked.
fn gaps(question: &Question<'_>, repositories: &[RepositoryImages<'_>]) -> Vec<Gap> {
    let (policy, inventory) = (question.policy, question.inventory);
    let waived = |source: Source| policy.waivers.iter().any(|waiver| waiver.source == source);
    let mut gaps: Vec<Gap> = inventory.gaps.iter().filter(|gap| !waived(gap.source)).cloned().collect();
    gaps.extend(policy_scopes(policy).filter(|scope| !covers(inventory, scope)).map(|scope| Gap {
        source: Source::Services,
        account_id: Some(scope.account_id),
        region: Some(scope.region),
        object: None,
        error: "the policy has it and the inventory does not".to_owned(),
    }));
    gaps.par_extend(repositories.par_iter().flat_map_iter(unread_manifests));
    gaps.sort_unstable();
    gaps.dedup();
    gaps
}

fn unread_manifests<'r>(repository: &'r RepositoryImages<'_>) -> impl Iterator<Item = Gap> + use<'r> {
    let indexes = repository.images.iter().enumerate().filter(|(position, image)| {
        let is_index = image.image_manifest_media_type.as_deref().is_some_and(is_index);
        is_index && repository.manifest(*position).is_none()
    });
    indexes.map(|(_, image)| Gap {
        source: Source::Manifests,
        account_id: Some(repository.registry.account_id.clone()),
        region: Some(repository.registry.region.clone()),
        object: Some(format!("{}@{}", repository.name, image.image_digest)),
        error: "the inventory does not have the manifest of this index".to_owned(),
    })
}

fn task_sets_of(inventory: &Inventory) -> HashMap<Node, Vec<&TaskSet>> {
    let mut task_sets: HashMap<Node, Vec<&TaskSet>> = HashMap::new();
    for Seen { location, value } in &inventory.task_sets {
        let Node::TaskSet { location, cluster, service, .. } = Node::task_set(location, value) else { continue };
        task_sets.entry(Node::Service { location, cluster, service }).or_default().push(value);
    }
    task_sets
}

/// ECS gives a service's tasks the group `service:NAME`.
fn tasks_of(inventory: &Inventory) -> HashMap<Node, Vec<&Task>> {
    let mut tasks: HashMap<Node, Vec<&Task>> = HashMap::new();
    for Seen { location, value } in &inventory.tasks {
        let Some(service) = value.group.as_deref().and_then(|group| group.strip_prefix("service:")) else { continue };
        let cluster = cluster_name(&value.cluster_arn);
        let node = Node::Service { location: location.clone(), cluster, service: service.into() };
        tasks.entry(node).or_default().push(value);
    }
    tasks
}

/// The pairs of AWS tags, as selectors take them.
pub(super) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

/// The first `newest` of `objects` by time and then identity, newest first. What has no time may be one of them, or the
/// oldest of all: it is kept beside them, not in their place.
pub(super) fn newest<T: Ord, K: Ord>(newest: u32, objects: impl IntoIterator<Item = (Option<T>, K)>) -> BTreeSet<K> {
    let (mut dated, mut undated): (Vec<_>, Vec<_>) = objects.into_iter().partition(|(time, _)| time.is_some());
    dated.sort_unstable_by(|left, right| right.cmp(left));
    dated.truncate(usize::try_from(newest).unwrap_or(usize::MAX));
    if newest == 0 {
        undated.clear();
    }
    dated.into_iter().chain(undated).map(|(_, object)| object).collect()
}
