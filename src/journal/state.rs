//! The state of a run, as a fold over its events.

use std::collections::BTreeMap;

use super::{Counts, Ending, Event, IllegalTransition, Progress, RunId, progress::Place};
use crate::{model::Timestamp, plan::StepId, store::Holder};

/// What is known about a run after some of its events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunState {
    opened: Option<Opened>,
    closed: Option<(Timestamp, Ending)>,
    /// Steps about which something happened.
    steps: BTreeMap<StepId, Progress>,
    counts: Counts,
}

/// The latest `RunOpened`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Opened {
    run: RunId,
    plan_id: String,
    steps: u32,
    epoch: u32,
    owner: Holder,
}

/// Events that may follow a state, and what they change in it. Only the state they were made from can take them.
#[derive(Debug, Default)]
pub(super) struct Staged {
    opened: Option<Opened>,
    /// `Some(None)`: opened again.
    closed: Option<Option<(Timestamp, Ending)>>,
    steps: BTreeMap<StepId, Progress>,
}

impl RunState {
    /// Takes in one event.
    ///
    /// # Errors
    ///
    /// When it cannot follow the events before it; the state is then unchanged.
    pub fn apply(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        let staged = self.stage(std::slice::from_ref(event))?;
        self.commit(staged);
        Ok(())
    }

    /// What `events` would change, in time that depends on them and not on the size of the run.
    pub(super) fn stage(&self, events: &[Event]) -> Result<Staged, IllegalTransition> {
        let mut staged = Staged::default();
        for event in events {
            self.stage_one(&mut staged, event)?;
        }
        Ok(staged)
    }

    pub(super) fn commit(&mut self, staged: Staged) {
        if let Some(opened) = staged.opened {
            if self.opened.is_none() {
                self.counts.pending = opened.steps;
            }
            self.opened = Some(opened);
        }
        if let Some(closed) = staged.closed {
            self.closed = closed;
        }
        for (step, progress) in staged.steps {
            *self.counts.of(self.steps.get(&step)) -= 1;
            *self.counts.of(Some(&progress)) += 1;
            self.steps.insert(step, progress);
        }
    }

    fn stage_one(&self, staged: &mut Staged, event: &Event) -> Result<(), IllegalTransition> {
        match event {
            Event::RunOpened { run, plan_id, steps, epoch, owner, .. } => {
                let (run, plan_id, owner) = (run.clone(), plan_id.clone(), owner.clone());
                let opened = Opened { run, plan_id, steps: *steps, epoch: *epoch, owner };
                may_open(self.opened_now(staged), &opened)?;
                staged.opened = Some(opened);
                staged.closed = Some(None);
            }
            Event::RunClosed { at, how } => {
                self.open_run(staged, event)?;
                if *how == Ending::Completed {
                    self.all_settled(staged)?;
                }
                staged.closed = Some(Some((*at, how.clone())));
            }
            Event::StepIntended { step, attempt, identity, .. } => {
                self.stage_step(staged, event, *step, |now, place| Progress::intend(now, place, *attempt, identity))?;
            }
            Event::StepEnded { step, outcome, .. } => {
                self.stage_step(staged, event, *step, |now, place| Progress::end(now, place, outcome))?;
            }
            Event::StepObserved { step, found, .. } => {
                self.stage_step(staged, event, *step, |now, place| Progress::observe(now, place, found))?;
            }
        }
        Ok(())
    }

    fn stage_step(
        &self,
        staged: &mut Staged,
        event: &Event,
        step: StepId,
        next: impl FnOnce(Option<&Progress>, Place) -> Result<Progress, IllegalTransition>,
    ) -> Result<(), IllegalTransition> {
        let Opened { epoch, steps, .. } = *self.open_run(staged, event)?;
        if step.0 == 0 || step.0 > steps {
            return Err(IllegalTransition::OutsidePlan { event: event.name(), step, steps });
        }
        let now = staged.steps.get(&step).or_else(|| self.steps.get(&step));
        let progress = next(now, Place { epoch, step, event: event.name(), at: event.at() })?;
        staged.steps.insert(step, progress);
        Ok(())
    }

    fn opened_now<'a>(&'a self, staged: &'a Staged) -> Option<&'a Opened> {
        staged.opened.as_ref().or(self.opened.as_ref())
    }

