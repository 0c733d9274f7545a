//! Which function answers which operation.

use super::aggregator;
use crate::sim::call::{Answer, Call};

/// Answers an AWS Config operation; `None` if it is not simulated.
pub(in crate::sim) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "DescribeConfigurationAggregatorSourcesStatus" => aggregator::sources_status(call),
        "SelectAggregateResourceConfig" => aggregator::select(call),
        _ => return None,
    };
    Some(answer)
}
