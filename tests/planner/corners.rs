//! What an adversarial reading of the laws found: corners that no story tells and generated worlds seldom reach.

use jettison::{
    inventory::{Seen, TaskSet},
    model::{Location, Resource, Revision, Scope, Source},
    plan::Action::{DeleteImage, DeleteService, DeleteTaskDefinition, DeleteTaskSet, DeregisterTaskDefinition},
};

use super::world::*;

fn definition(family: &str, revision: u32) -> Resource {
    Resource::TaskDefinition { family: family.into(), revision: Revision(revision) }
}

/// The first plan defers the image of a service that it deletes. After it is applied nothing in AWS dates that end:
/// only the ledger can hold the second plan back.
#[test]
fn what_a_deleted_service_held_waits_for_the_window_in_the_next_plan_too() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.inactive("web:1", 300, 200, &format!("{HOST}/team/web:v1"));
    world.service("web", 0, "web:1");
    let first = world.plan(CLEAN_EVERYTHING);
    assert!(matches!(first.fate("ecs/service/main/web"), Fate::Retired(_)));
    assert_eq!(first.fate_of_image("team/web", "v1"), Fate::Deferred(ago(-90).unwrap()), "unused for 90d from then on");
    for (location, resource) in &first.in_use {
        world.ledger.observe(location, resource, now());
    }
    world.inventory.services.clear();
    let hour_later = hours_ago(-1).unwrap();
    let second = world.plan_at(&CLEAN_EVERYTHING.replace("90d", "0s"), hour_later);
    assert_eq!(second.fate_of_image("team/web", "v1"), Fate::Deferred(hours_ago(-24).unwrap()));
    assert_eq!(second.fate("ecs/task-definition/web:1"), Fate::Deferred(hours_ago(-24).unwrap()));
}

/// An INACTIVE revision may be in use for months; when it was deregistered says nothing about when that ended.
#[test]
fn an_inactive_revision_seen_in_use_an_hour_ago_waits_for_the_window() {
    let mut world = World::new();
    world.inactive("web:1", 300, 200, "nginx:1");
    world.seen(&definition("web", 1), 1);
    let plan = world.plan(CLEAN_EVERYTHING);
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Deferred(hours_ago(-23).unwrap()));
    assert_eq!(
        world.plan(&clean_at_once()).fate("ecs/task-definition/web:1"),
        Fate::Retired(vec![DeleteTaskDefinition])
    );
}

/// The service holds the image through a revision that stays: were only direct holders waited for, a service whose
/// deletion is refused would be left without its image.
#[test]
fn an_image_waits_for_a_service_that_holds_it_through_what_stays() {
    for status in ["INACTIVE", "DELETE_IN_PROGRESS"] {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "v1", 300, &["v1"]);
        world.inactive("web:1", 300, 1, &format!("{HOST}/team/web:v1")).status = status.to_owned();
        world.service("web", 0, "web:1");
        let policy = clean_at_once().replace("inactive_for = \"0s\"", "inactive_for = \"90d\"");
        let plan = world.plan(&policy);
        assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
        let image = image_address("team/web", "v1");
        assert!(plan.waits((DeleteImage, &image), (DeleteService, "ecs/service/main/web")), "{status}");
    }
}

/// `"0s"` asks for no age; the rollback window still asks for its own, and nothing tells that it has passed.
#[test]
fn a_service_that_nothing_dates_stays_while_there_is_a_window() {
    let mut world = World::new();
    let service = world.service("web", 0, "none:1");
    (service.created_at, service.deployments) = (None, Vec::new());
    let no_age = CLEAN_EVERYTHING.replace("90d", "0s");
    assert_eq!(world.plan(&no_age).fate("ecs/service/main/web"), Fate::Kept);
    assert!(matches!(world.plan(&clean_at_once()).fate("ecs/service/main/web"), Fate::Retired(_)));
}

