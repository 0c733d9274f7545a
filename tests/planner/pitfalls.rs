//! More on how other tools lost people's images, services and rollbacks: what `traps` tells in one scenario each has sides to it.

use jettison::{
    model::Source,
    plan::Action::{DeleteImage, DeleteService, DeregisterTaskDefinition},
};

use super::{traps::multi_arch, world::*};

/// Scaled to zero by night: the next scale-out pulls.
#[test]
fn a_service_without_tasks_still_holds_its_image() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 700, &["v1"]);
    world.definition("web:1", 700, &format!("{HOST}/team/web:v1"));
    world.service("web", 0, "web:1");
    let policy = clean_at_once().replace("cluster = [\"*\"]", "cluster = [\"other\"]");
    let plan = world.plan(&policy);
    assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Kept);
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
}

/// Other branches' pushes pushed production out of "keep the newest ten".
#[test]
fn many_newer_pushes_do_not_push_out_what_runs() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "production", 300, &["v1"]);
    for branch in 0..20 {
        world.image("team/web", &format!("branch {branch}"), 100 + branch, &[&format!("branch-{branch}")]);
    }
    world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
    world.service("web", 1, "web:1");
    let policy = CLEAN_EVERYTHING.replace("delete { unused_for", "keep { newest = 10 }\n  delete { unused_for");
    let plan = world.plan(&policy);
    assert_eq!(plan.fate_of_image("team/web", "production"), Fate::Kept);
    assert_eq!(plan.plan.summary.actions[&DeleteImage], 10);
    assert_eq!(plan.fate_of_image("team/web", "branch 9"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "branch 10"), deleted());
}

/// A task that stopped a minute ago is the last trace of what it ran.
#[test]
fn a_task_that_has_just_stopped_holds_what_it_ran() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "ran", 300, &[]);
    world.inactive("job:1", 300, 200, &format!("{HOST}/team/web:gone"));
    world.task("1", "job:1", &format!("{HOST}/team/web:gone"), "ran").last_status = "STOPPED".to_owned();
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "ran"), Fate::Kept);
    assert_eq!(plan.fate("ecs/task-definition/job:1"), Fate::Kept);
}

/// The digest that a task shows may be that of one platform's child: the index and its siblings stay too.
#[test]
fn a_child_in_use_keeps_its_index_and_its_siblings() {
    let mut world = World::new();
    multi_arch(&mut world);
    world.inactive("job:1", 300, 200, "public.ecr.aws/nginx/nginx:1");
    world.task("1", "job:1", &format!("{HOST}/team/web@{}", digest("arm64")), "arm64");
    let plan = world.plan(&clean_at_once());
    for name in ["index", "amd64", "arm64", "attestation"] {
        assert_eq!(plan.fate_of_image("team/web", name), Fate::Kept, "{name}");
    }
}

/// A child that another index shares goes only with the last of them.
#[test]
fn a_shared_child_stays_with_the_index_that_stays() {
    let mut world = World::new();
    multi_arch(&mut world);
    world.image("team/web", "new amd64", 300, &[]);
    world.index("team/web", "new index", 300, &["v2"], &["new amd64", "arm64"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web:v2"));
    world.service("web", 1, "web:1");
    let plan = world.plan(&clean_at_once());
    for (name, fate) in [
        ("index", deleted()),
        ("amd64", deleted()),
        ("arm64", Fate::Kept),
        ("new amd64", Fate::Kept),
        ("new index", Fate::Kept),
    ] {
        assert_eq!(plan.fate_of_image("team/web", name), fate, "{name}");
    }
}

/// "Keep prod and staging" was read as "keep what is both".
#[test]
fn a_list_of_tags_to_keep_means_any_of_them() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "prod", 300, &["prod"]);
    world.image("team/web", "staging", 300, &["staging", "build-7"]);
    let policy = CLEAN_EVERYTHING
        .replace("delete { unused_for", "keep { tags = [\"prod\", \"staging\"] }\n  delete { unused_for");
    let plan = world.plan(&policy);
    assert_eq!(plan.fate_of_image("team/web", "prod"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "staging"), Fate::Kept);
}

/// Until the next revision was registered, this one was what a rollback would have gone to.
#[test]
fn a_revision_replaced_an_hour_ago_waits_for_the_rollback_window() {
    let mut world = World::new();
    world.definition("web:1", 300, "nginx:1");
    world.definition("web:2", 1, "nginx:2").registered_at = hours_ago(1);
    let policy = CLEAN_EVERYTHING.replace("unused_for = \"90d\"", "unused_for = \"0s\"");
    let plan = world.plan(&policy);
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Deferred(hours_ago(-23).unwrap()));
    assert_eq!(plan.fate("ecs/task-definition/web:2"), Fate::Kept);
}

