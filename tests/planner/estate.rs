//! The whole estate: holders that only deployments, daemons, schedules and functions tell of, one test for each trap.

use jettison::{
    inventory::{
        ContainerDefinition, ContainerImage, Daemon, DaemonRevision, DaemonRevisionSummary, DaemonTaskDefinition,
        DeleteReplication, PullThroughCacheRule, Registry, ReplicationConfiguration, ReplicationDestination,
        ReplicationRule, RevisionSummary, Rollback, Seen, ServiceDeployment, ServiceRevision,
    },
    model::{Location, ReasonCode, Resource, Revision, Scope, Source},
    plan::Action::{DeleteImage, DeleteService},
};

use super::world::*;

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}/main/{name}")
}

fn named(revision: &str) -> RevisionSummary {
    RevisionSummary { arn: arn("service-revision", revision), ..RevisionSummary::default() }
}

impl World {
    /// A revision `web/1` of the service `web`: what it ran, and the image that it pinned, if any.
    fn revision(&mut self, name: &str, definition: &str, uri: &str, pinned: Option<&str>) {
        let service = name.split('/').next().unwrap();
        let revision = ServiceRevision {
            service_revision_arn: arn("service-revision", name),
            service_arn: arn("service", service),
            cluster_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main"),
            task_definition: Some(definition_arn(definition)),
            container_images: vec![ContainerImage {
                container_name: "app".to_owned(),
                image: Some(uri.to_owned()),
                image_digest: pinned.map(|name| digest(name).to_string()),
            }],
            created_at: None,
        };
        self.inventory.service_revisions.push(Seen::new(home(), revision));
    }

    /// A deployment `web/d1` of the service `web`, begun and ended so many days ago, of this revision.
    fn deployment(&mut self, name: &str, status: &str, began: i64, target: &str) -> &mut ServiceDeployment {
        let service = name.split('/').next().unwrap();
        let deployment = ServiceDeployment {
            service_deployment_arn: arn("service-deployment", name),
            service_arn: arn("service", service),
            cluster_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main"),
            status: status.to_owned(),
            created_at: ago(began),
            started_at: ago(began),
            finished_at: ago(began),
            target_service_revision: Some(named(target)),
            ..ServiceDeployment::default()
        };
        self.inventory.service_deployments.push(Seen::new(home(), deployment));
        &mut self.inventory.service_deployments.last_mut().unwrap().value
    }
}

/// A repository `team/web` with the tag `stable` on the image of now, and an older one that lost it.
fn moved_tag() -> (World, String) {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "of then", 300, &[]);
    world.image("team/web", "of now", 200, &["stable"]);
    world.image("team/web", "left over", 300, &[]);
    (world, format!("{HOST}/team/web:stable"))
}

/// Everything that may go goes, but for services.
fn but_services() -> String {
    clean_at_once().replacen("cluster = [\"*\"]", "cluster = [\"other\"]", 1)
}

/// Scaled to zero by night, and the tag moved by day: no task shows the digest any more, and the next scale-out pulls it.
#[test]
fn a_service_scaled_to_zero_whose_tag_moved_is_held_by_its_revision_alone() {
    let (mut world, uri) = moved_tag();
    world.definition("web:1", 300, &uri);
    world.service("web", 0, "web:1").current_service_revisions = vec![named("web/1")];
    world.revision("web/1", "web:1", &uri, Some("of then"));
    let plan = world.plan(&but_services());
    assert_eq!(plan.fate_of_image("team/web", "of then"), Fate::Kept, "the revision pinned it");
    assert_eq!(plan.fate_of_image("team/web", "of now"), Fate::Kept, "the definition names its tag");
    assert_eq!(plan.fate_of_image("team/web", "left over"), deleted());
}

/// Without the revisions that its services name, an inventory does not tell what they pinned.
#[test]
fn a_revision_that_is_named_and_not_there_may_be_anything() {
    let (mut world, uri) = moved_tag();
    world.definition("web:1", 300, &uri);
    world.definition("web:2", 300, "nginx");
    world.service("web", 0, "web:1").current_service_revisions = vec![named("web/1")];
    let plan = world.plan(&but_services());
    assert_eq!(plan.fate_of_image("team/web", "left over"), Fate::Blocked);
    let waived = but_services() + "waive \"service_revisions\" { reason = \"a test\" }\n";
    assert_eq!(world.plan(&waived).fate_of_image("team/web", "of then"), deleted(), "the policy says so");
}

