//! What every store promises, held against each of them; and the store on disk against being killed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "a killed process tells what it had acknowledged; a long run tells its seed")]

#[path = "store/contract.rs"]
mod contract;
#[path = "store/kill.rs"]
mod kill;
