//! Service deployments and revisions: what CreateService, UpdateService and DeleteService make of them; and how a world's
//! are served.

use std::time::Duration;

use aws_sdk_ecs::{
    Client,
    types::{Service, ServiceDeployment, ServiceDeploymentStatus, ServiceRevision},
};
use jettison::sim::{Options, Sim, World};

use crate::client::{arn, code, digest, ecr, ecs, plain};

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

async fn service(ecs: &Client, name: &str) -> Service {
    ecs.describe_services().cluster("main").services(name).send().await.unwrap().services()[0].clone()
}

/// The service deployments of a service as they are described, the oldest first.
async fn deployments(ecs: &Client, name: &str) -> Vec<ServiceDeployment> {
    let listed = ecs.list_service_deployments().cluster("main").service(name).send().await.unwrap();
    let arns: Vec<String> =
        listed.service_deployments().iter().map(|one| one.service_deployment_arn().unwrap().to_owned()).collect();
    if arns.is_empty() {
        return Vec::new();
    }
    let described = ecs.describe_service_deployments().set_service_deployment_arns(Some(arns)).send().await.unwrap();
    assert!(described.failures().is_empty());
    let mut found = described.service_deployments().to_vec();
    found.sort_by_key(|one| one.created_at().unwrap().as_nanos());
    found
}

async fn revision(ecs: &Client, arn: &str) -> ServiceRevision {
    ecs.describe_service_revisions().service_revision_arns(arn).send().await.unwrap().service_revisions()[0].clone()
}

fn target(deployment: &ServiceDeployment) -> &str {
    deployment.target_service_revision().unwrap().arn().unwrap()
}

