//! Images: listing and describing.

use serde_json::{Value, json};

use super::identify::{ImageId, repository};
use crate::sim::{
    call::{Answer, Call, Refusal, invalid, refuse},
    page::Paging,
    state::{Map, list as items, set, text, texts},
    world::ObjectKind,
};

/// DescribeImages: in pages, or up to 100 by id, of which one unknown spoils the whole call.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let repository = repository(call)?;
    let filter = Filter::read(call)?;
    if call.input.objects("imageIds")?.is_empty() {
        let paging = Paging::read(call, 100, 1_000)?;
        let after = paging.after.as_deref();
        let images = call.world.under(call.at, ObjectKind::Image, &format!("{repository}@"), after);
        let admitted = images.filter(|(_, object)| filter.admits(&object.value));
        let page = paging.take(admitted.map(|(key, object)| (key.id.clone(), view(&object.value))));
        return Ok(json!({ "imageDetails": page.items, "nextToken": page.next_token }));
    }
    if call.input.number("maxResults")?.is_some() || call.input.text("nextToken")?.is_some() {
        return Err(invalid("maxResults and nextToken cannot be used together with imageIds."));
    }
    let mut details = Vec::new();
    for id in ImageId::read_batch(call)? {
        let found = id.find(call, repository).ok().and_then(|key| call.world.value(&key));
        // An image by its id is subject to the filter too: what the filter hides is "not found".
        let found = found.filter(|image| filter.admits(image)).ok_or_else(|| not_found(call, repository, &id))?;
        details.push(view(found));
    }
    Ok(json!({ "imageDetails": details }))
}

fn not_found(call: &Call<'_>, repository: &str, id: &ImageId) -> Refusal {
    let quoted = |part: &Option<String>| part.as_ref().map_or("null".to_owned(), |part| format!("'{part}'"));
    refuse(
        "ImageNotFoundException",
        format!(
            "The image with imageId {{imageDigest:{}, imageTag:{}}} does not exist within the repository with name \
             '{repository}' in the registry with id '{}'",
            quoted(&id.digest),
            quoted(&id.tag),
            call.at.account_id
        ),
    )
}

/// ListImages: one entry per tag, one without a tag for an untagged image.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let repository = repository(call)?;
    let filter = Filter::read(call)?;
    let paging = Paging::read(call, 100, 1_000)?;
    let prefix = format!("{repository}@");
    // A cursor is the image's id, a line feed and the tag: a page may end in the middle of an image's tags.
    let last = paging.after.as_deref().and_then(|after| after.split_once('\n'));
    let mut entries = Vec::new();
    let from = last.map(|(id, _)| id);
    let same = from.and_then(|id| call.world.under(call.at, ObjectKind::Image, id, None).next());
    let rest = call.world.under(call.at, ObjectKind::Image, &prefix, from);
    let images = same.filter(|(key, _)| Some(key.id.as_str()) == from).into_iter().chain(rest);
    let wanted = call.input.number("maxResults")?.and_then(|size| usize::try_from(size).ok()).unwrap_or(100) + 1;
    for (key, object) in images.filter(|(_, object)| filter.admits(&object.value)) {
        let mut tags: Vec<&str> = texts(&object.value, "imageTags").collect();
        tags.sort_unstable();
        if tags.is_empty() {
            tags.push("");
        }
        let digest = text(&object.value, "imageDigest");
        for tag in tags {
            let seen = last.is_some_and(|(id, last_tag)| key.id == id && tag <= last_tag);
            if !seen {
                let tag_member = Some(tag).filter(|tag| !tag.is_empty());
                entries.push((format!("{}\n{tag}", key.id), json!({ "imageDigest": digest, "imageTag": tag_member })));
            }
        }
        if entries.len() >= wanted {
            break;
        }
    }
    let page = paging.take(entries.into_iter());
    Ok(json!({ "imageIds": page.items, "nextToken": page.next_token }))
}

/// The filter of DescribeImages and ListImages. Without `imageStatus` archived images are invisible.
struct Filter<'a> {
    tag_status: &'a str,
    image_status: &'a str,
}

impl<'a> Filter<'a> {
    fn read(call: &Call<'a>) -> Result<Self, Refusal> {
        let filter = call.input.object("filter")?;
        let member = |name, default| match filter.map_or("", |filter| text(filter, name)) {
            "" => default,
            given => given,
        };
        let (tag_status, image_status) = (member("tagStatus", "ANY"), member("imageStatus", "ACTIVE"));
        if !["TAGGED", "UNTAGGED", "ANY"].contains(&tag_status) {
            return Err(invalid(format!("Invalid tagStatus: {tag_status}")));
        }
        if !["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"].contains(&image_status) {
            return Err(invalid(format!("Invalid imageStatus: {image_status}")));
        }
        Ok(Self { tag_status, image_status })
    }

    fn admits(&self, image: &Map) -> bool {
        let tagged = !items(image, "imageTags").is_empty();
        let status = match text(image, "imageStatus") {
            "" => "ACTIVE",
            status => status,
        };
        let by_tag = match self.tag_status {
            "TAGGED" => tagged,
            "UNTAGGED" => !tagged,
            _ => true,
        };
        by_tag && (self.image_status == "ANY" || self.image_status == status)
    }
}

/// The image as ECR describes it: `imageTags` is absent when there are none.
fn view(image: &Map) -> Value {
    let mut view = image.clone();
    if items(&view, "imageTags").is_empty() {
        view.remove("imageTags");
    }
    if text(&view, "imageStatus").is_empty() {
        set(&mut view, "imageStatus", "ACTIVE");
    }
    Value::Object(view)
}
