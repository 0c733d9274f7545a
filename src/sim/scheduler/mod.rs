//! Amazon EventBridge Scheduler (API 2021-06-30): schedules.

mod dispatch;
mod schedules;

pub(super) use dispatch::dispatch;