fn current(service: &Service) -> Vec<(&str, i32, i32)> {
    let summary = |one: &aws_sdk_ecs::types::ServiceCurrentRevisionSummary| {
        (one.requested_task_count(), one.running_task_count())
    };
    let revisions = service.current_service_revisions().iter();
    revisions.map(|one| (one.arn().unwrap(), summary(one).0, summary(one).1)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_new_service_has_a_revision_whose_digest_its_first_task_resolves() {
    let ecs = ecs(&plain());
    let create = ecs.create_service().cluster("main").service_name("shop").task_definition("web:2").desired_count(2);
    let made = create.send().await.unwrap().service.unwrap();
    let begun = deployments(&ecs, "shop").await;
    assert_eq!(made.current_service_deployment(), begun[0].service_deployment_arn());
    assert_eq!(begun[0].status(), Some(&ServiceDeploymentStatus::InProgress));
    assert!(begun[0].source_service_revisions().is_empty() && begun[0].finished_at().is_none());
    assert_eq!(current(&made), [(target(&begun[0]), 2, 0)]);
    let fresh = revision(&ecs, target(&begun[0])).await;
    assert_eq!(fresh.task_definition(), Some(arn("task-definition/web:2").as_str()));
    assert_eq!(
        (fresh.container_images()[0].container_name(), fresh.container_images()[0].image_digest()),
        (Some("app"), None)
    );
    pass(30).await;
    let ended = deployments(&ecs, "shop").await;
    assert_eq!(ended[0].status(), Some(&ServiceDeploymentStatus::Successful));
    assert!(ended[0].finished_at().unwrap().as_nanos() > ended[0].started_at().unwrap().as_nanos());
    let pinned = revision(&ecs, target(&ended[0])).await;
    assert_eq!(pinned.container_images()[0].image_digest(), Some(digest('a').as_str()));
    assert_eq!(current(&service(&ecs, "shop").await), [(target(&ended[0]), 2, 2)]);
}

/// A service whose history began before there were revisions has none, until its next deployment.
#[tokio::test(start_paused = true)]
async fn each_update_has_the_revisions_before_it_as_its_sources() {
    let sim = plain();
    let ecs = ecs(&sim);
    assert!(service(&ecs, "web").await.current_service_revisions().is_empty());
    assert!(deployments(&ecs, "web").await.is_empty());
    let update = || ecs.update_service().cluster("main").service("web").force_new_deployment(true);
    update().send().await.unwrap();
    pass(30).await;
    let other = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#;
    ecr(&sim).put_image().repository_name("team/web").image_manifest(other).image_tag("v2").send().await.unwrap();
    update().send().await.unwrap();
    pass(1).await;
    let now = deployments(&ecs, "web").await;
    let (first, second) = (&now[0], &now[1]);
    assert_eq!(second.source_service_revisions()[0].arn(), Some(target(first)));
    let both = service(&ecs, "web").await;
    assert_eq!(current(&both).iter().map(|one| one.0).collect::<Vec<_>>(), [target(first), target(second)]);
    pass(40).await;
    let after = service(&ecs, "web").await;
    assert_eq!(current(&after), [(target(second), 2, 2)]);
    assert_eq!(after.current_service_deployment(), second.service_deployment_arn());
    let digest_of = |revision: &ServiceRevision| revision.container_images()[0].image_digest().unwrap().to_owned();
    let (old, new) = (revision(&ecs, target(first)).await, revision(&ecs, target(second)).await);
    assert_eq!(digest_of(&old), digest('a'));
    assert_ne!(digest_of(&new), digest('a'), "the same tag, resolved again");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_replaced_before_its_end_is_stopped() {
    let ecs = ecs(&plain());
    let update = || ecs.update_service().cluster("main").service("web").force_new_deployment(true);
    update().send().await.unwrap();
    pass(1).await;
    update().send().await.unwrap();
    pass(60).await;
    let all = deployments(&ecs, "web").await;
    let statuses: Vec<_> = all.iter().map(|one| one.status().unwrap().as_str()).collect();
    assert_eq!(statuses, ["STOPPED", "SUCCESSFUL"]);
    assert_eq!(current(&service(&ecs, "web").await), [(target(&all[1]), 2, 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_service_takes_its_history_with_it() {
    let ecs = ecs(&plain());
    ecs.update_service().cluster("main").service("web").force_new_deployment(true).send().await.unwrap();
    pass(30).await;
    let all = deployments(&ecs, "web").await;
    ecs.delete_service().cluster("main").service("web").force(true).send().await.unwrap();
    pass(60).await;
    let described = ecs.describe_service_revisions().service_revision_arns(target(&all[0])).send().await.unwrap();
    assert_eq!(described.failures()[0].reason(), Some("MISSING"));
    let arn = all[0].service_deployment_arn().unwrap();
    let described = ecs.describe_service_deployments().service_deployment_arns(arn).send().await.unwrap();
    assert_eq!((described.service_deployments().len(), described.failures()[0].arn()), (0, Some(arn)));
    let listed = ecs.list_service_deployments().cluster("main").service("web").send().await;
    assert_eq!(code(listed), "ServiceNotFoundException");
}

/// Without tasks nothing is resolved: the tag itself is the reference.
#[tokio::test(start_paused = true)]
async fn a_service_at_zero_has_a_successful_deployment_and_no_digest() {
    let ecs = ecs(&plain());
    ecs.create_service().cluster("main").service_name("idle").task_definition("web:2").send().await.unwrap();
    pass(10).await;
    let all = deployments(&ecs, "idle").await;
    assert_eq!(all[0].status(), Some(&ServiceDeploymentStatus::Successful));
    assert_eq!(revision(&ecs, target(&all[0])).await.container_images()[0].image_digest(), None);
}

/// A cluster with a service of 45 deployments, a daemon in the midst of a deployment, and daemon task definitions.
fn history() -> Sim {
    let line = |kind: &str, value: String| {
        format!(r#"{{"kind":"{kind}","account_id":"000000000000","region":"eu-central-1","value":{value}}}"#)
    };
    let mut lines = vec![
        r#"{"kind":"inventory","format_version":"1.0","taken_at":"2026-11-01T00:00:00Z","scopes":[{"account":"demo","account_id":"000000000000","region":"eu-central-1"}]}"#.to_owned(),
        line("ecs.cluster", format!(r#"{{"clusterArn":"{}"}}"#, arn("cluster/main"))),
        line("ecs.service", format!(r#"{{"serviceArn":"{}"}}"#, arn("service/main/web"))),
        line("ecs.service", format!(r#"{{"serviceArn":"{}","deploymentController":{{"type":"EXTERNAL"}}}}"#, arn("service/main/external"))),
    ];
    for number in 0..45 {
        let status = if number == 44 { "IN_PROGRESS" } else { "SUCCESSFUL" };
        let (own, revision) = (
            arn(&format!("service-deployment/main/web/d{number:02}")),
            arn(&format!("service-revision/main/web/{number}")),
        );
        lines.push(line("ecs.service_deployment", format!(r#"{{"serviceDeploymentArn":"{own}","status":"{status}","createdAt":"2026-10-01T00:00:{number:02}Z","targetServiceRevision":{{"arn":"{revision}"}}}}"#)));
    }
    lines.push(line(
        "ecs.daemon",
        format!(
            r#"{{"daemonArn":"{}","deploymentArn":"{}","currentRevisions":[{{"arn":"{}"}},{{"arn":"{}"}}]}}"#,
            arn("daemon/main/agent"),
            arn("daemon-deployment/main/agent/1"),
            arn("daemon-revision/main/agent/2"),
            arn("daemon-revision/main/agent/1"),
        ),
    ));
    for number in 1..=3 {
        lines.push(line(
            "ecs.daemon_revision",
            format!(r#"{{"daemonRevisionArn":"{}"}}"#, arn(&format!("daemon-revision/main/agent/{number}"))),
        ));
    }
    for (name, status) in [("agent:1", "DELETE_IN_PROGRESS"), ("agent:2", "ACTIVE"), ("agent-x:10", "ACTIVE")] {
        let own = arn(&format!("daemon-task-definition/{name}"));
        lines.push(line("ecs.daemon_task_definition", format!(r#"{{"daemonTaskDefinitionArn":"{own}","status":"{status}","containerDefinitions":[{{"name":"a","image":"agent:1"}}]}}"#)));
    }
    Sim::new(World::read(lines.join("\n").as_bytes()).unwrap(), Options::default())
}

#[tokio::test]
async fn service_deployments_come_in_pages_and_by_status() {
    let ecs = ecs(&history());
    let list = || ecs.list_service_deployments().cluster("main").service("web");
    let first = list().send().await.unwrap();
    assert_eq!(first.service_deployments().len(), 20);
    assert_eq!(
        first.service_deployments()[0].target_service_revision_arn(),
        Some(arn("service-revision/main/web/0").as_str())
    );
    let second = list().next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!(second.service_deployments().len(), 20);
    assert_eq!(list().max_results(100).send().await.unwrap().service_deployments().len(), 45);
    assert_eq!(code(list().max_results(101).send().await), "InvalidParameterException");
    let unfinished = list().status(ServiceDeploymentStatus::InProgress).send().await.unwrap();
    assert_eq!(unfinished.service_deployments().len(), 1);
    assert_eq!(code(list().status("NEW".into()).send().await), "InvalidParameterException");
    let until = aws_sdk_ecs::types::CreatedAt::builder()
        .before(aws_sdk_ecs::primitives::DateTime::from_secs(1_790_812_803))
        .build();
    assert_eq!(list().created_at(until).send().await.unwrap().service_deployments().len(), 3);
    let of = |name: &str| ecs.list_service_deployments().cluster("main").service(name);
    assert_eq!(code(of("nope").send().await), "ServiceNotFoundException");
    assert_eq!(code(of("external").send().await), "InvalidParameterException");
}

#[tokio::test]
async fn parts_are_described_twenty_at_a_time_and_what_is_missing_is_named() {
    let ecs = ecs(&history());
    let arns =
        |count: usize| (0..count).map(|number| arn(&format!("service-deployment/main/web/d{number:02}"))).collect();
    let describe =
        |arns: Vec<String>| ecs.describe_service_deployments().set_service_deployment_arns(Some(arns)).send();
    assert_eq!(describe(arns(20)).await.unwrap().service_deployments().len(), 20);
    assert_eq!(code(describe(arns(21)).await), "InvalidParameterException");
    assert_eq!(code(describe(Vec::new()).await), "InvalidParameterException");
    let elsewhere = "arn:aws:ecs:us-east-1:000000000000:service-deployment/main/web/d01";
    let described = describe(vec![arn("service-deployment/main/web/d01"), elsewhere.to_owned()]).await.unwrap();
    assert_eq!((described.service_deployments().len(), described.failures()[0].arn()), (1, Some(elsewhere)));
    let revisions = (0..21).map(|number| arn(&format!("service-revision/main/web/{number}"))).collect();
    let refused = ecs.describe_service_revisions().set_service_revision_arns(Some(revisions)).send().await;
    assert_eq!(code(refused), "InvalidParameterException");
}

#[tokio::test]
async fn daemons_show_what_runs_and_what_they_come_from() {
    let ecs = ecs(&history());
    let listed = ecs.list_daemons().cluster_arn(arn("cluster/main")).send().await.unwrap();
    assert_eq!(listed.daemon_summaries_list()[0].daemon_arn(), Some(arn("daemon/main/agent").as_str()));
    assert_eq!(code(ecs.list_daemons().cluster_arn(arn("cluster/nope")).send().await), "ClusterNotFoundException");
    let daemon = ecs.describe_daemon().daemon_arn(arn("daemon/main/agent")).send().await.unwrap().daemon.unwrap();
    let missing = ecs.describe_daemon().daemon_arn(arn("daemon/main/nope")).send().await;
    assert_eq!(code(missing), "DaemonNotFoundException");
    let deployments = ecs
        .describe_daemon_deployments()
        .daemon_deployment_arns(daemon.deployment_arn().unwrap())
        .send()
        .await
        .unwrap();
    let deployment = &deployments.daemon_deployments()[0];
    assert_eq!(deployment.target_daemon_revision().unwrap().arn(), Some(arn("daemon-revision/main/agent/2").as_str()));
    let sources: Vec<_> = deployment.source_daemon_revisions().iter().map(|one| one.arn().unwrap()).collect();
    assert_eq!(sources, [arn("daemon-revision/main/agent/1"), arn("daemon-revision/main/agent/3")]);
    let revisions = ecs
        .describe_daemon_revisions()
        .daemon_revision_arns(sources[0])
        .daemon_revision_arns(arn("daemon-revision/main/agent/9"))
        .send()
        .await
        .unwrap();
    assert_eq!(revisions.daemon_revisions()[0].daemon_arn(), Some(arn("daemon/main/agent").as_str()));
    assert_eq!(revisions.failures()[0].reason(), Some("MISSING"));
}

#[tokio::test]
async fn daemon_task_definitions_are_listed_by_status_and_family() {
    use aws_sdk_ecs::types::{DaemonTaskDefinitionRevisionFilter, DaemonTaskDefinitionStatusFilter, SortOrder};
    let ecs = ecs(&history());
    let list = || ecs.list_daemon_task_definitions();
    let names = |answer: aws_sdk_ecs::operation::list_daemon_task_definitions::ListDaemonTaskDefinitionsOutput| {
        let arns = answer.daemon_task_definitions().iter().map(|one| one.arn().unwrap().to_owned());
        arns.map(|arn| arn.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(list().send().await.unwrap()), ["agent:2", "agent-x:10"]);
    let all = || list().status(DaemonTaskDefinitionStatusFilter::All);
    assert_eq!(names(all().send().await.unwrap()), ["agent:1", "agent:2", "agent-x:10"]);
    assert_eq!(names(all().sort(SortOrder::Desc).send().await.unwrap()), ["agent-x:10", "agent:2", "agent:1"]);
    assert_eq!(names(all().family("agent").send().await.unwrap()), ["agent:1", "agent:2"]);
    assert_eq!(names(all().family_prefix("agent-").send().await.unwrap()), ["agent-x:10"]);
    let newest = all().revision(DaemonTaskDefinitionRevisionFilter::LastRegistered);
    assert_eq!(names(newest.send().await.unwrap()), ["agent:2", "agent-x:10"]);
    let first = all().max_results(2).send().await.unwrap();
    let rest = all().max_results(2).next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!((names(first), names(rest)), (vec!["agent:1".into(), "agent:2".into()], vec!["agent-x:10".into()]));
    let describe = |name: &str| ecs.describe_daemon_task_definition().daemon_task_definition(name).send();
    for name in ["agent", "agent:2", &arn("daemon-task-definition/agent:2")] {
        assert_eq!(describe(name).await.unwrap().daemon_task_definition().unwrap().revision(), 2);
    }
    assert_eq!(code(describe("agent:7").await), "ClientException");
}
