//! AWS Batch (API 2016-08-10): job definitions.

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, refuse},
    elsewhere::Elsewhere,
    page::Paging,
    state::{Map, count, fill, set, text},
    world::ObjectKind,
};

const DEFINITIONS: ObjectKind = ObjectKind::Elsewhere(Elsewhere::JobDefinition);

/// Answers a Batch operation; `None` if it is not simulated.
pub(super) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    match call.operation {
        "DescribeJobDefinitions" => Some(describe(call)),
        _ => None,
    }
}

/// A definition, completed from its ARN `…:job-definition/NAME:REVISION`.
fn view(definition: &Map) -> Map {
    let mut view = definition.clone();
    let arn = text(definition, "jobDefinitionArn").to_owned();
    let resource = arn.rsplit('/').next().unwrap_or_default();
    let (name, revision) = resource.split_once(':').unwrap_or((resource, "1"));
    fill(&mut view, "jobDefinitionName", name);
    if count(&view, "revision") == 0 {
        set(&mut view, "revision", revision.parse::<i64>().unwrap_or(1));
    }
    fill(&mut view, "status", "ACTIVE");
    fill(&mut view, "type", if definition.contains_key("nodeProperties") { "multinode" } else { "container" });
    view
}

/// DescribeJobDefinitions: up to a hundred by name or ARN, or all in pages, of one status or every.
fn describe(call: &mut Call<'_>) -> Answer {
    let named = call.input.texts("jobDefinitions")?;
    if named.len() > 100 {
        return Err(refuse("ClientException", "jobDefinitions can have at most 100 items."));
    }
    let (name, status) = (call.input.text("jobDefinitionName")?, call.input.text("status")?);
    let paging = Paging::named(call, ["maxResults", "nextToken"], 100, 100)?;
    let definitions = call.world.under(call.at, DEFINITIONS, "", paging.after.as_deref());
    let definitions = definitions.map(|(key, definition)| (key.id.clone(), view(&definition.value)));
    let definitions = definitions.filter(|(id, definition)| {
        let own = text(definition, "jobDefinitionName");
        let is_named = |asked: &&str| *asked == id || *asked == own || id.ends_with(&format!("/{asked}"));
        (named.is_empty() || named.iter().any(is_named))
            && name.is_none_or(|name| name == own)
            && status.is_none_or(|status| status == text(definition, "status"))
    });
    let page = paging.take(definitions.map(|(id, definition)| (id, Value::Object(definition))));
    Ok(json!({ "jobDefinitions": page.items, "nextToken": page.next_token }))
}
