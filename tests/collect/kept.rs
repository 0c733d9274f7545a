//! What stays when something cannot be read: every fault, from the wire to the plan.

use std::{collections::BTreeSet, sync::Arc};

use jettison::{
    aws::Operation,
    collect::{Absent, Aggregator, MemoryCache, Options, UNREAD},
    inventory::{
        ContainerDefinition, ContainerImage, Daemon, DaemonRevision, DaemonRevisionSummary, DaemonTaskDefinition,
        Inventory, RevisionSummary, Scale, Service, ServiceDeployment, ServiceEvent, ServiceRevision, TaskSet,
    },
    ledger::Ledger,
    model::{Age, Kind, Scope, Source},
    plan::{Action, Plan, Question, decide},
    policy,
    sim::{self, Fault, Faults, When},
};
use serde_json::{Value, json};

use crate::{
    cloud::{Cloud, error},
    elsewhere,
    world::{
        IMAGE, INDEX, arn, at, cluster, definition, digest, empty, image, manifest, now, registry_of, repository, seen,
        service, task, written,
    },
};

const POLICY: &str = r#"
settings { rollback_window = "0s" }
account "demo" {
  id        = "000000000000"
  regions   = ["eu-central-1"]
  simulated = "world.ndjson"
}
retention "service" "idle" {
  match { cluster = ["*"] }
  delete { idle_for = "1d" }
}
retention "task_set" "old" {
  match { cluster = ["*"] }
  delete { older_than = "1d" }
}
retention "task_definition" "old" {
  match { family = ["*"] }
  delete { inactive_for = "1d" }
}
retention "image" "old" {
  match { repository = ["*"] }
  delete { unused_for = "1d" }
}
"#;

/// An estate in which one object of each kind can go, and every source of ECS and ECR has something to read.
fn estate() -> Inventory {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    let mut idle = service("main", "idle", "web:1");
    idle.events = vec![ServiceEvent { created_at: Some(at("2026-02-01T00:00:00Z")), ..ServiceEvent::default() }];
    let (external, task_sets) = external();
    world.services = vec![seen(external), seen(idle), seen(service_with_tasks())];
    world.service_deployments = vec![seen(deployment())];
    world.service_revisions = vec![seen(revision())];
    world.task_sets = task_sets.into_iter().map(seen).collect();
    world.tasks = vec![seen(task("main", 1, "web:1", "RUNNING"))];
    world.task_definitions = vec![seen(definition("web", 1, "ACTIVE")), seen(definition("old", 1, "INACTIVE"))];
    add_daemon(&mut world);
    world.registries = vec![registry_of(&world.scopes[0])];
    world.repositories = vec![seen(repository("team/web"))];
    let mut index = image("team/web", 2, INDEX);
    index.image_tags = vec!["old".into()];
    world.images = vec![seen(image("team/web", 1, IMAGE)), seen(index)];
    world.manifests = vec![seen(manifest("team/web", 2, &[1]))];
    world
}

/// The deployment that brought what the service runs.
fn deployment() -> ServiceDeployment {
    ServiceDeployment {
        service_deployment_arn: arn("service-deployment/main/web/1"),
        service_arn: arn("service/main/web"),
        cluster_arn: arn("cluster/main"),
        status: "SUCCESSFUL".to_owned(),
        created_at: Some(at("2026-10-01T00:00:00Z")),
        started_at: Some(at("2026-10-01T00:00:00Z")),
        finished_at: Some(at("2026-10-01T00:05:00Z")),
        target_service_revision: Some(current()),
        ..ServiceDeployment::default()
    }
}

fn current() -> RevisionSummary {
    RevisionSummary { arn: arn("service-revision/main/web/1"), ..RevisionSummary::default() }
}

fn revision() -> ServiceRevision {
    ServiceRevision {
        service_revision_arn: current().arn,
        service_arn: arn("service/main/web"),
        cluster_arn: arn("cluster/main"),
        task_definition: Some(arn("task-definition/web:1")),
        container_images: vec![container()],
        created_at: Some(at("2026-10-01T00:00:00Z")),
    }
}

