//! What to read, and what this build can read.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use crate::model::{AccountLabel, Age, Region, Scope, Source, Timestamp};

/// How to sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The instant at which the sweep begins: nothing in the inventory is older.
    pub taken_at: Timestamp,
    /// Sources that the policy says not to read. They are not read and leave no gap.
    pub waived: BTreeSet<Source>,
    /// Scopes of the policy that could not be entered. Each is a gap for everything in it.
    pub absent: Vec<Absent>,
    /// References that somebody else lists.
    pub lists: Vec<List>,
    /// AWS Config aggregators to ask about accounts that no role reaches.
    pub aggregators: Vec<Aggregator>,
}

/// An account in a Region that could not be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Which one.
    pub scope: Scope,
    /// Why not.
    pub error: String,
}

/// A list of image URIs and task definition ARNs that are in use: a `reference` block of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// What the policy calls it.
    pub label: String,
    /// Where it comes from.
    pub from: ListFrom,
}

/// Where a list of references comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListFrom {
    /// A JSON file.
    File(PathBuf),
    /// What a program prints, as JSON.
    Command {
        /// The program and its arguments.
        program: Vec<String>,
        /// Where it runs.
        directory: PathBuf,
        /// How long it may take.
        timeout: Duration,
    },
    /// A program that nobody allowed to run.
    Forbidden,
}

/// An AWS Config aggregator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregator {
    /// What the policy calls it.
    pub label: String,
    /// The account that has it.
    pub account: AccountLabel,
    /// The Region that has it.
    pub region: Region,
    /// Its name in AWS.
    pub name: String,
    /// How old what it says of an account may be.
    pub max_staleness: Age,
}

impl Options {
    /// Reads everything, from now on.
    #[must_use]
    pub fn new(taken_at: Timestamp) -> Self {
        Self { taken_at, waived: BTreeSet::new(), absent: Vec::new(), lists: Vec::new(), aggregators: Vec::new() }
    }

    pub(super) fn waives(&self, source: Source) -> bool {
        self.waived.contains(&source)
    }
}

/// The sources that this build reads. Referrers and archived images come with the images: `subjectManifestDigest` and
/// a filter of DescribeImages.
pub const READ: &[Source] = &[
    Source::Account,
    Source::Services,
    Source::TaskSets,
    Source::Tasks,
    Source::TaskDefinitions,
    Source::ServiceDeployments,
    Source::ServiceRevisions,
    Source::Daemons,
    Source::Repositories,
    Source::Images,
    Source::Manifests,
    Source::Referrers,
    Source::Archived,
    #[cfg(feature = "eventbridge")]
    Source::Eventbridge,
    #[cfg(feature = "scheduler")]
    Source::Scheduler,
    #[cfg(feature = "step-functions")]
    Source::StepFunctions,
    Source::Replication,
    Source::RepositoryPolicies,
    Source::LifecyclePolicies,
    Source::PullThroughCache,
    #[cfg(feature = "lambda")]
    Source::Lambda,
    #[cfg(feature = "batch")]
    Source::Batch,
    #[cfg(feature = "codedeploy")]
    Source::Codedeploy,
    #[cfg(feature = "application-autoscaling")]
    Source::ApplicationAutoscaling,
    Source::Config,
    Source::Reference,
];

/// The sources that this build was made without. Each is a gap in every scope unless the policy waives it.
pub const UNREAD: &[Source] = &[
    #[cfg(not(feature = "eventbridge"))]
    Source::Eventbridge,
    #[cfg(not(feature = "scheduler"))]
    Source::Scheduler,
    #[cfg(not(feature = "step-functions"))]
    Source::StepFunctions,
    #[cfg(not(feature = "lambda"))]
    Source::Lambda,
    #[cfg(not(feature = "batch"))]
    Source::Batch,
    #[cfg(not(feature = "codedeploy"))]
    Source::Codedeploy,
    #[cfg(not(feature = "application-autoscaling"))]
    Source::ApplicationAutoscaling,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_read_or_said_to_be_unread() {
        let mut all: Vec<_> = READ.iter().chain(UNREAD).copied().collect();
        all.sort_unstable();
        assert_eq!(all, Source::ALL);
        assert!(UNREAD.iter().all(|source| source.can_be_waived()), "nobody could get around it");
    }
}
