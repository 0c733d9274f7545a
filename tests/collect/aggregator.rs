//! AWS Config aggregators, through the simulated AWS and the real SDK.

use std::{collections::BTreeSet, sync::Arc};

use jettison::{
    collect::{Aggregator, Options},
    inventory::{Gap, Inventory},
    model::{Age, Source},
    sim::Faults,
};
use serde_json::{Value, json};

use crate::{
    cloud::{Cloud, error},
    elsewhere::{calls, cloud, denying, only},
    gaps,
    world::empty,
};

type Line = (&'static str, Value);

const FOREIGN: &str = "111111111111";
const LIVE: &str = "000000000000";
const REGION: &str = "eu-central-1";

/// Reads the aggregator `fleet`, and Lambda, which says what Config cannot.
fn options() -> Options {
    let aggregator = Aggregator {
        label: "org".to_owned(),
        account: "demo".into(),
        region: REGION.into(),
        name: "fleet".to_owned(),
        max_staleness: Age::from_seconds(24 * 3_600),
    };
    Options { aggregators: vec![aggregator], ..only(Source::Lambda) }
}

/// Reads by the whole sweep and by the look before a deletion. Both see the same.
async fn read(cloud: &Cloud, options: Options) -> Inventory {
    let whole = cloud.collect(options.clone(), &Arc::default()).await;
    let look = cloud.reference_sweep(options, &Arc::default()).await;
    assert_eq!((&whole.references, &whole.gaps), (&look.references, &look.gaps));
    whole
}

fn status(account: &str, status: &str, at: &str) -> Line {
    let value = json!({ "aggregator": "fleet", "SourceId": account, "SourceType": "ACCOUNT", "AwsRegion": REGION,
        "LastUpdateStatus": status, "LastUpdateTime": at });
    ("config.source_status", value)
}

fn fresh(account: &str) -> Line {
    status(account, "SUCCEEDED", "2026-10-31T23:00:00Z")
}

fn resource(account: &str, kind: &str, id: &str, configuration: &Value) -> Line {
    let value = json!({ "aggregator": "fleet", "accountId": account, "awsRegion": REGION, "resourceType": kind,
        "resourceId": id, "arn": arn(account, id), "configuration": configuration });
    ("config.resource", value)
}

fn arn(account: &str, id: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{account}:{id}")
}

fn definition(account: &str, name: &str, status: &str) -> Line {
    let image = format!("{LIVE}.dkr.ecr.{REGION}.amazonaws.com/{}", name.replace(':', "-v"));
    let configuration = json!({ "Status": status, "ContainerDefinitions": [{ "Name": "app", "Image": image }] });
    resource(account, "AWS::ECS::TaskDefinition", &format!("task-definition/{name}"), &configuration)
}

fn service(account: &str, name: &str, definition: &str) -> Line {
    let configuration = json!({ "TaskDefinition": arn(account, &format!("task-definition/{definition}")) });
    resource(account, "AWS::ECS::Service", &format!("service/main/{name}"), &configuration)
}

/// Two accounts, of which one is read live; several pages of definitions; everything else that runs images.
fn fleet() -> Vec<Line> {
    let mut lines = vec![fresh(LIVE), fresh(FOREIGN)];
    lines.extend((1..=230).map(|revision| definition(FOREIGN, &format!("web:{revision}"), "ACTIVE")));
    lines.push(definition(FOREIGN, "old:1", "INACTIVE"));
    lines.push(definition(FOREIGN, "gone:1", "INACTIVE"));
    lines.push(definition(FOREIGN, "job:1", "INACTIVE"));
    lines.push(service(FOREIGN, "old", "old:1"));
    lines.push(definition(LIVE, "live:1", "ACTIVE"));
    lines.push(service(LIVE, "live", "live:9"));
    let target = json!({ "EcsParameters": { "TaskDefinitionArn": arn(FOREIGN, "task-definition/job:1") } });
    lines.push(resource(FOREIGN, "AWS::Events::Rule", "rule/nightly", &json!({ "Targets": [{ "Id": "q" }, target] })));
    lines.push(resource(FOREIGN, "AWS::Events::Rule", "rule/queue", &json!({ "Targets": [{ "Id": "q" }] })));
    let run = json!({ "SourceConfiguration": { "ImageRepository": { "ImageIdentifier": "app-runner" } } });
    lines.push(resource(FOREIGN, "AWS::AppRunner::Service", "runner", &run));
    lines.push(resource(
        FOREIGN,
        "AWS::CodeBuild::Project",
        "build",
        &json!({ "environment": { "image": "code-build" } }),
    ));
    let model = json!({ "PrimaryContainer": { "Image": "primary" }, "Containers": [{ "Image": "second" }] });
    lines.push(resource(FOREIGN, "AWS::SageMaker::Model", "model", &model));
    lines
}

fn images(read: &Inventory) -> BTreeSet<String> {
    let uri = |text: String| text.rsplit('/').next().unwrap_or_default().to_owned();
    read.references.iter().filter_map(|seen| seen.value.image.clone()).map(uri).collect()
}

#[tokio::test(start_paused = true)]
async fn an_account_that_no_role_reaches_holds_what_config_recorded_of_it() {
    let cloud = cloud(&empty(), &fleet(), Faults::none());
    let seen = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&seen), BTreeSet::new());
    let named = ["old-v1", "job-v1", "app-runner", "code-build", "primary", "second"].map(str::to_owned);
    let expected = (1..=230).map(|revision| format!("web-v{revision}")).chain(named);
    assert_eq!(images(&seen), expected.collect());
    for found in &seen.references {
        assert_eq!((found.value.source.as_str(), found.location.account_id.as_str()), ("config", FOREIGN));
    }
    let calls = calls(&cloud, "config");
    assert_eq!(calls["DescribeConfigurationAggregatorSourcesStatus"], 1);
    assert_eq!(calls["SelectAggregateResourceConfig"], 3 + 7, "definitions in three pages, seven other queries in one");
    let asked = cloud.asked("SelectAggregateResourceConfig");
    assert!(asked.iter().all(|asked| asked.body["Limit"] == 100));
    let of_all = asked.iter().filter(|asked| !asked.text("Expression").contains("accountId IN ('111111111111')"));
    assert_eq!(of_all.count(), 3, "nobody else reads App Runner, CodeBuild and SageMaker");
}

