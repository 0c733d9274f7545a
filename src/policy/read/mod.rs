//! The language, one file per kind of block.

mod account;
mod budget;
mod label;
mod protect;
mod reference;
mod retention;
mod selector;
mod settings;

pub(super) use account::{Estate, accounts};
pub(super) use budget::budget;
pub(super) use protect::{protects, waivers};
pub(super) use reference::{aggregators, references};
pub(super) use retention::retentions;
pub(super) use settings::{settings, state};
