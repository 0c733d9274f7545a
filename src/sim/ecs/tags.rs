//! Tags of ECS resources.

use serde_json::json;

use crate::{
    model::{Arn, TaskDefinitionRef, task_set_id},
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid},
        state::{Map, set, text},
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

/// The most tags that a resource can have.
const TAGS_MAXIMUM: usize = 50;

/// TagResource: adds tags, replacing those with the same key.
pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let key = resource(call)?;
    let mut tags = call.world.value(&key).map(World::tags_of).unwrap_or_default();
    for tag in call.input.objects("tags")? {
        let name = text(tag, "key");
        if name.is_empty() || name.len() > 128 || name.starts_with("aws:") || text(tag, "value").len() > 256 {
            return Err(invalid(
                "A tag's key has 1 to 128 characters and does not start with aws:; its value at most 256.",
            ));
        }
        tags.retain(|(other, _)| other != name);
        tags.push((name.to_owned(), text(tag, "value").to_owned()));
    }
    if tags.len() > TAGS_MAXIMUM {
        return Err(invalid("A resource can have at most 50 tags."));
    }
    put_tags(call, &key, tags);
    Ok(json!({}))
}

/// UntagResource.
pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let key = resource(call)?;
    let names = call.input.texts("tagKeys")?;
    let mut tags = call.world.value(&key).map(World::tags_of).unwrap_or_default();
    tags.retain(|(name, _)| !names.contains(&name.as_str()));
    put_tags(call, &key, tags);
    Ok(json!({}))
}

fn put_tags(call: &mut Call<'_>, key: &Key, tags: Vec<(String, String)>) {
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    call.world.change(key, |object| set(&mut object.value as &mut Map, "tags", tags));
}
