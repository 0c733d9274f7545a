//! What is drawn of the dependency graph: all of it, or the neighbourhood of one object; in an order of its own.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

use crate::{
    graph::{Graph, Link, Node, NodeId},
    inventory::{Image, Inventory},
    model::{Address, Location, Resource},
    plan::{Fate, Plan},
    policy::Policy,
};

/// The graph, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Accounts and Regions, each with its part of `boxes`.
    pub(super) places: Vec<Place>,
    pub(super) boxes: Vec<Item>,
    /// From, to, and how; by position in `boxes`.
    pub(super) ties: Vec<(usize, usize, Tie)>,
}

/// An account in a Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) boxes: Range<usize>,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) node: Node,
    pub(super) name: String,
    /// The tags of an image.
    pub(super) tags: Vec<String>,
    pub(super) fate: Option<Fate>,
}

/// How two boxes are tied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// The service has the task set.
    Has,
    /// The one holds the other.
    Holds(Link),
}

/// The object that a chart is cut around, and how far its neighbourhood reaches.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// Its account and Region.
    pub location: &'a Location,
    /// What it is.
    pub resource: &'a Resource,
    /// How many arrows away the farthest may be.
    pub depth: usize,
}

impl Chart {
    /// Charts an inventory; `plan` says what becomes of things. Nothing if the object to cut around is not there.
    #[must_use]
    pub fn of(inventory: &Inventory, policy: &Policy, plan: &Plan, around: Option<Around<'_>>) -> Option<Self> {
        let graph = Graph::compile(inventory);
        let arrows = Arrows::of(&graph);
        let shown: BTreeSet<&Node> = match around {
            None => graph.nodes().map(|(_, node)| node).collect(),
            Some(around) => {
                let middle = graph.find(&node(around.location, around.resource))?;
                let ids = arrows.neighbourhood(middle, around.depth);
                ids.into_iter().filter_map(|id| graph.node(id)).collect()
            }
        };
        let images: HashMap<Node, &Image> = inventory
            .images
            .iter()
            .map(|seen| (Node::image(&seen.location, &seen.value), &seen.value))
            .filter(|(node, _)| shown.contains(node))
            .collect();
        let mut shown: Vec<&Node> = shown.into_iter().collect();
        shown.sort_by_key(|node| (node.location(), *node));
        let names = Names { policy, fates: fates(plan) };
        let boxes: Vec<Item> = shown.iter().map(|node| names.drawn(node, images.get(*node).copied())).collect();
        let numbers: HashMap<&Node, usize> = shown.iter().enumerate().map(|(number, node)| (*node, number)).collect();
        let number = |id: &NodeId| numbers.get(graph.node(*id)?).copied();
        let mut ties: Vec<_> =
            arrows.all.iter().filter_map(|(from, to, tie)| Some((number(from)?, number(to)?, *tie))).collect();
        ties.sort_unstable();
        ties.dedup();
        Some(Self { places: names.places(&shown), boxes, ties })
    }

    /// How many objects it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.boxes.len()
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }
}

/// The node of an object.
fn node(location: &Location, resource: &Resource) -> Node {
    let location = location.clone();
    match resource.clone() {
        Resource::Service { cluster, service } => Node::Service { location, cluster, service },
        Resource::TaskSet { cluster, service, id } => Node::TaskSet { location, cluster, service, id },
        Resource::TaskDefinition { family, revision } => {
            Node::TaskDefinition(crate::graph::TaskDefinitionKey { location, family, revision })
        }
        Resource::Image { repository, digest } => {
            Node::Image(crate::graph::ImageKey { registry: location, repository, digest })
        }
    }
}

/// What a plan does or would do, by address.
fn fates(plan: &Plan) -> BTreeMap<&Address, Fate> {
    let mut fates: BTreeMap<&Address, Fate> = plan.steps.iter().map(|step| (&step.address, Fate::Retire)).collect();
    fates.extend(plan.deferred.iter().map(|pending| (&pending.address, Fate::Defer)));
    fates.extend(plan.blocked.iter().map(|pending| (&pending.address, Fate::Block)));
    fates
}

struct Names<'a> {
    policy: &'a Policy,
    fates: BTreeMap<&'a Address, Fate>,
}

impl Names<'_> {
    fn drawn(&self, node: &Node, image: Option<&Image>) -> Item {
        let address = node.resource().and_then(|(location, resource)| {
            let account = self.policy.accounts.iter().find(|account| account.id == location.account_id)?;
            Some(Address { account: account.label.clone(), region: location.region.clone(), resource })
        });
        Item {
            node: node.clone(),
            name: node.to_string(),
            tags: image.map(|image| image.image_tags.iter().map(ToString::to_string).collect()).unwrap_or_default(),
            fate: address.map(|address| self.fates.get(&address).copied().unwrap_or(Fate::Keep)),
        }
    }

    /// The accounts and Regions of nodes that are in their order.
    fn places(&self, nodes: &[&Node]) -> Vec<Place> {
        let mut places: Vec<(&Location, Range<usize>)> = Vec::new();
        for (number, node) in nodes.iter().enumerate() {
            match places.last_mut() {
                Some((location, range)) if *location == node.location() => range.end = number + 1,
                Some(_) | None => places.push((node.location(), number..number + 1)),
            }
        }
        places.into_iter().map(|(location, boxes)| Place { name: self.place(location), boxes }).collect()
    }

    fn place(&self, location: &Location) -> String {
        let account = self.policy.accounts.iter().find(|account| account.id == location.account_id);
        account.map_or_else(|| location.to_string(), |account| format!("{}/{}", account.label, location.region))
    }
}

/// Every arrow, and who is next to whom.
struct Arrows {
    all: Vec<(NodeId, NodeId, Tie)>,
    down: HashMap<NodeId, Vec<NodeId>>,
    up: HashMap<NodeId, Vec<NodeId>>,
}

impl Arrows {
    fn of(graph: &Graph) -> Self {
        let mut all: Vec<(NodeId, NodeId, Tie)> = Vec::new();
        for (id, node) in graph.nodes() {
            all.extend(graph.held_by(id).map(|(held, link)| (id, held, Tie::Holds(link))));
            if let Node::TaskSet { location, cluster, service, .. } = node {
                let (location, cluster, service) = (location.clone(), cluster.clone(), service.clone());
                let owner = graph.find(&Node::Service { location, cluster, service });
                all.extend(owner.map(|owner| (owner, id, Tie::Has)));
            }
        }
        let (mut down, mut up) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (from, to, _) in &all {
            down.entry(*from).or_default().push(*to);
            up.entry(*to).or_default().push(*from);
        }
        Self { all, down, up }
    }

    /// Everything that holds a node, and everything that it holds, up to so many arrows away.
    fn neighbourhood(&self, middle: NodeId, depth: usize) -> Vec<NodeId> {
        let mut found = vec![middle];
        for next in [&self.up, &self.down] {
            let mut known: BTreeMap<NodeId, ()> = BTreeMap::from([(middle, ())]);
            let mut edge = vec![middle];
            for _ in 0..depth {
                let further = edge.iter().filter_map(|id| next.get(id)).flatten().copied();
                edge = further.filter(|id| known.insert(*id, ()).is_none()).collect();
            }
            found.extend(known.into_keys());
        }
        found
    }
}
