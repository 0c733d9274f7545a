//! Carries a plan out: dispatches its steps, looks again before each batch, acts, settles doubts, resumes.
//!
//! The plan decided; nothing here decides anything but whether what made a step safe is still so. It may do less than the
//! plan, never more and never otherwise. For every batch, in this order:
//!
//! 1. **look again** (`observe`, `check`): the objects themselves, and who refers to them now (`references`);
//! 2. **intend**: one durable journal entry with an intent per step, and the ends of those that moved;
//! 3. **act**: one call, never repeated blindly;
//! 4. **record**: one outcome per step. An answer that never came is *in doubt* and settled by reading AWS back.
//!
//! `schedule` says what is next and is pure; `dispatch` runs one batch per account, Region and quota bucket at a time.

mod act;
mod calls;
mod check;
mod crew;
mod dispatch;
mod error;
mod event;
mod observe;
mod recorder;
mod references;
mod schedule;

#[cfg(test)]
mod schedule_tests;

pub use calls::operations;
pub use dispatch::{Close, Report, Run, carry_out};
pub use error::ApplyError;
pub use event::{Event, Events};
