//! What a user may type for an object.

use std::{fmt, str::FromStr};

use crate::model::{AccountLabel, Address, ImageTag, Region, RepositoryName, Resource};

/// An object as a user names it: by its address, or an image by a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The policy's label of the account.
    pub account: AccountLabel,
    /// The Region.
    pub region: Region,
    /// The object.
    pub object: WantedObject,
}

/// The object that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedObject {
    /// By its identity.
    Resource(Resource),
    /// The image that has a tag now.
    Tagged(RepositoryName, ImageTag),
    /// The image whose digest begins like this, as plans print digests.
    Short(RepositoryName, String),
}

/// How many digits of a digest have to be there.
const SHORTEST: usize = 6;

/// A text that is not the address of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an address is one of\n  \
     ACCOUNT/REGION/ecs/service/CLUSTER/SERVICE\n  \
     ACCOUNT/REGION/ecs/task-set/CLUSTER/SERVICE/ID\n  \
     ACCOUNT/REGION/ecs/task-definition/FAMILY:REVISION\n  \
     ACCOUNT/REGION/ecr/image/REPOSITORY@sha256:DIGEST\n  \
     ACCOUNT/REGION/ecr/image/REPOSITORY:TAG\n\
     with the policy's label for the account; of a digest its first digits are enough"
)]
pub struct WantedError;

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, WantedError> {
        if let Ok(Address { account, region, resource }) = text.parse() {
            return Ok(Self { account, region, object: WantedObject::Resource(resource) });
        }
        let mut parts = text.splitn(3, '/');
        let (Some(account), Some(region), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(WantedError);
        };
        let short = rest.strip_prefix("ecr/image/").and_then(|rest| rest.split_once('@'));
        if let Some((repository, digest)) = short {
            let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
            let is_hex = hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            if repository.is_empty() || !is_hex || !(SHORTEST..64).contains(&hex.len()) {
                return Err(WantedError);
            }
            let object = WantedObject::Short(repository.into(), format!("sha256:{hex}"));
            return Ok(Self { account: account.into(), region: region.into(), object });
        }
        let (repository, tag) =
            rest.strip_prefix("ecr/image/").and_then(|rest| rest.split_once(':')).ok_or(WantedError)?;
        if repository.is_empty() || repository.contains('@') || tag.is_empty() || tag.contains(['/', '@']) {
            return Err(WantedError);
        }
        let object = WantedObject::Tagged(repository.into(), tag.into());
        Ok(Self { account: account.into(), region: region.into(), object })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, region, object } = self;
        match object {
            WantedObject::Resource(resource) => write!(f, "{account}/{region}/{resource}"),
            WantedObject::Short(repository, digest) => write!(f, "{account}/{region}/ecr/image/{repository}@{digest}"),
            WantedObject::Tagged(repository, tag) => write!(f, "{account}/{region}/ecr/image/{repository}:{tag}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_by_digest_or_tag() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for text in [
            format!("prod/eu-central-1/ecr/image/team/web@{digest}"),
            "prod/eu-central-1/ecr/image/team/web:v1.2_3-rc".to_owned(),
            "prod/eu-central-1/ecr/image/team/web@sha256:478fa9b28b5c".to_owned(),
            "prod/eu-central-1/ecs/task-definition/web:41".to_owned(),
        ] {
            assert_eq!(text.parse::<Wanted>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "web:41",
            "prod/eu-central-1/ecr/image/web",
            "prod/eu/ecr/image/:v1",
            "prod/eu/ecr/image/web@sha256:12",
            "prod/eu/ecs/image/web:1",
        ] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
    }
}
