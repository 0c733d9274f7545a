//! AWS's clock, as its answers tell it. Every age in a plan is the difference between AWS's dates and our `now`: a machine whose clock
//! is wrong would take fresh things for old.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{
    config_bag::ConfigBag,
    date_time::{DateTime, Format},
};
use tokio::time::Instant;

use super::time::timestamp;
use crate::model::Timestamp;

/// The date of the last answer, and when it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Option<(Timestamp, Instant)>>>);

impl Heard {
    /// By how many seconds a clock that showed `then` at `began` is ahead of AWS's (negative: behind). `None` if no answer since `began`
    /// had a date.
    pub(super) fn ahead(&self, then: Timestamp, began: Instant) -> Option<i64> {
        let (date, at) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let passed = i64::try_from(at.checked_duration_since(began)?.as_secs()).ok()?;
        Some(then.as_second().saturating_add(passed).saturating_sub(date.as_second()))
    }
}

impl Intercept for Heard {
    fn name(&self) -> &'static str {
        "Heard"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(date) = date.and_then(|date| timestamp(&date)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, Instant::now()));
        }
        Ok(())
    }
}