/// The circuit breaker goes back to the last revision that was deployed with success, whatever failed since.
#[test]
fn the_last_success_stays_while_later_deployments_fail() {
    let (mut world, uri) = moved_tag();
    world.image("team/web", "before that", 300, &[]);
    for revision in 1..=3 {
        world.definition(&format!("web:{revision}"), 300, &uri);
    }
    world.service("web", 0, "web:3");
    world.revision("web/0", "web:1", &uri, Some("before that"));
    world.revision("web/1", "web:2", &uri, Some("of then"));
    world.revision("web/2", "web:3", &uri, Some("of now"));
    world.deployment("web/d0", "SUCCESSFUL", 80, "web/0");
    world.deployment("web/d1", "SUCCESSFUL", 60, "web/1");
    world.deployment("web/d2", "STOPPED", 40, "web/2");
    let plan = world.plan(&but_services());
    assert_eq!(plan.fate("ecs/task-definition/web:2"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "of then"), Fate::Kept);
    assert!(matches!(plan.fate("ecs/task-definition/web:1"), Fate::Retired(_)), "a later success replaced it");
    assert_eq!(plan.fate_of_image("team/web", "before that"), deleted());
}

/// AWS forgets a deployment after 90 days. What a later one went back to is then the only word of the last success.
#[test]
fn what_a_rollback_went_back_to_stays() {
    let (mut world, uri) = moved_tag();
    world.definition("web:1", 300, &uri);
    world.definition("web:2", 300, &uri);
    world.service("web", 0, "web:2");
    world.revision("web/1", "web:1", &uri, Some("of then"));
    world.revision("web/2", "web:2", &uri, Some("of now"));
    let rollback = Rollback { service_revision_arn: named("web/1").arn, ..Rollback::default() };
    world.deployment("web/d2", "ROLLBACK_SUCCESSFUL", 40, "web/2").rollback = Some(rollback);
    let plan = world.plan(&but_services());
    assert_eq!(plan.fate_of_image("team/web", "of then"), Fate::Kept);
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
}

/// A status that AWS invents tomorrow is not an end.
#[test]
fn a_deployment_in_an_unknown_status_holds_source_and_target() {
    for status in
        ["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "MUSING", ""]
    {
        let (mut world, uri) = moved_tag();
        for revision in 1..=3 {
            world.definition(&format!("web:{revision}"), 300, &uri);
        }
        world.service("web", 0, "web:3");
        world.revision("web/1", "web:1", &uri, Some("of then"));
        world.revision("web/2", "web:2", &uri, Some("left over"));
        world.revision("web/3", "web:3", &uri, Some("of now"));
        world.deployment("web/d2", status, 40, "web/2").source_service_revisions = vec![named("web/1")];
        world.deployment("web/d3", "SUCCESSFUL", 20, "web/3");
        let plan = world.plan(&clean_at_once());
        assert_eq!(plan.fate("ecs/service/main/web"), Fate::Kept, "{status}: its deployment is not over");
        for name in ["of then", "left over", "of now"] {
            assert_eq!(plan.fate_of_image("team/web", name), Fate::Kept, "{status}: {name}");
        }
        for revision in 1..=3 {
            assert_eq!(plan.fate(&format!("ecs/task-definition/web:{revision}")), Fate::Kept, "{status}");
        }
    }
}

/// AWS forgets deployments and revisions with their service, and so lets go of what they pinned: after the service, not before.
#[test]
fn a_service_that_goes_lets_go_of_what_its_revisions_pinned() {
    let (mut world, uri) = moved_tag();
    world.definition("web:1", 300, &uri);
    world.service("web", 0, "web:1").current_service_revisions = vec![named("web/1")];
    world.revision("web/1", "web:1", &uri, Some("of then"));
    world.revision("gone/1", "web:1", &uri, Some("left over"));
    world.deployment("gone/d1", "SUCCESSFUL", 400, "gone/1");
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "of then"), deleted());
    let image = image_address("team/web", "of then");
    assert!(plan.waits((DeleteImage, &image), (DeleteService, "ecs/service/main/web")));
    assert_eq!(plan.fate_of_image("team/web", "left over"), deleted(), "its service is not there");
}

