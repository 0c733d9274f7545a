//! What moved between plan and apply is refused and named; the rest goes on.

use std::collections::BTreeSet;

use jettison::{
    inventory::{
        DeleteReplication, Inventory, Registry, ReplicationConfiguration, ReplicationDestination, ReplicationRule,
        RepositoryFilter, Seen, Tag, TaskDefinition, TaskSet,
    },
    journal::Outcome,
    plan::{Action, StepId},
};

use super::{
    stage::{Blow, Stage, clean_and_archive_at_once, fleet, is_mutation, outcome},
    story::{self, definition_arn, digest, hours_ago, image_address, tag},
};

async fn stage() -> Stage {
    Stage::planned(&fleet().inventory, &clean_and_archive_at_once()).await
}

/// Steps that are refused, by object, with a word of the reason.
type Refused<'a> = &'a [(Action, &'a str, &'a str)];

/// Carries the plan out after a drift: what is listed is refused, what waits for it is skipped, the rest is done.
async fn refuses(drift: impl FnOnce(&mut Inventory), refused: Refused<'_>) {
    let mut stage = stage().await;
    stage.drift(drift);
    check(&mut stage, refused).await;
}

async fn check(stage: &mut Stage, refused: Refused<'_>) {
    let report = stage.go().await.report();
    let mut held_back: BTreeSet<StepId> = BTreeSet::new();
    for (action, object, word) in refused {
        let step = stage.step(*action, object);
        match outcome(&report, step.id) {
            Some(Outcome::Refused { drift }) => assert!(drift.contains(word), "{object}: {drift}"),
            other => panic!("{action} {object}: {other:?}"),
        }
        held_back.insert(step.id);
    }
    for step in &stage.plan.steps {
        let found = outcome(&report, step.id);
        if held_back.contains(&step.id) {
            continue;
        }
        if step.after.iter().any(|before| held_back.contains(before)) {
            assert!(
                matches!(found, Some(Outcome::Skipped { because }) if because.contains("was not done")),
                "{}: {found:?}",
                step.address
            );
            held_back.insert(step.id);
        } else {
            assert!(
                matches!(found, Some(Outcome::Done { .. } | Outcome::AlreadyGone)),
                "{} {}: {found:?}\n{}",
                step.action,
                step.address,
                stage.told()
            );
        }
    }
}

fn definition<'w>(world: &'w mut Inventory, name: &str) -> &'w mut TaskDefinition {
    let arn = definition_arn(name);
    let mut definitions = world.task_definitions.iter_mut();
    &mut definitions.find(|seen| seen.value.task_definition_arn == arn).unwrap().value
}

fn task_sets<'w>(world: &'w mut Inventory, id: &'w str) -> impl Iterator<Item = &'w mut TaskSet> {
    let nested = world.services.iter_mut().flat_map(|seen| &mut seen.value.task_sets);
    nested.chain(world.task_sets.iter_mut().map(|seen| &mut seen.value)).filter(move |one| one.id == id)
}

fn service<'w>(world: &'w mut Inventory, name: &str) -> &'w mut jettison::inventory::Service {
    &mut world.services.iter_mut().find(|seen| seen.value.service_name == name).unwrap().value
}

fn image<'w>(world: &'w mut Inventory, name: &str) -> &'w mut jettison::inventory::Image {
    &mut world.images.iter_mut().find(|seen| seen.value.image_digest == digest(name)).unwrap().value
}

/// What a later deployment brings: built in a world of its own.
fn arriving(world: &mut Inventory, build: impl FnOnce(&mut story::World)) {
    let mut arrivals = story::World::new();
    build(&mut arrivals);
    world.services.append(&mut arrivals.inventory.services);
    world.tasks.append(&mut arrivals.inventory.tasks);
    world.task_definitions.append(&mut arrivals.inventory.task_definitions);
}

