//! UpdateImageStorageClass: into the archive and back.

use serde_json::json;

use super::identify::{ImageId, repository};
use crate::{
    model::Timestamp,
    sim::{
        call::{Answer, Call, Refusal, invalid, refuse},
        clock,
        state::{Map, set, stamp, text},
        world::{Key, World},
    },
};

/// How long coming back takes: "up to 20 minutes" ("Restoring an archived image in Amazon ECR").
const RESTORING_SECONDS: i64 = 20 * 60;

/// UpdateImageStorageClass. Into the archive an image goes at once; back it goes through ACTIVATING.
///
/// To archive what is archived is an error, not a success: AWS has been seen to answer so. A manifest that an index lists is
/// not archived before that index: the page on lifecycle policies says it of them, and nothing says otherwise of this call.
/// Which error that is, is undocumented too.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let repository = repository(call)?;
    let target = call.input.required("targetStorageClass")?;
    let Some(id) = call.input.object("imageId")?.map(ImageId::read) else {
        return Err(invalid("imageId cannot be empty."));
    };
    let key = id.find(call, repository).map_err(|mismatch| match mismatch.code {
        "ImageNotFound" => refuse("ImageNotFoundException", mismatch.reason),
        _ => invalid(mismatch.reason),
    })?;
    let status = call.world.value(&key).map_or("", status).to_owned();
    let now = call.now;
    let status = match (target, status.as_str()) {
        ("ARCHIVE", "ACTIVE") => {
            if let Some(index) = active_parent(call.world, &key, repository) {
                return Err(not_supported(&format!("the image index {index} lists it and is not archived")));
            }
            call.world.change(&key, |image| {
                set(&mut image.value, "imageStatus", "ARCHIVED");
                stamp(&mut image.value, "lastArchivedAt", now);
            });
            "ARCHIVED"
        }
        ("STANDARD", "ARCHIVED") => {
            call.world.change(&key, |image| {
                set(&mut image.value, "imageStatus", "ACTIVATING");
                image.due = Some(clock::seconds_after(now, RESTORING_SECONDS));
            });
            "ACTIVATING"
        }
        ("ARCHIVE" | "STANDARD", status) => return Err(not_supported(&format!("its status is {status}"))),
        (other, _) => return Err(invalid(format!("Invalid targetStorageClass: {other}"))),
    };
    let shown = ImageId { digest: Some(key.digest().to_owned()), tag: id.tag };
    Ok(json!({
        "registryId": call.at.account_id,
        "repositoryName": repository,
        "imageId": shown.shown(),
        "imageStatus": status,
    }))
}

/// The end of coming back from the archive.
pub(in crate::sim) fn activate(world: &mut World, key: &Key, now: Timestamp) {
    world.change(key, |image| {
        image.due = None;
        if text(&image.value, "imageStatus") == "ACTIVATING" {
            set(&mut image.value, "imageStatus", "ACTIVE");
            stamp(&mut image.value, "lastActivatedAt", now);
        }
    });
}

fn active_parent(world: &World, key: &Key, repository: &str) -> Option<String> {
    let parents = world.parents(&key.location, repository, key.digest()).into_iter();
    let is_active = |parent: &&str| {
        world.value(&Key::image(&key.location, repository, parent)).is_some_and(|index| status(index) != "ARCHIVED")
    };
    parents.map(AsRef::as_ref).find(is_active).map(str::to_owned)
}

fn status(image: &Map) -> &str {
    match text(image, "imageStatus") {
        "" => "ACTIVE",
        status => status,
    }
}

fn not_supported(why: &str) -> Refusal {
    let message = format!("The requested image storage class update is not supported: {why}");
    refuse("ImageStorageClassUpdateNotSupportedException", message)
}
