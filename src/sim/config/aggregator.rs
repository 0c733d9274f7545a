//! The two calls about an aggregator.

use std::collections::BTreeMap;

use serde_json::{Map as JsonMap, Value, json};

use super::query::{Item, Query};
use crate::sim::{
    call::{Answer, Call, Refusal, refuse},
    elsewhere::Elsewhere,
    page::Paging,
    world::{Object, ObjectKind},
};

const STATUSES: ObjectKind = ObjectKind::Elsewhere(Elsewhere::ConfigSourceStatus);
const RESOURCES: ObjectKind = ObjectKind::Elsewhere(Elsewhere::ConfigResource);
const PAGING: [&str; 2] = ["Limit", "NextToken"];

/// The most characters of an expression ("SelectAggregateResourceConfig", API reference).
const LONGEST: usize = 4_096;

/// The aggregator that a request names, as the beginning of the ids of its objects.
fn aggregator(call: &Call<'_>) -> Result<String, Refusal> {
    let name = call.input.required("ConfigurationAggregatorName")?;
    let under = format!("{name}/");
    let is_named = |kind| call.world.under(call.at, kind, &under, None).next().is_some();
    if is_named(STATUSES) || is_named(RESOURCES) {
        return Ok(under);
    }
    let message = format!("The configuration aggregator does not exist: {name}");
    Err(refuse("NoSuchConfigurationAggregatorException", message))
}

/// DescribeConfigurationAggregatorSourcesStatus.
pub(super) fn sources_status(call: &mut Call<'_>) -> Answer {
    let under = aggregator(call)?;
    let wanted = call.input.texts("UpdateStatus")?;
    let paging = Paging::named(call, PAGING, 100, 100)?;
    let found = call.world.under(call.at, STATUSES, &under, paging.after.as_deref()).map(|(key, status)| {
        let mut view = status.value.clone();
        view.remove("aggregator");
        (key.id.clone(), Value::Object(view))
    });
    let is_wanted = |status: &Value| status["LastUpdateStatus"].as_str().is_some_and(|own| wanted.contains(&own));
    let page = paging.take(found.filter(|(_, status)| wanted.is_empty() || is_wanted(status)));
    Ok(json!({ "AggregatedSourceStatusList": page.items, "NextToken": page.next_token }))
}

/// SelectAggregateResourceConfig: results are JSON in strings, 25 a page unless more are asked for, 500 of an aggregation.
pub(super) fn select(call: &mut Call<'_>) -> Answer {
    let expression = call.input.required("Expression")?;
    let under = aggregator(call)?;
    if expression.chars().count() > LONGEST {
        return Err(refuse("InvalidExpressionException", "The expression is longer than 4096 characters."));
    }
    let query = Query::parse(expression).map_err(|problem| refuse("InvalidExpressionException", problem))?;
    let paging = Paging::named(call, PAGING, if query.group_by.is_empty() { 25 } else { 500 }, 100)?;
    let resources = call.world.under(call.at, RESOURCES, &under, None);
    let resources =
        resources.map(|(key, object)| (key.id.as_str(), object)).filter(|(_, object)| query.takes(&object.value));
    let results: Vec<(String, Value)> = if query.group_by.is_empty() {
        resources.map(|(id, object)| (id.to_owned(), query.select(&object.value))).collect()
    } else {
        counted(&query, resources.map(|(_, object)| object))
    };
    let results = results.into_iter().filter(|(id, _)| paging.after.as_ref().is_none_or(|after| id > after));
    let page = paging.take(results.map(|(id, result)| (id, result.to_string())));
    let fields: Vec<Value> = query.select.iter().map(|item| json!({ "Name": item.to_string() })).collect();
    Ok(json!({ "Results": page.items, "QueryInfo": { "SelectFields": fields }, "NextToken": page.next_token }))
}

/// One result for every group.
fn counted<'a>(query: &Query, resources: impl Iterator<Item = &'a Object>) -> Vec<(String, Value)> {
    let mut groups: BTreeMap<String, (JsonMap<String, Value>, u64)> = BTreeMap::new();
    for resource in resources {
        let group = query.group(&resource.value);
        groups.entry(Value::Object(group.clone()).to_string()).or_insert((group, 0)).1 += 1;
    }
    let counts = query.select.contains(&Item::Count);
    let result = |(id, (mut group, count)): (String, (JsonMap<String, Value>, u64))| {
        if counts {
            group.insert(Item::Count.to_string(), count.into());
        }
        (id, Value::Object(group))
    };
    groups.into_iter().map(result).collect()
}
