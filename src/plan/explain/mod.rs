//! Why an object is kept, deferred, blocked or retired, and what would have to change.
//!
//! `ask` slices the inventory, has the ordinary deciders decide on the slice and finds the object. The other files gather what
//! is told about it: who holds it (`paths`), what the rules say (`rules`), what dates its last use (`witnesses`), what it belongs to,
//! and what would have to change (`conditions`). `explanation` is the document, `wanted` what a user may type.

mod ask;
mod conditions;
mod explanation;
mod paths;
mod rules;
mod unknown;
mod view;
mod wanted;
mod witnesses;

pub use ask::explain;
pub use explanation::{
    Condition, EXPLANATION_VERSION, Explanation, Fate, Hop, HowHeld, Part, Path, Rank, RuleWord, UnitPart, Witness,
    WitnessKind, Word,
};
pub use unknown::{Unexplained, locate, no_such_object};
pub use wanted::{Wanted, WantedError, WantedObject};
