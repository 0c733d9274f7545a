//! How much one request may ask for. Lists come in pages of a hundred, which no parameter changes; the size is not documented.

use crate::sim::call::{Refusal, refuse};

/// The members that carry a page's size and token: there is no size.
pub(super) const PAGING: [&str; 2] = ["", "nextToken"];
pub(super) const PAGE: usize = 100;

pub(super) fn limit_exceeded(what: &str, limit: usize) -> Refusal {
    refuse("BatchLimitExceededException", format!("The maximum number of {what} in one request is {limit}."))
}
