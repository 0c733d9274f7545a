//! Arguments, the composition root, and words and exit codes for everything that can go wrong.
//!
//! The only room that knows all the others. It reads the environment and the files, opens stores and sessions, hands them
//! to the rooms that do the work, and prints. `run` is the way through it; `commands` has one file per command.

mod applying;
mod args;
mod bars;
mod clock;
mod commands;
mod connect;
mod entering;
mod error;
mod exit;
mod grounds;
mod harmless;
mod permissions;
mod policy_files;
mod progress;
mod run;
mod shell;
mod sightings;
mod signals;
mod state;

pub use exit::Exit;
pub use run::main;