    /// The run, if it is open for `event`.
    fn open_run<'a>(&'a self, staged: &'a Staged, event: &Event) -> Result<&'a Opened, IllegalTransition> {
        let event = event.name();
        let opened = self.opened_now(staged).ok_or(IllegalTransition::NotOpened { event })?;
        let closed = staged.closed.as_ref().unwrap_or(&self.closed);
        if closed.is_some() { Err(IllegalTransition::Closed { event }) } else { Ok(opened) }
    }

    fn all_settled(&self, staged: &Staged) -> Result<(), IllegalTransition> {
        let mut counts = self.counts;
        if self.opened.is_none() {
            counts.pending = staged.opened.as_ref().map_or(0, |opened| opened.steps);
        }
        for (step, progress) in &staged.steps {
            *counts.of(self.steps.get(step)) -= 1;
            *counts.of(Some(progress)) += 1;
        }
        match counts.open() {
            0 => Ok(()),
            open => Err(IllegalTransition::Unfinished { open }),
        }
    }
}

fn may_open(before: Option<&Opened>, now: &Opened) -> Result<(), IllegalTransition> {
    let Some(before) = before else {
        return if now.epoch == 0 { Err(IllegalTransition::EpochNotHigher { current: 0, found: 0 }) } else { Ok(()) };
    };
    if before.run != now.run {
        return Err(IllegalTransition::OtherRun { expected: before.run.clone(), found: now.run.clone() });
    }
    if (&before.plan_id, before.steps) != (&now.plan_id, now.steps) {
        return Err(IllegalTransition::OtherPlan {
            expected: before.plan_id.clone(),
            expected_steps: before.steps,
            found: now.plan_id.clone(),
            found_steps: now.steps,
        });
    }
    if now.epoch <= before.epoch {
        return Err(IllegalTransition::EpochNotHigher { current: before.epoch, found: now.epoch });
    }
    Ok(())
}

/// Questions.
impl RunState {
    /// The run, once it was opened.
    #[must_use]
    pub fn run(&self) -> Option<&RunId> {
        self.opened.as_ref().map(|opened| &opened.run)
    }

    /// The plan it carries out.
    #[must_use]
    pub fn plan_id(&self) -> Option<&str> {
        self.opened.as_ref().map(|opened| opened.plan_id.as_str())
    }

    /// The epoch of the latest owner; 0 before the first.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.opened.as_ref().map_or(0, |opened| opened.epoch)
    }

    /// The latest owner.
    #[must_use]
    pub fn owner(&self) -> Option<&Holder> {
        self.opened.as_ref().map(|opened| &opened.owner)
    }

    /// How many steps the plan has.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.opened.as_ref().map_or(0, |opened| opened.steps)
    }

    /// When and why the latest owner let go, if it did.
    #[must_use]
    pub fn closed(&self) -> Option<(Timestamp, &Ending)> {
        self.closed.as_ref().map(|(at, how)| (*at, how))
    }

    /// How far a step has come; nothing if it is pending.
    #[must_use]
    pub fn progress(&self, step: StepId) -> Option<&Progress> {
        self.steps.get(&step)
    }

    /// Steps about which nothing happened yet.
    pub fn pending(&self) -> impl Iterator<Item = StepId> + '_ {
        (1..=self.steps()).map(StepId).filter(|step| !self.steps.contains_key(step))
    }

    /// Steps that may have been carried out, without anyone knowing: to be settled by reading AWS before anything else.
    pub fn unsettled(&self) -> impl Iterator<Item = (StepId, &Progress)> {
        self.steps.iter().filter(|(_, progress)| !progress.is_settled()).map(|(step, progress)| (*step, progress))
    }

    /// Steps with a definite outcome.
    pub fn ended(&self) -> impl Iterator<Item = (StepId, &Progress)> {
        self.steps.iter().filter(|(_, progress)| progress.is_settled()).map(|(step, progress)| (*step, progress))
    }

    /// Steps that failed or were skipped under an earlier owner, and that this one may try again.
    pub fn retryable(&self) -> impl Iterator<Item = StepId> + '_ {
        let epoch = self.epoch();
        self.steps.iter().filter(move |(_, progress)| progress.may_be_retried(epoch)).map(|(step, _)| *step)
    }

    /// How many steps have come how far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether every step has a definite outcome.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.opened.is_some() && self.counts.open() == 0
    }

    /// Whether someone is expected to go on with the run.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        !self.closed.as_ref().is_some_and(|(_, how)| how.is_final())
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
