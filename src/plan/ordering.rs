//! The steps of a plan: holders before what they hold (law L5), and otherwise in the order of actions and addresses.

use std::collections::HashSet;

use rayon::prelude::*;

use super::{Action, Expect, Step, StepId, Target, estate::Estate, prices::own_bytes, tally::Departure};
use crate::{
    graph::{Cycle, FastMap, ImageKey, Node, NodeId, NodeMap, order_numbers},
    model::Bytes,
};

/// One step of one departure.
#[derive(Clone, Copy)]
struct Making {
    /// The position of the departure.
    departure: usize,
    /// The position among its actions.
    index: usize,
    action: Action,
}

/// The steps in an order in which each comes after all that it waits for (law L5). `ties` are the departures of images that hold
/// each other.
pub(super) fn steps(
    estate: &Estate<'_>,
    departures: Vec<Departure<'_>>,
    ties: &[(usize, usize)],
) -> Result<Vec<Step>, Cycle> {
    let makings = makings(&departures);
    let mut befores = Befores::new(&departures, &makings).of(estate, ties);
    let name = |number: usize| {
        let making = makings.get(number)?;
        Some(format!("{} {}", making.action, departures.get(making.departure)?.address))
    };
    let ordered = order_numbers(makings.len(), befores.clone())
        .map_err(|circles| Cycle(circles.into_iter().filter_map(name).collect()))?;
    let mut ids = vec![StepId(0); makings.len()];
    for (id, number) in (1..).map(StepId).zip(&ordered) {
        ids[*number] = id;
    }
    // By what waits, and then by what it waits for.
    befores.par_sort_unstable_by_key(|(first, then)| (ids[*then], ids[*first]));
    befores.dedup();
    let mut befores = befores.into_iter().peekable();
    let mut waits = Vec::with_capacity(ordered.len());
    for number in &ordered {
        let mut after = Vec::new();
        while let Some((first, _)) = befores.next_if(|(_, then)| then == number) {
            after.push(ids[first]);
        }
        waits.push(after);
    }
    Ok(write(departures, &makings, &ordered, waits))
}

/// Every step, by action and then by address.
fn makings(departures: &[Departure<'_>]) -> Vec<Making> {
    let of_one = |(departure, one): (usize, &Departure<'_>)| {
        let actions = one.retirement.actions.iter().enumerate();
        actions.map(move |(index, (action, _))| Making { departure, index, action: *action }).collect::<Vec<_>>()
    };
    let mut makings: Vec<Making> = departures.iter().enumerate().flat_map(of_one).collect();
    let key = |making: &Making| (making.action, departures.get(making.departure).map(|one| &one.address));
    // Departures come in order already, or nearly: a stable sort notices.
    makings.par_sort_by(|left, right| key(left).cmp(&key(right)));
    makings
}

/// Writes the steps in their order. What an action expects goes over into its step.
fn write(
    mut departures: Vec<Departure<'_>>,
    makings: &[Making],
    ordered: &[usize],
    waits: Vec<Vec<StepId>>,
) -> Vec<Step> {
    let mut steps = Vec::with_capacity(ordered.len());
    for ((number, id), after) in ordered.iter().zip((1..).map(StepId)).zip(waits) {
        let Some(making) = makings.get(*number) else { continue };
        if let Some(departure) = departures.get_mut(making.departure) {
            steps.push(step(id, departure, making, after));
        }
    }
    steps
}

fn step(id: StepId, departure: &mut Departure<'_>, making: &Making, after: Vec<StepId>) -> Step {
    let Departure { address, location, image, retirement, .. } = departure;
    let mut tags = image.map_or_else(Vec::new, |image| image.image_tags.clone());
    tags.sort_unstable();
    let bytes = image.map_or(Bytes(0), own_bytes);
    let expect = retirement.actions.get_mut(making.index);
    Step {
        id,
        action: making.action,
        target: Target::new(location, &address.resource, tags),
        address: address.clone(),
        rule: retirement.rule.clone(),
        at: retirement.at.clone(),
        reasons: retirement.reasons.clone(),
        after,
        expect: expect.map_or_else(Vec::new, |(_, expect)| std::mem::take(expect)),
        bytes,
        reversible: making.action.reversible(),
    }
}

/// Which step comes before which: the steps of one object in their order, and holders before what they hold.
struct Befores<'d> {
    departures: &'d [Departure<'d>],
    /// The steps of each departure, in the order of its actions.
    steps: Vec<Vec<usize>>,
    by_node: NodeMap<usize>,
}

