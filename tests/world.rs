//! The quickstart's world and policy: an inventory as this build writes it, a plan that shows everything the tool does,
//! and nothing left to do after it.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads its files and stops at the first surprise"
)]

use std::{collections::BTreeMap, fs, path::Path};

use jettison::{
    inventory::{Inventory, read, write},
    ledger::Ledger,
    model::Kind,
    plan::{Action, Answer, Question, Step, decide},
    policy::{Policy, parse},
};

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart").join(name)).unwrap()
}

fn world() -> Inventory {
    read(text("world.ndjson").as_bytes()).unwrap()
}

fn policy() -> Policy {
    let (policy, warnings) = parse([("policy.hcl".to_owned(), text("policy.hcl"))]).unwrap();
    assert!(warnings.iter().next().is_none(), "{warnings:?}");
    policy
}

fn answer(inventory: &Inventory, ledger: &Ledger) -> Answer {
    decide(&Question {
        policy: &policy(),
        policy_id: String::new(),
        inventory,
        inventory_id: String::new(),
        ledger,
        now: inventory.taken_at,
        made_at: inventory.taken_at,
        selection: None,
        tool_version: "0",
    })
}

/// The world after a step, as AWS would show it at the same instant.
fn carry_out(inventory: &mut Inventory, step: &Step) {
    let now = inventory.taken_at;
    let target = step.target.resource(step.action.kind()).unwrap().to_string();
    let last = target.rsplit('/').next().unwrap().to_owned();
    match step.action {
        Action::ScaleTaskSet => {
            let sets = inventory.services.iter_mut().flat_map(|seen| &mut seen.value.task_sets);
            for set in sets.filter(|set| target.ends_with(&set.id)) {
                set.scale.as_mut().unwrap().value = 0.0;
                (set.computed_desired_count, set.running_count) = (0, 0);
            }
        }
        Action::DeleteTaskSet => {
            for seen in &mut inventory.services {
                seen.value.task_sets.retain(|set| !target.ends_with(&set.id));
            }
        }
        Action::DeleteService => inventory.services.retain(|seen| seen.value.service_name != last),
        Action::DeregisterTaskDefinition => {
            let is_it = |arn: &str| arn.ends_with(&format!("/{last}"));
            let definitions = inventory.task_definitions.iter_mut().map(|seen| &mut seen.value);
            for definition in definitions.filter(|definition| is_it(&definition.task_definition_arn)) {
                definition.status = "INACTIVE".to_owned();
                definition.deregistered_at = Some(now);
            }
        }
        Action::DeleteTaskDefinition => {
            let end = format!("/{last}");
            inventory.task_definitions.retain(|seen| !seen.value.task_definition_arn.ends_with(&end));
        }
        Action::ArchiveImage => {
            let digest = step.target.digest.clone().unwrap();
            let images = inventory.images.iter_mut().map(|seen| &mut seen.value);
            for image in images.filter(|image| image.image_digest == digest) {
                image.image_status = Some("ARCHIVED".into());
                image.last_archived_at = Some(now);
            }
        }
        Action::DeleteImage => {
            let digest = step.target.digest.clone().unwrap();
            inventory.images.retain(|seen| seen.value.image_digest != digest);
            inventory.manifests.retain(|seen| seen.value.image_digest != digest);
        }
    }
}

#[test]
fn the_world_reads_and_writes_back_byte_for_byte() {
    let world = text("world.ndjson");
    let mut written = Vec::new();
    write(&read(world.as_bytes()).unwrap(), &mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    for (number, (ours, theirs)) in written.lines().zip(world.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {}", number + 1);
    }
    assert_eq!(written.len(), world.len());
}

#[test]
fn the_plan_shows_everything_the_tool_does() {
    let plan = answer(&world(), &Ledger::default()).plan;
    let mut counts = BTreeMap::new();
    for step in &plan.steps {
        *counts.entry(step.action).or_insert(0) += 1;
    }
    // Archiving saves nothing in a registry of this size: the policy deletes.
    let shown: Vec<_> = Action::ALL.into_iter().filter(|action| *action != Action::ArchiveImage).collect();
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), shown, "{counts:?}");
    assert!(plan.complete && plan.applyable.is_yes(), "{:?}", plan.gaps);
    assert!(!plan.deferred.is_empty(), "the images of what is deregistered wait for the rollback window");
}

#[test]
fn what_runs_is_in_no_step() {
    let world = world();
    let plan = answer(&world, &Ledger::default()).plan;
    let gone = |kind: Kind, name: &str| {
        let steps = plan.steps.iter().filter(|step| step.action.kind() == kind);
        steps.map(|step| step.target.resource(kind).unwrap().to_string()).any(|target| target.ends_with(name))
    };
    assert!(gone(Kind::TaskDefinition, "/web:6"), "the question itself must be able to say yes");
    for task in world.tasks.iter().map(|seen| &seen.value) {
        let definition = task.task_definition_arn.as_ref().unwrap().rsplit('/').next().unwrap();
        assert!(!gone(Kind::TaskDefinition, &format!("/{definition}")), "{definition}");
        for digest in task.containers.iter().filter_map(|container| container.image_digest.as_ref()) {
            assert!(!gone(Kind::Image, digest), "{digest}");
            // Nor what an index in use is made of.
            let manifests = world.manifests.iter().filter(|seen| seen.value.image_digest.as_str() == digest);
            for child in manifests.flat_map(|seen| &seen.value.children) {
                assert!(!gone(Kind::Image, child.as_str()), "{child}");
            }
        }
    }
    let steps = plan.steps.iter().filter(|step| step.address.to_string().contains("legacy/cron"));
    assert_eq!(steps.count(), 0, "its repository did not opt in");
}

#[test]
fn a_second_plan_has_nothing_to_do() {
    let mut world = world();
    let first = answer(&world, &Ledger::default());
    for step in &first.plan.steps {
        carry_out(&mut world, step);
    }
    let mut remembering = Ledger::default();
    for (location, resource) in &first.in_use {
        remembering.observe(location, resource, world.taken_at);
    }
    for ledger in [Ledger::default(), remembering] {
        let left: Vec<_> = answer(&world, &ledger).plan.steps.iter().map(|step| step.address.to_string()).collect();
        assert_eq!(left, Vec::<String>::new());
    }
}
