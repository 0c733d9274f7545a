//! Service revisions: the definitions that services run, ran or would go back to, and the digests that were pinned.

use std::collections::HashSet;

use futures::future::join;
use tokio::sync::mpsc;

use super::{
    batches::received,
    cache,
    deployments::{is_over, telling},
    scope::{ScopeSweep, absorb},
};
use crate::{
    inventory::{Inventory, ServiceDeployment},
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
