//! What every store promises, held against each of them; and the store on disk against being killed.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "store/contract.rs"]
mod contract;
