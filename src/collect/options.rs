//! What to read, and what this build can read.

use std::collections::BTreeSet;

use crate::model::{Source, Timestamp};

/// How to sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The instant at which the sweep begins: nothing in the inventory is older.
    pub taken_at: Timestamp,
    /// Sources that the policy says not to read. They are not read and leave no gap.
    pub waived: BTreeSet<Source>,
}

impl Options {
    /// Reads everything, from now on.
    #[must_use]
    pub fn new(taken_at: Timestamp) -> Self {
        Self { taken_at, waived: BTreeSet::new() }
    }

    pub(super) fn waives(&self, source: Source) -> bool {
        self.waived.contains(&source)
    }
}

/// The sources that this build reads. Referrers and archived images come with the images: `subjectManifestDigest` and
/// a filter of DescribeImages.
pub const READ: &[Source] = &[
    Source::Services,
    Source::TaskSets,
    Source::Tasks,
    Source::TaskDefinitions,
    Source::Repositories,
    Source::Images,
    Source::Manifests,
    Source::Referrers,
    Source::Archived,
];

/// The sources that this build does not read. Each is a gap in every scope unless the policy waives it.
pub const UNREAD: &[Source] = &[
    Source::ServiceDeployments,
    Source::ServiceRevisions,
    Source::Daemons,
    Source::Eventbridge,
    Source::Scheduler,
    Source::StepFunctions,
    Source::Lambda,
    Source::Batch,
    Source::Codedeploy,
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
