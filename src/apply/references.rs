//! Who holds what right now: a sweep of references, as fresh as the plan's `verify_within` asks.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Mutex, time::Instant};

use crate::{
    aws::Session,
    collect::{Cache, Options, reference_sweep},
    graph::{Graph, Node},
    inventory::{Gap, Inventory, Registry, Seen},
    model::{Kind, Location, Now, RepositoryName, Source},
};

/// The references of one sweep.
pub(super) struct References {
    graph: Graph,
    /// Definitions that hold their images without anything holding them.
    active: HashSet<Node>,
    gaps: Vec<Gap>,
    registries: Vec<Seen<Registry>>,
    waived: BTreeSet<Source>,
}

impl References {
    /// Compiles a sweep.
    pub(super) fn new(inventory: &Inventory, waived: &BTreeSet<Source>) -> Self {
        let is_retired = |status: &str| matches!(status, "INACTIVE" | "DELETE_IN_PROGRESS");
        let active = inventory.task_definitions.iter().filter(|seen| !is_retired(&seen.value.status));
        Self {
            graph: Graph::compile(inventory),
            active: active.map(|seen| Node::task_definition(&seen.location, &seen.value)).collect(),
            gaps: inventory.gaps.clone(),
            registries: inventory.registries.clone(),
            waived: waived.clone(),
        }
    }

    /// Who holds a service, a definition, an image or a tag now.
    pub(super) fn holder(&self, node: &Node) -> Option<&Node> {
        let holds = |holder: &Node| match holder {
            Node::TaskDefinition(_) => self.active.contains(holder) || self.graph.holders(holder).next().is_some(),
            Node::Service { .. } | Node::TaskSet { .. } | Node::Task { .. } | Node::External { .. } => true,
            Node::Tag { .. } | Node::Image(_) => false,
        };
        // The sweep does not read images, so that a digest without a repository leads to none.
        let digest = if let Node::Image(key) = node { Some(&key.digest) } else { None };
        let pinners = digest.into_iter().flat_map(|digest| self.graph.pinners(digest));
        self.graph.holders(node).map(|(holder, _)| holder).chain(pinners).filter(|holder| holds(holder)).min()
    }

    /// The registries, as `account-id/region`, in which a deletion from a repository deletes as well.
    pub(super) fn deletes_at(&self, registry: &Location, repository: &RepositoryName) -> BTreeSet<String> {
        let registries = self.registries.iter().filter(|seen| seen.location == *registry);
        let destinations = registries.flat_map(|seen| seen.value.deletes_at(repository.as_str()));
        destinations.map(|it| format!("{}/{}", it.registry_id, it.region)).collect()
    }

    /// Whether a definition is the newest ACTIVE revision of its family.
    pub(super) fn is_newest_active(&self, node: &Node) -> bool {
        let Node::TaskDefinition(key) = node else { return false };
        self.graph.newest_active(&key.location, &key.family) == Some(key.revision)
    }

    /// What could not be read and may hold such an object.
    pub(super) fn hidden(
        &self,
        kind: Kind,
        location: &Location,
        repository: Option<&RepositoryName>,
    ) -> Option<String> {
        let gap = self.gaps.iter().find(|gap| gap.may_hold(kind, location, repository));
        let unresolved = self.graph.unresolved().iter().find(|reference| {
            let holder = &reference.holder;
            let holds = !matches!(holder, Node::TaskDefinition(_))
                || self.active.contains(holder)
                || self.graph.holders(holder).next().is_some();
            let is_waived = reference.missing_from.is_some_and(|source| self.waived.contains(&source));
            holds && !is_waived && reference.may_hold(kind, location)
        });
        let told = |gap: &Gap| {
            let object = gap.object.as_ref().map_or_else(String::new, |object| format!(" of `{object}`"));
            format!("{}{object} could not be read: {}", gap.source, gap.error)
        };
        gap.map(told).or_else(|| unresolved.map(ToString::to_string))
    }
}

/// Sweeps when what it has is too old. One sweep at a time serves everyone who waits for it.
pub(super) struct Watch {
    sessions: Vec<Session>,
    options: Options,
    cache: Arc<dyn Cache>,
    now: Now,
    fresh_for: Duration,
    last: Mutex<Option<Sweep>>,
}

struct Sweep {
    began: Instant,
    /// Whether this run took a holder away since: it then shows holders that are gone.
    is_overtaken: bool,
    references: Arc<References>,
}

impl Watch {
    pub(super) fn new(
        sessions: Vec<Session>,
        options: Options,
        cache: Arc<dyn Cache>,
        now: Now,
        fresh_for: Duration,
    ) -> Self {
        Self { sessions, options, cache, now, fresh_for, last: Mutex::new(None) }
    }

    /// References whose reading began no longer ago than `verify_within`.
    pub(super) async fn references(&self) -> Arc<References> {
        let mut last = self.last.lock().await;
        match &*last {
            Some(sweep) if sweep.began.elapsed() <= self.fresh_for => sweep.references.clone(),
            Some(_) | None => self.sweep(&mut last).await,
        }
    }

    /// References that may show less than `held`, because this run took holders away since those were read. `None` if it
    /// did not.
    pub(super) async fn newer_than(&self, held: &Arc<References>) -> Option<Arc<References>> {
        let mut last = self.last.lock().await;
        match &*last {
            Some(sweep) if sweep.is_overtaken => Some(self.sweep(&mut last).await),
            Some(sweep) => (!Arc::ptr_eq(&sweep.references, held)).then(|| sweep.references.clone()),
            None => Some(self.sweep(&mut last).await),
        }
    }

