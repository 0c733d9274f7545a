//! The planner being wrong: a plan that was right for one world or policy is held against another. The second check asks of each step
//! on its own, and so finds what the planner would have had to see.

use jettison::{
    inventory::{
        ContainerImage, DeleteReplication, Registry, ReplicationConfiguration, ReplicationDestination, ReplicationRule,
        RevisionSummary, Seen, ServiceRevision,
    },
    model::{Resource, Source},
    plan::{Law, Objection, RefusalCode, approve, verify},
    policy,
};

use super::{verify::Case, world::*};

/// A world in which one object of each kind goes, under `clean_at_once`: the service `old`, the task set `t1` of `blue`, the revision
/// `web:1`, the INACTIVE revision `batch:1`, and the images `index` with its child `amd64` and `lone`.
fn world() -> World {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "amd64", 300, &[]);
    world.index("team/web", "index", 300, &["v1"], &["amd64"]);
    world.image("team/web", "lone", 300, &["v0"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
    world.definition("web:2", 300, "nginx:1");
    world.inactive("batch:1", 300, 200, "nginx:1");
    world.service("old", 0, "web:1");
    world.external("blue", &[("t1", "ACTIVE", 0, 300, "web:1"), ("t2", "PRIMARY", 1, 200, "web:2")]);
    world
}

/// What the second check says of the plan for `world()`, once the world is another.
fn after(change: impl FnOnce(&mut World)) -> Vec<Objection> {
    under(&clean_at_once(), |_| {}, change)
}

/// The same for a plan under this policy, for a world of one's own.
fn under(policy: &str, before: impl FnOnce(&mut World), change: impl FnOnce(&mut World)) -> Vec<Objection> {
    let mut world = world();
    before(&mut world);
    let case = Case::new(world.inventory.clone(), world.ledger.clone(), policy);
    assert_eq!(verify(&case.question(), &case.plan), [], "the plan is right for its own world");
    assert!(case.plan.steps.len() >= 3, "{:#?}", case.plan.steps);
    change(&mut world);
    let other = Case { inventory: world.inventory, ledger: world.ledger, ..case };
    verify(&other.question(), &other.plan)
}

/// What the second check says of a plan once the policy has these blocks as well.
fn with_blocks(blocks: &str) -> Vec<Objection> {
    let world = world();
    let case = Case::new(world.inventory, world.ledger, &clean_at_once());
    let text = clean_at_once() + blocks;
    let (policy, _) = policy::parse([("policy.hcl".to_owned(), text)]).unwrap();
    let other = Case { policy, ..case };
    verify(&other.question(), &other.plan)
}

fn says(objections: &[Objection], law: Law, address: &str, text: &str) {
    let found = objections.iter().any(|one| {
        let is_its = one.address.as_ref().is_some_and(|own| own.to_string().ends_with(address));
        one.law == law && is_its && one.text.contains(text)
    });
    assert!(found, "nothing like `{text}` ({law:?}) of {address} in {objections:#?}");
}

fn of_image(objections: &[Objection], law: Law, name: &str, text: &str) {
    says(objections, law, &image_address("team/web", name), text);
}

#[test]
fn a_service_that_was_missed_is_found_and_the_plan_is_refused_as_a_whole() {
    let mut world = world();
    let case = Case::new(world.inventory.clone(), world.ledger.clone(), &clean_at_once());
    assert!(case.plan.applyable.is_yes());
    world.service("new", 1, "web:1");
    let other = Case { inventory: world.inventory, ..case };
    let refused = approve(&other.question(), other.plan.clone());
    assert!(!refused.applyable.is_yes(), "one objection is enough");
    let refusal = &refused.refusals[0];
    assert_eq!(refusal.code, RefusalCode::Unverified);
    for part in ["service main/new uses it and stays (L1)", "a defect of jettison", "Nothing of this plan"] {
        assert!(refusal.text.contains(part), "no `{part}` in {}", refusal.text);
    }
    assert_eq!(refused.steps, other.plan.steps, "it can still be read");
    let again = approve(&Case { inventory: super::verify_scenes::world().inventory, ..other }.question(), refused);
    assert!(again.applyable.is_yes() && again.refusals.is_empty(), "asked again, it forgets what it said");
}

#[test]
fn whoever_uses_an_image_is_found() {
    let objections = after(|world| {
        world.task("t", "web:2", "nginx:1", "lone");
    });
    assert!(objections.is_empty(), "another registry's image by that digest: {objections:#?}");
    let uri = format!("{HOST}/team/web:elsewhere");
    let objections = after(|world| {
        world.task("t", "web:2", &uri, "lone");
    });
    of_image(&objections, Law::Reachable, "lone", "task/main/t uses it and stays");
    let objections = after(|world| {
        world.task("t", "web:2", &uri, "amd64");
    });
    of_image(&objections, Law::Reachable, "index", "uses it and stays");
    let objections = after(|world| world.reference("lambda", "fn").image = Some(format!("{HOST}/team/web:v0")));
    of_image(&objections, Law::Reachable, "lone", "fn uses it and stays");
    let objections = after(|world| {
        world.definition("api:1", 300, &format!("{HOST}/team/web:v0"));
    });
    of_image(&objections, Law::Reachable, "lone", "task definition api:1 uses it and stays");
    let objections = after(|world| {
        world.inactive("api:1", 300, 200, &format!("{HOST}/team/web:v0"));
        world.service("api", 1, "api:1");
    });
    of_image(&objections, Law::Reachable, "lone", "service main/api uses it and stays");
}

#[test]
fn what_a_service_may_go_back_to_is_found() {
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service-revision/main/api/1");
    let named = RevisionSummary { arn: arn.clone(), ..RevisionSummary::default() };
    let objections = after(|world| world.service("api", 0, "web:2").current_service_revisions = vec![named.clone()]);
    of_image(&objections, Law::Unknown, "lone", "what service main/api uses cannot be followed");
    let objections = after(|world| {
        world.service("api", 0, "web:2").current_service_revisions = vec![named.clone()];
        let pinned = ContainerImage { image_digest: Some(digest("lone").to_string()), ..ContainerImage::default() };
        let revision = ServiceRevision {
            service_revision_arn: arn.clone(),
            task_definition: Some("web:2".to_owned()),
            container_images: vec![pinned],
            ..ServiceRevision::default()
        };
        world.inventory.service_revisions.push(Seen::new(home(), revision));
    });
    of_image(&objections, Law::Reachable, "lone", "service main/api uses it and stays");
}

#[test]
fn what_was_not_read_is_found() {
    let objections = after(|world| world.gap(Source::Tasks, None));
    of_image(&objections, Law::Unknown, "lone", "tasks could not be read");
    says(&objections, Law::Unknown, "web:1", "tasks could not be read");
    let objections = after(|world| world.inventory.manifests.clear());
    of_image(&objections, Law::Unknown, "lone", "was not read, and may list it");
    let objections =
        after(|world| world.reference("scheduler", "nightly").task_definition = Some("$.which".to_owned()));
    says(&objections, Law::Unknown, "batch:1", "what nightly uses cannot be followed");
    let objections = after(|world| {
        world.reference("scheduler", "nightly");
    });
    says(&objections, Law::Unknown, "t1", "what nightly uses cannot be followed");
    says(&objections, Law::Unknown, "service/main/old", "what nightly uses cannot be followed");
}

#[test]
fn a_service_or_a_task_set_that_is_no_longer_free_is_found() {
    let busy = |change: fn(&mut World), text: &str| says(&after(change), Law::NoForce, "service/main/old", text);
    busy(|world| world.inventory.services[0].value.desired_count = 1, "it has tasks");
    busy(|world| world.inventory.services[0].value.resource_management_type = Some("ECS".to_owned()), "Express");
    busy(|world| world.task("t", "web:2", "nginx:1", "x").group = Some("service:old".to_owned()), "is listed");
    let objections = after(|world| world.reference("autoscaling", "x").service = Some("main/old".to_owned()));
    says(&objections, Law::Reachable, "service/main/old", "start it again");
    let objections = after(|world| world.inventory.services[1].value.task_sets[0].status = "PRIMARY".to_owned());
    says(&objections, Law::NoForce, "t1", "its status is `PRIMARY`");
    let codedeploy = |world: &mut World| {
        world.inventory.services[1].value.task_sets[0].started_by = Some("CODE_DEPLOY".to_owned());
    };
    says(&after(codedeploy), Law::NoForce, "t1", "CodeDeploy owns it");
    let scaled = |world: &mut World| world.inventory.services[1].value.task_sets[0].running_count = 1;
    says(&after(scaled), Law::NoForce, "t1", "nothing scales it down before");
}

#[test]
fn a_protection_or_a_keep_that_was_missed_is_found() {
    let protect = |kind: &str, what: &str| {
        with_blocks(&format!("protect \"{kind}\" \"p\" {{\n  reason = \"r\"\n  match {{ {what} = [\"*\"] }}\n}}\n"))
    };
    says(&protect("service", "service"), Law::Silence, "service/main/old", "protect \"p\"");
    says(&protect("task_set", "cluster"), Law::Silence, "t1", "protect \"p\"");
    says(&protect("task_definition", "family"), Law::Silence, "web:1", "protect \"p\"");
    of_image(&protect("image", "repository"), Law::Silence, "lone", "protect \"p\"");
    let keep = |kind: &str, what: &str, keep: &str| {
        let rule = format!("retention \"{kind}\" \"k\" {{\n  match {{ {what} = [\"*\"] }}\n  keep {{ {keep} }}\n}}\n");
        with_blocks(&rule)
    };
    says(&keep("task_set", "cluster", "newest = 2"), Law::Silence, "t1", "keeps the newest 2");
    says(&keep("task_definition", "family", "newest = 2"), Law::Silence, "web:1", "keeps the newest 2");
    let by_age = keep("task_definition", "family", "newer_than = \"400d\"");
    says(&by_age, Law::Silence, "batch:1", "registered within 400d");
    of_image(&keep("image", "repository", "newest = 2"), Law::Silence, "lone", "keeps the newest 2");
    of_image(&keep("image", "repository", "tags = [\"v0\"]"), Law::Silence, "lone", "keeps the tag v0");
    of_image(&keep("image", "repository", "pushed_within = \"400d\""), Law::Silence, "index", "pushed within 400d");
}

#[test]
fn tags_of_aws_are_looked_at() {
    let tagged = |change: fn(&mut World), address: &str| says(&after(change), Law::Silence, address, "protect tag");
    tagged(|world| world.inventory.services[0].value.tags = vec![tag("jettison:protect", "")], "service/main/old");
    tagged(|world| world.inventory.services[1].value.tags = vec![tag("jettison:protect", "")], "t1");
    tagged(|world| world.inventory.task_definitions[0].value.tags = vec![tag("jettison:protect", "")], "web:1");
    let objections = after(|world| world.inventory.repositories[0].value.tags.push(tag("jettison:protect", "")));
    of_image(&objections, Law::Silence, "lone", "carries the protect tag");
    let objections = after(|world| world.inventory.repositories[0].value.tags.clear());
    of_image(&objections, Law::Silence, "lone", "opt-in tag");
}

#[test]
fn an_object_in_another_state_is_found() {
    let objections = after(|world| world.inventory.images[2].value.image_tags.push("latest".into()));
    of_image(&objections, Law::Review, "lone", "other tags");
    let objections = after(|world| world.inventory.images[2].value.image_pushed_at = ago(2));
    of_image(&objections, Law::LookAgain, "lone", "facts");
    let objections = after(|world| world.inventory.images[2].value.image_status = Some("ACTIVATING".into()));
    of_image(&objections, Law::Unknown, "lone", "`ACTIVATING`");
    let objections = after(|world| drop(world.inventory.images.remove(2)));
    of_image(&objections, Law::Review, "lone", "there is no such image");
    let objections = after(|world| world.inventory.task_definitions[0].value.status = "INACTIVE".to_owned());
    says(&objections, Law::Silence, "web:1", "its status is `INACTIVE`");
    // A revision that was registered in the meantime makes no difference; one that went makes this one the newest.
    let objections = after(|world| drop(world.inventory.task_definitions.remove(1)));
    says(&objections, Law::Silence, "web:1", "does not retire it");
    let objections = after(|world| world.index("team/web", "more", 300, &["v9"], &["lone"]));
    of_image(&objections, Law::Reachable, "lone", "which it is a part of, stays");
}

#[test]
fn the_window_and_the_ages_are_counted_again() {
    let policy = CLEAN_EVERYTHING;
    let alone = |world: &mut World| {
        world.inventory.services.clear();
        world.inventory.task_definitions[0].value.container_definitions.clear();
    };
    let objections = under(policy, alone, |world| {
        let lone = Resource::Image { repository: "team/web".into(), digest: digest("lone") };
        world.seen(&lone, 1);
    });
    of_image(&objections, Law::Silence, "lone", "no rule retires it");
    of_image(&objections, Law::Window, "lone", "rollback window of 1d");
    let objections = under(policy, alone, |world| {
        let revision = world.inactive("api:1", 300, 0, &format!("{HOST}/team/web:v0"));
        revision.deregistered_at = hours_ago(0);
    });
    of_image(&objections, Law::Window, "lone", "deregistered just now");
    let objections = under(policy, alone, |world| {
        world.service("api", 0, "web:1");
    });
    says(&objections, Law::Reachable, "web:1", "service main/api uses it and stays");
    let objections = under(policy, alone, |world| world.inventory.images[2].value.last_recorded_pull_time = ago(3));
    of_image(&objections, Law::Silence, "lone", "no rule retires it");
}

#[test]
fn a_copy_that_would_go_along_is_found() {
    let objections = after(|world| {
        let there = ReplicationDestination { region: "us-east-1".to_owned(), registry_id: ACCOUNT.to_owned() };
        let rule = ReplicationRule {
            destinations: vec![there],
            repository_filters: vec![],
            delete_replication: Some(DeleteReplication { enabled: true }),
        };
        let replication_configuration = ReplicationConfiguration { rules: vec![rule] };
        let registry = Registry { registry_id: ACCOUNT.to_owned(), replication_configuration };
        world.inventory.registries.push(Seen::new(home(), registry));
    });
    of_image(&objections, Law::Reachable, "lone", "where nobody looked who uses it");
    of_image(&objections, Law::LookAgain, "lone", "facts");
}

#[test]
fn objections_read_well_and_come_in_the_order_of_the_plan() {
    let objections = after(|world| {
        world.service("new", 1, "web:1");
    });
    let texts: Vec<String> = objections.iter().map(ToString::to_string).collect();
    assert!(texts[0].starts_with("step ") && texts[0].ends_with(" (L1)"), "{texts:#?}");
    assert!(objections.is_sorted_by_key(|one| one.step), "{texts:#?}");
    assert!(
        texts[0].contains("demo/eu-central-1/ecs/task-definition/web:1: service main/new uses it and stays"),
        "{texts:#?}"
    );
}
