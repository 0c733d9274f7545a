//! Service deployments and revisions: what is read, in how few calls, and what becomes of what cannot be.

use std::{collections::BTreeSet, sync::Arc};

use jettison::{
    collect::{MemoryCache, Options},
    inventory::{
        ContainerImage, Controller, Inventory, RevisionSummary, Rollback, Service, ServiceDeployment, ServiceRevision,
    },
    model::Source,
    sim,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    cloud::{Cloud, error},
    gaps, options,
    world::{arn, assert_same, at, cluster, definition, digest, empty, seen, service, written},
};

fn summary(revision: &str) -> RevisionSummary {
    RevisionSummary { arn: revision.to_owned(), ..RevisionSummary::default() }
}

fn revision_arn(service: &str, number: usize) -> String {
    arn(&format!("service-revision/{service}/{number}"))
}

fn deployment_arn(service: &str, number: usize) -> String {
    arn(&format!("service-deployment/{service}/{number}"))
}

fn revision(service: &str, number: usize, definition: &str) -> ServiceRevision {
    ServiceRevision {
        service_revision_arn: revision_arn(service, number),
        service_arn: arn(&format!("service/{service}")),
        cluster_arn: arn(&format!("cluster/{}", service.split('/').next().unwrap())),
        task_definition: Some(arn(&format!("task-definition/{definition}"))),
        container_images: vec![ContainerImage {
            container_name: "web".to_owned(),
            image: Some("nginx:1".to_owned()),
            image_digest: Some(digest(number).to_string()),
        }],
        created_at: Some(at("2026-10-01T00:00:00Z")),
    }
}

/// The `number`-th deployment of a service, from the revision before it, as a list tells it.
fn deployment(service: &str, number: usize, status: &str) -> ServiceDeployment {
    let created = format!("2026-10-{:02}T{:02}:00:00Z", 1 + number / 24, number % 24);
    ServiceDeployment {
        service_deployment_arn: deployment_arn(service, number),
        service_arn: arn(&format!("service/{service}")),
        cluster_arn: arn(&format!("cluster/{}", service.split('/').next().unwrap())),
        status: status.to_owned(),
        created_at: Some(at(&created)),
        started_at: Some(at(&created)),
        finished_at: (status != "IN_PROGRESS").then(|| at(&created)),
        source_service_revisions: Vec::new(),
        target_service_revision: Some(summary(&revision_arn(service, number))),
        rollback: None,
    }
}

/// A service with a history of successful deployments 1 to `count`, at rest.
fn add(world: &mut Inventory, cluster: &str, name: &str, count: usize) {
    let path = format!("{cluster}/{name}");
    let mut whole = service(cluster, name, "web:1");
    whole.current_service_deployment = Some(deployment_arn(&path, count));
    whole.current_service_revisions = vec![summary(&revision_arn(&path, count))];
    world.services.push(seen(whole));
    for number in 1..=count {
        let mut deployment = deployment(&path, number, "SUCCESSFUL");
        if number == count && number > 1 {
            deployment.source_service_revisions = vec![summary(&revision_arn(&path, number - 1))];
        }
        world.service_deployments.push(seen(deployment));
        world.service_revisions.push(seen(revision(&path, number, "web:1")));
    }
}

/// One service with three deployments.
fn small() -> Inventory {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    world.task_definitions = vec![seen(definition("web", 1, "ACTIVE"))];
    add(&mut world, "main", "web", 3);
    world
}

/// The same in the midst of its fourth deployment, which goes from the third revision to the fourth.
fn deploying(status: &str) -> Inventory {
    let mut world = small();
    let begun = ServiceDeployment {
        source_service_revisions: vec![summary(&revision_arn("main/web", 3))],
        ..deployment("main/web", 4, status)
    };
    let service = &mut world.services[0].value;
    service.current_service_deployment = Some(begun.service_deployment_arn.clone());
    service.current_service_revisions.push(summary(&revision_arn("main/web", 4)));
    service.deployments[0].rollout_state = Some("IN_PROGRESS".to_owned());
    world.service_deployments.push(seen(begun));
    world.service_revisions.push(seen(revision("main/web", 4, "web:1")));
    world
}