impl<'d> Befores<'d> {
    fn new(departures: &'d [Departure<'d>], makings: &[Making]) -> Self {
        let mut steps: Vec<Vec<usize>> = departures.iter().map(|one| vec![0; one.retirement.actions.len()]).collect();
        for (number, making) in makings.iter().enumerate() {
            steps[making.departure][making.index] = number;
        }
        let by_node = departures.iter().enumerate().filter_map(|(departure, one)| Some((one.node?, departure)));
        Self { departures, steps, by_node: by_node.collect() }
    }

    fn first(&self, departure: usize) -> Option<usize> {
        self.steps.get(departure)?.first().copied()
    }

    fn last(&self, departure: usize) -> Option<usize> {
        self.steps.get(departure)?.last().copied()
    }

    fn of(&self, estate: &Estate<'_>, ties: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let mut befores = Vec::new();
        let task_sets = self.task_sets(estate);
        for (departure, one) in self.departures.iter().enumerate() {
            befores.extend(self.steps[departure].windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))));
            let (Some(mine), Some(node)) = (self.first(departure), one.node) else { continue };
            for (holder, holder_node) in self.retired_holders(estate, node) {
                // A deregistered definition holds its images no longer, whether or not it is deleted as well.
                let is_definition = estate.families.definition(holder_node).is_some();
                let release = if is_definition { self.first(holder) } else { self.last(holder) };
                befores.extend(release.map(|release| (release, mine)));
            }
            let members = task_sets.get(&node).into_iter().flatten();
            befores.extend(members.filter_map(|task_set| Some((self.last(*task_set)?, mine))));
        }
        befores.extend(self.of_units(estate, ties));
        befores.extend(ties.iter().filter_map(|(first, then)| Some((self.last(*first)?, self.first(*then)?))));
        befores
    }

    /// A unit goes as a whole or not at all: its root, which goes first, waits for what holds any image of it.
    fn of_units(&self, estate: &Estate<'_>, ties: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let mut befores = Vec::new();
        let parts: HashSet<usize> = ties.iter().map(|(_, part)| *part).collect();
        for (departure, one) in self.departures.iter().enumerate().filter(|(departure, _)| !parts.contains(departure)) {
            let (Some(image), Some(mine)) = (one.image, self.first(departure)) else { continue };
            let facts = one.retirement.actions.iter().flat_map(|(_, expect)| expect);
            let members = facts.filter_map(|fact| {
                let Expect::UnitUnreferenced { members } = fact else { return None };
                Some(members.iter())
            });
            for digest in members.flatten().filter(|digest| **digest != image.image_digest) {
                let (registry, repository) = (one.location.clone(), image.repository_name.clone());
                let key = ImageKey { registry, repository, digest: digest.clone() };
                let holders = estate.graph.find(&Node::Image(key)).map(|part| self.retired_holders(estate, part));
                for (holder, node) in holders.into_iter().flatten() {
                    let is_definition = estate.families.definition(node).is_some();
                    let release = if is_definition { self.first(holder) } else { self.last(holder) };
                    befores.extend(release.map(|release| (release, mine)));
                }
            }
        }
        befores
    }

    /// The task sets that go, by their service.
    fn task_sets(&self, estate: &Estate<'_>) -> FastMap<NodeId, Vec<usize>> {
        let mut task_sets: FastMap<NodeId, Vec<usize>> = FastMap::default();
        for (departure, one) in self.departures.iter().enumerate() {
            let node = one.node.and_then(|node| estate.graph.node(node));
            let Some(Node::TaskSet { location, cluster, service, .. }) = node else { continue };
            let (location, cluster, service) = (location.clone(), cluster.clone(), service.clone());
            if let Some(service) = estate.graph.find(&Node::Service { location, cluster, service }) {
                task_sets.entry(service).or_default().push(departure);
            }
        }
        task_sets
    }

    /// The retired objects that hold a node directly, through a tag, or through a definition that stays: an INACTIVE one
    /// releases its images only when what runs it is gone.
    fn retired_holders(&self, estate: &Estate<'_>, node: NodeId) -> Vec<(usize, NodeId)> {
        let graph = &estate.graph;
        let mut holders = Vec::new();
        let mut queue: Vec<NodeId> = graph.holders_of(node).map(|(holder, _)| holder).collect();
        while let Some(holder) = queue.pop() {
            if let Some(departure) = self.by_node.get(holder) {
                holders.push((*departure, holder));
                continue;
            }
            match graph.node(holder) {
                Some(Node::Tag { .. } | Node::TaskDefinition(_)) => {
                    queue.extend(graph.holders_of(holder).map(|(user, _)| user));
                }
                Some(
                    Node::Service { .. }
                    | Node::TaskSet { .. }
                    | Node::Task { .. }
                    | Node::External { .. }
                    | Node::Image(_),
                )
                | None => {}
            }
        }
        holders
    }
}
