//! The steps of a plan: holders before what they hold (law L5), and otherwise in the order of actions and addresses.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Action, Expect, Step, StepId, Target, estate::Estate, units::is_within_unit, verdict::Retirement};
use crate::{
    graph::{Cycle, ImageKey, Node, order},
    inventory::is_index,
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
    // ECR gives an index the size of its largest child: counting both would count that one twice.
    let bytes = image
        .filter(|image| !image.image_manifest_media_type.as_deref().is_some_and(is_index))
        .map_or(Bytes(0), |image| Bytes(image.image_size_in_bytes));
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
        let of_unit = rest_of_unit(estate, node, retirement);
        let of_unit = of_unit.iter().flat_map(|image| retired_holders(estate, retired, image));
        let of_unit = of_unit.filter(|holder| !matches!(holder, Node::Image(_)));
        for holder in retired_holders(estate, retired, node).into_iter().chain(of_unit) {
            // A deregistered definition holds its images no longer, whether or not it is deleted as well.
            let release = if matches!(holder, Node::TaskDefinition(_)) { first(holder) } else { last(holder) };
            befores.extend(release.map(|release| (release, mine.clone())));
        }
        befores.extend(task_sets.get(node).into_iter().flatten().map(|release| (release.clone(), mine.clone())));
    }
    befores
}

/// The other images of a unit that goes, for its root: it goes first, and the unit goes as a whole or not at all.
fn rest_of_unit(estate: &Estate<'_>, root: &Node, retirement: &Retirement) -> Vec<Node> {
    let Node::Image(key) = root else { return Vec::new() };
    if estate.graph.holders(root).any(|(_, link)| is_within_unit(link)) {
        return Vec::new();
    }
    let facts = retirement.actions.iter().flat_map(|(_, expect)| expect);
    let members =
        facts.filter_map(|fact| if let Expect::UnitUnreferenced { members } = fact { Some(members) } else { None });
    let others = members.flatten().filter(|digest| **digest != key.digest);
    others.map(|digest| Node::Image(ImageKey { digest: digest.clone(), ..key.clone() })).collect()
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
