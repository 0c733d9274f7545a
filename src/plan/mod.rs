//! Verdicts, steps, the verified plan and its file.

mod step;

pub use step::{Action, StepId};
