//! What a plan does, one object at a time.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Kind;

/// The number of a step within its plan, counted from 1 in the order of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is done to an object, in the order in which a plan does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// UpdateTaskSet to a scale of zero, and wait for its tasks to stop.
    ScaleTaskSet,
    /// DeleteTaskSet, without force.
    DeleteTaskSet,
    /// DeleteService, without force.
    DeleteService,
    /// DeregisterTaskDefinition: ACTIVE → INACTIVE.
    DeregisterTaskDefinition,
    /// DeleteTaskDefinitions: INACTIVE → DELETE_IN_PROGRESS.
    DeleteTaskDefinition,
    /// BatchDeleteImage by digest.
    DeleteImage,
}

impl Action {
    /// Every action, in order.
    pub const ALL: [Self; 6] = [
        Self::ScaleTaskSet,
        Self::DeleteTaskSet,
        Self::DeleteService,
        Self::DeregisterTaskDefinition,
        Self::DeleteTaskDefinition,
        Self::DeleteImage,
    ];

    /// The word in plans.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ScaleTaskSet => "scale_task_set",
            Self::DeleteTaskSet => "delete_task_set",
            Self::DeleteService => "delete_service",
            Self::DeregisterTaskDefinition => "deregister_task_definition",
            Self::DeleteTaskDefinition => "delete_task_definition",
            Self::DeleteImage => "delete_image",
        }
    }

    /// The kind of object it acts on.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::ScaleTaskSet | Self::DeleteTaskSet => Kind::TaskSet,
            Self::DeleteService => Kind::Service,
            Self::DeregisterTaskDefinition | Self::DeleteTaskDefinition => Kind::TaskDefinition,
            Self::DeleteImage => Kind::Image,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
