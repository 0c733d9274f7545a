//! Data to text.

mod diagnostic;

pub use diagnostic::{DiagnosticStyle, render_diagnostics};
