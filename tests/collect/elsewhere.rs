//! Sources outside ECS and ECR, through the simulated AWS and the real SDK.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use jettison::{
    collect::{Event, MemoryCache, Options, UNREAD, collect},
    inventory::{Inventory, Reference, Seen, TaskDefinition},
    model::{Scope, Source},
    sim::{self, Fault, Faults, When},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    cloud::{Cloud, error},
    gaps,
    world::{arn, definition, empty, now, registry_of, seen, written},
};

/// Every source that reads holders outside ECS and ECR.
pub(crate) const ELSEWHERE: [Source; 7] = [
    Source::Eventbridge,
    Source::Scheduler,
    Source::StepFunctions,
    Source::Lambda,
    Source::Batch,
    Source::Codedeploy,
    Source::ApplicationAutoscaling,
];

/// A world of `base` and lines that only a simulated AWS has, of which `faults` deny some.
pub(crate) fn cloud(base: &Inventory, lines: &[(&str, Value)], faults: Faults) -> Cloud {
    let text = written(base);
    let (whole, _) = text.trim_end().rsplit_once('\n').unwrap();
    let count = whole.lines().count() - 1 + lines.len();
    let mut whole = format!("{whole}\n");
    for (kind, value) in lines {
        let line = json!({ "kind": kind, "account_id": "000000000000", "region": "eu-central-1", "value": value });
        writeln!(whole, "{line}").unwrap();
    }
    writeln!(whole, "{}", json!({ "kind": "end", "value": { "lines": count } })).unwrap();
    Cloud::of_text(&whole, base, sim::Options { faults, quotas: true, ..sim::Options::default() })
}

/// Reads one source beside ECS and ECR.
pub(crate) fn only(source: Source) -> Options {
    let mut waived: BTreeSet<Source> = UNREAD.iter().copied().chain(ELSEWHERE).collect();
    waived.remove(&source);
    Options { waived, ..Options::new(now()) }
}

pub(crate) fn denying(operation: &str) -> Faults {
    Faults::none().at(When::Every(operation.to_owned()), Fault::AccessDenied)
}

/// How often each operation of a service was called.
pub(crate) fn calls(cloud: &Cloud, service: &str) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for call in cloud.sim.calls().into_iter().filter(|call| call.service == service) {
        *calls.entry(call.operation).or_default() += 1;
    }
    calls
}

