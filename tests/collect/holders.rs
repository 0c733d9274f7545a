//! Lambda, AWS Batch, CodeDeploy and Application Auto Scaling, through the simulated AWS and the real SDK.

use std::{collections::BTreeSet, sync::Arc};

use jettison::{
    collect::{MemoryCache, Options, UNREAD},
    inventory::{Inventory, Reference},
    model::Source,
    sim::Faults,
};
use serde_json::{Value, json};

use crate::{
    cloud::{Cloud, error},
    elsewhere::{ELSEWHERE, calls, cloud, denying, only, references},
    gaps,
    world::{arn, digest, empty},
};

type Line = (&'static str, Value);

fn counts(expected: &[(&str, usize)]) -> std::collections::BTreeMap<String, usize> {
    expected.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

/// Reads one source twice: by the whole sweep, and by the look before a deletion. Both see the same.
async fn read(cloud: &Cloud, source: Source) -> Inventory {
    let whole = cloud.collect(only(source), &Arc::default()).await;
    let look = cloud.reference_sweep(only(source), &Arc::default()).await;
    assert_eq!((&whole.references, &whole.gaps), (&look.references, &look.gaps));
    whole
}

/// Denies one operation after the other: each leaves a gap of the source as a whole, and nothing is asked again.
async fn assert_denied(lines: &[Line], source: Source, service: &str, operations: &[&str]) {
    for denied in operations {
        let cloud = cloud(&empty(), lines, denying(denied));
        let seen = cloud.collect(only(source), &Arc::default()).await;
        assert!(!seen.gaps.is_empty(), "{denied}");
        for gap in &seen.gaps {
            assert_eq!(gap.source, source, "{denied}");
            assert!(gap.error.contains(denied) && gap.error.contains("access denied"), "{}", gap.error);
        }
        assert!(seen.gaps.iter().any(|gap| gap.account_id.is_some() && gap.region.is_some()), "{denied}");
        let look = cloud.reference_sweep(only(source), &Arc::default()).await;
        assert_eq!(look.gaps, seen.gaps, "{denied}");
    }
    let cloud = cloud(&empty(), lines, Faults::none());
    let waived = UNREAD.iter().copied().chain(ELSEWHERE).collect();
    let seen = cloud.collect(Options { waived, ..only(source) }, &Arc::default()).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    assert!(calls(&cloud, service).is_empty(), "a waived source is not asked");
}

fn image(name: &str) -> String {
    format!("000000000000.dkr.ecr.eu-central-1.amazonaws.com/{name}")
}

fn function_arn(name: &str, version: &str) -> String {
    format!("arn:aws:lambda:eu-central-1:000000000000:function:{name}:{version}")
}

fn function(name: &str, version: &str, code: &Value) -> Line {
    let configuration =
        json!({ "FunctionArn": function_arn(name, version), "RevisionId": format!("{name}-{version}") });
    ("lambda.function", json!({ "Configuration": configuration, "Code": code }))
}

/// A hundred and twenty versions, each with its digest; one without; and functions from ZIP files.
fn functions() -> Vec<Line> {
    let pinned = |number: usize| json!({ "ImageUri": image("fn:live"), "ResolvedImageUri": image(&format!("fn@{}", digest(number))) });
    let mut lines: Vec<Line> = (0..120).map(|number| function("fn", &number.to_string(), &pinned(number))).collect();
    lines.push(function("tag", "$LATEST", &json!({ "ImageUri": image("tag:1") })));
    lines.extend((0..60).map(|number| function("zip", &number.to_string(), &json!({ "Location": "https://code" }))));
    lines
}

#[tokio::test(start_paused = true)]
async fn every_version_of_a_function_holds_its_tag_and_its_digest() {
    let cloud = cloud(&empty(), &functions(), Faults::none());
    let cache = Arc::new(MemoryCache::default());
    let seen = cloud.collect(only(Source::Lambda), &cache).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    assert_eq!(calls(&cloud, "lambda"), counts(&[("ListFunctions", 4), ("GetFunction", 121)]));
    let found = references(&seen);
    assert_eq!(found.len(), 120 * 2 + 1);
    let held = |name: &str, version: &str, uri: String| {
        let (source, holder) = ("lambda".to_owned(), function_arn(name, version));
        found.contains(&Reference { source, holder, image: Some(uri), ..Reference::default() })
    };
    assert!(held("fn", "119", image("fn:live")) && held("fn", "119", image(&format!("fn@{}", digest(119)))));
    assert!(held("tag", "$LATEST", image("tag:1")));
    let again = self::cloud(&empty(), &functions(), Faults::none());
    assert_eq!(again.reference_sweep(only(Source::Lambda), &cache).await.references, seen.references);
    assert_eq!(calls(&again, "lambda"), counts(&[("ListFunctions", 4)]), "no revision is asked for twice");
}

#[tokio::test(start_paused = true)]
async fn functions_that_cannot_be_read_are_gaps() {
    assert_denied(&functions(), Source::Lambda, "lambda", &["ListFunctions", "GetFunction"]).await;
    let cloud = cloud(&empty(), &functions(), denying("GetFunction"));
    let seen = cloud.collect(only(Source::Lambda), &Arc::default()).await;
    assert_eq!(gaps(&seen), [(Source::Lambda, None)].into());
    assert!(calls(&cloud, "lambda")["GetFunction"] <= 8, "one refusal tells of all");
}

#[tokio::test(start_paused = true)]
async fn a_function_without_an_image_is_a_gap_of_its_own() {
    let lines = [
        function("good", "1", &json!({ "ImageUri": image("good:1") })),
        (
            "lambda.function",
            json!({ "Configuration": { "FunctionArn": function_arn("odd", "1"), "PackageType": "Image" },
            "Code": {} }),
        ),
    ];
    let seen = read(&cloud(&empty(), &lines, Faults::none()), Source::Lambda).await;
    assert_eq!(gaps(&seen), [(Source::Lambda, Some(function_arn("odd", "1")))].into());
    assert_eq!(seen.references.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_function_deleted_meanwhile_is_gone_and_no_gap() {
    let lines = [
        function("gone", "1", &json!({ "ImageUri": image("gone:1") })),
        function("here", "1", &json!({ "ImageUri": image("here:1") })),
    ];
    let cloud = cloud(&empty(), &lines, Faults::none()).intercepting(|asked| {
        let is_gone = asked.operation == "GET /2015-03-31/functions/gone";
        if is_gone { error("ResourceNotFoundException", "Function not found") } else { None }
    });
    let seen = read(&cloud, Source::Lambda).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    assert_eq!(seen.references.len(), 1);
}

/// Every list, with a token that leads back to itself.
#[tokio::test(start_paused = true)]
async fn a_list_that_never_ends_is_a_gap() {
    for (source, operation, tokens) in [
        (Source::Lambda, "GET /2015-03-31/functions", ["NextMarker", "Functions"]),
        (Source::Batch, "POST /v1/describejobdefinitions", ["nextToken", "jobDefinitions"]),
        (Source::ApplicationAutoscaling, "DescribeScalableTargets", ["NextToken", "ScalableTargets"]),
        (Source::ApplicationAutoscaling, "DescribeScheduledActions", ["NextToken", "ScheduledActions"]),
        (Source::Codedeploy, "ListDeployments", ["nextToken", "deployments"]),
        (Source::Codedeploy, "ListApplications", ["nextToken", "applications"]),
    ] {
        let cloud = cloud(&empty(), &[], Faults::none()).intercepting(move |asked| {
            let [token, list] = tokens;
            (asked.operation == operation).then(|| (200, json!({ token: "again", list: [] })))
        });
        let seen = read(&cloud, source).await;
        assert_eq!(gaps(&seen), [(source, None)].into(), "{operation}");
        assert!(seen.gaps[0].error.contains("never ends"), "{:?}", seen.gaps);
    }
    let lines = [group("shop", "web", &Value::Null)];
    let cloud = cloud(&empty(), &lines, Faults::none()).intercepting(|asked| {
        let is_list = asked.operation == "ListDeploymentGroups";
        is_list.then(|| (200, json!({ "nextToken": "again", "deploymentGroups": [] })))
    });
    let seen = read(&cloud, Source::Codedeploy).await;
    assert_eq!(gaps(&seen), [(Source::Codedeploy, Some("shop".to_owned()))].into());
}

fn target(service: &str, max: i64) -> Line {
    let value = json!({ "ServiceNamespace": "ecs", "ResourceId": format!("service/main/{service}"),
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 0, "MaxCapacity": max });
    ("autoscaling.scalable_target", value)
}

fn action(service: &str, name: &str, bounds: &Value) -> Line {
    let resource = format!("service/main/{service}");
    let arn = format!(
        "arn:aws:autoscaling:eu-central-1:000000000000:scheduledAction:x:resource/ecs/{resource}:scheduledActionName/{name}"
    );
    let value = json!({ "ScheduledActionARN": arn, "ServiceNamespace": "ecs", "ResourceId": resource,
        "Schedule": "cron(0 8 * * ? *)", "ScalableDimension": "ecs:service:DesiredCount", "ScalableTargetAction": bounds });
    ("autoscaling.scheduled_action", value)
}

fn scaling() -> Vec<Line> {
    let mut lines: Vec<Line> = (0..120).map(|number| target(&format!("s{number:03}"), 4)).collect();
    lines.push(target("off", 0));
    lines.extend((0..60).map(|number| action("morning", &format!("a{number}"), &json!({ "MinCapacity": 1 }))));
    lines.push(action("evening", "stop", &json!({ "MinCapacity": 0, "MaxCapacity": 0 })));
    let mut table = target("table", 9).1;
    table["ServiceNamespace"] = "dynamodb".into();
    lines.push(("autoscaling.scalable_target", table));
    lines
}

#[tokio::test(start_paused = true)]
async fn what_may_start_a_service_again_holds_it() {
    let cloud = cloud(&empty(), &scaling(), Faults::none());
    let seen = cloud.collect(only(Source::ApplicationAutoscaling), &Arc::default()).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    let expected = counts(&[("DescribeScalableTargets", 3), ("DescribeScheduledActions", 2)]);
    assert_eq!(calls(&cloud, "application-autoscaling"), expected);
    let services: BTreeSet<_> = references(&seen).into_iter().filter_map(|found| found.service).collect();
    let expected: BTreeSet<_> = (0..120).map(|number| format!("main/s{number:03}")).collect();
    assert_eq!(services, &expected | &BTreeSet::from(["main/morning".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn scaling_that_cannot_be_read_is_a_gap() {
    let operations = ["DescribeScalableTargets", "DescribeScheduledActions"];
    assert_denied(&scaling(), Source::ApplicationAutoscaling, "application-autoscaling", &operations).await;
    let mut odd = target("web", 1).1;
    odd["ResourceId"] = "fleet/web".into();
    let cloud = cloud(&empty(), &[("autoscaling.scalable_target", odd)], Faults::none());
    let seen = read(&cloud, Source::ApplicationAutoscaling).await;
    assert_eq!(gaps(&seen), [(Source::ApplicationAutoscaling, Some("fleet/web".to_owned()))].into());
}

fn job_arn(name: &str) -> String {
    format!("arn:aws:batch:eu-central-1:000000000000:job-definition/{name}")
}

fn job(name: &str, properties: &Value) -> Line {
    let mut value = properties.clone();
    value["jobDefinitionArn"] = job_arn(name).into();
    ("batch.job_definition", value)
}

fn jobs() -> Vec<Line> {
    let container = |name: &str| json!({ "image": image(name) });
    let mut lines: Vec<Line> = (1..=205)
        .map(|revision| job(&format!("nightly:{revision}"), &json!({ "containerProperties": container("nightly:1") })))
        .collect();
    let ecs = json!({ "taskProperties": [{ "containers": [container("ecs:1"), container("ecs:2")] }] });
    let eks =
        json!({ "podProperties": { "containers": [container("eks:1")], "initContainers": [container("init:1")] } });
    let range = |properties: Value| {
        let mut range = properties;
        range["targetNodes"] = "0".into();
        range
    };
    let nodes = [
        range(json!({ "container": container("node:1") })),
        range(json!({ "ecsProperties": ecs })),
        range(json!({ "eksProperties": eks })),
    ];
    lines.push(job("ecs:1", &json!({ "ecsProperties": ecs })));
    lines.push(job("eks:1", &json!({ "eksProperties": eks })));
    lines.push(job(
        "nodes:1",
        &json!({ "nodeProperties": { "numNodes": 3, "mainNode": 0, "nodeRangeProperties": nodes } }),
    ));
    lines.push(job("old:1", &json!({ "status": "INACTIVE", "containerProperties": container("old:1") })));
    lines
}

#[tokio::test(start_paused = true)]
async fn every_active_job_definition_holds_the_images_of_every_form() {
    let cloud = cloud(&empty(), &jobs(), Faults::none());
    let seen = cloud.collect(only(Source::Batch), &Arc::default()).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    assert_eq!(calls(&cloud, "batch"), counts(&[("DescribeJobDefinitions", 3)]));
    let of = |name: &str| -> BTreeSet<String> {
        let held = references(&seen).into_iter().filter(|found| found.holder == job_arn(name));
        held.filter_map(|found| found.image).collect()
    };
    let images = |names: &[&str]| names.iter().map(|name| image(name)).collect::<BTreeSet<_>>();
    assert_eq!(of("nightly:205"), images(&["nightly:1"]));
    assert_eq!(of("ecs:1"), images(&["ecs:1", "ecs:2"]));
    assert_eq!(of("eks:1"), images(&["eks:1", "init:1"]));
    assert_eq!(of("nodes:1"), images(&["node:1", "ecs:1", "ecs:2", "eks:1", "init:1"]));
    assert_eq!(of("old:1"), BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn job_definitions_that_cannot_be_read_are_gaps() {
    assert_denied(&jobs(), Source::Batch, "batch", &["DescribeJobDefinitions"]).await;
    let cloud = cloud(&empty(), &[job("odd:1", &json!({ "type": "quantum" }))], Faults::none());
    let seen = read(&cloud, Source::Batch).await;
    assert_eq!(gaps(&seen), [(Source::Batch, Some(job_arn("odd:1")))].into());
}

fn app_spec(definition: &str) -> Value {
    let content = format!(
        "version: 0.0\nResources:\n  - TargetService:\n      Properties:\n        TaskDefinition: {definition}\n"
    );
    json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } })
}

fn in_s3() -> Value {
    json!({ "revisionType": "S3", "s3Location": { "bucket": "specs", "key": "web.yaml", "bundleType": "YAML" } })
}

fn group(application: &str, name: &str, last: &Value) -> Line {
    let mut value = json!({ "applicationName": application, "deploymentGroupName": name,
        "ecsServices": [{ "clusterName": "main", "serviceName": name }] });
    if !last.is_null() {
        value["lastSuccessfulDeployment"] = json!({ "deploymentId": last, "status": "Succeeded" });
    }
    ("codedeploy.deployment_group", value)
}

fn deployment(id: &str, group: &str, status: &str, revision: &Value) -> Line {
    let value = json!({ "deploymentId": id, "applicationName": "shop", "deploymentGroupName": group, "status": status,
        "revision": revision });
    ("codedeploy.deployment", value)
}

/// A hundred and thirty groups, each with its last deployment; some being deployed to; and applications of other platforms.
fn deployments() -> Vec<Line> {
    let mut lines = Vec::new();
    for number in 0..130 {
        let (name, id) = (format!("g{number:03}"), format!("d-{number:03}"));
        lines.push(group("shop", &name, &id.as_str().into()));
        lines.push(deployment(&id, &name, "Succeeded", &app_spec(&arn(&format!("task-definition/shop:{number}")))));
    }
    let mut running = deployment("d-running", "g000", "Ready", &app_spec("shop:900"));
    running.1["previousRevision"] = app_spec("shop:800");
    lines.push(running);
    lines.push(deployment("d-failed", "g000", "Failed", &app_spec("shop:700")));
    for number in 0..120 {
        let mut server = group(&format!("server{number:03}"), "fleet", &"d-server".into()).1;
        server["computePlatform"] = "Server".into();
        lines.push(("codedeploy.deployment_group", server));
    }
    let mut server = deployment("d-server", "fleet", "InProgress", &in_s3()).1;
    server["computePlatform"] = "Server".into();
    lines.push(("codedeploy.deployment", server));
    lines
}

#[tokio::test(start_paused = true)]
async fn what_code_deploy_deployed_and_deploys_is_held() {
    let cloud = cloud(&empty(), &deployments(), Faults::none());
    let seen = cloud.collect(only(Source::Codedeploy), &Arc::default()).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    let expected = counts(&[
        ("ListDeployments", 1),
        ("ListApplications", 2),
        ("BatchGetApplications", 2),
        ("ListDeploymentGroups", 2),
        ("BatchGetDeploymentGroups", 2),
        ("BatchGetDeployments", 6),
    ]);
    assert_eq!(calls(&cloud, "codedeploy"), expected);
    let found = references(&seen);
    let definitions: BTreeSet<_> = found.iter().filter_map(|found| found.task_definition.clone()).collect();
    let expected = (0..130).map(|number| arn(&format!("task-definition/shop:{number}")));
    assert_eq!(definitions, expected.chain(["shop:900".to_owned(), "shop:800".to_owned()]).collect());
    let services: BTreeSet<_> = found.into_iter().filter_map(|found| found.service).collect();
    assert_eq!(services, (0..130).map(|number| format!("main/g{number:03}")).collect());
}

#[tokio::test(start_paused = true)]
async fn an_app_spec_elsewhere_holds_everything_until_its_deployment_is_over() {
    let finished = [group("shop", "web", &"d-1".into()), deployment("d-1", "web", "Succeeded", &in_s3())];
    let seen = read(&cloud(&empty(), &finished, Faults::none()), Source::Codedeploy).await;
    let found = references(&seen);
    assert_eq!(found.iter().map(|found| found.service.as_deref()).collect::<Vec<_>>(), [Some("main/web")]);
    let lines = [group("shop", "web", &Value::Null), deployment("d-2", "web", "InProgress", &in_s3())];
    let seen = read(&cloud(&empty(), &lines, Faults::none()), Source::Codedeploy).await;
    let definitions: Vec<_> = references(&seen).into_iter().filter_map(|found| found.task_definition).collect();
    assert_eq!(definitions, ["the AppSpec of deployment d-2 in s3://specs/web.yaml"]);
}

#[tokio::test(start_paused = true)]
async fn code_deploy_that_cannot_be_read_is_a_gap() {
    let operations = [
        "ListDeployments",
        "ListApplications",
        "BatchGetApplications",
        "ListDeploymentGroups",
        "BatchGetDeploymentGroups",
        "BatchGetDeployments",
    ];
    assert_denied(&deployments(), Source::Codedeploy, "codedeploy", &operations).await;
    let lines = [group("shop", "web", &"d-lost".into())];
    let seen = read(&cloud(&empty(), &lines, Faults::none()), Source::Codedeploy).await;
    assert_eq!(gaps(&seen), [(Source::Codedeploy, Some("d-lost".to_owned()))].into());
}

#[tokio::test(start_paused = true)]
async fn an_application_deleted_meanwhile_is_gone_and_no_gap() {
    let lines = [group("gone", "web", &Value::Null), group("shop", "web", &Value::Null)];
    let cloud = cloud(&empty(), &lines, Faults::none()).intercepting(|asked| {
        let about = |name: &str| asked.text("applicationName") == name;
        let is_gone =
            asked.operation == "BatchGetApplications" || about("gone") && asked.operation == "ListDeploymentGroups";
        if is_gone { error("ApplicationDoesNotExistException", "No application found") } else { None }
    });
    let seen = read(&cloud, Source::Codedeploy).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    assert_eq!(seen.references.len(), 1);
}
