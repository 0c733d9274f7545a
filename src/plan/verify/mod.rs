//! The second, independent check of a plan, through which alone it can become applyable.
//!
//! It decides nothing. It takes the finished steps and asks of each what a suspicious reader would ask: is this the object, and is
//! it in this state? Does the rule that the step names retire it, on terms that are met? Does nothing keep it, protect it, or hold it
//! from where nobody looked? Has everything that holds it a step before it?
//!
//! It starts from the raw inventory, the policy, the ledger and the instant, and shares neither the graph nor the deciders with what
//! made the plan: a mistake has to be made twice, in two ways, to go through. What it shares is the vocabulary: identities, image
//! URIs, what a selector covers and what a gap may hide.
//!
//! Read `approve` first; `facts` is what steps are held against, `uses` who uses what, and then there is a file for each kind.

mod approve;
mod copies;
mod definitions;
mod facts;
mod families;
mod form;
mod images;
mod names;
mod objection;
mod past;
mod pulls;
mod relations;
mod repositories;
mod services;
mod steps;
mod task_sets;
mod units;
mod unread;
mod uses;

pub use approve::{Applyable, approve, verify};
pub use objection::{Law, Objection};
