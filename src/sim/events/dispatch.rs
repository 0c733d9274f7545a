//! Which function answers which operation.

use super::rules;
use crate::sim::call::{Answer, Call};

/// Answers an EventBridge operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "ListEventBuses" => rules::list_buses(call),
        "ListRules" => rules::list(call),
        "ListTargetsByRule" => rules::list_targets(call),
        _ => return None,
    };
    Some(answer)
}
