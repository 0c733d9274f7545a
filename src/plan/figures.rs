//! The figures of a plan: what goes, what it frees and what it takes.

use std::collections::BTreeMap;

use super::{
    Action, Step, Summary,
    estate::Estate,
    prices::{Archiving, storage_usd},
};
use crate::{
    graph::{ImageKey, Node},
    model::{
        Kind, Location, Resource,
        quota::{Bucket, DEREGISTRATION_SETTLES_SECONDS, batch},
    },
};

/// What the steps come to. What is kept, deferred and blocked is not theirs to say.
pub(super) fn summarise(estate: &Estate<'_>, steps: &[Step]) -> Summary {
    let mut summary = Summary { actions: Action::ALL.map(|action| (action, 0)).into(), ..Summary::default() };
    for step in steps {
        *summary.actions.entry(step.action).or_default() += 1;
        if step.action != Action::DeleteImage {
            continue;
        }
        summary.bytes_reclaimed = summary.bytes_reclaimed + step.bytes;
        if let Some(resource) = step.target.resource(Kind::Image)
            && let Resource::Image { repository, digest } = resource
        {
            let registry = step.target.location();
            let node = Node::Image(ImageKey { registry, repository, digest });
            let findings = estate.images.get(&node).and_then(|seen| seen.value.image_scan_findings_summary.as_ref());
            for (severity, number) in findings.into_iter().flat_map(|summary| &summary.finding_severity_counts) {
                *summary.findings_removed.entry(severity.clone()).or_default() += number;
            }
        }
    }
    summary.monthly_savings_usd = storage_usd(summary.bytes_reclaimed);
    let archiving = Archiving::of(estate, steps);
    summary.bytes_archived = archiving.bytes;
    summary.monthly_savings_by_archiving_usd = archiving.monthly_savings_usd;
    let (calls, eta) = calls_and_eta(estate, steps);
    summary.api_calls = calls;
    summary.eta_seconds = eta;
    summary
}

/// The mutating calls and roughly how long they take: per account, Region and bucket at the account's share, side by side.
fn calls_and_eta(estate: &Estate<'_>, steps: &[Step]) -> (BTreeMap<String, u64>, u64) {
    let mut batches: BTreeMap<(Location, Action, String), usize> = BTreeMap::new();
    for step in steps {
        let container = step.target.repository.as_ref().map_or_else(String::new, ToString::to_string);
        *batches.entry((step.target.location(), step.action, container)).or_default() += 1;
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