/// Nobody watched while it ran: only the deployment that replaced it tells until when.
#[test]
fn a_revision_was_in_use_until_the_deployment_that_replaced_it_was_over() {
    let (mut world, uri) = moved_tag();
    for revision in 1..=3 {
        world.definition(&format!("web:{revision}"), 300, &uri);
    }
    world.service("web", 1, "web:3").current_service_revisions = vec![named("web/3")];
    world.revision("web/1", "web:1", &uri, Some("left over"));
    world.revision("web/2", "web:2", &uri, Some("of then"));
    world.revision("web/3", "web:3", &uri, Some("of now"));
    world.deployment("web/d1", "SUCCESSFUL", 85, "web/1");
    world.deployment("web/d2", "SUCCESSFUL", 50, "web/2");
    world.deployment("web/d3", "SUCCESSFUL", 2, "web/3");
    let policy = |days: &str| CLEAN_EVERYTHING.replace("\"90d\"", &format!("\"{days}\""));
    let plan = world.plan(&policy("40d"));
    assert!(matches!(plan.fate("ecs/task-definition/web:1"), Fate::Retired(_)), "replaced 50 days ago");
    assert_eq!(plan.fate("ecs/task-definition/web:2"), Fate::Kept, "replaced two days ago");
    assert_eq!(plan.fate_of_image("team/web", "left over"), deleted());
    assert_eq!(plan.fate_of_image("team/web", "of then"), Fate::Kept);
    let replaced =
        (home(), Resource::Image { repository: "team/web".into(), digest: digest("of then") }, ago(2).unwrap());
    assert!(plan.ended.contains(&replaced), "the ledger has to know before AWS forgets: {:?}", plan.ended);
    let family = |revision| Resource::TaskDefinition { family: "web".into(), revision: Revision(revision) };
    assert!(plan.ended.contains(&(home(), family(1), ago(50).unwrap())));
    let with_window = policy("0s") + "settings { rollback_window = \"72h\" }\n";
    let plan = world.plan(&with_window);
    let later = Fate::Deferred(now() + jiff::SignedDuration::from_hours(24));
    assert_eq!(plan.fate("ecs/task-definition/web:2"), later, "the rollback window counts from then");
    assert_eq!(plan.fate_of_image("team/web", "of then"), later);
    let observed = policy("40d") + "settings { evidence = \"observed\" }\n";
    assert_eq!(world.plan(&observed).fate("ecs/task-definition/web:1"), Fate::Kept, "the ledger saw nothing");
    world.seen(&family(1), 24 * 50);
    assert!(matches!(world.plan(&observed).fate("ecs/task-definition/web:1"), Fate::Retired(_)));
}

/// An INACTIVE revision that a service went on running: it is the end of that which counts, not the deregistration.
#[test]
fn what_ran_on_after_its_deregistration_waits_for_the_window_too() {
    let (mut world, uri) = moved_tag();
    world.inactive("web:1", 300, 200, &uri);
    world.definition("web:2", 300, &uri);
    world.service("web", 1, "web:2");
    world.revision("web/1", "web:1", &uri, None);
    world.revision("web/2", "web:2", &uri, None);
    world.deployment("web/d1", "SUCCESSFUL", 80, "web/1");
    world.deployment("web/d2", "SUCCESSFUL", 0, "web/2");
    let plan = world.plan(CLEAN_EVERYTHING);
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Deferred(now() + jiff::SignedDuration::from_hours(24)));
}

/// A schedule that names the family alone runs the newest; one that decides when it runs may run any.
#[test]
fn a_choice_made_at_run_time_holds_every_revision_of_its_family() {
    for text in ["web", &definition_arn("web"), "web:7"] {
        let mut world = World::new();
        world.repository("team/web");
        for revision in 1..=3 {
            world.image("team/web", &format!("v{revision}"), 300, &[]);
            let uri = format!("{HOST}/team/web@{}", digest(&format!("v{revision}")));
            world.definition(&format!("web:{revision}"), 300, &uri);
            world.definition(&format!("api:{revision}"), 300, "nginx");
        }
        world.reference("step_functions", "nightly").any_revision_of = Some(text.to_owned());
        let plan = world.plan(&clean_at_once());
        for revision in 1..=3 {
            assert_eq!(plan.fate(&format!("ecs/task-definition/web:{revision}")), Fate::Kept, "{text}");
            assert_eq!(plan.fate_of_image("team/web", &format!("v{revision}")), Fate::Kept, "{text}");
        }
        assert!(matches!(plan.fate("ecs/task-definition/api:1"), Fate::Retired(_)), "another family");
    }
}

