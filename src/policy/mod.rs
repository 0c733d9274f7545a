//! HCL retention policies: text to `Policy`, every word the user can write.

mod select;
mod types;

pub use types::{
    Account, Evidence, ImageKeep, ImageSelector, ImageTerms, OptInTag, Policy, Protect, Rule, Said, Selector,
    ServiceSelector, ServiceTerms, Settings, StateStore, TagPatterns, TaskDefinitionKeep, TaskDefinitionSelector,
    TaskDefinitionTerms, TaskSetDelete, TaskSetSelector, TaskSetTerms, Waiver,
};
