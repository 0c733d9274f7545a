//! Collecting from the simulated AWS through the real SDK, on a paused clock.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod aggregator;
mod calls;
mod cloud;
mod daemons;
mod deployments;
mod elsewhere;
mod holders;
mod kept;
mod lists;
mod registry;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use cloud::{Cloud, error};
use jettison::{
    collect::{Event, MemoryCache, Options, UNREAD, collect},
    inventory::{Inventory, Repository, Seen},
    model::{Scope, Source},
    sim,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use world::{
    IMAGE, INDEX, arn, assert_same, cluster, definition, digest, empty, fleet, image, manifest, now, registry_of,
    repository, seen, service, task, written,
};

/// Everything that this build reads of ECS and ECR, and no gap for what it does not.
fn options() -> Options {
    Options { waived: UNREAD.iter().copied().chain(elsewhere::ELSEWHERE).collect(), ..Options::new(now()) }
}

/// The gaps as (source, object).
fn gaps(inventory: &Inventory) -> BTreeSet<(Source, Option<String>)> {
    inventory.gaps.iter().map(|gap| (gap.source, gap.object.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_world_read_whole_equals_its_objects() {
    let world = fleet();
    let read = Cloud::new(&world).collect(options(), &Arc::default()).await;
    assert_same(&read, &world);
}

#[tokio::test(start_paused = true)]
async fn accounts_and_regions_are_read_side_by_side_and_kept_apart() {
    let mut world = fleet();
    let elsewhere =
        Scope { account: "other".into(), account_id: "111111111111".parse().unwrap(), region: "us-east-1".into() };
    let place = elsewhere.location();
    world.registries.push(registry_of(&elsewhere));
    world.scopes.push(elsewhere);
    let repository = Repository {
        repository_arn: "arn:aws:ecr:us-east-1:111111111111:repository/team/web".to_owned(),
        ..repository("team/web")
    };
    world.repositories.push(Seen::new(place.clone(), repository));
    world.images.push(Seen::new(place, image("team/web", 1, IMAGE)));
    let read = Cloud::new(&world).collect(options(), &Arc::default()).await;
    assert_same(&read, &world);
}

/// Several pages and batches of everything.
fn large() -> Inventory {
    let mut world = empty();
    world.clusters = vec![seen(cluster("main"))];
    world.services = (0..205).map(|number| seen(service("main", &format!("s{number:03}"), "web:1"))).collect();
    world.tasks = (0..250).map(|number| seen(task("main", number, "web:1", "RUNNING"))).collect();
    world.task_definitions = (1..=250).map(|revision| seen(definition("web", revision, "ACTIVE"))).collect();
    world.task_definitions.extend((1..=101).map(|revision| seen(definition("old", revision, "INACTIVE"))));
    world.repositories = vec![seen(repository("big")), seen(repository("small"))];
    world.images = (0..2_300).map(|number| seen(image("big", number, IMAGE))).collect();
    world.images.extend((3_000..3_150).map(|number| seen(image("small", number, INDEX))));
    world.manifests = (3_000..3_150).map(|number| seen(manifest("small", number, &[]))).collect();
    world
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_batches_are_full_and_nothing_is_described_twice() {
    let world = large();
    let cloud = Cloud::new(&world);
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_same(&read, &world);
    let expected: BTreeMap<String, usize> = [
        ("ListClusters", 1),
        ("DescribeClusters", 1),
        ("ListServices", 3),
        ("DescribeServices", 21),
        ("ListTasks", 3 + 1),
        ("DescribeTasks", 3),
        ("ListTaskDefinitions", 3 + 2 + 1),
        ("DescribeTaskDefinition", 351),
        ("ListServiceDeployments", 205),
        ("ListDaemons", 1),
        ("ListDaemonTaskDefinitions", 1),
        ("DescribeRepositories", 1),
        ("ListTagsForResource", 2),
        ("DescribeRegistry", 1),
        ("DescribePullThroughCacheRules", 1),
        ("GetRepositoryPolicy", 2),
        ("GetLifecyclePolicy", 2),
        ("DescribeImages", 3 + 1),
        ("BatchGetImage", 2),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into();
    assert_eq!(cloud.calls(), expected);
    let described = cloud.asked("DescribeTaskDefinition");
    let described: BTreeSet<_> = described.iter().map(|asked| asked.text("taskDefinition")).collect();
    assert_eq!(described.len(), 351);
}

#[tokio::test(start_paused = true)]
async fn a_second_collection_describes_only_what_is_new() {
    let mut world = fleet();
    let cache = Arc::new(MemoryCache::default());
    let first = Cloud::new(&world).collect(options(), &cache).await;
    let cloud = Cloud::new(&world);
    let second = cloud.collect(options(), &cache).await;
    assert_same(&second, &first);
    assert!(cloud.asked("DescribeTaskDefinition").is_empty());
    assert!(cloud.asked("BatchGetImage").is_empty());
    world.task_definitions.push(seen(definition("web", 4, "ACTIVE")));
    world.task_definitions[1].value = definition("web", 2, "INACTIVE");
    let cloud = Cloud::new(&world);
    let third = cloud.collect(options(), &cache).await;
    assert_same(&third, &world);
    assert_eq!(cloud.asked("DescribeTaskDefinition").len(), 2, "a new revision, and one in a new status");
}

/// Each source denied in turn: a gap says so, and everything else is read as before.
#[tokio::test(start_paused = true)]
async fn what_is_denied_becomes_a_gap_and_the_rest_is_read() {
    let main = Some(arn("cluster/main"));
    let other = Some(arn("cluster/other"));
    let team_web = Some("team/web".to_owned());
    for (denied, expected) in [
        ("ListClusters", vec![(Source::Services, None), (Source::Tasks, None), (Source::Daemons, None)]),
        ("DescribeClusters", vec![(Source::Services, None)]),
        ("ListServices", vec![(Source::Services, main.clone()), (Source::Services, other.clone())]),
        ("DescribeServices", vec![(Source::Services, main.clone())]),
        ("DescribeTaskSets", vec![(Source::TaskSets, Some(arn("service/main/external")))]),
        ("ListTasks", vec![(Source::Tasks, main.clone()), (Source::Tasks, other.clone())]),
        ("DescribeTasks", vec![(Source::Tasks, main), (Source::Tasks, other)]),
        ("ListTaskDefinitions", vec![(Source::TaskDefinitions, None)]),
        ("DescribeTaskDefinition", vec![(Source::TaskDefinitions, None)]),
        ("DescribeRepositories", vec![(Source::Repositories, None)]),
        ("ListTagsForResource", vec![(Source::Repositories, team_web.clone())]),
        ("DescribeImages", vec![(Source::Images, team_web.clone())]),
        ("BatchGetImage", vec![(Source::Manifests, team_web)]),
        ("DescribeRegistry", vec![(Source::Replication, None)]),
        ("DescribePullThroughCacheRules", vec![(Source::PullThroughCache, None)]),
        ("GetRepositoryPolicy", vec![(Source::RepositoryPolicies, None)]),
        ("GetLifecyclePolicy", vec![(Source::LifecyclePolicies, None)]),
    ] {
        let read = Cloud::new(&fleet()).denying(denied).collect(options(), &Arc::default()).await;
        assert_eq!(gaps(&read), expected.into_iter().collect(), "{denied}");
        assert!(
            read.gaps.iter().all(|gap| gap.error.contains("access denied") && gap.error.contains(denied)),
            "{:?}",
            read.gaps
        );
        let whole = fleet();
        if !["ListClusters", "ListServices", "DescribeServices"].contains(&denied) {
            assert_eq!(read.services, whole.services, "{denied}");
        }
        if !["ListTaskDefinitions", "DescribeTaskDefinition"].contains(&denied) {
            assert_eq!(read.task_definitions, whole.task_definitions, "{denied}");
        }
        if !["DescribeRepositories", "DescribeImages"].contains(&denied) {
            assert_eq!(read.images, whole.images, "{denied}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_is_listed_and_cannot_be_described_is_a_gap() {
    let lost = arn("task-definition/web:3");
    let name = lost.clone();
    let cloud = Cloud::new(&fleet()).intercepting(move |asked| {
        let is_it = asked.operation == "DescribeTaskDefinition" && asked.text("taskDefinition") == name;
        if is_it { error("ClientException", "Unable to describe task definition.") } else { None }
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::TaskDefinitions, Some(lost))].into());
    assert_eq!(read.task_definitions.len(), 2);
}

/// AWS down in the middle: the gap is the whole source, and nobody asks a thousand times.
#[tokio::test(start_paused = true)]
async fn describing_stops_when_it_does_not_get_better() {
    let cloud = Cloud::new(&large())
        .intercepting(|asked| (asked.operation == "DescribeTaskDefinition").then(|| (500, json!({}))));
    let read = cloud.collect(options(), &Arc::default()).await;
    assert!(gaps(&read).contains(&(Source::TaskDefinitions, None)));
    assert!(read.task_definitions.is_empty());
    assert!(cloud.asked("DescribeTaskDefinition").len() < 200, "{:?}", cloud.calls());
    assert_eq!(read.images.len(), 2_450);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_listed_and_not_described_is_a_gap() {
    let lost = arn("service/main/web");
    let name = lost.clone();
    let cloud = Cloud::new(&fleet()).intercepting(move |asked| {
        let failure = json!({ "services": [], "failures": [{ "arn": name, "reason": "MISSING" }] });
        (asked.operation == "DescribeServices").then_some((200, failure))
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    let passed_over = Some(arn("service/main/external"));
    assert_eq!(gaps(&read), [(Source::Services, Some(lost)), (Source::Services, passed_over)].into());
}

#[tokio::test(start_paused = true)]
async fn a_repository_deleted_meanwhile_is_gone_and_no_gap() {
    for operation in ["DescribeImages", "ListTagsForResource"] {
        let cloud = Cloud::new(&fleet()).intercepting(move |asked| {
            if asked.operation == operation { error("RepositoryNotFoundException", "it does not exist") } else { None }
        });
        let read = cloud.collect(options(), &Arc::default()).await;
        assert_eq!((gaps(&read), read.repositories.len(), read.images.len()), (BTreeSet::new(), 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_cannot_be_understood_is_a_gap() {
    let cloud = Cloud::new(&fleet()).intercepting(|asked| {
        let image = json!({ "imageId": { "imageDigest": digest(3) }, "imageManifest": "{\"manifests\":[{}]}" });
        (asked.operation == "BatchGetImage").then(|| (200, json!({ "images": [image] })))
    });
    let cache = Arc::default();
    let read = cloud.collect(options(), &cache).await;
    assert_eq!(gaps(&read), [(Source::Manifests, Some(format!("team/web@{}", digest(3))))].into());
    let again = Cloud::new(&fleet()).collect(options(), &cache).await;
    assert_eq!(again.manifests.len(), 1, "a failure is not remembered");
}

/// ECS forgets stopped tasks after an hour or so: between listing and describing, too.
#[tokio::test(start_paused = true)]
async fn a_stopped_task_that_is_forgotten_is_no_gap_and_a_running_one_is() {
    let cloud = Cloud::new(&fleet()).intercepting(|asked| {
        let tasks = asked.body["tasks"].as_array().into_iter().flatten();
        let failures: Vec<Value> = tasks.map(|arn| json!({ "arn": arn, "reason": "MISSING" })).collect();
        (asked.operation == "DescribeTasks").then(|| (200, json!({ "tasks": [], "failures": failures })))
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::Tasks, Some(arn(&format!("task/main/{:032x}", 1))))].into());
}

#[tokio::test(start_paused = true)]
async fn what_this_build_does_not_read_is_said_unless_waived() {
    let read = Cloud::new(&fleet()).collect(Options::new(now()), &Arc::default()).await;
    assert_eq!(gaps(&read), UNREAD.iter().map(|source| (*source, None)).collect());
    let read = Cloud::new(&fleet()).reference_sweep(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new(), "waived, and yet a gap");
}

#[tokio::test(start_paused = true)]
async fn a_waived_source_is_not_read_and_leaves_no_gap() {
    let mut options = options();
    options.waived.extend([Source::Tasks, Source::TaskSets, Source::Archived]);
    let cloud = Cloud::new(&fleet());
    let read = cloud.collect(options, &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    assert!(cloud.asked("ListTasks").is_empty() && cloud.asked("DescribeTaskSets").is_empty());
    assert_eq!((read.tasks.len(), read.task_sets.len(), read.images.len()), (0, 0, 3));
    assert_eq!(read.services.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn values_of_the_environment_appear_nowhere() {
    let world = fleet();
    let secrets =
        r#""environment":[{"name":"DB_PASSWORD","value":"hunter2"}],"secrets":[{"name":"K","valueFrom":"hunter2"}]"#;
    let text = written(&world).replace(r#"{"name":"web","image""#, &format!(r#"{{{secrets},"name":"web","image""#));
    assert!(text.contains("hunter2"));
    let cache = Arc::new(MemoryCache::default());
    let read = Cloud::of_text(&text, &world, sim::Options::default()).collect(options(), &cache).await;
    assert_eq!(read.task_definitions[0].value.plaintext_secrets, ["DB_PASSWORD"]);
    assert!(!written(&read).contains("hunter2"));
    // The cache holds bytes; its second reading shows them all.
    let again = Cloud::new(&world).collect(options(), &cache).await;
    assert_eq!(again.task_definitions, read.task_definitions);
}

/// A service may run a definition that was deregistered since: its images are held all the same.
#[tokio::test(start_paused = true)]
async fn the_reference_sweep_reads_every_holder_and_no_image() {
    let world = fleet();
    let cloud = Cloud::new(&world);
    let read = cloud.reference_sweep(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), BTreeSet::new());
    assert_eq!((&read.services, &read.tasks, &read.task_sets), (&world.services, &world.tasks, &world.task_sets));
    let revisions: Vec<_> = read.task_definitions.iter().map(|seen| seen.value.revision).collect();
    assert_eq!(revisions, [1, 2, 3], "web:3 is INACTIVE and a task runs it");
    assert!(cloud.asked("DescribeImages").is_empty() && cloud.asked("DescribeRepositories").is_empty());
    let read = Cloud::new(&world).denying("DescribeServices").reference_sweep(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::Services, Some(arn("cluster/main")))].into());
}

#[tokio::test(start_paused = true)]
async fn progress_adds_up() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sessions = Cloud::new(&large()).sessions().await;
    let note = |event| events.lock().unwrap().push(event);
    collect(&sessions, &options(), &MemoryCache::default(), &note).await;
    let (mut open, mut counts) = (BTreeSet::new(), BTreeMap::new());
    for event in events.lock().unwrap().iter() {
        match event {
            Event::Started { source, .. } => assert!(open.insert(*source), "{source} started twice"),
            Event::Finished { source, .. } => assert!(open.remove(source), "{source} ended without a beginning"),
            Event::Count { source, found, read, .. } => {
                let count: &mut (usize, usize) = counts.entry(*source).or_default();
                (count.0, count.1) = (count.0 + found, count.1 + read);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(counts.values().all(|(found, read)| found == read), "{counts:?}");
    assert_eq!(counts[&Source::TaskDefinitions].0, 351);
    assert_eq!(counts[&Source::Images].0, 2_450);
}

#[tokio::test(start_paused = true)]
async fn images_are_found_by_digest_the_archived_and_the_missing_too() {
    let session = Cloud::new(&fleet()).sessions().await.remove(0);
    let asked: Vec<_> = (1..=5).map(digest).collect();
    let read = session.describe_images_by_digest(&"team/web".into(), &asked).await.unwrap();
    assert_eq!(read.found.len(), 4);
    assert_eq!(read.failures.iter().map(|failure| failure.object.as_str()).collect::<Vec<_>>(), [digest(5).as_str()]);
    assert!(read.failures[0].is_missing());
}

/// Alone on the account, at AWS's published rates: never throttled, and the buckets never idle.
#[tokio::test(start_paused = true)]
async fn the_quota_is_used_up_and_never_exceeded() {
    let mut world = empty();
    world.task_definitions = (1..=1_000).map(|revision| seen(definition("web", revision, "ACTIVE"))).collect();
    let enforced = sim::Options { quotas: true, ..sim::Options::default() };
    let cloud = Cloud::of_text(&written(&world), &world, enforced);
    let start = Instant::now();
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(read.task_definitions.len(), 1_000);
    assert!(cloud.sim.calls().iter().all(|call| call.error != Some("ThrottlingException")), "throttled although alone");
    let calls = cloud.asked("DescribeTaskDefinition").len() + cloud.asked("ListTaskDefinitions").len();
    assert_eq!(calls, 1_000 + 10 + 1 + 1);
    // Fifty at once, and twenty a second after that.
    let bound = f64::from(u32::try_from(calls).unwrap() - 50) / 20.0;
    let taken = start.elapsed().as_secs_f64();
    assert!(bound / taken >= 0.95, "{taken} s against a bound of {bound} s");
}

/// Every bucket at once, with less than the whole share: slower, and never throttled either.
#[tokio::test(start_paused = true)]
async fn no_request_of_a_whole_sweep_is_throttled() {
    for share in [1.0, 0.5, 0.1] {
        let enforced = sim::Options { quotas: true, ..sim::Options::default() };
        let cloud = Cloud::of_text(&written(&large()), &large(), enforced).using(share);
        let read = cloud.collect(options(), &Arc::default()).await;
        assert_same(&read, &large());
        assert!(
            cloud.sim.calls().iter().all(|call| call.error != Some("ThrottlingException")),
            "throttled at a share of {share}"
        );
    }
}

/// Somebody else uses the quota, connections break: the sweep is slower, and as whole as ever.
#[tokio::test(start_paused = true)]
async fn what_passes_is_waited_out() {
    let faults =
        sim::Faults::none().seeded(7, 20, &[sim::Fault::Throttle, sim::Fault::ServerError, sim::Fault::CutBefore]);
    let cloud = Cloud::of_text(&written(&large()), &large(), sim::Options { faults, ..sim::Options::default() });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert!(cloud.sim.calls().iter().any(|call| call.error.is_some()), "nothing went wrong");
    assert_same(&read, &large());
}
