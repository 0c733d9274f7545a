//! Reading inventories as fast as the machine allows: blocks of whole lines are read by one thread and parsed by all, and put
//! together in the order of the file. What comes out, and which line is told of first, does not depend on the threads.

#[cfg(test)]
mod bad_input;
mod blocks;
mod columns;
mod fault;
mod lines;
mod pipeline;
#[cfg(test)]
mod tests;

pub use fault::InventoryError;
pub use pipeline::{read, read_identified, read_world};
