//! Data to text: no decisions, no clock, no terminal. Whoever prints says how wide it is and whether colour is understood.

mod diagnostic;
mod paint;
mod plan;
mod run;

pub use diagnostic::{DiagnosticStyle, render_diagnostics};
pub use paint::Canvas;
pub use plan::{Detail, plan};
pub use run::{event, report};
