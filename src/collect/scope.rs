//! The sweep of one scope: what its parts share.

use tokio::time::Instant;

use super::{Cache, Event, Options, Progress};
use crate::{
    aws::{AwsError, Failure, Session},
    inventory::{Gap, Inventory, Seen},
    model::{Source, Timestamp},
};

/// One account and Region being swept.
#[derive(Clone, Copy)]
pub(super) struct ScopeSweep<'a> {
    pub(super) session: &'a Session,
    pub(super) options: &'a Options,
    pub(super) cache: &'a dyn Cache,
    pub(super) progress: &'a dyn Progress,
    /// When the sweep began, which `options.taken_at` calls by the caller's clock.
    pub(super) began: Instant,
}

impl ScopeSweep<'_> {
    /// The time by the caller's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.options.taken_at.checked_add(self.began.elapsed()).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn seen<T>(&self, value: T) -> Seen<T> {
        Seen::new(self.session.location().clone(), value)
    }

    pub(super) fn gap(&self, source: Source, object: Option<&str>, error: impl Into<String>) -> Gap {
        let location = self.session.location();
        Gap {
            source,
            account_id: Some(location.account_id.clone()),
            region: Some(location.region.clone()),
            object: object.map(str::to_owned),
            error: error.into(),
        }
    }

    /// A call failed: the gap is the whole source, or the one object that the call was about.
    pub(super) fn gap_after(&self, source: Source, object: Option<&str>, error: &AwsError) -> Gap {
        self.gap(source, object, error.summary())
    }

    /// One object of a batch failed.
    pub(super) fn gap_of(&self, source: Source, failure: &Failure) -> Gap {
        self.gap(source, Some(&failure.object), failure.reason.clone())
    }

    pub(super) fn started(&self, source: Source) {
        self.progress.on(Event::Started { scope: self.session.scope().clone(), source });
    }

    pub(super) fn found(&self, source: Source, found: usize) {
        self.progress.on(Event::Count { scope: self.session.scope().clone(), source, found, read: 0 });
    }

    pub(super) fn read(&self, source: Source, read: usize) {
        self.progress.on(Event::Count { scope: self.session.scope().clone(), source, found: 0, read });
    }

    pub(super) fn finished(&self, source: Source) {
        self.progress.on(Event::Finished { scope: self.session.scope().clone(), source });
    }
}

/// Adds what one part of a sweep saw to the rest.
pub(super) fn absorb(whole: &mut Inventory, part: Inventory) {
    let Inventory {
        taken_at: _,
        scopes,
        clusters,
        services,
        task_sets,
        tasks,
        task_definitions,
        service_deployments,
        service_revisions,
        daemons,
        daemon_revisions,
        daemon_task_definitions,
        registries,
        pull_through_cache_rules,
        repositories,
        images,
        manifests,
        references,
        gaps,
    } = part;
    whole.scopes.extend(scopes);
    whole.clusters.extend(clusters);
    whole.services.extend(services);
    whole.task_sets.extend(task_sets);
    whole.tasks.extend(tasks);
    whole.task_definitions.extend(task_definitions);
    whole.service_deployments.extend(service_deployments);
    whole.service_revisions.extend(service_revisions);
    whole.daemons.extend(daemons);
    whole.daemon_revisions.extend(daemon_revisions);
    whole.daemon_task_definitions.extend(daemon_task_definitions);
    whole.registries.extend(registries);
    whole.pull_through_cache_rules.extend(pull_through_cache_rules);
    whole.repositories.extend(repositories);
    whole.images.extend(images);
    whole.manifests.extend(manifests);
    whole.references.extend(references);
    whole.gaps.extend(gaps);
}
