//! Events, the fold over them, and the segments they are kept in.
//!
//! A run is what its events say, and nothing else: [`RunState`] is a fold over them, and an event that cannot follow the ones
//! before it is an error value. Events are written in immutable [`Segment`]s, one per durable point, each at the next
//! [`Slot`] of its run and each naming the hash of the one before. A [`Replay`] reads them back and tolerates nothing.
//!
//! Only [`Journal`] and the functions beside it touch a store, and only through the store's trait; the rest of this room
//! is pure.
//!
//! # One hand on the wheel
//!
//! A run has an **epoch** per owner. Whoever takes a run over
//!
//! 1. raises the epoch in the manifest by compare-and-swap, so that every owner has an epoch of its own;
//! 2. **seals** every earlier epoch: writes, at the next free slot of that epoch, a segment that ends it. If the old owner
//!    got one more segment in first, the seal conflicts, that segment is read, and the next slot is tried;
//! 3. writes `RunOpened` at the first slot of its own epoch.
//!
//! The old owner knows only its own next slot. Once that is sealed its next `put_if_absent` conflicts, and as every mutating
//! call waits for a durable intent, it makes none any more. The same holds for an owner that raised the epoch and then
//! slept: the first slot of its epoch is sealed by the next one.

mod error;
mod event;
mod illegal;
mod log;
mod manifest;
mod progress;
mod recording;
mod replay;
mod run_id;
mod segment;
mod state;
mod takeover;

pub use error::JournalError;
pub use event::{Ending, Event, Found, Outcome};
pub use illegal::IllegalTransition;
pub use log::{Journal, NewRun};
pub use manifest::{Manifest, Status};
pub use progress::{Counts, Progress};
pub use recording::{Recording, find_unfinished, list_runs, read_plan, read_run};
pub use replay::{Replay, ReplayError};
pub use run_id::{RunId, RunIdError};
pub use segment::{Content, Segment, SegmentError, Slot};
pub use state::RunState;
