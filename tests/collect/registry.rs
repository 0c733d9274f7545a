//! The settings of registries and repositories, and what reading a registry leaves behind.

use std::{
    collections::BTreeSet,
    io::Cursor,
    sync::{Arc, Mutex},
};

use jettison::{
    collect::{Cache, Contents, MemoryCache, Options, Silent, Sink, Spool, collect, collect_into},
    inventory::{
        self, DeleteReplication, Inventory, PullThroughCacheRule, ReplicationDestination, ReplicationRule, Repository,
        RepositoryFilter, Seen,
    },
    model::{Scope, Source},
    sim,
};
use serde_json::json;

use crate::{
    cloud::{Cloud, error},
    gaps, options,
    world::{
        self, IMAGE, INDEX, assert_same, at, digest, fleet, image, manifest, now, registry_of, repository, seen,
        written,
    },
};

fn replicating() -> ReplicationRule {
    ReplicationRule {
        destinations: vec![ReplicationDestination {
            region: "us-east-1".to_owned(),
            registry_id: "111111111111".to_owned(),
        }],
        repository_filters: vec![RepositoryFilter {
            filter: "team/".to_owned(),
            filter_type: "PREFIX_MATCH".to_owned(),
        }],
        delete_replication: Some(DeleteReplication { enabled: true }),
    }
}

/// The fleet with every setting that can be read.
fn configured() -> Inventory {
    let mut world = fleet();
    world.registries[0].value.replication_configuration.rules = vec![replicating()];
    world.pull_through_cache_rules = ["mirror", "quay"]
        .map(|prefix| {
            seen(PullThroughCacheRule {
                ecr_repository_prefix: prefix.to_owned(),
                upstream_registry_url: Some("registry.example".to_owned()),
            })
        })
        .to_vec();
    world.repositories[0].value.policy_text = Some(r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned());
    world.repositories.push(seen(repository("team/zoo")));
    world.repositories[1].value.lifecycle_policy_text = Some(r#"{"rules":[]}"#.to_owned());
    world
}

#[tokio::test(start_paused = true)]
async fn every_setting_is_read_and_delete_replication_above_all() {
    let read = Cloud::new(&configured()).collect(options(), &Arc::default()).await;
    assert_same(&read, &configured());
    assert!(read.registries[0].value.replication_configuration.rules[0].deletes_from("team/web"));
}

#[tokio::test(start_paused = true)]
async fn the_look_before_a_deletion_reads_replication_and_no_other_setting() {
    let cloud = Cloud::new(&configured());
    let read = cloud.reference_sweep(options(), &Arc::default()).await;
    assert_eq!(read.registries, configured().registries);
    for operation in ["DescribePullThroughCacheRules", "GetRepositoryPolicy", "GetLifecyclePolicy"] {
        assert!(cloud.asked(operation).is_empty(), "{operation}");
    }
    let read = cloud.denying("DescribeRegistry").reference_sweep(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::Replication, None)].into());
}

