//! Plain-text secrets in task definitions: found and told by name, and their values nowhere (law L13).

use std::fs;

use serde_json::Value;

use crate::{site::Site, touch};

const VALUE: &str = "hunter2-correct-horse";

/// The quickstart, in which every definition holds a secret, and a rule that retires such.
fn leaky() -> Site {
    let site = Site::quickstart();
    let environment = format!(
        "\"containerDefinitions\":[{{\"environment\":[{{\"name\":\"DB_PASSWORD\",\"value\":\"{VALUE}\"}},\
         {{\"name\":\"PORT\",\"value\":\"8080\"}}],"
    );
    touch::edit(&site, "world.ndjson", "\"containerDefinitions\":[{", &environment);
    let rule = "retention \"task_definition\" \"leaky\" {\n  match { plaintext_secrets = true }\n  deregister { unused_for = \
                \"1d\" }\n  delete { inactive_for = \"1d\" }\n}\n";
    // Its file comes before the other, so that it is the rule that is cited.
    fs::write(site.path("leaky.hcl"), rule).unwrap();
    site
}

fn assert_without_value(what: &str, text: &[u8]) {
    let found = text.windows(VALUE.len()).any(|window| window == VALUE.as_bytes());
    assert!(!found, "{what} has the value");
}

#[test]
fn a_rule_finds_them_and_every_output_has_their_names_at_most() {
    let site = leaky();
    let mut outputs = Vec::new();
    let mut run = |arguments: &[&str]| {
        let run = site.run(arguments).exits(0);
        outputs.push((arguments.join(" "), run.stdout.clone() + &run.stderr));
        run.stdout
    };
    let shown = run(&["plan", "--full", "--out", "p.json"]);
    assert!(shown.contains("plain-text secrets in DB_PASSWORD") && !shown.contains("PORT"), "{shown}");
    let plan: Value = serde_json::from_str(&run(&["show", "p.json", "--format", "json"])).unwrap();
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["rule"] == "task_definition.leaky");
    let mut actions = Vec::new();
    for step in steps {
        let reasons = step["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|reason| reason["code"] == "plaintext_secrets"), "{step}");
        actions.push(step["action"].as_str().unwrap());
    }
    assert!(
        actions.contains(&"deregister_task_definition") && actions.contains(&"delete_task_definition"),
        "{actions:?}"
    );
    let address =
        plan["steps"].as_array().unwrap().iter().find(|step| step["rule"] == "task_definition.leaky").unwrap();
    run(&["explain", address["address"].as_str().unwrap()]);
    run(&["inventory", "pull", ".", "-o", "pulled.ndjson"]);
    let pulled = fs::read_to_string(site.path("pulled.ndjson")).unwrap();
    assert!(pulled.contains("\"plaintextSecrets\":[\"DB_PASSWORD\"]"));
    run(&["-v", "apply", "p.json", "--policy", ".", "--auto-approve"]);
    let run_id = run(&["journal", "list"]).split_whitespace().next().unwrap().to_owned();
    run(&["journal", "show", &run_id]);
    run(&["journal", "export", &run_id]);
    run(&["plan", "--inventory", "pulled.ndjson"]);
    for (command, text) in outputs {
        assert_without_value(&command, text.as_bytes());
    }
    // The simulated AWS itself has it, as AWS would.
    let aws = [site.path("world.ndjson"), site.path("state/simulated")].map(|path| path.display().to_string());
    let ours = touch::all(&site).into_iter().filter(|(name, _)| !aws.iter().any(|aws| name.starts_with(aws)));
    for (name, bytes) in ours {
        assert_without_value(&name, &bytes);
    }
}

/// Without the rule they are no reason for anything.
#[test]
fn a_rule_that_is_not_about_them_does_not_tell_them() {
    let site = leaky();
    fs::remove_file(site.path("leaky.hcl")).unwrap();
    let plan = site.run(&["plan", "--full"]).exits(0);
    assert!(!plan.stdout.contains("DB_PASSWORD"), "{}", plan.stdout);
}
