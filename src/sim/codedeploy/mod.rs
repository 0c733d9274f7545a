//! AWS CodeDeploy (API 2014-10-06): applications, deployment groups, deployments. An application is there because a group is in
//! it. Lists come in pages of a hundred, which no parameter changes; the size is not documented.

mod deployments;
mod dispatch;
mod groups;

pub(super) use dispatch::dispatch;

use super::call::{Refusal, refuse};

/// The members that carry a page's size and token: there is no size.
const PAGING: [&str; 2] = ["", "nextToken"];
const PAGE: usize = 100;

fn limit_exceeded(what: &str, limit: usize) -> Refusal {
    refuse("BatchLimitExceededException", format!("The maximum number of {what} in one request is {limit}."))
}
