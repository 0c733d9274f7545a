//! The figures of a plan: what goes, what it frees and what it takes.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{
    Action, Step, Summary,
    estate::Estate,
    prices::{Archiving, storage_usd},
};
use crate::model::{
    Location, RepositoryName,
    quota::{Bucket, DEREGISTRATION_SETTLES_SECONDS, batch},
};

/// What the steps come to. What is kept, deferred and blocked is not theirs to say.
pub(super) fn summarise(estate: &Estate<'_>, steps: &[Step]) -> Summary {
    let mut summary = Summary { actions: Action::ALL.map(|action| (action, 0)).into(), ..Summary::default() };
    for step in steps {
        *summary.actions.entry(step.action).or_default() += 1;
        if step.action == Action::DeleteImage {
            summary.bytes_reclaimed = summary.bytes_reclaimed + step.bytes;
        }
    }
    let alike: Vec<&[Step]> = steps.chunk_by(is_alike).collect();
    let findings = alike.par_iter().map(|alike| findings(estate, alike));
    summary.findings_removed = findings.reduce(BTreeMap::new, |mut sum, part| {
        part.into_iter().for_each(|(severity, number)| *sum.entry(severity).or_default() += number);
        sum
    });
    summary.monthly_savings_usd = storage_usd(summary.bytes_reclaimed);
    let archiving = Archiving::of(estate, steps);
    summary.bytes_archived = archiving.bytes;
    summary.monthly_savings_by_archiving_usd = archiving.monthly_savings_usd;
    let (calls, eta) = calls_and_eta(estate, steps);
    summary.api_calls = calls;
    summary.eta_seconds = eta;
    summary
}

/// The repository out of which images go.
fn container(step: &Step) -> &str {
    step.target.repository.as_ref().map_or("", RepositoryName::as_str)
}

/// Whether two steps do the same in one place, to images of one repository. Such steps nearly always follow each other.
fn is_alike(one: &Step, two: &Step) -> bool {
    (one.action, container(one)) == (two.action, container(two))
        && (&one.target.account_id, &one.target.region) == (&two.target.account_id, &two.target.region)
}

/// The scan findings that go with images of one repository, by severity. The steps are alike.
fn findings(estate: &Estate<'_>, steps: &[Step]) -> BTreeMap<String, u64> {
    let target = steps.first().filter(|step| step.action == Action::DeleteImage).map(|step| &step.target);
    let repository = target.and_then(|target| estate.images_of(&target.location(), target.repository.as_ref()?));
    let image = |step: &Step| {
        let repository = repository?;
        repository.images.get(repository.position(step.target.digest.as_ref()?)?).copied()
    };
    let mut sum: BTreeMap<&str, u64> = BTreeMap::new();
    for found in steps.iter().filter_map(image).filter_map(|image| image.image_scan_findings_summary.as_ref()) {
        for (severity, number) in found.finding_severity_counts.iter() {
            *sum.entry(severity).or_default() += number;
        }
    }
    sum.into_iter().map(|(severity, number)| (severity.to_owned(), number)).collect()
}

/// The mutating calls and roughly how long they take: per account, Region and bucket at the account's share, side by side.
fn calls_and_eta(estate: &Estate<'_>, steps: &[Step]) -> (BTreeMap<String, u64>, u64) {
    let mut batches: BTreeMap<(Location, Action, &str), usize> = BTreeMap::new();
    for alike in steps.chunk_by(is_alike) {
        let Some(step) = alike.first() else { continue };
        *batches.entry((step.target.location(), step.action, container(step))).or_default() += alike.len();
    }
    let mut calls: BTreeMap<String, u64> = BTreeMap::new();
    let mut seconds: BTreeMap<(Location, Bucket), f64> = BTreeMap::new();
    for ((location, action, _), steps) in batches {
        let (operation, bucket, size) = call(action);
        let number = count(steps.div_ceil(size));
        *calls.entry(operation.to_owned()).or_default() += number;
        let share = estate
            .scope(&location)
            .and_then(|scope| estate.policy().accounts.iter().find(|account| account.label == scope.account))
            .map_or(0.5, |account| account.quota_share);
        #[expect(clippy::cast_precision_loss, reason = "an estimate in seconds")]
        let number = number as f64;
        let rate = bucket.rate();
        let paced = (number - rate.burst * share).max(0.0) / (rate.per_second * share);
        *seconds.entry((location, bucket)).or_default() += paced;
    }
    let longest = seconds.values().copied().fold(0.0, f64::max);
    let settles = steps.iter().any(|step| step.action == Action::DeregisterTaskDefinition)
        && steps.iter().any(|step| step.action == Action::DeleteTaskDefinition && !step.after.is_empty());
    let settling = if settles { DEREGISTRATION_SETTLES_SECONDS } else { 0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, an estimate")]
    let eta = longest.ceil() as u64 + settling.unsigned_abs();
    (calls, eta)
}

/// The call that carries an action out, the bucket it draws from and how many objects it takes.
fn call(action: Action) -> (&'static str, Bucket, usize) {
    match action {
        Action::ScaleTaskSet => ("ecs:UpdateTaskSet", Bucket::EcsTaskSetModify, 1),
        Action::DeleteTaskSet => ("ecs:DeleteTaskSet", Bucket::EcsTaskSetModify, 1),
        Action::DeleteService => ("ecs:DeleteService", Bucket::EcsServiceModify, 1),
        Action::DeregisterTaskDefinition => ("ecs:DeregisterTaskDefinition", Bucket::EcsTaskDefinitionModify, 1),
        Action::DeleteTaskDefinition => {
            ("ecs:DeleteTaskDefinitions", Bucket::EcsTaskDefinitionDeletion, batch::DELETE_TASK_DEFINITIONS)
        }
        Action::ArchiveImage => ("ecr:UpdateImageStorageClass", Bucket::EcrModify, 1),
        Action::DeleteImage => ("ecr:BatchDeleteImage", Bucket::EcrModify, batch::IMAGES),
    }
}

pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
