//! jettison cleans up Amazon ECS and ECR the way Terraform builds them.
//!
//! A retention policy in HCL and the estate as AWS shows it are compiled into one dependency graph
//! (service → task set → task definition → image). A pure planner turns that into an ordered, reviewable plan,
//! and an applier carries the plan out with a journal that survives being killed.
//!
//! Read the rooms downwards; no arrow runs up. `docs/ARCHITECTURE.md` says what each may know of the others,
//! and `tests/house.rs` holds the code to it. The library serves the binary, the tests and the examples:
//! its interface follows them and promises nothing to other crates.

pub mod model;

pub mod policy;

pub mod inventory;

pub mod ledger;

pub mod graph;

pub mod plan;

pub mod journal;

pub mod store;

pub mod aws;

pub mod sim;

pub mod collect;

pub mod apply;

pub mod render;

pub mod cli;