#[test]
fn a_choice_that_cannot_be_followed_holds_everything_it_may_mean() {
    let broken = |world: &mut World| {
        world.reference("step_functions", "nightly").any_revision_of = Some("$.definition".to_owned());
    };
    let silent = |world: &mut World| {
        world.reference("step_functions", "nightly");
    };
    for (spoil, holds_services) in [(&broken as &dyn Fn(&mut World), false), (&silent, true)] {
        let (mut world, uri) = moved_tag();
        world.definition("web:1", 300, &uri);
        world.definition("web:2", 300, &uri);
        world.service("idle", 0, "web:2");
        spoil(&mut world);
        let plan = world.plan(&clean_at_once());
        assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Blocked);
        assert_eq!(plan.fate_of_image("team/web", "left over"), Fate::Blocked);
        assert_eq!(plan.fate("ecs/service/main/idle") == Fate::Blocked, holds_services);
    }
}

/// A function's tag is resolved when it is deployed, and every published version has a digest of its own.
#[test]
fn a_function_holds_the_digest_that_it_was_deployed_with() {
    let (mut world, _) = moved_tag();
    let pinned = format!("{HOST}/team/web@{}", digest("of then"));
    world.reference("lambda", "arn:aws:lambda:eu-central-1:000000000000:function:resize:3").image = Some(pinned);
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "of then"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "left over"), deleted());
}

fn daemon(world: &mut World, status: &str) {
    let containers =
        |name: &str| vec![ContainerDefinition { name: "app".to_owned(), image: format!("{HOST}/team/web:{name}") }];
    let definition = DaemonTaskDefinition {
        daemon_task_definition_arn: arn("daemon-task-definition", "agent:1"),
        status: status.to_owned(),
        container_definitions: containers("agent"),
        ..DaemonTaskDefinition::default()
    };
    world.inventory.daemon_task_definitions.push(Seen::new(home(), definition));
    let revision = DaemonRevision {
        daemon_revision_arn: arn("daemon-revision", "agent"),
        daemon_task_definition_arn: Some(arn("daemon-task-definition", "agent:1")),
        container_images: vec![ContainerImage {
            container_name: "app".to_owned(),
            image: Some(format!("{HOST}/team/web:old-agent")),
            image_digest: Some(digest("pinned").to_string()),
        }],
        ..DaemonRevision::default()
    };
    world.inventory.daemon_revisions.push(Seen::new(home(), revision));
    let daemon = Daemon {
        daemon_arn: arn("daemon", "agent"),
        status: "ACTIVE".to_owned(),
        current_revisions: vec![DaemonRevisionSummary { arn: arn("daemon-revision", "agent") }],
        ..Daemon::default()
    };
    world.inventory.daemons.push(Seen::new(home(), daemon));
}

/// Daemons have task definitions of their own, which no list of task definitions shows.
#[test]
fn a_daemon_holds_what_it_pinned_and_what_its_definition_names() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "named", 300, &["agent"]);
    world.image("team/web", "pinned", 300, &[]);
    world.image("team/web", "left over", 300, &[]);
    daemon(&mut world, "ACTIVE");
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "named"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "pinned"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "left over"), deleted());
    world.inventory.daemon_task_definitions[0].value.status = "DELETED".to_owned();
    assert_eq!(world.plan(&clean_at_once()).fate_of_image("team/web", "named"), deleted());
    world.inventory.daemon_revisions.clear();
    assert_eq!(
        world.plan(&clean_at_once()).fate_of_image("team/web", "left over"),
        Fate::Blocked,
        "of a daemon unread"
    );
}

/// Nothing runs at night; in the morning Application Auto Scaling starts it again.
#[test]
fn a_service_that_something_may_start_again_stays() {
    let mut world = World::new();
    world.definition("web:1", 300, "nginx");
    world.service("web", 0, "web:1");
    world.service("forgotten", 0, "web:1");
    world.reference("application_autoscaling", "service/main/web").service = Some("main/web".to_owned());
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate("ecs/service/main/web"), Fate::Kept);
    assert_eq!(plan.plan.kept_by_reason[&ReasonCode::ScalingTarget], 1);
    assert!(matches!(plan.fate("ecs/service/main/forgotten"), Fate::Retired(_)));
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
    world.reference("application_autoscaling", "odd").service = Some("forgotten".to_owned());
    assert_eq!(world.plan(&clean_at_once()).fate("ecs/service/main/forgotten"), Fate::Blocked, "it may mean any");
}

