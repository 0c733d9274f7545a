//! Bad input ends with 1, a message that names the thing and the remedy, and every file as it was.

use std::fs;

use crate::{
    site::{Run, Site},
    touch,
};

/// Runs a command that must fail, say all of `words`, print nothing as data and touch nothing.
#[track_caller]
fn refused(site: &Site, command: &[&str], words: &[&str]) {
    let before = touch::all(site);
    let run = Run::of(site.command(command).env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap()).exits(1);
    for word in words {
        assert!(run.stderr.contains(word), "no `{word}` in:\n{}", run.stderr);
    }
    assert_eq!(run.stdout, "");
    let after = touch::all(site);
    let changed: Vec<_> = after.iter().filter(|(name, bytes)| before.get(*name) != Some(bytes)).collect();
    assert!(after == before, "{command:?} touched {:?}", changed.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn broken_hcl() {
    let site = Site::quickstart();
    fs::write(site.path("z.hcl"), "retention \"image\" \"x\" {\n").unwrap();
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["validate"], &["resume"]] {
        refused(&site, command, &["z.hcl:1:", "never closed"]);
    }
}

#[test]
fn an_attribute_that_does_not_exist() {
    let site = Site::quickstart();
    touch::edit(&site, "policy.hcl", "pushed_within", "pushed_withing");
    refused(&site, &["apply", "--auto-approve"], &["policy.hcl:", "pushed_withing", "Did you mean `pushed_within`"]);
}

#[test]
fn a_world_that_was_cut() {
    let whole = fs::read_to_string(Site::quickstart().path("world.ndjson")).unwrap();
    let line_end = whole[..whole.len() / 2].rfind('\n').unwrap() + 1;
    for cut in [line_end, line_end + 40, 40, 0, whole.len() - 3] {
        let site = Site::quickstart();
        fs::write(site.path("world.ndjson"), &whole[..cut]).unwrap();
        for command in [&["plan"][..], &["apply", "--auto-approve"], &["plan", "--inventory", "world.ndjson"]] {
            refused(&site, command, &["world.ndjson", "make it again"]);
        }
        // The same once there is a state: it goes on with the file as it was when that is whole again.
        fs::write(site.path("world.ndjson"), &whole).unwrap();
        site.run(&["plan"]).exits(0);
        fs::write(site.path("world.ndjson"), &whole[..cut]).unwrap();
        refused(&site, &["apply", "--auto-approve"], &["world.ndjson", "make it again"]);
    }
}

#[test]
fn a_plan_that_was_edited() {
    let site = Site::quickstart();
    site.run(&["plan", "--out", "p.json"]).exits(0);
    touch::edit(&site, "p.json", "team/web", "team/wob");
    for command in [&["show", "p.json"][..], &["apply", "p.json", "--auto-approve"]] {
        refused(&site, command, &["p.json", "changed after it was made", "jettison plan --out"]);
    }
}

#[test]
fn a_plan_that_was_cut() {
    let site = Site::quickstart();
    let plan = site.run(&["plan", "--format", "json"]).exits(0).stdout;
    fs::write(site.path("p.json"), &plan[..plan.len() / 2]).unwrap();
    refused(&site, &["show", "p.json"], &["p.json", "jettison plan --out"]);
}

#[test]
fn files_and_directories_that_are_not_there() {
    let site = Site::quickstart();
    fs::create_dir(site.path("empty")).unwrap();
    refused(&site, &["plan", "empty"], &["empty", ".hcl", "jettison plan DIR"]);
    refused(&site, &["plan", "nowhere"], &["nowhere", "check the path"]);
    refused(&site, &["apply", "nowhere.json"], &["nowhere.json", "check the path"]);
    refused(&site, &["show", "nowhere.json"], &["nowhere.json", "check the path"]);
    refused(&site, &["plan", "--inventory", "nowhere.ndjson"], &["nowhere.ndjson", "check the path"]);
    refused(&site, &["plan", "policy.hcl"], &["policy.hcl", "directory"]);
    fs::remove_file(site.path("world.ndjson")).unwrap();
    refused(&site, &["plan"], &["world.ndjson", "No such file", "check the path"]);
}

/// Looking into journals makes none.
#[test]
fn a_run_that_does_not_exist() {
    let site = Site::quickstart();
    let before = touch::all(&site);
    let list = site.run(&["journal", "list"]).exits(0);
    assert!(list.stdout.is_empty() && list.stderr.contains("no runs yet"), "{}", list.stderr);
    assert!(touch::all(&site) == before);
    for command in ["show", "export"] {
        refused(
            &site,
            &["journal", command, "20261101T060001Z-2c097708"],
            &["no run 20261101T060001Z", "journal list"],
        );
        refused(&site, &["journal", command, "yesterday"], &["no run yesterday", "journal list"]);
    }
    site.run(&["plan"]).exits(0);
    let unknown = site.run(&["journal", "show", "20261101T060001Z-2c097708"]).exits(1);
    assert!(unknown.stderr.contains("no run 20261101T060001Z"), "{}", unknown.stderr);
}

#[test]
fn no_credentials() {
    let site = Site::quickstart();
    touch::make_real(&site);
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["inventory", "pull", "-o", "i.ndjson"]] {
        refused(&site, command, &["account \"demo\"", "no usable AWS credentials", "AWS_PROFILE"]);
    }
}

#[test]
fn nobody_to_ask() {
    let site = Site::quickstart();
    let run = site.run(&["apply"]).exits(1);
    assert!(run.stderr.contains("--auto-approve") && run.stderr.contains("--expect"), "{}", run.stderr);
    assert_eq!(site.run(&["journal", "list"]).exits(0).stdout, "");
}
