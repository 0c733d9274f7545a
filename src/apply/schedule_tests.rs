//! The schedule against a plan's graph: nothing early, nothing twice, nothing forgotten.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::schedule::{End, Next, Schedule};
use crate::{
    model::{Bytes, Location, Reason, Resource, Revision, Timestamp},
    plan::{Action, Reversible, Step, StepId, Target},
};

const SETTLE: i64 = crate::model::quota::DEREGISTRATION_SETTLES_SECONDS;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A step on something of its kind; `place` picks one of a few accounts.
fn step(id: u32, action: Action, place: u8, after: &[u32]) -> Step {
    let account_id = format!("{:012}", u64::from(place) * 111_111_111_111).parse().unwrap();
    let location = Location { account_id, region: "eu-central-1".into() };
    let resource = match action {
        Action::ArchiveImage | Action::DeleteImage => Resource::Image {
            repository: format!("team/{}", id % 2).into(),
            digest: format!("sha256:{id:064x}").parse().unwrap(),
        },
        Action::ScaleTaskSet
        | Action::DeleteTaskSet
        | Action::DeleteService
        | Action::DeregisterTaskDefinition
        | Action::DeleteTaskDefinition => Resource::TaskDefinition { family: "web".into(), revision: Revision(id) },
    };
    Step {
        id: StepId(id),
        action,
        address: format!("demo/eu-central-1/ecs/task-definition/web:{id}").parse().unwrap(),
        target: Target::new(&location, &resource, Vec::new()),
        rule: "task_definition.default".into(),
        at: "policy.hcl:1".into(),
        reasons: Vec::<Reason>::new().into(),
        after: after.iter().copied().map(StepId).collect(),
        expect: Vec::new(),
        bytes: Bytes(0),
        reversible: Reversible::No,
    }
}

fn next_steps(schedule: &mut Schedule, now: Timestamp) -> Option<Vec<u32>> {
    match schedule.next(now) {
        Next::Do(batch) => {
            schedule.release(&batch.lane);
            Some(batch.steps.into_iter().map(|step| step.0).collect())
        }
        Next::Wait(_) | Next::Nothing => None,
    }
}

#[test]
fn definitions_are_deleted_ten_a_call_and_images_by_repository() {
    let mut steps: Vec<Step> = (1..=12).map(|id| step(id, Action::DeleteTaskDefinition, 0, &[])).collect();
    steps.extend((13..=16).map(|id| step(id, Action::DeleteImage, 0, &[])));
    let mut schedule = Schedule::new(&steps);
    let mut batches = Vec::new();
    while let Some(batch) = next_steps(&mut schedule, at(0)) {
        batches.push(batch);
    }
    assert_eq!(batches, [(1..=10).collect::<Vec<_>>(), vec![11, 12], vec![14, 16], vec![13, 15]]);
}

#[test]
fn what_follows_a_deregistration_waits_until_it_has_settled() {
    let steps = [
        step(1, Action::DeregisterTaskDefinition, 0, &[]),
        step(2, Action::DeleteTaskDefinition, 0, &[1]),
        step(3, Action::DeleteImage, 0, &[1]),
    ];
    let mut schedule = Schedule::new(&steps);
    assert_eq!(next_steps(&mut schedule, at(0)), Some(vec![1]));
    assert_eq!(schedule.ended(StepId(1), End::Effective, at(100)), []);
    assert_eq!(schedule.next(at(100)), Next::Wait(at(100 + SETTLE)));
    assert_eq!(schedule.next(at(99 + SETTLE)), Next::Wait(at(100 + SETTLE)));
    assert_eq!(next_steps(&mut schedule, at(100 + SETTLE)), Some(vec![2]));
    assert_eq!(next_steps(&mut schedule, at(100 + SETTLE)), Some(vec![3]));
}

#[test]
fn one_batch_of_a_quota_bucket_at_a_time() {
    let steps = [
        step(1, Action::DeregisterTaskDefinition, 0, &[]),
        step(2, Action::DeregisterTaskDefinition, 0, &[]),
        step(3, Action::DeregisterTaskDefinition, 1, &[]),
    ];
    let mut schedule = Schedule::new(&steps);
    let Next::Do(first) = schedule.next(at(0)) else { panic!("nothing to do") };
    let Next::Do(second) = schedule.next(at(0)) else { panic!("the other account is free") };
    assert_eq!((&first.steps[..], &second.steps[..]), (&[StepId(1)][..], &[StepId(3)][..]));
    assert_eq!(schedule.next(at(0)), Next::Nothing);
    schedule.release(&first.lane);
    assert_eq!(next_steps(&mut schedule, at(0)), Some(vec![2]));
}

fn plans() -> impl Strategy<Value = Vec<Step>> {
    let one = (0..6usize, 0..2u8, prop::collection::vec(any::<prop::sample::Index>(), 0..3));
    prop::collection::vec(one, 1..30).prop_map(|makings| {
        let mut steps: Vec<Step> = Vec::new();
        for (number, (action, place, after)) in makings.into_iter().enumerate() {
            let id = u32::try_from(number).unwrap() + 1;
            let after: BTreeSet<u32> =
                if number == 0 { BTreeSet::new() } else { after.iter().map(|i| steps[i.index(number)].id.0).collect() };
            steps.push(step(id, Action::ALL[action], place, &after.into_iter().collect::<Vec<_>>()));
        }
        steps
    })
}

proptest! {
    /// Runs a schedule to its end with arbitrary outcomes: each step is done or skipped once, after all that it waits for,
    /// and ten minutes after every deregistration among them.
    #[test]
    fn every_step_has_its_turn_once_and_never_early(steps in plans(), fails in prop::collection::vec(any::<bool>(), 30)) {
        let mut schedule = Schedule::new(&steps);
        let mut ended: BTreeMap<StepId, (End, i64)> = BTreeMap::new();
        let mut now = 0;
        loop {
            let batch = match schedule.next(at(now)) {
                Next::Do(batch) => batch,
                Next::Wait(until) => {
                    prop_assert!(until.as_second() > now);
                    now = until.as_second();
                    continue;
                }
                Next::Nothing => break,
            };
            schedule.release(&batch.lane);
            for id in batch.steps {
                let step = &steps[usize::try_from(id.0).unwrap() - 1];
                for before in &step.after {
                    let (end, when) = ended[before];
                    prop_assert_eq!(end, End::Effective);
                    let is_deregistration =
                        steps[usize::try_from(before.0).unwrap() - 1].action == Action::DeregisterTaskDefinition;
                    prop_assert!(!is_deregistration || now >= when + SETTLE);
                }
                now += 1;
                let end = if fails[usize::try_from(id.0).unwrap() - 1] { End::NotDone } else { End::Effective };
                prop_assert_eq!(ended.insert(id, (end, now)), None);
                let mut orphans = schedule.ended(id, end, at(now));
                while let Some(orphan) = orphans.pop() {
                    prop_assert_eq!(ended.insert(orphan, (End::NotDone, now)), None);
                    orphans.extend(schedule.ended(orphan, End::NotDone, at(now)));
                }
            }
        }
        prop_assert_eq!(ended.len(), steps.len());
    }
}
