//! Holds the pages in `docs/` to the code: tables that are made from it, fields and samples of the formats, tests that are
//! named, and links and paths. `UPDATE_EXPECTED=1` rewrites the parts between `<!-- generated: … -->` and `<!-- end -->`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads the tree, may rewrite its pages, and stops at the first surprise"
)]

#[path = "docs/exits.rs"]
mod exits;
#[path = "docs/explaining.rs"]
mod explaining;
#[path = "docs/formats.rs"]
mod formats;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/page.rs"]
mod page;
#[path = "docs/rates.rs"]
mod rates;
#[path = "docs/reasons.rs"]
mod reasons;
#[path = "docs/sources.rs"]
mod sources;
