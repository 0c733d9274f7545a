//! The laws over generated worlds and policies. A failure leaves the world, the policy and the ledger in files, and says by
//! which command the same plan is made again.
//!
//! `JETTISON_CASES` sets how many worlds the ordinary run tries: `JETTISON_CASES=100000 cargo test --test planner laws`.

mod carried_out;
mod determinism;
mod order;
mod plan_file;
mod reachable;
mod reproduction;
mod silence;
mod trial;
mod unknown;
mod verdicts;
mod windows;

pub(crate) use determinism::ndjson;
pub(crate) use trial::{Case, cases, effects, ensure, holds, parse, plan, plan_at, retired, wanted_cases};
use trial::{answer_at, ensure_no_more, holds_under, parse_files};

use super::world::now;
