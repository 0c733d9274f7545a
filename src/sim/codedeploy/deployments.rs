//! Deployments.

use serde_json::{Value, json};

use super::limits::{PAGE, PAGING, limit_exceeded};
use crate::sim::{
    call::{Answer, Call, refuse},
    elsewhere::Elsewhere,
    page::Paging,
    state::{Map, fill, text},
    world::{Key, ObjectKind},
};

const DEPLOYMENTS: ObjectKind = ObjectKind::Elsewhere(Elsewhere::Deployment);

const STATUSES: [&str; 8] = ["Created", "Queued", "InProgress", "Baking", "Succeeded", "Failed", "Stopped", "Ready"];

/// ListDeployments: of a group of an application, or of both not named of all; only in the statuses named.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let (application, group) = (call.input.text("applicationName")?, call.input.text("deploymentGroupName")?);
    match (application, group) {
        (Some(_), None) => {
            return Err(refuse("DeploymentGroupNameRequiredException", "No deployment group was named."));
        }
        (None, Some(_)) => return Err(refuse("ApplicationNameRequiredException", "No application was named.")),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let statuses = call.input.texts("includeOnlyStatuses")?;
    if let Some(status) = statuses.iter().find(|status| !STATUSES.contains(status)) {
        return Err(refuse("InvalidDeploymentStatusException", format!("{status} is not a deployment status.")));
    }
    let paging = Paging::named(call, PAGING, PAGE, PAGE)?;
    let deployments = call.world.under(call.at, DEPLOYMENTS, "", paging.after.as_deref()).filter(|(_, deployment)| {
        let deployment = &deployment.value;
        (statuses.is_empty() || statuses.contains(&text(deployment, "status")))
            && application.is_none_or(|name| name == text(deployment, "applicationName"))
            && group.is_none_or(|name| name == text(deployment, "deploymentGroupName"))
    });
    let page = paging.take(deployments.map(|(key, _)| (key.id.clone(), key.id.clone())));
    Ok(json!({ "deployments": page.items, "nextToken": page.next_token }))
}

/// BatchGetDeployments: at most twenty-five; what is not there is left out.
pub(super) fn batch_get(call: &mut Call<'_>) -> Answer {
    let ids = call.input.texts("deploymentIds")?;
    if ids.len() > 25 {
        return Err(limit_exceeded("deployments", 25));
    }
    if ids.is_empty() {
        return Err(refuse("DeploymentIdRequiredException", "No deployment was named."));
    }
    let found = ids.iter().filter_map(|id| call.world.value(&Key::elsewhere(call.at, Elsewhere::Deployment, *id)));
    let found: Vec<Value> = found.map(|deployment| Value::Object(view(deployment))).collect();
    Ok(json!({ "deploymentsInfo": found }))
}

fn view(deployment: &Map) -> Map {
    let mut view = deployment.clone();
    fill(&mut view, "computePlatform", "ECS");
    view
}
