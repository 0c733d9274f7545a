//! From a question to a plan.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{
    Plan, Selection, approve,
    assemble::assemble,
    definitions,
    estate::Estate,
    evidence::EvidenceBook,
    images::{self, Holds},
    obstacles::Obstacles,
    services,
    tally::{Object, Tally},
    task_sets,
    verdict::{Decision, Telling, Verdict},
};
use crate::{
    graph::{Node, NodeId, NodeMap, Reach},
    inventory::Inventory,
    ledger::Ledger,
    model::{Location, Resource, Timestamp},
    policy::Policy,
};

/// Everything that a plan is decided from. Equal questions have equal answers (law L6).
#[derive(Clone)]
pub struct Question<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The digest of its files.
    pub policy_id: String,
    /// What was seen.
    pub inventory: &'a Inventory,
    /// The digest of that.
    pub inventory_id: String,
    /// What was seen in use before.
    pub ledger: &'a Ledger,
    /// The instant to decide for. A later one than `made_at` makes the plan a forecast.
    pub now: Timestamp,
    /// When the plan is made.
    pub made_at: Timestamp,
    /// What of the plan is wanted; everything without it.
    pub selection: Option<&'a Selection>,
    /// The version of this build, for the plan file.
    pub tool_version: &'static str,
}

/// A plan, and what was seen in use on the way.
pub struct Answer {
    /// The plan.
    pub plan: Plan,
    /// What is in use now: for the ledger.
    pub in_use: Vec<(Location, Resource)>,
    /// Tags and digests that are in use and that the inventory does not have: those of one whose images were put aside.
    pub elsewhere: Vec<Node>,
    /// Uses that are over, and when they ended, as far as only things tell of them that may soon be gone: for the ledger too.
    pub ended: Vec<(Location, Resource, Timestamp)>,
}

/// Decides what goes, what waits and what stays.
///
/// Holders come first and what they hold after, so that each kind is decided knowing what becomes of its holders:
/// task sets, services, task definitions, images.
#[must_use]
pub fn decide(question: &Question<'_>) -> Answer {
    let estate = Estate::new(question);
    let Groundwork { evidence, holders, definitions, holds, obstacles, in_use, elsewhere, .. } =
        Groundwork::new(&estate, Telling::Codes);
    let ended = ended(&evidence);
    let images = images::decide(&estate, &evidence, &obstacles, &holds, Telling::Codes);
    let tally = Tally::sum(vec![tally(&estate, holders), definitions, images]);
    Answer { plan: approve(question, assemble(&estate, tally)), in_use, elsewhere, ended }
}

/// What becomes of everything but images, and so what holds these.
pub(super) struct Groundwork<'e, 'a> {
    pub(super) evidence: EvidenceBook<'e, 'a>,
    /// What may hold anything but images.
    pub(super) no_images_yet: Obstacles<'e>,
    /// The verdicts on services and task sets.
    pub(super) holders: Vec<Decision>,
    /// Services, task sets and definitions that go.
    pub(super) retired: NodeMap<()>,
    pub(super) definitions: Tally<'a>,
    pub(super) holds: Holds<'e>,
    /// What may hold images.
    pub(super) obstacles: Obstacles<'e>,
    in_use: Vec<(Location, Resource)>,
    elsewhere: Vec<Node>,
}

impl<'e, 'a> Groundwork<'e, 'a> {
    pub(super) fn new(estate: &'e Estate<'a>, telling: Telling) -> Self {
        let evidence = EvidenceBook::new(estate);
        let no_images_yet = Obstacles::new(estate, |_| true);
        let task_sets = task_sets::decide(estate, &no_images_yet);
        let verdicts = by_node(&task_sets);
        let services = services::decide(estate, &no_images_yet, &verdicts);
        let holders = [services, task_sets].concat();
        let mut retired = retired(estate, &holders);
        let definitions = definitions::decide(estate, &evidence, &no_images_yet, &retired, telling);
        definitions.retired.iter().filter_map(|one| one.node).for_each(|node| retired.insert(node, ()));

        let (leaving, staying): (Vec<_>, Vec<_>) =
            holding(estate).into_iter().partition(|node| retired.contains(*node));
        // A definition retired by this plan is followed only from what leaves: were it held by what stays, it would not be.
        let staying = estate.graph.reach(staying, |held| !retired.contains(held));
        let leaving = estate.graph.reach(leaving, |_| true);
        let in_use = in_use(estate, &[&staying, &leaving]);
        let elsewhere = elsewhere(estate, [&staying, &leaving]);
        let leaving = if estate.settings().rollback_window.is_zero() { None } else { Some(leaving) };
        let holds = Holds { staying, leaving };
        let stays = |definition: NodeId| holds.staying.contains(definition) || holds.leaves(definition);
        let obstacles = Obstacles::new(estate, |definition| estate.graph.find(definition).is_some_and(stays));
        Self { evidence, no_images_yet, holders, retired, definitions, holds, obstacles, in_use, elsewhere }
    }
}

