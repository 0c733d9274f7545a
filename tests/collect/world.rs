//! Small worlds, object by object.

use jettison::{
    inventory::{
        self, Cluster, ContainerDefinition, Controller, Deployment, Image, Inventory, Manifest, Registry, Repository,
        Scale, Seen, Service, ServiceEvent, Tag, Task, TaskDefinition, TaskSet,
    },
    model::{Digest, Scope, Timestamp},
};

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

pub(crate) fn written(inventory: &Inventory) -> String {
    let mut out = Vec::new();
    inventory::write(inventory, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares line by line, so that a difference is one line long. Whose reading left what traces is another matter.
pub(crate) fn assert_same(read: &Inventory, world: &Inventory) {
    assert_eq!(read.gaps, world.gaps);
    let (read, world) = (written(&without_footprints(read)), written(&without_footprints(world)));
    for (read, world) in read.lines().zip(world.lines()) {
        assert_eq!(read, world);
    }
    assert_eq!(read.lines().count(), world.lines().count());
}

fn without_footprints(inventory: &Inventory) -> Inventory {
    let mut inventory = inventory.clone();
    for seen in &mut inventory.manifests {
        (seen.value.read_at, seen.value.pulled_before) = (None, None);
    }
    inventory
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-11-01T00:00:00Z")
}

pub(crate) fn scope() -> Scope {
    Scope { account: "demo".into(), account_id: "000000000000".parse().unwrap(), region: "eu-central-1".into() }
}

pub(crate) fn seen<T>(value: T) -> Seen<T> {
    Seen::new(scope().location(), value)
}

pub(crate) fn arn(resource: &str) -> String {
    format!("arn:aws:ecs:eu-central-1:000000000000:{resource}")
}

pub(crate) fn digest(number: usize) -> Digest {
    format!("sha256:{number:064x}").parse().unwrap()
}

pub(crate) fn empty() -> Inventory {
    Inventory {
        taken_at: now(),
        scopes: vec![scope()],
        registries: vec![registry_of(&scope())],
        ..Inventory::default()
    }
}

/// A registry that replicates nothing.
pub(crate) fn registry_of(scope: &Scope) -> Seen<Registry> {
    let registry = Registry { registry_id: scope.account_id.to_string(), ..Registry::default() };
    Seen::new(scope.location(), registry)
}

pub(crate) fn cluster(name: &str) -> Cluster {
    Cluster {
        cluster_arn: arn(&format!("cluster/{name}")),
        cluster_name: name.to_owned(),
        status: "ACTIVE".to_owned(),
        tags: Vec::new(),
    }
}

pub(crate) fn service(cluster: &str, name: &str, definition: &str) -> Service {
    Service {
        service_arn: arn(&format!("service/{cluster}/{name}")),
        service_name: name.to_owned(),
        cluster_arn: arn(&format!("cluster/{cluster}")),
        status: "ACTIVE".to_owned(),
        task_definition: Some(arn(&format!("task-definition/{definition}"))),
        deployments: vec![Deployment {
            id: "ecs-svc/9".to_owned(),
            status: "PRIMARY".to_owned(),
            task_definition: Some(arn(&format!("task-definition/{definition}"))),
            rollout_state: Some("COMPLETED".to_owned()),
            created_at: Some(at("2026-01-01T00:00:00Z")),
            updated_at: Some(at("2026-01-01T00:05:00Z")),
            ..Deployment::default()
        }],
        deployment_controller: Some(Controller { kind: "ECS".to_owned() }),
        scheduling_strategy: Some("REPLICA".to_owned()),
        created_at: Some(at("2026-01-01T00:00:00Z")),
        ..Service::default()
    }
}

pub(crate) fn definition(family: &str, revision: u32, status: &str) -> TaskDefinition {
    TaskDefinition {
        task_definition_arn: arn(&format!("task-definition/{family}:{revision}")),
        family: family.to_owned(),
        revision,
        status: status.to_owned(),
        registered_at: Some(at("2026-01-01T00:00:00.125Z")),
        deregistered_at: (status != "ACTIVE").then(|| at("2026-02-01T00:00:00Z")),
        registered_by: Some("arn:aws:iam::000000000000:user/deployer".into()),
        container_definitions: vec![ContainerDefinition { name: "web".to_owned(), image: "nginx:1".to_owned() }],
        ..TaskDefinition::default()
    }
}

pub(crate) fn task(cluster: &str, id: usize, definition: &str, status: &str) -> Task {
    Task {
        task_arn: arn(&format!("task/{cluster}/{id:032x}")),
        cluster_arn: arn(&format!("cluster/{cluster}")),
        task_definition_arn: Some(arn(&format!("task-definition/{definition}"))),
        last_status: status.to_owned(),
        desired_status: status.to_owned(),
        created_at: Some(at("2026-10-31T23:00:00Z")),
        stopped_at: (status == "STOPPED").then(|| at("2026-10-31T23:50:00Z")),
        ..Task::default()
    }
}

pub(crate) fn repository(name: &str) -> Repository {
    Repository {
        repository_name: name.into(),
        repository_arn: format!("arn:aws:ecr:eu-central-1:000000000000:repository/{name}"),
        created_at: Some(at("2026-01-01T00:00:00Z")),
        image_tag_mutability: Some("MUTABLE".to_owned()),
        tags: vec![Tag { key: "jettison".to_owned(), value: "enabled".to_owned() }],
        policy_text: None,
        lifecycle_policy_text: None,
    }
}

pub(crate) fn image(repository: &str, number: usize, media_type: &str) -> Image {
    Image {
        repository_name: repository.into(),
        image_digest: digest(number),
        image_tags: Vec::new(),
        image_size_in_bytes: 1_000,
        image_pushed_at: Some(at("2026-03-01T00:00:00Z")),
        image_manifest_media_type: Some(media_type.into()),
        artifact_media_type: None,
        last_recorded_pull_time: None,
        subject_manifest_digest: None,
        image_status: Some("ACTIVE".into()),
        last_archived_at: None,
        last_activated_at: None,
        image_scan_findings_summary: None,
    }
}

pub(crate) fn manifest(repository: &str, index: usize, children: &[usize]) -> Manifest {
    Manifest {
        repository_name: repository.into(),
        image_digest: digest(index),
        children: children.iter().copied().map(digest).collect(),
        read_at: None,
        pulled_before: None,
    }
}

/// A bit of everything.
pub(crate) fn fleet() -> Inventory {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main")), seen(cluster("other"))];
    let (external, task_set) = external_service();
    let mut web = service("main", "web", "web:1");
    web.events = vec![ServiceEvent {
        id: "e1".to_owned(),
        created_at: Some(at("2026-09-01T00:00:00Z")),
        message: "steady".to_owned(),
    }];
    world.services = vec![seen(external), seen(web)];
    world.task_sets = vec![seen(task_set)];
    world.tasks = vec![seen(task("main", 1, "web:1", "RUNNING")), seen(task("other", 2, "web:3", "STOPPED"))];
    world.task_definitions = vec![
        seen(definition("web", 1, "ACTIVE")),
        seen(definition("web", 2, "ACTIVE")),
        seen(definition("web", 3, "INACTIVE")),
    ];
    world.repositories = vec![seen(repository("team/web"))];
    let mut archived = image("team/web", 2, IMAGE);
    archived.image_status = Some("ARCHIVED".into());
    let mut signature = image("team/web", 4, IMAGE);
    signature.subject_manifest_digest = Some(digest(1));
    let mut index = image("team/web", 3, INDEX);
    index.image_tags = vec!["latest".into(), "v1".into()];
    world.images = [image("team/web", 1, IMAGE), archived, index, signature].map(seen).to_vec();
    world.manifests = vec![seen(manifest("team/web", 3, &[1]))];
    world
}

/// A service whose tasks run in a task set.
fn external_service() -> (Service, TaskSet) {
    let mut service = service("main", "external", "web:1");
    service.task_definition = None;
    service.deployments = Vec::new();
    service.deployment_controller = Some(Controller { kind: "EXTERNAL".to_owned() });
    let task_set = TaskSet {
        id: "ecs-svc/1".to_owned(),
        task_set_arn: arn("task-set/main/external/ecs-svc/1"),
        service_arn: service.service_arn.clone(),
        cluster_arn: service.cluster_arn.clone(),
        status: "PRIMARY".to_owned(),
        task_definition: Some(arn("task-definition/web:2")),
        scale: Some(Scale { value: 100.0, unit: "PERCENT".to_owned() }),
        stability_status: Some("STEADY_STATE".to_owned()),
        created_at: Some(at("2026-05-01T00:00:00Z")),
        updated_at: Some(at("2026-05-01T00:00:00Z")),
        tags: vec![Tag { key: "team".to_owned(), value: "shop".to_owned() }],
        ..TaskSet::default()
    };
    service.task_sets = vec![TaskSet { tags: Vec::new(), ..task_set.clone() }];
    (service, task_set)
}