#[tokio::test(start_paused = true)]
async fn what_is_read_live_is_not_asked_for() {
    let run = json!({ "SourceConfiguration": { "ImageRepository": { "ImageIdentifier": "app-runner" } } });
    let lines =
        [fresh(LIVE), definition(LIVE, "live:1", "ACTIVE"), resource(LIVE, "AWS::AppRunner::Service", "runner", &run)];
    let cloud = cloud(&empty(), &lines, Faults::none());
    let seen = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(seen.gaps, []);
    assert_eq!(images(&seen), ["app-runner".to_owned()].into(), "what nobody reads live is asked for everywhere");
    assert_eq!(calls(&cloud, "config")["SelectAggregateResourceConfig"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_failed_or_is_old_is_a_gap_at_its_place_and_holds_all_the_same() {
    for (line, expected) in [
        (status(FOREIGN, "FAILED", "2026-10-31T23:00:00Z"), "111111111111 in eu-central-1: FAILED"),
        (status(FOREIGN, "OUTDATED", "2026-10-31T23:00:00Z"), "111111111111 in eu-central-1: OUTDATED"),
        (
            status(FOREIGN, "SUCCEEDED", "2026-10-30T23:00:00Z"),
            "111111111111 in eu-central-1: it was last updated at 2026-10-30T23:00:00Z, and max_staleness is 1d",
        ),
    ] {
        let lines = [fresh(LIVE), line, definition(FOREIGN, "web:1", "ACTIVE")];
        let seen = read(&cloud(&empty(), &lines, Faults::none()), options()).await;
        let gap = Gap {
            source: Source::Config,
            account_id: Some(FOREIGN.parse().unwrap()),
            region: Some(REGION.into()),
            object: Some("org".to_owned()),
            error: expected.to_owned(),
        };
        assert_eq!(seen.gaps, [gap]);
        assert_eq!(images(&seen), BTreeSet::from(["web-v1".to_owned()]));
    }
}

#[tokio::test(start_paused = true)]
async fn what_config_shows_to_be_there_and_not_what_it_holds_is_a_gap() {
    let lines = [
        fresh(FOREIGN),
        resource(FOREIGN, "AWS::ECS::Cluster", "cluster/main", &json!({ "ClusterName": "main" })),
        service(FOREIGN, "web", "web:1"),
        resource(FOREIGN, "AWS::Lambda::Function", "function:image", &json!({ "packageType": "Image" })),
        resource(FOREIGN, "AWS::Lambda::Function", "function:zip", &json!({ "packageType": "Zip" })),
    ];
    let cloud = cloud(&empty(), &lines, Faults::none());
    let seen = read(&cloud, options()).await;
    let org = Some("org".to_owned());
    let service = Some(arn(FOREIGN, "service/main/web"));
    let of_config = BTreeSet::from([(Source::Config, org.clone()), (Source::Config, service)]);
    assert_eq!(gaps(&seen), &of_config | &BTreeSet::from([(Source::Lambda, org)]));
    assert!(seen.gaps.iter().all(|gap| gap.account_id.as_ref().is_some_and(|id| id.as_str() == FOREIGN)));
    let waived = Options { aggregators: options().aggregators, ..only(Source::Config) };
    assert_eq!(gaps(&read(&cloud, waived).await), of_config, "who waives Lambda waives it there too");
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_does_not_name_its_accounts_is_asked_for_whole() {
    let mut organization = fresh("o-example").1;
    organization["SourceType"] = "ORGANIZATION".into();
    let lines = [
        ("config.source_status", organization),
        definition(FOREIGN, "web:1", "ACTIVE"),
        definition(LIVE, "live:1", "ACTIVE"),
    ];
    let seen = read(&cloud(&empty(), &lines, Faults::none()), options()).await;
    assert_eq!(seen.gaps, []);
    assert_eq!(images(&seen), BTreeSet::from(["web-v1".to_owned()]), "and what is read live is left out");
}

#[tokio::test(start_paused = true)]
async fn an_aggregator_that_cannot_be_read_is_a_gap() {
    for denied in ["DescribeConfigurationAggregatorSourcesStatus", "SelectAggregateResourceConfig"] {
        let seen = read(&cloud(&empty(), &fleet(), denying(denied)), options()).await;
        assert_eq!(gaps(&seen), [(Source::Config, Some("org".to_owned()))].into(), "{denied}");
        assert!(seen.gaps[0].error.contains(denied) && seen.gaps[0].error.contains("access denied"));
    }
    let missing = read(&cloud(&empty(), &[], Faults::none()), options()).await;
    assert!(missing.gaps[0].error.contains("NoSuchConfigurationAggregatorException"), "{:?}", missing.gaps);
    let mut elsewhere = options();
    elsewhere.aggregators[0].region = "us-east-1".into();
    let cloud = cloud(&empty(), &fleet(), Faults::none());
    let seen = read(&cloud, elsewhere).await;
    assert_eq!(gaps(&seen), [(Source::Config, Some("org".to_owned()))].into());
    assert!(seen.gaps[0].error.contains("could not be entered in us-east-1"), "{:?}", seen.gaps);
}

#[tokio::test(start_paused = true)]
async fn answers_that_lead_nowhere_are_gaps() {
    let answers = [
        json!({ "Results": ["{}"], "NextToken": "again" }),
        json!({ "Results": ["not json"] }),
        json!({ "Results": ["{}"] }),
    ];
    for answer in answers {
        let cloud = cloud(&empty(), &fleet(), Faults::none()).intercepting(move |asked| {
            (asked.operation == "SelectAggregateResourceConfig").then(|| (200, answer.clone()))
        });
        let seen = read(&cloud, options()).await;
        assert!(gaps(&seen).contains(&(Source::Config, Some("org".to_owned()))), "{:?}", seen.gaps);
        assert!(seen.references.is_empty());
    }
    let refused = cloud(&empty(), &fleet(), Faults::none()).intercepting(|asked| {
        let is_query = asked.operation == "SelectAggregateResourceConfig";
        if is_query { error("InvalidExpressionException", "no such property") } else { None }
    });
    assert_eq!(gaps(&read(&refused, options()).await), [(Source::Config, Some("org".to_owned()))].into());
}
