//! The applier against a simulated AWS that moves, fails and dies, through the real SDK, on a paused clock.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod crash;
mod doubt;
mod drift;
mod order;
mod stage;
#[path = "../planner/world.rs"]
#[expect(dead_code, reason = "the planner's tests tell longer stories")]
mod story;
