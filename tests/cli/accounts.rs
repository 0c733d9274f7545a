//! Accounts side by side: one that cannot be entered is said, and what it may use stays; the others go on.

use std::fs;

use serde_json::Value;

use crate::{
    network::{Server, with_endpoint},
    site::{Run, Site},
    touch,
};

/// The quickstart's account and a second one, both real, each with a profile of its own.
struct Estate {
    site: Site,
    server: Server,
}

const DEMO: &str = "AKIA000000000000DEMO";
const OTHER: &str = "AKIA222222222222DEMO";
const STRANGER: &str = "AKIA111111111111DEMO";
const NOBODY: &str = "AKIA333333333333DEMO";

impl Estate {
    fn new() -> Self {
        let site = Site::quickstart();
        touch::make_real(&site);
        touch::edit(&site, "policy.hcl", "id        = \"000000000000\"", "id = \"000000000000\"\n  profile = \"demo\"");
        let other =
            "account \"other\" {\n  id = \"222222222222\"\n  regions = [\"eu-central-1\"]\n  profile = \"other\"\n}\n";
        fs::write(site.path("other.hcl"), other).unwrap();
        let demo = r#"{"account":"demo","account_id":"000000000000","region":"eu-central-1"}"#;
        let also = |id: &str| demo.replace("demo", "other").replace("000000000000", id);
        let scopes = format!("{demo},{},{}", also("111111111111"), also("222222222222"));
        touch::edit(&site, "world.ndjson", demo, &scopes);
        let server = Server::of(&site, "world.ndjson");
        let estate = Self { site, server };
        estate.keys(DEMO, OTHER);
        estate
    }

    /// Whose keys the profiles hold.
    fn keys(&self, demo: &str, other: &str) {
        let profile = |name: &str, key: &str| {
            format!("[profile {name}]\naws_access_key_id = {key}\naws_secret_access_key = simulated\n")
        };
        fs::write(self.site.path("aws.ini"), profile("demo", demo) + &profile("other", other)).unwrap();
    }

    fn run(&self, words: &[&str]) -> Run {
        let mut command = with_endpoint(self.site.command(words), &self.server.url);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        Run::of(command.env("AWS_CONFIG_FILE", self.site.path("aws.ini")).output().unwrap())
    }
}

fn plan(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

fn steps(plan: &Value, action: &str) -> usize {
    plan["steps"].as_array().unwrap().iter().filter(|step| step["action"] == action).count()
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no `{word}` in:\n{text}");
    }
}

#[test]
fn an_account_of_another_id_is_left_out_and_every_image_stays() {
    let estate = Estate::new();
    let whole = plan(&estate.run(&["plan", "--format", "json"]).exits(0));
    assert!(steps(&whole, "delete_image") > 0 && whole["gaps"].as_array().unwrap().is_empty(), "{}", whole["gaps"]);
    estate.keys(DEMO, STRANGER);
    let run = estate.run(&["plan", "--format", "json"]).exits(0);
    says(&run.stderr, &["account \"other\" in eu-central-1", "222222222222", "111111111111", "correct `id`", "stays"]);
    let partial = plan(&run);
    assert_eq!(steps(&partial, "delete_image"), 0);
    assert_eq!(steps(&partial, "delete_service"), steps(&whole, "delete_service"));
    assert!(steps(&partial, "deregister_task_definition") > 0, "the other account's definitions are its own");
    let gaps = partial["gaps"].as_array().unwrap();
    assert_eq!((gaps.len(), &gaps[0]["source"]), (1, &Value::from("account")));
    says(&gaps[0].to_string(), &["222222222222", "111111111111"]);
}

