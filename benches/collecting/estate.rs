//! Estates of a chosen size: definitions spread over accounts, images in the first account's registry, a service for every
//! hundred definitions.

use jettison::{
    inventory::{
        Cluster, ContainerDefinition, ContainerImage, Controller, Deployment, Image, Inventory, Manifest, Repository,
        RevisionSummary, Seen, Service, ServiceDeployment, ServiceRevision, TaskDefinition,
    },
    model::{Digest, Scope, Timestamp},
};

/// How large an estate is, over all its accounts.
pub(crate) struct Size {
    pub(crate) accounts: usize,
    pub(crate) definitions: usize,
    pub(crate) images: usize,
    pub(crate) repositories: usize,
}

const REVISIONS: usize = 100;
const REGION: &str = "eu-central-1";

pub(crate) fn build(size: &Size) -> Inventory {
    let taken_at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let scopes: Vec<Scope> = (0..size.accounts)
        .map(|account| Scope {
            account: format!("account-{account:02}").as_str().into(),
            account_id: format!("{account:012}").parse().unwrap(),
            region: REGION.into(),
        })
        .collect();
    let mut estate = Inventory { taken_at, scopes: scopes.clone(), ..Inventory::default() };
    for (number, scope) in scopes.iter().enumerate() {
        let from = size.definitions * number / size.accounts;
        let to = size.definitions * (number + 1) / size.accounts;
        add_account(&mut estate, scope, to - from, size.repositories);
    }
    if let Some(registry) = scopes.first() {
        add_registry(&mut estate, registry, size);
    }
    estate
}

fn digest(number: usize) -> Digest {
    format!("sha256:{number:064x}").parse().unwrap()
}

fn repository(number: usize) -> String {
    format!("team/app-{number:04}")
}

fn image_uri(repository_number: usize, tag: &str) -> String {
    format!("000000000000.dkr.ecr.{REGION}.amazonaws.com/{}:{tag}", repository(repository_number))
}

fn add_account(estate: &mut Inventory, scope: &Scope, definitions: usize, repositories: usize) {
    let at = scope.location();
    let arn = |resource: &str| format!("arn:aws:ecs:{REGION}:{}:{resource}", scope.account_id);
    let cluster = Cluster {
        cluster_arn: arn("cluster/main"),
        cluster_name: "main".to_owned(),
        status: "ACTIVE".to_owned(),
        tags: Vec::new(),
    };
    estate.clusters.push(Seen::new(at.clone(), cluster));
    for number in 0..definitions {
        let (family, revision) = (number / REVISIONS, number % REVISIONS + 1);
        let name = format!("app-{family:04}:{revision}");
        let is_active = revision > REVISIONS / 2;
        let definition = TaskDefinition {
            task_definition_arn: arn(&format!("task-definition/{name}")),
            family: format!("app-{family:04}"),
            revision: u32::try_from(revision).unwrap(),
            status: if is_active { "ACTIVE" } else { "INACTIVE" }.to_owned(),
            registered_at: Some(estate.taken_at),
            deregistered_at: (!is_active).then_some(estate.taken_at),
            container_definitions: vec![ContainerDefinition {
                name: "app".to_owned(),
                image: image_uri(family % repositories, &format!("v{revision}")),
            }],
            ..TaskDefinition::default()
        };
        estate.task_definitions.push(Seen::new(at.clone(), definition));
        if revision == REVISIONS {
            add_service(estate, scope, family, &name, repositories);
        }
    }
}

