//! `jettison explain` and `jettison graph` as somebody on call meets them.

use std::fs;

use serde_json::Value;

use crate::{
    site::{Run, Site},
    touch,
};

const HERE: &str = "demo/eu-central-1";

fn explain(site: &Site, object: &str) -> Run {
    site.run(&["explain", &format!("{HERE}/{object}"), "--inventory", "world.ndjson"])
}

fn explained(site: &Site, object: &str) -> Value {
    let address = format!("{HERE}/{object}");
    let run = site.run(&["explain", &address, "--inventory", "world.ndjson", "--format", "json"]).exits(0);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn a_kept_image_is_traced_to_its_service() {
    let site = Site::quickstart();
    let before = touch::all(&site);
    let told = explain(&site, "ecr/image/team/web:stable").exits(0);
    assert_eq!(told.stderr, "");
    for words in [
        "Kept. It stays.",
        "service main/web runs → task definition web:12 names the tag → tag team/web:stable is on → image",
        "jettison explain demo/eu-central-1/ecs/service/main/web",
        "image.default at policy.hcl:41 keeps it",
        "Time alone does not change that.",
    ] {
        let flat = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "no `{words}` in:\n{}", told.stdout);
    }
    assert_eq!(touch::all(&site), before, "explaining on a file changed something");
}

/// Every address that an explanation names can be explained in turn, and the JSON and the text are of one verdict.
#[test]
fn addresses_on_the_way_can_be_explained() {
    let site = Site::quickstart();
    let told = explained(&site, "ecr/image/team/web:stable");
    let mut asked = 0;
    for path in told["held_by"].as_array().unwrap() {
        for hop in path["hops"].as_array().unwrap() {
            let Some(address) = hop["address"].as_str() else { continue };
            let next = explained(&site, address.strip_prefix(&format!("{HERE}/")).unwrap());
            assert_eq!(next["address"], hop["address"]);
            if !hop["verdict"].is_null() {
                assert_eq!(next["verdict"], hop["verdict"]);
            }
            asked += 1;
        }
    }
    assert!(asked >= 3, "{told:#}");
}

#[test]
fn a_live_explanation_is_that_of_the_record() {
    let site = Site::quickstart();
    let recorded = explained(&site, "ecs/task-definition/web:9");
    let run = site.run(&["explain", "demo/eu-central-1/ecs/task-definition/web:9", "--format", "json"]).exits(0);
    let live: Value = serde_json::from_str(&run.stdout).unwrap();
    for field in ["verdict", "actions", "rule", "at", "reasons", "rules"] {
        assert_eq!(live[field], recorded[field], "{field}");
    }
}

#[test]
fn an_image_is_found_by_tag_and_by_the_first_digits_of_its_digest() {
    let site = Site::quickstart();
    let by_tag = explained(&site, "ecr/image/team/web:build-117");
    for short in ["sha256:96bf4346be7c", "96bf4346"] {
        assert_eq!(explained(&site, &format!("ecr/image/team/web@{short}")), by_tag);
    }
    assert_eq!(by_tag["unit"]["parts"].as_array().unwrap().len(), 6);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let site = Site::quickstart();
    for (object, meant) in [
        ("ecs/service/main/wbe", "did you mean demo/eu-central-1/ecs/service/main/web?"),
        ("ecs/task-definition/web:99", "demo/eu-central-1/ecs/task-definition/web:12"),
        ("ecs/task-definition/wbe:1", "demo/eu-central-1/ecs/task-definition/web:1"),
        ("ecr/image/team/web:stabel", "did you mean demo/eu-central-1/ecr/image/team/web:stable?"),
        ("ecs/task-set/main/checkout/ecs-svc/1", "demo/eu-central-1/ecs/task-set/main/checkout/ecs-svc/"),
    ] {
        let run = explain(&site, object).exits(1);
        assert!(run.stderr.contains(meant), "no `{meant}` in:\n{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    let run = site.run(&["explain", "prod/eu-central-1/ecs/service/main/web", "--inventory", "world.ndjson"]).exits(1);
    assert!(run.stderr.contains("the policy has no account \"prod\"; it has \"demo\""), "{}", run.stderr);
    let run = site.run(&["explain", "web:12"]).exits(64);
    assert!(run.stderr.contains("ACCOUNT/REGION/ecs/task-definition/FAMILY:REVISION"), "{}", run.stderr);
}

/// The lines of a drawing that draw something of this kind.
fn lines<'t>(text: &'t str, has: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.contains(has)).collect()
}

#[test]
fn a_graph_is_drawn_the_same_twice_and_cut_on_request() {
    let site = Site::quickstart();
    for format in ["dot", "mermaid"] {
        let draw = |more: &[&str]| {
            let arguments = [&["graph", "--inventory", "world.ndjson", "--format", format], more].concat();
            site.run(&arguments).exits(0).stdout
        };
        let whole = draw(&[]);
        assert_eq!(whole, draw(&[]));
        let around = draw(&["--around", "demo/eu-central-1/ecs/service/main/web"]);
        assert!(around.len() < whole.len() / 2, "{around}");
        assert!(around.contains("service main/web") && !around.contains("service main/checkout"), "{around}");
        let near = draw(&["--around", "demo/eu-central-1/ecs/service/main/web", "--depth", "1"]);
        assert!(near.len() < around.len() && !near.contains("image team/web"), "{near}");
        let image = draw(&["--around", "demo/eu-central-1/ecr/image/team/web:stable"]);
        assert!(image.contains("service main/web") && image.contains("stable"), "{image}");
    }
    let run = site.run(&["graph", "--inventory", "world.ndjson", "--around", "demo/eu-central-1/ecs/service/main/wbe"]);
    assert!(run.exits(1).stderr.contains("did you mean demo/eu-central-1/ecs/service/main/web?"));
}

/// Names and tags may hold whatever a hand-made inventory has, but for control characters, which the reader refuses.
#[test]
fn odd_names_do_not_break_a_drawing() {
    let site = Site::quickstart();
    let odd = format!("a\\\"b] {{}}|<i>#;`{}", "x".repeat(300));
    let world = fs::read_to_string(site.path("world.ndjson")).unwrap();
    fs::write(site.path("world.ndjson"), world.replace("build-117", &odd)).unwrap();
    let dot = site.run(&["graph", "--inventory", "world.ndjson", "--format", "dot"]).exits(0).stdout;
    for line in lines(&dot, "label=\"") {
        let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        assert!(quotes % 2 == 0 && line.len() < 400, "{line}");
    }
    let mermaid = site.run(&["graph", "--inventory", "world.ndjson", "--format", "mermaid"]).exits(0).stdout;
    for line in lines(&mermaid, "image ") {
        assert_eq!(line.matches('"').count(), 2, "{line}");
        assert!(!line.contains('`') && !line.contains("<i>"), "{line}");
    }
}
