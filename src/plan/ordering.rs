//! The steps of a plan: holders before what they hold (law L5), and otherwise in the order of actions and addresses.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Action, Step, StepId, Target, estate::Estate, prices::own_bytes, verdict::Retirement};
use crate::{
    graph::{Cycle, Node, order},
    model::{Address, Bytes},
};

/// What identifies a step before it has a number: actions in their order, then addresses.
type Key = (Action, Address);

/// The steps in an order in which each comes after all that it waits for (law L5).
pub(super) fn steps(estate: &Estate<'_>, retired: &HashMap<Node, (Address, Retirement)>) -> Result<Vec<Step>, Cycle> {
    let mut makings: BTreeMap<Key, (&Node, &Retirement, usize)> = BTreeMap::new();
    for (node, (address, retirement)) in retired {
        for (index, (action, _)) in retirement.actions.iter().enumerate() {
            makings.insert((*action, address.clone()), (node, retirement, index));
        }
    }
    let befores = befores(estate, retired);
    let named = |key: &Key| Named(key.clone());
    let ordered = order(makings.keys().map(named), befores.iter().map(|(first, then)| (named(first), named(then))))?;
    let numbers: BTreeMap<&Key, StepId> = (1..).map(StepId).zip(&ordered).map(|(id, Named(key))| (key, id)).collect();
    let mut after: BTreeMap<&Key, BTreeSet<StepId>> = BTreeMap::new();
    for (first, then) in &befores {
        if let Some(id) = numbers.get(first) {
            after.entry(then).or_default().insert(*id);
        }
    }
    let mut steps = Vec::with_capacity(ordered.len());
    for Named(key) in &ordered {
        let (Some((node, retirement, index)), Some(id)) = (makings.get(key), numbers.get(key)) else { continue };
        let waits = after.get(key).into_iter().flatten().copied().collect();
        steps.extend(step(estate, *id, key, node, retirement, *index, waits));
    }
    Ok(steps)
}

/// A key that can be named in an error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Named(Key);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.0, self.0.1)
    }
}

fn step(
    estate: &Estate<'_>,
    id: StepId,
    (action, address): &Key,
    node: &Node,
    retirement: &Retirement,
    index: usize,
    after: Vec<StepId>,
) -> Option<Step> {
    let (location, resource) = node.resource()?;
    let image = estate.images.get(node).map(|seen| &seen.value);
    let mut tags = image.map_or_else(Vec::new, |image| image.image_tags.clone());
    tags.sort_unstable();
    let bytes = image.map_or(Bytes(0), own_bytes);
    Some(Step {
        id,
        action: *action,
        address: address.clone(),
        target: Target::new(location, &resource, &tags),
        rule: retirement.rule.clone(),
        at: retirement.at.clone(),
        reasons: retirement.reasons.clone(),
        after,
        expect: retirement.actions.get(index).map_or_else(Vec::new, |(_, expect)| expect.clone()),
        bytes,
        reversible: action.reversible(),
    })
}

/// Which step comes before which: the steps of one object in their order, and holders before what they hold.
fn befores(estate: &Estate<'_>, retired: &HashMap<Node, (Address, Retirement)>) -> Vec<(Key, Key)> {
    let first = |node: &Node| {
        let (address, retirement) = retired.get(node)?;
        Some((retirement.actions.first()?.0, address.clone()))
    };
    let last = |node: &Node| {
        let (address, retirement) = retired.get(node)?;
        Some((retirement.actions.last()?.0, address.clone()))
    };
    let mut befores = Vec::new();
    let mut task_sets: HashMap<Node, Vec<Key>> = HashMap::new();
    for node in retired.keys() {
        if let Node::TaskSet { location, cluster, service, .. } = node {
            let (location, cluster, service) = (location.clone(), cluster.clone(), service.clone());
            task_sets.entry(Node::Service { location, cluster, service }).or_default().extend(last(node));
        }
    }
    for (node, (address, retirement)) in retired {
        for pair in retirement.actions.windows(2) {
            if let [(one, _), (two, _)] = pair {
                befores.push(((*one, address.clone()), (*two, address.clone())));
            }
        }
        let Some(mine) = first(node) else { continue };
        for holder in retired_holders(estate, retired, node) {
            // A deregistered definition holds its images no longer, whether or not it is deleted as well.
            let release = if matches!(holder, Node::TaskDefinition(_)) { first(holder) } else { last(holder) };
            befores.extend(release.map(|release| (release, mine.clone())));
        }
        befores.extend(task_sets.get(node).into_iter().flatten().map(|release| (release.clone(), mine.clone())));
    }
    befores
}

/// The retired objects that hold a node directly, through a tag, or through a definition that stays: an INACTIVE one
/// releases its images only when what runs it is gone.
fn retired_holders<'g>(
    estate: &'g Estate<'_>,
    retired: &HashMap<Node, (Address, Retirement)>,
    node: &Node,
) -> BTreeSet<&'g Node> {
    let mut holders = BTreeSet::new();
    let mut queue: Vec<&Node> = estate.graph.holders(node).map(|(holder, _)| holder).collect();
    while let Some(holder) = queue.pop() {
        if retired.contains_key(holder) {
            holders.insert(holder);
            continue;
        }
        match holder {
            Node::Tag { .. } | Node::TaskDefinition(_) => {
                queue.extend(estate.graph.holders(holder).map(|(user, _)| user));
            }
            Node::Service { .. }
            | Node::TaskSet { .. }
            | Node::Task { .. }
            | Node::External { .. }
            | Node::Image(_) => {}
        }
    }
    holders
}
