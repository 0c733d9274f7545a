//! The documents of `jettison iam-policy` against the calls that are made: nothing is missing, and nothing is too much.

use std::{collections::BTreeSet, fs, thread};

use jettison::sim::{self, Sim, World};
use serde_json::Value;

use crate::{
    network::with_endpoint,
    site::{Run, Site},
    touch,
};

/// Reads of single objects of which the example has none, so that nothing shows that they are made.
const NOT_IN_THE_EXAMPLE: &[&str] = &[
    "application-autoscaling:DescribeScheduledActions",
    "codedeploy:BatchGetApplications",
    "codedeploy:BatchGetDeploymentGroups",
    "codedeploy:BatchGetDeployments",
    "codedeploy:ListDeploymentGroups",
    "codedeploy:ListDeployments",
    "ecs:DescribeDaemon",
    "ecs:DescribeDaemonDeployments",
    "ecs:DescribeDaemonRevisions",
    "ecs:DescribeDaemonTaskDefinition",
    "ecs:DescribeServiceDeployments",
    "ecs:DescribeServiceRevisions",
    "events:ListTargetsByRule",
    "lambda:GetFunction",
    "scheduler:GetSchedule",
    "states:DescribeStateMachine",
    "states:ListStateMachineVersions",
];

/// The actions of a document.
fn allowed(site: &Site, words: &[&str]) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&site.run(words).exits(0).stdout).unwrap();
    let statements = document["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The calls that `-v` shows.
fn shown(run: &Run) -> BTreeSet<String> {
    let calls = run.stderr.lines().filter(|line| line.contains("called AWS"));
    let operation = |line: &str| Some(line.split("operation=").nth(1)?.split_whitespace().next()?.to_owned());
    let calls: BTreeSet<String> = calls.map(|line| operation(line).unwrap()).collect();
    assert!(calls.len() > 5, "{}", run.stderr);
    calls
}

#[track_caller]
fn agree(allowed: &BTreeSet<String>, called: &BTreeSet<String>) {
    let missing: Vec<_> = called.difference(allowed).collect();
    assert!(missing.is_empty(), "called and not allowed: {missing:?}");
    let idle = allowed.difference(called).filter(|action| !NOT_IN_THE_EXAMPLE.contains(&action.as_str()));
    let idle: Vec<_> = idle.collect();
    assert!(idle.is_empty(), "allowed and never called: {idle:?}");
}

#[test]
fn the_calls_of_a_plan_and_of_an_apply_are_what_the_documents_allow() {
    let site = Site::quickstart();
    let (plan, apply) = (allowed(&site, &["iam-policy", "plan"]), allowed(&site, &["iam-policy", "apply"]));
    assert!(plan.is_subset(&apply));
    agree(&plan, &shown(&site.run(&["-v", "plan"]).exits(0)));
    // Without what the plan has read already.
    let site = Site::quickstart();
    agree(&apply, &shown(&site.run(&["-v", "apply", "--auto-approve"]).exits(0)));
}

/// A waived source is neither called nor allowed; a rule that is not there allows nothing.
#[test]
fn a_smaller_policy_needs_less() {
    let site = Site::quickstart();
    let waivers = "waive \"tasks\" { reason = \"a test\" }\nwaive \"task_sets\" { reason = \"a test\" }\n";
    fs::write(site.path("waived.hcl"), waivers).unwrap();
    let policy = fs::read_to_string(site.path("policy.hcl")).unwrap();
    let start = policy.find("retention \"service\"").unwrap();
    let end = policy.find("retention \"task_definition\"").unwrap();
    fs::write(site.path("policy.hcl"), policy[..start].to_owned() + &policy[end..]).unwrap();
    let apply = allowed(&site, &["iam-policy", "apply"]);
    for action in
        ["ecs:ListTasks", "ecs:DescribeTaskSets", "ecs:UpdateTaskSet", "ecs:DeleteTaskSet", "ecs:DeleteService"]
    {
        assert!(!apply.contains(action), "{action}");
    }
    agree(&apply, &shown(&site.run(&["-v", "apply", "--auto-approve"]).exits(0)));
}

/// What `-v` shows is what arrives on the other side.
#[test]
fn every_call_is_shown() {
    let site = Site::quickstart();
    touch::make_real(&site);
    let world = World::read(fs::read(site.path("world.ndjson")).unwrap().as_slice()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sim, listener) = runtime.block_on(async {
        (Sim::new(world, sim::Options::default()), tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap())
    });
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = sim.clone();
    let server = thread::spawn(move || {
        let until = async move {
            let _stopped = stopped.await;
        };
        runtime.block_on(sim::serve(served, listener, until)).unwrap();
    });
    let plan = Run::of(with_endpoint(site.command(&["-v", "plan"]), &url).output().unwrap()).exits(0);
    stop.send(()).unwrap();
    server.join().unwrap();
    let arrived: BTreeSet<_> = sim.calls().iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
    assert_eq!(shown(&plan), arrived);
    let lines = plan.stderr.lines().filter(|line| line.contains("called AWS")).count();
    assert_eq!(lines, sim.calls().len());
    for word in ["scope=demo/eu-central-1", "attempt=1", "outcome=\"ok\"", "took_ms="] {
        assert!(plan.stderr.contains(word), "no {word} in:\n{}", plan.stderr);
    }
}

#[test]
fn each_account_has_its_own_document() {
    let site = Site::quickstart();
    let more = r#"
account "china" {
  id       = "111111111111"
  regions  = ["cn-north-1", "cn-northwest-1"]
  role_arn = "arn:aws-cn:iam::111111111111:role/jettison"
}
aggregator "org" {
  account = "china"
  region  = "cn-north-1"
  name    = "org"
}
"#;
    fs::write(site.path("more.hcl"), more).unwrap();
    touch::edit(
        &site,
        "policy.hcl",
        "match { repository = [\"*\"] }",
        "match {\n    repository = [\"*\"]\n    account = [\"china\"]\n    region = [\"cn-north-1\"]\n  }",
    );
    let both = site.run(&["iam-policy", "apply"]).exits(0);
    assert!(both.stderr.contains("--account LABEL") && both.stderr.contains("--caller"), "{}", both.stderr);
    let both: Value = serde_json::from_str(&both.stdout).unwrap();
    let one = |label: &str| {
        let run = site.run(&["iam-policy", "apply", "--account", label]).exits(0);
        serde_json::from_str::<Value>(&run.stdout).unwrap()
    };
    assert_eq!((&both["china"], &both["demo"]), (&one("china"), &one("demo")));
    let statement = |label: &str, sid: &str| {
        both[label]["Statement"].as_array().unwrap().iter().find(|statement| statement["Sid"] == sid).cloned()
    };
    let images = statement("china", "DeleteImages").unwrap();
    assert_eq!(images["Resource"], serde_json::json!(["arn:aws-cn:ecr:cn-north-1:111111111111:repository/*"]));
    assert_eq!(images["Condition"]["StringEquals"]["aws:ResourceTag/jettison"], "enabled");
    assert_eq!(statement("demo", "DeleteImages"), None);
    let aggregators = statement("china", "ReadAggregators").unwrap();
    assert_eq!(
        aggregators["Resource"],
        serde_json::json!(["arn:aws-cn:config:cn-north-1:111111111111:config-aggregator/*"])
    );
    assert_eq!(statement("demo", "ReadAggregators"), None);
    let caller: Value = serde_json::from_str(&site.run(&["iam-policy", "plan", "--caller"]).exits(0).stdout).unwrap();
    assert_eq!(caller["Statement"][0]["Action"], serde_json::json!(["sts:AssumeRole"]));
    assert_eq!(caller["Statement"][0]["Resource"], serde_json::json!(["arn:aws-cn:iam::111111111111:role/jettison"]));
    let wrong = site.run(&["iam-policy", "plan", "--account", "prod"]).exits(1);
    assert!(wrong.stderr.contains("no account \"prod\"") && wrong.stderr.contains("china, demo"), "{}", wrong.stderr);
    fs::remove_file(site.path("more.hcl")).unwrap();
    touch::edit(&site, "policy.hcl", "    account = [\"china\"]\n    region = [\"cn-north-1\"]\n", "");
    assert!(site.run(&["iam-policy", "plan", "--caller"]).exits(1).stderr.contains("nobody needs to assume"));
}