/// No credentials, unknown credentials: the same.
#[test]
fn an_account_without_credentials_is_left_out() {
    let estate = Estate::new();
    estate.keys(DEMO, NOBODY);
    let run = estate.run(&["plan"]).exits(0);
    says(&run.stderr, &["account \"other\"", "does not accept the credentials", "check the access key"]);
    touch::edit(&estate.site, "other.hcl", "\"other\"\n}", "\"missing\"\n}");
    let run = estate.run(&["inventory", "pull", "-o", "i.ndjson"]).exits(0);
    says(
        &run.stderr,
        &["account \"other\"", "no usable AWS credentials", "1 part could not be read", "jettison inventory show"],
    );
    says(&fs::read_to_string(estate.site.path("i.ndjson")).unwrap(), &["\"source\":\"account\""]);
}

#[test]
fn nothing_to_enter_at_all_is_an_error_that_names_every_account() {
    let estate = Estate::new();
    estate.keys(NOBODY, STRANGER);
    let before = touch::all(&estate.site);
    for words in [&["plan"][..], &["apply", "--auto-approve"]] {
        let run = estate.run(words).exits(1);
        says(
            &run.stderr,
            &["\"demo\"", "does not accept", "\"other\"", "111111111111", "none of the policy's accounts"],
        );
        assert_eq!(run.stdout, "");
    }
    assert!(touch::all(&estate.site) == before, "it left something behind");
}

#[test]
fn a_plan_with_steps_where_nobody_gets_in_is_not_begun() {
    let estate = Estate::new();
    estate.run(&["plan", "--out", "p.json"]).exits(0);
    estate.keys(NOBODY, OTHER);
    let run = estate.run(&["apply", "p.json", "--auto-approve"]).exits(1);
    says(&run.stderr, &["cannot enter demo/eu-central-1, where the plan has steps", "nothing was done"]);
    assert_eq!(estate.site.run(&["journal", "list"]).exits(0).stdout, "");
}

/// What an account used may have changed since the plan: without another look no image goes.
#[test]
fn an_account_that_is_lost_before_apply_keeps_the_images() {
    let estate = Estate::new();
    // Task sets and services take half a minute to drain, also here.
    touch::edit(&estate.site, "policy.hcl", "cluster = [\"*\"]", "cluster = [\"elsewhere\"]");
    estate.run(&["plan", "--out", "p.json"]).exits(0);
    estate.keys(DEMO, STRANGER);
    let run = estate.run(&["apply", "p.json", "--auto-approve"]);
    assert_ne!(run.code, Some(0), "{}", run.stdout);
    let list = estate.site.run(&["journal", "list"]).exits(0).stdout;
    let name = list.split_whitespace().next().unwrap().to_owned();
    let told = estate.site.run(&["journal", "show", &name]).exits(0).stdout;
    let ends =
        |action: &str, end: &str| told.lines().filter(|line| line.contains(action) && line.contains(end)).count();
    assert!(ends("deregister_task_definition", ": done") > 0, "{told}");
    assert_eq!(ends("delete_image", ": done"), 0, "{told}");
    assert!(ends("delete_image", "") > 0, "{told}");
}

#[test]
fn a_region_that_is_not_enabled_is_a_gap_of_that_region_alone() {
    for regions in ["[\"eu-central-1\", \"ap-east-1\"]", "[\"ap-east-1\", \"eu-central-1\"]"] {
        let site = Site::quickstart();
        touch::make_real(&site);
        touch::edit(&site, "policy.hcl", "[\"eu-central-1\"]", regions);
        let server = Server::with(&site, "world.ndjson", &["--disabled-region", "ap-east-1"]);
        let command = &mut with_endpoint(site.command(&["plan", "--format", "json"]), &server.url);
        let run = Run::of(command.output().unwrap()).exits(0);
        says(&run.stderr, &["\"demo\" in ap-east-1", "the Region is not enabled", "take it out of `regions`"]);
        let plan = plan(&run);
        let gaps = plan["gaps"].as_array().unwrap();
        assert_eq!((gaps.len(), &gaps[0]["region"]), (1, &Value::from("ap-east-1")), "{gaps:?}");
        assert!(steps(&plan, "deregister_task_definition") > 0 && steps(&plan, "delete_image") == 0);
    }
}
