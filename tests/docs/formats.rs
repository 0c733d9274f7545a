//! `docs/formats.md` names every field that the code writes, and its samples are what the code reads and writes.

use std::collections::BTreeSet;

use jettison::{
    inventory::{Gap, Reference, read as read_inventory},
    journal::{Content, Ending, Event, Found, Outcome, RunId, Segment, Slot},
    ledger::Ledger,
    model::{Source, Timestamp},
    plan::{
        Cause, Change, CircumstanceCode, Expect, MeasuredLimit, Otherwise, Plan, Question, Refusal, RefusalCode,
        SelectedFrom, Stand, Step, StepId, What, decide, diff,
    },
    policy::parse,
    store::Holder,
};
use serde::Serialize;
use serde_json::Value;

use crate::page::{check_generated, quoted, read};

const PAGE: &str = "docs/formats.md";
const WORLD: &str = "examples/quickstart/world.ndjson";

/// Members whose own members are not fields but words of ours or AWS's.
const MAPS: [&str; 5] = ["actions", "findings_removed", "api_calls", "kept_by_reason", "findingSeverityCounts"];

/// A block of the page: what follows "```json NAME".
fn sample(name: &str) -> String {
    let page = read(PAGE);
    let block = page.split(&format!("```json {name}\n")).nth(1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// The names of all members of a value, at any depth.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                found.insert(name.clone());
                if !MAPS.contains(&name.as_str()) {
                    names(value, found);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn names_of(value: &impl Serialize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    names(&serde_json::to_value(value).unwrap(), &mut found);
    found
}

fn assert_on_page(names: &BTreeSet<String>) {
    let quoted: BTreeSet<String> = quoted(&read(PAGE)).into_iter().collect();
    let missing: Vec<_> = names.difference(&quoted).collect();
    assert!(missing.is_empty(), "{PAGE} does not have {missing:?}");
}

fn quickstart() -> Plan {
    let inventory = read_inventory(read(WORLD).as_bytes()).unwrap();
    let waiver = "waive \"daemons\" { reason = \"no managed instances\" }".to_owned();
    let files = [("policy.hcl".to_owned(), read("examples/quickstart/policy.hcl")), ("waived.hcl".to_owned(), waiver)];
    let (policy, _) = parse(files).unwrap();
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
    decide(&question).plan
}

#[test]
fn the_inventory_sample_is_of_the_quickstart_and_reads() {
    let sample = sample("inventory");
    let inventory = read_inventory(sample.as_bytes()).unwrap();
    assert_eq!((inventory.tasks.len(), inventory.task_definitions.len()), (1, 1));
    let world = read(WORLD);
    let lines: Vec<&str> = sample.lines().collect();
    for line in &lines[..lines.len() - 1] {
        assert!(world.contains(&format!("{line}\n")), "{WORLD} does not have {line}");
    }
}

#[test]
fn every_field_of_an_inventory_is_on_the_page() {
    let mut found = BTreeSet::new();
    for line in read(WORLD).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        found.insert(line["kind"].as_str().unwrap().to_owned());
        names(&line, &mut found);
    }
    let text = || Some("a".to_owned());
    let reference = Reference {
        source: "a".into(),
        holder: "a".into(),
        task_definition: text(),
        image: text(),
        family: text(),
        any_revision_of: text(),
        service: text(),
    };
    let gap = Gap {
        source: Source::Tasks,
        account_id: Some("000000000000".parse().unwrap()),
        region: Some("a".into()),
        object: text(),
        error: "a".into(),
    };
    found.extend(names_of(&reference));
    found.extend(names_of(&gap));
    // Details of AWS's own objects, which the page leaves to AWS.
    for detail in ["findingSeverityCounts", "type", "key", "value", "unit", "message"] {
        found.remove(detail);
    }
    assert_on_page(&found);
}

#[test]
fn every_field_of_a_plan_is_on_the_page_and_the_sample_has_only_such() {
    let plan = quickstart();
    assert!(!plan.steps.is_empty() && !plan.deferred.is_empty() && !plan.waived.is_empty(), "it shows too little");
    let mut found = names_of(&plan);
    // What a part of a plan says besides.
    let from = SelectedFrom { steps: 44, deferred: 1, blocked: 0 };
    let mut part = plan.clone();
    (part.targets, part.excludes) = (vec!["*".to_owned()], vec!["*".to_owned()]);
    part.selected_from = Some(from);
    found.extend(names_of(&part));
    let measured = MeasuredLimit {
        limit: "max_actions".to_owned(),
        at: "a".to_owned(),
        group: Some("a".to_owned()),
        allowed: 1,
        found: 1,
        goes: Some(1),
        of: Some(1),
        exceeded: false,
    };
    found.extend(names_of(&measured));
    found.extend(["budget".to_owned(), "override_budget".to_owned(), "archive_image".to_owned()]);
    let facts = plan.steps.iter().flat_map(|step| &step.expect).chain(&[Expect::NotNewestActive, Expect::NoTaskSets]);
    for fact in facts {
        found.insert(serde_json::to_value(fact).unwrap()["fact"].as_str().unwrap().to_owned());
    }
    for step in &plan.steps {
        found.insert(step.action.to_string());
    }
    assert_on_page(&found);

    let sample: Value = serde_json::from_str(&sample("plan")).unwrap();
    let real = serde_json::to_value(&plan).unwrap();
    for name in sample.as_object().unwrap().keys() {
        assert!(real.get(name).is_some(), "plans have no {name}");
    }
    for step in sample["steps"].as_array().unwrap() {
        let read: Step = serde_json::from_value(step.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), *step, "a step is written otherwise");
    }
}

#[test]
fn every_field_of_a_difference_is_on_the_page_and_the_sample_is_one() {
    let plan = quickstart();
    let mut other = plan.clone();
    let rest = other.steps.split_off(other.steps.len() / 2);
    for step in &mut other.steps {
        step.rule = "x".into();
        step.expect.pop();
    }
    other.as_of = Timestamp::MAX;
    other.refusals.push(Refusal { code: RefusalCode::Forecast, text: "a".to_owned() });
    assert!(!rest.is_empty());
    let mut found = names_of(&diff(&other, &plan));
    found.extend(names_of(&diff(&plan, &other)));
    let reason = plan.steps[0].reasons[0].clone();
    found.extend(names_of(&Otherwise {
        stand: Stand::OtherStep,
        actions: vec![plan.steps[0].action],
        eligible_at: Some(Timestamp::MAX),
        reasons: [reason].into(),
    }));
    let word = |value: Value| value.as_str().unwrap().to_owned();
    found.extend(Cause::ALL.iter().map(|one| word(serde_json::to_value(one).unwrap())));
    found.extend(Stand::ALL.iter().map(|one| word(serde_json::to_value(one).unwrap())));
    found.extend(CircumstanceCode::ALL.iter().map(|one| word(serde_json::to_value(one).unwrap())));
    found.extend(What::ALL.iter().map(|one| word(serde_json::to_value(one).unwrap())));
    assert_on_page(&found);
    let sample: Value = serde_json::from_str(&sample("difference")).unwrap();
    let read: Change = serde_json::from_value(sample.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), sample, "a change is written otherwise");
}

