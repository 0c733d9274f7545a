//! The exit codes of `src/cli/exit.rs`, each from a run that deserves it.

use std::fs::{self, File};

use serde_json::Value;

use crate::{site::Site, touch};

#[test]
fn two_means_changes_and_only_when_asked() {
    let site = Site::quickstart();
    site.run(&["plan", "--detailed-exitcode"]).exits(2);
    site.run(&["plan"]).exits(0);
    site.run(&["apply", "--auto-approve"]).exits(0);
    site.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn one_means_that_there_is_nothing_to_resume() {
    let site = Site::quickstart();
    let nothing = site.run(&["resume"]).exits(1);
    assert!(nothing.stderr.contains("nothing to resume"), "{}", nothing.stderr);
    assert!(!site.path("state").exists());
}

#[test]
fn three_means_that_resume_does_the_rest() {
    let site = Site::quickstart();
    // Revisions may be deleted as soon as they are deregistered, and AWS takes ten minutes to settle that.
    touch::edit(&site, "policy.hcl", "rollback_window = \"24h\"", "rollback_window = \"0s\"");
    touch::edit(&site, "policy.hcl", "inactive_for = \"90d\"", "inactive_for = \"0s\"");
    let first = site.run(&["apply", "--auto-approve", "--no-wait"]).exits(3);
    assert!(first.stdout.contains("Not finished") && first.stdout.contains("jettison resume"), "{}", first.stdout);
    let refused = site.run(&["apply", "--auto-approve"]).exits(3);
    assert!(refused.stderr.contains("jettison resume"), "{}", refused.stderr);
    site.run(&["resume", "--no-wait"]).exits(3);
    let rest = site.run(&["resume"]).exits(0);
    assert!(rest.stdout.contains("Finished"), "{}", rest.stdout);
    let nothing = site.run(&["resume"]).exits(1);
    assert!(nothing.stderr.contains("nothing to resume"), "{}", nothing.stderr);
}

#[test]
fn four_means_that_it_is_not_the_plan_that_was_reviewed() {
    let site = Site::quickstart();
    site.run(&["plan", "--out", "p.json"]).exits(0);
    let world = fs::read(site.path("state/simulated/world.world.ndjson")).unwrap();
    let wrong = site.run(&["apply", "p.json", "--expect", "sha256:0000"]).exits(4);
    assert!(wrong.stderr.contains("sha256:0000") && wrong.stderr.contains("review"), "{}", wrong.stderr);
    assert_eq!(fs::read(site.path("state/simulated/world.world.ndjson")).unwrap(), world);
    assert_eq!(site.run(&["journal", "list"]).exits(0).stdout, "");
}

#[test]
fn four_means_that_the_plan_is_too_old() {
    let site = Site::quickstart();
    touch::edit(&site, "policy.hcl", "settings {", "settings {\n  plan_expiry = \"1s\"");
    site.run(&["plan", "--out", "p.json"]).exits(0);
    let plan: Value = serde_json::from_slice(&fs::read(site.path("p.json")).unwrap()).unwrap();
    // Reading AWS takes simulated time.
    for _ in 0..3 {
        site.run(&["plan"]).exits(0);
    }
    let old = site.run(&["apply", "p.json", "--expect", plan["plan_id"].as_str().unwrap()]).exits(4);
    assert!(
        old.stderr.contains("expired at 2026-11-01T") && old.stderr.contains("jettison plan --out"),
        "{}",
        old.stderr
    );
    assert_eq!(site.run(&["journal", "list"]).exits(0).stdout, "");
}

#[test]
fn six_means_that_another_process_has_the_state() {
    let site = Site::quickstart();
    site.run(&["plan"]).exits(0);
    for lock in ["state/lock", "state/simulated/world.lock"] {
        let held = File::options().write(true).open(site.path(lock)).unwrap();
        held.try_lock().unwrap();
        for command in
            [&["plan"][..], &["apply", "--auto-approve"], &["resume"], &["inventory", "pull", "-o", "i.ndjson"]]
        {
            let refused = site.run(command).exits(6);
            assert!(
                refused.stderr.contains("another process") && refused.stderr.contains("wait"),
                "{}",
                refused.stderr
            );
            assert_eq!(refused.stdout, "");
        }
        drop(held);
        site.run(&["plan"]).exits(0);
    }
}

#[test]
fn sixty_four_means_that_the_command_is_not_understood() {
    let site = Site::quickstart();
    for words in [&["plam"][..], &["plan", "--formt", "json"], &["plan", "--format", "xml"], &["show"], &[]] {
        let refused = site.run(words).exits(64);
        assert_eq!(refused.stdout, "");
        assert!(refused.stderr.contains("Usage:") || refused.stderr.contains("--help"), "{}", refused.stderr);
    }
    for words in [&["--help"][..], &["help", "plan"], &["--version"]] {
        let answer = site.run(words).exits(0);
        assert!(!answer.stdout.is_empty() && answer.stderr.is_empty());
    }
}
