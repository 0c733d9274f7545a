//! Tags of ECS resources.

use serde_json::json;

use crate::{
    model::{Arn, TaskDefinitionRef, task_set_id},
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid},
        world::{Key, World},
    },
};

/// ListTagsForResource.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let key = resource(call)?;
    let tags = call.world.value(&key).map(World::tags_of).unwrap_or_default();
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    Ok(json!({ "tags": tags }))
}

/// The object that `resourceArn` names: a cluster, service, task set, task or definition that is there.
fn resource(call: &Call<'_>) -> Result<Key, Refusal> {
    let named = call.input.required("resourceArn")?;
    let invalid_arn = || invalid("Invalid identifier: Identifier is not a valid ARN of a taggable resource.");
    let parsed = Arn::parse(named).filter(|_| arn::is_here(call.at, named)).ok_or_else(invalid_arn)?;
    let (kind, rest) = parsed.resource.split_once('/').ok_or_else(invalid_arn)?;
    let in_cluster = || rest.split_once('/').unwrap_or(("default", rest));
    let key = match kind {
        "cluster" => Key::cluster(call.at, rest),
        "service" => Key::service(call.at, in_cluster().0, in_cluster().1),
        "task" => Key::task(call.at, in_cluster().0, in_cluster().1),
        "task-set" => {
            let mut parts = rest.splitn(3, '/');
            let (cluster, service) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            Key::task_set(call.at, cluster, service, task_set_id(named).as_str())
        }
        "task-definition" => {
            let reference = TaskDefinitionRef::parse(named).ok_or_else(invalid_arn)?;
            let revision = reference.revision.ok_or_else(invalid_arn)?;
            Key::task_definition(call.at, reference.family.as_str(), revision.0)
        }
        _ => return Err(invalid_arn()),
    };
    match call.world.get(&key) {
        Some(_) => Ok(key),
        None => Err(invalid("The specified resource wasn't found. Check its ARN and try again.")),
    }
}
