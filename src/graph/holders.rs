//! What holds: services with their deployments, task sets, tasks, daemons, and references from elsewhere.

use std::collections::{HashMap, HashSet};

use super::{
    Hold, Link, Node, NodeId, Rollouts, TaskDefinitionKey, UnresolvedKind,
    draft::Draft,
    identity::{definition_key, service_node, task_set_node},
    missing::SaidMissing,
};
use crate::{
    inventory::{Gap, Inventory, Reference, Service, ServiceRevision, Task, TaskSet},
    model::{ClusterName, Family, Location, ServiceName, Source, TaskDefinitionRef},
};

impl Draft {
    pub(super) fn add_service(&mut self, location: &Location, service: &Service) {
        if service.status == "INACTIVE" {
            return;
        }
        let node = self.node(service_node(location, service));
        let deployed = service.deployments.iter().filter_map(|deployment| deployment.task_definition.as_ref());
        for definition in service.task_definition.iter().chain(deployed) {
            self.link_definition(node, location, definition);
        }
        for task_set in &service.task_sets {
            self.add_task_set(location, task_set);
        }
    }

    /// What services may go back to. A service that goes lets go of it: AWS forgets deployments and revisions with it.
    pub(super) fn add_held_revisions(&mut self, inventory: &Inventory) {
        let described: HashMap<&str, &ServiceRevision> = inventory
            .service_revisions
            .iter()
            .map(|seen| (seen.value.service_revision_arn.as_str(), &seen.value))
            .collect();
        let (rollouts, missing) = (Rollouts::by_service(inventory), SaidMissing::of(inventory));
        let none = Rollouts::default();
        for seen in inventory.services.iter().filter(|seen| seen.value.status != "INACTIVE") {
            let service = service_node(&seen.location, &seen.value);
            let held = rollouts.get(&service).unwrap_or(&none).held(&seen.value);
            let node = self.node(service);
            for (arn, hold) in held {
                match described.get(arn) {
                    Some(revision) => self.add_revision(node, &seen.location, revision),
                    None if hold == Hold::Likely => {}
                    None if missing.says(Source::ServiceRevisions, &seen.location, arn) => {}
                    None => self.leave_missing(node, UnresolvedKind::AnyDefinition, arn, Source::ServiceRevisions),
                }
            }
        }
    }

    fn add_revision(&mut self, service: NodeId, location: &Location, revision: &ServiceRevision) {
        // A revision that does not say what it runs may run anything.
        self.link_definition(service, location, revision.task_definition.as_deref().unwrap_or_default());
        for container in &revision.container_images {
            self.link_container(service, container.image.as_deref(), container.image_digest.as_deref());
        }
    }

    pub(super) fn add_task_set(&mut self, location: &Location, task_set: &TaskSet) {
        let node = self.node(task_set_node(location, task_set));
        if let Some(definition) = &task_set.task_definition {
            self.link_definition(node, location, definition);
        }
    }

    pub(super) fn add_task(&mut self, location: &Location, task: &Task) {
        let node = self.node(Node::Task { location: location.clone(), arn: task.task_arn.clone() });
        // A task that does not say what it runs may run anything.
        self.link_definition(node, location, task.task_definition_arn.as_deref().unwrap_or_default());
        for container in &task.containers {
            self.link_container(node, container.image.as_deref(), container.image_digest.as_deref());
        }
    }

    /// Daemons have definitions of their own, which hold images whatever runs them: nothing here retires them.
    pub(super) fn add_daemons(&mut self, inventory: &Inventory) {
        let revisions: HashSet<&str> =
            inventory.daemon_revisions.iter().map(|seen| seen.value.daemon_revision_arn.as_str()).collect();
        let definitions: HashSet<&str> = inventory
            .daemon_task_definitions
            .iter()
            .map(|seen| seen.value.daemon_task_definition_arn.as_str())
            .collect();
        let missing = SaidMissing::of(inventory);
        for seen in &inventory.daemons {
            for current in seen.value.current_revisions.iter().filter(|it| !revisions.contains(it.arn.as_str())) {
                let daemon = self.node(daemon_node(&seen.location, &seen.value.daemon_arn));
                self.leave_daemon_missing(&missing, daemon, &seen.location, &current.arn);
            }
        }
        for seen in &inventory.daemon_revisions {
            let revision = self.node(daemon_node(&seen.location, &seen.value.daemon_revision_arn));
            for container in &seen.value.container_images {
                self.link_container(revision, container.image.as_deref(), container.image_digest.as_deref());
            }
            // Without containers, only its definition tells the images.
            let definition = seen.value.daemon_task_definition_arn.as_deref().unwrap_or_default();
            if seen.value.container_images.is_empty() && !definitions.contains(definition) {
                self.leave_daemon_missing(&missing, revision, &seen.location, definition);
            }
        }
        for seen in inventory.daemon_task_definitions.iter().filter(|seen| seen.value.status != "DELETED") {
            let definition = self.node(daemon_node(&seen.location, &seen.value.daemon_task_definition_arn));
            for container in &seen.value.container_definitions {
                self.link_image_uri(definition, &container.image, None);
            }
        }
    }

    fn leave_daemon_missing(&mut self, missing: &SaidMissing<'_>, holder: NodeId, home: &Location, arn: &str) {
        if !missing.says(Source::Daemons, home, arn) {
            self.leave_missing(holder, UnresolvedKind::AnyImage, arn, Source::Daemons);
        }
    }

