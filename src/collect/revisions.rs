//! Service revisions: the definitions that services run, ran or would go back to, and the digests that were pinned.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::future::join;
use tokio::sync::mpsc;

use super::{
    batches::received,
    cache,
    deployments::{is_over, telling},
    scope::{ScopeSweep, absorb},
};
use crate::{
    inventory::{Gap, Inventory, Seen, ServiceDeployment},
    model::{Source, quota::batch::DESCRIBE_SERVICE_REVISIONS},
};

/// The ARN of a service, and that of a revision which it or one of its deployments names.
pub(super) type Named = (String, String);

impl ScopeSweep<'_> {
    /// The revisions that services and their deployments name, each once.
    pub(super) async fn revisions(&self, named: mpsc::UnboundedReceiver<Named>) -> Inventory {
        let mut whole = Inventory::default();
        let source = Source::ServiceRevisions;
        if self.options.waives(source) {
            return whole;
        }
        self.started(source);
        let (send, unknown) = mpsc::unbounded_channel();
        let ask = |batch: Vec<String>| async move {
            let described = self.session.describe_service_revisions(&batch).await?;
            for revision in &described.found {
                cache::keep_revision(self.cache, revision).await;
            }
            Ok(described)
        };
        let asked = self.describe_all(source, received(unknown), DESCRIBE_SERVICE_REVISIONS, ask);
        let (known, asked) = join(self.known_revisions(named, send), asked).await;
        absorb(&mut whole, known);
        whole.service_revisions.extend(asked.found.into_iter().map(|revision| self.seen(revision)));
        whole.gaps.extend(asked.gaps);
        self.finished(source);
        whole
    }

    /// What the cache has of the revisions named. Hands on the rest.
    async fn known_revisions(
        &self,
        mut named: mpsc::UnboundedReceiver<Named>,
        unknown: mpsc::UnboundedSender<String>,
    ) -> Inventory {
        let mut whole = Inventory::default();
        let mut seen = HashSet::new();
        while let Some((service, revision)) = named.recv().await {
            if revision.is_empty() {
                let text = "AWS names a revision of it without an ARN";
                whole.gaps.push(self.gap(Source::ServiceRevisions, Some(&service), text));
            } else if seen.insert(revision.clone()) {
                self.found(Source::ServiceRevisions, 1);
                if let Some(known) = cache::revision(self.cache, &revision).await {
                    self.read(Source::ServiceRevisions, 1);
                    whole.service_revisions.push(self.seen(known));
                } else {
                    // Nobody listens any more once describing was given up, and that is a gap already.
                    let _ = unknown.send(revision);
                }
            }
        }
        whole
    }
}

/// Every revision that a deployment names.
pub(super) fn named_by(deployment: &ServiceDeployment) -> Vec<&str> {
    let sources = deployment.source_service_revisions.iter().map(|revision| revision.arn.as_str());
    let target = deployment.target_service_revision.iter().map(|revision| revision.arn.as_str());
    let rollback = deployment.rollback.iter().map(|rollback| rollback.service_revision_arn.as_str());
    sources.chain(target).chain(rollback).collect()
}

/// The revisions that a service's deployments hold: all that one names which is not over, the target of the newest that
/// succeeded, and what the newest went back to. The sources of one that is over were let go of.
pub(super) fn holding(deployments: &[ServiceDeployment]) -> Vec<&str> {
    telling(deployments)
        .flat_map(|deployment| {
            if !is_over(&deployment.status) {
                return named_by(deployment);
            }
            let target = deployment.target_service_revision.iter().filter(|_| deployment.status == "SUCCESSFUL");
            let target = target.map(|revision| revision.arn.as_str());
            target.chain(deployment.rollback.iter().map(|rollback| rollback.service_revision_arn.as_str())).collect()
        })
        .collect()
}

/// Whether a gap says no more than that AWS does not have the object.
pub(super) fn is_forgotten(gap: &Gap) -> bool {
    gap.error.starts_with("MISSING") || gap.error.contains(": not found")
}

