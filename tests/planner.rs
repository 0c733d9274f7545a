//! The planner against someone who wants it to retire what is in use.
//!
//! `traps` tells the ways in which other tools lost people's images, one test each, and `pitfalls` more on some of them.
//! `corners` holds what an adversarial reading of the laws found. `laws` holds generated worlds to the laws, exactly so by
//! `oracle`, a decision procedure that shares no code with the planner; `trap_coverage` counts that every trap is in those
//! worlds. `explain` holds explanations, and `explain_slices` the slices that they are made from, to the plan. `quickstart`
//! reads the example the way its readers do.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "planner/archive.rs"]
mod archive;
#[path = "planner/budget.rs"]
mod budget;
#[path = "planner/corners.rs"]
mod corners;
#[path = "planner/diff.rs"]
mod diff;
#[path = "planner/estate.rs"]
mod estate;
#[path = "planner/explain.rs"]
mod explain;
#[path = "planner/explain_slices.rs"]
mod explain_slices;
#[path = "planner/explain_worlds.rs"]
mod explain_worlds;
#[path = "planner/generate.rs"]
mod generate;
#[path = "planner/generate_past.rs"]
mod generate_past;
#[path = "planner/generate_plots.rs"]
mod generate_plots;
#[path = "planner/laws/mod.rs"]
mod laws;
#[path = "planner/oracle.rs"]
mod oracle;
#[path = "planner/oracle_alone.rs"]
mod oracle_alone;
#[path = "planner/oracle_past.rs"]
mod oracle_past;
#[path = "planner/oracle_units.rs"]
mod oracle_units;
#[path = "planner/oracle_uses.rs"]
mod oracle_uses;
#[path = "planner/pitfalls.rs"]
mod pitfalls;
#[path = "planner/quickstart.rs"]
mod quickstart;
#[path = "planner/rules.rs"]
mod rules;
#[path = "planner/select.rs"]
mod select;
#[path = "planner/trap_coverage.rs"]
mod trap_coverage;
#[path = "planner/traps.rs"]
mod traps;
#[path = "planner/verify.rs"]
mod verify;
#[path = "planner/verify_changes.rs"]
mod verify_changes;
#[path = "planner/verify_scenes.rs"]
mod verify_scenes;
#[path = "planner/world.rs"]
mod world;
