//! Tags of repositories: `Key` and `Value`, where ECS writes `key` and `value`.

use serde_json::json;

use super::identify::repository_not_found;
use crate::{
    model::Arn,
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