/// One of every event, outcome, finding and ending.
fn events() -> Vec<Event> {
    let at: Timestamp = "2026-11-01T06:00:03Z".parse().unwrap();
    let text = || "a".to_owned();
    let step = StepId(1);
    let outcomes = [
        Outcome::Done { evidence: Some(text()) },
        Outcome::AlreadyGone,
        Outcome::Refused { drift: text() },
        Outcome::Failed { error: text() },
        Outcome::InDoubt { error: text() },
        Outcome::Skipped { because: text() },
        Outcome::Superseded { why: text() },
    ];
    let found = [Found::Done, Found::NotDone, Found::Changed { what: text() }, Found::Unclear { why: text() }];
    let endings = [
        Ending::Completed,
        Ending::Interrupted,
        Ending::Stopped { because: text() },
        Ending::Abandoned { because: text() },
    ];
    let mut events = vec![opened(at), intended(at)];
    events.push(Event::StepIntended { step, attempt: 1, at, identity: text(), expect: vec![text()] });
    events.extend(outcomes.map(|outcome| Event::StepEnded { step, at, outcome }));
    events.extend(found.map(|found| Event::StepObserved { step, at, found }));
    events.extend(endings.map(|how| Event::RunClosed { at, how }));
    events
}

fn run() -> RunId {
    "20261101T060003Z-2c097708".parse().unwrap()
}

fn opened(at: Timestamp) -> Event {
    let owner = Holder {
        host: "runner-7".to_owned(),
        pid: 4711,
        since: "2026-11-01T06:00:01.8Z".parse().unwrap(),
        command: "jettison apply examples/quickstart".to_owned(),
        url: None,
    };
    let plan_id = "sha256:2c0977084fa67025283435fe52c3fd7e70b649d19453423ac30ee5d9d22c54f8".to_owned();
    Event::RunOpened { run: run(), plan_id, steps: 43, epoch: 1, owner, override_budget: None, at }
}

fn intended(at: Timestamp) -> Event {
    let identity = "delete_service 000000000000/eu-central-1/ecs/service/main/reports".to_owned();
    Event::StepIntended { step: StepId(4), attempt: 1, at, identity, expect: Vec::new() }
}

#[test]
fn every_field_of_an_event_is_on_the_page() {
    let mut found = BTreeSet::new();
    for event in events() {
        let value = serde_json::to_value(&event).unwrap();
        names(&value, &mut found);
        for word in [&value["event"], &value["outcome"]["result"], &value["found"]["state"], &value["how"]["reason"]] {
            found.extend(word.as_str().map(str::to_owned));
        }
    }
    // Written as `outcome.result`, `found.state` and `how.reason`.
    for nested in ["result", "state", "reason"] {
        found.remove(nested);
    }
    assert_on_page(&found);
}

#[test]
fn the_segments_on_the_page_are_what_the_code_writes() {
    let at = "2026-11-01T06:00:03Z".parse().unwrap();
    let mut shown = String::new();
    let mut previous: Option<String> = None;
    for (seq, event) in (1..).zip([opened(at), intended(at)]) {
        let slot = Slot { epoch: 1, seq };
        let (segment, bytes) =
            Segment::encode(&run(), slot, previous.as_deref(), Content::Events(vec![event])).unwrap();
        assert_eq!(Segment::decode(&run(), slot, &bytes).unwrap(), segment);
        shown += &format!("```text\n{}```\n\n", String::from_utf8(bytes).unwrap());
        previous = Some(segment.sum);
    }
    check_generated(PAGE, "segments", &shown);
    // Code blocks on the page are taken for what they are only if their fences come in pairs.
    assert_eq!(read(PAGE).matches("```").count() % 2, 0);
}
