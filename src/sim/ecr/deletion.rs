//! BatchDeleteImage.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    identify::{ImageId, Mismatch, repository},
    push::untag,
    replication::{Deleted, replicate},
};
use crate::sim::{
    call::{Answer, Call},
    state::texts,
    world::Key,
};

/// BatchDeleteImage: by digest the image and all its tags, by tag that tag alone, or the image with its last one.
///
/// A manifest that an index of the repository listed when the request arrived is refused, even if the index goes in
/// the same request: AWS has been seen to refuse then, so a client must not count on it.
/// With digest and tag together AWS compares; whether it then deletes the tag or the image is undocumented. Here it is
/// the tag, which removes less.
pub(super) fn batch_delete(call: &mut Call<'_>) -> Answer {
    let repository = repository(call)?;
    let mut ids = ImageId::read_batch(call)?;
    let mut seen = Vec::new();
    ids.retain(|id| {
        let first = !seen.contains(id);
        seen.push(id.clone());
        first
    });
    let parents = |key: &Key| call.world.parents(call.at, repository, key.digest()).join(", ");
    let held: BTreeMap<Key, String> = ids
        .iter()
        .filter_map(|id| id.find(call, repository).ok())
        .map(|key| (key.clone(), parents(&key)))
        .filter(|(_, parents)| !parents.is_empty())
        .collect();
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for id in ids {
        match delete_one(call, repository, &id, &held) {
            Ok(removed) => deleted.extend(removed.iter().map(ImageId::shown)),
            Err(mismatch) => failures.push(id.failure(&mismatch)),
        }
    }
    Ok(json!({ "imageIds": deleted, "failures": failures }))
}

/// What was removed: one id for each tag, or the bare digest of an untagged image.
fn delete_one(
    call: &mut Call<'_>,
    repository: &str,
    id: &ImageId,
    held: &BTreeMap<Key, String>,
) -> Result<Vec<ImageId>, Mismatch> {
    let key = id.find(call, repository)?;
    let image = call.world.value(&key);
    let tags: Vec<String> = image.into_iter().flat_map(|image| texts(image, "imageTags")).map(str::to_owned).collect();
    let digest = key.digest().to_owned();
    let removed = |tag: Option<&String>| ImageId { digest: Some(digest.clone()), tag: tag.cloned() };
    if let Some(tag) = id.tag.as_ref().filter(|tag| tags.iter().any(|other| other != *tag)) {
        call.world.change(&key, |image| untag(&mut image.value, tag));
        replicate(call, repository, &digest, &Deleted::Tag(tag));
        return Ok(vec![removed(Some(tag))]);
    }
    if let Some(parents) = held.get(&key) {
        let reason = format!("Requested image referenced by manifest list: [{parents}]");
        return Err(Mismatch::new("ImageReferencedByManifestList", reason));
    }
    call.world.remove(&key);
    call.world.remove(&Key::manifest(call.at, repository, &digest));
    replicate(call, repository, &digest, &Deleted::Image);
    if tags.is_empty() {
        return Ok(vec![removed(None)]);
    }
    Ok(tags.iter().map(|tag| removed(Some(tag))).collect())
}