/// Half an answer, a type that has changed, another account's registry: none may pass for "replicates nothing".
#[tokio::test(start_paused = true)]
async fn a_registry_that_cannot_be_read_whole_is_a_gap() {
    let own = |rules| json!({ "registryId": "000000000000", "replicationConfiguration": { "rules": rules } });
    let to = json!([{ "region": "us-east-1", "registryId": "111111111111" }]);
    for answer in [
        own(json!([{ "destinations": to, "deleteReplication": { "enabled": "ALWAYS" } }])),
        own(json!([{ "destinations": to, "deleteReplication": "on" }])),
        json!({ "replicationConfiguration": { "rules": [] } }),
        json!({ "registryId": "222222222222", "replicationConfiguration": { "rules": [] } }),
    ] {
        let told = answer.clone();
        let cloud = Cloud::new(&fleet())
            .intercepting(move |asked| (asked.operation == "DescribeRegistry").then(|| (200, told.clone())));
        let read = cloud.collect(options(), &Arc::default()).await;
        assert_eq!(gaps(&read), [(Source::Replication, None)].into(), "{answer}");
        assert!(read.registries.is_empty(), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_denied_policy_is_told_once_and_asked_for_no_more_than_side_by_side() {
    let mut world = fleet();
    world.repositories.extend((0..200).map(|number| seen(repository(&format!("more/{number:03}")))));
    for (operation, source) in
        [("GetRepositoryPolicy", Source::RepositoryPolicies), ("GetLifecyclePolicy", Source::LifecyclePolicies)]
    {
        let cloud = Cloud::new(&world).intercepting(move |asked| {
            let whose = format!("not authorized on {}", asked.text("repositoryName"));
            if asked.operation == operation { error("AccessDeniedException", &whose) } else { None }
        });
        let read = cloud.collect(options(), &Arc::default()).await;
        assert_eq!(read.gaps.len(), 1, "{:?}", read.gaps);
        assert_eq!(gaps(&read), [(source, None)].into());
        assert_eq!(read.repositories.len(), 201);
        assert!(cloud.asked(operation).len() <= 16, "{}", cloud.asked(operation).len());
    }
}

#[tokio::test(start_paused = true)]
async fn another_failure_is_told_for_its_repository_alone() {
    let cloud = Cloud::new(&configured()).intercepting(|asked| {
        let is_it = asked.operation == "GetLifecyclePolicy" && asked.text("repositoryName") == "team/zoo";
        if is_it { error("InvalidParameterException", "no") } else { None }
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::LifecyclePolicies, Some("team/zoo".to_owned()))].into());
}

#[tokio::test(start_paused = true)]
async fn waived_settings_are_not_read() {
    let mut waived = options();
    waived.waived.extend([
        Source::Replication,
        Source::PullThroughCache,
        Source::RepositoryPolicies,
        Source::LifecyclePolicies,
    ]);
    let cloud = Cloud::new(&configured());
    for read in
        [cloud.collect(waived.clone(), &Arc::default()).await, cloud.reference_sweep(waived, &Arc::default()).await]
    {
        assert_eq!((gaps(&read), read.registries.len()), (BTreeSet::new(), 0));
        assert!(read.repositories.iter().all(|seen| seen.value.policy_text.is_none()));
    }
    let calls = cloud.calls();
    for operation in ["DescribeRegistry", "DescribePullThroughCacheRules", "GetRepositoryPolicy", "GetLifecyclePolicy"]
    {
        assert!(!calls.contains_key(operation), "{operation}");
    }
}

/// What ECR records of our own read of an index is told apart from a pull for ever after.
#[tokio::test(start_paused = true)]
async fn our_own_read_of_an_index_is_remembered_with_the_pull_before_it() {
    let mut world = fleet();
    let pulled = at("2026-06-01T00:00:00Z");
    world.images[2].value.last_recorded_pull_time = Some(pulled);
    let (cloud, cache) = (Cloud::new(&world), Arc::new(MemoryCache::default()));
    let first = cloud.collect(options(), &cache).await;
    let [manifest] = first.manifests.as_slice() else { panic!("{:?}", first.manifests) };
    assert_eq!((manifest.value.read_at, manifest.value.pulled_before), (Some(now()), Some(pulled)));
    assert_eq!(first.images[2].value.last_recorded_pull_time, Some(pulled), "pull times are read first");

    let second = cloud.collect(options(), &cache).await;
    assert_eq!(second.images[2].value.last_recorded_pull_time, Some(now()), "our footprint");
    assert_eq!(second.manifests, first.manifests, "the first read explains it");
    assert_eq!(cloud.asked("BatchGetImage").len(), 1);
    let children: Vec<_> = second.images.iter().map(|seen| seen.value.last_recorded_pull_time).collect();
    assert_eq!(children, [None, None, Some(now()), None], "nothing but the index was read");
}

/// A cache of a process that is killed: only what was secured is left.
#[derive(Default)]
struct Killed {
    put: MemoryCache,
    secured: Mutex<Vec<(String, Vec<u8>)>>,
    all: Mutex<Vec<(String, Vec<u8>)>>,
}

#[async_trait::async_trait]
impl Cache for Killed {
    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.put.get(key).await
    }

    async fn put(&self, key: &str, value: Vec<u8>) {
        self.all.lock().unwrap().push((key.to_owned(), value.clone()));
        self.put.put(key, value).await;
    }

    async fn secure(&self) {
        let all = self.all.lock().unwrap().clone();
        *self.secured.lock().unwrap() = all;
    }
}

/// ECR has recorded the read, and nobody lived to note the answer.
#[tokio::test(start_paused = true)]
async fn a_read_that_its_process_did_not_survive_is_our_own_all_the_same() {
    let mut world = fleet();
    let pulled = at("2026-06-01T00:00:00Z");
    world.images[2].value.last_recorded_pull_time = Some(pulled);
    let cloud = Cloud::new(&world);
    let killed = Killed::default();
    collect(&cloud.sessions().await, &options(), &killed, &Silent).await;

    for (later, read_at) in [(3_600, now()), (25 * 3_600, at("2026-11-02T02:00:00Z"))] {
        tokio::time::sleep(std::time::Duration::from_secs(later)).await;
        let cache = Arc::new(MemoryCache::default());
        let secured = killed.secured.lock().unwrap().clone();
        for (key, value) in secured {
            cache.put(&key, value).await;
        }
        let taken_at = cloud.sim.now();
        let read = cloud.collect(Options { taken_at, ..options() }, &cache).await;
        assert_eq!(read.images[2].value.last_recorded_pull_time, Some(now()), "our footprint");
        let [manifest] = read.manifests.as_slice() else { panic!("{:?}", read.manifests) };
        assert_eq!((manifest.value.read_at, manifest.value.pulled_before), (Some(read_at), Some(pulled)), "{later}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_remembered_at_its_own_time_and_not_at_that_of_the_sweep() {
    let mut world = fleet();
    world.repositories.extend((0..30).map(|number| seen(repository(&format!("before/{number:03}")))));
    let enforced = sim::Options { quotas: true, ..sim::Options::default() };
    let cloud = Cloud::of_text(&written(&world), &world, enforced);
    let cache = Arc::new(MemoryCache::default());
    let read = cloud.collect(options(), &cache).await;
    let read_at = read.manifests[0].value.read_at.unwrap();
    let again = cloud.collect(options(), &cache).await;
    let recorded = again.images[2].value.last_recorded_pull_time.unwrap();
    assert!(recorded > now(), "the quota made it wait");
    assert_eq!(recorded, read_at);
}

#[tokio::test(start_paused = true)]
async fn a_cache_from_before_reads_were_remembered_is_read_again() {
    let cache = Arc::new(MemoryCache::default());
    let old = serde_json::to_vec(&fleet().manifests[0].value).unwrap();
    cache.put(&format!("manifest/1/000000000000/eu-central-1/team/web@{}", digest(3)), old).await;
    let read = Cloud::new(&fleet()).collect(options(), &cache).await;
    assert_eq!(read.manifests[0].value.read_at, Some(now()));
}

#[tokio::test(start_paused = true)]
async fn an_index_whose_manifest_cannot_be_trusted_is_a_gap() {
    let own = digest(3).to_string();
    for (answer, why) in [
        (
            json!({ "images": [{ "imageId": { "imageDigest": own }, "imageManifest": "not json" }] }),
            "not an image index",
        ),
        (json!({ "images": [{ "imageId": { "imageDigest": own } }] }), "not an image index"),
        (
            json!({ "images": [{ "imageId": { "imageDigest": own },
                "imageManifest": json!({ "manifests": [{ "digest": digest(1) }, { "digest": own }] }).to_string() }] }),
            "lists the index itself",
        ),
        (
            json!({ "images": [], "failures": [{ "imageId": { "imageDigest": own }, "failureCode": "KmsError" }] }),
            "KmsError",
        ),
        (json!({ "images": [] }), "neither as found nor as failed"),
    ] {
        let told = answer.clone();
        let cloud = Cloud::new(&fleet())
            .intercepting(move |asked| (asked.operation == "BatchGetImage").then(|| (200, told.clone())));
        let cache = Arc::new(MemoryCache::default());
        let read = cloud.collect(options(), &cache).await;
        assert_eq!(gaps(&read), [(Source::Manifests, Some(format!("team/web@{own}")))].into(), "{answer}");
        assert!(read.gaps[0].error.contains(why), "{:?}", read.gaps);
        assert!(read.manifests.is_empty() && read.images.len() == 4);
        let again = Cloud::new(&fleet()).collect(options(), &cache).await;
        assert_eq!(again.manifests.len(), 1, "a failure is not remembered");
    }
}

/// An image that cannot be named could be any image of its repository.
#[tokio::test(start_paused = true)]
async fn an_image_or_subject_with_a_digest_that_cannot_be_read_is_a_gap() {
    let odd = "sha256:XYZ";
    for (detail, object) in [
        (json!({ "imageDigest": odd }), format!("team/web@{odd}")),
        (json!({ "imageTags": ["latest"] }), "team/web@".to_owned()),
        (json!({ "imageDigest": digest(9), "subjectManifestDigest": odd }), format!("team/web@{}", digest(9))),
    ] {
        let answer = json!({ "imageDetails": [detail, { "imageDigest": digest(1) }] });
        let cloud = Cloud::new(&fleet())
            .intercepting(move |asked| (asked.operation == "DescribeImages").then(|| (200, answer.clone())));
        let read = cloud.collect(options(), &Arc::default()).await;
        assert_eq!(gaps(&read), [(Source::Images, Some(object))].into());
        assert_eq!(read.images.len(), 1, "the rest is read");
    }
}

#[tokio::test(start_paused = true)]
async fn archived_images_are_asked_for_unless_that_is_waived() {
    let statuses = |read: &Inventory| -> Vec<_> {
        read.images.iter().map(|seen| seen.value.image_status.as_deref().unwrap_or_default().to_owned()).collect()
    };
    let cloud = Cloud::new(&fleet());
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(statuses(&read), ["ACTIVE", "ARCHIVED", "ACTIVE", "ACTIVE"]);
    assert_eq!(cloud.asked("DescribeImages")[0].body["filter"]["imageStatus"], "ANY");
    let mut waived = options();
    waived.waived.insert(Source::Archived);
    let cloud = Cloud::new(&fleet());
    let read = cloud.collect(waived, &Arc::default()).await;
    assert_eq!((gaps(&read), statuses(&read)), (BTreeSet::new(), vec!["ACTIVE".to_owned(); 3]));
    assert_eq!(cloud.asked("DescribeImages")[0].body["filter"]["imageStatus"], "ACTIVE");
}

/// Deleted between the list and any call about it: whichever call finds out, the repository is gone and no gap.
#[tokio::test(start_paused = true)]
async fn a_repository_deleted_after_the_list_is_gone_whichever_call_finds_out() {
    let gone_since = ["ListTagsForResource", "DescribeImages", "GetRepositoryPolicy", "GetLifecyclePolicy"];
    for late in 0..gone_since.len() {
        let cloud = Cloud::new(&configured()).intercepting(move |asked| {
            let about = [asked.text("repositoryName"), asked.text("resourceArn")].join(" ");
            let is_it = about.contains("team/web") && gone_since[..=late].contains(&asked.operation.as_str());
            if is_it { error("RepositoryNotFoundException", "it does not exist") } else { None }
        });
        let read = cloud.collect(options(), &Arc::default()).await;
        let names: Vec<_> = read.repositories.iter().map(|seen| seen.value.repository_name.as_str()).collect();
        assert_eq!((gaps(&read), names, read.images.len()), (BTreeSet::new(), vec!["team/zoo"], 0), "{late}");
    }
}

/// Deleted once its images are read: its indexes cannot be read any more, and nothing of it is left to hold.
#[tokio::test(start_paused = true)]
async fn a_repository_deleted_before_its_manifests_are_read_is_gone() {
    let cloud = Cloud::new(&fleet()).intercepting(|asked| {
        let is_it = asked.operation == "BatchGetImage";
        if is_it { error("RepositoryNotFoundException", "it does not exist") } else { None }
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!((gaps(&read), read.repositories.len(), read.images.len()), (BTreeSet::new(), 0, 0));
}

/// Two scopes, repositories of all sizes, some of them empty, some with indexes.
fn two_registries() -> Inventory {
    let mut world = fleet();
    let elsewhere =
        Scope { account: "other".into(), account_id: "111111111111".parse().unwrap(), region: "us-east-1".into() };
    let place = elsewhere.location();
    world.registries.push(registry_of(&elsewhere));
    world.scopes.push(elsewhere);
    let mut number = 100;
    for (name, images) in [("a", 0), ("a-b", 3), ("a/b", 40), ("a.b", 1), ("z", 1_200)] {
        let arn = format!("arn:aws:ecr:us-east-1:111111111111:repository/{name}");
        world.repositories.push(Seen::new(place.clone(), Repository { repository_arn: arn, ..repository(name) }));
        for _ in 0..images {
            number += 1;
            let kind = if number % 10 == 0 { INDEX } else { IMAGE };
            world.images.push(Seen::new(place.clone(), image(name, number, kind)));
            if kind == INDEX {
                world.manifests.push(Seen::new(place.clone(), manifest(name, number, &[number - 1])));
            }
        }
    }
    world
}

/// Whichever repository is read first, put aside or not: the same bytes.
#[tokio::test(start_paused = true)]
async fn a_streamed_inventory_has_the_bytes_of_one_that_was_held() {
    let world = two_registries();
    let held = written(&Cloud::new(&world).collect(options(), &Arc::default()).await);
    for hurry in [None, Some(1.0), Some(0.3)] {
        let enforced = sim::Options { quotas: hurry.is_some(), ..sim::Options::default() };
        let cloud = Cloud::of_text(&written(&world), &world, enforced).using(hurry.unwrap_or(1.0));
        let sessions = cloud.sessions().await;
        let spool = Spool::new(Cursor::new(Vec::new()), Cursor::new(Vec::new()));
        let cache = MemoryCache::default();
        let mut rest = collect_into(&sessions, &options(), &cache, &Silent, &spool).await.unwrap();
        assert!(rest.images.is_empty() && rest.manifests.is_empty());
        assert_eq!(spool.images(), world.images.len());
        let mut streamed = Vec::new();
        spool.write(&rest, &mut streamed).unwrap();
        let streamed = inventory::read(streamed.as_slice()).map(|whole| (whole, streamed)).unwrap();
        // Under a quota manifests are read later, and say so.
        if hurry.is_none() {
            assert_eq!(String::from_utf8(streamed.1).unwrap(), held);
        }
        assert_same(&streamed.0, &world);
        (rest.images, rest.manifests) = (streamed.0.images, streamed.0.manifests);
        assert_same(&rest, &world);
    }
}

struct Full;

impl Sink for Full {
    type Error = &'static str;

    fn take(&self, _contents: Contents) -> Result<(), &'static str> {
        Err("no space left")
    }
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_takes_no_more_ends_the_sweep() {
    let cloud = Cloud::new(&two_registries());
    let sessions = cloud.sessions().await;
    let answer = collect_into(&sessions, &options(), &MemoryCache::default(), &Silent, &Full).await;
    assert_eq!(answer.unwrap_err(), "no space left");
}

/// What was put aside is shorter than it was: somebody else wrote to the file, or the disk lost it.
#[test]
fn a_spool_that_lost_something_is_not_passed_off_as_whole() {
    #[derive(Debug)]
    struct Forgetful(Cursor<Vec<u8>>);
    impl std::io::Write for Forgetful {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl std::io::Read for Forgetful {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(bytes)
        }
    }
    impl std::io::Seek for Forgetful {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let spool = Spool::new(Forgetful(Cursor::default()), Forgetful(Cursor::default()));
    let contents = Contents {
        location: world::scope().location(),
        repository: "team/web".into(),
        images: vec![image("team/web", 1, IMAGE)],
        manifests: Vec::new(),
    };
    spool.take(contents).unwrap();
    let error = spool.write(&fleet(), &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

/// A page may shift while the list is being read.
#[tokio::test(start_paused = true)]
async fn a_repository_that_is_listed_twice_is_read_once() {
    let cloud = Cloud::new(&fleet()).intercepting(|asked| {
        let listed = json!({ "repositoryName": "team/web",
            "repositoryArn": "arn:aws:ecr:eu-central-1:000000000000:repository/team/web" });
        let next = (asked.text("nextToken") != "second").then_some("second");
        (asked.operation == "DescribeRepositories")
            .then(|| (200, json!({ "repositories": [listed], "nextToken": next })))
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!((read.repositories.len(), read.images.len()), (1, 4));
    assert_eq!((cloud.asked("DescribeRepositories").len(), cloud.asked("DescribeImages").len()), (2, 1));
}

#[test]
fn a_repository_that_comes_twice_stands_in_a_streamed_inventory_once() {
    let spool = Spool::new(Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    for number in [1, 2] {
        let contents = Contents {
            location: world::scope().location(),
            repository: "team/web".into(),
            images: vec![image("team/web", 7, IMAGE), image("team/web", 7 + number, IMAGE)],
            manifests: vec![manifest("team/web", 7, &[number])],
        };
        spool.take(contents).unwrap();
    }
    assert_eq!(spool.images(), 2);
    let mut written = Vec::new();
    let rest = Inventory { images: Vec::new(), manifests: Vec::new(), ..fleet() };
    spool.write(&rest, &mut written).unwrap();
    let read = inventory::read(written.as_slice()).unwrap();
    let digests: Vec<_> = read.images.iter().map(|seen| seen.value.image_digest.clone()).collect();
    assert_eq!(digests, [digest(7), digest(9)], "as it came last");
}
