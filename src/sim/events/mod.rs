//! Amazon EventBridge (API 2015-10-07): buses, rules and their targets.

mod dispatch;
mod rules;

pub(super) use dispatch::dispatch;
