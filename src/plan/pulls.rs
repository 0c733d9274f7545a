//! When an image was last pulled, and by whom.

use super::{estate::Estate, verdict::Elapsed};
use crate::{
    graph::Node,
    inventory::Image,
    model::{Age, Timestamp},
};

/// A pull is on record at the earliest a moment before the call, by another clock, and at the latest some minutes after it.
const BEFORE_READ: Age = Age::from_seconds(60);
const AFTER_READ: Age = Age::from_seconds(5 * 60);
/// ECR renews the time of the last pull at least once in 24 hours ("ImageDetail", `lastRecordedPullTime`): what pulls within a
/// day of our own read may not show.
const GRAIN: Age = Age::from_seconds(24 * 60 * 60);

/// The last pulls of an image: the last that is somebody else's, and our own read of its manifest, which counts for a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pulls {
    /// The last pull that was not our own.
    pub(super) theirs: Option<Timestamp>,
    /// The pull that is our own read, if that is the last one on record.
    pub(super) ours: Option<Timestamp>,
}

impl Pulls {
    /// What is on record of an image, and who did it: BatchGetImage counts as a pull, also when this tool reads an index.
    pub(super) fn of(estate: &Estate<'_>, node: &Node, image: &Image) -> Self {
        let Some(pulled) = image.last_recorded_pull_time else { return Self::default() };
        let manifest = estate.manifest(node);
        let is_ours = |read_at: Timestamp| BEFORE_READ.after(pulled) >= read_at && pulled <= AFTER_READ.after(read_at);
        match manifest.filter(|manifest| manifest.read_at.is_some_and(is_ours)) {
            Some(manifest) => Self { theirs: manifest.pulled_before, ours: Some(pulled) },
            None => Self { theirs: Some(pulled), ours: None },
        }
    }

    /// The last of both.
    pub(super) fn max(self, other: Self) -> Self {
        Self { theirs: self.theirs.max(other.theirs), ours: self.ours.max(other.ours) }
    }

    /// Until when a pull keeps what was pulled within `age`.
    pub(super) fn until(self, age: Age) -> Option<Timestamp> {
        self.theirs.map(|at| age.after(at)).max(self.ours.map(|at| age.min(GRAIN).after(at)))
    }
}

/// Whether `age` has passed since our own read, or the day for which it counts.
pub(super) fn since_our_read(ours: Option<Timestamp>, age: Age, now: Timestamp) -> Elapsed {
    ours.map_or(Elapsed::Enough, |at| Elapsed::since(Some(at), age.min(GRAIN), now))
}