fn container() -> ContainerImage {
    ContainerImage {
        container_name: "web".to_owned(),
        image: Some("nginx:1".to_owned()),
        image_digest: Some(digest(7).to_string()),
    }
}

fn add_daemon(world: &mut Inventory) {
    let revision = arn("daemon-revision/main/agent/1");
    world.daemons = vec![seen(Daemon {
        daemon_arn: arn("daemon/main/agent"),
        cluster_arn: arn("cluster/main"),
        status: "ACTIVE".to_owned(),
        current_revisions: vec![DaemonRevisionSummary { arn: revision.clone() }],
        deployment_arn: Some(arn("daemon-deployment/main/agent/1")),
        created_at: None,
        updated_at: None,
    })];
    world.daemon_revisions = vec![seen(DaemonRevision {
        daemon_revision_arn: revision,
        daemon_arn: arn("daemon/main/agent"),
        cluster_arn: arn("cluster/main"),
        daemon_task_definition_arn: Some(arn("daemon-task-definition/agent:1")),
        container_images: vec![container()],
        created_at: None,
    })];
    world.daemon_task_definitions = vec![seen(DaemonTaskDefinition {
        daemon_task_definition_arn: arn("daemon-task-definition/agent:1"),
        family: "agent".to_owned(),
        revision: 1,
        status: "ACTIVE".to_owned(),
        registered_at: None,
        delete_requested_at: None,
        container_definitions: vec![ContainerDefinition { name: "agent".to_owned(), image: "agent:1".to_owned() }],
    })];
}

/// What holds from outside ECS and ECR: one of each, and none of what can go.
fn lines() -> Vec<(&'static str, Value)> {
    let web = arn("task-definition/web:1");
    let on_cluster = json!({ "Id": "1", "Arn": arn("cluster/main"), "RoleArn": "arn:aws:iam::000000000000:role/x",
        "EcsParameters": { "TaskDefinitionArn": web } });
    let run = json!({ "StartAt": "Run", "States": { "Run": { "Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": { "TaskDefinition": web }, "End": true } } });
    let machine = "arn:aws:states:eu-central-1:000000000000:stateMachine:flow";
    let function = "arn:aws:lambda:eu-central-1:000000000000:function:hook:1";
    let spec = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": format!("TaskDefinition: {web}\n") } });
    let scaling = json!({ "ServiceNamespace": "ecs", "ResourceId": "service/main/web", "MinCapacity": 0, "MaxCapacity": 4,
        "ScalableDimension": "ecs:service:DesiredCount" });
    let mut action = scaling.clone();
    action["ScheduledActionARN"] = "arn:aws:autoscaling:eu-central-1:000000000000:scheduledAction:x".into();
    action["Schedule"] = "rate(1 day)".into();
    action["ScalableTargetAction"] = json!({ "MaxCapacity": 4 });
    let source = json!({ "aggregator": "fleet", "SourceId": "111111111111", "SourceType": "ACCOUNT", "AwsRegion": "eu-central-1",
        "LastUpdateStatus": "SUCCEEDED", "LastUpdateTime": "2026-10-31T23:00:00Z" });
    vec![
        ("events.rule", json!({ "EventBusName": "default", "Name": "nightly", "Targets": [on_cluster] })),
        ("scheduler.schedule", json!({ "GroupName": "default", "Name": "nightly", "Target": on_cluster })),
        (
            "states.state_machine",
            json!({ "stateMachineArn": machine, "name": "flow", "definition": run.to_string(), "versions":
                [{ "stateMachineVersionArn": format!("{machine}:1"), "definition": run.to_string() }] }),
        ),
        (
            "lambda.function",
            json!({ "Configuration": { "FunctionArn": function }, "Code": { "ImageUri": "public.ecr.aws/x/hook:1" } }),
        ),
        (
            "batch.job_definition",
            json!({ "jobDefinitionArn": "arn:aws:batch:eu-central-1:000000000000:job-definition/report:1",
                "containerProperties": { "image": "busybox" } }),
        ),
        (
            "codedeploy.deployment_group",
            json!({ "applicationName": "shop", "deploymentGroupName": "web",
                "ecsServices": [{ "clusterName": "main", "serviceName": "web" }],
                "lastSuccessfulDeployment": { "deploymentId": "d-1", "status": "Succeeded" } }),
        ),
        (
            "codedeploy.deployment",
            json!({ "deploymentId": "d-1", "applicationName": "shop", "deploymentGroupName": "web", "status": "Succeeded",
                "revision": spec }),
        ),
        ("autoscaling.scalable_target", scaling),
        ("autoscaling.scheduled_action", action),
        ("config.source_status", source),
    ]
}

