//! The settings of a registry, the policies of its repositories, its referrers, and what a deletion takes elsewhere.

use std::time::Duration;

use aws_sdk_ecr::{
    Client,
    primitives::DateTime,
    types::{ArtifactStatusFilter, ImageIdentifier, ListImageReferrersFilter, SubjectIdentifier},
};
use jettison::sim::{Options, Sim, World};
use serde_json::json;

use crate::client::{WORLD, code, digest, ecr, ecr_of, plain};

const SOON: &str = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}"#;

/// The world of these tests with more lines of account 000000000000, or of another.
fn with(lines: &[(&str, &str, serde_json::Value)]) -> Sim {
    let mut world: Vec<String> =
        WORLD.lines().filter(|line| !line.contains("\"kind\":\"end\"")).map(str::to_owned).collect();
    world[0] = world[0].replace(",\"trailer\":true", "");
    world.extend(lines.iter().map(|(account, kind, value)| {
        json!({ "kind": kind, "account_id": account, "region": "eu-central-1", "value": value }).to_string()
    }));
    Sim::new(World::read((world.join("\n") + "\n").as_bytes()).unwrap(), Options::default())
}

#[tokio::test]
async fn a_repository_has_each_policy_once_or_not_at_all() {
    let ecr = ecr(&plain());
    let repository = || "team/web";
    let get = || ecr.get_repository_policy().repository_name(repository()).send();
    assert_eq!(code(get().await), "RepositoryPolicyNotFoundException");
    ecr.set_repository_policy().repository_name(repository()).policy_text("{}").send().await.unwrap();
    assert_eq!(get().await.unwrap().policy_text(), Some("{}"));
    let broken = ecr.set_repository_policy().repository_name(repository()).policy_text("{").send().await;
    assert_eq!(code(broken), "InvalidParameterException");

    let get = || ecr.get_lifecycle_policy().repository_name(repository()).send();
    let put = |text: &str| ecr.put_lifecycle_policy().repository_name(repository()).lifecycle_policy_text(text).send();
    assert_eq!(code(get().await), "LifecyclePolicyNotFoundException");
    assert_eq!(code(put(r#"{"rules":[]}"#).await), "InvalidParameterException", "shorter than ECR takes");
    put(SOON).await.unwrap();
    assert_eq!(get().await.unwrap().lifecycle_policy_text(), Some(SOON));
    let absent = ecr.get_lifecycle_policy().repository_name("absent").send().await;
    assert_eq!(code(absent), "RepositoryNotFoundException");
}

#[tokio::test]
async fn policies_are_not_part_of_a_repositorys_description() {
    let sim = plain();
    ecr(&sim).set_repository_policy().repository_name("team/web").policy_text("{}").send().await.unwrap();
    let mut saved = Vec::new();
    sim.world().write(sim.now(), &mut saved).unwrap();
    assert!(String::from_utf8(saved).unwrap().contains("policyText"), "the world keeps it");
    let request = http::Request::post("/")
        .header("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIA000000000000DEMO/20261101/eu-central-1/ecr/aws4_request",
        )
        .body(bytes::Bytes::from_static(b"{}"))
        .unwrap();
    let answer = String::from_utf8(sim.answer(request).unwrap().into_body().to_vec()).unwrap();
    assert!(answer.contains("team/web") && !answer.contains("olicyText"), "{answer}");
}

#[tokio::test]
async fn cache_rules_come_in_pages_and_by_prefix() {
    let rule = |number: usize| {
        let value =
            json!({ "ecrRepositoryPrefix": format!("mirror-{number:03}"), "upstreamRegistryUrl": "registry.example" });
        ("000000000000", "ecr.pull_through_cache_rule", value)
    };
    let ecr = ecr(&with(&(0..120).map(rule).collect::<Vec<_>>()));
    let first = ecr.describe_pull_through_cache_rules().send().await.unwrap();
    assert_eq!(first.pull_through_cache_rules().len(), 100);
    let second = ecr.describe_pull_through_cache_rules().set_next_token(first.next_token).send().await.unwrap();
    assert_eq!(second.pull_through_cache_rules().len(), 20);
    let whole = ecr.describe_pull_through_cache_rules().max_results(1_000).send().await.unwrap();
    assert_eq!((whole.pull_through_cache_rules().len(), whole.next_token()), (120, None));
    let one = ecr.describe_pull_through_cache_rules().ecr_repository_prefixes("mirror-007").send().await.unwrap();
    assert_eq!(one.pull_through_cache_rules()[0].upstream_registry_url(), Some("registry.example"));
    let absent = ecr.describe_pull_through_cache_rules().ecr_repository_prefixes("absent").send().await;
    assert_eq!(code(absent), "PullThroughCacheRuleNotFoundException");
}

#[tokio::test]
async fn referrers_are_listed_by_subject_archived_ones_only_if_asked_for() {
    let referrer = |number: usize| {
        let status = if number == 0 { "ARCHIVED" } else { "ACTIVE" };
        let value = json!({ "repositoryName": "team/web", "imageDigest": format!("sha256:{:064x}", 4_096 + number),
            "subjectManifestDigest": digest('a'), "artifactMediaType": format!("application/kind-{}", number % 2), "imageStatus": status });
        ("000000000000", "ecr.image", value)
    };
    let ecr = ecr(&with(&(0..60).map(referrer).collect::<Vec<_>>()));
    let subject = |hex: char| SubjectIdentifier::builder().image_digest(digest(hex)).build().unwrap();
    let list = |hex| ecr.list_image_referrers().repository_name("team/web").subject_id(subject(hex));
    let first = list('a').send().await.unwrap();
    assert_eq!(first.referrers().len(), 20);
    assert!(first.referrers()[0].size() > 0);
    let second = list('a').max_results(50).send().await.unwrap();
    assert_eq!(second.referrers().len(), 50);
    let third = list('a').max_results(50).set_next_token(second.next_token).send().await.unwrap();
    assert_eq!((third.referrers().len(), third.next_token()), (9, None), "one of sixty is archived");
    let any = ListImageReferrersFilter::builder()
        .artifact_status(ArtifactStatusFilter::Any)
        .artifact_types("application/kind-0")
        .build();
    let any = list('a').max_results(50).filter(any).send().await.unwrap();
    assert_eq!(any.referrers().len(), 30);
    assert!(list('b').send().await.unwrap().referrers().is_empty());
    assert_eq!(code(list('a').max_results(51).send().await), "InvalidParameterException");
}

/// The SDK cannot send `deleteReplication`, so the registry comes with the world.
fn replicating(filter: &str) -> Sim {
    let rule = json!({ "destinations": [{ "region": "eu-central-1", "registryId": "111111111111" }],
        "repositoryFilters": [{ "filter": filter, "filterType": "PREFIX_MATCH" }], "deleteReplication": { "enabled": true } });
    let copy = |hex: char, tags: serde_json::Value| {
        (
            "111111111111",
            "ecr.image",
            json!({ "repositoryName": "team/web", "imageDigest": digest(hex), "imageTags": tags }),
        )
    };
    with(&[
        (
            "000000000000",
            "ecr.registry",
            json!({ "registryId": "000000000000", "replicationConfiguration": { "rules": [rule] } }),
        ),
        ("111111111111", "ecr.repository", json!({ "repositoryName": "team/web" })),
        copy('a', json!(["v2", "latest", "copied"])),
        copy('b', json!([])),
        copy('f', json!([])),
    ])
}

async fn copies(sim: &Sim) -> Vec<(char, Vec<String>)> {
    let answer = ecr_of(sim, "111111111111").describe_images().repository_name("team/web").send().await.unwrap();
    let mut copies: Vec<_> = answer
        .image_details()
        .iter()
        .map(|image| (image.image_digest().unwrap().chars().last().unwrap(), image.image_tags().to_vec()))
        .collect();
    copies.sort();
    copies
}

async fn delete(ecr: &Client, id: ImageIdentifier) {
    let answer = ecr.batch_delete_image().repository_name("team/web").image_ids(id).send().await.unwrap();
    assert!(answer.failures().is_empty(), "{:?}", answer.failures());
}

#[tokio::test]
async fn delete_replication_takes_the_copies_and_the_tags() {
    let sim = replicating("team/");
    let ecr = ecr(&sim);
    delete(&ecr, ImageIdentifier::builder().image_digest(digest('b')).build()).await;
    delete(&ecr, ImageIdentifier::builder().image_tag("latest").build()).await;
    let left = [('a', vec!["v2".to_owned(), "copied".to_owned()]), ('f', Vec::new())];
    assert_eq!(copies(&sim).await, left);
    // Its last tag takes the image, and with it the copy, whatever tags that has.
    delete(&ecr, ImageIdentifier::builder().image_tag("v2").build()).await;
    assert_eq!(copies(&sim).await, [('f', Vec::new())]);
}

#[tokio::test]
async fn a_repository_that_no_filter_matches_keeps_its_copies() {
    let sim = replicating("other");
    delete(&ecr(&sim), ImageIdentifier::builder().image_digest(digest('b')).build()).await;
    assert_eq!(copies(&sim).await.len(), 3);
}

#[tokio::test]
async fn replication_without_deletions_keeps_the_copies() {
    let sim = replicating("team/");
    let ecr = ecr(&sim);
    // What the SDK knows of the rule, put back: delete replication is off by default.
    let known = ecr.describe_registry().send().await.unwrap().replication_configuration.unwrap();
    ecr.put_replication_configuration().replication_configuration(known).send().await.unwrap();
    delete(&ecr, ImageIdentifier::builder().image_digest(digest('b')).build()).await;
    assert_eq!(copies(&sim).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_pull_is_recorded_once_in_a_day_and_for_what_was_asked_for_alone() {
    let sim = plain();
    let ecr = ecr(&sim);
    let start = DateTime::from_millis(sim.now().as_millisecond());
    let pull = || {
        let id = ImageIdentifier::builder().image_tag("multi").build();
        ecr.batch_get_image().repository_name("team/web").image_ids(id).send()
    };
    let recorded = async |hex| {
        let id = ImageIdentifier::builder().image_digest(digest(hex)).build();
        let answer = ecr.describe_images().repository_name("team/web").image_ids(id).send().await.unwrap();
        answer.image_details()[0].last_recorded_pull_time().copied()
    };
    assert_eq!(recorded('e').await, None);
    pull().await.unwrap();
    assert_eq!((recorded('e').await, recorded('c').await), (Some(start), None));
    tokio::time::advance(Duration::from_secs(86_399)).await;
    pull().await.unwrap();
    assert_eq!(recorded('e').await, Some(start), "the record is younger than a day");
    tokio::time::advance(Duration::from_secs(1)).await;
    pull().await.unwrap();
    assert_eq!(recorded('e').await, Some(DateTime::from_secs(start.secs() + 86_400)));
}
