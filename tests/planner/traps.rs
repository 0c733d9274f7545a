//! The twenty ways in which other tools lost people's images, services and rollbacks, one scenario each, numbered as the table in
//! `docs/safety.md`. `pitfalls` has more on some of them, `trap_coverage` holds the generated worlds to all of them.
//!
//! Where a trap closes while applying or collecting, this is the planner's part, and the table names the test of the other.

use jettison::{
    inventory::read,
    model::{ReasonCode, Source},
    plan::{
        Action::{DeleteImage, DeleteTaskDefinition, DeregisterTaskDefinition},
        Plan,
    },
};

use super::{trap_coverage::one_page_only, world::*};

/// A repository `team/web` with an image `v1`, which a service runs.
fn running() -> World {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 700, &["v1"]);
    world.definition("web:1", 700, &format!("{HOST}/team/web:v1"));
    world.service("web", 2, "web:1");
    world
}

/// Seven days of age, no deployment for months, and an autoscaler that could not pull.
#[test]
fn trap_01_an_age_rule_meets_a_quiet_service() {
    let mut world = running();
    world.image("team/web", "older", 800, &["v0"]);
    for policy in [CLEAN_EVERYTHING.to_owned(), clean_at_once()] {
        let plan = world.plan(&policy);
        assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Kept);
        assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
        assert_eq!(plan.fate_of_image("team/web", "older"), deleted());
    }
}

/// ECS resolves a tag once per deployment. The tag then moved; what runs is untagged, and "delete untagged" is exactly
/// the policy that breaks it.
#[test]
fn trap_02_a_tag_moved_and_the_digest_is_still_pinned() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "of then", 300, &[]);
    world.image("team/web", "of now", 200, &["stable"]);
    world.image("team/web", "left over", 300, &[]);
    let uri = format!("{HOST}/team/web:stable");
    world.definition("web:1", 300, &uri);
    world.service("web", 1, "web:1");
    world.task("1", "web:1", &uri, "of then");
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "of then"), Fate::Kept, "the task pinned it");
    assert_eq!(plan.fate_of_image("team/web", "of now"), Fate::Kept, "the definition names its tag");
    assert_eq!(plan.fate_of_image("team/web", "left over"), deleted());
}

/// To a tool that reads ECS alone, the image of a function looks unused.
#[test]
fn trap_03_lambda_pins_digests_too() {
    let mut world = World::new();
    world.repository("team/fn");
    world.image("team/fn", "pinned", 300, &[]);
    world.image("team/fn", "not pinned", 300, &[]);
    world.reference("lambda", "arn:aws:lambda:eu-central-1:000000000000:function:hook").image =
        Some(format!("{HOST}/team/fn@{}", digest("pinned")));
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/fn", "pinned"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/fn", "not pinned"), deleted());
}

pub(crate) fn multi_arch(world: &mut World) {
    world.repository("team/web");
    world.image("team/web", "amd64", 300, &[]);
    world.image("team/web", "arm64", 300, &[]);
    world.image("team/web", "attestation", 300, &[]);
    world.index("team/web", "index", 300, &["v1"], &["amd64", "arm64", "attestation"]);
}

/// "Untagged" children of a tagged index are not untagged: without them nothing can be pulled.
#[test]
fn trap_04_the_children_of_an_index_look_untagged() {
    let mut world = World::new();
    multi_arch(&mut world);
    world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
    world.service("web", 1, "web:1");
    let plan = world.plan(&clean_at_once());
    for name in ["index", "amd64", "arm64", "attestation"] {
        assert_eq!(plan.fate_of_image("team/web", name), Fate::Kept, "{name}");
    }
}

/// ECR refuses a child while its index is there, per item, in an answer of 200: the index goes first.
#[test]
fn trap_05_a_child_is_refused_before_its_index() {
    let mut world = World::new();
    multi_arch(&mut world);
    let plan = world.plan(CLEAN_EVERYTHING);
    let index = image_address("team/web", "index");
    for name in ["amd64", "arm64", "attestation"] {
        let child = image_address("team/web", name);
        assert!(plan.waits((DeleteImage, &child), (DeleteImage, &index)), "{name}");
    }
}