/// Revisions that deployments which are over replaced, and that nothing else names: their own deployments are older than the
/// ninety days that AWS keeps, and the revisions may be gone with them. They hold nothing; that they cannot be described is no gap.
pub(super) fn replaced_before<'a>(
    deployments: &'a [Seen<ServiceDeployment>],
    current: &BTreeSet<String>,
) -> BTreeSet<&'a str> {
    let mut by_service: BTreeMap<&str, Vec<ServiceDeployment>> = BTreeMap::new();
    for seen in deployments {
        by_service.entry(&seen.value.service_arn).or_default().push(seen.value.clone());
    }
    let mut named = current.clone();
    for history in by_service.values() {
        named.extend(holding(history).into_iter().map(str::to_owned));
        let targets = history.iter().filter_map(|deployment| deployment.target_service_revision.as_ref());
        named.extend(targets.map(|target| target.arn.clone()));
    }
    let over = deployments.iter().filter(|seen| is_over(&seen.value.status));
    let sources = over.flat_map(|seen| &seen.value.source_service_revisions);
    sources.map(|source| source.arn.as_str()).filter(|arn| !named.contains(*arn)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;
    use crate::{
        inventory::{RevisionSummary, Rollback},
        model::Timestamp,
    };

    fn summary(number: u8) -> RevisionSummary {
        RevisionSummary { arn: number.to_string(), ..RevisionSummary::default() }
    }

    prop_compose! {
        fn deployment()(
            status in prop_oneof![
                3 => Just("SUCCESSFUL"), 1 => Just("STOPPED"), 1 => Just("ROLLBACK_SUCCESSFUL"), 1 => Just("ROLLBACK_FAILED"),
                1 => Just("IN_PROGRESS"), 1 => Just("BAKING"),
            ],
            created in 1..20i64,
            sources in vec(any::<u8>(), 0..3),
            target in any::<u8>(),
            rollback in option::of(any::<u8>()),
        ) -> ServiceDeployment {
            ServiceDeployment {
                status: status.to_owned(),
                created_at: Timestamp::from_second(created).ok(),
                source_service_revisions: sources.into_iter().map(summary).collect(),
                target_service_revision: Some(summary(target)),
                rollback: rollback.map(|to| Rollback { service_revision_arn: to.to_string(), ..Rollback::default() }),
                ..ServiceDeployment::default()
            }
        }
    }

    fn held(deployments: &[ServiceDeployment]) -> BTreeSet<&str> {
        holding(deployments).into_iter().collect()
    }

    proptest! {
        #[test]
        fn what_holds_follows_from_the_newest_and_the_unfinished(mut deployments in vec(deployment(), 1..12)) {
            let before = deployments.clone();
            let holding = held(&before);
            for one in before.iter().filter(|one| !is_over(&one.status)) {
                prop_assert!(named_by(one).into_iter().all(|named| holding.contains(named)), "{one:?} is not over");
            }
            let newest_success = before.iter().filter(|one| one.status == "SUCCESSFUL").max_by_key(|one| one.created_at);
            let target = newest_success.and_then(|one| one.target_service_revision.as_ref());
            prop_assert!(target.is_none_or(|target| holding.contains(target.arn.as_str())));
            deployments.reverse();
            prop_assert_eq!(&held(&deployments), &holding, "whatever the order");
            if newest_success.is_some() {
                let ancient = ServiceDeployment {
                    status: "SUCCESSFUL".to_owned(),
                    created_at: Timestamp::from_second(0).ok(),
                    target_service_revision: Some(RevisionSummary { arn: "ancient".to_owned(), ..RevisionSummary::default() }),
                    ..ServiceDeployment::default()
                };
                deployments.push(ancient);
                prop_assert_eq!(&held(&deployments), &holding, "what is older holds nothing");
            }
        }
    }
}
