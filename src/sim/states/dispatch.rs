//! Which function answers which operation.

use super::machines;
use crate::sim::call::{Answer, Call};

/// Answers a Step Functions operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "ListStateMachines" => machines::list(call),
        "ListStateMachineVersions" => machines::list_versions(call),
        "DescribeStateMachine" => machines::describe(call),
        _ => return None,
    };
    Some(answer)
}
