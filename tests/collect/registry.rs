//! The settings of registries and repositories, and what reading a registry leaves behind.

use std::{collections::BTreeSet, sync::Arc};

use jettison::{
    inventory::{
        DeleteReplication, Inventory, PullThroughCacheRule, ReplicationDestination, ReplicationRule, RepositoryFilter,
    },
    model::Source,
};
use serde_json::json;

use crate::{
    cloud::{Cloud, error},
    gaps, options,
    world::{assert_same, fleet, repository, seen},
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
        assert!(cloud.asked(operation).len() <= 32, "{}", cloud.asked(operation).len());
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