fn asked_for(cloud: &Cloud, operation: &str, member: &str) -> Vec<Vec<String>> {
    let arns =
        |body: &Value| body[member].as_array().unwrap().iter().map(|arn| arn.as_str().unwrap().to_owned()).collect();
    cloud.asked(operation).iter().map(|asked| arns(&asked.body)).collect()
}

fn described_deployments(cloud: &Cloud) -> BTreeSet<String> {
    asked_for(cloud, "DescribeServiceDeployments", "serviceDeploymentArns").into_iter().flatten().collect()
}

fn described_revisions(cloud: &Cloud) -> BTreeSet<String> {
    asked_for(cloud, "DescribeServiceRevisions", "serviceRevisionArns").into_iter().flatten().collect()
}

/// How often the simulated AWS itself was asked.
fn calls(cloud: &Cloud, operation: &str) -> usize {
    cloud.sim.calls().iter().filter(|call| call.operation == operation).count()
}

fn revisions_read(read: &Inventory) -> Vec<String> {
    read.service_revisions.iter().map(|seen| seen.value.service_revision_arn.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_whole_history_is_read_and_only_the_newest_is_described() {
    let world = small();
    let cloud = Cloud::new(&world);
    assert_same(&cloud.collect(options(), &Arc::default()).await, &world);
    assert_eq!(described_deployments(&cloud), [deployment_arn("main/web", 3)].into());
    assert_eq!(described_revisions(&cloud).len(), 3);
    let unfinished = deploying("IN_PROGRESS");
    let cloud = Cloud::new(&unfinished);
    assert_same(&cloud.collect(options(), &Arc::default()).await, &unfinished);
    let newest = [deployment_arn("main/web", 3), deployment_arn("main/web", 4)];
    assert_eq!(described_deployments(&cloud), newest.into(), "the unfinished one, and the newest success");
}

/// 30 services in two clusters with 7 deployments each: pages per service, batches across all of them.
#[tokio::test(start_paused = true)]
async fn batches_are_filled_across_services_and_clusters() {
    let mut world = empty();
    world.clusters = vec![seen(cluster("a")), seen(cluster("b"))];
    world.task_definitions = vec![seen(definition("web", 1, "ACTIVE"))];
    for number in 0..30 {
        add(&mut world, if number % 2 == 0 { "a" } else { "b" }, &format!("s{number:02}"), 7);
    }
    add(&mut world, "b", "busy", 205);
    let cloud = Cloud::new(&world);
    let cache = Arc::default();
    assert_same(&cloud.collect(options(), &cache).await, &world);
    assert_eq!(calls(&cloud, "ListServiceDeployments"), 30 + 3);
    assert_eq!(calls(&cloud, "DescribeServiceDeployments"), 2, "31 newest ones, 20 a call");
    assert_eq!(calls(&cloud, "DescribeServiceRevisions"), 21, "30 × 7 + 205 revisions, 20 a call");
    let batches = asked_for(&cloud, "DescribeServiceRevisions", "serviceRevisionArns");
    assert_eq!(batches.iter().filter(|batch| batch.len() == 20).count(), 20);

    // What is over and what is pinned never changes.
    add(&mut world, "a", "new", 2);
    let cloud = Cloud::new(&world);
    assert_same(&cloud.collect(options(), &cache).await, &world);
    assert_eq!(described_revisions(&cloud), [revision_arn("a/new", 1), revision_arn("a/new", 2)].into());
    assert_eq!(described_deployments(&cloud), [deployment_arn("a/new", 2)].into());
    let listed = cloud.asked("ListServiceDeployments");
    assert_eq!(listed.iter().map(|asked| asked.text("service")).collect::<Vec<_>>(), [arn("service/a/new")]);
}

/// Only another deployment can change the history of a service at rest, and the service would name it.
#[tokio::test(start_paused = true)]
async fn a_history_is_listed_again_once_it_may_have_changed() {
    let asks = |world: Inventory, later: Options, cache: Arc<MemoryCache>| async move {
        let clock = sim::Options { starts_at: Some(later.taken_at), ..sim::Options::default() };
        let cloud = Cloud::of_text(&written(&world), &world, clock);
        let read = cloud.collect(later, &cache).await;
        assert_eq!(gaps(&read), BTreeSet::new());
        (calls(&cloud, "ListServiceDeployments"), read.service_deployments.len())
    };
    for (changed, expected) in [(small(), (0, 3)), (deploying("IN_PROGRESS"), (1, 4)), (deploying("STOPPED"), (1, 4))] {
        let cache = Arc::default();
        assert_eq!(asks(small(), options(), Arc::clone(&cache)).await, (1, 3));
        assert_eq!(asks(changed, options(), cache).await, expected);
    }
    // Not at rest, or not at its newest deployment: nothing is remembered.
    let mut behind = small();
    behind.services[0].value.current_service_deployment = Some(deployment_arn("main/web", 2));
    for world in [behind, deploying("IN_PROGRESS")] {
        let cache = Arc::default();
        asks(world.clone(), options(), Arc::clone(&cache)).await;
        assert_eq!(asks(world, options(), cache).await.0, 1);
    }
    // AWS forgets after ninety days, and so does the cache, but for what the next task starts from.
    let cache = Arc::default();
    asks(small(), options(), Arc::clone(&cache)).await;
    let later = Options { taken_at: at("2027-01-01T00:00:00Z"), ..options() };
    assert_eq!(asks(small(), later, cache).await, (0, 1));
}

/// The revision before the oldest deployment that AWS still shows may be gone with its own deployment. It holds nothing; any other
/// revision that is named and not there may hold anything.
#[tokio::test(start_paused = true)]
async fn a_revision_that_was_replaced_before_the_history_begins_may_be_forgotten() {
    let (forgotten, target) = (revision_arn("main/web", 1), revision_arn("main/web", 2));
    let world_without = |missing: &str, status: &str| {
        let mut world = deploying(status);
        // The history begins with the second deployment.
        world.service_deployments.remove(0);
        world.service_deployments[0].value.source_service_revisions = vec![summary(&forgotten)];
        world.services[0].value.current_service_deployment = Some(deployment_arn("main/web", 4));
        world.service_revisions.retain(|seen| seen.value.service_revision_arn != missing);
        world
    };
    let sources = |arn: &str| vec![summary(arn)];
    for (missing, status, source, expected) in [
        (&forgotten, "SUCCESSFUL", &forgotten, BTreeSet::new()),
        (&forgotten, "IN_PROGRESS", &forgotten, [(Source::ServiceRevisions, Some(forgotten.clone()))].into()),
        (&target, "SUCCESSFUL", &target, [(Source::ServiceRevisions, Some(target.clone()))].into()),
    ] {
        let mut world = world_without(missing, status);
        world.service_deployments.last_mut().unwrap().value.source_service_revisions = sources(source);
        let read = Cloud::new(&world).collect(options(), &Arc::default()).await;
        assert_eq!(gaps(&read), expected, "{missing} {status}");
    }
    // The tasks of a service went back to it.
    let mut world = world_without(&forgotten, "STOPPED");
    world.service_deployments.last_mut().unwrap().value.source_service_revisions = sources(&forgotten);
    world.services[0].value.current_service_revisions = vec![summary(&forgotten)];
    let read = Cloud::new(&world).collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::ServiceRevisions, Some(forgotten))].into());
}

