//! The main job: plan, review, apply, and nothing to do.

use std::fs;

use serde_json::Value;

use crate::{site::Site, touch};

fn plan_id(site: &Site, file: &str) -> String {
    let plan: Value = serde_json::from_slice(&fs::read(site.path(file)).unwrap()).unwrap();
    plan["plan_id"].as_str().unwrap().to_owned()
}

#[test]
fn after_an_apply_there_is_nothing_to_do() {
    let site = Site::quickstart();
    let plan = site.run(&["plan"]).exits(0);
    assert!(plan.stdout.contains("To carry it out:\n  jettison apply ."), "{}", plan.stdout);
    let apply = site.run(&["apply", "--auto-approve"]).exits(0);
    assert!(apply.stdout.contains("Finished: 44 done."), "{}", apply.stdout);
    let again = site.run(&["plan"]).exits(0);
    assert!(again.stdout.contains("Nothing to do."), "{}", again.stdout);
    let idle = site.run(&["apply", "--auto-approve"]).exits(0);
    assert!(idle.stdout.contains("Nothing to do."), "{}", idle.stdout);
    let idle = site.run(&["apply", "--auto-approve", "--json"]).exits(0);
    let summary: Value = serde_json::from_str(&idle.stdout).unwrap();
    assert_eq!((&summary["type"], &summary["complete"]), (&Value::from("summary"), &Value::from(true)));
    assert_eq!(site.run(&["journal", "list"]).exits(0).stdout.lines().count(), 1);
}

#[test]
fn a_saved_plan_is_shown_as_it_was_and_applied_as_reviewed() {
    let site = Site::quickstart();
    let plan = site.run(&["plan", "--out", "p.json"]).exits(0);
    let id = plan_id(&site, "p.json");
    let before = touch::all(&site);
    let shown = site.run(&["show", "p.json"]).exits(0);
    let without_advice = |text: &str| text.split("To carry it out").next().unwrap().to_owned();
    assert_eq!(without_advice(&shown.stdout), without_advice(&plan.stdout));
    assert_eq!(
        site.run(&["show", "p.json", "--format", "json"]).exits(0).stdout.as_bytes(),
        before[&name(&site, "p.json")]
    );
    assert_eq!(touch::all(&site), before, "showing changed something");
    let applied = site.run(&["apply", "p.json", "--policy", ".", "--expect", &id]).exits(0);
    assert!(applied.stdout.contains("Finished: 44 done."), "{}", applied.stdout);
}

fn name(site: &Site, file: &str) -> String {
    site.path(file).display().to_string()
}

/// The command that a plan advises works as it stands.
#[test]
fn the_advice_of_a_plan_can_be_typed() {
    let site = Site::quickstart();
    let plan = site.run(&["plan", "--out", "p.json"]).exits(0);
    let advice = plan.stdout.lines().rev().find(|line| line.contains("jettison apply")).unwrap();
    let mut words: Vec<&str> = advice.split_whitespace().skip(1).collect();
    words.push("--auto-approve");
    site.run(&words).exits(0);
}

#[test]
fn two_plans_of_the_same_world_are_the_same_bytes() {
    let plan = || Site::quickstart().run(&["plan", "--format", "json"]).exits(0).stdout;
    assert_eq!(plan(), plan());
}

#[test]
fn a_recorded_inventory_is_planned_on_without_credentials_and_without_a_trace() {
    let site = Site::quickstart();
    let live = site.run(&["plan", "--format", "json"]).exits(0).stdout;
    let site = Site::quickstart();
    touch::make_real(&site);
    let before = touch::all(&site);
    let mut command = site.command(&["plan", "--inventory", "world.ndjson", "--format", "json"]);
    let recorded = crate::site::Run::of(command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap()).exits(0);
    assert_eq!(touch::all(&site), before, "planning on a file changed something");
    let id = |text: &str| serde_json::from_str::<Value>(text).unwrap()["plan_id"].clone();
    assert_eq!(id(&live), id(&recorded.stdout));
}

#[test]
fn an_inventory_can_be_pulled_and_planned_on() {
    let site = Site::quickstart();
    let live = site.run(&["plan", "--format", "json"]).exits(0).stdout;
    site.run(&["inventory", "pull", "-o", "pulled.ndjson.zst"]).exits(0);
    let recorded = site.run(&["plan", "--inventory", "pulled.ndjson.zst", "--format", "json"]).exits(0).stdout;
    let id = |text: &str| serde_json::from_str::<Value>(text).unwrap()["plan_id"].clone();
    assert_eq!(id(&live), id(&recorded));
}

#[test]
fn an_inventory_can_be_summed_up() {
    let site = Site::quickstart();
    site.run(&["inventory", "pull", "-o", "pulled.ndjson.zst"]).exits(0);
    let shown = site.run(&["inventory", "show", "pulled.ndjson.zst"]).exits(0);
    for words in ["Taken 2026-11-01", "demo/eu-central-1", "ecs.service ", "Everything that was asked for was read."] {
        assert!(shown.stdout.contains(words), "no `{words}` in:\n{}", shown.stdout);
    }
    let json = site.run(&["inventory", "show", "pulled.ndjson.zst", "--format", "json"]).exits(0);
    let summary: Value = serde_json::from_str(&json.stdout).unwrap();
    let lines = fs::read_to_string(site.path("world.ndjson")).unwrap();
    let services = lines.lines().filter(|line| line.contains("\"kind\":\"ecs.service\"")).count();
    assert_eq!(summary["scopes"][0]["objects"]["ecs.service"], services);
    assert_eq!(summary["gaps"], serde_json::json!([]));
    let missing = site.run(&["inventory", "show", "nowhere.ndjson"]).exits(1);
    assert!(missing.stderr.contains("nowhere.ndjson") && missing.stderr.contains("check the path"));
}
