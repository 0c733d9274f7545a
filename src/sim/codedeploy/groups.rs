//! Applications and their deployment groups.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::limits::{PAGE, PAGING, limit_exceeded};
use crate::sim::{
    call::{Answer, Call, Refusal, refuse},
    elsewhere::Elsewhere,
    page::Paging,
    state::{Map, fill, text},
    world::{Key, ObjectKind},
};

const GROUPS: ObjectKind = ObjectKind::Elsewhere(Elsewhere::DeploymentGroup);

fn view(group: &Map) -> Map {
    let mut view = group.clone();
    fill(&mut view, "computePlatform", "ECS");
    view
}

/// Each application and the platform of its groups, which is one for all of them.
fn applications(call: &Call<'_>) -> BTreeMap<String, String> {
    let groups = call.world.under(call.at, GROUPS, "", None).map(|(_, group)| view(&group.value));
    groups.map(|group| (text(&group, "applicationName").into(), text(&group, "computePlatform").into())).collect()
}

fn no_application(name: &str) -> Refusal {
    refuse("ApplicationDoesNotExistException", format!("No application found for name: {name}"))
}

/// ListApplications.
pub(super) fn list_applications(call: &mut Call<'_>) -> Answer {
    let paging = Paging::named(call, PAGING, PAGE, PAGE)?;
    let names = applications(call).into_keys();
    let names = names.filter(|name| paging.after.as_ref().is_none_or(|after| name > after));
    let page = paging.take(names.map(|name| (name.clone(), name)));
    Ok(json!({ "applications": page.items, "nextToken": page.next_token }))
}

/// BatchGetApplications: at most a hundred; one that is not there fails the call.
pub(super) fn batch_get_applications(call: &mut Call<'_>) -> Answer {
    let names = call.input.texts("applicationNames")?;
    if names.len() > 100 {
        return Err(limit_exceeded("applications", 100));
    }
    if names.is_empty() {
        return Err(refuse("ApplicationNameRequiredException", "No application was named."));
    }
    let known = applications(call);
    let view = |name: &str| {
        let platform = known.get(name).ok_or_else(|| no_application(name))?;
        Ok(json!({ "applicationName": name, "computePlatform": platform, "linkedToGitHub": false }))
    };
    let found: Vec<Value> = names.into_iter().map(view).collect::<Result<_, Refusal>>()?;
    Ok(json!({ "applicationsInfo": found }))
}

/// The application that a request names, which must be there.
fn application<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let name = call.input.text("applicationName")?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| refuse("ApplicationNameRequiredException", "No application was named."))?;
    if applications(call).contains_key(name) { Ok(name) } else { Err(no_application(name)) }
}

/// ListDeploymentGroups: the names.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let application = application(call)?;
    let paging = Paging::named(call, PAGING, PAGE, PAGE)?;
    let groups = call.world.under(call.at, GROUPS, &format!("{application}/"), paging.after.as_deref());
    let names = groups.map(|(key, group)| (key.id.clone(), text(&group.value, "deploymentGroupName").to_owned()));
    let page = paging.take(names);
    Ok(json!({ "applicationName": application, "deploymentGroups": page.items, "nextToken": page.next_token }))
}

/// BatchGetDeploymentGroups: at most a hundred; what is not there is left out and told in `errorMessage`.
pub(super) fn batch_get(call: &mut Call<'_>) -> Answer {
    let application = application(call)?;
    let names = call.input.texts("deploymentGroupNames")?;
    if names.len() > 100 {
        return Err(limit_exceeded("deployment groups", 100));
    }
    if names.is_empty() {
        return Err(refuse("DeploymentGroupNameRequiredException", "No deployment group was named."));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let key = Key::elsewhere(call.at, Elsewhere::DeploymentGroup, format!("{application}/{name}"));
        match call.world.value(&key) {
            Some(group) => found.push(view(group)),
            None => missing.push(name),
        }
    }
    let error = (!missing.is_empty()).then(|| format!("No deployment group found for name: {}", missing.join(", ")));
    Ok(json!({ "deploymentGroupsInfo": found, "errorMessage": error }))
}
