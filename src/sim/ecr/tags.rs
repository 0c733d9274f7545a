//! Tags of repositories: `Key` and `Value`, where ECS writes `key` and `value`.

use serde_json::json;

use super::identify::repository_not_found;
use crate::{
    model::Arn,
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid, refuse},
        state::{set, text},
        world::{Key, World},
    },
};

/// ListTagsForResource.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let key = resource(call)?;
    let tags = call.world.value(&key).map(World::tags_of).unwrap_or_default();
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "tags": tags }))
}

/// The repository that `resourceArn` names.
fn resource(call: &Call<'_>) -> Result<Key, Refusal> {
    let named = call.input.required("resourceArn")?;
    let name = Arn::parse(named)
        .filter(|parsed| parsed.service == "ecr" && arn::is_here(call.at, named))
        .and_then(|parsed| parsed.resource.strip_prefix("repository/"))
        .ok_or_else(|| invalid(format!("Invalid parameter at 'resourceArn': '{named}' is not a repository here")))?;
    let key = Key::repository(call.at, name);
    match call.world.get(&key) {
        Some(_) => Ok(key),
        None => Err(repository_not_found(name, call.at.account_id.as_str())),
    }
}

/// The most tags that a repository can have.
const TAGS_MAXIMUM: usize = 50;

/// TagResource: adds tags, replacing those with the same key.
pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let key = resource(call)?;
    let mut tags = call.world.value(&key).map(World::tags_of).unwrap_or_default();
    for tag in call.input.objects("tags")? {
        let name = text(tag, "Key");
        if name.is_empty() || name.len() > 128 || text(tag, "Value").len() > 256 {
            let message = "A tag's key has 1 to 128 characters, its value at most 256.";
            return Err(refuse("InvalidTagParameterException", message));
        }
        tags.retain(|(other, _)| other != name);
        tags.push((name.to_owned(), text(tag, "Value").to_owned()));
    }
    if tags.len() > TAGS_MAXIMUM {
        return Err(refuse("TooManyTagsException", "A repository can have at most 50 tags."));
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

/// The inventory format writes `key` and `value` for tags of either service.
fn put_tags(call: &mut Call<'_>, key: &Key, tags: Vec<(String, String)>) {
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    call.world.change(key, |repository| set(&mut repository.value, "tags", tags));
}
