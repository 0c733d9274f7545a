//! Budgets, from the plan that shows them to the run that overrides one.

use std::fs;

use serde_json::Value;

use crate::{site::Site, touch};

/// The quickstart under a budget that its plan exceeds.
fn tight() -> Site {
    let site = Site::quickstart();
    let policy = fs::read_to_string(site.path("policy.hcl")).unwrap();
    let budget = "budget {\n  max_actions = 10\n  image { max_percent = 100 }\n}\n";
    fs::write(site.path("policy.hcl"), policy + budget).unwrap();
    site
}

#[test]
fn a_plan_over_its_budget_is_shown_and_refused() {
    let site = tight();
    let plan = site.run(&["plan", "--out", "p.json"]).exits(0);
    let said = "This plan is refused:\n  · the plan has 44 steps; `max_actions` at policy.hcl:";
    assert_eq!(plan.stdout.matches(said).count(), 2, "above and below: {}", plan.stdout);
    assert!(!plan.stdout.contains("To carry it out") && !plan.stdout.contains("Can be applied"), "{}", plan.stdout);
    site.run(&["plan", "--detailed-exitcode"]).exits(2);
    let document: Value = serde_json::from_slice(&fs::read(site.path("p.json")).unwrap()).unwrap();
    assert_eq!((&document["applyable"], &document["refusals"][0]["code"]), (&false.into(), &"over_budget".into()));
    let limits: Vec<(&str, bool)> = document["budget"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["limit"].as_str().unwrap(), one["exceeded"].as_bool().unwrap()))
        .collect();
    assert_eq!(limits, [("max_actions", true), ("image.max_percent", false)]);
    let before = touch::all(&site);
    for arguments in [&["apply", "--auto-approve"][..], &["apply", "p.json", "--policy", ".", "--auto-approve"]] {
        let apply = site.run(arguments).exits(5);
        assert!(apply.stderr.contains("allows 10") && apply.stderr.contains("--override-budget"), "{}", apply.stderr);
    }
    assert_eq!(world(&before, &site), world(&touch::all(&site), &site), "nothing was changed");
    assert_eq!(site.run(&["journal", "list"]).exits(0).stdout, "");
}

fn world(files: &std::collections::BTreeMap<String, Vec<u8>>, site: &Site) -> Vec<u8> {
    files[&site.path("world.ndjson").display().to_string()].clone()
}

#[test]
fn a_reason_overrides_the_budget_and_is_kept() {
    let site = tight();
    for nothing in ["", "  ", "\n"] {
        let usage = site.run(&["apply", "--auto-approve", "--override-budget", nothing]).exits(64);
        assert!(usage.stderr.contains("say why"), "{}", usage.stderr);
    }
    site.run(&["plan", "--out", "p.json"]).exits(0);
    let why = "the old registry is\nbeing closed";
    let apply = site.run(&["apply", "p.json", "--policy", ".", "--auto-approve", "--override-budget", why]).exits(0);
    assert!(apply.stderr.contains("The budget is overridden: the old registry is being closed"), "{}", apply.stderr);
    assert!(apply.stdout.contains("Finished: 44 done."), "{}", apply.stdout);
    let run = site.run(&["journal", "list"]).exits(0).stdout.split_whitespace().next().unwrap().to_owned();
    let shown = site.run(&["journal", "show", &run]).exits(0).stdout;
    assert!(shown.starts_with("The budget was overridden: the old registry is being closed\n"), "{shown}");
    let events = site.run(&["journal", "export", &run]).exits(0).stdout;
    let opened: Value = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    assert_eq!(opened["override_budget"], "the old registry is being closed");
    let idle = site.run(&["apply", "--auto-approve", "--override-budget", "again"]).exits(0);
    assert!(idle.stderr.contains("changes nothing"), "{}", idle.stderr);
}

/// A run that was interrupted goes on, and every owner of it says why it may.
#[test]
fn a_resume_goes_on_beyond_the_budget() {
    let site = tight();
    // Revisions may be deleted as soon as they are deregistered, and AWS takes ten minutes to settle that.
    touch::edit(&site, "policy.hcl", "rollback_window = \"24h\"", "rollback_window = \"0s\"");
    touch::edit(&site, "policy.hcl", "inactive_for = \"90d\"", "inactive_for = \"0s\"");
    let arguments = ["apply", "--auto-approve", "--no-wait", "--override-budget", "asked for"];
    site.run(&arguments).exits(3);
    let resumed = site.run(&["resume"]).exits(0);
    assert!(resumed.stdout.contains("Finished: "), "{}", resumed.stdout);
    let run = site.run(&["journal", "list"]).exits(0).stdout.split_whitespace().next().unwrap().to_owned();
    let events = site.run(&["journal", "export", &run]).exits(0).stdout;
    let opened: Vec<&str> = events.lines().filter(|line| line.contains("\"run_opened\"")).collect();
    assert_eq!(opened.len(), 2);
    assert!(opened.iter().all(|event| event.contains("\"override_budget\":\"asked for\"")), "{opened:?}");
}

/// Only a budget can be overridden.
#[test]
fn nothing_else_is_overridden() {
    let site = tight();
    let plan = site.run(&["plan", "--out", "p.json"]).exits(0);
    let id = plan.stdout.lines().find_map(|line| line.strip_prefix("Plan id ")).unwrap().to_owned();
    let wrong = ["apply", "p.json", "--policy", ".", "--expect", "sha256:0", "--override-budget", "why"];
    site.run(&wrong).exits(4);
    let policy = fs::read_to_string(site.path("policy.hcl")).unwrap();
    fs::write(site.path("policy.hcl"), policy + "# edited\n").unwrap();
    site.run(&["apply", "p.json", "--policy", ".", "--expect", &id, "--override-budget", "why"]).exits(4);
}
