//! References from outside ECS and ECR, and what could not be read.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Region, Source};

/// A reference to a definition, a family or an image by something that is not modelled as an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
