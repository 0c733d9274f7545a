//! From an inventory to the graph.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use petgraph::{Direction, stable_graph::NodeIndex, stable_graph::StableDiGraph, visit::EdgeRef};

use super::{ImageKey, Link, Node, TaskDefinitionKey};
use crate::{
    inventory::{Image, Inventory, Service, Task, TaskDefinition, TaskSet},
    model::{
        Digest, Family, ImageRef, ImageTag, Kind, Location, RepositoryName, Revision, TaskDefinitionRef, cluster_name,
        service_name, task_set_id,
    },
};

/// What an unresolved reference may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnresolvedKind {
    /// Any task definition of the holder's account and Region, and so any image.
    AnyDefinition,
    /// Any image of any registry.
    AnyImage,
}

/// A reference that cannot be followed: whatever it could mean is held (law L2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// Who refers.
    pub holder: Node,
    /// What it may mean.
    pub kind: UnresolvedKind,
    /// The reference as written.
    pub text: String,
}

impl Unresolved {
    /// Whether it may mean an object of this kind and place.
    #[must_use]
    pub fn may_hold(&self, kind: Kind, location: &Location) -> bool {
        let at_home = self.holder.location() == location;
        match (self.kind, kind) {
            (UnresolvedKind::AnyDefinition | UnresolvedKind::AnyImage, Kind::Image) => true,
            (UnresolvedKind::AnyDefinition, Kind::TaskDefinition) => at_home,
            (UnresolvedKind::AnyDefinition, Kind::Service | Kind::TaskSet)
            | (UnresolvedKind::AnyImage, Kind::Service | Kind::TaskSet | Kind::TaskDefinition) => false,
        }
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let means = match self.kind {
            UnresolvedKind::AnyDefinition => "which could not be read, so it may name any image",
            UnresolvedKind::AnyImage => "which may be any image",
        };
        if self.text.is_empty() {
            return write!(f, "{} does not say what it refers to, {means}", self.holder);
        }
        write!(f, "{} refers to `{}`, {means}", self.holder, self.text)
    }
}

/// The dependency graph of an estate. Edges go from a holder to what it holds.
#[derive(Debug, Default)]
pub struct Graph {
    pub(super) edges: StableDiGraph<Node, Link>,
    pub(super) index: HashMap<Node, NodeIndex>,
    unresolved: Vec<Unresolved>,
    newest_active: BTreeMap<(Location, Family), Revision>,
    /// Digests that run, of containers that do not show their image.
    pinned_anywhere: Vec<(Node, Digest)>,
}

impl Graph {
    /// Compiles an inventory. An inventory without images gives a graph without them: tags then hold nothing, and
    /// `holders` of the tag itself tells who uses it.
    #[must_use]
    pub fn compile(inventory: &Inventory) -> Self {
        let mut graph = Self::default();
        graph.add_definitions(inventory);
        for seen in &inventory.services {
            graph.add_service(&seen.location, &seen.value);
        }
        for seen in &inventory.task_sets {
            graph.add_task_set(&seen.location, &seen.value);
        }
        for seen in &inventory.tasks {
            graph.add_task(&seen.location, &seen.value);
        }
        for seen in &inventory.references {
            let reference = &seen.value;
            let holder = Node::External {
                location: seen.location.clone(),
                source: reference.source.clone(),
                holder: reference.holder.clone(),
            };
            if let Some(definition) = &reference.task_definition {
                graph.link_definition(&holder, &seen.location, definition);
            }
            if let Some(family) = &reference.family {
                graph.link_definition(&holder, &seen.location, family);
            }
            if let Some(image) = &reference.image {
                graph.link_image_uri(&holder, image, None);
            }
        }
        graph.add_images(inventory);
        graph.unresolved.sort_unstable();
        graph.unresolved.dedup();
        graph
    }

    /// References that could not be followed, whoever makes them.
    #[must_use]
    pub fn unresolved(&self) -> &[Unresolved] {
        &self.unresolved
    }

    /// The newest ACTIVE revision of a family: what a caller that names only the family runs.
    #[must_use]
    pub fn newest_active(&self, location: &Location, family: &Family) -> Option<Revision> {
        self.newest_active.get(&(location.clone(), family.clone())).copied()
    }

