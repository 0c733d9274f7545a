//! How other tools lost people's images, services and rollbacks, one test for each way that concerns deciding.
//!

use jettison::{
    model::Source,
    plan::Action::{DeleteImage, DeleteService, DeleteTaskDefinition, DeregisterTaskDefinition},
};

use super::world::*;

/// An age rule, a service that nobody deploys any more, and an autoscaler that could not pull.
#[test]
fn an_age_rule_does_not_reach_the_image_of_a_quiet_service() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "old", 700, &["v1"]);
    world.image("team/web", "older", 800, &["v0"]);
    world.definition("web:1", 700, &format!("{HOST}/team/web:v1"));
    world.service("web", 2, "web:1");
    for policy in [CLEAN_EVERYTHING.to_owned(), clean_at_once()] {
        let plan = world.plan(&policy);
        assert_eq!(plan.fate_of_image("team/web", "old"), Fate::Kept);
        assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
        assert_eq!(plan.fate_of_image("team/web", "older"), deleted());
    }
}

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

/// ECS resolves a tag once per deployment. The tag then moved; what runs is untagged, and "delete untagged" is exactly
/// the policy that breaks it.
#[test]
fn a_digest_stays_when_its_tag_has_moved_on() {
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

/// Lambda pins digests as well; to a tool that reads ECS alone its image looks unused.
#[test]
fn a_function_holds_the_digest_that_it_pinned() {
    let mut world = World::new();
    world.repository("team/fn");
    world.image("team/fn", "pinned", 300, &[]);
    world.reference("lambda", "arn:aws:lambda:eu-central-1:000000000000:function:hook").image =
        Some(format!("{HOST}/team/fn@{}", digest("pinned")));
    assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/fn", "pinned"), Fate::Kept);
}

fn multi_arch(world: &mut World) {
    world.repository("team/web");
    world.image("team/web", "amd64", 300, &[]);
    world.image("team/web", "arm64", 300, &[]);
    world.image("team/web", "attestation", 300, &[]);
    world.index("team/web", "index", 300, &["v1"], &["amd64", "arm64", "attestation"]);
}

/// "Untagged" children of a tagged index are not untagged: without them nothing can be pulled.
#[test]
fn the_children_of_an_index_in_use_stay() {
    let mut world = World::new();
    multi_arch(&mut world);
    world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
    world.service("web", 1, "web:1");
    let plan = world.plan(&clean_at_once());
    for name in ["index", "amd64", "arm64", "attestation"] {
        assert_eq!(plan.fate_of_image("team/web", name), Fate::Kept, "{name}");
    }
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

/// ECR refuses a child while its index is there, per item, in an answer of 200: the index goes first.
#[test]
fn an_index_goes_before_its_children() {
    let mut world = World::new();
    multi_arch(&mut world);
    let plan = world.plan(CLEAN_EVERYTHING);
    let index = image_address("team/web", "index");
    for name in ["amd64", "arm64", "attestation"] {
        let child = image_address("team/web", name);
        assert!(plan.waits((DeleteImage, &child), (DeleteImage, &index)), "{name}");
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

/// Signatures and SBOMs are untagged or strangely tagged images to a tool that does not know them.
#[test]
fn signatures_and_sboms_stay_and_go_with_their_subject() {
    for (in_use, fate) in [(true, Fate::Kept), (false, deleted())] {
        let mut world = World::new();
        multi_arch(&mut world);
        let signature = format!("{}.sig", digest("index").as_str().replace(':', "-"));
        world.image("team/web", "signature", 300, &[&signature]);
        world.image("team/web", "sbom", 300, &[]).subject_manifest_digest = Some(digest("index"));
        world.image("team/web", "signature of sbom", 300, &[]).subject_manifest_digest = Some(digest("sbom"));
        if in_use {
            world.definition("web:1", 300, &format!("{HOST}/team/web:v1"));
            world.service("web", 1, "web:1");
        }
        let plan = world.plan(&clean_at_once());
        for name in ["signature", "sbom", "signature of sbom"] {
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
fn one_matching_tag_of_several_does_not_condemn_an_image() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "promoted", 300, &["pr-17", "release-1"]);
    world.image("team/web", "only a branch", 300, &["pr-18", "pr-19"]);
    let plan = world.plan(PULL_REQUESTS);
    assert_eq!(plan.fate_of_image("team/web", "promoted"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "only a branch"), deleted());
    let both = format!(
        "{PULL_REQUESTS}retention \"image\" \"releases\" {{\n  match {{ tags = [\"release-*\"] }}\n  \
         delete {{ unused_for = \"7d\" }}\n}}\n"
    );
    assert_eq!(world.plan(&both).fate_of_image("team/web", "promoted"), deleted(), "each tag has a rule now");
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

/// Pull times are good to a day, absent if never, and silent about what has been running all along.
#[test]
fn a_pull_is_evidence_of_use_and_no_pull_is_no_evidence_against_it() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "pulled lately", 300, &["a"]).last_recorded_pull_time = ago(5);
    world.image("team/web", "never pulled", 300, &["b"]);
    world.image("team/web", "never pulled but running", 300, &["c"]);
    world.definition("web:1", 300, &format!("{HOST}/team/web:c"));
    world.service("web", 1, "web:1");
    let plan = world.plan(CLEAN_EVERYTHING);
    assert_eq!(plan.fate_of_image("team/web", "pulled lately"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "never pulled"), deleted());
    assert_eq!(plan.fate_of_image("team/web", "never pulled but running"), Fate::Kept);
}

/// Terraform and CloudFormation deregister the old revision at once; the rollback then fails.
#[test]
fn every_definition_of_a_deployment_stays_until_the_deployment_is_over() {
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

/// A cleanup of one cluster listed definitions, which belong to the account, and would have deleted everyone's.
#[test]
fn a_definition_that_another_cluster_runs_is_in_use() {
    let mut world = World::new();
    world.definition("web:1", 300, "nginx:1");
    world.definition("web:2", 300, "nginx:1");
    world.service("web", 1, "web:1").cluster_arn = "arn:aws:ecs:eu-central-1:000000000000:cluster/other".to_owned();
    assert_eq!(world.plan(&clean_at_once()).fate("ecs/task-definition/web:1"), Fate::Kept);
}

/// DELETE_IN_PROGRESS lasts until everything has let go. It is neither deleted again nor taken for gone.
#[test]
fn a_definition_being_deleted_still_holds_for_whom_it_runs() {
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

/// Whoever does not appear in what one tool reads is "unused": EKS, a laptop, another company.
#[test]
fn only_repositories_that_opted_in_are_touched() {
    let mut world = World::new();
    for (repository, tags) in [
        ("in", vec![tag("jettison", "enabled")]),
        ("silent", vec![]),
        ("other-value", vec![tag("jettison", "soon")]),
        ("protected", vec![tag("jettison", "enabled"), tag("jettison:protect", "")]),
    ] {
        world.repository_with(repository, &tags);
        world.image(repository, "old", 900, &["v1"]);
    }
    world.image("unlisted", "old", 900, &["v1"]);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("in", "old"), deleted());
    for repository in ["silent", "other-value", "protected", "unlisted"] {
        assert_eq!(plan.fate_of_image(repository, "old"), Fate::Kept, "{repository}");
    }
}

/// Throttling, or a missing permission, was logged and then taken for "nothing there".
#[test]
fn a_source_that_could_not_be_read_blocks_whatever_it_may_hold() {
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

/// ECR answers under several host names; a reference through another one than expected is a reference.
#[test]
fn every_host_name_of_the_registry_is_the_registry() {
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

/// An archived image is still an image: pulling it is a 404, deleting it is final, and one on its way back is wanted.
#[test]
fn an_archived_image_in_use_stays_and_one_being_restored_too() {
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
    assert_eq!(world.plan(CLEAN_EVERYTHING).fate_of_image("team/web", "restored"), Fate::Kept);
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
