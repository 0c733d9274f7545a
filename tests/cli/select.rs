//! `plan --target` and `--exclude`: a part of a plan, made, saved and carried out.

use std::fs;

use serde_json::Value;

use crate::site::Site;

const REPORTS: &str = "demo/eu-central-1/ecs/service/main/reports";

fn plan(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_part_is_said_to_be_one_twice_and_is_applied_as_one() {
    let site = Site::quickstart();
    let made = site.run(&["plan", "--target", "*/ecs/task-set/*", "--target", REPORTS, "--out", "p.json"]).exits(0);
    let (first, last) = made.stdout.split_once("Plan: ").unwrap();
    let how = "--target */ecs/task-set/* --target demo/eu-central-1/ecs/service/main/reports";
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(first).contains(&format!("This is a part of a plan: 4 of 44 steps, selected with {how}.")), "{first}");
    assert!(
        flat(last).contains(&format!("This plan is incomplete on purpose ({how}): it leaves out 40 steps")),
        "{last}"
    );
    assert_eq!(site.run(&["show", "p.json"]).exits(0).stdout.split("Plan: ").next(), Some(first));
    let saved = plan(&fs::read_to_string(site.path("p.json")).unwrap());
    assert_eq!(saved["complete"], false);
    assert_eq!(saved["targets"], serde_json::json!(["*/ecs/task-set/*", REPORTS]));
    assert_eq!(saved["selected_from"]["steps"], 44);
    let applied = site.run(&["apply", "p.json", "--expect", saved["plan_id"].as_str().unwrap()]).exits(0);
    assert!(applied.stdout.contains("Finished: 4 done."), "{}", applied.stdout);
    let rest = plan(&site.run(&["plan", "--format", "json"]).exits(0).stdout);
    assert_eq!(rest["steps"].as_array().unwrap().len(), 40);
    assert_eq!(rest["complete"], true);
}

#[test]
fn without_a_file_the_way_to_carry_a_part_out_is_shown() {
    let site = Site::quickstart();
    let made = site.run(&["plan", "--exclude", "*/ecr/image/*"]).exits(0);
    let next = "  jettison plan . --exclude '*/ecr/image/*' --out plan.json\n  jettison apply plan.json --policy .\n";
    assert!(made.stdout.ends_with(next), "{}", made.stdout);
    let nothing = site.run(&["plan", "--exclude", "*", "--detailed-exitcode"]).exits(0);
    assert!(nothing.stdout.contains("Nothing to do."), "{}", nothing.stdout);
    assert!(nothing.stdout.contains("it leaves out 44 steps"), "{}", nothing.stdout);
    assert!(!nothing.stdout.contains("To carry it out"), "{}", nothing.stdout);
    site.run(&["plan", "--target", REPORTS, "--detailed-exitcode"]).exits(2);
}

#[test]
fn an_object_that_is_not_there_is_an_error_and_one_that_stays_a_warning() {
    let site = Site::quickstart();
    for words in [["--target", "demo/eu-central-1/ecs/service/main/report"], ["--exclude", "*/team/wbe@*"]] {
        let refused = site.run(&[&["plan"][..], &words].concat()).exits(1);
        assert!(refused.stderr.contains(words[1]) && refused.stderr.contains("did you mean"), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    let stays = site.run(&["plan", "--target", "*/ecs/service/main/web"]).exits(0);
    let said = "jettison explain demo/eu-central-1/ecs/service/main/web";
    let flat = stays.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("Warning:") && flat.contains(said), "{}", stays.stdout);
    let refused = site.run(&["plan", "--target", "!x"]).exits(64);
    assert!(refused.stderr.contains("--exclude"), "{}", refused.stderr);
}
