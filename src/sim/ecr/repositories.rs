//! Repositories.

use serde_json::{Value, json};

use super::identify::repository_not_found;
use crate::sim::{
    call::{Answer, Call, invalid},
    page::Paging,
    state::Map,
    world::{Key, ObjectKind},
};

/// DescribeRepositories: all in pages, or up to 100 by name.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let names = call.input.texts("repositoryNames")?;
    let registry = call.input.text("registryId")?.unwrap_or(call.at.account_id.as_str());
    let here = registry == call.at.account_id.as_str();
    if names.is_empty() {
        let paging = Paging::read(call, 100, 1_000)?;
        let repositories = call.world.under(call.at, ObjectKind::Repository, "", paging.after.as_deref());
        let listed = repositories.filter(|_| here).map(|(key, object)| (key.id.clone(), view(&object.value)));
        let page = paging.take(listed);
        return Ok(json!({ "repositories": page.items, "nextToken": page.next_token }));
    }
    if call.input.number("maxResults")?.is_some() || call.input.text("nextToken")?.is_some() {
        return Err(invalid("maxResults and nextToken cannot be used together with repositoryNames."));
    }
    if names.len() > 100 {
        return Err(invalid("repositoryNames can have at most 100 items."));
    }
    let find = |name: &str| {
        let found = call.world.value(&Key::repository(call.at, name)).filter(|_| here);
        found.map(view).ok_or_else(|| repository_not_found(name, registry))
    };
    let found: Vec<Value> = names.into_iter().map(find).collect::<Result<_, _>>()?;
    Ok(json!({ "repositories": found }))
}

/// The repository as ECR describes it: its tags come from ListTagsForResource only.
pub(super) fn view(repository: &Map) -> Value {
    let mut view = repository.clone();
    view.remove("tags");
    Value::Object(view)
}