/// `observed` asks for more evidence, never for less: what AWS dates within the window still counts for the window.
#[test]
fn observed_evidence_does_not_shorten_the_window() {
    let observed = CLEAN_EVERYTHING.replace("90d", "10d") + "settings { evidence = \"observed\" }\n";
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]).last_recorded_pull_time = hours_ago(1);
    let image = Resource::Image { repository: "team/web".into(), digest: digest("v1") };
    world.definition("web:1", 300, "nginx:1");
    world.definition("web:2", 1, "nginx:1").registered_at = hours_ago(1);
    world.service("web", 0, "web:2").deployments[0].updated_at = hours_ago(1);
    let service = Resource::Service { cluster: "main".into(), service: "web".into() };
    for resource in [&image, &definition("web", 1), &service] {
        world.seen(resource, 24 * 30);
    }
    let plan = world.plan(&observed);
    let at = Fate::Deferred(hours_ago(-23).unwrap());
    assert_eq!(plan.fate_of_image("team/web", "v1"), at);
    assert_eq!(plan.fate("ecs/task-definition/web:1"), at);
    assert_eq!(plan.fate("ecs/service/main/web"), at);
}

/// An index that nobody read may list any image of its repository.
#[test]
fn an_index_without_its_manifest_blocks_its_repository() {
    let mut world = World::new();
    for repository in ["team/web", "team/api"] {
        world.repository(repository);
        world.image(repository, "child", 300, &[]);
    }
    world.image("team/web", "index", 300, &["v1"]).image_manifest_media_type = Some(INDEX.into());
    world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
    world.service("web", 1, "web:1");
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "child"), Fate::Blocked);
    assert_eq!(plan.fate_of_image("team/api", "child"), deleted());
    assert!(!plan.plan.complete && plan.plan.gaps.len() == 1, "{:?}", plan.plan.gaps);
}

/// An image without a date may have been pushed today.
#[test]
fn an_undated_image_counts_as_pushed_lately() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "undated", 300, &[]).image_pushed_at = None;
    let policy =
        clean_at_once().replace("delete { unused_for", "keep { pushed_within = \"14d\" }\n  delete { unused_for");
    assert_eq!(world.plan(&policy).fate_of_image("team/web", "undated"), Fate::Kept);
}

/// An image without a date may be the oldest of all: it must not take the place of the newest.
#[test]
fn undated_objects_are_kept_beside_the_newest_not_instead() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "undated", 300, &[]).image_pushed_at = None;
    world.image("team/web", "newest", 200, &[]);
    world.image("team/web", "older", 300, &[]);
    let policy = clean_at_once().replace("delete { unused_for", "keep { newest = 1 }\n  delete { unused_for");
    let plan = world.plan(&policy);
    assert_eq!(plan.fate_of_image("team/web", "undated"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "newest"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "older"), deleted());
}

/// `sha256-….sig` is how a signature names its subject. Without the subject, or with another ending, it is a tag like
/// any other: rules that do not cover it do not retire the image, and those that keep it do.
#[test]
fn a_tag_that_only_looks_like_a_signature_is_a_tag() {
    let hex = digest("gone").as_str().replace(':', "-");
    for tag in [format!("{hex}.sig"), format!("{hex}.prod"), hex] {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "looks", 300, &[&tag]);
        let others = clean_at_once().replace("repository = [\"*\"]", "tags = [\"v*\"]");
        assert_eq!(world.plan(&others).fate_of_image("team/web", "looks"), Fate::Kept, "{tag}");
        let keeps =
            clean_at_once().replace("delete { unused_for", "keep { tags = [\"sha256-*\"] }\n  delete { unused_for");
        assert_eq!(world.plan(&keeps).fate_of_image("team/web", "looks"), Fate::Kept, "{tag}");
        assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/web", "looks"), deleted(), "{tag}");
    }
}

/// A protection that names signatures by their tags is a protection of what they sign.
#[test]
fn a_protection_sees_the_tags_of_signatures_too() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    let tag = format!("{}.sig", digest("v1").as_str().replace(':', "-"));
    world.image("team/web", "signature", 300, &[&tag]);
    let protect = "protect \"image\" \"signed\" {\n  reason = \"audit\"\n  match { tags = [\"*.sig\"] }\n}\n";
    let plan = world.plan(&(clean_at_once() + protect));
    assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "signature"), Fate::Kept);
}

/// "What it matches is never retired, and neither is what that needs."
#[test]
fn a_protected_revision_keeps_its_image_even_when_it_is_inactive() {
    let protect = "protect \"task_definition\" \"audit\" {\n  reason = \"audit\"\n  match { family = [\"web\"] }\n}\n";
    for (tags, policy) in [(vec![], clean_at_once() + protect), (vec![tag("jettison:protect", "")], clean_at_once())] {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "v1", 300, &["v1"]);
        world.inactive("web:1", 300, 200, &format!("{HOST}/team/web:v1")).tags = tags;
        let plan = world.plan(&policy);
        assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
        assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Kept);
    }
}

