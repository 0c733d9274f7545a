//! Verdicts, steps, the verified plan and its file.
//!
//! The only room where policy and inventory meet. Deciding is a pure function of policy, inventory, ledger and `now`;
//! reasons explain verdicts and steer nothing. Each kind of object has its own file, all of the same shape: what forbids
//! retiring the object is asked first, then the rules, then time, then what could not be read.

mod assemble;
mod decide;
mod definitions;
mod estate;
mod evidence;
mod explain;
mod families;
mod figures;
mod file;
mod history;
mod images;
mod obstacles;
mod ordering;
mod pulls;
mod replication;
mod repository;
mod services;
mod slice;
mod slice_names;
mod step;
mod tally;
mod task_sets;
mod unit;
mod units;
mod verdict;
mod warnings;

pub use decide::{Answer, Question, decide};
pub use explain::{
    Condition, EXPLANATION_VERSION, Explanation, Fate, Hop, HowHeld, Part, Path, Rank, RuleWord, Unexplained, UnitPart,
    Wanted, WantedError, WantedObject, Witness, WitnessKind, Word, explain, locate, no_such_object,
};
pub use file::{
    FORMAT_VERSION, Pending, Plan, PlanFileError, PlanSettings, Refusal, RefusalCode, STORAGE_USD_PER_GB_MONTH,
    Summary, Waived,
};
pub use slice::slice;
pub use step::{Action, Expect, Reversible, Step, StepId, Target};