#[test]
fn a_deployment_of_last_week_dates_the_idleness_of_a_service() {
    let mut world = World::new();
    world.definition("web:1", 300, "nginx");
    world.service("web", 0, "web:1");
    assert!(matches!(world.plan(CLEAN_EVERYTHING).fate("ecs/service/main/web"), Fate::Retired(_)));
    world.revision("web/1", "web:1", "nginx", None);
    world.deployment("web/d1", "SUCCESSFUL", 7, "web/1");
    assert_eq!(world.plan(CLEAN_EVERYTHING).fate("ecs/service/main/web"), Fate::Kept);
}

/// BatchGetImage by this tool is a pull like any other on record: other cleaners keep every index for ever by reading it.
#[test]
fn our_own_read_of_an_index_is_no_pull() {
    let policy =
        CLEAN_EVERYTHING.replace("delete { unused_for", "keep { pulled_within = \"30d\" }\n  delete { unused_for");
    for (pulled, read, before, goes) in [
        (30, 30, None, true),
        (30, 30, ago(200), true),
        (30, 30, ago(20), false),
        (1, 1, None, true),
        (30, 31, None, false),
        (30, 40, None, false),
    ] {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "amd64", 300, &[]);
        world.index("team/web", "index", 300, &["v1"], &["amd64"]);
        world.inventory.images[1].value.last_recorded_pull_time = hours_ago(pulled);
        let manifest = &mut world.inventory.manifests[0].value;
        (manifest.read_at, manifest.pulled_before) = (hours_ago(read), before);
        let fate = world.plan(&policy).fate_of_image("team/web", "index");
        assert_eq!(fate == deleted(), goes, "pulled {pulled} h ago, read {read} h ago, before {before:?}: {fate:?}");
    }
}

fn replicates(world: &mut World, region: &str) {
    let rule = ReplicationRule {
        destinations: vec![ReplicationDestination { region: region.to_owned(), registry_id: ACCOUNT.to_owned() }],
        repository_filters: vec![],
        delete_replication: Some(DeleteReplication { enabled: true }),
    };
    let configuration = ReplicationConfiguration { rules: vec![rule] };
    let registry = Registry { registry_id: ACCOUNT.to_owned(), replication_configuration: configuration };
    world.inventory.registries.push(Seen::new(home(), registry));
}

/// One delete here deletes the copies of other Regions and accounts, which nobody asked who uses.
#[test]
fn a_deletion_that_replicates_waits_for_the_copies() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "old", 300, &[]);
    replicates(&mut world, "us-east-1");
    let policy = clean_at_once().replace("[\"eu-central-1\"]", "[\"eu-central-1\", \"us-east-1\"]");
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.fate_of_image("team/web", "old"), Fate::Blocked, "nobody looked there");
    assert_eq!(plan.plan.blocked[0].reasons[0].code, ReasonCode::ReplicatesDeletion);
    let there = Location { region: "us-east-1".into(), ..home() };
    let scope = Scope { account: "demo".into(), account_id: there.account_id.clone(), region: there.region.clone() };
    world.inventory.scopes.push(scope);
    let mut copy = world.inventory.images[0].clone();
    copy.location = there.clone();
    world.inventory.images.push(copy);
    assert_eq!(world.plan(&policy).fate_of_image("team/web", "old"), Fate::Blocked, "the copy has to go first");
    world.inventory.images.pop();
    let plan = world.plan(&policy);
    assert_eq!(plan.fate_of_image("team/web", "old"), deleted());
    let facts = serde_json::to_value(&plan.plan.steps[0].expect).unwrap();
    assert!(facts.to_string().contains(r#"{"at":["000000000000/us-east-1"],"fact":"no_copies"}"#), "{facts}");
    world.gap(Source::Images, None);
    world.inventory.gaps[0].region = Some("us-east-1".into());
    assert_eq!(world.plan(&policy).fate_of_image("team/web", "old"), Fate::Blocked, "nobody could look there");
}

/// A pull of an archived image fails, and deleting it works like any other deletion: it is neither missing nor special.
#[test]
fn an_archived_image_is_known_and_goes_by_the_rules() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "archived", 300, &["v1"]).image_status = Some("ARCHIVED".into());
    world.image("team/web", "needed", 300, &["v2"]).image_status = Some("ARCHIVED".into());
    world.definition("web:1", 300, &format!("{HOST}/team/web:v2"));
    let plan = world.plan(CLEAN_EVERYTHING);
    assert_eq!(plan.fate_of_image("team/web", "archived"), deleted());
    assert_eq!(plan.fate_of_image("team/web", "needed"), Fate::Kept);
}

