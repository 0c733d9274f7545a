//! The world's clock.

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::model::Timestamp;

/// A clock that starts at a given instant and passes with tokio's, paused or not.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    base: Timestamp,
    started: Instant,
}

impl Clock {
    /// A clock that now shows `base`.
    #[must_use]
    pub fn starting_at(base: Timestamp) -> Self {
        Self { base, started: Instant::now() }
    }

    /// The time in the world, in whole milliseconds as AWS gives it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        after(self.base, SignedDuration::from_millis(elapsed))
    }
}

/// `length` after `instant`, or the end of time.
pub(super) fn after(instant: Timestamp, length: SignedDuration) -> Timestamp {
    instant.checked_add(length).unwrap_or(Timestamp::MAX)
}

/// `seconds` after `instant`.
pub(super) fn seconds_after(instant: Timestamp, seconds: i64) -> Timestamp {
    after(instant, SignedDuration::from_secs(seconds))
}
