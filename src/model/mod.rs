//! The vocabulary of every other room: identities, addresses, times, sizes, reasons, diagnostics,
//! and the few published facts about AWS (quotas, ARNs, image URIs) that more than one room needs.
//!
//! Nothing here reads a clock, a disk or the environment, and nothing here decides anything.

mod address;
mod arn;
mod as_of;
mod diagnostic;
mod glob;
mod hash;
mod id;
mod image_ref;
pub mod quota;
mod reason;
mod size;
mod source;
mod time;

pub use address::{Address, AddressError, Kind, Location, Resource, Scope};
pub use arn::{
    Arn, TaskDefinitionRef, cluster_name, partition, repository_arn, service_name, task_definition_arn, task_set_id,
};
pub use as_of::{AsOf, AsOfError, PastError};
pub use diagnostic::{Diagnostic, Diagnostics, Severity, SourceFile, Span, suggest};
pub use glob::{Patterns, PatternsError};
pub use hash::{Sha256Stream, hex, sha256};
pub use id::{
    AccountId, AccountLabel, ClusterName, Digest, Family, IdError, ImageTag, Region, RepositoryName, Revision,
    ServiceName, TaskSetId, check_name,
};
pub use image_ref::{EcrImage, ImageRef};
pub use reason::{Reason, ReasonCode};
pub use size::Bytes;
pub use source::{Source, UnknownSource};
pub use time::{Age, AgeError, Now, Timestamp};