fn service_with_tasks() -> Service {
    Service {
        desired_count: 1,
        running_count: 1,
        current_service_deployment: Some(deployment().service_deployment_arn),
        current_service_revisions: vec![current()],
        ..service("main", "web", "web:1")
    }
}

/// A service whose traffic is on one task set, and whose other one is left over.
fn external() -> (Service, Vec<TaskSet>) {
    let mut owner = service("main", "external", "web:1");
    (owner.task_definition, owner.deployments) = (None, Vec::new());
    (owner.desired_count, owner.running_count) = (1, 1);
    owner.deployment_controller = Some(jettison::inventory::Controller { kind: "EXTERNAL".to_owned() });
    let task_set = |id: &str, status: &str| TaskSet {
        id: format!("ecs-svc/{id}"),
        task_set_arn: arn(&format!("task-set/main/external/ecs-svc/{id}")),
        service_arn: owner.service_arn.clone(),
        cluster_arn: owner.cluster_arn.clone(),
        status: status.to_owned(),
        task_definition: Some(arn("task-definition/web:1")),
        scale: Some(Scale { value: if status == "PRIMARY" { 100.0 } else { 0.0 }, unit: "PERCENT".to_owned() }),
        created_at: Some(at("2026-02-01T00:00:00Z")),
        updated_at: Some(at("2026-02-01T00:00:00Z")),
        ..TaskSet::default()
    };
    let task_sets = vec![task_set("1", "PRIMARY"), task_set("2", "ACTIVE")];
    owner.task_sets.clone_from(&task_sets);
    (owner, task_sets)
}

fn options() -> Options {
    Options { waived: UNREAD.iter().copied().collect(), ..Options::new(now()) }
}

/// The same with an aggregator.
fn with_aggregator() -> Options {
    let aggregator = Aggregator {
        label: "org".to_owned(),
        account: "demo".into(),
        region: "eu-central-1".into(),
        name: "fleet".to_owned(),
        max_staleness: Age::from_seconds(24 * 3_600),
    };
    Options { aggregators: vec![aggregator], ..options() }
}

/// The plan for what was read.
fn plan_of(inventory: &Inventory) -> Plan {
    let waivers: String =
        UNREAD.iter().map(|source| format!("waive \"{source}\" {{ reason = \"not built in\" }}\n")).collect();
    let (policy, _) = policy::parse([("policy.hcl".to_owned(), format!("{POLICY}{waivers}"))]).unwrap();
    let question = Question {
        policy: &policy,
        policy_id: String::new(),
        inventory,
        inventory_id: String::new(),
        ledger: &Ledger::default(),
        now: inventory.taken_at,
        made_at: inventory.taken_at,
        selection: None,
        tool_version: "0",
    };
    decide(&question).plan
}

const fn kind_of(action: Action) -> Kind {
    match action {
        Action::DeleteService => Kind::Service,
        Action::ScaleTaskSet | Action::DeleteTaskSet => Kind::TaskSet,
        Action::DeregisterTaskDefinition | Action::DeleteTaskDefinition => Kind::TaskDefinition,
        Action::ArchiveImage | Action::DeleteImage => Kind::Image,
    }
}

/// The kinds of which the plan takes nothing.
fn kept(inventory: &Inventory) -> BTreeSet<Kind> {
    let goes: BTreeSet<Kind> = plan_of(inventory).steps.iter().map(|step| kind_of(step.action)).collect();
    Kind::ALL.into_iter().filter(|kind| !goes.contains(kind)).collect()
}

