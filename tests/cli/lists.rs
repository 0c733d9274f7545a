//! Lists of references from the outside: what they name stays, and a program runs only where somebody allowed it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::Value;

use crate::site::{Run, Site};

fn plan(run: Run) -> Value {
    serde_json::from_str(&run.exits(0).stdout).unwrap()
}

/// The digests that a plan deletes.
fn deleted(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["action"] == "delete_image");
    steps.map(|step| step["target"]["digest"].as_str().unwrap().to_owned()).collect()
}

fn uri(plan: &Value) -> (String, String) {
    let steps = plan["steps"].as_array().unwrap();
    let target = &steps.iter().rfind(|step| step["action"] == "delete_image").unwrap()["target"];
    let text = |name: &str| target[name].as_str().unwrap();
    let (account, region) = (text("account_id"), text("region"));
    let host = format!("{account}.dkr.ecr.{region}.amazonaws.com");
    (format!("{host}/{}@{}", text("repository"), text("digest")), text("digest").to_owned())
}

#[test]
fn what_a_file_names_stays_and_a_file_that_is_gone_keeps_everything() {
    let site = Site::quickstart();
    let (uri, digest) = uri(&plan(site.run(&["plan", "--format", "json"])));
    fs::write(site.path("reference.hcl"), "reference \"file\" \"eks\" { path = \"eks.json\" }\n").unwrap();
    fs::write(site.path("eks.json"), format!("[\"{uri}\"]")).unwrap();
    let with = plan(site.run(&["plan", "--format", "json"]));
    assert!(!deleted(&with).contains(&digest) && !deleted(&with).is_empty());
    fs::remove_file(site.path("eks.json")).unwrap();
    let without = plan(site.run(&["plan", "--format", "json"]));
    assert!(deleted(&without).is_empty());
    let gap = without["gaps"][0].to_string();
    assert!(gap.contains("reference.eks") && gap.contains("check `path`"), "{gap}");
}

#[test]
fn a_program_runs_only_where_it_is_allowed_and_right_before_a_deletion_again() {
    let site = Site::quickstart();
    let block = "reference \"command\" \"nomad\" { program = [\"./in-use.sh\"] }\n";
    fs::write(site.path("reference.hcl"), block).unwrap();
    fs::write(site.path("in-use.sh"), "#!/bin/sh\necho asked >> asked\necho looking >&2\necho '[]'\n").unwrap();
    fs::set_permissions(site.path("in-use.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let forbidden = plan(site.run(&["plan", "--format", "json"]));
    assert!(deleted(&forbidden).is_empty() && !site.path("asked").exists());
    let gap = forbidden["gaps"][0].to_string();
    assert!(gap.contains("reference.nomad") && gap.contains("--allow-commands"), "{gap}");

    let run = site.run(&["plan", "--allow-commands", "--format", "json", "--out", "p.json"]);
    assert!(run.stderr.contains("looking"), "{}", run.stderr);
    assert!(!deleted(&plan(run)).is_empty());
    let asked = || fs::read_to_string(site.path("asked")).unwrap().lines().count();
    assert_eq!(asked(), 1);

    // An apply that may not ask keeps the images, and says what it would take.
    let held = site.run(&["apply", "p.json", "--auto-approve"]);
    assert_ne!(held.code, Some(0));
    let told = held.stdout + &held.stderr;
    assert!(told.contains("--allow-commands"), "{told}");
    assert_eq!(asked(), 1);

    let site = Site::quickstart();
    fs::write(site.path("reference.hcl"), block).unwrap();
    fs::write(site.path("in-use.sh"), "#!/bin/sh\necho asked >> asked\necho '[]'\n").unwrap();
    fs::set_permissions(site.path("in-use.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    site.run(&["apply", "--allow-commands", "--auto-approve"]).exits(0);
    let asked = fs::read_to_string(site.path("asked")).unwrap().lines().count();
    assert!(asked > 1, "it was not asked again before a deletion");
}

/// A plan was safe by what its policy looked at. A policy without the list would not look at it again.
#[test]
fn a_plan_is_not_carried_out_by_a_policy_that_no_longer_asks_the_list() {
    let site = Site::quickstart();
    fs::write(site.path("reference.hcl"), "reference \"file\" \"eks\" { path = \"eks.json\" }\n").unwrap();
    fs::write(site.path("eks.json"), "[]").unwrap();
    let (uri, _) = uri(&plan(site.run(&["plan", "--format", "json", "--out", "p.json"])));
    fs::write(site.path("eks.json"), format!("[\"{uri}\"]")).unwrap();
    fs::remove_file(site.path("reference.hcl")).unwrap();
    let run = site.run(&["apply", "p.json", "--auto-approve"]).exits(4);
    assert!(
        run.stderr.contains("the policy was changed") && run.stderr.contains("jettison plan --out"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.is_empty(), "{}", run.stdout);
}