/// Anyone who may push can tag two images as each other's signature. That keeps them and whatever they hold, and stops
/// nothing else.
#[test]
fn images_that_hold_each_other_stay_and_the_rest_goes_on() {
    let mut world = World::new();
    world.repository("team/web");
    let signature_of = |name: &str| format!("{}.sig", digest(name).as_str().replace(':', "-"));
    world.image("team/web", "one", 300, &[&signature_of("two")]);
    world.image("team/web", "two", 300, &[&signature_of("one")]);
    world.index("team/web", "above", 300, &["v1"], &["one", "child"]);
    world.image("team/web", "child", 300, &[]);
    world.image("team/web", "unrelated", 300, &["v2"]);
    let plan = world.plan(&clean_at_once());
    assert!(plan.plan.warnings.is_empty(), "{:?}", plan.plan.warnings);
    for name in ["one", "two", "above", "child"] {
        assert_eq!(plan.fate_of_image("team/web", name), Fate::Kept, "{name}");
    }
    assert_eq!(plan.fate_of_image("team/web", "unrelated"), deleted());
}

#[test]
fn what_a_circle_holds_stays_with_it() {
    let mut world = World::new();
    world.repository("team/web");
    let signature_of = |name: &str| format!("{}.sig", digest(name).as_str().replace(':', "-"));
    world.image("team/web", "one", 300, &[&signature_of("two")]);
    world.index("team/web", "two", 300, &[&signature_of("one")], &["shared"]);
    world.image("team/web", "shared", 300, &[]);
    world.index("team/web", "other", 300, &["v1"], &["shared"]);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "shared"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "other"), deleted());
}

/// A container may show the digest that it runs without the image that it came from.
#[test]
fn a_digest_without_an_image_holds_every_image_of_that_digest() {
    let mut world = World::new();
    world.repository("team/web");
    world.repository("team/copy");
    world.image("team/web", "ran", 300, &[]);
    world.image("team/copy", "ran", 300, &[]);
    world.image("team/copy", "other", 300, &[]);
    world.inactive("job:1", 300, 200, "nginx:1");
    world.task("1", "job:1", "unused", "ran").containers[0].image = None;
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "ran"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/copy", "ran"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/copy", "other"), deleted());
}

/// A task that does not say what it runs may run anything.
#[test]
fn a_task_without_a_definition_blocks_definitions_and_images() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &[]);
    world.inactive("job:1", 300, 200, "nginx:1");
    let task = world.task("1", "job:1", "nginx:1", "elsewhere");
    (task.task_definition_arn, task.containers) = (None, Vec::new());
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/task-definition/job:1"), Fate::Blocked);
    assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Blocked);
}

/// The counts of a service and the list of tasks are read at different moments. Either is enough to keep it.
#[test]
fn a_service_with_a_listed_task_stays() {
    let mut world = World::new();
    world.service("web", 0, "none:1");
    world.task("1", "none:1", "nginx:1", "elsewhere").group = Some("service:web".to_owned());
    world.inventory.task_definitions.clear();
    assert_eq!(world.plan(&clean_at_once()).fate("ecs/service/main/web"), Fate::Kept);
    let task = &mut world.inventory.tasks[0].value;
    task.cluster_arn = "arn:aws:ecs:eu-central-1:000000000000:cluster/other".to_owned();
    assert!(matches!(world.plan(&clean_at_once()).fate("ecs/service/main/web"), Fate::Retired(_)));
}

#[test]
fn counts_that_do_not_fit_a_sum_are_still_tasks() {
    let mut world = World::new();
    let service = world.service("web", 0, "none:1");
    (service.desired_count, service.running_count, service.pending_count) = (i32::MAX, i32::MAX, i32::MAX);
    let one = world.service("api", 0, "none:1");
    (one.desired_count, one.running_count) = (1, -1);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/service/main/web"), Fate::Kept);
    assert_eq!(plan.fate("ecs/service/main/api"), Fate::Kept);
}