#[tokio::test(start_paused = true)]
async fn without_drift_everything_is_done() {
    check(&mut stage().await, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_begins_to_run_a_definition() {
    let drift = |world: &mut Inventory| arriving(world, |new| drop(new.service("late", 1, "web:3").clone()));
    refuses(drift, &[(Action::DeregisterTaskDefinition, "web:3", "service main/late refers to it now")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_without_tasks_begins_to_name_a_definition() {
    let drift = |world: &mut Inventory| arriving(world, |new| drop(new.service("late", 0, "web:2").clone()));
    refuses(drift, &[(Action::DeregisterTaskDefinition, "web:2", "main/late")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_an_inactive_definition() {
    let drift = |world: &mut Inventory| {
        arriving(world, |new| drop(new.task("late", "web:1", "elsewhere/x:1", "elsewhere").clone()));
    };
    refuses(drift, &[(Action::DeleteTaskDefinition, "web:1", "task main/late")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_an_image_by_digest() {
    let uri = format!("{}/team/web@{}", story::HOST, digest("lonely"));
    let drift = |world: &mut Inventory| arriving(world, |new| drop(new.task("late", "web:5", &uri, "lonely").clone()));
    refuses(drift, &[(Action::DeleteImage, &image_address("team/web", "lonely"), "refers to")]).await;
}

/// What shows a digest and no image may be from any repository.
#[tokio::test(start_paused = true)]
async fn a_task_shows_no_more_than_the_digest_that_it_runs() {
    let drift = |world: &mut Inventory| {
        arriving(world, |new| new.task("late", "web:5", "", "lonely").containers[0].image = None);
    };
    refuses(drift, &[(Action::DeleteImage, &image_address("team/web", "lonely"), "task main/late")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_set_begins_to_run_a_definition() {
    let drift = |world: &mut Inventory| {
        for one in task_sets(world, "ecs-svc-2") {
            one.task_definition = Some(definition_arn("web:3"));
        }
    };
    refuses(drift, &[(Action::DeregisterTaskDefinition, "web:3", "task set main/shop/ecs-svc-2")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_definition_names_an_image_by_tag_by_digest_or_by_the_digest_of_a_child() {
    let names = [":old".to_owned(), format!("@{}", digest("index")), format!("@{}", digest("child-b"))];
    for name in names {
        let uri = format!("{}/team/web{name}", story::HOST);
        let drift = |world: &mut Inventory| arriving(world, |new| drop(new.definition("late:1", 0, &uri).clone()));
        refuses(drift, &[(Action::DeleteImage, &image_address("team/web", "index"), "late:1 refers to")]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_tag_moves_onto_an_image_and_off_another() {
    let drift = |world: &mut Inventory| {
        image(world, "index").image_tags.clear();
        image(world, "lonely").image_tags = vec!["old".into()];
    };
    refuses(
        drift,
        &[
            (Action::DeleteImage, &image_address("team/web", "index"), "its tags are now []"),
            (Action::DeleteImage, &image_address("team/web", "lonely"), "its tags are now [old]"),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_image_is_pushed_again() {
    let drift = |world: &mut Inventory| image(world, "tool").image_pushed_at = hours_ago(0);
    refuses(drift, &[(Action::DeleteImage, &image_address("team/tools", "tool"), "pushed again")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_repository_opts_out_or_is_protected() {
    let tags = [vec![], vec![tag("jettison", "no")], vec![tag("jettison", "enabled"), tag("jettison:protect", "")]];
    for tags in tags {
        let drift = |world: &mut Inventory| {
            let mut repositories = world.repositories.iter_mut();
            repositories.find(|seen| seen.value.repository_name.as_str() == "team/tools").unwrap().value.tags = tags;
        };
        refuses(drift, &[(Action::DeleteImage, &image_address("team/tools", "tool"), "its repository")]).await;
    }
}

/// Somebody turned delete replication on: the same call would delete copies that nobody looked at.
#[tokio::test(start_paused = true)]
async fn a_registry_begins_to_replicate_deletions() {
    let drift = |world: &mut Inventory| world.registries = vec![replicating("team/tools")];
    refuses(drift, &[(Action::DeleteImage, &image_address("team/tools", "tool"), "replicates deletions")]).await;
}

/// A registry that replicates deletions from the repositories with this prefix.
fn replicating(prefix: &str) -> Seen<Registry> {
    let rule = ReplicationRule {
        destinations: vec![ReplicationDestination {
            region: "us-east-1".to_owned(),
            registry_id: story::ACCOUNT.to_owned(),
        }],
        repository_filters: vec![RepositoryFilter {
            filter: prefix.to_owned(),
            filter_type: "PREFIX_MATCH".to_owned(),
        }],
        delete_replication: Some(DeleteReplication { enabled: true }),
    };
    let registry = Registry {
        registry_id: story::ACCOUNT.to_owned(),
        replication_configuration: ReplicationConfiguration { rules: vec![rule] },
    };
    Seen::new(story::home(), registry)
}

fn protect(tags: &mut Vec<Tag>) {
    tags.push(tag("jettison:protect", "yes"));
}

#[tokio::test(start_paused = true)]
async fn a_definition_is_protected() {
    let drift = |world: &mut Inventory| protect(&mut definition(world, "web:3").tags);
    refuses(drift, &[(Action::DeregisterTaskDefinition, "web:3", "protect tag")]).await;
    let drift = |world: &mut Inventory| protect(&mut definition(world, "web:1").tags);
    refuses(drift, &[(Action::DeleteTaskDefinition, "web:1", "protect tag")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_is_protected_scaled_up_or_gets_a_task_set() {
    let drift = |world: &mut Inventory| protect(&mut service(world, "idle").tags);
    refuses(drift, &[(Action::DeleteService, "main/idle", "protect tag")]).await;
    let drift = |world: &mut Inventory| service(world, "idle").desired_count = 1;
    refuses(drift, &[(Action::DeleteService, "main/idle", "it has tasks now")]).await;
    let drift = |world: &mut Inventory| {
        let mut set = service(world, "shop").task_sets[1].clone();
        set.service_arn = service(world, "idle").service_arn.clone();
        set.task_set_arn = set.task_set_arn.replace("shop", "idle");
        service(world, "idle").task_sets.push(set);
    };
    refuses(
        drift,
        &[
            (Action::DeleteService, "main/idle", "it has the task set"),
            (Action::DeregisterTaskDefinition, "ext:1", "main/idle"),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_set_becomes_primary_is_protected_or_runs_something_else() {
    let drift = |world: &mut Inventory| {
        task_sets(world, "ecs-svc-1").for_each(|one| one.status = "PRIMARY".to_owned());
        task_sets(world, "ecs-svc-2").for_each(|one| one.status = "ACTIVE".to_owned());
    };
    refuses(drift, &[(Action::DeleteTaskSet, "shop/ecs-svc-1", "PRIMARY")]).await;
    let drift = |world: &mut Inventory| {
        // Only DescribeTaskSets shows the tags of a task set.
        let set = service(world, "shop").task_sets[1].clone();
        world.task_sets.retain(|seen| seen.value.id != set.id);
        world.task_sets.push(Seen::new(story::home(), TaskSet { tags: vec![tag("jettison:protect", "")], ..set }));
    };
    refuses(drift, &[(Action::DeleteTaskSet, "shop/ecs-svc-1", "protect tag")]).await;
    let drift = |world: &mut Inventory| {
        task_sets(world, "ecs-svc-1").for_each(|one| one.task_definition = Some(definition_arn("ext:2")));
    };
    refuses(drift, &[(Action::DeleteTaskSet, "shop/ecs-svc-1", "another definition")]).await;
    let drift = |world: &mut Inventory| {
        task_sets(world, "ecs-svc-1").for_each(|one| one.running_count = 1);
    };
    refuses(drift, &[(Action::DeleteTaskSet, "shop/ecs-svc-1", "tasks now")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_planned_definition_becomes_the_newest_active_one() {
    let drift = |world: &mut Inventory| {
        for name in ["web:5", "web:3"] {
            let definition = definition(world, name);
            (definition.status, definition.deregistered_at) = ("INACTIVE".to_owned(), hours_ago(0));
        }
    };
    refuses(drift, &[(Action::DeregisterTaskDefinition, "web:2", "newest ACTIVE")]).await;
}

/// The references of a plan are read by these.
const READS: [&str; 9] = [
    "ListClusters",
    "DescribeClusters",
    "ListServices",
    "DescribeServices",
    "ListTasks",
    "DescribeTasks",
    "ListTaskDefinitions",
    "DescribeTaskDefinition",
    "ListTagsForResource",
];

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_any_more_holds_everything() {
    for read in READS {
        let mut stage = stage().await.with_hook(move |asked| (asked.operation == read).then_some(Blow::Deny));
        let report = stage.go().await.report();
        assert!(report.in_doubt.is_empty() && report.pending.is_empty(), "{read}: {report:?}");
        let is_drift = |outcome: &Outcome| matches!(outcome, Outcome::Refused { .. });
        assert!(
            !report.outcomes.iter().any(|(_, outcome)| is_drift(outcome)),
            "{read}: nothing is known to have moved"
        );
        let mut mutations = stage.wall.mutations();
        mutations.retain(|operation| is_mutation(operation));
        if read == "ListTagsForResource" {
            mutations.retain(|operation| operation == "BatchDeleteImage");
        } else {
            // A service's or task set's own state tells everything about it.
            mutations.retain(|operation| !matches!(&**operation, "UpdateTaskSet" | "DeleteTaskSet" | "DeleteService"));
        }
        assert_eq!(mutations, Vec::<String>::new(), "{read}");
        // What could not be looked at is not given up.
        stage = stage.unhooked();
        let report = stage.go().await.report();
        let is_done = |outcome: &Outcome| matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyGone);
        assert!(report.outcomes.iter().all(|(_, outcome)| is_done(outcome)), "{read}: {report:?}");
    }
}

/// To a service, an archived image is a missing one.
#[tokio::test(start_paused = true)]
async fn what_comes_into_use_is_not_archived() {
    let uri = format!("{}/cold/base:b1", story::HOST);
    let drift = |world: &mut Inventory| arriving(world, |new| drop(new.definition("late:1", 0, &uri).clone()));
    refuses(drift, &[(Action::ArchiveImage, &image_address("cold/base", "old"), "late:1 refers to")]).await;
    let uri = format!("{}/cold/base@{}", story::HOST, digest("cold-child"));
    let drift =
        |world: &mut Inventory| arriving(world, |new| drop(new.task("late", "web:5", &uri, "cold-child").clone()));
    refuses(drift, &[(Action::ArchiveImage, &image_address("cold/base", "cold-index"), "task main/late")]).await;
}

/// Somebody archived it, and somebody brought it back: the first is no obstacle, and what is on its way is left alone.
#[tokio::test(start_paused = true)]
async fn an_image_that_somebody_archives_or_restores() {
    let mut stage = stage().await;
    stage.drift(|world| image(world, "old").image_status = Some("ARCHIVED".into()));
    let step = stage.step(Action::ArchiveImage, &image_address("cold/base", "old")).id;
    let report = stage.go().await.report();
    assert_eq!(outcome(&report, step), Some(&Outcome::AlreadyGone), "{report:?}");
    let drift = |world: &mut Inventory| image(world, "old").image_status = Some("ACTIVATING".into());
    refuses(drift, &[(Action::ArchiveImage, &image_address("cold/base", "old"), "its status is now ACTIVATING")]).await;
}

#[tokio::test(start_paused = true)]
async fn an_image_to_be_archived_is_pushed_again_or_loses_its_tag() {
    let drift = |world: &mut Inventory| image(world, "old").image_pushed_at = hours_ago(0);
    refuses(drift, &[(Action::ArchiveImage, &image_address("cold/base", "old"), "pushed again")]).await;
    let drift = |world: &mut Inventory| image(world, "cold-index").image_tags.clear();
    refuses(drift, &[(Action::ArchiveImage, &image_address("cold/base", "cold-index"), "its tags are now []")]).await;
}

/// Archiving is not replicated: that deletions are is no obstacle to it.
#[tokio::test(start_paused = true)]
async fn a_registry_that_replicates_deletions_archives_all_the_same() {
    refuses(|world: &mut Inventory| world.registries = vec![replicating("cold/")], &[]).await;
}
