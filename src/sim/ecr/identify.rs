//! Finding the repository and the images that a request names.

use serde_json::{Value, json};

use crate::{
    model::{Digest, quota::batch},
    sim::{
        call::{Call, Refusal, invalid, refuse},
        state::{Map, text},
        world::Key,
    },
};

/// The repository that a request names. Another registry's is not found: the simulation knows no repository policies.
pub(super) fn repository<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let name = call.input.required("repositoryName")?;
    let registry = call.input.text("registryId")?.unwrap_or(call.at.account_id.as_str());
    let here = registry == call.at.account_id.as_str();
    match call.world.get(&Key::repository(call.at, name)) {
        Some(_) if here => Ok(name),
        Some(_) | None => Err(repository_not_found(name, registry)),
    }
}

pub(super) fn repository_not_found(name: &str, registry: &str) -> Refusal {
    let message = format!("The repository with name '{name}' does not exist in the registry with id '{registry}'");
    refuse("RepositoryNotFoundException", message)
}

/// An `imageId` of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageId {
    pub(super) digest: Option<String>,
    pub(super) tag: Option<String>,
}

/// Why an `imageId` names nothing: `failureCode` and `failureReason`.
pub(super) struct Mismatch {
    pub(super) code: &'static str,
    pub(super) reason: String,
}

impl Mismatch {
    pub(super) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

impl ImageId {
    pub(super) fn read(id: &Map) -> Self {
        let member = |name| Some(text(id, name)).filter(|text| !text.is_empty()).map(str::to_owned);
        Self { digest: member("imageDigest"), tag: member("imageTag") }
    }

    /// The `imageIds` of a request: 1 to 100.
    pub(super) fn read_batch(call: &Call<'_>) -> Result<Vec<Self>, Refusal> {
        let ids = call.input.objects("imageIds")?;
        if ids.is_empty() || ids.len() > batch::IMAGES {
            let limit = batch::IMAGES;
            return Err(invalid(format!(
                "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must have length between 1 and {limit}'"
            )));
        }
        Ok(ids.into_iter().map(Self::read).collect())
    }

    /// The image that it names.
    pub(super) fn find(&self, call: &Call<'_>, repository: &str) -> Result<Key, Mismatch> {
        let not_found = || Mismatch::new("ImageNotFound", "Requested image not found");
        let digest = match (&self.digest, &self.tag) {
            (None, None) => {
                let reason = "Invalid request parameters: both tag and digest cannot be null";
                return Err(Mismatch::new("MissingDigestAndTag", reason));
            }
            (Some(digest), _) if digest.parse::<Digest>().is_err() => {
                let reason =
                    "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
                return Err(Mismatch::new("InvalidImageDigest", reason));
            }
            (Some(digest), None) => digest.as_str(),
            (None, Some(tag)) => call.world.tagged(call.at, repository, tag).ok_or_else(not_found)?,
            (Some(digest), Some(tag)) => {
                let tagged = call.world.tagged(call.at, repository, tag).ok_or_else(not_found)?;
                if tagged != digest {
                    let reason = "Requested image tag does not match the requested image digest";
                    return Err(Mismatch::new("ImageTagDoesNotMatchDigest", reason));
                }
                tagged
            }
        };
        let key = Key::image(call.at, repository, digest);
        if call.world.get(&key).is_some() { Ok(key) } else { Err(not_found()) }
    }

    /// The id in AWS's shape.
    pub(super) fn shown(&self) -> Value {
        let mut shown = Map::new();
        if let Some(digest) = &self.digest {
            crate::sim::state::set(&mut shown, "imageDigest", digest.as_str());
        }
        if let Some(tag) = &self.tag {
            crate::sim::state::set(&mut shown, "imageTag", tag.as_str());
        }
        Value::Object(shown)
    }

    /// A per-item failure in AWS's shape.
    pub(super) fn failure(&self, mismatch: &Mismatch) -> Value {
        json!({ "imageId": self.shown(), "failureCode": mismatch.code, "failureReason": mismatch.reason })
    }
}