pub(crate) fn references(read: &Inventory) -> Vec<Reference> {
    read.references.iter().map(|seen| seen.value.clone()).collect()
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

/// A reference by what `source` and `holder` say.
fn reference(source: &str, holder: &str) -> Reference {
    Reference { source: source.to_owned(), holder: holder.to_owned(), ..Reference::default() }
}

fn rule_arn(name: &str) -> String {
    format!("arn:aws:events:eu-central-1:000000000000:rule/{name}")
}

fn rule(bus: &str, name: &str, definitions: &[&str]) -> (&'static str, Value) {
    let target = |(id, definition): (usize, &&str)| {
        let parameters = json!({ "TaskDefinitionArn": arn(&format!("task-definition/{definition}")) });
        json!({ "Id": id.to_string(), "Arn": arn("cluster/main"), "EcsParameters": parameters })
    };
    let targets: Vec<_> = definitions.iter().enumerate().map(target).collect();
    let rule = json!({ "Name": name, "EventBusName": bus, "State": "DISABLED", "Targets": targets });
    ("events.rule", rule)
}

/// Several pages of rules, and more buses than one.
fn rules() -> Vec<(&'static str, Value)> {
    let mut lines: Vec<_> = (0..205).map(|number| rule("default", &format!("r{number:03}"), &["web:1"])).collect();
    lines.push(rule("orders", "both", &["web", "api:2"]));
    lines.push((
        "events.rule",
        json!({ "Name": "queue", "EventBusName": "orders", "ManagedBy": "x.amazonaws.com",
        "Targets": [{ "Id": "1", "Arn": "arn:aws:sqs:eu-central-1:000000000000:q" }] }),
    ));
    lines
}

#[tokio::test(start_paused = true)]
async fn rules_of_every_bus_hold_what_their_targets_run() {
    let cloud = cloud(&empty(), &rules(), Faults::none());
    let read = cloud.collect(only(Source::Eventbridge), &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    let expected = counts(&[("ListEventBuses", 1), ("ListRules", 3 + 1), ("ListTargetsByRule", 207)]);
    assert_eq!(calls(&cloud, "events"), expected);
    let found = references(&read);
    assert_eq!(found.len(), 205 + 2);
    let both = rule_arn("orders/both");
    let family = Reference { family: Some(arn("task-definition/web")), ..reference("eventbridge", &both) };
    let pinned = Reference { task_definition: Some(arn("task-definition/api:2")), ..reference("eventbridge", &both) };
    let last = Reference {
        task_definition: Some(arn("task-definition/web:1")),
        ..reference("eventbridge", &rule_arn("r204"))
    };
    assert!(found.contains(&family) && found.contains(&pinned) && found.contains(&last), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn rules_that_cannot_be_read_are_gaps() {
    let bus = |name: &str| Some(format!("arn:aws:events:eu-central-1:000000000000:event-bus/{name}"));
    let rules = [rule("default", "nightly", &["web:1"]), rule("orders", "both", &["web"])];
    for (denied, objects) in [
        ("ListEventBuses", vec![None]),
        ("ListRules", vec![bus("default"), bus("orders")]),
        ("ListTargetsByRule", vec![Some(rule_arn("nightly")), Some(rule_arn("orders/both"))]),
    ] {
        let cloud = cloud(&empty(), &rules, denying(denied));
        for read in [
            cloud.collect(only(Source::Eventbridge), &Arc::default()).await,
            cloud.reference_sweep(only(Source::Eventbridge), &Arc::default()).await,
        ] {
            let expected = objects.iter().map(|object| (Source::Eventbridge, object.clone())).collect();
            assert_eq!(gaps(&read), expected, "{denied}");
            assert!(read.gaps.iter().all(|gap| gap.error.contains(denied) && gap.error.contains("access denied")));
            assert!(read.references.is_empty(), "{denied}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_deleted_meanwhile_is_gone_and_no_gap() {
    let rules = [rule("default", "nightly", &["web:1"]), rule("orders", "both", &["web"])];
    let cloud = cloud(&empty(), &rules, Faults::none()).intercepting(|asked| {
        let is_gone = asked.operation == "ListTargetsByRule" && asked.text("Rule") == "nightly";
        if is_gone { error("ResourceNotFoundException", "Rule nightly does not exist.") } else { None }
    });
    let read = cloud.collect(only(Source::Eventbridge), &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    assert_eq!(read.references.len(), 1);
}

fn schedule_arn(name: &str) -> String {
    format!("arn:aws:scheduler:eu-central-1:000000000000:schedule/{name}")
}

fn schedule(group: &str, name: &str, target: &Value) -> (&'static str, Value) {
    let value = json!({ "Name": name, "GroupName": group, "ScheduleExpression": "rate(1 day)", "Target": target,
        "FlexibleTimeWindow": { "Mode": "OFF" }, "CreationDate": "2026-01-01T00:00:00Z" });
    ("scheduler.schedule", value)
}

fn on_cluster(definition: &str) -> Value {
    let parameters = json!({ "TaskDefinitionArn": arn(&format!("task-definition/{definition}")) });
    json!({ "Arn": arn("cluster/main"), "RoleArn": "arn:aws:iam::000000000000:role/x", "EcsParameters": parameters })
}

fn universal(input: &Value) -> Value {
    let target = "arn:aws:scheduler:::aws-sdk:ecs:runTask";
    json!({ "Arn": target, "RoleArn": "arn:aws:iam::000000000000:role/x", "Input": input.to_string() })
}

#[tokio::test(start_paused = true)]
async fn schedules_of_every_group_are_listed_and_only_those_of_ecs_are_read() {
    let queue =
        json!({ "Arn": "arn:aws:sqs:eu-central-1:000000000000:q", "RoleArn": "arn:aws:iam::000000000000:role/x" });
    let mut lines: Vec<_> = (0..230).map(|number| schedule("default", &format!("q{number:03}"), &queue)).collect();
    lines.push(schedule("default", "nightly", &on_cluster("web:1")));
    lines.push(schedule("reports", "nightly", &on_cluster("web")));
    lines.push(schedule("reports", "plain", &universal(&json!({ "TaskDefinition": "api:3" }))));
    lines.push(schedule("reports", "strange", &universal(&json!("{% what %}"))));
    let cloud = cloud(&empty(), &lines, Faults::none());
    let read = cloud.collect(only(Source::Scheduler), &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    assert_eq!(calls(&cloud, "scheduler"), counts(&[("ListSchedules", 3), ("GetSchedule", 4)]));
    let holder = |name: &str| reference("scheduler", &schedule_arn(name));
    let expected: BTreeSet<Reference> = [
        Reference { task_definition: Some(arn("task-definition/web:1")), ..holder("default/nightly") },
        Reference { family: Some(arn("task-definition/web")), ..holder("reports/nightly") },
        Reference { task_definition: Some("api:3".to_owned()), ..holder("reports/plain") },
        Reference {
            task_definition: Some("decided when it runs: the arguments of ecs:runTask".to_owned()),
            ..holder("reports/strange")
        },
    ]
    .into();
    assert_eq!(references(&read).into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn schedules_that_cannot_be_read_are_gaps() {
    let lines = [schedule("default", "nightly", &on_cluster("web:1"))];
    for (denied, object) in [("ListSchedules", None), ("GetSchedule", Some(schedule_arn("default/nightly")))] {
        let cloud = cloud(&empty(), &lines, denying(denied));
        for read in [
            cloud.collect(only(Source::Scheduler), &Arc::default()).await,
            cloud.reference_sweep(only(Source::Scheduler), &Arc::default()).await,
        ] {
            assert_eq!(gaps(&read), [(Source::Scheduler, object.clone())].into(), "{denied}");
            assert!(read.gaps[0].error.contains("access denied"), "{:?}", read.gaps);
        }
    }
}

fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:eu-central-1:000000000000:stateMachine:{name}")
}

/// The definition of a machine that runs a task.
fn runs(parameters: &Value) -> String {
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": parameters });
    json!({ "StartAt": "Run", "States": { "Run": task } }).to_string()
}

fn machine(name: &str, definition: &str, versions: &[&str]) -> (&'static str, Value) {
    let version = |(at, definition): (usize, &&str)| {
        let arn = format!("{}:{}", machine_arn(name), at + 1);
        json!({ "stateMachineVersionArn": arn, "definition": definition })
    };
    let versions: Vec<_> = versions.iter().enumerate().map(version).collect();
    let value = json!({ "stateMachineArn": machine_arn(name), "definition": definition, "type": "EXPRESS",
        "versions": versions, "creationDate": "2026-01-01T00:00:00Z" });
    ("states.state_machine", value)
}

#[tokio::test(start_paused = true)]
async fn state_machines_and_their_versions_hold_what_their_steps_run() {
    let plain = runs(&json!({ "TaskDefinition": "web:1" }));
    let mut lines: Vec<_> = (0..1_001).map(|number| machine(&format!("m{number:04}"), &plain, &[])).collect();
    let any =
        runs(&json!({ "TaskDefinition.$": format!("States.Format('{}:{{}}', $.r)", arn("task-definition/api")) }));
    let path = runs(&json!({ "TaskDefinition.$": "$.td" }));
    lines.push(machine("versioned", &any, &[&runs(&json!({ "TaskDefinition": "web" })), &path]));
    let cloud = cloud(&empty(), &lines, Faults::none());
    let read = cloud.collect(only(Source::StepFunctions), &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    let expected =
        counts(&[("ListStateMachines", 2), ("ListStateMachineVersions", 1_002), ("DescribeStateMachine", 1_002 + 2)]);
    assert_eq!(calls(&cloud, "states"), expected);
    let holder = |name: &str| reference("step_functions", &machine_arn(name));
    let versioned = [
        Reference { any_revision_of: Some("api".to_owned()), ..holder("versioned") },
        Reference { family: Some("web".to_owned()), ..holder("versioned:1") },
        Reference { task_definition: Some("decided when it runs: $.td".to_owned()), ..holder("versioned:2") },
    ];
    let found = references(&read);
    assert_eq!(found.len(), 1_001 + 3);
    assert_eq!(found[1_001..], versioned);
    assert_eq!(found[1_000], Reference { task_definition: Some("web:1".to_owned()), ..holder("m1000") });
}

#[tokio::test(start_paused = true)]
async fn state_machines_that_cannot_be_read_are_gaps() {
    let plain = runs(&json!({ "TaskDefinition": "web:1" }));
    let lines = [machine("good", &plain, &[]), machine("sealed", "{}", &[]), machine("broken", "not json", &[])];
    let unread = ["broken", "sealed"].map(|name| (Source::StepFunctions, Some(machine_arn(name))));
    let all = ["broken", "good", "sealed"].map(|name| (Source::StepFunctions, Some(machine_arn(name))));
    for (denied, expected) in [
        ("", BTreeSet::from(unread.clone())),
        ("ListStateMachines", [(Source::StepFunctions, None)].into()),
        ("ListStateMachineVersions", all.clone().into()),
        ("DescribeStateMachine", all.into()),
    ] {
        let cloud = cloud(&empty(), &lines, denying(denied));
        for read in [
            cloud.collect(only(Source::StepFunctions), &Arc::default()).await,
            cloud.reference_sweep(only(Source::StepFunctions), &Arc::default()).await,
        ] {
            assert_eq!(gaps(&read), expected, "{denied}");
            assert!(read.gaps.iter().any(|gap| gap.error.contains(denied)), "{:?}", read.gaps);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_machine_deleted_meanwhile_is_gone_and_a_sealed_one_is_a_gap() {
    let plain = runs(&json!({ "TaskDefinition": "web:1" }));
    let lines = [machine("gone", &plain, &[]), machine("here", &plain, &[]), machine("sealed", &plain, &[])];
    let cloud = cloud(&empty(), &lines, Faults::none()).intercepting(|asked| {
        let name = asked.text("stateMachineArn").rsplit(':').next().unwrap_or_default().to_owned();
        match (asked.operation.as_str(), name.as_str()) {
            ("DescribeStateMachine" | "ListStateMachineVersions", "gone") => {
                error("StateMachineDoesNotExist", "State Machine Does Not Exist")
            }
            ("DescribeStateMachine", "sealed") => error("KmsAccessDeniedException", "no kms:Decrypt"),
            (_, _) => None,
        }
    });
    let read = cloud.collect(only(Source::StepFunctions), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::StepFunctions, Some(machine_arn("sealed")))].into());
    assert!(read.gaps[0].error.contains("access denied"), "{:?}", read.gaps);
    assert_eq!(references(&read).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_waived_source_is_not_asked() {
    let lines = [
        rule("default", "nightly", &["web:1"]),
        schedule("default", "nightly", &on_cluster("web:1")),
        machine("m", "not json", &[]),
    ];
    let cloud = cloud(&empty(), &lines, Faults::none());
    let waived = UNREAD.iter().copied().chain(ELSEWHERE).collect();
    let read = cloud.collect(Options { waived, ..Options::new(now()) }, &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    assert!(read.references.is_empty());
    assert!(["events", "scheduler", "states"].iter().all(|service| calls(&cloud, service).is_empty()));
}

/// What a rule runs is read by the look right before a deletion, whatever its status.
#[tokio::test(start_paused = true)]
async fn the_reference_sweep_reads_the_definitions_that_are_referred_to_from_elsewhere() {
    let mut world = empty();
    world.task_definitions = vec![seen(definition("web", 1, "INACTIVE")), seen(definition("web", 2, "INACTIVE"))];
    let cloud = cloud(&world, &[rule("default", "nightly", &["web:1", "gone:9"])], Faults::none());
    let read = cloud.reference_sweep(only(Source::Eventbridge), &Arc::default()).await;
    let found: Vec<_> = read.task_definitions.iter().map(|seen| seen.value.task_definition_arn.clone()).collect();
    assert_eq!(found, [arn("task-definition/web:1")]);
    assert_eq!(gaps(&read), BTreeSet::new(), "what does not exist cannot be run");
}

/// The lists of definitions may be read long before the rules: what is registered in between runs all the same.
#[tokio::test(start_paused = true)]
async fn a_definition_that_no_list_showed_yet_is_described_when_something_refers_to_it() {
    let mut world = empty();
    world.task_definitions = vec![seen(definition("web", 1, "ACTIVE"))];
    let cloud = cloud(&world, &[rule("default", "nightly", &["web:1"])], Faults::none()).intercepting(|asked| {
        let is_early = asked.operation == "ListTaskDefinitions";
        is_early.then(|| (200, json!({ "taskDefinitionArns": [] })))
    });
    for read in [
        cloud.collect(only(Source::Eventbridge), &Arc::default()).await,
        cloud.reference_sweep(only(Source::Eventbridge), &Arc::default()).await,
    ] {
        assert_eq!(read.task_definitions.len(), 1);
        assert_eq!(gaps(&read), BTreeSet::new());
    }
}

/// A state machine may run tasks in another account, whose definitions it names by ARN.
#[tokio::test(start_paused = true)]
async fn what_another_account_refers_to_is_read_whatever_its_status() {
    let mut world = empty();
    let other =
        Scope { account: "other".into(), account_id: "111111111111".parse().unwrap(), region: "eu-central-1".into() };
    let place = other.location();
    world.registries.push(registry_of(&other));
    world.scopes.push(other);
    let text = "arn:aws:ecs:eu-central-1:111111111111:task-definition/web:1";
    let inactive = TaskDefinition { task_definition_arn: text.to_owned(), ..definition("web", 1, "INACTIVE") };
    world.task_definitions = vec![Seen::new(place.clone(), inactive)];
    let lines = [machine("abroad", &runs(&json!({ "TaskDefinition": text })), &[])];
    let cloud = cloud(&world, &lines, Faults::none());
    let read = cloud.reference_sweep(only(Source::StepFunctions), &Arc::default()).await;
    let found: Vec<_> = read.task_definitions.iter().map(|seen| (&seen.location, seen.value.revision)).collect();
    assert_eq!(found, [(&place, 1)]);
    assert_eq!(gaps(&read), BTreeSet::new());
}

/// All of a source's bucket is used, and no more: the simulated AWS of these tests enforces the rates.
#[tokio::test(start_paused = true)]
async fn the_quota_is_used_up_and_what_is_found_is_read() {
    let cloud = cloud(&empty(), &rules(), Faults::none());
    let sessions = cloud.sessions().await;
    let counts: Mutex<(usize, usize)> = Mutex::default();
    let note = |event| {
        if let Event::Count { source: Source::Eventbridge, found, read, .. } = event {
            let mut counts = counts.lock().unwrap();
            *counts = (counts.0 + found, counts.1 + read);
        }
    };
    let start = Instant::now();
    collect(&sessions, &only(Source::Eventbridge), &MemoryCache::default(), &note).await;
    let of_events = cloud.sim.calls().into_iter().filter(|call| call.service == "events");
    assert!(of_events.map(|call| call.error).all(|error| error.is_none()), "throttled although alone");
    assert_eq!(*counts.lock().unwrap(), (207, 207));
    let asked: usize = calls(&cloud, "events").values().sum();
    let bound = f64::from(u32::try_from(asked).unwrap() - 10) / 10.0;
    let took = start.elapsed().as_secs_f64();
    assert!(took <= bound / 0.95, "{took} s, and the bucket allows {bound} s");
}
