//! What dates the last use of an object.

use std::cmp::Reverse;

use super::{
    explanation::{Witness, WitnessKind},
    view::View,
};
use crate::{
    graph::Node,
    inventory::{Service, TaskSet},
    model::{Resource, Timestamp},
    plan::{
        decide::Groundwork,
        definitions::DefinitionView,
        estate::Estate,
        images::ImageView,
        services,
        task_sets::{Family, lost_its_role_at},
    },
};

/// The instant that ages are counted from, and all that was asked for it, the latest first.
pub(super) fn witnesses(
    estate: &Estate<'_>,
    groundwork: &Groundwork<'_, '_>,
    view: &View<'_, '_>,
    resource: &Resource,
) -> (Option<Timestamp>, Vec<Witness>) {
    let (last_use, mut told) = match view {
        View::Service { node, service, .. } => of_service(estate, node, service),
        View::TaskSet { family, task_set, .. } => of_task_set(family, task_set),
        View::Definition(definition) => of_definition(estate, groundwork, definition),
        View::Image(image) => of_unit(groundwork, image, resource),
    };
    told.sort_by_key(|one| Reverse(one.at));
    if let Some(one) = told.iter_mut().find(|one| one.at.is_some() && one.at == last_use) {
        one.counts = true;
    }
    (last_use, told)
}

/// Something dated. `None` says that nothing of the kind happened.
fn dated(what: WitnessKind, at: Option<Timestamp>) -> Option<Witness> {
    at.map(|at| Witness { what, of: None, at: Some(at), counts: false })
}

/// Something that has a date, which AWS may not tell.
fn certain(what: WitnessKind, at: Option<Timestamp>) -> Witness {
    Witness { what, of: None, at, counts: false }
}

fn of_service(estate: &Estate<'_>, node: &Node, service: &Service) -> (Option<Timestamp>, Vec<Witness>) {
    let told = [
        dated(WitnessKind::Seen, estate.last_seen(node)),
        dated(WitnessKind::Changed, services::changed_at(estate, node, service)),
        Some(certain(WitnessKind::Created, service.created_at)),
    ];
    (services::idle_since(estate, node, service).known(), told.into_iter().flatten().collect())
}

fn of_task_set(family: &Family<'_>, task_set: &TaskSet) -> (Option<Timestamp>, Vec<Witness>) {
    let own = task_set.created_at.max(task_set.updated_at);
    let told = [
        Some(certain(WitnessKind::Created, task_set.created_at)),
        dated(WitnessKind::Changed, task_set.updated_at),
        dated(WitnessKind::TookOver, lost_its_role_at(family, task_set).filter(|at| Some(*at) > own)),
    ];
    (task_set.created_at, told.into_iter().flatten().collect())
}

fn of_definition(
    estate: &Estate<'_>,
    groundwork: &Groundwork<'_, '_>,
    view: &DefinitionView<'_, '_>,
) -> (Option<Timestamp>, Vec<Witness>) {
    let (node, definition) = (view.revision.node, view.revision.definition);
    let past = groundwork.evidence.history.of_definition(node);
    let images = groundwork.evidence.images_of(node).into_iter();
    let pulled = images.filter_map(|image| Some((estate.last_pull(image)?, estate.graph.node(image)?))).max();
    let is_active = definition.status == "ACTIVE";
    let mut told = vec![certain(WitnessKind::Registered, definition.registered_at)];
    told.extend(dated(WitnessKind::Seen, estate.graph.node(node).and_then(|node| estate.last_seen(node))));
    told.extend(dated(WitnessKind::Succeeded, view.revision.succeeded_at));
    told.extend(dated(WitnessKind::Deployed, past.at));
    if past.is_unknown {
        told.push(certain(WitnessKind::Deployed, None));
    }
    told.extend(
        pulled.map(|(at, image)| Witness { of: Some(image.to_string()), ..certain(WitnessKind::Pulled, Some(at)) }),
    );
    if !is_active {
        told.push(certain(WitnessKind::Deregistered, definition.deregistered_at));
    }
    // What was deregistered is counted from that.
    (if is_active { view.last_use.known() } else { definition.deregistered_at }, told)
}

fn of_unit(
    groundwork: &Groundwork<'_, '_>,
    view: &ImageView<'_>,
    resource: &Resource,
) -> (Option<Timestamp>, Vec<Witness>) {
    let mut told: Vec<Witness> = Vec::new();
    for member in &view.members {
        let it = &member.dated;
        let mut own = vec![certain(WitnessKind::Pushed, it.image.image_pushed_at)];
        own.extend(dated(WitnessKind::Pulled, it.pulled));
        own.extend(dated(WitnessKind::Reactivated, it.image.last_activated_at));
        own.extend(dated(WitnessKind::Seen, it.seen));
        own.extend(dated(WitnessKind::Deployed, it.past.at));
        if it.past.is_unknown {
            own.push(certain(WitnessKind::Deployed, None));
        }
        for one in &mut own {
            one.of = (member.resource != *resource).then(|| member.name.clone());
        }
        told.append(&mut own);
        let definitions = groundwork.evidence.definitions_of(it.node).into_iter();
        for definition in definitions.filter(|definition| definition.status != "ACTIVE") {
            let name = format!("task definition {}:{}", definition.family, definition.revision);
            let at = definition.deregistered_at.max(definition.delete_requested_at);
            told.push(Witness { of: Some(name), ..certain(WitnessKind::Deregistered, at) });
        }
    }
    (view.last_use.known(), latest_of_each(told))
}

/// Of each kind the latest, and one that has no date.
fn latest_of_each(mut told: Vec<Witness>) -> Vec<Witness> {
    told.sort_by(|left, right| (left.what, right.at, &left.of).cmp(&(right.what, left.at, &right.of)));
    told.dedup_by(|later, first| later.what == first.what && later.at.is_some() == first.at.is_some());
    told
}
