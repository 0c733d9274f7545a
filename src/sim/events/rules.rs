//! Rules. A bus is there because a rule is on it; every account and Region has `default`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    model::Location,
    sim::{
        call::{Answer, Call, Refusal, refuse},
        elsewhere::Elsewhere,
        page::Paging,
        state::{fill, list as members, text},
        world::{Key, ObjectKind},
    },
};

const RULES: ObjectKind = ObjectKind::Elsewhere(Elsewhere::Rule);
const PAGING: [&str; 2] = ["Limit", "NextToken"];
const DEFAULT: &str = "default";

fn arn(at: &Location, resource: &str) -> String {
    format!("arn:aws:events:{}:{}:{resource}", at.region, at.account_id)
}

fn bus_arn(at: &Location, bus: &str) -> String {
    arn(at, &format!("event-bus/{bus}"))
}

/// The ARN of a rule: one on the default bus is named without its bus.
fn rule_arn(at: &Location, bus: &str, name: &str) -> String {
    if bus == DEFAULT { arn(at, &format!("rule/{name}")) } else { arn(at, &format!("rule/{bus}/{name}")) }
}

fn buses<'a>(call: &'a Call<'_>) -> BTreeSet<&'a str> {
    let rules = call.world.under(call.at, RULES, "", None);
    rules.map(|(_, rule)| text(&rule.value, "EventBusName")).chain([DEFAULT]).collect()
}

/// The bus that a request names, by name or ARN, or `default`.
fn bus<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let named = call.input.text("EventBusName")?.unwrap_or(DEFAULT);
    let bus = named.split_once(":event-bus/").map_or(named, |(_, name)| name);
    if buses(call).contains(bus) {
        return Ok(bus);
    }
    Err(refuse("ResourceNotFoundException", format!("Event bus {bus} does not exist.")))
}

/// ListEventBuses.
pub(super) fn list_buses(call: &mut Call<'_>) -> Answer {
    let paging = Paging::named(call, PAGING, 100, 100)?;
    let prefix = call.input.text("NamePrefix")?.unwrap_or_default();
    let view = |bus: &str| json!({ "Name": bus, "Arn": bus_arn(call.at, bus) });
    let listed = buses(call).into_iter().filter(|bus| bus.starts_with(prefix));
    let listed = listed.filter(|bus| paging.after.as_deref().is_none_or(|after| *bus > after));
    let page = paging.take(listed.map(|bus| (bus.to_owned(), view(bus))));
    Ok(json!({ "EventBuses": page.items, "NextToken": page.next_token }))
}

/// ListRules: those of one bus.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let paging = Paging::named(call, PAGING, 100, 100)?;
    let (bus, prefix) = (bus(call)?, call.input.text("NamePrefix")?.unwrap_or_default());
    let rules = call.world.under(call.at, RULES, &format!("{bus}/{prefix}"), paging.after.as_deref());
    let page = paging.take(rules.map(|(key, rule)| {
        let mut view = rule.value.clone();
        view.remove("Targets");
        fill(&mut view, "Arn", rule_arn(call.at, bus, text(&rule.value, "Name")));
        fill(&mut view, "State", "ENABLED");
        (key.id.clone(), Value::Object(view))
    }));
    Ok(json!({ "Rules": page.items, "NextToken": page.next_token }))
}

/// ListTargetsByRule.
pub(super) fn list_targets(call: &mut Call<'_>) -> Answer {
    let paging = Paging::named(call, PAGING, 100, 100)?;
    let (bus, name) = (bus(call)?, call.input.required("Rule")?);
    let Some(rule) = call.world.value(&Key::elsewhere(call.at, Elsewhere::Rule, format!("{bus}/{name}"))) else {
        let message = format!("Rule {name} does not exist on EventBus {bus}.");
        return Err(refuse("ResourceNotFoundException", message));
    };
    let targets = members(rule, "Targets").iter().enumerate().map(|(at, target)| (format!("{at:010}"), target));
    let targets = targets.filter(|(at, _)| paging.after.as_ref().is_none_or(|after| at > after));
    let page = paging.take(targets);
    Ok(json!({ "Targets": page.items, "NextToken": page.next_token }))
}