    /// Takes note that a holder is gone.
    pub(super) async fn overtake(&self) {
        if let Some(sweep) = &mut *self.last.lock().await {
            sweep.is_overtaken = true;
        }
    }

    /// Makes the next asker sweep again.
    pub(super) async fn forget(&self) {
        *self.last.lock().await = None;
    }

    async fn sweep(&self, last: &mut Option<Sweep>) -> Arc<References> {
        let began = Instant::now();
        let options = Options { taken_at: (self.now)(), ..self.options.clone() };
        let inventory = reference_sweep(&self.sessions, &options, &*self.cache).await;
        let references = Arc::new(References::new(&inventory, &self.options.waived));
        *last = Some(Sweep { began, is_overtaken: false, references: references.clone() });
        references
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        graph::TaskDefinitionKey,
        inventory::{
            ContainerImage, Daemon, DaemonRevision, DaemonRevisionSummary, Reference, RevisionSummary, Service,
            ServiceRevision, TaskDefinition,
        },
        model::{Digest, Revision},
    };

    const HOST: &str = "000000000000.dkr.ecr.eu-central-1.amazonaws.com";

    fn home() -> Location {
        Location { account_id: "000000000000".parse().unwrap(), region: "eu-central-1".into() }
    }

    fn arn(kind: &str, name: &str) -> String {
        format!("arn:aws:ecs:eu-central-1:000000000000:{kind}/{name}")
    }

    fn digest() -> Digest {
        format!("sha256:{}", "0a".repeat(32)).parse().unwrap()
    }

    fn pinned() -> Vec<ContainerImage> {
        let image = Some(format!("{HOST}/team/web:stable"));
        vec![ContainerImage { container_name: "app".to_owned(), image, image_digest: Some(digest().to_string()) }]
    }

    fn image() -> Node {
        Node::Image(crate::graph::ImageKey { registry: home(), repository: "team/web".into(), digest: digest() })
    }

    fn service_node() -> Node {
        Node::Service { location: home(), cluster: "main".into(), service: "web".into() }
    }

    /// A service at home whose current revision is `web/1`, and the definition `web:1`.
    fn world() -> Inventory {
        let service = Service {
            service_arn: arn("service", "main/web"),
            cluster_arn: arn("cluster", "main"),
            status: "ACTIVE".to_owned(),
            current_service_revisions: vec![RevisionSummary {
                arn: arn("service-revision", "main/web/1"),
                ..RevisionSummary::default()
            }],
            ..Service::default()
        };
        let definition = TaskDefinition {
            task_definition_arn: arn("task-definition", "web:1"),
            status: "INACTIVE".to_owned(),
            ..TaskDefinition::default()
        };
        Inventory {
            services: vec![Seen::new(home(), service)],
            task_definitions: vec![Seen::new(home(), definition)],
            ..Inventory::default()
        }
    }

    fn read(inventory: &Inventory) -> References {
        References::new(inventory, &BTreeSet::new())
    }

    #[test]
    fn what_a_revision_pinned_is_held_and_a_missing_revision_hides_everything_unless_waived() {
        let mut world = world();
        let hidden = |references: &References| references.hidden(Kind::Image, &home(), None).is_some();
        assert!(hidden(&read(&world)));
        assert!(!hidden(&References::new(&world, &BTreeSet::from([Source::ServiceRevisions]))));
        let revision = ServiceRevision {
            service_revision_arn: arn("service-revision", "main/web/1"),
            task_definition: Some(arn("task-definition", "web:1")),
            container_images: pinned(),
            ..ServiceRevision::default()
        };
        world.service_revisions.push(Seen::new(home(), revision));
        let references = read(&world);
        assert!(!hidden(&references));
        assert_eq!(references.holder(&image()), Some(&service_node()));
        let definition = TaskDefinitionKey { location: home(), family: "web".into(), revision: Revision(1) };
        assert_eq!(references.holder(&Node::TaskDefinition(definition)), Some(&service_node()));
        world.services[0].value.status = "INACTIVE".to_owned();
        assert_eq!(read(&world).holder(&image()), None);
    }

    #[test]
    fn a_daemon_holds_what_it_pinned_and_one_that_was_not_read_hides_every_image() {
        let arn = arn("daemon-revision", "main/agent/1");
        let daemon =
            Daemon { current_revisions: vec![DaemonRevisionSummary { arn: arn.clone() }], ..Daemon::default() };
        let mut world = Inventory { daemons: vec![Seen::new(home(), daemon)], ..Inventory::default() };
        assert!(read(&world).hidden(Kind::Image, &home(), None).is_some());
        let revision =
            DaemonRevision { daemon_revision_arn: arn, container_images: pinned(), ..DaemonRevision::default() };
        world.daemon_revisions.push(Seen::new(home(), revision));
        assert!(read(&world).hidden(Kind::Image, &home(), None).is_none());
        assert!(matches!(read(&world).holder(&image()), Some(Node::External { source, .. }) if source == "daemons"));
    }

    #[test]
    fn a_service_that_something_may_start_again_has_a_holder() {
        let mut world = world();
        assert_eq!(read(&world).holder(&service_node()), None);
        let target = Reference { service: Some("main/web".to_owned()), ..Reference::default() };
        world.references.push(Seen::new(home(), target));
        assert!(read(&world).holder(&service_node()).is_some());
    }
}