    pub(super) fn add_references(&mut self, inventory: &Inventory) {
        let (families, whole) = (Families::of(inventory), read_whole(inventory));
        for seen in &inventory.references {
            let holder = self.node(Node::External {
                location: seen.location.clone(),
                source: seen.value.source.clone(),
                holder: seen.value.holder.clone(),
            });
            self.add_reference((&families, &whole), holder, &seen.location, &seen.value);
        }
    }

    fn add_reference(
        &mut self,
        (families, whole): (&Families, &HashSet<Location>),
        holder: NodeId,
        home: &Location,
        reference: &Reference,
    ) {
        let Reference { task_definition, image, family, any_revision_of, service, source, holder: _ } = reference;
        for definition in task_definition.iter().chain(family) {
            if !(is_of_aws(source) && self.is_gone(whole, home, definition)) {
                self.link_definition(holder, home, definition);
            }
        }
        if let Some(image) = image {
            self.link_image_uri(holder, image, None);
        }
        if let Some(family) = any_revision_of {
            self.link_family(families, holder, home, family);
        }
        if let Some(service) = service {
            self.link_service(holder, home, service);
        }
        let says = [task_definition, family, image, any_revision_of, service];
        if says.into_iter().all(Option::is_none) {
            self.leave_unresolved(holder, UnresolvedKind::Anything, "");
        }
    }

    /// Whether a reference leads to a definition that is not there, where all that are there were read: a rule may outlive what it ran,
    /// and revisions never come back. Without an ACTIVE revision a family cannot be run either.
    fn is_gone(&self, whole: &HashSet<Location>, home: &Location, text: &str) -> bool {
        TaskDefinitionRef::parse(text).is_some_and(|TaskDefinitionRef { location, family, revision }| {
            let location = location.unwrap_or_else(|| home.clone());
            let revision = revision.or_else(|| self.newest_active(&location, &family));
            let is_there = |revision| {
                let key = TaskDefinitionKey { location: location.clone(), family: family.clone(), revision };
                self.find(&Node::TaskDefinition(key)).is_some()
            };
            whole.contains(&location) && !revision.is_some_and(is_there)
        })
    }

    /// Every revision of a family: which one runs is decided when it runs.
    fn link_family(&mut self, families: &Families, holder: NodeId, home: &Location, text: &str) {
        let Some(TaskDefinitionRef { location, family, revision: _ }) = TaskDefinitionRef::parse(text) else {
            self.leave_unresolved(holder, UnresolvedKind::AnyDefinition, text);
            return;
        };
        let location = location.unwrap_or_else(|| home.clone());
        if !families.places.contains(&location) {
            self.leave_unresolved(holder, UnresolvedKind::AnyDefinition, text);
        }
        for revision in families.revisions.get(&(location, family)).into_iter().flatten() {
            let revision = self.node(Node::TaskDefinition(revision.clone()));
            self.link(holder, revision, Link::Runs);
        }
    }

    /// A service that is not there needs no holder.
    fn link_service(&mut self, holder: NodeId, home: &Location, text: &str) {
        let named = text
            .split_once('/')
            .filter(|(cluster, service)| !cluster.is_empty() && !service.is_empty() && !service.contains('/'));
        let Some((cluster, service)) = named else {
            self.leave_unresolved(holder, UnresolvedKind::AnyService, text);
            return;
        };
        let (cluster, service) = (ClusterName::from(cluster), ServiceName::from(service));
        let service = Node::Service { location: home.clone(), cluster, service };
        if let Some(service) = self.find(&service) {
            self.link(holder, service, Link::Starts);
        }
    }
}

/// Whether AWS itself made the reference. A list that somebody keeps may misspell what it means.
fn is_of_aws(source: &str) -> bool {
    source.parse::<Source>().is_ok()
}

/// The places whose definitions were all read.
fn read_whole(inventory: &Inventory) -> HashSet<Location> {
    let hides_definitions = |gap: &&Gap| matches!(gap.source, Source::TaskDefinitions | Source::Account);
    let is_in = |gap: &Gap, location: &Location| {
        gap.account_id.as_ref().is_none_or(|account_id| *account_id == location.account_id)
            && gap.region.as_ref().is_none_or(|region| *region == location.region)
    };
    let places = inventory.scopes.iter().map(crate::model::Scope::location);
    places.filter(|place| !inventory.gaps.iter().filter(hides_definitions).any(|gap| is_in(gap, place))).collect()
}

/// All revisions by family, and the places where revisions were looked for; nothing if no reference asks for them.
struct Families {
    revisions: HashMap<(Location, Family), Vec<TaskDefinitionKey>>,
    places: HashSet<Location>,
}

impl Families {
    fn of(inventory: &Inventory) -> Self {
        let mut revisions: HashMap<_, Vec<_>> = HashMap::new();
        if inventory.references.iter().any(|seen| seen.value.any_revision_of.is_some()) {
            for seen in &inventory.task_definitions {
                let key = definition_key(&seen.location, &seen.value);
                revisions.entry((key.location.clone(), key.family.clone())).or_default().push(key);
            }
        }
        Self { revisions, places: inventory.scopes.iter().map(crate::model::Scope::location).collect() }
    }
}

fn daemon_node(location: &Location, arn: &str) -> Node {
    Node::External { location: location.clone(), source: Source::Daemons.to_string(), holder: arn.to_owned() }
}
