//! Law L1: nothing that a kept holder reaches is ever retired.

use std::collections::BTreeSet;

use jettison::plan::Action;

use super::{
    super::oracle::{DefinitionName, ImageName, Oracle, Thing, definition_name, image_name},
    ensure, holds, now, retired,
};

/// "Nothing that a kept holder reaches is ever retired." Said without rules, ages or windows: once the plan is carried out,
/// everything that is left finds what it names, and what that needs.
#[test]
fn law_1_reachable_stays() {
    holds("law_1_reachable_stays", 2, |case| {
        let oracle = Oracle::new(case.inventory, case.policy, case.ledger, now());
        let goes = retired(case.plan);
        let is_gone =
            |thing: Thing| thing != Thing::Fixed && oracle.is_ours(thing) && goes.contains(&oracle.address(thing));
        let definitions = &case.inventory.task_definitions;
        let gone: BTreeSet<DefinitionName> = (0..definitions.len())
            .filter(|index| is_gone(Thing::Definition(*index)))
            .map(|index| definition_name(&definitions[index]))
            .collect();
        let images = &case.inventory.images;
        let lost: BTreeSet<ImageName> = (0..images.len())
            .filter(|index| is_gone(Thing::Image(*index)))
            .map(|index| image_name(&images[index]))
            .collect();
        let mut run: BTreeSet<&DefinitionName> = BTreeSet::new();
        for holder in oracle.holders.iter().filter(|holder| !is_gone(holder.thing)) {
            if !matches!(holder.thing, Thing::Definition(_)) {
                run.extend(&holder.uses.definitions);
            }
        }
        ensure(run.iter().all(|name| !gone.contains(*name)), || format!("run, and gone: {gone:?}"))?;
        for holder in oracle.holders.iter().filter(|holder| !is_gone(holder.thing)) {
            let needs = match holder.thing {
                // What nothing runs and nobody can run any more needs nothing.
                Thing::Definition(index) => {
                    let status = definitions[index].value.status.as_str();
                    !["INACTIVE", "DELETE_IN_PROGRESS"].contains(&status)
                        || oracle.is_protected_definition(&definitions[index])
                        || run.contains(&definition_name(&definitions[index]))
                }
                Thing::Service(_) | Thing::TaskSet(_) | Thing::Image(_) | Thing::Fixed => true,
            };
            let missing = holder.uses.images.iter().find(|name| needs && lost.contains(*name));
            ensure(missing.is_none(), || format!("{:?} needs {missing:?}, and it is gone", holder.thing))?;
        }
        // What is left of an index or a subject is left whole. What is in the archive already needs its parts there, and no more.
        let deletions = case.plan.steps.iter().filter(|step| step.action == Action::DeleteImage);
        let deleted: BTreeSet<String> = deletions.map(|step| step.address.to_string()).collect();
        for index in (0..images.len()).filter(|index| !is_gone(Thing::Image(*index))) {
            let is_archived = images[index].value.image_status.as_deref() == Some("ARCHIVED");
            let is_missed = |part: &usize| {
                lost.contains(&image_name(&images[*part]))
                    && (!is_archived || deleted.contains(&oracle.address(Thing::Image(*part))))
            };
            let broken = oracle.below(index).into_iter().find(is_missed);
            ensure(broken.is_none(), || format!("{:?} stays without a part of it", image_name(&images[index])))?;
        }
        Ok(())
    });
}

/// L12, said in the plainest words, without an oracle: no service with a task or a desired count goes, no PRIMARY task set, and
/// none of CodeDeploy's.
#[test]
fn law_12_nothing_is_forced() {
    holds("law_12_nothing_is_forced", 2, |case| {
        for step in &case.plan.steps {
            let target = &step.target;
            let Some(service) = &target.service else { continue };
            let seen = case.inventory.services.iter().find(|seen| {
                seen.location == target.location()
                    && seen.value.service_name == service.as_str()
                    && seen.value.cluster_arn.ends_with(&format!("/{}", target.cluster.as_ref().unwrap()))
            });
            let service = &seen.unwrap().value;
            let controller = service.deployment_controller.as_ref().map_or("", |controller| controller.kind.as_str());
            if let Some(id) = &target.task_set {
                let described = case.inventory.task_sets.iter().map(|seen| &seen.value);
                let mut shown =
                    service.task_sets.iter().chain(described.filter(|one| one.service_arn == service.service_arn));
                let bad = shown.find(|one| {
                    let is_owned = one.started_by.as_deref() == Some("CODE_DEPLOY") || controller == "CODE_DEPLOY";
                    one.id == id.as_str() && (one.status == "PRIMARY" || is_owned)
                });
                ensure(bad.is_none(), || format!("{} {}: {bad:?}", step.action, step.address))?;
            } else {
                let counts = [service.desired_count, service.running_count, service.pending_count];
                ensure(counts == [0, 0, 0], || format!("{} {} has tasks: {counts:?}", step.action, step.address))?;
            }
        }
        Ok(())
    });
}
