//! What happens by itself.

use sha2::{Digest as _, Sha256};

use super::world::World;
use crate::model::Timestamp;

/// How long a stopped task can still be described: "at least an hour" (ECS API, DescribeTasks).
pub(super) const STOPPED_KEPT_SECONDS: i64 = 3_600;
/// How often definitions in DELETE_IN_PROGRESS are looked at. AWS publishes no figure.
pub(super) const DELETION_SWEEP_SECONDS: i64 = 300;

/// Brings the world up to `now`.
pub(super) fn settle(_world: &mut World, _now: Timestamp) {}

/// A 19-digit number as in `ecs-svc/1234567890123456789`, the same for the same text.
pub(super) fn number_from(text: &str) -> u64 {
    let digest = Sha256::digest(text);
    let bytes = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    1_000_000_000_000_000_000 + bytes % 8_000_000_000_000_000_000
}
