//! Task definitions: listed by status, each described once.

use std::collections::HashSet;

use futures::{StreamExt, future::join, stream::poll_fn};
use tokio::sync::mpsc;

use super::{cache, scope::ScopeSweep};
use crate::{
    aws::{AwsError, DefinitionStatus, ErrorKind},
    inventory::{Inventory, TaskDefinition},
    model::Source,
};

/// Definitions described at the same time: twenty a second pass AWS's quota, and each takes a moment.
const DESCRIBED_AT_ONCE: usize = 32;
/// Failures that are not about the one definition, after which describing stops: it would not get better.
const PATIENCE: usize = 10;

impl ScopeSweep<'_> {
    /// The definitions in `statuses`. Describing begins with the first page, so that no quota goes unused.
    pub(super) async fn definitions(&self, statuses: &[DefinitionStatus]) -> Inventory {
        self.started(Source::TaskDefinitions);
        let (found, listed) = mpsc::unbounded_channel();
        let (gaps, mut whole) = join(self.list_definitions(statuses, found), self.describe_definitions(listed)).await;
        whole.gaps.extend(gaps);
        self.finished(Source::TaskDefinitions);
        whole
    }

    /// One status after the other, in the order in which a definition goes through them: one that moves on meanwhile
    /// is then listed twice, not never.
    async fn list_definitions(
        &self,
        statuses: &[DefinitionStatus],
        found: mpsc::UnboundedSender<(DefinitionStatus, String)>,
    ) -> Vec<crate::inventory::Gap> {
        let mut gaps = Vec::new();
        let mut seen = HashSet::new();
        for status in statuses {
            let page = |arns: Vec<String>| {
                for arn in arns {
                    if seen.insert(arn.clone()) {
                        self.found(Source::TaskDefinitions, 1);
                        // Nobody listens any more once describing was given up, and that is a gap already.
                        let _ = found.send((*status, arn));
                    }
                }
            };
            if let Err(error) = self.session.list_task_definitions(*status, page).await {
                let text = format!("{} (listing {} definitions)", error.summary(), status.as_str());
                gaps.push(self.gap(Source::TaskDefinitions, None, text));
            }
        }
        gaps
    }

    async fn describe_definitions(&self, mut listed: mpsc::UnboundedReceiver<(DefinitionStatus, String)>) -> Inventory {
        let mut whole = Inventory::default();
        let mut failures = 0;
        let mut answers = poll_fn(move |context| listed.poll_recv(context))
            .map(|(status, arn)| async move {
                let answer = self.definition(&arn, status).await;
                (arn, answer)
            })
            .buffer_unordered(DESCRIBED_AT_ONCE);
        while let Some((arn, answer)) = answers.next().await {
            self.read(Source::TaskDefinitions, 1);
            match answer {
                Ok(definition) => whole.task_definitions.push(self.seen(definition)),
                Err(error) => {
                    failures += weight(error.kind);
                    if failures >= PATIENCE {
                        whole.gaps.push(self.gap_after(Source::TaskDefinitions, None, &error));
                        break;
                    }
                    whole.gaps.push(self.gap_after(Source::TaskDefinitions, Some(&arn), &error));
                }
            }
        }
        whole
    }

    /// A definition that was listed in `status`, from the cache if it was described in that status before.
    pub(super) async fn definition(&self, arn: &str, status: DefinitionStatus) -> Result<TaskDefinition, AwsError> {
        if let Some(known) = cache::definition(self.cache, arn, status.as_str()).await {
            return Ok(known);
        }
        let definition = self.session.describe_task_definition(arn).await?;
        cache::keep_definition(self.cache, &definition).await;
        Ok(definition)
    }
}

/// How much of the patience a failure uses up.
const fn weight(kind: ErrorKind) -> usize {
    match kind {
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Garbled => 0,
        ErrorKind::Throttled | ErrorKind::ServerFault | ErrorKind::Unanswered | ErrorKind::Unreachable => 1,
        ErrorKind::NoCredentials
        | ErrorKind::ExpiredCredentials
        | ErrorKind::RejectedCredentials
        | ErrorKind::RoleRefused
        | ErrorKind::WrongAccount
        | ErrorKind::RegionNotEnabled
        | ErrorKind::AccessDenied => PATIENCE,
    }
}