/// Two hundred repositories do not make two hundred lines.
#[test]
fn a_reviewer_is_told_of_other_accounts_lifecycle_policies_and_caches_in_one_line_each() {
    let mut world = World::new();
    for number in 0..5 {
        let name = format!("hub/r{number}");
        world.repository(&name);
        world.image(&name, &name, 300, &[]);
        let repository = &mut world.inventory.repositories.last_mut().unwrap().value;
        let who = r#"{"AWS":"arn:aws:iam::222222222222:root"}"#;
        repository.policy_text =
            Some(format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{who},"Action":"ecr:BatchGetImage"}}]}}"#));
        repository.lifecycle_policy_text = Some("{}".to_owned());
    }
    let rule = PullThroughCacheRule { ecr_repository_prefix: "hub".to_owned(), upstream_registry_url: None };
    world.inventory.pull_through_cache_rules.push(Seen::new(home(), rule));
    let plan = world.plan(&clean_at_once());
    assert_eq!(plan.plan.warnings.len(), 3, "{:#?}", plan.plan.warnings);
    assert!(plan.plan.warnings.iter().all(|line| line.contains("hub/r0, hub/r1, hub/r2 and 2 more")));
    assert!(plan.plan.warnings[0].contains("222222222222"));
    assert!(plan.plan.applyable.is_yes() && !plan.plan.errored, "a warning stops nothing");
    let untouched = clean_at_once().replace("repository = [\"*\"]", "repository = [\"other\"]");
    assert!(world.plan(&untouched).plan.warnings.is_empty(), "only repositories from which something goes");
}

/// All that AWS remembers of the service has failed: what those deployments replaced is the last that worked.
#[test]
fn what_failed_deployments_replaced_stays_while_nothing_has_succeeded() {
    let (mut world, uri) = moved_tag();
    world.definition("web:1", 300, &uri);
    world.definition("web:2", 300, &uri);
    world.service("web", 0, "web:2");
    world.revision("web/1", "web:1", &uri, Some("of then"));
    world.revision("web/2", "web:2", &uri, Some("of now"));
    world.deployment("web/d2", "STOPPED", 40, "web/2").source_service_revisions = vec![named("web/1")];
    let plan = world.plan(&but_services());
    assert_eq!(plan.fate_of_image("team/web", "of then"), Fate::Kept);
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Kept);
    world.deployment("web/d3", "SUCCESSFUL", 20, "web/2");
    assert_eq!(world.plan(&but_services()).fate_of_image("team/web", "of then"), deleted());
}

/// Rules outlive what they ran, and revisions never come back. What a person lists may be misspelt.
#[test]
fn a_rule_for_a_deleted_definition_holds_nothing_unless_definitions_are_unread() {
    let fate = |source: &str, definition: &str, unread: Option<Source>| {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "old", 300, &["v1"]);
        world.reference(source, "nightly").task_definition = Some(definition.to_owned());
        if let Some(unread) = unread {
            world.gap(unread, Some("web:7"));
        }
        world.plan(&clean_at_once()).fate_of_image("team/web", "old")
    };
    for gone in ["web:7", "web", "arn:aws:ecs:eu-central-1:000000000000:task-definition/web:7"] {
        assert_eq!(fate("eventbridge", gone, None), deleted(), "{gone}");
        assert_eq!(fate("reference.eks", gone, None), Fate::Blocked, "{gone}");
        assert_eq!(fate("eventbridge", gone, Some(Source::TaskDefinitions)), Fate::Blocked, "{gone}");
    }
    for unclear in ["$.definition", "arn:aws:ecs:eu-central-1:999999999999:task-definition/web:7"] {
        assert_eq!(fate("eventbridge", unclear, None), Fate::Blocked, "{unclear}");
    }
}

/// Of an account that nobody reads no revision is known, and each may run any image.
#[test]
fn any_revision_of_a_family_elsewhere_holds_every_image() {
    let fate = |family: &str| {
        let mut world = World::new();
        world.repository("team/web");
        world.image("team/web", "old", 300, &["v1"]);
        world.reference("step_functions", "machine").any_revision_of = Some(family.to_owned());
        world.plan(&clean_at_once()).fate_of_image("team/web", "old")
    };
    assert_eq!(fate("web"), deleted());
    assert_eq!(fate("arn:aws:ecs:eu-central-1:999999999999:task-definition/web"), Fate::Blocked);
}
