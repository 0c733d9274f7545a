//! What a `budget` block says: how much one plan may do.

use super::types::Said;
use crate::model::{Bytes, Kind};

/// The `budget` block. Whatever is absent does not limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// Steps of the whole plan.
    pub max_actions: Option<Said<u32>>,
    /// The block `service`.
    pub services: KindBudget,
    /// The block `task_set`.
    pub task_sets: KindBudget,
    /// The block `task_definition`.
    pub task_definitions: KindBudget,
    /// The block `image`.
    pub images: KindBudget,
}

impl Budget {
    /// What it says of objects of a kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> &KindBudget {
        match kind {
            Kind::Service => &self.services,
            Kind::TaskSet => &self.task_sets,
            Kind::TaskDefinition => &self.task_definitions,
            Kind::Image => &self.images,
        }
    }
}

/// What a budget says of objects of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindBudget {
    /// Counts and bytes of the whole plan; percent and survivors of each repository, family or cluster.
    pub plan: Limits,
    /// The nested block `account`: all of them of each account.
    pub account: Limits,
}

/// How much may go, and how much must stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Objects that may go.
    pub max_count: Option<Said<u32>>,
    /// The share that may go.
    pub max_percent: Option<Said<Percent>>,
    /// How many usable ones must be left.
    pub min_survivors: Option<Said<u32>>,
    /// Bytes that may go; images only.
    pub max_bytes: Option<Said<Bytes>>,
}

/// A whole number of hundredths, from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// `None` above 100.
    #[must_use]
    pub fn new(hundredths: u32) -> Option<Self> {
        u8::try_from(hundredths).ok().filter(|hundredths| *hundredths <= 100).map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}
