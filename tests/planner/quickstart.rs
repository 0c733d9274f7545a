//! The quickstart, read the way its readers do: what its story says is in use stays, and every kind of action occurs.

use jettison::{
    inventory::{Gap, Inventory, read},
    ledger::Ledger,
    model::{Kind, Source, sha256},
    plan::Action,
};

use super::world::{Fate, Outcome, answer, now};

const POLICY: &str = include_str!("../../examples/quickstart/policy.hcl");

fn world() -> Inventory {
    read(include_str!("../../examples/quickstart/world.ndjson").as_bytes()).unwrap()
}

fn plan(world: &Inventory) -> Outcome {
    let answer = answer(world, &Ledger::default(), POLICY, now());
    Outcome { plan: answer.plan, in_use: answer.in_use, ended: answer.ended }
}

/// The address of the image that `make_world.py` calls so.
fn image(repository: &str, label: &str) -> String {
    let digest = sha256(format!("jettison quickstart 1/{repository}/{label}"));
    format!("ecr/image/{repository}@{digest}")
}

#[test]
fn every_kind_of_action_occurs_and_nothing_is_in_the_way() {
    let plan = plan(&world()).plan;
    // Archiving saves nothing in a registry of this size: the policy deletes.
    for action in Action::ALL.into_iter().filter(|action| *action != Action::ArchiveImage) {
        assert!(plan.summary.actions[&action] > 0, "{action}");
    }
    assert!(!plan.deferred.is_empty() && plan.applyable.is_yes() && plan.complete && !plan.errored);
    assert!(plan.blocked.is_empty() && plan.warnings.is_empty() && plan.gaps.is_empty());
    let objects = world().services.iter().map(|seen| 1 + seen.value.task_sets.len()).sum::<usize>()
        + world().task_definitions.len()
        + world().images.len();
    let twice = plan.summary.actions[&Action::ScaleTaskSet];
    let said = plan.summary.kept + plan.summary.deferred + plan.summary.blocked + plan.steps.len() as u64 - twice;
    assert_eq!(said, objects as u64, "each object has one verdict");
}

#[test]
fn what_the_story_says_is_in_use_stays() {
    let plan = plan(&world());
    let index = |label: &str| {
        let parts = ["", " linux/amd64", " linux/arm64", " linux/amd64 attestation", " linux/arm64 attestation"];
        parts.map(|part| image("team/web", &format!("{label}{part}")))
    };
    let mut kept = vec![
        image("team/web", "the stable of now"),
        image("team/web", "build-120"),
        image("team/checkout", "0a9e71b"),
        image("team/checkout", "f0c8d64"),
        image("team/worker", "the edge of then"),
        image("team/worker", "b8"),
        image("legacy/cron", "cron 1"),
        image("legacy/cron", "cron 4"),
        "ecs/service/main/web".to_owned(),
        "ecs/service/main/checkout".to_owned(),
        "ecs/service/batch/worker".to_owned(),
    ];
    kept.extend(index("the stable of then"));
    kept.extend(index("release-2026.05"));
    kept.extend(
        ["web:12", "migrate:3", "checkout:8", "checkout:9", "worker:4", "worker:8", "cron:2", "reports:6"]
            .map(|definition| format!("ecs/task-definition/{definition}")),
    );
    for address in kept {
        assert_eq!(plan.fate(&address), Fate::Kept, "{address}");
    }
}

#[test]
fn what_the_story_says_is_forgotten_goes() {
    let plan = plan(&world());
    assert_eq!(plan.fate("ecs/service/main/reports"), Fate::Retired(vec![Action::DeleteService]));
    for address in
        [image("team/web", "build-101"), image("team/web", "build-117"), image("team/checkout", "a retagged build")]
    {
        assert_eq!(plan.fate(&address), Fate::Retired(vec![Action::DeleteImage]), "{address}");
    }
    let (index, child) = (image("team/web", "build-117"), image("team/web", "build-117 linux/arm64"));
    assert!(plan.waits((Action::DeleteImage, &child), (Action::DeleteImage, &index)));
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Retired(vec![Action::DeleteTaskDefinition]));
    assert_eq!(plan.fate("ecs/task-definition/cron:1"), Fate::Retired(vec![Action::DeleteTaskDefinition]));
}

/// What the tasks pinned is held by them alone, once no rule keeps it for its age:
/// without them it would go, and with unread tasks it is blocked.
#[test]
fn it_is_the_tasks_that_hold_what_their_tags_left() {
    let policy = POLICY.replace("newest        = 5", "newest        = 1");
    assert_ne!(policy, POLICY);
    let plan = |world: &Inventory| {
        let answer = answer(world, &Ledger::default(), &policy, now());
        Outcome { plan: answer.plan, in_use: answer.in_use, ended: answer.ended }
    };
    let pinned = [image("team/worker", "the edge of then"), image("team/web", "the stable of then")];
    let with = world();
    let mut without = world();
    without.tasks.clear();
    let mut unread = without.clone();
    let home = unread.scopes[0].clone();
    unread.gaps.push(Gap {
        source: Source::Tasks,
        account_id: Some(home.account_id),
        region: Some(home.region),
        object: None,
        error: "ThrottlingException".to_owned(),
    });
    for address in &pinned {
        assert_eq!(plan(&with).fate(address), Fate::Kept, "{address}");
        assert_eq!(plan(&without).fate(address), Fate::Retired(vec![Action::DeleteImage]), "{address}");
        assert_eq!(plan(&unread).fate(address), Fate::Blocked, "{address}");
    }
    assert!(plan(&unread).plan.steps.iter().all(|step| step.action.kind() < Kind::TaskDefinition));
}