fn add_service(estate: &mut Inventory, scope: &Scope, number: usize, definition: &str, repositories: usize) {
    let at = scope.location();
    let arn = |resource: &str| format!("arn:aws:ecs:{REGION}:{}:{resource}", scope.account_id);
    let name = format!("main/app-{number:04}");
    let revision =
        RevisionSummary { arn: arn(&format!("service-revision/{name}/{number}")), ..RevisionSummary::default() };
    let deployment = arn(&format!("service-deployment/{name}/d{number}"));
    let definition = arn(&format!("task-definition/{definition}"));
    let (service_arn, cluster_arn) = (arn(&format!("service/{name}")), arn("cluster/main"));
    let service = Service {
        service_arn: service_arn.clone(),
        service_name: format!("app-{number:04}"),
        cluster_arn: cluster_arn.clone(),
        status: "ACTIVE".to_owned(),
        task_definition: Some(definition.clone()),
        deployments: vec![Deployment {
            id: format!("ecs-svc/{number}"),
            status: "PRIMARY".to_owned(),
            task_definition: Some(definition.clone()),
            rollout_state: Some("COMPLETED".to_owned()),
            ..Deployment::default()
        }],
        deployment_controller: Some(Controller { kind: "ECS".to_owned() }),
        scheduling_strategy: Some("REPLICA".to_owned()),
        current_service_deployment: Some(deployment.clone()),
        current_service_revisions: vec![revision.clone()],
        ..Service::default()
    };
    estate.services.push(Seen::new(at.clone(), service));
    let deployment = ServiceDeployment {
        service_deployment_arn: deployment,
        service_arn: service_arn.clone(),
        cluster_arn: cluster_arn.clone(),
        status: "SUCCESSFUL".to_owned(),
        created_at: Some(estate.taken_at),
        started_at: Some(estate.taken_at),
        finished_at: Some(estate.taken_at),
        target_service_revision: Some(revision.clone()),
        ..ServiceDeployment::default()
    };
    estate.service_deployments.push(Seen::new(at.clone(), deployment));
    let container = ContainerImage {
        container_name: "app".to_owned(),
        image: Some(image_uri(number % repositories, &format!("v{REVISIONS}"))),
        image_digest: Some(digest(number).to_string()),
    };
    let revision = ServiceRevision {
        service_revision_arn: revision.arn,
        service_arn,
        cluster_arn,
        task_definition: Some(definition),
        container_images: vec![container],
        created_at: Some(estate.taken_at),
    };
    estate.service_revisions.push(Seen::new(at, revision));
}

/// One image in ten is an index, which lists the image before it.
fn add_registry(estate: &mut Inventory, scope: &Scope, size: &Size) {
    let at = scope.location();
    for number in 0..size.repositories {
        let name = repository(number);
        let value = Repository {
            repository_arn: format!("arn:aws:ecr:{REGION}:{}:repository/{name}", scope.account_id),
            repository_name: name.as_str().into(),
            created_at: Some(estate.taken_at),
            image_tag_mutability: Some("MUTABLE".to_owned()),
            tags: Vec::new(),
            policy_text: None,
            lifecycle_policy_text: None,
        };
        estate.repositories.push(Seen::new(at.clone(), value));
    }
    for number in 0..size.images {
        let repository_name = repository(number % size.repositories);
        let is_index = number / size.repositories % 10 == 9;
        let media_type = if is_index { "image.index" } else { "image.manifest" };
        let image = Image {
            repository_name: repository_name.as_str().into(),
            image_digest: digest(number),
            image_tags: vec![format!("v{}", number / size.repositories).as_str().into()],
            image_size_in_bytes: 100_000_000,
            image_pushed_at: Some(estate.taken_at),
            image_manifest_media_type: Some(format!("application/vnd.oci.{media_type}.v1+json").into()),
            artifact_media_type: None,
            last_recorded_pull_time: Some(estate.taken_at),
            subject_manifest_digest: None,
            image_status: Some("ACTIVE".into()),
            last_archived_at: None,
            last_activated_at: None,
            image_scan_findings_summary: None,
        };
        estate.images.push(Seen::new(at.clone(), image));
        if is_index {
            let manifest = Manifest {
                repository_name: repository_name.as_str().into(),
                image_digest: digest(number),
                children: vec![digest(number - size.repositories)],
                read_at: None,
                pulled_before: None,
            };
            estate.manifests.push(Seen::new(at.clone(), manifest));
        }
    }
}