#[tokio::test(start_paused = true)]
async fn a_revision_without_a_digest_is_read_again() {
    let mut world = small();
    world.service_revisions[2].value.container_images[0].image_digest = None;
    let cache = Arc::default();
    assert_same(&Cloud::new(&world).collect(options(), &cache).await, &world);
    world.service_revisions[2].value.container_images[0].image_digest = Some(digest(9).to_string());
    let cloud = Cloud::new(&world);
    assert_same(&cloud.collect(options(), &cache).await, &world);
    assert_eq!(described_revisions(&cloud), [revision_arn("main/web", 3)].into());
}

/// What is not over has to be asked for again, in a status that nobody has seen before too.
#[tokio::test(start_paused = true)]
async fn an_unknown_status_is_described_each_time_and_kept_as_it_is() {
    let mut world = deploying("BAKING");
    // Not the newest either: nothing but its status is a reason to describe it.
    let service_deployments = &mut world.service_deployments;
    service_deployments[3].value.created_at = Some(at("2026-09-01T00:00:00Z"));
    let cache = Arc::default();
    for _ in 0..2 {
        let cloud = Cloud::new(&world);
        let read = cloud.collect(options(), &cache).await;
        assert_same(&read, &world);
        assert_eq!(read.service_deployments[3].value.status, "BAKING");
        assert!(described_deployments(&cloud).contains(&deployment_arn("main/web", 4)));
    }
}

