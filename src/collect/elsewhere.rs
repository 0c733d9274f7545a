//! What holds definitions and images from outside ECS and ECR: one reader a source, all side by side.
#![cfg_attr(
    not(any(
        feature = "application-autoscaling",
        feature = "batch",
        feature = "codedeploy",
        feature = "eventbridge",
        feature = "lambda",
        feature = "scheduler",
        feature = "step-functions",
    )),
    expect(dead_code, reason = "no reader to serve")
)]

use std::{collections::BTreeSet, future::Future};

use futures::{
    StreamExt,
    future::{BoxFuture, join_all},
    stream::iter,
};

use super::scope::{ScopeSweep, absorb};
use crate::{
    aws::{AwsError, Batch, DefinitionStatus, ErrorKind},
    inventory::{Inventory, Reference},
    model::{Source, TaskDefinitionRef, task_definition_arn},
};

/// Reads a source of one scope.
type Read = for<'a> fn(&'a ScopeSweep<'a>) -> BoxFuture<'a, Inventory>;

/// Every source, and how it is read. One that the build was made without is not in the list, and `UNREAD` has it.
const READERS: &[(Source, Read)] = &[
    #[cfg(feature = "eventbridge")]
    (Source::Eventbridge, |sweep| Box::pin(sweep.eventbridge())),
    #[cfg(feature = "scheduler")]
    (Source::Scheduler, |sweep| Box::pin(sweep.scheduler())),
    #[cfg(feature = "step-functions")]
    (Source::StepFunctions, |sweep| Box::pin(sweep.step_functions())),
    #[cfg(feature = "lambda")]
    (Source::Lambda, |sweep| Box::pin(sweep.lambda())),
    #[cfg(feature = "batch")]
    (Source::Batch, |sweep| Box::pin(sweep.batch())),
    #[cfg(feature = "codedeploy")]
    (Source::Codedeploy, |sweep| Box::pin(sweep.codedeploy())),
    #[cfg(feature = "application-autoscaling")]
    (Source::ApplicationAutoscaling, |sweep| Box::pin(sweep.application_autoscaling())),
];

/// Objects of one source read at the same time. The limiter sets the pace; this only bounds what waits for it.
const OBJECTS_AT_ONCE: usize = 32;

impl ScopeSweep<'_> {
    /// All of them, without those that the policy waives.
    pub(super) async fn elsewhere(&self) -> Inventory {
        let readers = READERS.iter().filter(|(source, _)| !self.options.waives(*source));
        let parts = readers.map(|(source, read)| async move {
            self.started(*source);
            let part = read(self).await;
            self.finished(*source);
            part
        });
        let mut whole = Inventory::default();
        join_all(parts).await.into_iter().for_each(|part| absorb(&mut whole, part));
        whole
    }

    /// Describes the revisions of this scope to which a part of a sweep refers from elsewhere, and which it does not hold: one that is
    /// INACTIVE, one that was registered since the lists were read. The reference may be made in another account.
    pub(super) async fn definitions_from_elsewhere(&self, parts: &[Inventory]) -> Inventory {
        let location = self.session.location();
        let known = parts.iter().flat_map(|part| &part.task_definitions);
        let known: BTreeSet<_> = known.map(|seen| seen.value.task_definition_arn.as_str()).collect();
        let references = parts.iter().flat_map(|part| &part.references);
        let arns: BTreeSet<String> = references
            .filter_map(|seen| {
                let named = TaskDefinitionRef::parse(seen.value.task_definition.as_deref()?)?;
                let place = named.location.as_ref().unwrap_or(&seen.location);
                let revision = named.revision.filter(|_| place == location)?;
                Some(task_definition_arn(location, &named.family, revision))
            })
            .filter(|arn| !known.contains(arn.as_str()))
            .collect();
        let mut answers = iter(arns)
            .map(|arn| async move {
                // A cached copy has the same content whatever became of its status.
                let answer = self.definition(&arn, DefinitionStatus::Inactive).await;
                (arn, answer)
            })
            .buffer_unordered(OBJECTS_AT_ONCE);
        let mut part = Inventory::default();
        while let Some((arn, answer)) = answers.next().await {
            match answer {
                Ok(definition) => part.task_definitions.push(self.seen(definition)),
                // The reference stays, and whoever follows it finds that it leads nowhere.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => part.gaps.push(self.gap_after(Source::TaskDefinitions, Some(&arn), &error)),
            }
        }
        part
    }

    /// Takes what a list gave: its objects, or a gap of the source, or of `object` if the list belongs to one. A list of what
    /// is gone by now is empty.
    pub(super) fn listed<T>(
        &self,
        whole: &mut Inventory,
        source: Source,
        object: Option<&str>,
        list: Result<Batch<T>, AwsError>,
    ) -> Vec<T> {
        match list {
            Ok(list) => {
                whole.gaps.extend(list.failures.iter().map(|failure| self.gap_of(source, failure)));
                list.found
            }
            Err(error) if error.kind == ErrorKind::NotFound && object.is_some() => Vec::new(),
            Err(error) => {
                whole.gaps.push(self.gap_after(source, object, &error));
                Vec::new()
            }
        }
    }

    /// Waits for what each object refers to, many at a time, and counts them. `reads` gives an object's name, which a gap of
    /// it carries, and what was read; an object that is gone since it was listed refers to nothing.
    #[cfg_attr(
        all(
            any(feature = "application-autoscaling", feature = "batch", feature = "codedeploy", feature = "lambda",),
            not(any(feature = "eventbridge", feature = "scheduler", feature = "step-functions")),
        ),
        expect(dead_code, reason = "these sources are read in batches, or stop at the first refusal")
    )]
    pub(super) async fn references_of<F>(&self, whole: &mut Inventory, source: Source, reads: Vec<F>)
    where
        F: Future<Output = (String, Result<Batch<Reference>, AwsError>)> + Send,
    {
        self.found(source, reads.len());
        let mut answers = iter(reads).buffer_unordered(OBJECTS_AT_ONCE);
        while let Some((object, answer)) = answers.next().await {
            self.read(source, 1);
            let references = self.listed(whole, source, Some(&object), answer);
            whole.references.extend(references.into_iter().map(|reference| self.seen(reference)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::{READ, UNREAD};

    #[test]
    fn what_is_said_to_be_read_is_read() {
        for (source, _) in READERS {
            assert!(READ.contains(source) && !UNREAD.contains(source), "{source}");
        }
        let elsewhere = [
            Source::Eventbridge,
            Source::Scheduler,
            Source::StepFunctions,
            Source::Lambda,
            Source::Batch,
            Source::Codedeploy,
            Source::ApplicationAutoscaling,
        ];
        for source in elsewhere.iter().filter(|source| READ.contains(source)) {
            assert!(
                READERS.iter().any(|(reader, _)| reader == source),
                "{source} is neither read nor said to be unread"
            );
        }
    }
}