/// Signatures, attestations and SBOMs are untagged or strangely tagged images to a tool that does not know them.
#[test]
fn trap_06_signatures_are_no_images_of_their_own() {
    for (in_use, fate) in [(true, Fate::Kept), (false, deleted())] {
        let mut world = World::new();
        multi_arch(&mut world);
        let stem = digest("index").as_str().replace(':', "-");
        let tagged = [".sig", ".att", ".sbom", ""].map(|ending| format!("{stem}{ending}"));
        for tag in &tagged {
            world.image("team/web", tag, 300, &[tag]);
        }
        world.image("team/web", "sbom", 300, &[]).subject_manifest_digest = Some(digest("index"));
        world.image("team/web", "signature of sbom", 300, &[]).subject_manifest_digest = Some(digest("sbom"));
        if in_use {
            world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
            world.service("web", 1, "web:1");
        }
        let plan = world.plan(&clean_at_once());
        for name in tagged.iter().map(String::as_str).chain(["sbom", "signature of sbom"]) {
            assert_eq!(plan.fate_of_image("team/web", name), fate, "{name}, in use: {in_use}");
        }
        if !in_use {
            let [index, sbom] = ["index", "sbom"].map(|name| image_address("team/web", name));
            assert!(plan.waits((DeleteImage, &sbom), (DeleteImage, &index)));
            let last = image_address("team/web", "signature of sbom");
            assert!(plan.waits((DeleteImage, &last), (DeleteImage, &sbom)));
        }
    }
}

const PULL_REQUESTS: &str = r#"
account "demo" {
  id      = "000000000000"
  regions = ["eu-central-1"]
}
retention "image" "pull-requests" {
  match { tags = ["pr-*"] }
  delete { unused_for = "7d" }
}
"#;

/// One of its tags matched a rule, and the whole image went, release tag and all.
#[test]
fn trap_07_one_matching_tag_condemns_an_image_with_several() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "released", 300, &["pr-17", "release-1"]);
    world.image("team/web", "only a branch", 300, &["pr-18", "pr-19"]);
    let plan = world.plan(PULL_REQUESTS);
    assert_eq!(plan.fate_of_image("team/web", "released"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "only a branch"), deleted());
    let both = format!(
        "{PULL_REQUESTS}retention \"image\" \"releases\" {{\n  match {{ tags = [\"release-*\"] }}\n  \
         delete {{ unused_for = \"7d\" }}\n}}\n"
    );
    assert_eq!(world.plan(&both).fate_of_image("team/web", "released"), deleted(), "each tag has a rule now");
}

/// An old image was promoted today by giving it another tag. ECR does not date tags: the image looks as old as its push, and
/// only the tag itself, a pull or a deployment tells.
#[test]
fn trap_08_promotion_by_a_new_tag_does_not_refresh_the_age() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "promoted", 300, &["pr-17", "prod"]);
    world.image("team/web", "deployed today", 300, &["pr-18"]);
    world.definition("web:2", 0, &format!("{HOST}/team/web:pr-18"));
    world.service("web", 1, "web:2");
    let plan = world.plan(PULL_REQUESTS);
    assert_eq!(plan.fate_of_image("team/web", "promoted"), Fate::Kept, "no rule is about its new tag");
    assert_eq!(plan.fate_of_image("team/web", "deployed today"), Fate::Kept);
    let keeps_prod =
        CLEAN_EVERYTHING.replace("delete { unused_for", "keep { tags = [\"prod\"] }\n  delete { unused_for");
    assert_eq!(world.plan(&keeps_prod).fate_of_image("team/web", "promoted"), Fate::Kept, "a rule keeps its new tag");
}

