//! A part of a plan: what is named, with everything that must go before it, and without what is excluded.

mod objects;
mod portion;
mod selection;

pub(super) use portion::{Pendings, take};
pub use selection::{AddressPattern, AddressPatternError, NoSuchObject, Selection};
