//! `diff`, `plan --against` and `plan --policy-base`: what changed, and why, as people and programs get to see it.

use std::fs;

use serde_json::Value;

use crate::{
    site::{Run, Site},
    touch,
};

const ASIDE: [&str; 2] = ["--inventory", "world.ndjson"];

fn document(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A second policy directory with the policy as it is now.
fn keep_base(site: &Site) {
    fs::create_dir(site.path("base")).unwrap();
    fs::copy(site.path("policy.hcl"), site.path("base/policy.hcl")).unwrap();
}

#[test]
fn two_saved_plans_are_compared_without_anything_else() {
    let site = Site::quickstart();
    site.run(&[&["plan", "--out", "old.json"], &ASIDE[..]].concat()).exits(0);
    site.run(&[&["plan", "--out", "new.json", "--as-of", "2026-12-31"], &ASIDE[..]].concat()).exits(0);
    fs::remove_file(site.path("policy.hcl")).unwrap();
    fs::remove_file(site.path("world.ndjson")).unwrap();
    let told = site.run(&["diff", "old.json", "new.json"]).exits(0);
    for text in ["Because time passed: 4 steps", "Dropped: nothing", "Same: 44 steps", "the new plan is a forecast"] {
        assert!(told.stdout.contains(text), "{text}: {}", told.stdout);
    }
    assert_eq!(told.stderr, "");
    let json = document(&site.run(&["diff", "old.json", "new.json", "--format", "json"]).exits(0));
    assert_eq!((&json["format_version"], json["added"].as_array().unwrap().len()), (&"1.0".into(), 4));
    assert!(json["added"].as_array().unwrap().iter().all(|change| change["causes"] == serde_json::json!(["time"])));
    // Less to do asks nobody for a review.
    site.run(&["diff", "old.json", "new.json", "--detailed-exitcode"]).exits(2);
    site.run(&["diff", "new.json", "old.json", "--detailed-exitcode"]).exits(0);
    let same = site.run(&["diff", "old.json", "old.json", "--detailed-exitcode"]).exits(0);
    assert!(same.stdout.contains("Added: nothing") && same.stdout.contains("Same: 44 steps"), "{}", same.stdout);
    assert!(!same.stdout.contains("Besides"), "{}", same.stdout);
}

#[test]
fn a_file_that_is_no_whole_plan_is_refused_with_advice() {
    let site = Site::quickstart();
    site.run(&[&["plan", "--out", "old.json"], &ASIDE[..]].concat()).exits(0);
    let text = fs::read_to_string(site.path("old.json")).unwrap();
    fs::write(site.path("edited.json"), text.replace("checkout:4", "checkout:9")).unwrap();
    fs::write(site.path("newer.json"), text.replace("\"format_version\": \"1.0\"", "\"format_version\": \"9.0\""))
        .unwrap();
    for (file, said) in [
        ("edited.json", "it was changed after it was made"),
        ("newer.json", "it has format version 9.0"),
        ("policy.hcl", "it is not a plan"),
        ("nowhere.json", "check the path"),
    ] {
        for words in [&["diff", "old.json", file][..], &["diff", file, "old.json"], &["plan", "--against", file]] {
            let refused = site.run(words).exits(1);
            assert!(refused.stderr.contains(file) && refused.stderr.contains(said), "{words:?}: {}", refused.stderr);
            assert_eq!(refused.stdout, "");
        }
    }
    assert!(!site.path("state").exists(), "AWS was asked before the old plan was read");
}

#[test]
fn a_new_plan_is_told_against_an_old_one() {
    let site = Site::quickstart();
    site.run(&["plan", "--out", "old.json"]).exits(0);
    site.run(&["apply", "--auto-approve"]).exits(0);
    let told = site.run(&["plan", "--against", "old.json", "--out", "new.json", "--detailed-exitcode"]).exits(0);
    let text = flat(&told.stdout);
    assert!(text.contains("Dropped: 44 steps Because the world changed: 44 steps"), "{}", told.stdout);
    assert!(text.contains("new: gone") && text.contains("new: done already"), "{}", told.stdout);
    assert!(text.ends_with("The whole plan: jettison show new.json"), "{}", told.stdout);
    let json = document(&site.run(&["plan", "--against", "old.json", "--format", "json"]).exits(0));
    let stands: std::collections::BTreeSet<_> =
        json["dropped"].as_array().unwrap().iter().map(|change| change["other"]["stand"].as_str().unwrap()).collect();
    assert!(!stands.contains("unsaid"), "{stands:?}");
    // The plan itself is saved as ever.
    let saved: Value = serde_json::from_slice(&fs::read(site.path("new.json")).unwrap()).unwrap();
    assert_eq!(saved["steps"].as_array().unwrap().len(), 0);
}

#[test]
fn nothing_happened_means_that_nothing_changed() {
    let site = Site::quickstart();
    // The first reading of a manifest counts as a pull.
    site.run(&["plan"]).exits(0);
    site.run(&["plan", "--out", "old.json"]).exits(0);
    let told = site.run(&["plan", "--against", "old.json", "--detailed-exitcode"]).exits(0);
    assert!(told.stdout.contains("Added: nothing") && told.stdout.contains("Dropped: nothing"), "{}", told.stdout);
    assert!(!told.stdout.contains("inventories"), "a world that has not changed has its id again: {}", told.stdout);
}

#[test]
fn the_edit_of_a_policy_is_what_it_changes() {
    let site = Site::quickstart();
    keep_base(&site);
    touch::edit(&site, "policy.hcl", "newest        = 5", "newest        = 2");
    touch::edit(&site, "policy.hcl", "idle_for = \"60d\"", "idle_for = \"120d\"");
    for more in [&[][..], &ASIDE] {
        let words = [&["plan", "--policy-base", "base", "--detailed-exitcode"], more].concat();
        let told = site.run(&words).exits(2);
        let text = flat(&told.stdout);
        for said in [
            "What the edit of the policy changes, on one inventory, as of 2026-11-01 06:00 UTC",
            "delete 1 image, 88.2 MiB image.default at policy.hcl:45 base: kept, among the newest, at policy.hcl:40",
            "delete 1 service service.abandoned at policy.hcl:13 edited: kept, not yet due, at policy.hcl:15",
            "Same: 43 steps",
        ] {
            assert!(text.contains(said), "{said}: {}", told.stdout);
        }
        let json = document(&site.run(&[&words[..], &["--format", "json"]].concat()).exits(2));
        assert_ne!(json["from"]["plan_id"], json["to"]["plan_id"]);
        let changes = [&json["added"], &json["dropped"]].map(|changes| changes.as_array().unwrap().clone()).concat();
        assert!(changes.iter().all(|change| change["causes"] == serde_json::json!(["policy"])), "{changes:#?}");
    }
    // A part, and at another time, of both alike.
    let part = [&["plan", "--policy-base", "base", "--target", "*/ecs/*", "--as-of", "+10d"], &ASIDE[..]].concat();
    let told = flat(&site.run(&part).exits(0).stdout);
    assert!(told.contains("Added: nothing Dropped: 1 step"), "{told}");
    assert!(told.contains("The edited plan cannot be applied: it is a forecast"), "{told}");
}

#[test]
fn an_edit_that_changes_nothing_says_so() {
    let site = Site::quickstart();
    keep_base(&site);
    touch::edit(&site, "policy.hcl", "# What may go", "# What really may go");
    let told = site.run(&["plan", "--policy-base", "base", "--detailed-exitcode"]).exits(0);
    assert!(told.stdout.contains("Added: nothing\n\nDropped: nothing\n\nSame: 44 steps\n"), "{}", told.stdout);
}

#[test]
fn comparisons_that_make_no_sense_are_refused() {
    let site = Site::quickstart();
    keep_base(&site);
    site.run(&[&["plan", "--out", "old.json"], &ASIDE[..]].concat()).exits(0);
    let both = site.run(&["plan", "--against", "old.json", "--policy-base", "base"]).exits(64);
    assert!(both.stderr.contains("one after the other"), "{}", both.stderr);
    touch::edit(&site, "policy.hcl", "account \"demo\"", "account \"prod\"");
    let words = ["plan", "--policy-base", "base", "--inventory", "world.ndjson"];
    let renamed = site.run(&[&words[..], &["--target", "prod/*"]].concat()).exits(1);
    assert!(renamed.stderr.contains("calls account 000000000000 \"demo\""), "{}", renamed.stderr);
    let whole = site.run(&words).exits(0);
    assert!(whole.stdout.contains("demo/eu-central-1 is called prod/eu-central-1 now"), "{}", whole.stdout);
    assert!(whole.stdout.contains("Same: 44 steps"), "{}", whole.stdout);
    let nowhere = site.run(&["plan", "--policy-base", "nowhere"]).exits(1);
    assert!(nowhere.stderr.contains("nowhere"), "{}", nowhere.stderr);
    fs::write(site.path("base/policy.hcl"), "retention").unwrap();
    let broken = site.run(&words).exits(1);
    assert!(broken.stderr.starts_with("the base policy, base:\n"), "{}", broken.stderr);
}

#[test]
fn what_a_selection_leaves_out_is_counted_and_not_listed() {
    let site = Site::quickstart();
    site.run(&[&["plan", "--out", "old.json"], &ASIDE[..]].concat()).exits(0);
    let words = [&["plan", "--against", "old.json", "--target", "*/ecs/service/*"], &ASIDE[..]].concat();
    let told = site.run(&words).exits(0);
    assert!(told.stdout.contains("Because one of the plans is only a part: 43 steps"), "{}", told.stdout);
    assert!(!told.stdout.contains("team/web"), "{}", told.stdout);
    let full = site.run(&[&words[..], &["--full"]].concat()).exits(0);
    assert!(full.stdout.contains("team/web") && full.stdout.contains("left out by --target"), "{}", full.stdout);
}
