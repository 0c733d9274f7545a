//! The past of services, and daemons and registries, for generated worlds.

use jettison::inventory::{
    ContainerDefinition, ContainerImage, Daemon, DaemonRevision, DaemonRevisionSummary, DaemonTaskDefinition,
    DeleteReplication, Inventory, Registry, ReplicationConfiguration, ReplicationDestination, ReplicationRule,
    RepositoryFilter, RevisionSummary, Rollback, Seen, ServiceDeployment, ServiceRevision,
};

use super::{
    generate::{AT, Bytes, DIGESTS, Dice, Known, PLACES, definition_reference, maybe_time, place, time, uri},
    world::digest,
};

/// Bytes to decode it from.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) deployments: Vec<Bytes>,
    pub(super) revisions: Vec<Bytes>,
    pub(super) daemons: Vec<Bytes>,
    pub(super) registries: Vec<Bytes>,
}

const STATUSES: [&str; 12] = [
    "SUCCESSFUL",
    "SUCCESSFUL",
    "SUCCESSFUL",
    "SUCCESSFUL",
    "STOPPED",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
    "STOPPED",
    "IN_PROGRESS",
    "SUCCESSFUL",
    "BAKING_A_CAKE",
];

impl Past {
    pub(super) fn fill(&self, inventory: &mut Inventory, known: &Known) {
        if !inventory.services.is_empty() {
            for (number, bytes) in self.revisions.iter().enumerate() {
                inventory.service_revisions.extend(revision(bytes, number, inventory, known));
            }
            for (number, bytes) in self.deployments.iter().enumerate() {
                inventory.service_deployments.push(deployment(bytes, number, inventory, known));
            }
            for (number, bytes) in self.revisions.iter().enumerate() {
                let owner = usize::from(bytes[0]) % inventory.services.len();
                let arn = revision_arn(&inventory.services[owner].value.service_arn, number);
                let is_there = inventory.service_revisions.iter().any(|seen| seen.value.service_revision_arn == arn);
                if bytes[1] % 4 == 3 && (is_there || !known.is_calm) {
                    inventory.services[owner].value.current_service_revisions.push(named(arn));
                }
            }
        }
        for (number, bytes) in self.daemons.iter().enumerate() {
            daemon(bytes, number, inventory, known);
        }
        inventory.registries.extend(self.registries.iter().map(|bytes| registry(bytes)));
    }
}

fn revision_arn(service_arn: &str, number: usize) -> String {
    format!("{}/{number}", service_arn.replacen(":service/", ":service-revision/", 1))
}

fn named(arn: String) -> RevisionSummary {
    RevisionSummary { arn, ..RevisionSummary::default() }
}

fn container(dice: &mut Dice<'_>, known: &Known) -> ContainerImage {
    let image = (!dice.once_in(8)).then(|| uri(dice, known.is_calm));
    let image_digest = match dice.roll() % 8 {
        0..=2 => None,
        3..=6 => Some(digest(dice.pick(&DIGESTS)).to_string()),
        _ if known.is_calm => None,
        _ => Some("not a digest".to_owned()),
    };
    ContainerImage { container_name: "app".to_owned(), image, image_digest }
}

/// A revision of a service; the first byte says of which.
fn revision(bytes: &[u8], number: usize, inventory: &Inventory, known: &Known) -> Option<Seen<ServiceRevision>> {
    let mut dice = Dice::new(bytes);
    let owner = &inventory.services[usize::from(dice.roll()) % inventory.services.len()];
    let _is_current = dice.roll();
    let task_definition = definition_reference(&mut dice, &owner.location, known);
    // A revision that does not say what it runs may run anything, and nothing would ever go.
    if known.is_calm && task_definition.is_none() || !known.is_calm && dice.once_in(8) {
        return None;
    }
    let count = dice.pick(&[0, 1, 2, 2]);
    let revision = ServiceRevision {
        service_revision_arn: revision_arn(&owner.value.service_arn, number),
        service_arn: owner.value.service_arn.clone(),
        cluster_arn: owner.value.cluster_arn.clone(),
        task_definition,
        container_images: (0..count).map(|_| container(&mut dice, known)).collect(),
        created_at: None,
    };
    Some(Seen::new(owner.location.clone(), revision))
}

