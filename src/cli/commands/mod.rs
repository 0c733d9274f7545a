//! The commands, one file each.

pub(super) mod apply;
pub(super) mod diff;
pub(super) mod explain;
pub(super) mod graph;
pub(super) mod iam_policy;
pub(super) mod inventory;
pub(super) mod journal;
pub(super) mod plan;
pub(super) mod resume;
pub(super) mod show;
pub(super) mod simulate;
pub(super) mod validate;
