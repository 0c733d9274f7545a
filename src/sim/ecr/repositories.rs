//! Repositories.

use serde_json::{Value, json};

use super::identify::{repository, repository_not_found};
use crate::sim::{
    arn,
    call::{Answer, Call, invalid, refuse},
    page::Paging,
    state::{Map, copy, fill, set, stamp, text},
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

/// The repository as ECR describes it: its tags and policies come from calls of their own only.
pub(super) fn view(repository: &Map) -> Value {
    let mut view = repository.clone();
    for member in ["tags", "policyText", "lifecyclePolicyText"] {
        view.remove(member);
    }
    Value::Object(view)
}

/// CreateRepository.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.input.required("repositoryName")?;
    if !is_name(name) {
        let message =
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression";
        return Err(invalid(format!("{message} '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''")));
    }
    let key = Key::repository(call.at, name);
    if call.world.get(&key).is_some() {
        let account_id = &call.at.account_id;
        let message =
            format!("The repository with name '{name}' already exists in the registry with id '{account_id}'");
        return Err(refuse("RepositoryAlreadyExistsException", message));
    }
    let mut value = Map::new();
    let copied = [
        "imageTagMutability",
        "imageTagMutabilityExclusionFilters",
        "imageScanningConfiguration",
        "encryptionConfiguration",
    ];
    copy(call.input.0, &mut value, &copied);
    fill(&mut value, "imageTagMutability", "MUTABLE");
    fill(&mut value, "imageScanningConfiguration", json!({ "scanOnPush": false }));
    fill(&mut value, "encryptionConfiguration", json!({ "encryptionType": "AES256" }));
    let tags = call.input.objects("tags")?;
    let tags: Vec<_> = tags.iter().map(|tag| json!({ "key": text(tag, "Key"), "value": text(tag, "Value") })).collect();
    if !tags.is_empty() {
        set(&mut value, "tags", tags);
    }
    set(&mut value, "repositoryName", name);
    set(&mut value, "repositoryArn", arn::repository(call.at, name));
    set(&mut value, "registryId", call.at.account_id.as_str());
    set(&mut value, "repositoryUri", arn::repository_uri(call.at, name));
    stamp(&mut value, "createdAt", call.now);
    let shown = view(&value);
    call.world.put(key, value.into());
    Ok(json!({ "repository": shown }))
}

/// Names of path components: lower-case letters and digits, joined by single dots, up to two underscores, or hyphens.
fn is_name(name: &str) -> bool {
    let is_component = |component: &str| {
        let ends = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let bytes = component.as_bytes();
        ends(bytes.first())
            && ends(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(byte))
            && !["..", "___", "._", "_.", ".-", "-.", "_-", "-_"].iter().any(|wrong| component.contains(wrong))
    };
    (2..=256).contains(&name.len()) && name.split('/').all(is_component)
}

/// DeleteRepository: refused while images are in it, unless `force` is given.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let name = repository(call)?;
    let force = call.input.flag("force")?;
    let inside = |kind| call.world.under(call.at, kind, &format!("{name}@"), None).map(|(key, _)| key.clone());
    let (images, manifests): (Vec<Key>, Vec<Key>) =
        (inside(ObjectKind::Image).collect(), inside(ObjectKind::Manifest).collect());
    if !images.is_empty() && !force {
        let account_id = &call.at.account_id;
        let message = format!(
            "The repository with name '{name}' in registry with id '{account_id}' cannot be deleted because it still contains images"
        );
        return Err(refuse("RepositoryNotEmptyException", message));
    }
    for key in images.iter().chain(&manifests) {
        call.world.remove(key);
    }
    let repository = call.world.remove(&Key::repository(call.at, name));
    Ok(json!({ "repository": repository.map(|repository| view(&repository.value)) }))
}
