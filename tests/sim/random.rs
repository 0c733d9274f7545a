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

/// Every service, deployment and task set counts just the tasks that are there.
fn counts_agree(world: &str) {
    let lines: Vec<Value> = world.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
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
        counts_agree(&written);
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
    counts_agree(&text(&sim.world()));
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