/// A cleaner that reads manifests pulls them. Its own reads are no use, pulls by others are, and no pull proves nothing.
#[test]
fn trap_09_the_last_pull_may_be_our_own() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "child", 300, &[]);
    world.index("team/web", "read by us", 300, &["a"], &["child"]);
    world.inventory.images[1].value.last_recorded_pull_time = ago(1);
    world.inventory.manifests[0].value.read_at = ago(1);
    world.image("team/web", "pulled by others", 300, &["b"]).last_recorded_pull_time = ago(5);
    world.image("team/web", "never pulled", 300, &["c"]);
    world.image("team/web", "never pulled but running", 300, &["d"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web:d"));
    world.service("web", 1, "web:1");
    let plan = world.plan(CLEAN_EVERYTHING);
    assert_eq!(plan.fate_of_image("team/web", "read by us"), deleted());
    assert_eq!(plan.fate_of_image("team/web", "pulled by others"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "never pulled"), deleted());
    assert_eq!(plan.fate_of_image("team/web", "never pulled but running"), Fate::Kept);
}

/// Terraform and CloudFormation deregister the old revision at once; the rollback then fails.
#[test]
fn trap_10_deregistering_too_early_kills_the_rollback() {
    let mut world = World::new();
    for revision in 1..=4 {
        world.definition(&format!("web:{revision}"), 300, "nginx:1");
    }
    let service = world.service("web", 2, "web:3");
    let mut old = service.deployments[0].clone();
    (old.status, old.task_definition) = ("ACTIVE".to_owned(), Some(definition_arn("web:2")));
    service.deployments.push(old);
    let plan = world.plan(&clean_at_once());
    assert_eq!(
        plan.fate("ecs/task-definition/web:1"),
        Fate::Retired(vec![DeregisterTaskDefinition, DeleteTaskDefinition])
    );
    for kept in ["web:2", "web:3", "web:4"] {
        assert_eq!(plan.fate(&format!("ecs/task-definition/{kept}")), Fate::Kept, "{kept}");
    }
}

/// A schedule runs once a month, and people run a family by its name. In between nothing shows either.
#[test]
fn trap_11_scheduled_and_run_on_demand_definitions_look_unused() {
    let mut world = World::new();
    world.repository("team/job");
    for (name, tag) in [("monthly:1", "m1"), ("monthly:2", "m2"), ("by-hand:1", "h1"), ("by-hand:2", "h2")] {
        world.image("team/job", tag, 900, &[tag]);
        world.definition(name, 900, &format!("{HOST}/team/job:{tag}"));
    }
    world.reference("scheduler", "monthly").task_definition = Some(definition_arn("monthly:1"));
    let plan = world.plan(&clean_at_once());
    for (kept, image) in [("monthly:1", "m1"), ("monthly:2", "m2"), ("by-hand:2", "h2")] {
        assert_eq!(plan.fate(&format!("ecs/task-definition/{kept}")), Fate::Kept, "{kept}");
        assert_eq!(plan.fate_of_image("team/job", image), Fate::Kept, "{image}");
    }
    assert_ne!(plan.fate("ecs/task-definition/by-hand:1"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/job", "h1"), deleted());
}

/// A cleanup of one cluster listed definitions, which belong to the account, and would have deleted everyone's.
#[test]
fn trap_12_definitions_belong_to_the_account_and_not_to_a_cluster() {
    let mut world = World::new();
    world.definition("web:1", 300, "nginx:1");
    world.definition("web:2", 300, "nginx:1");
    world.service("web", 1, "web:1").cluster_arn = "arn:aws:ecs:eu-central-1:000000000000:cluster/other".to_owned();
    assert_eq!(world.plan(&clean_at_once()).fate("ecs/task-definition/web:1"), Fate::Kept);
}

/// DELETE_IN_PROGRESS lasts until everything has let go. It is neither deleted again nor taken for gone.
#[test]
fn trap_13_a_definition_in_deletion_is_still_used() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.inactive("web:1", 300, 200, &format!("{HOST}/team/web:v1")).status = "DELETE_IN_PROGRESS".to_owned();
    world.service("web", 1, "web:1");
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "v1"), Fate::Kept);
    world.inventory.services.clear();
    assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/web", "v1"), deleted(), "nothing runs it any more");
}

