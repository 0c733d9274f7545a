//! Who holds an object, by the shortest way from each holder.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::explanation::{Fate, Hop, HowHeld, Path};
use crate::{
    graph::{Link, Node, NodeId},
    model::Address,
    plan::{decide::Groundwork, definitions, estate::Estate, units::is_within_unit, verdict::Verdict},
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

/// What becomes of services, task sets and definitions.
pub(super) struct Fates(BTreeMap<Address, Fate>);

impl Fates {
    pub(super) fn of(estate: &Estate<'_>, groundwork: &Groundwork<'_, '_>) -> Self {
        let kept = estate.families.revisions().filter_map(|(family, revision)| {
            let scope = estate.scope(family.location)?;
            Some((Estate::address(scope, family.resource(revision)), Fate::Keep))
        });
        let mut fates: BTreeMap<Address, Fate> = kept.collect();
        fates.extend(groundwork.holders.iter().map(|one| (one.address.clone(), fate(&one.verdict))));
        let definitions = &groundwork.definitions;
        fates.extend(definitions.deferred.iter().map(|one| (one.address.clone(), Fate::Defer)));
        fates.extend(definitions.blocked.iter().map(|one| (one.address.clone(), Fate::Block)));
        fates.extend(definitions.retired.iter().map(|one| (one.address.clone(), Fate::Retire)));
        Self(fates)
    }
}

/// The shortest path from each holder, those from what stays first.
pub(super) struct HeldBy {
    /// From everything but tasks.
    pub(super) others: Vec<Path>,
    /// From tasks, of which there may be many.
    pub(super) tasks: Vec<Path>,
}

/// Who holds any of the objects.
pub(super) fn held_by(estate: &Estate<'_>, fates: &Fates, objects: &[NodeId]) -> HeldBy {
    let ways = Ways::up_from(estate, objects);
    let hop = |id: NodeId| {
        let node = estate.graph.node(id)?;
        let address = address(estate, node);
        let verdict = address.as_ref().and_then(|address| fates.0.get(address)).copied();
        Some(Hop { object: node.to_string(), address, verdict, how: None })
    };
    let path = |top: NodeId| {
        let way = ways.down(top);
        let held = way.iter().skip(1).map(|(id, _)| Some(*id)).chain([None]);
        let hops = way.iter().zip(held).filter_map(|((id, link), held)| {
            let how = link
                .zip(held)
                .and_then(|(link, held)| Some(how(estate.graph.node(*id)?, link, estate.graph.node(held)?)));
            Some(Hop { how, ..hop(*id)? })
        });
        Path { hops: hops.collect() }
    };
    let mut tops: Vec<_> = ways.tops.iter().filter_map(|top| Some((path(*top), estate.graph.node(*top)?))).collect();
    let goes = |path: &Path| path.hops.first().is_some_and(|top| top.verdict == Some(Fate::Retire));
    tops.sort_by_cached_key(|(path, top)| (goes(path), path.hops.len(), (*top).clone()));
    let (tasks, others): (Vec<_>, Vec<_>) = tops.into_iter().partition(|(_, top)| matches!(top, Node::Task { .. }));
    let paths = |all: Vec<(Path, &Node)>| all.into_iter().map(|(path, _)| path).collect();
    HeldBy { others: paths(others), tasks: paths(tasks) }
}

/// How an image of a unit is held within it.
pub(super) const fn within_unit(link: Link) -> HowHeld {
    match link {
        Link::Child => HowHeld::ListsChild,
        Link::Referrer | Link::Runs | Link::Starts | Link::Resolves | Link::Uses => HowHeld::HasReferrer,
    }
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
struct Ways {
    /// The next on the way down, and how it is held.
    next: HashMap<NodeId, Option<(NodeId, Link)>>,
    /// What holds by itself and nothing but what may start it holds.
    tops: Vec<NodeId>,
}

impl Ways {
    fn up_from(estate: &Estate<'_>, objects: &[NodeId]) -> Self {
        let hold: HashSet<NodeId> = definitions::holding(estate).into_iter().collect();
        let graph = &estate.graph;
        let mut ways = Self { next: objects.iter().map(|object| (*object, None)).collect(), tops: Vec::new() };
        let mut queue: VecDeque<NodeId> = objects.iter().copied().collect();
        while let Some(held) = queue.pop_front() {
            let mut holders: Vec<(NodeId, Link)> =
                graph.holders_of(held).filter(|(_, link)| !is_within_unit(*link)).collect();
            holders.sort_unstable_by_key(|(holder, link)| (graph.node(*holder), *link));
            let ends = graph.node(held).is_some_and(|node| match node {
                Node::Service { .. } | Node::TaskSet { .. } | Node::Task { .. } | Node::External { .. } => true,
                Node::TaskDefinition(_) => holders.is_empty() && hold.contains(&held),
                Node::Tag { .. } | Node::Image(_) => false,
            });
            if ends && !objects.contains(&held) {
                ways.tops.push(held);
                continue;
            }
            for (holder, link) in holders {
                if let std::collections::hash_map::Entry::Vacant(vacant) = ways.next.entry(holder) {
                    vacant.insert(Some((held, link)));
                    queue.push_back(holder);
                }
            }
        }
        ways
    }

    /// From a holder down, each with the link to the next.
    fn down(&self, top: NodeId) -> Vec<(NodeId, Option<Link>)> {
        let mut way = Vec::new();
        let mut at = Some(top);
        while let Some(node) = at {
            let next = self.next.get(&node).copied().flatten();
            way.push((node, next.map(|(_, link)| link)));
            at = next.map(|(node, _)| node);
        }
        way
    }
}