#[tokio::test(start_paused = true)]
async fn only_services_that_ecs_deploys_are_asked_for_deployments() {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    let with = |name: &str, controller: Option<&str>| Service {
        deployment_controller: controller.map(|kind| Controller { kind: kind.to_owned() }),
        ..service("main", name, "web:1")
    };
    let controllers =
        [("plain", Some("ECS")), ("blue", Some("CODE_DEPLOY")), ("other", Some("EXTERNAL")), ("new", Some("ROBOT"))];
    world.services = controllers.into_iter().map(|(name, controller)| seen(with(name, controller))).collect();
    let cloud = Cloud::new(&world);
    cloud.collect(options(), &Arc::default()).await;
    let asked = cloud.asked("ListServiceDeployments");
    let asked: BTreeSet<_> = asked.iter().map(|asked| asked.text("service").to_owned()).collect();
    assert_eq!(asked, [arn("service/main/plain"), arn("service/main/new")].into());
}

#[tokio::test(start_paused = true)]
async fn each_operation_denied_is_a_gap_of_its_source_and_the_rest_is_read() {
    let revisions = Source::ServiceRevisions;
    let deployments = Source::ServiceDeployments;
    for (denied, source, left) in [
        ("ListServiceDeployments", deployments, vec![3]),
        ("DescribeServiceDeployments", deployments, vec![1, 2, 3]),
        ("DescribeServiceRevisions", revisions, vec![]),
    ] {
        let cloud = Cloud::new(&small()).denying(denied);
        let read = cloud.collect(options(), &Arc::default()).await;
        assert_eq!(gaps(&read), [(source, None)].into(), "{denied}");
        assert!(read.gaps[0].error.contains("access denied") && read.gaps[0].error.contains(denied));
        let left: Vec<_> = left.into_iter().map(|number| revision_arn("main/web", number)).collect();
        assert_eq!(revisions_read(&read), left, "{denied}");
        assert_eq!(read.services, small().services);
        let cloud = Cloud::new(&small()).denying(denied);
        let read = cloud.reference_sweep(options(), &Arc::default()).await;
        let is_called = denied != "ListServiceDeployments";
        assert_eq!(gaps(&read), is_called.then_some((source, None)).into_iter().collect(), "{denied}");
    }
}

/// What services themselves name is read although their deployments cannot be listed.
#[tokio::test(start_paused = true)]
async fn current_revisions_are_read_when_listing_is_denied() {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    (0..150).for_each(|number| add(&mut world, "main", &format!("s{number:03}"), 1));
    let cloud = Cloud::new(&world).denying("ListServiceDeployments");
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::ServiceDeployments, None)].into());
    assert_eq!(read.service_revisions, world.service_revisions);
    assert!(cloud.asked("ListServiceDeployments").len() < 100, "{:?}", cloud.calls());
}