fn described(world: &World, service: usize, task_set: usize) -> Seen<TaskSet> {
    Seen::new(home(), world.inventory.services[service].value.task_sets[task_set].clone())
}

/// DescribeTaskSets is called after DescribeServices: between the two a task set may have become PRIMARY.
#[test]
fn a_task_set_that_either_call_shows_as_primary_is_primary() {
    let mut world = World::new();
    world.external("app", &[("one", "ACTIVE", 0, 300, "none:1")]);
    let mut later = described(&world, 0, 0);
    later.value.status = "PRIMARY".to_owned();
    world.inventory.task_sets.push(later);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/task-set/main/app/one"), Fate::Kept);
    assert_eq!(plan.fate("ecs/service/main/app"), Fate::Kept);
}

/// One that only DescribeTaskSets shows was made in between: it is the service's all the same.
#[test]
fn a_task_set_that_the_service_does_not_list_is_the_services() {
    let mut world = World::new();
    world.external("app", &[("one", "ACTIVE", 0, 300, "none:1")]);
    let mut new = described(&world, 0, 0);
    (new.value.id, new.value.task_set_arn) = ("two".to_owned(), new.value.task_set_arn.replace("one", "two"));
    world.inventory.task_sets.push(new);
    let (service, task_set) = ("ecs/service/main/app", "ecs/task-set/main/app/two");
    let plan = world.plan(&clean_at_once());
    assert!(plan.waits((DeleteService, service), (DeleteTaskSet, task_set)));
    world.inventory.task_sets[0].value.status = "PRIMARY".to_owned();
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate(task_set), Fate::Kept);
    assert_eq!(plan.fate(service), Fate::Kept);
}

/// Only DescribeTaskSets tells the tags of a task set, and one of them may be the protect tag.
#[test]
fn unread_task_sets_block_task_sets() {
    let mut world = World::new();
    world.external("app", &[("one", "ACTIVE", 0, 300, "none:1")]);
    world.gap(Source::TaskSets, None);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/task-set/main/app/one"), Fate::Blocked);
    assert_eq!(plan.fate("ecs/service/main/app"), Fate::Kept);
}

/// A controller that this build does not know may own task sets as CodeDeploy does.
#[test]
fn task_sets_of_an_unknown_controller_are_not_touched() {
    let mut world = World::new();
    let service = world.external("app", &[("one", "ACTIVE", 0, 300, "none:1")]);
    service.deployment_controller.as_mut().unwrap().kind = "PILOT".to_owned();
    assert_eq!(world.plan(&clean_at_once()).fate("ecs/task-set/main/app/one"), Fate::Kept);
}

fn abroad() -> Location {
    Location { account_id: "111111111111".parse().unwrap(), region: REGION.into() }
}

/// An inventory may hold accounts that the policy does not name. No rule is about them.
#[test]
fn accounts_that_the_policy_does_not_name_are_not_touched() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &[]);
    let scope = Scope { account: "other".into(), account_id: abroad().account_id, region: REGION.into() };
    world.inventory.scopes = vec![scope.clone()];
    world.inventory.repositories[0].location = abroad();
    world.inventory.images[0].location = abroad();
    assert!(world.plan(&clean_at_once()).plan.steps.is_empty());
    world.inventory.scopes = vec![Scope { region: "eu-north-1".into(), ..World::new().inventory.scopes[0].clone() }];
    assert!(world.plan(&clean_at_once()).plan.steps.is_empty());
}

/// An account of the policy that the inventory does not cover may hold any image.
#[test]
fn accounts_that_were_not_collected_block_images() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &[]);
    let other = "account \"other\" {\n  id      = \"111111111111\"\n  regions = [\"eu-central-1\"]\n}\n";
    let plan = world.plan(&(clean_at_once() + other));
    assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Blocked);
    assert!(!plan.plan.complete);
}

/// What has the host of a registry in it somewhere is no other registry's, however broken it is.
#[test]
fn a_broken_reference_to_the_registry_may_mean_any_image() {
    for uri in [
        &format!("https://{HOST}/team/web:v1"),
        &format!("docker://{HOST}/team/web:v1"),
        HOST,
        &format!("{HOST}/team/Web:v1"),
        "",
    ] {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "v1", 300, &["v1"]);
        world.definition("web:1", 300, uri);
        world.service("web", 1, "web:1");
        assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/web", "v1"), Fate::Blocked, "{uri}");
    }
}

