//! What dates the last use of an object.

use std::cmp::Reverse;

use super::explanation::{Witness, WitnessKind};
use crate::{
    graph::Node,
    inventory::{Service, TaskDefinition},
    model::Timestamp,
    plan::{
        decide::Verdicts,
        estate::Estate,
        images::UnitView,
        pulls::last_pull,
        services,
        task_sets::{Family, lost_its_role_at},
    },
};

/// The instant that ages are counted from, and all that was asked for it, the latest first.
pub(super) fn witnesses(
    estate: &Estate<'_>,
    verdicts: &Verdicts<'_, '_>,
    node: &Node,
    unit: Option<&UnitView<'_>>,
) -> (Option<Timestamp>, Vec<Witness>) {
    let (last_use, mut told) = match node {
        Node::Service { .. } => of_service(estate, node),
        Node::TaskSet { .. } => of_task_set(estate, node),
        Node::TaskDefinition(_) => of_definition(estate, verdicts, node),
        Node::Image(_) => unit.map(|unit| of_unit(estate, verdicts, node, unit)).unwrap_or_default(),
        Node::Task { .. } | Node::External { .. } | Node::Tag { .. } => (None, Vec::new()),
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

fn of_service(estate: &Estate<'_>, node: &Node) -> (Option<Timestamp>, Vec<Witness>) {
    let mut services = estate.question.inventory.services.iter();
    let Some(seen) = services.find(|seen| Node::service(&seen.location, &seen.value) == *node) else {
        return (None, Vec::new());
    };
    let service: &Service = &seen.value;
    let told = [
        dated(WitnessKind::Seen, estate.last_seen(node)),
        dated(WitnessKind::Changed, services::changed_at(estate, node, service)),
        Some(certain(WitnessKind::Created, service.created_at)),
    ];
    (services::idle_since(estate, node, service).known(), told.into_iter().flatten().collect())
}

fn of_task_set(estate: &Estate<'_>, node: &Node) -> (Option<Timestamp>, Vec<Witness>) {
    for seen in estate.question.inventory.services.iter().filter(|seen| seen.location == *node.location()) {
        let Some(scope) = estate.scope(&seen.location) else { continue };
        let family = Family::of(estate, scope, seen);
        let Some((_, task_set)) = family.members.iter().find(|(one, _)| one == node) else { continue };
        let took_over =
            lost_its_role_at(&family, task_set).filter(|at| Some(*at) > task_set.created_at.max(task_set.updated_at));
        let told = [
            Some(certain(WitnessKind::Created, task_set.created_at)),
            dated(WitnessKind::Changed, task_set.updated_at),
            dated(WitnessKind::TookOver, took_over),
        ];
        return (task_set.created_at, told.into_iter().flatten().collect());
    }
    (None, Vec::new())
}

fn of_definition(estate: &Estate<'_>, verdicts: &Verdicts<'_, '_>, node: &Node) -> (Option<Timestamp>, Vec<Witness>) {
    let Some(seen) = estate.definitions.get(node) else { return (None, Vec::new()) };
    let definition: &TaskDefinition = &seen.value;
    let evidence = &verdicts.evidence;
    let past = evidence.history.of(node);
    let pulled =
        evidence.images_of(node).filter_map(|(image, seen)| Some((last_pull(estate, image, seen)?, image))).max();
    let is_active = definition.status == "ACTIVE";
    let mut told = vec![certain(WitnessKind::Registered, definition.registered_at)];
    told.extend(dated(WitnessKind::Seen, estate.last_seen(node)));
    told.extend(dated(WitnessKind::Succeeded, evidence.succeeded_at.get(node).copied()));
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
    let last_use =
        if is_active { evidence.of_definition(node, definition).known() } else { definition.deregistered_at };
    (last_use, told)
}

fn of_unit(
    estate: &Estate<'_>,
    verdicts: &Verdicts<'_, '_>,
    node: &Node,
    unit: &UnitView<'_>,
) -> (Option<Timestamp>, Vec<Witness>) {
    let evidence = &verdicts.evidence;
    let mut told: Vec<Witness> = Vec::new();
    for member in &unit.members {
        let Some(seen) = estate.images.get(member) else { continue };
        let image = &seen.value;
        let past = evidence.history.of(member);
        let mut own = vec![certain(WitnessKind::Pushed, image.image_pushed_at)];
        own.extend(dated(WitnessKind::Pulled, last_pull(estate, member, image)));
        own.extend(dated(WitnessKind::Reactivated, image.last_activated_at));
        own.extend(dated(WitnessKind::Seen, estate.last_seen(member)));
        own.extend(dated(WitnessKind::Deployed, past.at));
        if past.is_unknown {
            own.push(certain(WitnessKind::Deployed, None));
        }
        for one in &mut own {
            one.of = (member != node).then(|| member.to_string());
        }
        told.append(&mut own);
        for definition in evidence.definitions_of(member).filter(|definition| definition.status != "ACTIVE") {
            let name = format!("task definition {}:{}", definition.family, definition.revision);
            let at = definition.deregistered_at.max(definition.delete_requested_at);
            told.push(Witness { of: Some(name), ..certain(WitnessKind::Deregistered, at) });
        }
    }
    let images = unit.members.iter().filter_map(|member| Some((member, &estate.images.get(member)?.value)));
    (evidence.of_images(images).known(), latest_of_each(told))
}

/// Of each kind the latest, and one that has no date.
fn latest_of_each(mut told: Vec<Witness>) -> Vec<Witness> {
    told.sort_by(|left, right| (left.what, right.at, &left.of).cmp(&(right.what, left.at, &right.of)));
    told.dedup_by(|later, first| later.what == first.what && later.at.is_some() == first.at.is_some());
    told
}
