//! Settings of registries and repositories: what a deletion sets in motion elsewhere, who else may pull, who else deletes.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use futures::future::join;

use super::scope::{ScopeSweep, absorb};
use crate::{
    aws::{AwsError, ErrorKind},
    inventory::{Gap, Inventory, Repository},
    model::{RepositoryName, Source},
};

impl ScopeSweep<'_> {
    /// Everything that is set for the registry as a whole.
    pub(super) async fn registry_settings(&self) -> Inventory {
        let (mut whole, rules) = join(self.replication(), self.pull_through_cache()).await;
        absorb(&mut whole, rules);
        whole
    }

    /// Whether deleting an image here deletes its copies elsewhere. Read again right before a deletion.
    pub(super) async fn replication(&self) -> Inventory {
        let mut whole = Inventory::default();
        if self.options.waives(Source::Replication) {
            return whole;
        }
        self.started(Source::Replication);
        match self.session.describe_registry().await {
            Ok(registry) => {
                self.found(Source::Replication, 1);
                self.read(Source::Replication, 1);
                whole.registries.push(self.seen(registry));
            }
            Err(error) => whole.gaps.push(self.gap_after(Source::Replication, None, &error)),
        }
        self.finished(Source::Replication);
        whole
    }

    async fn pull_through_cache(&self) -> Inventory {
        let mut whole = Inventory::default();
        if self.options.waives(Source::PullThroughCache) {
            return whole;
        }
        self.started(Source::PullThroughCache);
        match self.session.describe_pull_through_cache_rules().await {
            Ok(rules) => {
                self.found(Source::PullThroughCache, rules.found.len());
                self.read(Source::PullThroughCache, rules.found.len());
                whole.gaps.extend(rules.failures.iter().map(|failure| self.gap_of(Source::PullThroughCache, failure)));
                whole.pull_through_cache_rules.extend(rules.found.into_iter().map(|rule| self.seen(rule)));
            }
            Err(error) => whole.gaps.push(self.gap_after(Source::PullThroughCache, None, &error)),
        }
        self.finished(Source::PullThroughCache);
        whole
    }
}

/// The policies of the repositories of one scope. Who may not read one may read none, so after the first denial of a
/// kind no other is asked for, and the denial is told once.
pub(super) struct Policies<'a> {
    sweep: ScopeSweep<'a>,
    may_pull: Kind,
    lifecycle: Kind,
}

/// One kind of policy.
struct Kind {
    source: Source,
    denied: Mutex<Option<Gap>>,
}

impl Kind {
    fn new(source: Source) -> Self {
        Self { source, denied: Mutex::new(None) }
    }

    fn denied(&self) -> Option<Gap> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<'a> Policies<'a> {
    pub(super) fn new(sweep: ScopeSweep<'a>) -> Self {
        let policies = Self {
            sweep,
            may_pull: Kind::new(Source::RepositoryPolicies),
            lifecycle: Kind::new(Source::LifecyclePolicies),
        };
        policies.kinds().for_each(|kind| sweep.started(kind.source));
        policies
    }

    fn kinds(&self) -> impl Iterator<Item = &Kind> {
        [&self.may_pull, &self.lifecycle].into_iter().filter(|kind| !self.sweep.options.waives(kind.source))
    }

    /// Reads both policies of a repository into it, and returns what could not be read.
    /// A repository that was deleted since it was listed has none: its tags and images tell that it is gone.
    pub(super) async fn read_into(&self, repository: &mut Repository) -> Vec<Gap> {
        let (name, session) = (repository.repository_name.clone(), self.sweep.session);
        let (may_pull, lifecycle) = join(
            self.read(&self.may_pull, &name, session.repository_policy(&name)),
            self.read(&self.lifecycle, &name, session.lifecycle_policy(&name)),
        )
        .await;
        let mut gaps = Vec::new();
        let mut text_of = |answer: Result<Option<String>, Option<Gap>>| {
            answer.unwrap_or_else(|gap| {
                gaps.extend(gap);
                None
            })
        };
        repository.policy_text = text_of(may_pull);
        repository.lifecycle_policy_text = text_of(lifecycle);
        gaps
    }

    /// A policy, or the gap that it leaves unless a denial is told for all.
    async fn read(
        &self,
        kind: &Kind,
        repository: &RepositoryName,
        call: impl Future<Output = Result<Option<String>, AwsError>>,
    ) -> Result<Option<String>, Option<Gap>> {
        if self.sweep.options.waives(kind.source) || kind.denied().is_some() {
            return Ok(None);
        }
        self.sweep.found(kind.source, 1);
        let answer = call.await;
        self.sweep.read(kind.source, 1);
        match answer {
            Ok(policy) => Ok(policy),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind == ErrorKind::AccessDenied => {
                let gap = self.sweep.gap_after(kind.source, None, &error);
                kind.denied.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(gap);
                Err(None)
            }
            Err(error) => Err(Some(self.sweep.gap_after(kind.source, Some(repository.as_str()), &error))),
        }
    }

    /// The denials, once all repositories are read.
    pub(super) fn finish(&self) -> Vec<Gap> {
        self.kinds().for_each(|kind| self.sweep.finished(kind.source));
        self.kinds().filter_map(Kind::denied).collect()
    }
}
