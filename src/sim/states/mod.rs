//! AWS Step Functions (API 2016-11-23): state machines and their versions.

mod dispatch;
mod machines;

pub(super) use dispatch::dispatch;