fn deployment(bytes: &[u8], number: usize, inventory: &Inventory, known: &Known) -> Seen<ServiceDeployment> {
    let mut dice = Dice::new(bytes);
    let owner = &inventory.services[usize::from(dice.roll()) % inventory.services.len()];
    let service_arn = &owner.value.service_arn;
    let there: Vec<String> = inventory
        .service_revisions
        .iter()
        .filter(|seen| seen.value.service_arn == *service_arn)
        .map(|seen| seen.value.service_revision_arn.clone())
        .collect();
    let pick = |dice: &mut Dice<'_>| -> Option<String> {
        let number = usize::from(dice.roll() % 4);
        if known.is_calm || number > 0 {
            (!there.is_empty()).then(|| there[number % there.len()].clone())
        } else {
            Some(revision_arn(service_arn, 2))
        }
    };
    let status = dice.text(&STATUSES);
    let target_service_revision = pick(&mut dice).map(named);
    let source_service_revisions =
        if dice.once_in(2) { pick(&mut dice).map(named).into_iter().collect() } else { vec![] };
    let goes_back = status.starts_with("ROLLBACK") && !dice.once_in(4);
    let rollback = goes_back.then(|| pick(&mut dice)).flatten();
    let created_at = maybe_time(&mut dice);
    let (starts, finishes) = (dice.roll() % 4, dice.roll() % 8);
    let later = |hours: i64| created_at.map(|at| at + jiff::SignedDuration::from_hours(hours));
    let deployment = ServiceDeployment {
        service_deployment_arn: format!("{}/{number}", service_arn.replacen(":service/", ":service-deployment/", 1)),
        service_arn: service_arn.clone(),
        cluster_arn: owner.value.cluster_arn.clone(),
        status,
        created_at,
        started_at: if starts == 3 { time(&mut dice) } else { later(i64::from(starts)) },
        finished_at: match finishes {
            0..=3 => later(5),
            4..=6 => time(&mut dice),
            _ => None,
        },
        source_service_revisions,
        target_service_revision,
        rollback: rollback.map(|service_revision_arn| Rollback { service_revision_arn, ..Rollback::default() }),
    };
    Seen::new(owner.location.clone(), deployment)
}

/// A daemon with its revision and definition, of which one or the other may be missing.
fn daemon(bytes: &[u8], number: usize, inventory: &mut Inventory, known: &Known) {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&AT));
    let arn = |kind: &str| format!("arn:aws:ecs:{}:{}:{kind}/c1/d{number}", location.region, location.account_id);
    let lacks = if known.is_calm { 0 } else { dice.roll() % 8 };
    let daemon = Daemon {
        daemon_arn: arn("daemon"),
        status: "ACTIVE".to_owned(),
        current_revisions: vec![DaemonRevisionSummary { arn: arn("daemon-revision") }],
        ..Daemon::default()
    };
    let count = if known.is_calm { 1 } else { dice.roll() % 2 };
    let revision = DaemonRevision {
        daemon_revision_arn: arn("daemon-revision"),
        daemon_task_definition_arn: Some(arn("daemon-task-definition")),
        container_images: (0..count).map(|_| container(&mut dice, known)).collect(),
        ..DaemonRevision::default()
    };
    let definition = DaemonTaskDefinition {
        daemon_task_definition_arn: arn("daemon-task-definition"),
        status: dice.text(&["ACTIVE", "DELETED", "DELETE_IN_PROGRESS", "ODD"]),
        container_definitions: vec![ContainerDefinition {
            name: "app".to_owned(),
            image: uri(&mut dice, known.is_calm),
        }],
        ..DaemonTaskDefinition::default()
    };
    inventory.daemons.push(Seen::new(location.clone(), daemon));
    if lacks != 6 {
        inventory.daemon_revisions.push(Seen::new(location.clone(), revision));
    }
    if lacks != 7 {
        inventory.daemon_task_definitions.push(Seen::new(location.clone(), definition));
    }
}

fn registry(bytes: &[u8]) -> Seen<Registry> {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&[0, 0, 0, 2]));
    let (_, registry_id, region) = PLACES[dice.pick(&[1, 1, 2, 3])];
    let filter = match dice.roll() % 4 {
        0 => vec![],
        1 => vec![RepositoryFilter { filter: "a".to_owned(), filter_type: "PREFIX_MATCH".to_owned() }],
        2 => vec![RepositoryFilter { filter: "b".to_owned(), filter_type: "PREFIX_MATCH".to_owned() }],
        _ => vec![RepositoryFilter { filter: "b".to_owned(), filter_type: "ODD_MATCH".to_owned() }],
    };
    let rule = ReplicationRule {
        destinations: vec![ReplicationDestination { region: region.to_owned(), registry_id: registry_id.to_owned() }],
        repository_filters: filter,
        delete_replication: dice
            .pick(&[None, Some(true), Some(true), Some(false)])
            .map(|enabled| DeleteReplication { enabled }),
    };
    let registry = Registry {
        registry_id: location.account_id.to_string(),
        replication_configuration: ReplicationConfiguration { rules: vec![rule] },
    };
    Seen::new(location, registry)
}
