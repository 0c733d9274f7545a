//! Manifests: reading them.

use serde_json::{Value, json};

use super::identify::{ImageId, Mismatch, repository};
use crate::{
    inventory::is_index,
    model::Age,
    sim::{
        call::{Answer, Call},
        state::{Map, count, stamp, text, texts, time},
        world::{Key, World},
    },
};

/// How old a recorded pull may become while the image is being pulled.
const PULL_GRAIN_SECONDS: i64 = 86_400;

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// BatchGetImage: manifests as they were pushed (no conversion), per-item failures. Like every pull it is recorded, for the
/// image that was asked for and not for what an index lists.
pub(super) fn batch_get(call: &mut Call<'_>) -> Answer {
    let repository = repository(call)?;
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    for id in ImageId::read_batch(call)? {
        match id.find(call, repository).and_then(|key| manifest(call.world, &key).map(|manifest| (key, manifest))) {
            Ok((key, (media_type, manifest))) => {
                record_pull(call, &key);
                let shown = ImageId { digest: Some(key.digest().to_owned()), tag: id.tag };
                images.push(json!({
                    "registryId": call.at.account_id,
                    "repositoryName": repository,
                    "imageId": shown.shown(),
                    "imageManifest": manifest,
                    "imageManifestMediaType": media_type,
                }));
            }
            Err(mismatch) => failures.push(id.failure(&mismatch)),
        }
    }
    Ok(json!({ "images": images, "failures": failures }))
}

/// ECR "refreshes the last image pull timestamp at least once every 24 hours": of one pull a day it records the exact time,
/// of one an hour it may not (ImageDetail, ECR API reference). Here a record younger than that stays, so that a client sees
/// the oldest time that the page allows.
fn record_pull(call: &mut Call<'_>, key: &Key) {
    let recorded = call.world.value(key).and_then(|image| time(image, "lastRecordedPullTime"));
    let is_fresh = recorded.is_some_and(|at| Age::of(at, call.now).as_seconds() < PULL_GRAIN_SECONDS);
    let now = call.now;
    if !is_fresh {
        call.world.change(key, |image| stamp(&mut image.value, "lastRecordedPullTime", now));
    }
}

/// An image's manifest and its media type: the text that was pushed, or else one made up from what the world knows.
pub(super) fn manifest(world: &World, key: &Key) -> Result<(String, String), Mismatch> {
    let unknown = || Mismatch::new("ImageInaccessible", "The simulated world does not hold this index's manifest");
    let image = world.value(key).ok_or_else(unknown)?;
    let media_type = match text(image, "imageManifestMediaType") {
        "" => OCI_MANIFEST,
        media_type => media_type,
    };
    let repository = text(image, "repositoryName");
    let known = world.value(&Key::manifest(&key.location, repository, key.digest()));
    match known {
        Some(known) if !text(known, "imageManifest").is_empty() => {
            Ok((media_type.to_owned(), text(known, "imageManifest").to_owned()))
        }
        // A world that says what an index holds makes the image one, whatever it says of the media type.
        Some(known) if is_index(media_type) => Ok((media_type.to_owned(), index(world, key, known, media_type))),
        Some(known) => Ok((OCI_INDEX.to_owned(), index(world, key, known, OCI_INDEX))),
        None if is_index(media_type) => Err(unknown()),
        None => Ok((media_type.to_owned(), plain(image, media_type))),
    }
}

fn index(world: &World, key: &Key, known: &Map, media_type: &str) -> String {
    let repository = text(known, "repositoryName");
    let entry = |digest: &str| {
        let child = world.value(&Key::image(&key.location, repository, digest));
        let media_type = child.map_or(OCI_MANIFEST, |child| match text(child, "imageManifestMediaType") {
            "" => OCI_MANIFEST,
            media_type => media_type,
        });
        let size = child.map_or(0, |child| count(child, "imageSizeInBytes"));
        json!({ "mediaType": media_type, "digest": digest, "size": size })
    };
    let manifests: Vec<Value> = texts(known, "children").map(entry).collect();
    json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests }).to_string()
}

fn plain(image: &Map, media_type: &str) -> String {
    let digest = text(image, "imageDigest");
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": { "mediaType": OCI_CONFIG, "digest": digest, "size": 0 },
        "layers": [{ "mediaType": OCI_LAYER, "digest": digest, "size": count(image, "imageSizeInBytes") }],
    });
    if let Some(members) = manifest.as_object_mut() {
        let artifact = text(image, "artifactMediaType");
        if !artifact.is_empty() {
            crate::sim::state::set(members, "artifactType", artifact);
        }
        let subject = text(image, "subjectManifestDigest");
        if !subject.is_empty() {
            let subject = json!({ "mediaType": OCI_MANIFEST, "digest": subject, "size": 0 });
            crate::sim::state::set(members, "subject", subject);
        }
    }
    manifest.to_string()
}
