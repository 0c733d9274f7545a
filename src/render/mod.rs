//! Data to text: no decisions, no clock, no terminal. Whoever prints says how wide it is and whether colour is understood.

mod chart;
mod diagnostic;
mod diff;
mod explain;
mod gaps;
mod graph;
mod inventory;
mod paint;
mod plan;
mod portion;
mod run;

pub use chart::{Around, Chart};
pub use diagnostic::{DiagnosticStyle, render_diagnostics};
pub use diff::{Sides, difference};
pub use explain::explanation;
pub use gaps::GapSummary;
pub use graph::{Drawing, graph};
pub use inventory::{InventorySummary, ScopeSummary, inventory};
pub use paint::{Canvas, grouped};
pub use plan::{Detail, plan};
pub use run::{event, report};