/// The order in which gaps were met is not a difference between two inventories.
#[test]
fn the_order_of_gaps_does_not_show() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &[]);
    for source in [Source::Tasks, Source::Lambda, Source::Batch] {
        world.gap(source, None);
    }
    let one = world.plan(&clean_at_once()).plan.to_json().unwrap();
    world.inventory.gaps.reverse();
    assert_eq!(world.plan(&clean_at_once()).plan.to_json().unwrap(), one);
}

/// With no window at all a revision that somebody else deregistered a minute ago can still start tasks for nine.
#[test]
fn what_was_deregistered_just_now_waits_until_it_has_settled() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.inactive("web:1", 300, 0, &format!("{HOST}/team/web:v1")).deregistered_at =
        Some(now() - jiff::SignedDuration::from_secs(60));
    let settled = now() + jiff::SignedDuration::from_secs(540);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Deferred(settled));
    assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Deferred(settled));
}

/// Of two rules it does not matter which comes first: one that scales down retires what the other alone would not.
#[test]
fn a_rule_that_scales_down_is_found_behind_one_that_does_not() {
    let one =
        "retention \"task_set\" \"only-empty\" {\n  match { cluster = [\"*\"] }\n  delete { older_than = \"0s\" }\n}\n";
    let mut world = World::new();
    world.external("app", &[("old", "ACTIVE", 2, 300, "none:1")]);
    for policy in [clean_at_once() + one, one.to_owned() + &clean_at_once()] {
        assert!(matches!(world.plan(&policy).fate("ecs/task-set/main/app/old"), Fate::Retired(_)));
    }
}

/// A digest that something uses and the repository does not have is nobody's child: it keeps no index that lists it.
#[test]
fn a_missing_child_in_use_keeps_no_index() {
    let mut world = World::new();
    world.repository("team/web");
    world.index("team/web", "sparse", 300, &[], &["missing"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web@{}", digest("missing")));
    world.service("web", 1, "web:1");
    assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/web", "sparse"), deleted());
}

/// Deregistering is the last use of the image: the rule's 90 days begin then, and a plan that promised the image for
/// tomorrow would be wrong.
#[test]
fn what_a_retired_revision_held_is_promised_for_when_it_may_go() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
    world.definition("web:2", 200, "nginx:1");
    let first = world.plan(CLEAN_EVERYTHING);
    let Fate::Deferred(promised) = first.fate_of_image("team/web", "v1") else { panic!("not deferred") };
    let definition = &mut world.inventory.task_definitions[0].value;
    (definition.status, definition.deregistered_at) = ("INACTIVE".to_owned(), Some(now()));
    let second_before = promised - jiff::SignedDuration::from_secs(1);
    assert_eq!(world.plan_at(CLEAN_EVERYTHING, second_before).fate_of_image("team/web", "v1"), Fate::Kept);
    assert_eq!(world.plan_at(CLEAN_EVERYTHING, promised).fate_of_image("team/web", "v1"), deleted());
}

/// The tag that an INACTIVE revision names is pulled every day by the revision that took over.
#[test]
fn pulls_of_a_shared_tag_do_not_keep_an_inactive_revision() {
    let mut world = World::new();
    world.repository("team/cron");
    world.image("team/cron", "v1", 300, &["latest"]).last_recorded_pull_time = hours_ago(2);
    world.inactive("cron:1", 300, 200, &format!("{HOST}/team/cron"));
    world.definition("cron:2", 200, &format!("{HOST}/team/cron"));
    let plan = world.plan(CLEAN_EVERYTHING);
    assert_eq!(plan.fate("ecs/task-definition/cron:1"), Fate::Retired(vec![DeleteTaskDefinition]));
}

/// However a revision names its image, the image goes after it.
#[test]
fn an_image_waits_for_the_revision_that_names_it_in_any_way() {
    for uri in [
        format!("{HOST}/team/web:latest"),
        format!("{HOST}/team/web"),
        format!("{HOST}/team/web@{}", digest("v1")),
        format!("000000000000.dkr-ecr.eu-central-1.on.aws/team/web:latest@{}", digest("v1")),
    ] {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "v1", 300, &["latest"]);
        world.definition("web:1", 300, &uri);
        world.definition("web:2", 300, "nginx:1");
        let plan = world.plan(&clean_at_once());
        let image = image_address("team/web", "v1");
        let definition = "ecs/task-definition/web:1";
        assert!(plan.waits((DeleteImage, &image), (DeregisterTaskDefinition, definition)), "{uri}");
        assert!(plan.waits((DeleteTaskDefinition, definition), (DeregisterTaskDefinition, definition)), "{uri}");
    }
}