/// Deployments and revisions have quotas of their own: at AWS's published rates the slower of the two sets the time.
#[tokio::test(start_paused = true)]
async fn no_quota_waits_for_another() {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    (0..400).for_each(|number| add(&mut world, "main", &format!("s{number:03}"), 20));
    let enforced = sim::Options { quotas: true, ..sim::Options::default() };
    let cloud = Cloud::of_text(&written(&world), &world, enforced);
    let start = Instant::now();
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!((gaps(&read), read.service_revisions.len()), (BTreeSet::new(), 8_000));
    assert!(cloud.sim.calls().iter().all(|call| call.error.is_none()), "throttled although alone");
    let deployments = calls(&cloud, "ListServiceDeployments") + calls(&cloud, "DescribeServiceDeployments");
    assert_eq!((deployments, calls(&cloud, "DescribeServiceRevisions")), (400 + 20, 400));
    // Fifty at once, and twenty a second after that.
    let bound = f64::from(u32::try_from(deployments).unwrap() - 50) / 20.0;
    let taken = start.elapsed().as_secs_f64();
    assert!(bound / taken >= 0.95, "{taken} s against a bound of {bound} s");
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_and_missing_is_a_gap_under_its_own_arn() {
    let mut world = small();
    world.service_revisions.remove(1);
    let read = Cloud::new(&world).collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::ServiceRevisions, Some(revision_arn("main/web", 2)))].into());
    assert_eq!(read.gaps[0].error, "MISSING");
    let lost = deployment_arn("main/web", 3);
    let arn = lost.clone();
    let cloud = Cloud::new(&small()).intercepting(move |asked| {
        let failure = json!({ "serviceDeployments": [], "failures": [{ "arn": arn, "reason": "MISSING" }] });
        (asked.operation == "DescribeServiceDeployments").then_some((200, failure))
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::ServiceDeployments, Some(lost))].into());
    assert_eq!(read.service_deployments.len(), 3, "what the list told stays");
    let cloud = Cloud::new(&small()).intercepting(|asked| {
        (asked.operation == "DescribeServiceRevisions").then(|| (200, json!({ "serviceRevisions": [] })))
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(read.gaps.len(), 3, "an answer that passes over what it was asked for");
}

/// One object that is gone must not make a gap of nineteen others.
#[tokio::test(start_paused = true)]
async fn a_batch_that_one_object_spoils_is_asked_for_in_halves() {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    world.task_definitions = vec![seen(definition("web", 1, "ACTIVE"))];
    add(&mut world, "main", "web", 45);
    let lost = revision_arn("main/web", 17);
    let arn = lost.clone();
    let cloud = Cloud::new(&world).intercepting(move |asked| {
        let names_it = asked.body["serviceRevisionArns"].as_array().is_some_and(|arns| arns.contains(&json!(arn)));
        if names_it { error("ServiceNotFoundException", "Service not found.") } else { None }
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::ServiceRevisions, Some(lost))].into());
    assert_eq!(read.service_revisions.len(), 44);
    assert!(cloud.asked("DescribeServiceRevisions").len() <= 3 + 2 * 5, "{:?}", cloud.calls());
}

