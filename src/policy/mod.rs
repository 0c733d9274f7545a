//! HCL retention policies: text to `Policy`, every word the user can write.
//!
//! Read in this order: `types` and `budget` (what a policy is), `read` (one file per kind of block: the language itself),
//! `body` (the schema layer they are written in), `value` and `pattern` (what an attribute may hold), `evaluate` (expressions),
//! `file` and `scan` (text to HCL, and broken HCL in plain words), `select` (what a `match` covers).
//!
//! Nothing here touches a disk, a clock or the environment: texts come in, a policy or a list of problems comes out.
//! All problems of all files are reported at once, and a word that is not in the language is never ignored.

mod body;
mod budget;
mod evaluate;
mod file;
mod parse;
mod pattern;
mod problem;
mod read;
mod scan;
mod select;
mod types;
mod value;
mod version;

pub use budget::{Budget, KindBudget, Limits, Percent};
pub use parse::parse;
pub use types::{
    Account, Aggregator, Evidence, ImageKeep, ImageSelector, ImageTerms, ListOrigin, OptInTag, Policy, Protect,
    ReferenceList, Rule, Said, Selector, ServiceSelector, ServiceTerms, Settings, StateStore, TagPatterns,
    TaskDefinitionKeep, TaskDefinitionSelector, TaskDefinitionTerms, TaskSetDelete, TaskSetSelector, TaskSetTerms,
    Waiver,
};
