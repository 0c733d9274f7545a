//! Services, what they run, and what ran before.

use jettison::{
    inventory::{
        Cluster, Container, ContainerImage, Controller, Deployment, Inventory, Reference, RevisionSummary, Scale, Seen,
        Service, ServiceDeployment, ServiceEvent, ServiceRevision, Task, TaskSet,
    },
    model::{Location, Timestamp},
};

use crate::{definitions::Family, fleet::Fleet, random::Random};

/// The names of one service, and what they are derived from.
struct Named<'a> {
    fleet: &'a Fleet,
    family: &'a Family<'a>,
    number: u64,
    cluster: String,
    name: String,
}

/// Adds every service with its tasks and its history, and the clusters that they live in.
pub(crate) fn add_services(fleet: &Fleet, families: &[Family<'_>], inventory: &mut Inventory) {
    let clusters = fleet.services.div_ceil(60);
    for place in &fleet.clusters {
        inventory.clusters.extend((0..clusters).map(|number| cluster(place, number)));
    }
    for number in 0..fleet.services {
        let Some(family) = families.get(number % families.len().max(1)) else { return };
        let (cluster, name) = (format!("main-{:02}", number % clusters), format!("{}-{number:04}", family.name));
        let named = Named { fleet, family, number: number as u64, cluster, name };
        let mut random = fleet.random([20, number as u64]);
        if random.chance(4) {
            add_task_sets(&named, &mut random, inventory);
        } else {
            add(&named, &mut random, inventory);
        }
    }
}

/// Adds a few schedules that start the newest revision of a family, and others that name one revision.
pub(crate) fn add_references(families: &[Family<'_>], inventory: &mut Inventory) {
    for family in families.iter().step_by(23) {
        let by_name = family.number % 2 == 0;
        let Location { account_id, region } = &*family.location;
        let reference = Reference {
            source: "eventbridge".to_owned(),
            holder: format!("arn:aws:events:{region}:{account_id}:rule/nightly-{}", family.name),
            task_definition: (!by_name).then(|| family.arn(1 + family.newest() / 2)),
            family: by_name.then(|| family.name.clone()),
            ..Reference::default()
        };
        inventory.references.push(Seen::new((*family.location).clone(), reference));
    }
}

fn cluster(place: &Location, number: usize) -> Seen<Cluster> {
    let name = format!("main-{number:02}");
    let Location { account_id, region } = place;
    let object = Cluster {
        cluster_arn: format!("arn:aws:ecs:{region}:{account_id}:cluster/{name}"),
        cluster_name: name,
        status: "ACTIVE".into(),
        tags: Vec::new(),
    };
    Seen::new(place.clone(), object)
}

impl Named<'_> {
    fn arn(&self, kind: &str, rest: &str) -> String {
        let Location { account_id, region } = &*self.family.location;
        format!("arn:aws:ecs:{region}:{account_id}:{kind}/{}{rest}", self.cluster)
    }

    fn cluster_arn(&self) -> String {
        self.arn("cluster", "")
    }

    fn service_arn(&self) -> String {
        self.arn("service", &format!("/{}", self.name))
    }

    fn service(&self, desired: i32, created: Timestamp) -> Service {
        Service {
            service_arn: self.service_arn(),
            service_name: self.name.clone(),
            cluster_arn: self.cluster_arn(),
            status: "ACTIVE".into(),
            desired_count: desired,
            running_count: desired,
            scheduling_strategy: Some("REPLICA".into()),
            created_at: Some(created),
            ..Service::default()
        }
    }

    fn keep<T>(&self, objects: &mut Vec<Seen<T>>, object: T) {
        objects.push(Seen::new((*self.family.location).clone(), object));
    }
}

/// A service under the ECS controller. One in twenty is at rest; one in twenty rolls a new revision out.
fn add(named: &Named<'_>, random: &mut Random, inventory: &mut Inventory) {
    let Named { fleet, family, .. } = *named;
    let newest = family.newest();
    let revision = if random.chance(80) { newest } else { newest.saturating_sub(random.index(5)).max(1) };
    let desired = if random.chance(5) { 0 } else { 1 + i32::try_from(random.below(3)).unwrap_or(0) };
    let mut service = named.service(desired, family.registered(fleet, 1));
    service.task_definition = Some(family.arn(revision));
    service.deployments.push(deployment(named, "PRIMARY", revision, desired));
    if revision > 1 && random.chance(5) {
        service.deployments.push(deployment(named, "ACTIVE", revision - 1, 1));
    }
    let changed = family.registered(fleet, revision);
    let event = ServiceEvent {
        id: random.hex(32),
        created_at: Some(changed),
        message: format!("(service {}) has reached a steady state.", named.name),
    };
    service.events.push(event);
    add_history(named, revision, desired, &mut service, inventory);
    for _ in 0..desired {
        let task = task(named, revision, random);
        named.keep(&mut inventory.tasks, task);
    }
    named.keep(&mut inventory.services, service);
}

fn deployment(named: &Named<'_>, status: &str, revision: usize, tasks: i32) -> Deployment {
    let at = named.family.registered(named.fleet, revision);
    Deployment {
        id: format!("ecs-svc/{:019}", named.number * 1_000 + revision as u64),
        status: status.into(),
        task_definition: Some(named.family.arn(revision)),
        desired_count: tasks,
        running_count: tasks,
        pending_count: 0,
        rollout_state: Some("COMPLETED".into()),
        created_at: Some(at),
        updated_at: Some(named.fleet.after(at, 300)),
    }
}

/// The current deployment and up to two before it, if AWS still remembers them.
fn add_history(named: &Named<'_>, revision: usize, tasks: i32, service: &mut Service, inventory: &mut Inventory) {
    let Named { fleet, family, .. } = *named;
    let is_remembered = |at: Timestamp| fleet.age(at) < 90 * 86_400;
    for (step, revision) in (1..=revision).rev().take(3).enumerate() {
        let at = family.registered(fleet, revision);
        if step > 0 && !is_remembered(at) {
            break;
        }
        let summary = |revision: usize| RevisionSummary {
            arn: named.arn("service-revision", &format!("/{}/{:019}", named.name, 4_000_000 + revision)),
            requested_task_count: if step == 0 { tasks } else { 0 },
            running_task_count: if step == 0 { tasks } else { 0 },
            pending_task_count: 0,
        };
        let deployment = ServiceDeployment {
            service_deployment_arn: named
                .arn("service-deployment", &format!("/{}/{:020}", named.name, 7_000_000 + revision)),
            service_arn: named.service_arn(),
            cluster_arn: named.cluster_arn(),
            status: "SUCCESSFUL".into(),
            created_at: Some(at),
            started_at: Some(at),
            finished_at: Some(fleet.after(at, 240)),
            source_service_revisions: if revision > 1 { vec![summary(revision - 1)] } else { Vec::new() },
            target_service_revision: Some(summary(revision)),
            rollback: None,
        };
        if step == 0 {
            service.current_service_deployment = Some(deployment.service_deployment_arn.clone());
            service.current_service_revisions = vec![summary(revision)];
        }
        named.keep(&mut inventory.service_revisions, service_revision(named, revision, summary(revision).arn, at));
        named.keep(&mut inventory.service_deployments, deployment);
    }
}

fn service_revision(named: &Named<'_>, revision: usize, arn: String, at: Timestamp) -> ServiceRevision {
    let image = ContainerImage {
        container_name: "app".into(),
        image: Some(named.family.image(named.fleet, revision)),
        image_digest: Some(named.family.digest(named.fleet, revision)),
    };
    ServiceRevision {
        service_revision_arn: arn,
        service_arn: named.service_arn(),
        cluster_arn: named.cluster_arn(),
        task_definition: Some(named.family.arn(revision)),
        container_images: vec![image],
        created_at: Some(at),
    }
}

fn task(named: &Named<'_>, revision: usize, random: &mut Random) -> Task {
    let container = Container {
        name: "app".into(),
        image: Some(named.family.image(named.fleet, revision)),
        image_digest: Some(named.family.digest(named.fleet, revision)),
    };
    let at = named.fleet.after(named.family.registered(named.fleet, revision), 120);
    Task {
        task_arn: named.arn("task", &format!("/{}", random.hex(32))),
        cluster_arn: named.cluster_arn(),
        task_definition_arn: Some(named.family.arn(revision)),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        group: Some(format!("service:{}", named.name)),
        started_by: Some(format!("ecs-svc/{:019}", named.number * 1_000 + revision as u64)),
        created_at: Some(at),
        stopped_at: None,
        containers: vec![container],
    }
}

/// A service under the EXTERNAL controller: a PRIMARY task set, and up to three that its pipeline left behind.
fn add_task_sets(named: &Named<'_>, random: &mut Random, inventory: &mut Inventory) {
    let family = named.family;
    let mut service = named.service(2, family.registered(named.fleet, 1));
    service.deployment_controller = Some(Controller { kind: "EXTERNAL".into() });
    let sets = family.newest().min(1 + random.index(4));
    for (step, revision) in (1..=family.newest()).rev().take(sets).enumerate() {
        let set = task_set(named, revision, step == 0);
        named.keep(&mut inventory.task_sets, set.clone());
        service.task_sets.push(set);
    }
    for _ in 0..2 {
        let task = task(named, family.newest(), random);
        named.keep(&mut inventory.tasks, task);
    }
    named.keep(&mut inventory.services, service);
}

fn task_set(named: &Named<'_>, revision: usize, is_primary: bool) -> TaskSet {
    let id = format!("ecs-svc/{:019}", named.number * 1_000 + revision as u64);
    let at = named.family.registered(named.fleet, revision);
    TaskSet {
        task_set_arn: named.arn("task-set", &format!("/{}/{id}", named.name)),
        id,
        service_arn: named.service_arn(),
        cluster_arn: named.cluster_arn(),
        status: if is_primary { "PRIMARY" } else { "ACTIVE" }.into(),
        task_definition: Some(named.family.arn(revision)),
        scale: Some(Scale { value: if is_primary { 100.0 } else { 0.0 }, unit: "PERCENT".into() }),
        computed_desired_count: if is_primary { 2 } else { 0 },
        running_count: if is_primary { 2 } else { 0 },
        stability_status: Some("STEADY_STATE".into()),
        created_at: Some(at),
        updated_at: Some(at),
        ..TaskSet::default()
    }
}
