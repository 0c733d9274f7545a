//! Verdicts, steps, the verified plan and its file.
//!
//! The only room where policy and inventory meet. Deciding is a pure function of policy, inventory, ledger and `now`;
//! reasons explain verdicts and steer nothing. Each kind of object has its own file, all of the same shape: what forbids
//! retiring the object is asked first, then the rules, then time, then what could not be read.

mod archive;
mod assemble;
mod budget;
mod budget_census;
mod budget_text;
mod decide;
mod definitions;
mod diff;
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
mod prices;
mod pulls;
mod replication;
mod repository;
mod select;
mod services;
mod slice;
mod slice_names;
mod step;
mod tally;
mod task_sets;
mod unit;
mod units;
mod verdict;
mod verify;
mod warnings;

pub use budget::MeasuredLimit;
pub use decide::{Answer, Question, decide};
pub use diff::{
    Cause, Change, Circumstance, CircumstanceCode, DIFF_FORMAT_VERSION, Difference, Otherwise, PlanSide, Restated,
    Said, Stand, What, diff, diff_against, diff_policies,
};
pub use explain::{
    Condition, EXPLANATION_VERSION, Explanation, Fate, Hop, HowHeld, Part, Path, Rank, RuleWord, Unexplained, UnitPart,
    Wanted, WantedError, WantedObject, Witness, WitnessKind, Word, explain, locate, no_such_object,
};
pub use file::{
    FORMAT_VERSION, Pending, Plan, PlanFileError, PlanSettings, Refusal, RefusalCode, SelectedFrom, Summary, Waived,
};
pub use prices::{
    ARCHIVE_CHEAPER_ABOVE_GB, ARCHIVE_MINIMUM_DAYS, ARCHIVE_USD_PER_GB_MONTH, ARCHIVE_USD_PER_GB_MONTH_ABOVE,
    RESTORE_USD_PER_GB, STORAGE_USD_PER_GB_MONTH,
};
pub use select::{AddressPattern, AddressPatternError, NoSuchObject, Selection};
pub use slice::slice;
pub use step::{Action, Expect, Reversible, Step, StepId, Target};
pub use verify::{Applyable, Law, Objection, approve, verify};