/// What a dry run showed and what the run then did were decided by two pieces of code. Here the run gets the plan's file: every step
/// names its object and the facts that must still hold, and what reads back is what was shown.
#[test]
fn trap_14_what_is_shown_is_what_is_done() {
    let mut world = running();
    world.image("team/web", "older", 800, &["v0"]);
    let shown = world.plan(CLEAN_EVERYTHING).plan;
    let read = Plan::from_json(&shown.to_json().unwrap()).unwrap();
    assert_eq!(read, shown);
    assert_eq!(read.steps.len(), 1);
    assert_eq!(read.steps[0].target.digest, Some(digest("older")));
    assert!(!read.steps[0].expect.is_empty());
    let other = shown.to_json().unwrap().replace(digest("older").as_str(), digest("v1").as_str());
    assert!(Plan::from_json(&other).is_err(), "a plan that shows something else is no plan");
}

/// Whatever does not appear in the one source that a tool reads is "unused": EKS, a laptop, another company. A list or the protect
/// tag tells.
#[test]
fn trap_15_some_consumers_are_in_no_list_of_aws() {
    let mut world = World::new();
    world.repository("team/web");
    for name in ["of eks", "of nobody"] {
        world.image("team/web", name, 900, &[]);
    }
    world.reference("reference.eks", "entry 1").image = Some(format!("{HOST}/team/web@{}", digest("of eks")));
    world.repository_with("protected", &[tag("jettison", "enabled"), tag("jettison:protect", "")]);
    world.image("protected", "old", 900, &["v1"]);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "of eks"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "of nobody"), deleted());
    assert_eq!(plan.fate_of_image("protected", "old"), Fate::Kept);
}

/// A cleanup that has to be told what to leave alone is told too late.
#[test]
fn trap_16_only_what_opted_in_is_touched() {
    let mut world = World::new();
    for (repository, tags) in
        [("in", vec![tag("jettison", "enabled")]), ("silent", vec![]), ("other-value", vec![tag("jettison", "soon")])]
    {
        world.repository_with(repository, &tags);
        world.image(repository, "old", 900, &["v1"]);
    }
    world.image("unlisted", "old", 900, &["v1"]);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("in", "old"), deleted());
    for repository in ["silent", "other-value", "unlisted"] {
        assert_eq!(plan.fate_of_image(repository, "old"), Fate::Kept, "{repository}");
    }
}

/// Throttling, or a missing permission, was logged and then taken for "nothing there".
#[test]
fn trap_17_throttling_is_not_nothing_there() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "v1", 300, &["v1"]);
    world.definition("web:1", 300, "nginx:1");
    world.definition("web:2", 300, "nginx:1");
    world.service("idle", 0, "web:2");
    for (source, definition, image, service) in [
        (Source::Services, true, true, true),
        (Source::Tasks, true, true, false),
        (Source::ServiceRevisions, true, true, false),
        (Source::Scheduler, true, true, false),
        (Source::Lambda, false, true, false),
        (Source::ApplicationAutoscaling, false, false, true),
    ] {
        world.inventory.gaps.clear();
        world.gap(source, None);
        let plan = world.plan(&clean_at_once());
        assert!(!plan.plan.complete, "{source}");
        let blocked = |fate: Fate| fate == Fate::Blocked;
        assert_eq!(blocked(plan.fate("ecs/task-definition/web:1")), definition, "{source}");
        assert_eq!(blocked(plan.fate_of_image("team/web", "v1")), image, "{source}");
        assert_eq!(blocked(plan.fate("ecs/service/main/idle")), service, "{source}");
    }
}

