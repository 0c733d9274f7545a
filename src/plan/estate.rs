//! What the deciders look things up in: the policy, the inventory and the graph, indexed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Question;
use crate::{
    graph::{Graph, Node},
    inventory::{Image, Repository, Seen, Tag, TaskDefinition},
    model::{Address, Location, RepositoryName, Resource, Scope, Timestamp},
    policy::{Policy, Settings},
};

/// A question with everything that answering it needs at hand.
pub(super) struct Estate<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) graph: Graph,
    pub(super) definitions: HashMap<Node, &'a Seen<TaskDefinition>>,
    pub(super) images: HashMap<Node, &'a Seen<Image>>,
    repositories: BTreeMap<(&'a Location, &'a RepositoryName), &'a Repository>,
    scopes: BTreeMap<Location, &'a Scope>,
    task_set_tags: HashMap<&'a str, &'a [Tag]>,
}

impl<'a> Estate<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        let inventory = question.inventory;
        let definitions = inventory.task_definitions.iter();
        let images = inventory.images.iter();
        Self {
            question,
            graph: Graph::compile(inventory),
            definitions: definitions.map(|seen| (Node::task_definition(&seen.location, &seen.value), seen)).collect(),
            images: images.map(|seen| (Node::image(&seen.location, &seen.value), seen)).collect(),
            repositories: inventory
                .repositories
                .iter()
                .map(|seen| ((&seen.location, &seen.value.repository_name), &seen.value))
                .collect(),
            scopes: inventory.scopes.iter().map(|scope| (scope.location(), scope)).collect(),
            task_set_tags: inventory
                .task_sets
                .iter()
                .map(|seen| (seen.value.task_set_arn.as_str(), seen.value.tags.as_slice()))
                .collect(),
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
    pub(super) fn scope(&self, location: &Location) -> Option<&'a Scope> {
        self.scopes.get(location).copied()
    }

    pub(super) fn address(scope: &Scope, resource: Resource) -> Address {
        Address { account: scope.account.clone(), region: scope.region.clone(), resource }
    }

    pub(super) fn repository(&self, location: &Location, name: &RepositoryName) -> Option<&'a Repository> {
        self.repositories.get(&(location, name)).copied()
    }

    pub(super) fn task_set_tags(&self, arn: &str) -> &'a [Tag] {
        self.task_set_tags.get(arn).copied().unwrap_or(&[])
    }

    /// Whether the protect tag is among these, whatever its value.
    pub(super) fn has_protect_tag(&self, tags: &[Tag]) -> bool {
        tags.iter().any(|tag| tag.key == self.settings().protect_tag)
    }

    /// When an object was last seen in use by an earlier collection.
    pub(super) fn last_seen(&self, node: &Node) -> Option<Timestamp> {
        let (location, resource) = node.resource()?;
        self.question.ledger.last_seen(location, &resource)
    }
}

/// The pairs of AWS tags, as selectors take them.
pub(super) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

/// The first `newest` of `objects` by time and then identity, newest first; what has no time counts as newest of all.
pub(super) fn newest<'n, T: Ord>(
    newest: u32,
    objects: impl IntoIterator<Item = (Option<T>, &'n Node)>,
) -> BTreeSet<&'n Node> {
    let mut objects: Vec<_> = objects.into_iter().map(|(time, node)| (time.is_none(), time, node)).collect();
    objects.sort_unstable_by(|left, right| right.cmp(left));
    objects.into_iter().take(usize::try_from(newest).unwrap_or(usize::MAX)).map(|(_, _, node)| node).collect()
}
