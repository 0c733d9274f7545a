//! PutImage: pushing a manifest, tagging, moving a tag.

use serde_json::{Value, json};

use super::identify::{ImageId, repository};
use crate::{
    inventory::is_index,
    model::sha256,
    sim::{
        call::{Answer, Call, Refusal, invalid, refuse},
        state::{Map, count, inner_text, list, objects, set, stamp, text, texts},
        world::Key,
    },
};

/// PutImage.
pub(super) fn put_image(call: &mut Call<'_>) -> Answer {
    let repository = repository(call)?;
    let body = call.input.required("imageManifest")?;
    let tag = call.input.text("imageTag")?.filter(|tag| !tag.is_empty());
    let parsed: Map = serde_json::from_str(body).map_err(|_| invalid("Invalid image manifest: it is not JSON"))?;
    let media_type = call.input.text("imageManifestMediaType")?.unwrap_or(text(&parsed, "mediaType"));
    if media_type.is_empty() {
        return Err(invalid("Invalid parameter: imageManifestMediaType is needed for a manifest without mediaType"));
    }
    let digest = sha256(body);
    if call.input.text("imageDigest")?.is_some_and(|given| given != digest) {
        return Err(refuse("ImageDigestDoesNotMatchException", format!("The manifest's digest is {digest}")));
    }
    let key = Key::image(call.at, repository, &digest);
    refuse_existing(call, repository, &key, tag)?;
    let image = described(call, repository, &digest, media_type, &parsed)?;

    if call.world.get(&key).is_none() {
        call.world.put(key.clone(), image.into());
        let children = children(&parsed);
        let manifest = json!({
            "repositoryName": repository, "imageDigest": digest, "children": children, "imageManifest": body,
        });
        if let Value::Object(manifest) = manifest {
            call.world.put(Key::manifest(call.at, repository, &digest), manifest.into());
        }
    }
    let now = call.now;
    call.world.change(&key, |image| {
        // Pushing an archived image again brings it back at once.
        if matches!(text(&image.value, "imageStatus"), "ARCHIVED" | "ACTIVATING") {
            set(&mut image.value, "imageStatus", "ACTIVE");
            stamp(&mut image.value, "lastActivatedAt", now);
        }
    });
    if let Some(tag) = tag {
        move_tag(call, repository, &key, tag);
    }
    let id = ImageId { digest: Some(digest), tag: tag.map(str::to_owned) };
    Ok(json!({ "image": {
        "registryId": call.at.account_id,
        "repositoryName": repository,
        "imageId": id.shown(),
        "imageManifest": body,
        "imageManifestMediaType": media_type,
    } }))
}

/// The same image under the same tag, or another image under a tag that must not move.
fn refuse_existing(call: &Call<'_>, repository: &str, key: &Key, tag: Option<&str>) -> Result<(), Refusal> {
    let there = call.world.value(key);
    let is_archived = there.is_some_and(|image| !matches!(text(image, "imageStatus"), "" | "ACTIVE"));
    let tagged = tag.and_then(|tag| call.world.tagged(call.at, repository, tag));
    let same = there.is_some() && (tag.is_none() || tagged == Some(key.digest()));
    if same && !is_archived {
        let message = format!(
            "Image with digest '{}' and tag '{}' already exists in the repository with name '{repository}' in registry with id '{}'",
            key.digest(),
            tag.unwrap_or("null"),
            call.at.account_id
        );
        return Err(refuse("ImageAlreadyExistsException", message));
    }
    let moves = tagged.is_some_and(|tagged| tagged != key.digest());
    if let Some(tag) = tag.filter(|tag| moves && is_immutable(call, repository, tag)) {
        let message = format!(
            "The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because the tag is immutable."
        );
        return Err(refuse("ImageTagAlreadyExistsException", message));
    }
    Ok(())
}