fn by_node(decisions: &[Decision]) -> HashMap<Node, Verdict> {
    decisions.iter().map(|decision| (decision.node.clone(), decision.verdict.clone())).collect()
}

fn retired(estate: &Estate<'_>, decisions: &[Decision]) -> NodeMap<()> {
    let retired = decisions.iter().filter(|decision| decision.verdict.is_retired());
    retired.filter_map(|decision| Some((estate.graph.find(&decision.node)?, ()))).collect()
}

fn tally<'a>(estate: &Estate<'a>, decisions: Vec<Decision>) -> Tally<'a> {
    let mut tally = Tally::default();
    for Decision { node, address, verdict } in decisions {
        let object = Object { location: node.location(), node: estate.graph.find(&node), image: None };
        tally.enter(&object, || address, verdict);
    }
    tally
}

/// What holds images by itself, in order.
fn holding(estate: &Estate<'_>) -> Vec<NodeId> {
    let is_holder = |node: &Node| match node {
        Node::Service { .. } | Node::TaskSet { .. } | Node::Task { .. } | Node::External { .. } => true,
        Node::TaskDefinition(_) | Node::Tag { .. } | Node::Image(_) => false,
    };
    let mut holders: Vec<_> = estate.graph.nodes().filter(|(_, node)| is_holder(node)).collect();
    holders.sort_unstable_by_key(|(_, node)| *node);
    let holders = holders.into_iter().map(|(id, _)| id);
    holders.chain(definitions::holding(estate)).collect()
}

/// Tags that are reached, and images that the inventory does not have.
fn elsewhere(estate: &Estate<'_>, held: [&Reach<'_>; 2]) -> Vec<Node> {
    let is_put_aside = |(id, node): &(NodeId, &Node)| match node {
        Node::Tag { .. } => true,
        Node::Image(_) => estate.place(*id).is_none(),
        Node::Service { .. }
        | Node::TaskSet { .. }
        | Node::Task { .. }
        | Node::External { .. }
        | Node::TaskDefinition(_) => false,
    };
    let nodes = held.into_iter().flat_map(Reach::nodes).filter(is_put_aside);
    let mut nodes: Vec<&Node> = nodes.map(|(_, node)| node).collect();
    nodes.par_sort_unstable();
    nodes.dedup();
    nodes.into_iter().cloned().collect()
}

fn ended(evidence: &EvidenceBook<'_, '_>) -> Vec<(Location, Resource, Timestamp)> {
    let mut uses = evidence.ended_uses();
    uses.par_sort_unstable();
    let objects = uses.iter().filter_map(|(node, at)| Some((node.resource()?, *at)));
    objects.map(|((location, resource), at)| (location.clone(), resource, at)).collect()
}

/// What has a live reference now, before anything of this plan is done. A definition counts when something runs it, a
/// service when it has or wants tasks.
fn in_use(estate: &Estate<'_>, held: &[&Reach<'_>]) -> Vec<(Location, Resource)> {
    let services = estate.question.inventory.services.iter().filter(|seen| services::has_tasks(&seen.value));
    let mut services: Vec<Node> = services.map(|seen| Node::service(&seen.location, &seen.value)).collect();
    services.sort_unstable();
    let services = services.iter().filter_map(Node::resource);
    let mut in_use: Vec<_> = services.map(|(location, resource)| (location.clone(), resource)).collect();
    let runs = |node: NodeId| estate.graph.holders_of(node).next().is_some();
    let definitions = estate.families.revisions().filter(|(_, revision)| runs(revision.node));
    in_use.extend(definitions.map(|(family, revision)| (family.location.clone(), family.resource(revision))));
    in_use.extend(images::held(estate, held));
    in_use
}
