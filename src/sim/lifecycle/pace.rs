//! How long things take that happen by themselves, and the ids that they are given.

use sha2::{Digest as _, Sha256};

use crate::{
    model::{Timestamp, hex},
    sim::world::World,
};

/// How long a stopped task can still be described: "at least an hour" (ECS API, DescribeTasks).
pub(in crate::sim) const STOPPED_KEPT_SECONDS: i64 = 3_600;
/// When definitions in DELETE_IN_PROGRESS are first looked at: on the next full five minutes. AWS publishes no figure.
pub(in crate::sim) const DELETION_SWEEP_SECONDS: i64 = 300;
/// When those that something still refers to are looked at again: AWS promises "up to 1 hour" after the last task
/// (ECS developer guide, "Deleting an Amazon ECS task definition revision").
pub(super) const DELETION_RECHECK_SECONDS: i64 = 3_600;
/// How long ECS's scheduler takes to act on a request. Not published; seconds in practice, as are the next three.
pub(in crate::sim) const SCHEDULING_SECONDS: i64 = 2;
pub(super) const STARTING_SECONDS: i64 = 5;
pub(super) const STOPPING_SECONDS: i64 = 5;
/// How long a deleted task set or service is seen DRAINING at least.
pub(in crate::sim) const DRAINING_SECONDS: i64 = 10;
/// How long ECS waits before it tries again to start a task whose image cannot be pulled.
pub(super) const RETRY_SECONDS: i64 = 900;

/// A 19-digit number as in `ecs-svc/1234567890123456789`, the same for the same text.
pub(in crate::sim) fn number_from(text: &str) -> u64 {
    let digest = Sha256::digest(text);
    let bytes = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    1_000_000_000_000_000_000 + bytes % 8_000_000_000_000_000_000
}

/// A new `ecs-svc/…` id, as deployments and task sets have.
pub(in crate::sim) fn new_deployment_id(world: &mut World) -> String {
    format!("ecs-svc/{}", number_from(&format!("deployment {}", world.issue())))
}

/// A new id of 32 hex digits, as tasks have.
pub(in crate::sim) fn new_task_id(world: &mut World) -> String {
    let mut id = hex(&Sha256::digest(format!("task {}", world.issue())));
    id.truncate(32);
    id
}

/// The instant of the first sweep for a definition whose deletion was asked for at `now`.
pub(in crate::sim) fn next_sweep(now: Timestamp) -> Timestamp {
    let seconds = now.as_second().div_euclid(DELETION_SWEEP_SECONDS) * DELETION_SWEEP_SECONDS;
    Timestamp::from_second(seconds + 2 * DELETION_SWEEP_SECONDS).unwrap_or(Timestamp::MAX)
}
