//! The only door to AWS: connections whose identity was checked, requests paced by AWS's own quota buckets,
//! one file per service and direction, and an error taxonomy that never mistakes "no answer" for "no effect".
//!
//! Types of the SDK never leave this room; objects leave it as `crate::inventory` types. Retrying is done here and
//! not in the SDK, for three reasons: every attempt has to draw a token from the same bucket as a first request,
//! a throttled answer has to slow the bucket down, and a hidden second attempt of a mutating call would hide an
//! outcome that nobody knows. It also keeps simulated runs exactly repeatable: the SDK's backoff is random.

#[cfg(feature = "application-autoscaling")]
mod autoscaling;
#[cfg(feature = "batch")]
mod batch;
mod call;
mod clients;
mod clock;
#[cfg(feature = "codedeploy")]
mod codedeploy;
#[cfg(feature = "config")]
mod config;
mod connection;
mod ecr;
mod ecs;
#[cfg(any(feature = "scheduler", feature = "step-functions"))]
mod ecs_call;
mod error;
#[cfg(feature = "eventbridge")]
mod eventbridge;
#[cfg(any(feature = "scheduler", feature = "step-functions"))]
mod expression;
mod fault;
#[cfg(feature = "lambda")]
mod lambda;
#[cfg(any(feature = "scheduler", feature = "step-functions"))]
mod mention;
mod operation;
mod outcome;
mod pacing;
mod reference;
#[cfg(feature = "scheduler")]
mod scheduler;
mod session;
#[cfg(feature = "step-functions")]
mod states_language;
#[cfg(feature = "step-functions")]
mod step_functions;
mod sts;
mod time;
mod transport;

#[cfg(test)]
#[cfg(feature = "step-functions")]
mod expression_tests;
#[cfg(test)]
mod tests;

pub use connection::{Connection, Entry, connect, enter};
pub use error::{AwsError, ErrorKind, Mutation};
pub use operation::Operation;
pub use outcome::{Batch, Failure, ItemOutcome, ItemResult, Removal};
pub use session::Session;
pub use transport::{Answer, Network, Transport, Unanswered};

#[cfg(feature = "codedeploy")]
pub use codedeploy::{AppSpec, CodeDeployment, DeploymentGroup};
#[cfg(feature = "config")]
pub use config::AggregatorSource;
#[cfg(feature = "eventbridge")]
pub use eventbridge::{EventBus, Rule};
#[cfg(feature = "lambda")]
pub use lambda::ImageFunction;
#[cfg(feature = "scheduler")]
pub use scheduler::Schedule;

pub use ecr::Archival;
pub use ecs::{DaemonDeployment, DefinitionStatus, ListedDaemonDefinition, TaskFilter};
