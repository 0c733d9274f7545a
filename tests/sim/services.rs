//! Services, task sets and tasks: what is refused, and what happens by itself.

use std::time::Duration;

use aws_sdk_ecs::{
    Client,
    types::{Scale, ScaleUnit, Service, TaskSet},
};
use jettison::sim::Sim;

use crate::client::{arn, code, digest, ecr, ecs, message, plain};

async fn service(ecs: &Client, name: &str) -> Service {
    ecs.describe_services().cluster("main").services(name).send().await.unwrap().services()[0].clone()
}

async fn task_sets(ecs: &Client) -> Vec<TaskSet> {
    service(ecs, "blue").await.task_sets().to_vec()
}

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

fn percent(value: f64) -> Scale {
    Scale::builder().value(value).unit(ScaleUnit::Percent).build()
}

async fn tasks(ecs: &Client, service: &str) -> Vec<aws_sdk_ecs::types::Task> {
    let arns = ecs.list_tasks().cluster("main").service_name(service).send().await.unwrap().task_arns().to_vec();
    if arns.is_empty() {
        return Vec::new();
    }
    ecs.describe_tasks().cluster("main").set_tasks(Some(arns)).send().await.unwrap().tasks().to_vec()
}

#[tokio::test(start_paused = true)]
async fn the_primary_task_set_is_not_deleted_without_force() {
    let ecs = ecs(&plain());
    let delete = |id: &str| ecs.delete_task_set().cluster("main").service("blue").task_set(id);
    assert_eq!(code(delete("ecs-svc/202").send().await), "InvalidParameterException");
    ecs.update_task_set()
        .cluster("main")
        .service("blue")
        .task_set("ecs-svc/202")
        .scale(percent(0.0))
        .send()
        .await
        .unwrap();
    pass(60).await;
    assert!(message(delete("ecs-svc/202").send().await).contains("PRIMARY"));
    assert_eq!(task_sets(&ecs).await.len(), 3);
    delete("ecs-svc/202").force(true).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_set_goes_once_it_is_scaled_to_zero_and_its_tasks_stopped() {
    let ecs = ecs(&plain());
    let delete = || ecs.delete_task_set().cluster("main").service("blue").task_set("ecs-svc/201");
    assert!(message(delete().send().await).contains("scaled above 0"));
    let scaled = ecs.update_task_set().cluster("main").service("blue").task_set("ecs-svc/201").scale(percent(0.0));
    let scaled = scaled.send().await.unwrap().task_set.unwrap();
    assert_eq!((scaled.computed_desired_count(), scaled.running_count()), (0, 2));
    assert_eq!(code(delete().send().await), "InvalidParameterException", "its tasks still run");
    pass(10).await;
    let set = task_sets(&ecs).await.into_iter().find(|set| set.id() == Some("ecs-svc/201")).unwrap();
    assert_eq!((set.running_count(), set.stability_status().unwrap().as_str()), (0, "STEADY_STATE"));
    assert_eq!(service(&ecs, "blue").await.running_count(), 2);
    assert_eq!(delete().send().await.unwrap().task_set().unwrap().status(), Some("DRAINING"));
    assert_eq!(task_sets(&ecs).await.len(), 3);
    pass(10).await;
    assert_eq!(task_sets(&ecs).await.len(), 2);
    assert_eq!(code(delete().send().await), "TaskSetNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_new_task_set_starts_its_share_rounded_up_and_is_promoted_by_hand() {
    let sim = plain();
    let ecs = ecs(&sim);
    let made = ecs.create_task_set().cluster("main").service("blue").task_definition("web:3").scale(percent(30.0));
    let made = made.send().await.unwrap().task_set.unwrap();
    assert_eq!((made.status(), made.computed_desired_count()), (Some("ACTIVE"), 1));
    push_v3(&ecr(&sim)).await;
    pass(10).await;
    let running = task_sets(&ecs).await.into_iter().find(|set| set.id() == made.id()).unwrap();
    assert_eq!((running.running_count(), running.stability_status().unwrap().as_str()), (1, "STEADY_STATE"));
    let primary =
        ecs.update_service_primary_task_set().cluster("main").service("blue").primary_task_set(made.id().unwrap());
    primary.send().await.unwrap();
    let statuses: Vec<_> = task_sets(&ecs).await.iter().map(|set| set.status().unwrap().to_owned()).collect();
    assert_eq!(statuses.iter().filter(|status| *status == "PRIMARY").count(), 1);
    assert_eq!(
        code(ecs.create_task_set().cluster("main").service("web").task_definition("web:3").send().await),
        "InvalidParameterException"
    );
}

async fn push_v3(ecr: &aws_sdk_ecr::Client) -> String {
    let manifest = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"size":7},"layers":[{"size":35}]}"#;
    let put =
        ecr.put_image().repository_name("team/web").image_manifest(manifest).image_tag("v3").send().await.unwrap();
    put.image.unwrap().image_id.unwrap().image_digest.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_service_is_deleted_in_three_steps() {
    let ecs = ecs(&plain());
    let delete = || ecs.delete_service().cluster("main").service("web");
    assert_eq!(message(delete().send().await), "The service cannot be stopped while it is scaled above 0.");
    ecs.update_service().cluster("main").service("web").desired_count(0).send().await.unwrap();
    assert_eq!(message(delete().send().await), "The service cannot be stopped while deployments are active.");
    pass(10).await;
    assert_eq!(service(&ecs, "web").await.running_count(), 0);
    assert_eq!(delete().send().await.unwrap().service().unwrap().status(), Some("DRAINING"));
    assert!(
        !ecs.list_services().cluster("main").send().await.unwrap().service_arns().contains(&arn("service/main/web"))
    );
    assert_eq!(service(&ecs, "web").await.status(), Some("DRAINING"));
    delete().send().await.unwrap();
    pass(10).await;
    assert_eq!(service(&ecs, "web").await.status(), Some("INACTIVE"));
    assert_eq!(code(delete().send().await), "ServiceNotFoundException");
    assert_eq!(code(ecs.delete_service().cluster("main").service("nope").send().await), "ServiceNotFoundException");
    let with_sets = ecs.delete_service().cluster("main").service("blue").send().await;
    assert_eq!(code(with_sets), "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn force_deletes_a_service_with_its_tasks() {
    let ecs = ecs(&plain());
    ecs.delete_service().cluster("main").service("web").force(true).send().await.unwrap();
    pass(30).await;
    assert_eq!(service(&ecs, "web").await.status(), Some("INACTIVE"));
    assert!(tasks(&ecs, "web").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_definition_rolls_out_and_the_old_deployment_goes() {
    let sim = plain();
    let ecs = ecs(&sim);
    let pushed = push_v3(&ecr(&sim)).await;
    let updated = ecs.update_service().cluster("main").service("web").task_definition("web:3").send().await.unwrap();
    let statuses = |service: &Service| {
        service.deployments().iter().map(|one| one.status().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(updated.service().unwrap()), ["PRIMARY", "ACTIVE"]);
    pass(4).await;
    assert_eq!(service(&ecs, "web").await.pending_count(), 2);
    pass(20).await;
    let after = service(&ecs, "web").await;
    assert_eq!(statuses(&after), ["PRIMARY"]);
    assert_eq!(after.deployments()[0].rollout_state().unwrap().as_str(), "COMPLETED");
    assert_eq!((after.running_count(), after.pending_count()), (2, 0));
    assert_eq!(after.events()[0].message(), Some("(service web) has reached a steady state."));
    assert_eq!(after.task_definition(), Some(arn("task-definition/web:3").as_str()));
    let digests: Vec<_> =
        tasks(&ecs, "web").await.iter().map(|task| task.containers()[0].image_digest().unwrap().to_owned()).collect();
    assert_eq!(digests, [pushed.clone(), pushed]);
}

#[tokio::test(start_paused = true)]
async fn a_service_starts_later_tasks_by_the_digest_its_deployment_resolved() {
    let sim = plain();
    let (ecs, ecr) = (ecs(&sim), ecr(&sim));
    let other = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#;
    ecr.put_image().repository_name("team/web").image_manifest(other).image_tag("v2").send().await.unwrap();
    ecs.update_service().cluster("main").service("web").desired_count(3).send().await.unwrap();
    pass(10).await;
    let running = tasks(&ecs, "web").await;
    assert_eq!(running.len(), 3);
    assert!(running.iter().all(|task| task.containers()[0].image_digest() == Some(digest('a').as_str())));
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_image_is_gone_cannot_start_tasks() {
    let sim = plain();
    let ecs = ecs(&sim);
    let id = aws_sdk_ecr::types::ImageIdentifier::builder().image_digest(digest('a')).build();
    ecr(&sim).batch_delete_image().repository_name("team/web").image_ids(id).send().await.unwrap();
    ecs.update_service().cluster("main").service("web").desired_count(3).send().await.unwrap();
    pass(10).await;
    let after = service(&ecs, "web").await;
    assert_eq!((after.running_count(), after.pending_count()), (2, 0));
    assert!(after.events()[0].message().unwrap().contains("unable to consistently start tasks"));
    let world = sim.world();
    pass(86_400).await;
    assert_ne!(sim.world(), world, "it goes on trying");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_task_of_a_service_is_replaced() {
    let ecs = ecs(&plain());
    let first = tasks(&ecs, "web").await[0].task_arn().unwrap().to_owned();
    let stopped = ecs.stop_task().cluster("main").task(&first).reason("test").send().await.unwrap().task.unwrap();
    assert_eq!((stopped.desired_status(), stopped.last_status()), (Some("STOPPED"), Some("RUNNING")));
    pass(20).await;
    let now = tasks(&ecs, "web").await;
    assert_eq!(now.iter().filter(|task| task.last_status() == Some("RUNNING")).count(), 2);
    assert!(now.iter().all(|task| task.task_arn() != Some(first.as_str())));
}

#[tokio::test(start_paused = true)]
async fn tasks_run_by_hand_pull_and_run_and_clusters_with_tasks_stay() {
    let ecs = ecs(&plain());
    let run = ecs.run_task().cluster("main").task_definition("web:2").count(2).started_by("me").send().await.unwrap();
    assert_eq!(run.tasks().len(), 2);
    pass(6).await;
    let arns = run.tasks().iter().map(|task| task.task_arn().unwrap().to_owned()).collect();
    let described = ecs.describe_tasks().cluster("main").set_tasks(Some(arns)).send().await.unwrap();
    assert!(described.tasks().iter().all(|task| {
        task.last_status() == Some("RUNNING") && task.containers()[0].image_digest() == Some(digest('a').as_str())
    }));
    assert_eq!(
        code(ecs.run_task().cluster("main").task_definition("web:2").count(11).send().await),
        "InvalidParameterException"
    );
    assert_eq!(code(ecs.delete_cluster().cluster("main").send().await), "ClusterContainsServicesException");
}

#[tokio::test(start_paused = true)]
async fn a_world_can_be_built_from_nothing_and_taken_down_again() {
    let scopes = plain().world().scopes().to_vec();
    let empty = jettison::sim::World::empty("2026-11-01T00:00:00Z".parse().unwrap(), scopes);
    let sim = Sim::new(empty, jettison::sim::Options::default());
    let ecs = ecs(&sim);
    ecs.create_cluster().cluster_name("fresh").send().await.unwrap();
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("app").image("nginx:1").build();
    ecs.register_task_definition().family("hello").container_definitions(container).send().await.unwrap();
    let create =
        || ecs.create_service().cluster("fresh").service_name("hello").task_definition("hello").desired_count(2);
    create().send().await.unwrap();
    assert!(message(create().send().await).contains("not idempotent"));
    pass(30).await;
    let made = ecs.describe_services().cluster("fresh").services("hello").send().await.unwrap().services()[0].clone();
    assert_eq!((made.running_count(), made.deployments().len()), (2, 1));
    assert!(made.events()[0].message().unwrap().contains("steady state"));
    ecs.delete_service().cluster("fresh").service("hello").force(true).send().await.unwrap();
    pass(30).await;
    let gone = ecs.delete_cluster().cluster("fresh").send().await.unwrap();
    assert_eq!(gone.cluster().unwrap().status(), Some("INACTIVE"));
    assert!(ecs.list_clusters().send().await.unwrap().cluster_arns().is_empty());
    assert_eq!(code(ecs.list_services().cluster("fresh").send().await), "ClusterNotFoundException");
}
