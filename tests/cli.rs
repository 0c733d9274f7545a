//! The real binary as people and pipelines meet it: what it prints where, what it ends with, and that bad input touches
//! nothing. Every process runs in a cleared environment.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and plays the person at the keyboard"
)]

#[path = "cli/accounts.rs"]
mod accounts;
#[path = "cli/archive.rs"]
mod archive;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/bad_inventory.rs"]
mod bad_inventory;
#[path = "cli/budget.rs"]
mod budget;
#[path = "cli/daily.rs"]
mod daily;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/diff_page.rs"]
mod diff_page;
#[path = "cli/exits.rs"]
mod exits;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/forecast.rs"]
mod forecast;
#[path = "cli/iam.rs"]
mod iam;
#[path = "cli/lists.rs"]
mod lists;
#[path = "cli/network.rs"]
mod network;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/select.rs"]
mod select;
#[path = "cli/site.rs"]
mod site;
#[path = "cli/touch.rs"]
mod touch;
