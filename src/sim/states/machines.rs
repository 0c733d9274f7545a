//! State machines. A version is its own description beside the machine's: `versions` of the world's line.

use serde_json::{Value, json};

use crate::{
    model::{Arn, Location},
    sim::{
        call::{Answer, Call, Refusal, refuse},
        elsewhere::Elsewhere,
        page::Paging,
        state::{Map, copy, fill, objects, text},
        world::{Key, ObjectKind},
    },
};

const MACHINES: ObjectKind = ObjectKind::Elsewhere(Elsewhere::StateMachine);
const PAGING: [&str; 2] = ["maxResults", "nextToken"];

fn does_not_exist(arn: &str) -> Refusal {
    refuse("StateMachineDoesNotExist", format!("State Machine Does Not Exist: '{arn}'"))
}

/// The machine that a request names, and the version if it names one.
fn named<'a>(call: &'a Call<'_>) -> Result<(&'a Map, Option<&'a Map>), Refusal> {
    let asked = call.input.required("stateMachineArn")?;
    let resource = Arn::parse(asked).filter(|arn| arn.service == "states").map(|arn| arn.resource);
    let Some(name) = resource.and_then(|resource| resource.strip_prefix("stateMachine:")) else {
        return Err(refuse("InvalidArn", format!("Invalid Arn: '{asked}'")));
    };
    let qualifier = name.split_once(':').map(|(_, qualifier)| qualifier);
    let machine = qualifier.map_or(asked, |qualifier| {
        asked.strip_suffix(qualifier).and_then(|machine| machine.strip_suffix(':')).unwrap_or(asked)
    });
    let found = call.world.value(&Key::elsewhere(call.at, Elsewhere::StateMachine, machine));
    let found = found.ok_or_else(|| does_not_exist(asked))?;
    if qualifier.is_none() {
        return Ok((found, None));
    }
    let version = objects(found, "versions").find(|version| text(version, "stateMachineVersionArn") == asked);
    version.map(|version| (found, Some(version))).ok_or_else(|| does_not_exist(asked))
}

/// The machine as DescribeStateMachine gives it, without its versions.
fn view(at: &Location, machine: &Map) -> Map {
    let mut view = machine.clone();
    view.remove("versions");
    let arn = text(machine, "stateMachineArn").to_owned();
    fill(&mut view, "name", arn.rsplit(':').next().unwrap_or_default());
    fill(&mut view, "status", "ACTIVE");
    fill(&mut view, "type", "STANDARD");
    fill(&mut view, "roleArn", format!("arn:aws:iam::{}:role/states", at.account_id));
    fill(&mut view, "creationDate", "2026-01-01T00:00:00Z");
    view
}

/// ListStateMachines.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let paging = Paging::named(call, PAGING, 100, 1_000)?;
    let machines = call.world.under(call.at, MACHINES, "", paging.after.as_deref());
    let page = paging.take(machines.map(|(key, machine)| {
        let mut item = Map::new();
        copy(&view(call.at, &machine.value), &mut item, &["stateMachineArn", "name", "type", "creationDate"]);
        (key.id.clone(), Value::Object(item))
    }));
    Ok(json!({ "stateMachines": page.items, "nextToken": page.next_token }))
}

/// ListStateMachineVersions: newest first, as AWS lists them.
pub(super) fn list_versions(call: &mut Call<'_>) -> Answer {
    let paging = Paging::named(call, PAGING, 100, 1_000)?;
    let (machine, _) = named(call)?;
    let versions = objects(machine, "versions").rev().enumerate().map(|(at, version)| {
        let mut item = version.clone();
        item.remove("definition");
        fill(&mut item, "creationDate", "2026-01-01T00:00:00Z");
        (format!("{at:010}"), Value::Object(item))
    });
    let versions = versions.filter(|(at, _)| paging.after.as_ref().is_none_or(|after| at > after));
    let page = paging.take(versions);
    Ok(json!({ "stateMachineVersions": page.items, "nextToken": page.next_token }))
}

/// DescribeStateMachine: of a machine or of a version.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (machine, version) = named(call)?;
    let mut view = view(call.at, machine);
    if let Some(version) = version {
        copy(version, &mut view, &["definition", "creationDate"]);
        view.insert("stateMachineArn".to_owned(), text(version, "stateMachineVersionArn").into());
    }
    Ok(Value::Object(view))
}
