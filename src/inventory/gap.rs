//! References from outside ECS and ECR, and what could not be read.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Kind, Location, Region, RepositoryName, Source};

/// A reference to a definition, a family or an image by something that is not modelled as an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Reference {
    /// Where it was read: a source's word, or the label of a `reference` block.
    pub source: String,
    /// Who refers, as its ARN or name.
    pub holder: String,
    /// The definition, as `family:revision` or ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// The image URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The family whose newest ACTIVE revision it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The family of which it may run any revision: what it runs is decided when it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_revision_of: Option<String>,
    /// The service that it may start again, as `cluster/service`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// Something that could not be read. Whatever it could mean is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// What was being read.
    pub source: Source,
    /// The account, if the gap is confined to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The Region, if the gap is confined to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The one object that could not be read (a repository's name, an ARN, `repository@digest`), if it is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What AWS, or whoever was asked, answered.
    pub error: String,
}

impl Gap {
    /// Whether what it hides may hold an object of this kind and place (law L2). `repository` is that of an image.
    ///
    /// A registry is pulled from everywhere, so an unread holder anywhere concerns every image; only what is missing of
    /// the registry itself stays within it. Definitions, task sets and services are used within their account and Region.
    #[must_use]
    pub fn may_hold(&self, kind: Kind, location: &Location, repository: Option<&RepositoryName>) -> bool {
        if !self.source.may_hold().contains(&kind) {
            return false;
        }
        let same_place = self.account_id.as_ref().is_none_or(|account_id| *account_id == location.account_id)
            && self.region.as_ref().is_none_or(|region| *region == location.region);
        match kind {
            Kind::Image if self.source.is_of_registry() => {
                let hidden = self.object.as_deref().map(|object| object.split('@').next().unwrap_or(object));
                same_place && hidden.is_none_or(|hidden| repository.is_none_or(|own| own.as_str() == hidden))
            }
            Kind::Image => true,
            Kind::Service | Kind::TaskSet | Kind::TaskDefinition => same_place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(source: Source, object: Option<&str>) -> Gap {
        Gap {
            source,
            account_id: Some("000000000000".parse().unwrap()),
            region: Some("eu-central-1".into()),
            object: object.map(str::to_owned),
            error: "access denied".to_owned(),
        }
    }

    fn place(account_id: &str) -> Location {
        Location { account_id: account_id.parse().unwrap(), region: "eu-central-1".into() }
    }

    #[test]
    fn unread_tasks_concern_definitions_at_home_and_images_everywhere() {
        let tasks = gap(Source::Tasks, None);
        assert!(tasks.may_hold(Kind::TaskDefinition, &place("000000000000"), None));
        assert!(!tasks.may_hold(Kind::TaskDefinition, &place("111111111111"), None));
        assert!(tasks.may_hold(Kind::Image, &place("111111111111"), Some(&"team/web".into())));
        assert!(!tasks.may_hold(Kind::Service, &place("000000000000"), None));
    }

    #[test]
    fn an_unread_manifest_concerns_its_repository_alone() {
        let manifest = gap(Source::Manifests, Some("team/web@sha256:00"));
        assert!(manifest.may_hold(Kind::Image, &place("000000000000"), Some(&"team/web".into())));
        assert!(!manifest.may_hold(Kind::Image, &place("000000000000"), Some(&"team/api".into())));
        assert!(!manifest.may_hold(Kind::Image, &place("111111111111"), Some(&"team/web".into())));
    }
}
