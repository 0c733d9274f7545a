//! From a question to a plan.

use std::collections::{HashMap, HashSet};

use super::{
    Plan, Selection,
    assemble::{Kept, assemble},
    definitions,
    estate::Estate,
    evidence::EvidenceBook,
    images::{self, Holds},
    obstacles::Obstacles,
    services, task_sets,
    verdict::{Decision, Verdict},
};
use crate::{
    graph::{Node, Reach},
    inventory::Inventory,
    ledger::Ledger,
    model::{Address, Location, Resource, Timestamp},
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
    decide_watching(question, &HashSet::new()).0
}

/// The same, and of the objects in `watched` that are kept, why.
pub(super) fn decide_watching(question: &Question<'_>, watched: &HashSet<Address>) -> (Answer, Kept) {
    let estate = Estate::new(question);
    let evidence = EvidenceBook::new(&estate);
    let no_images_yet = Obstacles::new(&estate, |_| true);
    let task_sets = task_sets::decide(&estate, &no_images_yet);
    let mut verdicts = by_node(&task_sets);
    let services = services::decide(&estate, &no_images_yet, &verdicts);
    verdicts.extend(by_node(&services));
    let definitions = definitions::decide(&estate, &evidence, &no_images_yet, &verdicts);
    verdicts.extend(by_node(&definitions));

    let (leaving, staying) = holders(&estate, &verdicts);
    // A definition retired by this plan is followed only from what leaves: were it held by what stays, it would not be.
    let retired = |node: &Node| verdicts.get(node).is_some_and(Verdict::is_retired);
    let staying = estate.graph.reach(staying, |_, _, held| !retired(held));
    let leaving = estate.graph.reach(leaving, |_, _, _| true);
    let in_use = in_use(&estate, [&staying, &leaving]);
    let elsewhere = elsewhere(&estate, [&staying, &leaving]);
    let ended = ended(&evidence);
    let leaving = if estate.settings().rollback_window.is_zero() { None } else { Some(leaving) };
    let holds = Holds { staying, leaving };
    let obstacles =
        Obstacles::new(&estate, |definition| holds.staying.contains(definition) || holds.leaves(definition));
    let images = images::decide(&estate, &evidence, &obstacles, &holds);
    let decisions = [services, task_sets, definitions, images].concat();
    let (plan, kept) = assemble(&estate, decisions, watched);
    (Answer { plan, in_use, elsewhere, ended }, kept)
}

fn by_node(decisions: &[Decision]) -> HashMap<Node, Verdict> {
    decisions.iter().map(|decision| (decision.node.clone(), decision.verdict.clone())).collect()
}

/// What holds images by itself: first what this plan retires, which holds until the rollback window has passed, then what
/// stays.
fn holders<'g>(estate: &'g Estate<'_>, verdicts: &HashMap<Node, Verdict>) -> (Vec<&'g Node>, Vec<&'g Node>) {
    let mut holders: Vec<&Node> = estate.graph.nodes().filter(|node| holds_by_itself(estate, node)).collect();
    holders.sort_unstable();
    holders.into_iter().partition(|node| verdicts.get(*node).is_some_and(Verdict::is_retired))
}

/// Whether a node holds images without anything holding it: an INACTIVE definition that nothing runs does not, unless it
/// is protected.
fn holds_by_itself(estate: &Estate<'_>, node: &Node) -> bool {
    match node {
        Node::Service { .. } | Node::TaskSet { .. } | Node::Task { .. } | Node::External { .. } => true,
        Node::TaskDefinition(_) => {
            let status = estate.definitions.get(node).map(|seen| seen.value.status.as_str());
            !matches!(status, Some("INACTIVE" | "DELETE_IN_PROGRESS")) || definitions::is_protected(estate, node)
        }
        Node::Tag { .. } | Node::Image(_) => false,
    }
}

fn elsewhere(estate: &Estate<'_>, held: [&Reach<'_>; 2]) -> Vec<Node> {
    let is_put_aside = |node: &&Node| match node {
        Node::Tag { .. } => true,
        Node::Image(_) => !estate.images.contains_key(*node),
        Node::Service { .. }
        | Node::TaskSet { .. }
        | Node::Task { .. }
        | Node::External { .. }
        | Node::TaskDefinition(_) => false,
    };
    let mut nodes: Vec<Node> = held.into_iter().flat_map(Reach::nodes).filter(is_put_aside).cloned().collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn ended(evidence: &EvidenceBook<'_, '_>) -> Vec<(Location, Resource, Timestamp)> {
    let mut uses = evidence.ended_uses();
    uses.sort_unstable();
    let objects = uses.iter().filter_map(|(node, at)| Some((node.resource()?, *at)));
    objects.map(|((location, resource), at)| (location.clone(), resource, at)).collect()
}

/// What has a live reference now, before anything of this plan is done. A definition counts when something runs it, a
/// service when it has or wants tasks.
fn in_use(estate: &Estate<'_>, held: [&Reach<'_>; 2]) -> Vec<(Location, Resource)> {
    let inventory = estate.question.inventory;
    let services = inventory.services.iter().filter(|seen| services::has_tasks(&seen.value));
    let mut nodes: Vec<Node> = services.map(|seen| Node::service(&seen.location, &seen.value)).collect();
    nodes.extend(estate.definitions.keys().filter(|node| estate.graph.holders(node).next().is_some()).cloned());
    nodes.extend(estate.images.keys().filter(|node| held.iter().any(|reach| reach.contains(node))).cloned());
    nodes.sort_unstable();
    nodes.iter().filter_map(Node::resource).map(|(location, resource)| (location.clone(), resource)).collect()
}