/// Whether a tag of the repository must not move: `imageTagMutability` and its exclusions, which are wildcards.
fn is_immutable(call: &Call<'_>, repository: &str, tag: &str) -> bool {
    let Some(repository) = call.world.value(&Key::repository(call.at, repository)) else { return false };
    let filters = objects(repository, "imageTagMutabilityExclusionFilters");
    let excluded = filters.map(|filter| text(filter, "filter").to_owned()).any(|filter| matches_wildcard(&filter, tag));
    match text(repository, "imageTagMutability") {
        "IMMUTABLE" => true,
        "IMMUTABLE_WITH_EXCLUSION" => !excluded,
        "MUTABLE_WITH_EXCLUSION" => excluded,
        _ => false,
    }
}

fn matches_wildcard(filter: &str, tag: &str) -> bool {
    let mut parts = filter.split('*');
    let Some(mut rest) = tag.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// The digests that an index lists.
fn children(manifest: &Map) -> Vec<&str> {
    objects(manifest, "manifests").map(|child| text(child, "digest")).collect()
}

/// The image's description: its size, and what kind of artifact it is.
fn described(
    call: &Call<'_>,
    repository: &str,
    digest: &str,
    media_type: &str,
    manifest: &Map,
) -> Result<Map, Refusal> {
    let size = if is_index(media_type) {
        let sizes: Result<Vec<i64>, Refusal> = children(manifest)
            .into_iter()
            .map(|child| {
                let image = call.world.value(&Key::image(call.at, repository, child));
                let missing = || {
                    let message = format!("Images with digests '[{child}]' required for pushing image into repository with name '{repository}' in the registry do not exist");
                    refuse("ReferencedImagesNotFoundException", message)
                };
                image.map(|image| count(image, "imageSizeInBytes")).ok_or_else(missing)
            })
            .collect();
        // The size of an index is that of its largest manifest (ECR API, ImageDetail).
        sizes?.into_iter().max().unwrap_or_default()
    } else {
        let config = manifest.get("config").and_then(Value::as_object).map_or(0, |config| count(config, "size"));
        objects(manifest, "layers").map(|layer| count(layer, "size")).sum::<i64>() + config
    };
    let mut image = Map::new();
    set(&mut image, "registryId", call.at.account_id.as_str());
    set(&mut image, "repositoryName", repository);
    set(&mut image, "imageDigest", digest);
    set(&mut image, "imageSizeInBytes", size);
    set(&mut image, "imageManifestMediaType", media_type);
    set(&mut image, "imageStatus", "ACTIVE");
    stamp(&mut image, "imagePushedAt", call.now);
    let artifact = match text(manifest, "artifactType") {
        "" => inner_text(manifest, "config", "mediaType"),
        artifact => artifact,
    };
    if !artifact.is_empty() {
        set(&mut image, "artifactMediaType", artifact);
    }
    let subject = inner_text(manifest, "subject", "digest");
    if !subject.is_empty() {
        set(&mut image, "subjectManifestDigest", subject);
    }
    Ok(image)
}

/// Puts a tag on an image. The image that had it keeps its other tags, or is left untagged: it is not deleted.
fn move_tag(call: &mut Call<'_>, repository: &str, to: &Key, tag: &str) {
    if let Some(from) = call.world.tagged(call.at, repository, tag).map(|from| Key::image(call.at, repository, from)) {
        call.world.change(&from, |image| untag(&mut image.value, tag));
    }
    call.world.change(to, |image| {
        let mut tags: Vec<Value> = list(&image.value, "imageTags").to_vec();
        tags.push(tag.into());
        set(&mut image.value, "imageTags", tags);
    });
}

/// Takes a tag off an image.
pub(super) fn untag(image: &mut Map, tag: &str) {
    let left: Vec<Value> = texts(image, "imageTags").filter(|other| *other != tag).map(Value::from).collect();
    if left.is_empty() {
        image.remove("imageTags");
    } else {
        set(image, "imageTags", left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_whole_tags() {
        for (filter, tag, matches) in [
            ("latest", "latest", true),
            ("latest", "latest-1", false),
            ("dev-*", "dev-1", true),
            ("*-rc", "1-rc", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("*", "", true),
        ] {
            assert_eq!(matches_wildcard(filter, tag), matches, "{filter} {tag}");
        }
    }
}