/// A hundred services and one page read: the image of the hundredth went. That only whole lists are planned from is the collector's
/// affair; here, that a list of which a part is missing says so with a gap, and that a file that was cut is no inventory.
#[test]
fn trap_18_one_page_is_not_the_list() {
    let mut world = running();
    world.service("other", 1, "other:1");
    world.definition("other:1", 700, "nginx:1");
    world.inventory.services.swap(0, 1);
    let policy = clean_at_once().replace("cluster = [\"*\"]", "cluster = [\"none\"]");
    assert_eq!(world.plan(&policy).fate_of_image("team/web", "v1"), Fate::Kept);
    one_page_only(&mut world.inventory);
    world.inventory.task_definitions.clear();
    world.inventory.services[0].value.task_definition = None;
    world.inventory.services[0].value.deployments.clear();
    assert_eq!(world.plan(&policy).fate_of_image("team/web", "v1"), deleted(), "so it matters");
    world.gap(Source::Services, Some("the second page"));
    assert_eq!(world.plan(&policy).fate_of_image("team/web", "v1"), Fate::Blocked);

    let mut file = Vec::new();
    jettison::inventory::write(&running().inventory, &mut file).unwrap();
    let lines = file.iter().filter(|byte| **byte == b'\n').count();
    assert!(read(&file[..]).is_ok());
    for cut in 0..lines {
        let whole_lines: Vec<u8> = file.split_inclusive(|byte| *byte == b'\n').take(cut).flatten().copied().collect();
        assert!(read(&whole_lines[..]).is_err(), "{cut} of {lines} lines");
    }
}

/// ECR answers under several host names; a reference through another one than expected is a reference. So are `repo` without a tag and
/// `repo:tag@digest`, and a copy that replication would delete with the image.
#[test]
fn trap_19_a_registry_has_several_names() {
    for host in [
        "000000000000.dkr.ecr.eu-central-1.amazonaws.com",
        "000000000000.dkr.ecr-fips.eu-central-1.amazonaws.com",
        "000000000000.dkr-ecr.eu-central-1.on.aws",
        "000000000000.dkr-ecr-fips.eu-central-1.on.aws",
        "000000000000.DKR.ECR.EU-CENTRAL-1.AMAZONAWS.COM",
        // Not understood, so whatever they may mean is held.
        "vpce-0.dkr.ecr.eu-central-1.vpce.amazonaws.com",
        "000000000000.dkr.ecr.eu-central-1.amazonaws.com:443",
    ] {
        for suffix in ["", ":latest", &format!("@{}", digest("latest")), &format!(":gone@{}", digest("latest"))] {
            let mut world = World::new();
            world.repository("team/web");
            world.image("team/web", "latest", 300, &["latest"]);
            world.definition("web:1", 300, &format!("{host}/team/web{suffix}"));
            world.service("web", 1, "web:1");
            let fate = world.plan(&clean_at_once()).fate_of_image("team/web", "latest");
            assert!(matches!(fate, Fate::Kept | Fate::Blocked), "{host}/team/web{suffix}: {fate:?}");
        }
    }
}

/// An archived image is still an image: pulling it is a 404, deleting it is final, and one on its way back is wanted.
#[test]
fn trap_20_an_archived_image_is_neither_gone_nor_free_to_take() {
    let mut world = World::new();
    world.repository("team/web");
    for (name, status) in
        [("in use", "ARCHIVED"), ("unused", "ARCHIVED"), ("coming back", "ACTIVATING"), ("new", "NEW")]
    {
        world.image("team/web", name, 300, &[]).image_status = Some(status.into());
    }
    world.reference("lambda", "hook").image = Some(format!("{HOST}/team/web@{}", digest("in use")));
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "unused"), deleted());
    for name in ["in use", "coming back", "new"] {
        assert_eq!(plan.fate_of_image("team/web", name), Fate::Kept, "{name}");
    }
    let restored = world.image("team/web", "restored", 300, &[]);
    restored.last_activated_at = ago(1);
    let plan = world.plan(CLEAN_EVERYTHING);
    assert_eq!(plan.fate_of_image("team/web", "restored"), Fate::Kept);
    assert!(plan.plan.kept_by_reason.contains_key(&ReasonCode::TooRecent));
}