/// Scripts, schedules and people start the newest ACTIVE revision by naming the family. Nothing lists them.
#[test]
fn the_newest_active_revision_of_a_family_stays() {
    let mut world = World::new();
    world.repository("team/job");
    for (revision, name) in [(1, "first"), (2, "second"), (3, "third")] {
        world.image("team/job", name, 900, &[name]);
        world.definition(&format!("job:{revision}"), 900, &format!("{HOST}/team/job:{name}"));
    }
    world.inventory.task_definitions[2].value.status = "INACTIVE".to_owned();
    world.inventory.task_definitions[2].value.deregistered_at = ago(800);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/task-definition/job:2"), Fate::Kept, "3 is INACTIVE, so 2 is what the family means");
    assert_eq!(plan.fate_of_image("team/job", "second"), Fate::Kept);
    assert_ne!(plan.fate("ecs/task-definition/job:1"), Fate::Kept);
    let last = CLEAN_EVERYTHING.replace(
        "deregister { unused_for = \"90d\" }",
        "deregister {\n    unused_for = \"90d\"\n    last_revision_unused_for = \"365d\"\n  }",
    );
    assert_eq!(world.plan(&last).fate("ecs/task-definition/job:2"), Fate::Retired(vec![DeregisterTaskDefinition]));
}

/// A schedule that names only the family is a use of the newest ACTIVE revision, whatever the rule says.
#[test]
fn a_schedule_by_family_holds_the_newest_active_revision() {
    let mut world = World::new();
    world.definition("job:1", 900, "nginx:1");
    world.reference("scheduler", "nightly").family = Some("job".to_owned());
    let policy = clean_at_once().replace(
        "deregister { unused_for = \"0s\" }",
        "deregister {\n    unused_for = \"0s\"\n    last_revision_unused_for = \"0s\"\n  }",
    );
    assert_eq!(world.plan(&policy).fate("ecs/task-definition/job:1"), Fate::Kept);
    world.inventory.references.clear();
    assert_ne!(world.plan(&policy).fate("ecs/task-definition/job:1"), Fate::Kept);
}

/// A waiver is the reader's word that a source holds nothing, and stands in the plan.
#[test]
fn a_waived_source_blocks_nothing_and_is_shown() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.gap(Source::Lambda, None);
    let waived = clean_at_once() + "waive \"lambda\" { reason = \"no functions\" }\n";
    let plan = world.plan(&waived);
    assert_eq!(plan.fate_of_image("team/web", "v1"), deleted());
    assert_eq!(plan.plan.waived.len(), 1);
}

/// A pull from another account or Region is legal, and the registry does not list it.
#[test]
fn a_service_in_another_account_holds_the_image() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
    world.service("web", 1, "web:1");
    let text = serde_json::to_string(&world.inventory.services[0].value).unwrap().replace(ACCOUNT, "111111111111");
    world.inventory.services[0].value = serde_json::from_str(&text).unwrap();
    let text = serde_json::to_string(&world.inventory.task_definitions[0].value).unwrap();
    let text = text.replace(&format!("{REGION}:{ACCOUNT}"), &format!("{REGION}:111111111111"));
    world.inventory.task_definitions[0].value = serde_json::from_str(&text).unwrap();
    let abroad = jettison::model::Location { account_id: "111111111111".parse().unwrap(), region: REGION.into() };
    world.inventory.services[0].location = abroad.clone();
    world.inventory.task_definitions[0].location = abroad;
    assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/web", "v1"), Fate::Kept);
    world.inventory.services.clear();
    world.inventory.task_definitions.clear();
    assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/web", "v1"), deleted());
}

/// With force, PRIMARY goes and production with it; CodeDeploy's task sets are its own affair.
#[test]
fn primary_task_sets_and_those_of_codedeploy_are_never_touched() {
    let mut world = World::new();
    world.definition("app:1", 300, "nginx:1");
    world.external("app", &[("new", "PRIMARY", 2, 200, "app:1"), ("old", "ACTIVE", 2, 300, "app:1")]);
    world.external("blue", &[("green", "ACTIVE", 0, 300, "app:1")]).task_sets[0].started_by =
        Some("CODE_DEPLOY".to_owned());
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/task-set/main/app/new"), Fate::Kept);
    assert_eq!(plan.fate("ecs/task-set/main/blue/green"), Fate::Kept);
    assert!(matches!(plan.fate("ecs/task-set/main/app/old"), Fate::Retired(_)));
    assert_eq!(plan.fate("ecs/service/main/app"), Fate::Kept);
}

/// A service with task sets cannot be deleted before them; a tool that tried stopped half way.
#[test]
fn a_service_goes_after_its_task_sets() {
    let mut world = World::new();
    world.definition("app:1", 300, "nginx:1");
    world.external("app", &[("old", "ACTIVE", 0, 300, "app:1")]);
    let plan = world.plan(CLEAN_EVERYTHING);
    let (service, task_set) = ("ecs/service/main/app", "ecs/task-set/main/app/old");
    assert_eq!(plan.fate(service), Fate::Retired(vec![DeleteService]));
    assert!(plan.waits((DeleteService, service), (jettison::plan::Action::DeleteTaskSet, task_set)));
}