/// Deleted between the two calls: a gap, unless AWS says that it is INACTIVE.
#[tokio::test(start_paused = true)]
async fn a_service_that_went_meanwhile_is_no_gap_once_it_is_inactive() {
    for (status, expected) in [("INACTIVE", 0), ("DRAINING", 1)] {
        let mut gone = serde_json::to_value(&small().services[0].value).unwrap();
        gone["status"] = status.into();
        gone["createdAt"] = 0.into();
        for time in ["createdAt", "updatedAt"] {
            gone["deployments"][0][time] = 0.into();
        }
        let described = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let cloud = Cloud::new(&small()).intercepting(move |asked| match asked.operation.as_str() {
            "ListServiceDeployments" => error("ServiceNotFoundException", "Service not found."),
            "DescribeServices" if described.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 => {
                Some((200, json!({ "services": [gone], "failures": [] })))
            }
            _ => None,
        });
        let read = cloud.collect(options(), &Arc::default()).await;
        let web = (Source::ServiceDeployments, Some(arn("service/main/web")));
        assert_eq!(gaps(&read), (0..expected).map(|_| web.clone()).collect(), "{status}");
        assert_eq!(read.services.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_waived_source_is_not_asked_for() {
    let waiving = |source| {
        let mut options = options();
        options.waived.insert(source);
        options
    };
    let cloud = Cloud::new(&small());
    let read = cloud.collect(waiving(Source::ServiceDeployments), &Arc::default()).await;
    assert_eq!((gaps(&read), revisions_read(&read)), (BTreeSet::new(), vec![revision_arn("main/web", 3)]));
    assert_eq!(calls(&cloud, "ListServiceDeployments") + calls(&cloud, "DescribeServiceDeployments"), 0);
    let cloud = Cloud::new(&small());
    let read = cloud.collect(waiving(Source::ServiceRevisions), &Arc::default()).await;
    assert_eq!((gaps(&read), read.service_deployments.len()), (BTreeSet::new(), 3));
    assert_eq!(calls(&cloud, "DescribeServiceRevisions"), 0);
}

/// Right before a deletion the history is of no interest: one call for twenty services at rest, and none for those whose
/// newest deployment is known to be over.
#[tokio::test(start_paused = true)]
async fn the_reference_sweep_lists_no_history_of_services_at_rest() {
    let cache = Arc::<MemoryCache>::default();
    let cloud = Cloud::new(&small());
    let read = cloud.reference_sweep(options(), &cache).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    assert_eq!(revisions_read(&read), [revision_arn("main/web", 3)]);
    assert_eq!(read.service_deployments.len(), 1);
    assert_eq!(calls(&cloud, "ListServiceDeployments"), 0);
    let cloud = Cloud::new(&small());
    assert_eq!(cloud.reference_sweep(options(), &cache).await, read);
    assert_eq!(calls(&cloud, "DescribeServiceDeployments") + calls(&cloud, "DescribeServiceRevisions"), 0);
}

#[tokio::test(start_paused = true)]
async fn the_reference_sweep_reads_what_a_deployment_under_way_comes_from() {
    let cloud = Cloud::new(&deploying("IN_PROGRESS"));
    let read = cloud.reference_sweep(options(), &Arc::default()).await;
    assert_eq!(revisions_read(&read), [revision_arn("main/web", 3), revision_arn("main/web", 4)]);
    // A service that names no current deployment is listed, and so is one at rest whose newest deployment failed.
    let mut unnamed = small();
    unnamed.services[0].value.current_service_deployment = None;
    unnamed.services[0].value.current_service_revisions.clear();
    let read = Cloud::new(&unnamed).reference_sweep(options(), &Arc::default()).await;
    assert_eq!(revisions_read(&read), [revision_arn("main/web", 3)], "the newest that succeeded");
    let mut failed = deploying("ROLLBACK_SUCCESSFUL");
    failed.service_deployments[3].value.rollback =
        Some(Rollback { service_revision_arn: revision_arn("main/web", 2), ..Rollback::default() });
    failed.services[0].value.deployments[0].rollout_state = Some("COMPLETED".to_owned());
    failed.services[0].value.current_service_revisions.clear();
    let read = Cloud::new(&failed).reference_sweep(options(), &Arc::default()).await;
    assert_eq!(revisions_read(&read), [revision_arn("main/web", 2), revision_arn("main/web", 3)]);
}

/// A rollback target's definition may have been deregistered long ago: its images are held all the same.
#[tokio::test(start_paused = true)]
async fn a_definition_that_only_a_revision_names_is_described_in_the_reference_sweep() {
    let mut world = deploying("IN_PROGRESS");
    world.service_revisions[2].value.task_definition = Some(arn("task-definition/old:1"));
    world.task_definitions.push(seen(definition("old", 1, "INACTIVE")));
    let read = Cloud::new(&world).reference_sweep(options(), &Arc::default()).await;
    let names: Vec<_> = read.task_definitions.iter().map(|seen| seen.value.family.as_str()).collect();
    assert_eq!((gaps(&read), names), (BTreeSet::new(), vec!["old", "web"]));
}

/// The lifecycle of the simulated AWS, seen by a collection: from IN_PROGRESS to SUCCESSFUL, with a digest.
#[tokio::test(start_paused = true)]
async fn a_deployment_is_followed_from_its_beginning_to_its_end() {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    world.task_definitions = vec![seen(definition("web", 1, "ACTIVE"))];
    let mut begun = service("main", "web", "web:1");
    begun.deployments[0].rollout_state = Some("IN_PROGRESS".to_owned());
    world.services = vec![seen(begun)];
    let cloud = Cloud::of_text(&written(&world), &world, sim::Options::default());
    let request = |target: &str, body: Value| {
        let scope = "Credential=AKIA000000000000DEMO/20261101/eu-central-1/ecs/aws4_request, Signature=0";
        let request = http::Request::builder()
            .header("x-amz-target", format!("AmazonEC2ContainerServiceV20141113.{target}"))
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}"));
        assert_eq!(cloud.sim.answer(request.body(body.to_string().into()).unwrap()).unwrap().status(), 200);
    };
    request(
        "UpdateService",
        json!({ "cluster": "main", "service": "web", "desiredCount": 1, "forceNewDeployment": true }),
    );
    let cache = Arc::default();
    let first = cloud.collect(options(), &cache).await;
    assert_eq!(first.service_deployments[0].value.status, "IN_PROGRESS");
    assert_eq!(first.service_revisions[0].value.container_images[0].image_digest, None);
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    let second = cloud.collect(options(), &cache).await;
    assert_eq!((gaps(&second), second.service_deployments[0].value.status.as_str()), (BTreeSet::new(), "SUCCESSFUL"));
    assert!(second.service_revisions[0].value.container_images[0].image_digest.is_some());
    assert_eq!(second.services[0].value.current_service_revisions[0].running_task_count, 1);
}
