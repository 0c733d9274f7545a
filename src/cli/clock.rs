//! Whose time it is.

use std::sync::Arc;

use crate::model::{Now, Timestamp};

/// This machine's clock.
#[expect(clippy::disallowed_methods, reason = "the composition root hands out the clock")]
pub(super) fn system() -> Now {
    Arc::new(Timestamp::now)
}
