//! When an image was last pulled by somebody else than this tool.

use crate::{
    inventory::{Image, Manifest},
    model::{Age, Timestamp},
};

/// A pull is on record a moment before the answer comes, by a clock that may be two minutes from ours either way: a sweep by a
/// clock further off holds everything (`collect`).
const BEFORE_READ: Age = Age::from_seconds(5 * 60);
const AFTER_READ: Age = Age::from_seconds(5 * 60);

/// The last pull of an image on record. Our own is not one: BatchGetImage counts as a pull, also when this tool reads an index, which it
/// does once; what was on record before that counts in its place.
///
/// ECR renews the time of the last pull at least once in 24 hours ("ImageDetail", `lastRecordedPullTime`), so that a pull within
/// a day of our read may not show. `docs/aws.md` says how to exclude this tool's role from the record altogether.
///
/// `manifest` is that of an index, if it was read.
pub(super) fn last_pull(image: &Image, manifest: Option<&Manifest>) -> Option<Timestamp> {
    let pulled = image.last_recorded_pull_time?;
    let read_at = manifest.and_then(|manifest| manifest.read_at);
    let is_ours = |read_at: Timestamp| BEFORE_READ.after(pulled) >= read_at && pulled <= AFTER_READ.after(read_at);
    if read_at.is_some_and(is_ours) { manifest.and_then(|manifest| manifest.pulled_before) } else { Some(pulled) }
}
