//! Which function answers which operation.

use super::schedules;
use crate::sim::call::{Answer, Call};

/// Answers an EventBridge Scheduler operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "ListSchedules" => schedules::list(call),
        "GetSchedule" => schedules::get(call),
        _ => return None,
    };
    Some(answer)
}
