//! Who holds what right now: a sweep of references, as fresh as the plan's `verify_within` asks.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use crate::{
    aws::Session,
    collect::{Cache, Options, reference_sweep},
    graph::{Graph, Node},
    inventory::{Gap, Inventory},
    model::{Kind, Location, Now, RepositoryName},
};

/// The references of one sweep.
pub(super) struct References {
    graph: Graph,
    /// Definitions that hold their images without anything holding them.
    active: HashSet<Node>,
    gaps: Vec<Gap>,
}

impl References {
    /// Compiles a sweep.
    pub(super) fn new(inventory: &Inventory) -> Self {
        let is_retired = |status: &str| matches!(status, "INACTIVE" | "DELETE_IN_PROGRESS");
        let active = inventory.task_definitions.iter().filter(|seen| !is_retired(&seen.value.status));
        Self {
            graph: Graph::compile(inventory),
            active: active.map(|seen| Node::task_definition(&seen.location, &seen.value)).collect(),
            gaps: inventory.gaps.clone(),
        }
    }

    /// Who holds a definition, an image or a tag now.
    pub(super) fn holder(&self, node: &Node) -> Option<&Node> {
        let holds = |holder: &Node| match holder {
            Node::TaskDefinition(_) => self.active.contains(holder) || self.graph.holders(holder).next().is_some(),
            Node::Service { .. } | Node::TaskSet { .. } | Node::Task { .. } | Node::External { .. } => true,
            Node::Tag { .. } | Node::Image(_) => false,
        };
        self.graph.holders(node).map(|(holder, _)| holder).filter(|holder| holds(holder)).min()
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
            holds && reference.may_hold(kind, location)
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
        let references = Arc::new(References::new(&inventory));
        *last = Some(Sweep { began, is_overtaken: false, references: references.clone() });
        references
    }
}
