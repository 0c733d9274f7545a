//! Managed daemons: what they run, what they would go back to, and their own task definitions.

use std::collections::BTreeSet;

use futures::{StreamExt, stream::iter};

use super::{cache, patience::Patience, scope::ScopeSweep};
use crate::{
    aws::{AwsError, ErrorKind, ListedDaemonDefinition},
    inventory::{Daemon, DaemonTaskDefinition, Inventory, Seen},
    model::{Source, quota::batch::DESCRIBE_DAEMON_PARTS},
};

const DESCRIBED_AT_ONCE: usize = 16;
/// A daemon task definition that is gone; lists may still show it.
const DELETED: &str = "DELETED";

impl ScopeSweep<'_> {
    /// The daemons of a cluster.
    pub(super) async fn daemons(&self, cluster: &str, is_inactive: bool) -> Inventory {
        let mut whole = Inventory::default();
        if self.options.waives(Source::Daemons) {
            return whole;
        }
        let arns = match self.session.list_daemons(cluster).await {
            Ok(listed) => {
                whole.gaps.extend(listed.failures.iter().map(|failure| self.gap_of(Source::Daemons, failure)));
                listed.found
            }
            Err(error) if is_inactive && error.kind == ErrorKind::NotFound => return whole,
            Err(error) => {
                whole.gaps.push(self.gap_after(Source::Daemons, Some(cluster), &error));
                return whole;
            }
        };
        self.found(Source::Daemons, arns.len());
        let mut answers = iter(arns)
            .map(|arn| async move { (self.session.describe_daemon(&arn).await, arn) })
            .buffer_unordered(DESCRIBED_AT_ONCE);
        let mut patience = Patience::new();
        while let Some((answer, arn)) = answers.next().await {
            self.read(Source::Daemons, 1);
            match answer {
                Ok(daemon) => whole.daemons.push(self.seen(daemon)),
                Err(error) if patience.ends_with(error.kind) => {
                    whole.gaps.push(self.gap_after(Source::Daemons, None, &error));
                    break;
                }
                Err(error) => whole.gaps.push(self.gap_after(Source::Daemons, Some(&arn), &error)),
            }
        }
        whole
    }

    /// The revisions that daemons run, come from, go to or went back to.
    pub(super) async fn daemon_revisions(&self, daemons: &[Seen<Daemon>]) -> Inventory {
        let mut whole = Inventory::default();
        let deployments = daemons.iter().filter_map(|seen| seen.value.deployment_arn.clone()).collect();
        let ask = |batch: Vec<String>| async move { self.session.describe_daemon_deployments(&batch).await };
        let deployments = iter(self.counted(deployments));
        let deployments = self.describe_all(Source::Daemons, deployments, DESCRIBE_DAEMON_PARTS, ask).await;
        whole.gaps.extend(deployments.gaps);
        let current = daemons.iter().flat_map(|seen| &seen.value.current_revisions).map(|revision| &revision.arn);
        let of_deployments = deployments.found.iter().flat_map(|deployment| &deployment.revisions);
        let named: BTreeSet<String> = current.chain(of_deployments).cloned().collect();
        let mut unknown = BTreeSet::new();
        for arn in named {
            match cache::daemon_revision(self.cache, &arn).await {
                Some(known) => whole.daemon_revisions.push(self.seen(known)),
                None => {
                    unknown.insert(arn);
                }
            }
        }
        let ask = |batch: Vec<String>| async move { self.session.describe_daemon_revisions(&batch).await };
        let unknown = iter(self.counted(unknown));
        let answer = self.describe_all(Source::Daemons, unknown, DESCRIBE_DAEMON_PARTS, ask).await;
        whole.gaps.extend(answer.gaps);
        for revision in answer.found {
            cache::keep_daemon_revision(self.cache, &revision).await;
            whole.daemon_revisions.push(self.seen(revision));
        }
        whole
    }

    fn counted(&self, arns: BTreeSet<String>) -> BTreeSet<String> {
        self.found(Source::Daemons, arns.len());
        arns
    }

    /// Task definitions of daemons, but for those that are gone.
    pub(super) async fn daemon_definitions(&self) -> Inventory {
        let mut whole = Inventory::default();
        if self.options.waives(Source::Daemons) {
            return whole;
        }
        let listed = match self.session.list_daemon_task_definitions().await {
            Ok(listed) => listed,
            Err(error) => {
                whole.gaps.push(self.gap_after(Source::Daemons, None, &error));
                return whole;
            }
        };
        whole.gaps.extend(listed.failures.iter().map(|failure| self.gap_of(Source::Daemons, failure)));
        let definitions: BTreeSet<_> = listed.found.into_iter().filter(|listed| listed.status != DELETED).collect();
        self.found(Source::Daemons, definitions.len());
        let mut answers = iter(definitions)
            .map(|listed| async move { (self.daemon_definition(&listed).await, listed) })
            .buffer_unordered(DESCRIBED_AT_ONCE);
        let mut patience = Patience::new();
        while let Some((answer, listed)) = answers.next().await {
            self.read(Source::Daemons, 1);
            match answer {
                Ok(definition) if definition.status == DELETED => {}
                Ok(definition) => whole.daemon_task_definitions.push(self.seen(definition)),
                Err(error) if patience.ends_with(error.kind) => {
                    whole.gaps.push(self.gap_after(Source::Daemons, None, &error));
                    break;
                }
                Err(error) => whole.gaps.push(self.gap_after(Source::Daemons, Some(&listed.arn), &error)),
            }
        }
        whole
    }

    async fn daemon_definition(&self, listed: &ListedDaemonDefinition) -> Result<DaemonTaskDefinition, AwsError> {
        if let Some(known) = cache::daemon_definition(self.cache, &listed.arn, &listed.status).await {
            return Ok(known);
        }
        let definition = self.session.describe_daemon_task_definition(&listed.arn).await?;
        cache::keep_daemon_definition(self.cache, &definition).await;
        Ok(definition)
    }
}
