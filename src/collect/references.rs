//! Definitions that something refers to although they are not ACTIVE: their images are held as much as any.

use std::collections::BTreeSet;

use futures::{StreamExt, stream::iter};

use super::scope::ScopeSweep;
use crate::{
    aws::DefinitionStatus,
    inventory::{Inventory, Service},
    model::{Arn, Location, Source, TaskDefinitionRef},
};

const DESCRIBED_AT_ONCE: usize = 32;

impl ScopeSweep<'_> {
    /// Describes what `whole` refers to and does not hold.
    pub(super) async fn referenced_definitions(&self, whole: &Inventory) -> Inventory {
        let mut part = Inventory::default();
        let arns = self.referenced_and_absent(whole);
        let mut answers = iter(arns)
            .map(|arn| async move {
                // A cached copy has the same content whatever became of its status.
                let answer = self.definition(&arn, DefinitionStatus::Inactive).await;
                (arn, answer)
            })
            .buffer_unordered(DESCRIBED_AT_ONCE);
        while let Some((arn, answer)) = answers.next().await {
            match answer {
                Ok(definition) => part.task_definitions.push(self.seen(definition)),
                Err(error) => {
                    let text = format!("{} (referred to, and not listed as ACTIVE)", error.summary());
                    part.gaps.push(self.gap(Source::TaskDefinitions, Some(&arn), text));
                }
            }
        }
        part
    }

    fn referenced_and_absent(&self, whole: &Inventory) -> BTreeSet<String> {
        let key = |text: &str| TaskDefinitionRef::parse(text).map(|found| (found.family, found.revision));
        let known = whole.task_definitions.iter().map(|seen| &seen.value.task_definition_arn);
        // What is a gap already stays one.
        let known = known.chain(whole.gaps.iter().filter_map(|gap| gap.object.as_ref()));
        let known: BTreeSet<_> = known.filter_map(|arn| key(arn)).collect();
        let tasks = whole.tasks.iter().filter_map(|seen| seen.value.task_definition_arn.as_ref());
        let services = whole.services.iter().flat_map(|seen| definitions_of(&seen.value));
        let task_sets = whole.task_sets.iter().filter_map(|seen| seen.value.task_definition.as_ref());
        let revisions = whole.service_revisions.iter().filter_map(|seen| seen.value.task_definition.as_ref());
        let references = whole.references.iter().filter(|seen| seen.location == *self.session.location());
        let references = references.filter_map(|seen| seen.value.task_definition.as_ref());
        // One that names no revision is an expression, or means whatever is newest when it runs: nothing to describe.
        let references = references.filter(|text| key(text).is_some_and(|(_, revision)| revision.is_some()));
        tasks
            .chain(services)
            .chain(task_sets)
            .chain(revisions)
            .chain(references)
            .filter(|text| is_here(text, self.session.location()))
            .filter(|text| key(text).is_none_or(|key| !known.contains(&key)))
            .cloned()
            .collect()
    }
}

fn definitions_of(service: &Service) -> impl Iterator<Item = &String> {
    let deployments = service.deployments.iter().filter_map(|deployment| deployment.task_definition.as_ref());
    let task_sets = service.task_sets.iter().filter_map(|task_set| task_set.task_definition.as_ref());
    service.task_definition.iter().chain(deployments).chain(task_sets)
}

/// ECS takes definitions of the same account and Region only; the check keeps a strange ARN from becoming a call.
fn is_here(text: &str, location: &Location) -> bool {
    Arn::parse(text)
        .is_none_or(|arn| arn.account_id == location.account_id.as_str() && arn.region == location.region.as_str())
}