async fn collected(cloud: &Cloud) -> Inventory {
    cloud.collect(options(), &Arc::new(MemoryCache::default())).await
}

/// What is read of the estate and of everything outside ECS and ECR.
async fn whole(faults: Faults) -> (Cloud, Inventory) {
    let cloud = elsewhere::cloud(&estate(), &lines(), faults);
    let read = cloud.collect(with_aggregator(), &Arc::new(MemoryCache::default())).await;
    (cloud, read)
}

/// What may not go when an operation is never answered; nothing for those that a collection does not make.
fn held_without(operation: Operation) -> Option<&'static [Kind]> {
    const RUN: &[Kind] = &[Kind::TaskDefinition, Kind::Image];
    const IMAGES: &[Kind] = &[Kind::Image];
    Some(match operation {
        Operation::ListClusters
        | Operation::DescribeClusters
        | Operation::ListServices
        | Operation::DescribeServices
        // Only DescribeTaskSets tells the protect tag of a task set.
        | Operation::DescribeTaskSets
        | Operation::ListApplications
        | Operation::BatchGetApplications
        | Operation::ListDeploymentGroups
        | Operation::BatchGetDeploymentGroups
        | Operation::ListDeployments
        | Operation::BatchGetDeployments => &Kind::ALL,
        Operation::ListServiceDeployments | Operation::DescribeServiceDeployments => {
            &[Kind::Service, Kind::TaskDefinition, Kind::Image]
        }
        Operation::ListTasks
        | Operation::DescribeTasks
        | Operation::ListTaskDefinitions
        | Operation::DescribeTaskDefinition
        | Operation::DescribeServiceRevisions
        | Operation::ListEventBuses
        | Operation::ListRules
        | Operation::ListTargetsByRule
        | Operation::ListSchedules
        | Operation::GetSchedule
        | Operation::ListStateMachines
        | Operation::ListStateMachineVersions
        | Operation::DescribeStateMachine => RUN,
        Operation::ListDaemons
        | Operation::DescribeDaemon
        | Operation::DescribeDaemonDeployments
        | Operation::DescribeDaemonRevisions
        | Operation::ListDaemonTaskDefinitions
        | Operation::DescribeDaemonTaskDefinition
        | Operation::DescribeRepositories
        | Operation::ListRepositoryTags
        | Operation::DescribeImages
        | Operation::BatchGetImage
        | Operation::DescribeRegistry
        | Operation::ListFunctions
        | Operation::GetFunction
        | Operation::DescribeJobDefinitions
        | Operation::DescribeConfigurationAggregatorSourcesStatus
        | Operation::SelectAggregateResourceConfig => IMAGES,
        Operation::DescribeScalableTargets | Operation::DescribeScheduledActions => &[Kind::Service],
        // They are read to warn.
        Operation::DescribePullThroughCacheRules | Operation::GetRepositoryPolicy | Operation::GetLifecyclePolicy => &[],
        // Without an identity nothing is entered; the others change something.
        Operation::GetCallerIdentity
        | Operation::UpdateTaskSet
        | Operation::DeleteTaskSet
        | Operation::DeleteService
        | Operation::DeregisterTaskDefinition
        | Operation::DeleteTaskDefinitions
        | Operation::UpdateImageStorageClass
        | Operation::BatchDeleteImage => return None,
    })
}