    /// Who holds a node directly, and how.
    pub fn holders<'a>(&'a self, node: &Node) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        self.neighbours(node, Direction::Incoming)
    }

    /// What a node holds directly, and how.
    pub fn held<'a>(&'a self, node: &Node) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        self.neighbours(node, Direction::Outgoing)
    }

    /// Every node, in no particular order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.index.keys()
    }

    fn neighbours<'a>(&'a self, node: &Node, direction: Direction) -> impl Iterator<Item = (&'a Node, Link)> + use<'a> {
        let edges = self.index.get(node).map(|index| self.edges.edges_directed(*index, direction));
        edges.into_iter().flatten().map(move |edge| {
            let other = match direction {
                Direction::Incoming => edge.source(),
                Direction::Outgoing => edge.target(),
            };
            (&self.edges[other], *edge.weight())
        })
    }

    fn node(&mut self, node: &Node) -> NodeIndex {
        if let Some(index) = self.index.get(node) {
            return *index;
        }
        let index = self.edges.add_node(node.clone());
        self.index.insert(node.clone(), index);
        index
    }

    fn link(&mut self, holder: &Node, held: &Node, link: Link) {
        let (from, to) = (self.node(holder), self.node(held));
        self.edges.update_edge(from, to, link);
    }

    fn add_definitions(&mut self, inventory: &Inventory) {
        for seen in &inventory.task_definitions {
            let key = definition_key(&seen.location, &seen.value);
            if seen.value.status == "ACTIVE" {
                let newest =
                    self.newest_active.entry((seen.location.clone(), key.family.clone())).or_insert(key.revision);
                *newest = (*newest).max(key.revision);
            }
            let node = Node::TaskDefinition(key);
            self.node(&node);
            for container in &seen.value.container_definitions {
                self.link_image_uri(&node, &container.image, None);
            }
        }
    }

    fn add_service(&mut self, location: &Location, service: &Service) {
        if service.status == "INACTIVE" {
            return;
        }
        let node = service_node(location, service);
        self.node(&node);
        let deployed = service.deployments.iter().filter_map(|deployment| deployment.task_definition.as_ref());
        for definition in service.task_definition.iter().chain(deployed) {
            self.link_definition(&node, location, definition);
        }
        for task_set in &service.task_sets {
            self.add_task_set(location, task_set);
        }
    }

    fn add_task_set(&mut self, location: &Location, task_set: &TaskSet) {
        let node = task_set_node(location, task_set);
        self.node(&node);
        if let Some(definition) = &task_set.task_definition {
            self.link_definition(&node, location, definition);
        }
    }

    fn add_task(&mut self, location: &Location, task: &Task) {
        let node = Node::Task { location: location.clone(), arn: task.task_arn.clone() };
        self.node(&node);
        // A task that does not say what it runs may run anything.
        self.link_definition(&node, location, task.task_definition_arn.as_deref().unwrap_or_default());
        for container in &task.containers {
            match (&container.image, &container.image_digest) {
                (Some(image), digest) => self.link_image_uri(&node, image, digest.as_deref()),
                (None, Some(digest)) => match digest.parse() {
                    Ok(digest) => self.pinned_anywhere.push((node.clone(), digest)),
                    Err(_) => self.leave_unresolved(&node, UnresolvedKind::AnyImage, digest),
                },
                // ECS injects sidecars that show neither; they are not of these registries.
                (None, None) => {}
            }
        }
    }

    fn link_definition(&mut self, holder: &Node, home: &Location, text: &str) {
        let target = TaskDefinitionRef::parse(text).and_then(|reference| {
            let location = reference.location.unwrap_or_else(|| home.clone());
            let revision = reference.revision.or_else(|| self.newest_active(&location, &reference.family))?;
            let target = Node::TaskDefinition(TaskDefinitionKey { location, family: reference.family, revision });
            // A definition that is referred to but was not read may name any image.
            self.index.contains_key(&target).then_some(target)
        });
        match target {
            Some(target) => self.link(holder, &target, Link::Runs),
            None => self.leave_unresolved(holder, UnresolvedKind::AnyDefinition, text),
        }
    }

    fn link_image_uri(&mut self, holder: &Node, uri: &str, pinned: Option<&str>) {
        match ImageRef::parse(uri) {
            ImageRef::Foreign => {}
            ImageRef::Unparsed => self.leave_unresolved(holder, UnresolvedKind::AnyImage, uri),
            ImageRef::Ecr(image) => {
                let mut digests: Vec<Digest> = image.digest.into_iter().collect();
                match pinned.map(str::parse::<Digest>) {
                    Some(Ok(digest)) => digests.push(digest),
                    Some(Err(_)) => self.leave_unresolved(holder, UnresolvedKind::AnyImage, uri),
                    None => {}
                }
                for digest in digests {
                    let key =
                        ImageKey { registry: image.registry.clone(), repository: image.repository.clone(), digest };
                    self.link(holder, &Node::Image(key), Link::Uses);
                }
                if let Some(tag) = image.tag {
                    let tag = Node::Tag { registry: image.registry, repository: image.repository, tag };
                    self.link(holder, &tag, Link::Uses);
                }
            }
        }
    }

    fn leave_unresolved(&mut self, holder: &Node, kind: UnresolvedKind, text: &str) {
        self.node(holder);
        self.unresolved.push(Unresolved { holder: holder.clone(), kind, text: text.to_owned() });
    }

    fn add_images(&mut self, inventory: &Inventory) {
        let listed = inventory.images.iter().map(|seen| self.add_image(&seen.location, &seen.value));
        let listed: HashSet<NodeIndex> = listed.collect();
        let is_listed = |graph: &Self, image: &Node| graph.index.get(image).is_some_and(|index| listed.contains(index));
        self.link_pinned_anywhere(inventory);
        for seen in &inventory.manifests {
            let manifest = &seen.value;
            let of = |digest: &Digest| image_node(&seen.location, &manifest.repository_name, digest);
            let index = of(&manifest.image_digest);
            for child in &manifest.children {
                let child = of(child);
                // A child that is not in the repository (a sparse index) holds and is held by nothing, even if it is used.
                if is_listed(self, &child) && is_listed(self, &index) && child != index {
                    self.link(&index, &child, Link::Child);
                }
            }
        }
        for seen in &inventory.images {
            let referrer = image_node(&seen.location, &seen.value.repository_name, &seen.value.image_digest);
            for subject in subjects(&seen.value) {
                let subject = image_node(&seen.location, &seen.value.repository_name, &subject);
                if is_listed(self, &subject) && subject != referrer {
                    self.link(&subject, &referrer, Link::Referrer);
                }
            }
        }
    }

    /// A digest without a repository holds the image in every one that has it.
    fn link_pinned_anywhere(&mut self, inventory: &Inventory) {
        let pinned = std::mem::take(&mut self.pinned_anywhere);
        if pinned.is_empty() {
            return;
        }
        let mut holders: HashMap<Digest, Vec<Node>> = HashMap::new();
        for (holder, digest) in pinned {
            holders.entry(digest).or_default().push(holder);
        }
        for seen in &inventory.images {
            let image = image_node(&seen.location, &seen.value.repository_name, &seen.value.image_digest);
            for holder in holders.get(&seen.value.image_digest).into_iter().flatten() {
                self.link(holder, &image, Link::Uses);
            }
        }
    }

    fn add_image(&mut self, registry: &Location, image: &Image) -> NodeIndex {
        let node = image_node(registry, &image.repository_name, &image.image_digest);
        let index = self.node(&node);
        for tag in &image.image_tags {
            let tag =
                Node::Tag { registry: registry.clone(), repository: image.repository_name.clone(), tag: tag.clone() };
            // Only tags that something points at matter; the others would double the graph.
            if self.index.contains_key(&tag) {
                self.link(&tag, &node, Link::Resolves);
            }
        }
        index
    }
}

