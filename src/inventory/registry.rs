//! Settings of a registry, with the field names of the ECR API (2015-09-21).

use serde::{Deserialize, Serialize};

/// The registry of an account in a Region: what DescribeRegistry answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// The id of its account.
    pub registry_id: String,
    /// Where it copies what is pushed.
    #[serde(default)]
    pub replication_configuration: ReplicationConfiguration,
}

impl Registry {
    /// The registries in which a deletion from `repository` deletes as well. One may be named more than once.
    pub fn deletes_at(&self, repository: &str) -> impl Iterator<Item = &ReplicationDestination> {
        let rules = self.replication_configuration.rules.iter().filter(move |rule| rule.deletes_from(repository));
        rules.flat_map(|rule| &rule.destinations)
    }
}

/// Where a registry copies what is pushed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicationConfiguration {
    /// Each rule by itself.
    #[serde(default)]
    pub rules: Vec<ReplicationRule>,
}

/// Which repositories are copied where.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicationRule {
    /// Where to.
    #[serde(default)]
    pub destinations: Vec<ReplicationDestination>,
    /// Which repositories; all of them without a filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repository_filters: Vec<RepositoryFilter>,
    /// Whether deletions are copied too. Absent means no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_replication: Option<DeleteReplication>,
}

impl ReplicationRule {
    /// Whether what is deleted from `repository` is deleted at the destinations as well. A filter of a type that this build does
    /// not know matches everything.
    #[must_use]
    pub fn deletes_from(&self, repository: &str) -> bool {
        let matches = |filter: &RepositoryFilter| match filter.filter_type.as_str() {
            "PREFIX_MATCH" => repository.starts_with(&filter.filter),
            _ => true,
        };
        self.delete_replication.as_ref().is_some_and(|deletes| deletes.enabled)
            && (self.repository_filters.is_empty() || self.repository_filters.iter().any(matches))
    }
}

/// A registry that copies go to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicationDestination {
    /// Its Region.
    #[serde(default)]
    pub region: String,
    /// The id of its account.
    #[serde(default)]
    pub registry_id: String,
}

/// Which repositories a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryFilter {
    /// The text.
    #[serde(default)]
    pub filter: String,
    /// How it is compared: PREFIX_MATCH.
    #[serde(default)]
    pub filter_type: String,
}

/// Whether deletions are copied.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeleteReplication {
    /// On or off.
    #[serde(default)]
    pub enabled: bool,
}

/// A pull-through cache rule: repositories under the prefix are filled from upstream when somebody pulls.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullThroughCacheRule {
    /// The prefix of the repositories; `ROOT` for all.
    pub ecr_repository_prefix: String,
    /// Where they are filled from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_registry_url: Option<String>,
}

impl PullThroughCacheRule {
    /// Whether a repository is filled by this rule.
    #[must_use]
    pub fn covers(&self, repository: &str) -> bool {
        let prefix = self.ecr_repository_prefix.as_str();
        prefix == "ROOT" || repository.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
    }
}
