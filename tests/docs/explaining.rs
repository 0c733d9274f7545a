//! `docs/explaining.md` shows what `explain` prints, and `docs/formats.md` has every field of it.

use std::collections::BTreeSet;

use jettison::{
    inventory::read as read_inventory,
    ledger::Ledger,
    plan::{Explanation, Question, explain},
    policy::parse,
    render::{Canvas, explanation},
};
use serde_json::Value;

use crate::page::{check_generated, quoted, read};

const PAGE: &str = "docs/explaining.md";
const HERE: &str = "demo/eu-central-1";

/// What is shown, by the name of its part of the page.
const SHOWN: [(&str, &str); 3] = [
    ("kept", "ecr/image/team/web:stable"),
    ("retired", "ecr/image/team/web:build-117"),
    ("waiting", "ecs/task-definition/web:5"),
];

fn asked(object: &str) -> Explanation {
    let inventory = read_inventory(read("examples/quickstart/world.ndjson").as_bytes()).unwrap();
    let (policy, _) = parse([("policy.hcl".to_owned(), read("examples/quickstart/policy.hcl"))]).unwrap();
    let question = Question {
        policy: &policy,
        policy_id: String::new(),
        inventory: &inventory,
        inventory_id: String::new(),
        ledger: &Ledger::default(),
        now: inventory.taken_at,
        made_at: inventory.taken_at,
        selection: None,
        tool_version: "0",
    };
    explain(&question, &format!("{HERE}/{object}").parse().unwrap()).unwrap()
}

#[test]
fn the_page_shows_what_is_printed() {
    for (name, object) in SHOWN {
        let command = format!("$ jettison explain {HERE}/{object} examples/quickstart");
        let shown = format!("```text\n{command}\n{}```", explanation(&asked(object), Canvas::PLAIN));
        check_generated(PAGE, name, &shown);
    }
}

fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                found.insert(name.clone());
                names(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_field_of_an_explanation_is_on_the_page() {
    let mut found = BTreeSet::new();
    for (_, object) in SHOWN {
        names(&serde_json::to_value(asked(object)).unwrap(), &mut found);
    }
    assert!(found.len() > 30, "it shows too little: {found:?}");
    let page: BTreeSet<String> = quoted(&read("docs/formats.md")).into_iter().collect();
    let missing: Vec<_> = found.difference(&page).collect();
    assert!(missing.is_empty(), "docs/formats.md does not have {missing:?}");
}
