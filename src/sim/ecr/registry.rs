//! Settings of the registry: where it replicates to, and what it caches.

use serde_json::{Value, json};

use crate::sim::{
    call::{Answer, Call, Refusal, invalid, refuse},
    page::Paging,
    state::{Map, copy, list, objects, set, text},
    world::{Key, ObjectKind},
};

/// DescribeRegistry. A registry that nobody configured replicates nothing.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let mut answer = Map::new();
    set(&mut answer, "registryId", call.at.account_id.as_str());
    set(&mut answer, "replicationConfiguration", json!({ "rules": [] }));
    if let Some(registry) = call.world.value(&Key::registry(call.at)) {
        copy(registry, &mut answer, &["replicationConfiguration"]);
    }
    Ok(Value::Object(answer))
}

/// Rules of a registry and unique destinations over all of them ("Private image replication", ECR user guide).
const RULES_MAXIMUM: usize = 25;
const DESTINATIONS_MAXIMUM: usize = 25;

/// PutReplicationConfiguration: replaces all rules.
pub(super) fn put_replication(call: &mut Call<'_>) -> Answer {
    let missing = || invalid("replicationConfiguration cannot be empty.");
    let configuration = call.input.object("replicationConfiguration")?.ok_or_else(missing)?;
    let mut rules = Vec::new();
    let mut destinations = Vec::new();
    for rule in objects(configuration, "rules") {
        check(call, rule)?;
        for destination in objects(rule, "destinations") {
            let named = (text(destination, "region"), text(destination, "registryId"));
            if !destinations.contains(&named) {
                destinations.push(named);
            }
        }
        let mut kept = Map::new();
        copy(rule, &mut kept, &["destinations", "repositoryFilters", "deleteReplication"]);
        rules.push(Value::Object(kept));
    }
    if rules.len() > RULES_MAXIMUM || destinations.len() > DESTINATIONS_MAXIMUM {
        return Err(invalid("A replication configuration can have at most 25 rules and 25 unique destinations."));
    }
    let configuration = json!({ "rules": rules });
    let mut registry = Map::new();
    set(&mut registry, "registryId", call.at.account_id.as_str());
    set(&mut registry, "replicationConfiguration", configuration.clone());
    call.world.put(Key::registry(call.at), registry.into());
    Ok(json!({ "replicationConfiguration": configuration }))
}

fn check(call: &Call<'_>, rule: &Map) -> Result<(), Refusal> {
    for destination in objects(rule, "destinations") {
        let (region, registry) = (text(destination, "region"), text(destination, "registryId"));
        if region.is_empty() || registry.is_empty() {
            return Err(invalid("A destination has a region and a registryId."));
        }
        if region == call.at.region.as_str() && registry == call.at.account_id.as_str() {
            return Err(invalid("A registry cannot replicate to itself."));
        }
    }
    let known = |filter: &Map| text(filter, "filterType") == "PREFIX_MATCH" && !text(filter, "filter").is_empty();
    if !objects(rule, "repositoryFilters").all(known) || list(rule, "repositoryFilters").len() > 100 {
        return Err(invalid("A rule has at most 100 filters of the type PREFIX_MATCH."));
    }
    Ok(())
}

/// DescribePullThroughCacheRules: all in pages, or up to 100 by prefix.
pub(super) fn describe_cache_rules(call: &mut Call<'_>) -> Answer {
    let prefixes = call.input.texts("ecrRepositoryPrefixes")?;
    let registry = call.input.text("registryId")?.unwrap_or(call.at.account_id.as_str());
    let here = registry == call.at.account_id.as_str();
    if prefixes.is_empty() {
        let paging = Paging::read(call, 100, 1_000)?;
        let rules = call.world.under(call.at, ObjectKind::PullThroughCacheRule, "", paging.after.as_deref());
        let rules = rules.filter(|_| here).map(|(key, object)| (key.id.clone(), Value::Object(object.value.clone())));
        let page = paging.take(rules);
        return Ok(json!({ "pullThroughCacheRules": page.items, "nextToken": page.next_token }));
    }
    if prefixes.len() > 100 {
        return Err(invalid("ecrRepositoryPrefixes can have at most 100 items."));
    }
    let find = |prefix: &str| {
        let found = call.world.value(&Key::pull_through_cache_rule(call.at, prefix)).filter(|_| here);
        let missing = || {
            let message = format!(
                "Pull through cache rule with prefix '{prefix}' does not exist in the registry with id '{registry}'"
            );
            refuse("PullThroughCacheRuleNotFoundException", message)
        };
        found.map(|rule| Value::Object(rule.clone())).ok_or_else(missing)
    };
    let found: Vec<Value> = prefixes.into_iter().map(find).collect::<Result<_, _>>()?;
    Ok(json!({ "pullThroughCacheRules": found }))
}
