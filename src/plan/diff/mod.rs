//! What changed between two plans, and why: time passed, the policy was edited, or the world changed.
//!
//! A cause is told for certain only where it is certain. With the question of the new plan at hand it is asked again: at the
//! old instant, and what it says of what is no longer done.

mod again;
mod cause;
mod circumstance;
mod compare;
mod difference;
mod side;

pub use again::{diff, diff_against, diff_policies};
pub use difference::{
    Cause, Change, Circumstance, CircumstanceCode, DIFF_FORMAT_VERSION, Difference, Otherwise, PlanSide, Restated,
    Said, Stand, What,
};
