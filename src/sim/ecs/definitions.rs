//! Task definitions: listing and describing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::lookup::definition;
use crate::sim::{
    call::{Answer, Call, invalid, refuse},
    page::Paging,
    state::{Map, text},
    world::ObjectKind,
};

/// ListTaskDefinitions. `familyPrefix` is the whole family here, whatever its name says.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let paging = Paging::read(call, 100, 100)?;
    let status = call.input.text("status")?.unwrap_or("ACTIVE");
    if !["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"].contains(&status) {
        return Err(invalid(format!("Invalid status: {status}")));
    }
    let prefix = call.input.text("familyPrefix")?.map_or(String::new(), |family| format!("{family} "));
    let listed = |(key, object): (&crate::sim::world::Key, &'_ crate::sim::world::Object)| {
        (text(&object.value, "status") == status)
            .then(|| (key.id.clone(), text(&object.value, "taskDefinitionArn").to_owned()))
    };
    let page = match call.input.text("sort")?.unwrap_or("ASC") {
        "ASC" => {
            let after = paging.after.as_deref();
            paging.take(call.world.under(call.at, ObjectKind::TaskDefinition, &prefix, after).filter_map(listed))
        }
        "DESC" => {
            let newest_first = call.world.under(call.at, ObjectKind::TaskDefinition, &prefix, None).rev();
            let seen = |id: &str| paging.after.as_deref().is_some_and(|after| id >= after);
            paging.take(newest_first.skip_while(|(key, _)| seen(&key.id)).filter_map(listed))
        }
        sort => return Err(invalid(format!("Invalid sort: {sort}"))),
    };
    Ok(json!({ "taskDefinitionArns": page.items, "nextToken": page.next_token }))
}

/// ListTaskDefinitionFamilies: by default those with ACTIVE revisions and those without.
pub(super) fn list_families(call: &mut Call<'_>) -> Answer {
    let paging = Paging::read(call, 100, 100)?;
    let wanted = call.input.text("status")?.unwrap_or("ALL");
    if !["ACTIVE", "INACTIVE", "ALL"].contains(&wanted) {
        return Err(invalid(format!("Invalid status: {wanted}")));
    }
    let prefix = call.input.text("familyPrefix")?.unwrap_or_default();
    let mut families: BTreeMap<&str, bool> = BTreeMap::new();
    for (key, object) in call.world.under(call.at, ObjectKind::TaskDefinition, prefix, None) {
        let family = key.id.split(' ').next().unwrap_or_default();
        *families.entry(family).or_default() |= text(&object.value, "status") == "ACTIVE";
    }
    let listed = families
        .into_iter()
        .filter(|(family, _)| paging.after.as_deref().is_none_or(|after| *family > after))
        .filter(|(_, has_active)| wanted == "ALL" || *has_active == (wanted == "ACTIVE"))
        .map(|(family, _)| (family.to_owned(), family));
    let page = paging.take(listed);
    Ok(json!({ "families": page.items, "nextToken": page.next_token }))
}

/// DescribeTaskDefinition.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let named = call.input.required("taskDefinition")?;
    let with_tags = call.input.includes("TAGS")?;
    let found = definition(call, named).and_then(|key| call.world.value(&key));
    let found = found.ok_or_else(unknown)?;
    let mut answer = json!({ "taskDefinition": view(found) });
    if with_tags {
        let tags = found.get("tags").cloned().unwrap_or_else(|| json!([]));
        crate::sim::state::set(answer.as_object_mut().unwrap_or(&mut Map::new()), "tags", tags);
    }
    Ok(answer)
}

/// ECS's answer to a revision that is not there, whoever asks.
pub(super) fn unknown() -> crate::sim::call::Refusal {
    refuse("ClientException", "Unable to describe task definition.")
}

/// The definition as ECS shows it: tags stand beside it, and the inventory's own notes are not ECS's.
pub(super) fn view(definition: &Map) -> Value {
    let mut view = definition.clone();
    view.remove("tags");
    view.remove("plaintextSecrets");
    Value::Object(view)
}
