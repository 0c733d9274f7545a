//! Random requests: whatever happens, counts agree with tasks, worlds read back, and the log holds everything.

use std::time::Duration;

use bytes::Bytes;
use jettison::sim::{Options, Persistence, Sim, World};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::WORLD;

#[derive(Debug, Clone)]
enum Act {
    Ask(&'static str, Value),
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let service = prop_oneof![Just("web"), Just("blue"), Just("s")];
    let definition = prop_oneof![Just("web:1"), Just("web:2"), Just("web:3"), Just("hello"), Just("hello:1")];
    let set = prop_oneof![Just("ecs-svc/201"), Just("ecs-svc/202"), Just("ecs-svc/203")];
    let in_main = |mut value: Value| {
        value["cluster"] = json!("main");
        value
    };
    prop_oneof![
        3 => (1u64..4_000).prop_map(Act::Wait),
        2 => (1u64..8).prop_map(Act::Wait),
        1 => Just(Act::Ask("RegisterTaskDefinition", json!({ "family": "hello", "containerDefinitions": [{ "name": "a", "image": "nginx" }] }))),
        1 => definition.clone().prop_map(|name| Act::Ask("DeregisterTaskDefinition", json!({ "taskDefinition": name }))),
        1 => definition.clone().prop_map(|name| Act::Ask("DeleteTaskDefinitions", json!({ "taskDefinitions": [name] }))),
        3 => (service.clone(), 0..5).prop_map(move |(service, desired)| Act::Ask("UpdateService", in_main(json!({ "service": service, "desiredCount": desired })))),
        2 => (service.clone(), definition.clone()).prop_map(move |(service, definition)| Act::Ask("UpdateService", in_main(json!({ "service": service, "taskDefinition": definition })))),
        1 => service.clone().prop_map(move |service| Act::Ask("UpdateService", in_main(json!({ "service": service, "forceNewDeployment": true })))),
        1 => (service.clone(), any::<bool>()).prop_map(move |(service, force)| Act::Ask("DeleteService", in_main(json!({ "service": service, "force": force })))),
        1 => (definition.clone(), 0..3).prop_map(move |(definition, desired)| Act::Ask("CreateService", in_main(json!({ "serviceName": "s", "taskDefinition": definition, "desiredCount": desired })))),
        2 => (set.clone(), 0..=100).prop_map(move |(set, percent)| Act::Ask("UpdateTaskSet", in_main(json!({ "service": "blue", "taskSet": set, "scale": { "value": percent, "unit": "PERCENT" } })))),
        1 => (set.clone(), any::<bool>()).prop_map(move |(set, force)| Act::Ask("DeleteTaskSet", in_main(json!({ "service": "blue", "taskSet": set, "force": force })))),
        1 => set.prop_map(move |set| Act::Ask("UpdateServicePrimaryTaskSet", in_main(json!({ "service": "blue", "primaryTaskSet": set })))),
        1 => definition.clone().prop_map(move |definition| Act::Ask("CreateTaskSet", in_main(json!({ "service": "blue", "taskDefinition": definition })))),
        1 => definition.prop_map(move |definition| Act::Ask("RunTask", in_main(json!({ "taskDefinition": definition, "count": 2 })))),
        1 => (0..3, 0..2).prop_map(move |(service, task)| Act::Ask("StopTask", in_main(json!({ "task": format!("{service}{task}{}", "0".repeat(30)) })))),
    ]
}

/// Asks, and gives back the error code, if any.
fn ask(sim: &Sim, operation: &str, input: &Value) -> Option<String> {
    let request = http::Request::post("/")
        .header("x-amz-target", format!("AmazonEC2ContainerServiceV20141113.{operation}"))
        .header("authorization", "AWS4-HMAC-SHA256 Credential=test/20261101/eu-central-1/ecs/aws4_request, Signature=0")
        .body(Bytes::from(input.to_string()))
        .unwrap();
    let response = sim.answer(request).unwrap();
    assert!(response.status().as_u16() <= 400, "{operation} {input}");
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    body.get("__type").map(|code| code.as_str().unwrap().to_owned())
}

fn text(world: &World) -> String {
    let mut out = Vec::new();
    world.write(world.taken_at(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn is_sound(world: &str) {
    let lines: Vec<Value> = world.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    counts_agree(&lines);
    revisions_agree(&lines);
}

/// Every service, deployment and task set counts just the tasks that are there.
fn counts_agree(lines: &[Value]) {
    let of = |kind: &'static str| lines.iter().filter(move |line| line["kind"] == kind).map(|line| &line["value"]);
    let tasks = |holds: &dyn Fn(&Value) -> bool| of("ecs.task").filter(|task| holds(task)).count() as u64;
    for service in of("ecs.service").filter(|service| service["status"] != "INACTIVE") {
        let group = format!("service:{}", service["serviceName"].as_str().unwrap());
        let running = tasks(&|task| task["group"] == group && task["lastStatus"] == "RUNNING");
        let pending = tasks(&|task| task["group"] == group && task["lastStatus"] == "PROVISIONING");
        assert_eq!((&service["runningCount"], &service["pendingCount"]), (&json!(running), &json!(pending)), "{group}");
        let none = Vec::new();
        let groups = ["deployments", "taskSets"].map(|member| service[member].as_array().unwrap_or(&none));
        for group in groups.into_iter().flatten() {
            let running = tasks(&|task| task["startedBy"] == group["id"] && task["lastStatus"] == "RUNNING");
            assert_eq!(group["runningCount"], json!(running), "{}", group["id"]);
        }
        let primary = groups.into_iter().flatten().filter(|group| group["status"] == "PRIMARY").count();
        assert!(primary <= 1, "{}", service["serviceName"]);
    }
}

/// Each deployment of a service that began here has its revision, which counts and pins what its tasks run; and nothing is
/// left of a service that is gone.
fn revisions_agree(lines: &[Value]) {
    let of = |kind: &'static str| lines.iter().filter(move |line| line["kind"] == kind).map(|line| &line["value"]);
    let arn_in =
        |list: &Value, arn: &Value| list.as_array().is_some_and(|list| list.iter().any(|one| one["arn"] == *arn));
    for begun in of("ecs.service_deployment") {
        let service = of("ecs.service").find(|service| service["serviceArn"] == begun["serviceArn"]).unwrap();
        assert_ne!(service["status"], "INACTIVE");
        let target = &begun["targetServiceRevision"]["arn"];
        let revision = of("ecs.service_revision").find(|revision| revision["serviceRevisionArn"] == *target).unwrap();
        let is_current = service["currentServiceDeployment"] == begun["serviceDeploymentArn"];
        assert!(is_current || begun["status"] != "IN_PROGRESS", "two of one service are under way");
        assert_eq!(begun["status"] != "IN_PROGRESS", begun["finishedAt"].is_string());
        assert!(!is_current || arn_in(&service["currentServiceRevisions"], target));
        let number = target.as_str().unwrap().rsplit('/').next().unwrap();
        let id = format!("ecs-svc/{number}");
        let none = Vec::new();
        let shown = service["deployments"].as_array().unwrap_or(&none).iter().find(|one| one["id"] == id);
        let current = service["currentServiceRevisions"].as_array().unwrap().iter().find(|one| one["arn"] == *target);
        if let (Some(shown), Some(current)) = (shown, current) {
            assert_eq!(shown["runningCount"], current["runningTaskCount"]);
            assert_eq!(shown["pendingCount"], current["pendingTaskCount"]);
        }
        for task in of("ecs.task").filter(|task| task["startedBy"] == id && task["lastStatus"] == "RUNNING") {
            let pinned = &revision["containerImages"][0]["imageDigest"];
            assert_eq!(task["containers"][0]["imageDigest"], *pinned, "version consistency");
        }
    }
}

async fn run(acts: Vec<Act>) {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path().join("base.ndjson");
    write(&base, WORLD);
    let persistence = Persistence::new(&base, directory.path().join("state"));
    let (mut sim, _) = persistence.open(Options::default()).unwrap();
    for (step, act) in acts.into_iter().enumerate() {
        match act {
            Act::Wait(seconds) => tokio::time::advance(Duration::from_secs(seconds)).await,
            Act::Ask(operation, input) => {
                let before = text(&sim.world());
                if ask(&sim, operation, &input).is_some() {
                    assert_eq!(text(&sim.world()), before, "a refused {operation} changed the world");
                }
            }
        }
        assert_eq!(ask(&sim, "ListClusters", &json!({})), None);
        let world = sim.world();
        let written = text(&world);
        is_sound(&written);
        assert_eq!(World::read(written.as_bytes()).unwrap(), world);
        if step % 7 == 6 {
            if step % 2 == 0 {
                sim.checkpoint().unwrap();
            }
            drop(sim);
            sim = persistence.open(Options::default()).unwrap().0;
            assert_eq!(text(&sim.world()), written);
        }
    }
    tokio::time::advance(Duration::from_secs(7_200)).await;
    ask(&sim, "ListClusters", &json!({}));
    is_sound(&text(&sim.world()));
}

#[expect(clippy::disallowed_methods, reason = "the test plays the disk")]
fn write(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_asked_the_world_stays_sound(acts in proptest::collection::vec(act(), 1..30)) {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(run(acts));
    }
}
