//! Which steps may be done now. A pure state machine: the applier tells it what ended and asks it what is next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    model::{
        Location, RepositoryName, Timestamp,
        quota::{Bucket, batch, settled_after},
    },
    plan::{Action, Step, StepId},
};

/// Images are archived by a call each. So many are looked at again together: their calls take a second or so at the rate that
/// is assumed of ECR, and twice their reads would take longer than they.
const ARCHIVED_TOGETHER: usize = 5;

/// Calls that share a quota, of which one batch runs at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Lane {
    pub(super) location: Location,
    bucket: Bucket,
}

/// Steps that one call carries out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    lane: Lane,
    action: Action,
    /// BatchDeleteImage takes images of one repository.
    repository: Option<RepositoryName>,
}

/// Steps to be done together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) lane: Lane,
    pub(super) action: Action,
    pub(super) steps: Vec<StepId>,
}

/// What a step's end means for those that wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its effect is there.
    Effective,
    /// It was not done: what waits for it cannot be done either.
    NotDone,
}

/// What can be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// This batch, now.
    Do(Batch),
    /// Nothing before this instant.
    Wait(Timestamp),
    /// Nothing until a batch that is under way ends; nothing at all if none is.
    Nothing,
}

/// The steps that are neither done nor under way.
#[derive(Debug)]
pub(super) struct Schedule {
    groups: HashMap<StepId, Group>,
    followers: HashMap<StepId, Vec<StepId>>,
    waits: HashMap<StepId, usize>,
    /// Steps that wait for nothing but, for some, time.
    ready: BTreeMap<Group, BTreeSet<StepId>>,
    settling: BTreeSet<(Timestamp, StepId)>,
    settles_at: HashMap<StepId, Timestamp>,
    deregistrations: BTreeSet<StepId>,
    busy: BTreeSet<Lane>,
}

impl Schedule {
    /// The whole plan, nothing done.
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut schedule = Self {
            groups: steps.iter().map(|step| (step.id, Group::of(step))).collect(),
            followers: HashMap::new(),
            waits: steps.iter().map(|step| (step.id, step.after.len())).collect(),
            ready: BTreeMap::new(),
            settling: BTreeSet::new(),
            settles_at: HashMap::new(),
            deregistrations: BTreeSet::new(),
            busy: BTreeSet::new(),
        };
        for step in steps {
            if step.action == Action::DeregisterTaskDefinition {
                schedule.deregistrations.insert(step.id);
            }
            for before in &step.after {
                schedule.followers.entry(*before).or_default().push(step.id);
            }
            if step.after.is_empty() {
                schedule.make_ready(step.id);
            }
        }
        schedule
    }

    /// The next batch of a lane that is free, in the order of the plan's actions.
    pub(super) fn next(&mut self, now: Timestamp) -> Next {
        while let Some((at, step)) = self.settling.first().copied()
            && at <= now
        {
            self.settling.pop_first();
            self.make_ready(step);
        }
        let free = self.ready.iter().find(|(group, _)| !self.busy.contains(&group.lane));
        let Some(group) = free.map(|(group, _)| group.clone()) else {
            return self.settling.first().map_or(Next::Nothing, |(at, _)| Next::Wait(*at));
        };
        let mut steps = Vec::new();
        if let Some(ready) = self.ready.get_mut(&group) {
            while steps.len() < size(group.action)
                && let Some(step) = ready.pop_first()
            {
                steps.push(step);
            }
            if ready.is_empty() {
                self.ready.remove(&group);
            }
        }
        self.busy.insert(group.lane.clone());
        Next::Do(Batch { lane: group.lane, action: group.action, steps })
    }

    /// A lane's batch is over.
    pub(super) fn release(&mut self, lane: &Lane) {
        self.busy.remove(lane);
    }

    /// A step is to be tried again.
    pub(super) fn put_back(&mut self, step: StepId) {
        self.make_ready(step);
    }

    /// A step is left as it is: neither it nor what waits for it is done in this run.
    pub(super) fn withhold(&mut self, step: StepId) {
        self.forget(step);
    }

    /// A step ended at `at`. Gives the steps that can never be done because of it.
    #[must_use]
    pub(super) fn ended(&mut self, step: StepId, end: End, at: Timestamp) -> Vec<StepId> {
        self.forget(step);
        let followers = self.followers.remove(&step).unwrap_or_default();
        match end {
            End::NotDone => followers.into_iter().filter(|follower| self.forget(*follower)).collect(),
            End::Effective => {
                for follower in followers {
                    self.one_wait_less(step, follower, at);
                }
                Vec::new()
            }
        }
    }

    fn one_wait_less(&mut self, step: StepId, follower: StepId, at: Timestamp) {
        let Some(waits) = self.waits.get_mut(&follower) else { return };
        *waits = waits.saturating_sub(1);
        let is_free = *waits == 0;
        // A task can still start from a revision for ten minutes after its deregistration.
        if self.deregistrations.contains(&step) {
            let settled = settled_after(at);
            let instant = self.settles_at.entry(follower).or_insert(settled);
            *instant = (*instant).max(settled);
        }
        if is_free {
            match self.settles_at.get(&follower) {
                Some(settled) => {
                    self.settling.insert((*settled, follower));
                }
                None => self.make_ready(follower),
            }
        }
    }

    fn make_ready(&mut self, step: StepId) {
        if self.waits.contains_key(&step)
            && let Some(group) = self.groups.get(&step)
        {
            self.ready.entry(group.clone()).or_default().insert(step);
        }
    }

    /// Takes a step out; whether it was still in.
    fn forget(&mut self, step: StepId) -> bool {
        if self.waits.remove(&step).is_none() {
            return false;
        }
        if let Some(group) = self.groups.get(&step)
            && let Some(ready) = self.ready.get_mut(group)
        {
            ready.remove(&step);
            if ready.is_empty() {
                self.ready.remove(group);
            }
        }
        self.settling.retain(|(_, other)| *other != step);
        true
    }
}

impl Group {
    fn of(step: &Step) -> Self {
        let bucket = match step.action {
            Action::ScaleTaskSet | Action::DeleteTaskSet => Bucket::EcsTaskSetModify,
            Action::DeleteService => Bucket::EcsServiceModify,
            Action::DeregisterTaskDefinition => Bucket::EcsTaskDefinitionModify,
            Action::DeleteTaskDefinition => Bucket::EcsTaskDefinitionDeletion,
            Action::ArchiveImage | Action::DeleteImage => Bucket::EcrModify,
        };
        Self {
            lane: Lane { location: step.target.location(), bucket },
            action: step.action,
            repository: step.target.repository.clone(),
        }
    }
}

/// How many objects are looked at again together: as many as one call takes.
fn size(action: Action) -> usize {
    match action {
        Action::DeleteTaskDefinition => batch::DELETE_TASK_DEFINITIONS,
        Action::ArchiveImage => ARCHIVED_TOGETHER,
        Action::DeleteImage => batch::IMAGES,
        Action::ScaleTaskSet | Action::DeleteTaskSet | Action::DeleteService | Action::DeregisterTaskDefinition => 1,
    }
}