/// The definition that kept the image by its deregistration is deleted; what it told must not go with it.
#[test]
fn the_end_of_a_use_is_remembered_when_the_definition_that_tells_of_it_is_gone() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.inactive("web:1", 300, 33, &format!("{HOST}/team/web:v1"));
    let policy = CLEAN_EVERYTHING.replace("inactive_for = \"90d\"", "inactive_for = \"7d\"");
    assert_ne!(policy, CLEAN_EVERYTHING);
    let first = world.plan(&policy);
    assert!(matches!(first.fate("ecs/task-definition/web:1"), Fate::Retired(_)));
    assert_eq!(first.fate_of_image("team/web", "v1"), Fate::Kept);
    for (location, resource, at) in &first.ended {
        world.ledger.observe(location, resource, *at);
    }
    world.inventory.task_definitions.clear();
    assert_eq!(world.plan(&policy).fate_of_image("team/web", "v1"), Fate::Kept, "33 days of 90");
    assert_eq!(world.plan_at(&policy, ago(-58).unwrap()).fate_of_image("team/web", "v1"), deleted());
}

/// A child of two indexes that wait goes with the one that waits longer.
#[test]
fn a_shared_child_waits_as_long_as_the_longest_of_its_indexes() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "shared", 300, &[]);
    world.index("team/web", "one", 300, &[], &["shared"]);
    world.index("team/web", "two", 300, &[], &["shared"]);
    world.inventory.images[1].value.image_pushed_at = hours_ago(12);
    world.inventory.images[2].value.image_pushed_at = hours_ago(2);
    for turn in 0..2 {
        let policy = clean_at_once().replace("rollback_window = \"0s\"", "rollback_window = \"24h\"");
        let plan = world.plan(&policy);
        assert_eq!(plan.fate_of_image("team/web", "shared"), Fate::Deferred(hours_ago(-22).unwrap()), "{turn}");
        let (one, two) = (hours_ago(2), hours_ago(12));
        world.inventory.images[1].value.image_pushed_at = one;
        world.inventory.images[2].value.image_pushed_at = two;
    }
}

/// A unit goes as a whole or not at all: were only the child to wait for what runs it, its index would be asked for too early.
#[test]
fn an_index_waits_for_what_holds_its_child() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "amd64", 300, &[]);
    world.index("team/web", "index", 300, &["v1"], &["amd64"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web@{}", digest("amd64")));
    world.definition("web:2", 300, "nginx:1");
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "index"), deleted());
    let revision = (DeregisterTaskDefinition, "ecs/task-definition/web:1");
    for image in ["index", "amd64"] {
        assert!(plan.waits((DeleteImage, &image_address("team/web", image)), revision), "{image}");
    }
}

/// What is below a circle stays with it, and so must not take the place of the newest.
#[test]
fn what_a_circle_holds_does_not_take_the_place_of_the_newest() {
    let is_first = |name: &String| digest(name) < digest("one").min(digest("two"));
    let name = (0..1_000).map(|number| format!("{number} below")).find(is_first).unwrap();
    let mut world = World::new();
    world.repository("team/web");
    let tag_of = |name: &str| digest(name).as_str().replace(':', "-");
    world.image("team/web", "one", 300, &[&format!("{}.sig", tag_of("two"))]);
    world.image("team/web", "two", 300, &[&format!("{}.sig", tag_of("one"))]);
    world.image("team/web", &name, 200, &[&tag_of("one")]);
    world.image("team/web", "newest", 300, &["v1"]);
    let rule = "match { repository = [\"*\"] }\n  delete { unused_for = \"0s\" }";
    let policy = clean_at_once();
    assert!(policy.contains(rule));
    let plan = world.plan(&policy.replace(rule, &rule.replace("  delete", "  keep { newest = 1 }\n  delete")));
    assert_eq!(plan.fate_of_image("team/web", &name), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "newest"), Fate::Kept);
}