#[tokio::test(start_paused = true)]
async fn an_estate_that_is_read_whole_lets_one_of_each_kind_go() {
    let (_, read) = whole(Faults::none()).await;
    assert_eq!(read.gaps, []);
    assert_eq!(kept(&read), BTreeSet::new(), "{:#?}", plan_of(&read).blocked);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_denied_holds_what_it_could_mean() {
    each_operation_held(Fault::AccessDenied).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_is_throttled_out_holds_what_it_could_mean() {
    each_operation_held(Fault::Throttle).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_is_never_answered_holds_what_it_could_mean() {
    each_operation_held(Fault::CutBefore).await;
}

async fn each_operation_held(fault: Fault) {
    let (cloud, _) = whole(Faults::none()).await;
    let made: BTreeSet<String> = cloud.sim.calls().into_iter().map(|call| call.operation).collect();
    for operation in Operation::ALL {
        let Some(held) = held_without(operation) else { continue };
        let (_, name) = operation.names();
        assert!(made.contains(name), "{operation} is not called: the fault would strike nothing");
        let (_, read) = whole(Faults::none().at(When::Every(name.to_owned()), fault)).await;
        assert!(!read.gaps.is_empty(), "{operation}");
        let kept = kept(&read);
        assert!(held.iter().all(|kind| kept.contains(kind)), "{operation} {fault:?}: only {kept:?} stays");
    }
}

/// Sources without which a part of the plan is still possible do not stop the rest.
#[tokio::test(start_paused = true)]
async fn what_cannot_matter_to_a_kind_does_not_hold_it() {
    let faults = Faults::none().at(When::Every("BatchGetImage".to_owned()), Fault::AccessDenied);
    assert_eq!(kept(&whole(faults).await.1), [Kind::Image].into());
}

#[tokio::test(start_paused = true)]
async fn a_page_token_that_loops_holds_what_the_list_could_mean() {
    for (operation, list, held) in [
        ("ListTasks", "taskArns", Kind::Image),
        ("ListTaskDefinitions", "taskDefinitionArns", Kind::TaskDefinition),
        ("ListServices", "serviceArns", Kind::Service),
        ("DescribeImages", "imageDetails", Kind::Image),
    ] {
        let cloud = Cloud::new(&estate()).intercepting(move |asked| {
            (asked.operation == operation).then(|| (200, json!({ list: [], "nextToken": "again" })))
        });
        let read = collected(&cloud).await;
        assert!(cloud.asked(operation).len() < 10, "{operation} was asked for ever");
        assert!(read.gaps.iter().any(|gap| gap.error.contains("leads back")), "{:?}", read.gaps);
        assert!(kept(&read).contains(&held), "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_cannot_be_described_holds_every_image() {
    let lost = arn("task-definition/web:1");
    let cloud = Cloud::new(&estate()).intercepting(move |asked| {
        let is_it = asked.operation == "DescribeTaskDefinition" && asked.text("taskDefinition") == lost;
        if is_it { error("ClientException", "Unable to describe task definition.") } else { None }
    });
    assert!(kept(&collected(&cloud).await).contains(&Kind::Image));
}

/// Every status of the estate, replaced by one that AWS has not invented yet.
#[tokio::test(start_paused = true)]
async fn a_status_never_seen_before_is_in_use() {
    let mut world = estate();
    for definition in &mut world.task_definitions {
        if definition.value.family == "old" {
            definition.value.status = "RESTING".to_owned();
        }
    }
    let text = written(&world);
    // A listing by status does not show it, so it stands in the inventory as somebody else collected it.
    let read = jettison::inventory::read(text.as_bytes()).unwrap();
    assert!(kept(&read).contains(&Kind::TaskDefinition));

    let cloud = Cloud::new(&estate()).intercepting(|asked| {
        let mut services: Vec<_> = estate().services.into_iter().map(|seen| seen.value).collect();
        for service in &mut services {
            service.status = "HIBERNATING".to_owned();
            for task_set in &mut service.task_sets {
                task_set.status = "DREAMING".to_owned();
            }
        }
        let mut answer = json!({ "services": services, "failures": [] });
        strip_times(&mut answer);
        (asked.operation == "DescribeServices").then_some((200, answer))
    });
    let read = collected(&cloud).await;
    assert_eq!(read.services.len(), 3, "{:?}", read.gaps);
    let kept = kept(&read);
    assert!(kept.contains(&Kind::Service) && kept.contains(&Kind::TaskSet), "{kept:?}");
}

/// AWS sends times as numbers; this test needs none.
fn strip_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !name.ends_with("At"));
            members.values_mut().for_each(strip_times);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_times),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_cannot_be_read_or_parsed_holds_its_repository() {
    let unreadable =
        json!({ "images": [], "failures": [{ "imageId": { "imageDigest": digest(2) }, "failureCode": "KmsError" }] });
    let broken =
        json!({ "images": [{ "imageId": { "imageDigest": digest(2) }, "imageManifest": "not JSON" }], "failures": [] });
    for answer in [unreadable, broken] {
        let cloud = Cloud::new(&estate())
            .intercepting(move |asked| (asked.operation == "BatchGetImage").then(|| (200, answer.clone())));
        assert_eq!(kept(&collected(&cloud).await), [Kind::Image].into());
    }
}

/// A machine whose clock is wrong would take fresh things for old, or leave AWS's ten minutes too early.
#[tokio::test(start_paused = true)]
async fn by_a_wrong_clock_nothing_is_old() {
    let world = estate();
    for (theirs, direction) in
        [("2026-11-01T00:05:00Z", "5 minutes behind"), ("2026-11-01T00:02:01Z", "2 minutes behind")]
    {
        let options = sim::Options { starts_at: Some(at(theirs)), ..sim::Options::default() };
        let read = collected(&Cloud::of_text(&written(&world), &world, options)).await;
        assert!(read.gaps.len() == 1 && read.gaps[0].error.contains(direction), "{:?}", read.gaps);
        assert_eq!(kept(&read), Kind::ALL.into_iter().collect());
    }
    let early = Options { taken_at: at("2026-11-01T01:00:00Z"), ..options() };
    let read = Cloud::new(&world).collect(early, &Arc::default()).await;
    assert!(read.gaps[0].error.contains("60 minutes ahead"), "{:?}", read.gaps);
    let close = sim::Options { starts_at: Some(at("2026-11-01T00:01:50Z")), ..sim::Options::default() };
    assert_eq!(kept(&collected(&Cloud::of_text(&written(&world), &world, close)).await), BTreeSet::new());
}

/// What AWS dates after the collection is not old.
#[tokio::test(start_paused = true)]
async fn what_aws_dates_after_our_clock_is_not_old() {
    let mut world = estate();
    for image in &mut world.images {
        image.value.image_pushed_at = Some(at("2027-01-01T00:00:00Z"));
    }
    for definition in &mut world.task_definitions {
        if definition.value.status == "INACTIVE" {
            definition.value.deregistered_at = Some(at("2027-01-01T00:00:00Z"));
        }
    }
    let kept = kept(&collected(&Cloud::new(&world)).await);
    assert!(kept.contains(&Kind::Image) && kept.contains(&Kind::TaskDefinition), "{kept:?}");
}

/// A Region that is not enabled answers nothing, and an account with another id is not entered at all.
#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_be_entered_holds_every_image() {
    let elsewhere =
        Scope { account: "other".into(), account_id: "111111111111".parse().unwrap(), region: "me-south-1".into() };
    let absent = Absent { scope: elsewhere.clone(), error: "the credentials belong to 222222222222".to_owned() };
    let options = Options { absent: vec![absent], ..options() };
    let read = Cloud::new(&estate()).collect(options, &Arc::default()).await;
    assert!(read.scopes.contains(&elsewhere));
    assert_eq!(kept(&read), [Kind::Image].into(), "what only its own account can hold may go");
    assert!(read.gaps.iter().all(|gap| gap.source == Source::Account && gap.error.contains("222222222222")));
}

#[tokio::test(start_paused = true)]
async fn a_repository_deleted_between_list_and_describe_takes_no_other_along() {
    let mut world = estate();
    world.repositories.push(seen(repository("team/gone")));
    let cloud = Cloud::new(&world).intercepting(|asked| {
        let is_it = asked.operation == "DescribeImages" && asked.text("repositoryName") == "team/gone";
        if is_it { error("RepositoryNotFoundException", "it does not exist") } else { None }
    });
    let read = collected(&cloud).await;
    assert_eq!((read.gaps.len(), read.repositories.len()), (0, 1));
    assert_eq!(kept(&read), BTreeSet::new());
}
