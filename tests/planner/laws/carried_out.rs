//! The world as a plan leaves it: what AWS would show, and what the ledger would hold, right after the last step.

use jettison::{
    inventory::{Inventory, Seen},
    ledger::Ledger,
    model::{Location, Timestamp},
    plan::{Action, Answer, Step},
};

fn is_of(step: &Step, location: &Location, cluster_arn: &str, service: &str) -> bool {
    let cluster = step.target.cluster.as_ref().map_or("", |cluster| cluster.as_str());
    step.target.location() == *location
        && cluster_arn.ends_with(&format!("/{cluster}"))
        && step.target.service.as_ref().is_some_and(|own| own.as_str() == service)
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

/// Carries out all steps at once, at `now`.
pub(super) fn carry_out(
    inventory: &Inventory,
    ledger: &Ledger,
    answer: &Answer,
    now: Timestamp,
) -> (Inventory, Ledger) {
    let (mut inventory, mut ledger) = (inventory.clone(), ledger.clone());
    for (location, resource) in &answer.in_use {
        ledger.observe(location, resource, now);
    }
    for (location, resource, ended) in &answer.ended {
        ledger.observe(location, resource, *ended);
    }
    for step in &answer.plan.steps {
        match step.action {
            Action::ScaleTaskSet => {}
            Action::DeleteTaskSet => delete_task_set(&mut inventory, step),
            Action::DeleteService => delete_service(&mut inventory, step),
            Action::DeregisterTaskDefinition => {
                for seen in inventory.task_definitions.iter_mut().filter(|seen| is_definition(step, seen)) {
                    seen.value.status = "INACTIVE".to_owned();
                    seen.value.deregistered_at = Some(now);
                }
            }
            Action::DeleteTaskDefinition => inventory.task_definitions.retain(|seen| !is_definition(step, seen)),
            Action::ArchiveImage => {
                let is_it = |seen: &&mut Seen<jettison::inventory::Image>| {
                    seen.location == step.target.location()
                        && Some(&seen.value.repository_name) == step.target.repository.as_ref()
                        && Some(&seen.value.image_digest) == step.target.digest.as_ref()
                };
                for seen in inventory.images.iter_mut().filter(is_it) {
                    (seen.value.image_status, seen.value.last_archived_at) = (Some("ARCHIVED".into()), Some(now));
                }
            }
            Action::DeleteImage => {
                let (repository, digest) = (step.target.repository.as_ref(), step.target.digest.as_ref());
                let at = step.target.location();
                inventory.images.retain(|seen| {
                    seen.location != at
                        || Some(&seen.value.repository_name) != repository
                        || Some(&seen.value.image_digest) != digest
                });
                inventory.manifests.retain(|seen| {
                    seen.location != at
                        || Some(&seen.value.repository_name) != repository
                        || Some(&seen.value.image_digest) != digest
                });
            }
        }
    }
    (inventory, ledger)
}

fn is_definition(step: &Step, seen: &Seen<jettison::inventory::TaskDefinition>) -> bool {
    seen.location == step.target.location()
        && step.target.family.as_ref().is_some_and(|family| family.as_str() == seen.value.family)
        && step.target.revision.is_some_and(|revision| revision.0 == seen.value.revision)
}

fn delete_task_set(inventory: &mut Inventory, step: &Step) {
    let id = step.target.task_set.as_ref().unwrap().as_str();
    for Seen { location, value } in &mut inventory.services {
        if is_of(step, location, &value.cluster_arn, &value.service_name) {
            value.task_sets.retain(|one| one.id != id);
        }
    }
    inventory.task_sets.retain(|seen| {
        seen.value.id != id || !is_of(step, &seen.location, &seen.value.cluster_arn, last(&seen.value.service_arn))
    });
}

/// AWS forgets deployments and revisions with their service.
fn delete_service(inventory: &mut Inventory, step: &Step) {
    let goes = |location: &Location, cluster_arn: &str, service_arn: &str| {
        is_of(step, location, cluster_arn, last(service_arn))
    };
    inventory.services.retain(|seen| !goes(&seen.location, &seen.value.cluster_arn, &seen.value.service_arn));
    inventory
        .service_deployments
        .retain(|seen| !goes(&seen.location, &seen.value.cluster_arn, &seen.value.service_arn));
    inventory.service_revisions.retain(|seen| !goes(&seen.location, &seen.value.cluster_arn, &seen.value.service_arn));
}
