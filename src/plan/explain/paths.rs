//! Who holds an object, by the shortest way from each holder.

use std::collections::{HashMap, VecDeque};

use super::explanation::{Fate, Hop, HowHeld, Path};
use crate::{
    graph::{Link, Node},
    model::Address,
    plan::{
        decide::{Verdicts, holds_by_itself},
        estate::Estate,
        units::is_within_unit,
        verdict::Verdict,
    },
};

/// What becomes of something, in the explanation's words.
pub(super) const fn fate(verdict: &Verdict) -> Fate {
    match verdict {
        Verdict::Keep(_) => Fate::Keep,
        Verdict::Defer { .. } => Fate::Defer,
        Verdict::Block { .. } => Fate::Block,
        Verdict::Retire(_) => Fate::Retire,
    }
}

/// The address of a node, if the policy has its place and it is of a kind that can be explained.
pub(super) fn address(estate: &Estate<'_>, node: &Node) -> Option<Address> {
    let (location, resource) = node.resource()?;
    Some(Estate::address(estate.scope(location)?, resource))
}

/// The shortest path from each holder, those from what stays first.
pub(super) struct HeldBy {
    /// From everything but tasks.
    pub(super) others: Vec<Path>,
    /// From tasks, of which there may be many.
    pub(super) tasks: Vec<Path>,
}

/// Who holds any of the objects.
pub(super) fn held_by(estate: &Estate<'_>, verdicts: &Verdicts<'_, '_>, objects: &[Node]) -> HeldBy {
    let ways = Ways::up_from(estate, objects);
    let is_retired = |node: &Node| verdicts.of_holders.get(node).is_some_and(Verdict::is_retired);
    let mut tops: Vec<_> = ways.tops.iter().map(|top| (is_retired(top), ways.down(top), *top)).collect();
    tops.sort_unstable_by_key(|(retired, down, top)| (*retired, down.len(), *top));
    let path = |(_, down, _): (bool, Vec<(&Node, Option<Link>)>, &Node)| {
        let held = down.iter().skip(1).map(|(node, _)| Some(*node)).chain([None]);
        let hop = |((node, link), held): (&(&Node, Option<Link>), Option<&Node>)| Hop {
            object: node.to_string(),
            address: address(estate, node),
            verdict: verdicts.of_holders.get(*node).map(fate),
            how: link.zip(held).map(|(link, held)| how(node, link, held)),
        };
        Path { hops: down.iter().zip(held).map(hop).collect() }
    };
    let (tasks, others): (Vec<_>, Vec<_>) = tops.into_iter().partition(|(_, _, top)| matches!(top, Node::Task { .. }));
    HeldBy { others: others.into_iter().map(path).collect(), tasks: tasks.into_iter().map(path).collect() }
}

/// How one node holds another.
pub(super) fn how(holder: &Node, link: Link, held: &Node) -> HowHeld {
    match link {
        Link::Runs => HowHeld::Runs,
        Link::Starts => HowHeld::MayStart,
        Link::Resolves => HowHeld::IsTagOf,
        Link::Child => HowHeld::ListsChild,
        Link::Referrer => HowHeld::HasReferrer,
        Link::Uses => match (holder, held) {
            (_, Node::Tag { .. }) => HowHeld::NamesTag,
            (Node::Service { .. } | Node::TaskSet { .. } | Node::Task { .. }, _) => HowHeld::PinnedDigest,
            (Node::External { .. } | Node::TaskDefinition(_) | Node::Tag { .. } | Node::Image(_), _) => {
                HowHeld::NamesDigest
            }
        },
    }
}

/// The shortest ways from everything that holds some objects down to these.
struct Ways<'e> {
    /// The next on the way down, and how it is held.
    next: HashMap<&'e Node, Option<(&'e Node, Link)>>,
    /// What holds by itself and nothing but what may start it holds.
    tops: Vec<&'e Node>,
}

impl<'e> Ways<'e> {
    fn up_from(estate: &'e Estate<'_>, objects: &'e [Node]) -> Self {
        let mut ways = Self { next: objects.iter().map(|object| (object, None)).collect(), tops: Vec::new() };
        let mut queue: VecDeque<&Node> = objects.iter().collect();
        while let Some(held) = queue.pop_front() {
            let mut holders: Vec<(&Node, Link)> =
                estate.graph.holders(held).filter(|(_, link)| !is_within_unit(*link)).collect();
            holders.sort_unstable();
            let is_object = objects.contains(held);
            if !is_object && is_top(estate, held, holders.is_empty()) {
                ways.tops.push(held);
                continue;
            }
            for (holder, link) in holders {
                if !ways.next.contains_key(holder) {
                    ways.next.insert(holder, Some((held, link)));
                    queue.push_back(holder);
                }
            }
        }
        ways
    }

    /// From a holder down, each with the link to the next.
    fn down(&self, top: &'e Node) -> Vec<(&'e Node, Option<Link>)> {
        let mut way = Vec::new();
        let mut at = Some(top);
        while let Some(node) = at {
            let next = self.next.get(node).copied().flatten();
            way.push((node, next.map(|(_, link)| link)));
            at = next.map(|(node, _)| node);
        }
        way
    }
}

/// Whether the way up ends here.
fn is_top(estate: &Estate<'_>, node: &Node, is_held_by_nothing: bool) -> bool {
    match node {
        Node::Service { .. } | Node::TaskSet { .. } | Node::Task { .. } | Node::External { .. } => true,
        Node::TaskDefinition(_) => is_held_by_nothing && holds_by_itself(estate, node),
        Node::Tag { .. } | Node::Image(_) => false,
    }
}
