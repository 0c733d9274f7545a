//! Who holds whom: services, task sets, tasks, daemons and references → task definitions → tags and images → children and referrers.
//!
//! The graph is compiled from an inventory and says what *is*. Whether a holder stays is for the planner to decide; which
//! holders there are right now is what the applier asks before each batch. petgraph's indices never leave this room.

mod compile;
mod draft;
mod holders;
mod identity;
mod images;
mod missing;
mod node;
mod node_id;
mod order;
mod reach;
mod repositories;
mod rollouts;
mod unresolved;

pub use compile::Graph;
pub use identity::subject_of_tag;
pub use node::{ImageKey, Link, Node, TaskDefinitionKey};
pub use node_id::{FastMap, FastSet, NodeId, NodeMap};
pub use order::{Cycle, order, order_numbers};
pub use reach::Reach;
pub use repositories::RepositoryImages;
pub use rollouts::{Hold, Rollouts, is_over};
pub use unresolved::{Unresolved, UnresolvedKind};