/// The identity of a definition: what its ARN says, or, in hand-made inventories, its fields.
pub(super) fn definition_key(location: &Location, definition: &TaskDefinition) -> TaskDefinitionKey {
    let named = TaskDefinitionRef::parse(&definition.task_definition_arn);
    let (family, revision) = match named {
        Some(TaskDefinitionRef { family, revision: Some(revision), .. }) => (family, revision),
        Some(_) | None => (Family::from(definition.family.as_str()), Revision(definition.revision)),
    };
    TaskDefinitionKey { location: location.clone(), family, revision }
}

pub(super) fn service_node(location: &Location, service: &Service) -> Node {
    Node::Service {
        location: location.clone(),
        cluster: cluster_name(&service.cluster_arn),
        service: service_name(&service.service_arn),
    }
}

pub(super) fn task_set_node(location: &Location, task_set: &TaskSet) -> Node {
    let id = if task_set.id.is_empty() { task_set_id(&task_set.task_set_arn) } else { task_set.id.as_str().into() };
    Node::TaskSet {
        location: location.clone(),
        cluster: cluster_name(&task_set.cluster_arn),
        service: service_name(&task_set.service_arn),
        id,
    }
}

fn image_node(registry: &Location, repository: &RepositoryName, digest: &Digest) -> Node {
    Node::Image(ImageKey { registry: registry.clone(), repository: repository.clone(), digest: digest.clone() })
}

/// The image that a tag says its own is about, in cosign's and the referrers fallback's schemes: `sha256-<64 hex>` with
/// `.sig`, `.att`, `.sbom` or nothing behind it. The subject need not exist.
#[must_use]
pub fn subject_of_tag(tag: &ImageTag) -> Option<Digest> {
    let rest = tag.as_str().strip_prefix("sha256-")?;
    let (hex, suffix) = rest.split_at_checked(64)?;
    if !matches!(suffix, "" | ".sig" | ".att" | ".sbom") {
        return None;
    }
    format!("sha256:{hex}").parse().ok()
}

/// What an artifact is about: the subject of its manifest (OCI 1.1) and those of its tags.
fn subjects(image: &Image) -> Vec<Digest> {
    let mut subjects: Vec<Digest> = image.image_tags.iter().filter_map(subject_of_tag).collect();
    subjects.extend(image.subject_manifest_digest.clone());
    subjects
}

impl Node {
    /// The node of a service.
    #[must_use]
    pub fn service(location: &Location, service: &Service) -> Self {
        service_node(location, service)
    }

    /// The node of a task set.
    #[must_use]
    pub fn task_set(location: &Location, task_set: &TaskSet) -> Self {
        task_set_node(location, task_set)
    }

    /// The node of a task definition.
    #[must_use]
    pub fn task_definition(location: &Location, definition: &TaskDefinition) -> Self {
        Self::TaskDefinition(definition_key(location, definition))
    }

    /// The node of an image.
    #[must_use]
    pub fn image(registry: &Location, image: &Image) -> Self {
        image_node(registry, &image.repository_name, &image.image_digest)
    }
}
