//! Referrers: artifacts that say which image they are about.

use serde_json::{Value, json};

use super::{identify::repository, manifests};
use crate::{
    model::Digest,
    sim::{
        call::{Answer, Call, invalid},
        page::Paging,
        state::{Map, set, text, texts},
        world::{Key, ObjectKind},
    },
};

/// The most artifact types that a filter can name.
const TYPES_MAXIMUM: usize = 5;

/// ListImageReferrers, by the digest of the subject. Like the other lists it shows archived artifacts only if asked for.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let repository = repository(call)?;
    let subject = call.input.object("subjectId")?.map_or("", |subject| text(subject, "imageDigest"));
    if subject.parse::<Digest>().is_err() {
        return Err(invalid("Invalid parameter at 'subjectId': it has an imageDigest."));
    }
    let filter = call.input.object("filter")?;
    let types: Vec<&str> = filter.into_iter().flat_map(|filter| texts(filter, "artifactTypes")).collect();
    if types.len() > TYPES_MAXIMUM {
        return Err(invalid("artifactTypes can have at most 5 items."));
    }
    let wanted = match filter.map_or("", |filter| text(filter, "artifactStatus")) {
        "" => "ACTIVE",
        status @ ("ACTIVE" | "ARCHIVED" | "ACTIVATING" | "ANY") => status,
        unknown => return Err(invalid(format!("Invalid artifactStatus: {unknown}"))),
    };
    let paging = Paging::read(call, 20, 50)?;
    let images = call.world.under(call.at, ObjectKind::Image, &format!("{repository}@"), paging.after.as_deref());
    let referrers = images.filter(|(_, image)| {
        text(&image.value, "subjectManifestDigest") == subject
            && (wanted == "ANY" || status(&image.value) == wanted)
            && (types.is_empty() || types.contains(&text(&image.value, "artifactMediaType")))
    });
    let page = paging.take(referrers.map(|(key, image)| (key.id.clone(), descriptor(call, key, &image.value))));
    Ok(json!({ "referrers": page.items, "nextToken": page.next_token }))
}

fn status(image: &Map) -> &str {
    match text(image, "imageStatus") {
        "" => "ACTIVE",
        status => status,
    }
}

/// The artifact as an OCI descriptor, whose size is that of the manifest.
fn descriptor(call: &Call<'_>, key: &Key, image: &Map) -> Value {
    let unknown = |_| (text(image, "imageManifestMediaType").to_owned(), String::new());
    let (media_type, manifest) = manifests::manifest(call.world, key).unwrap_or_else(unknown);
    let mut descriptor = Map::new();
    set(&mut descriptor, "digest", key.digest());
    set(&mut descriptor, "mediaType", media_type);
    set(&mut descriptor, "size", manifest.len());
    set(&mut descriptor, "artifactStatus", status(image));
    let artifact = text(image, "artifactMediaType");
    if !artifact.is_empty() {
        set(&mut descriptor, "artifactType", artifact);
    }
    Value::Object(descriptor)
}
