//! The dispatcher: one batch per lane at a time, until nothing is left or someone says stop.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    ApplyError, Event, Events,
    crew::{Crew, Fate},
    recorder::Recorder,
    references::Watch,
    schedule::{Batch, End, Next, Schedule},
};
use crate::{
    aws::Session,
    collect::{Cache, Options},
    journal::{self, Ending, Journal, Outcome, Progress},
    model::{Location, Now, Source, Timestamp},
    plan::{Plan, Step, StepId},
};

/// How long calls under way may take to end once the run is to stop: a pipeline kills what lives on after some seconds.
/// What has not ended by then is settled by the resume.
const DRAIN: Duration = Duration::from_secs(4);

/// Everything that carrying a plan out needs.
pub struct Run<'r> {
    /// The plan, whole and checked.
    pub plan: &'r Plan,
    /// The journal of the run, opened for this owner.
    pub journal: Journal,
    /// One session for each of the plan's scopes, and for every other account whose references count.
    pub sessions: Vec<Session>,
    /// What else tells who refers to what, and what is missing of it: lists, aggregators, accounts that could not be entered.
    /// What is waived is what the plan says.
    pub collect: Options,
    /// What is known of definitions.
    pub cache: Arc<dyn Cache>,
    /// The clock.
    pub now: Now,
    /// Whether to wait for deregistrations to settle.
    pub wait: bool,
    /// Whom to tell.
    pub events: Events<'r>,
    /// Becomes true when the run is to stop.
    pub stop: watch::Receiver<bool>,
}

/// How a run was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Close {
    /// Every step has a definite outcome.
    Complete,
    /// It was told to stop.
    Interrupted,
    /// What is left can only be done after this instant.
    NotBefore(Timestamp),
    /// The outcome of some steps is not known and could not be read back.
    InDoubt,
}

/// How a run was left, and what its steps came to over all its owners.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Report {
    /// How it was left.
    pub close: Close,
    /// Every step with a definite outcome.
    pub outcomes: Vec<(StepId, Outcome)>,
    /// Steps whose outcome is not known.
    pub in_doubt: Vec<StepId>,
    /// Steps that were not begun.
    pub pending: Vec<StepId>,
}

/// Carries a plan out, or goes on where its journal ends.
///
/// # Errors
/// When the journal cannot be written, or a place of the plan has no session. What happened until then is recorded.
pub async fn carry_out(run: Run<'_>) -> Result<Report, ApplyError> {
    let waived: BTreeSet<Source> = run.plan.waived.iter().map(|waived| waived.source).collect();
    let options = Options { waived, ..run.collect };
    let fresh_for = Duration::from(run.plan.settings.verify_within);
    let crew = Crew {
        plan: run.plan,
        steps: run.plan.steps.iter().map(|step| (step.id, step)).collect(),
        watch: Watch::new(run.sessions.clone(), options, run.cache, run.now.clone(), fresh_for),
        sessions: run.sessions.into_iter().map(|session| (session.location().clone(), session)).collect(),
        recorder: Recorder::new(run.journal),
        now: run.now,
        events: run.events,
        stop: run.stop,
        tries: Mutex::default(),
        gone: Mutex::default(),
    };
    let places = crew.plan.steps.iter().map(|step| step.target.location());
    if let Some(unknown) = places.into_iter().find(|place| !crew.sessions.contains_key(place)) {
        return Err(ApplyError::NoSession(unknown.to_string()));
    }
    let mut dispatcher = Dispatcher { schedule: Schedule::new(&run.plan.steps), crew: &crew, wait: run.wait };
    tokio::select! {
        recalled = dispatcher.recall() => recalled?,
        () = async { crew.until_stopped().await; sleep(DRAIN).await } => {}
    }
    let not_before = dispatcher.drive().await?;
    close(&crew, not_before).await
}

struct Dispatcher<'c, 'r> {
    schedule: Schedule,
    crew: &'c Crew<'r>,
    wait: bool,
}

impl<'r> Dispatcher<'_, 'r> {
    /// Brings the schedule to where the journal ends, and settles what was left in doubt.
    async fn recall(&mut self) -> Result<(), ApplyError> {
        let mut open: HashMap<Location, Vec<&'r Step>> = HashMap::new();
        let mut ended = Vec::new();
        let (epoch, progress) = recall(self.crew).await?;
        for step in &self.crew.plan.steps {
            match progress.get(&step.id) {
                None => {}
                Some(progress) if progress.may_be_retried(epoch) => {}
                Some(Progress::Ended { outcome, at, .. }) => ended.push((step.id, end_of(outcome), *at)),
                Some(Progress::Intended { .. } | Progress::InDoubt { .. } | Progress::Observed { .. }) => {
                    open.entry(step.target.location()).or_default().push(step);
                }
            }
        }
        (self.crew.events)(Event::Started { steps: self.crew.plan.steps.len(), ended_before: ended.len() });
        for (step, end, at) in ended {
            if let (End::Effective, Some(step)) = (end, self.crew.steps.get(&step)) {
                self.crew.note_gone(step);
            }
            self.finish(step, end, at).await?;
        }
        for (location, steps) in open {
            let session =
                self.crew.sessions.get(&location).ok_or_else(|| ApplyError::NoSession(location.to_string()))?;
            for batch in by_call(&steps) {
                for (step, fate) in self.crew.settle(session, &batch).await? {
                    match fate {
                        Fate::Ended(end, at) => self.finish(step, end, at).await?,
                        Fate::Again => {}
                        Fate::Open => self.schedule.withhold(step),
                    }
                }
            }
        }
        Ok(())
    }

    /// Dispatches until nothing can be done. Gives the instant before which what is left cannot be done, if that is why.
    async fn drive(&mut self) -> Result<Option<Timestamp>, ApplyError> {
        let crew = self.crew;
        let mut working = FuturesUnordered::new();
        loop {
            let mut not_before = None;
            while !crew.is_stopping() {
                match self.schedule.next((crew.now)()) {
                    Next::Do(batch) => working.push(work(crew, batch)),
                    Next::Wait(at) => {
                        not_before = Some(at);
                        break;
                    }
                    Next::Nothing => break,
                }
            }
            if working.is_empty() {
                match not_before {
                    Some(at) if self.wait && !crew.is_stopping() => {
                        let reason = "deregistrations take ten minutes to settle";
                        (crew.events)(Event::Waiting { until: at, reason });
                    }
                    Some(_) | None => return Ok(not_before),
                }
            }
            if crew.is_stopping() {
                return self.drain(working).await.map(|()| None);
            }
            tokio::select! {
                Some((batch, result)) = working.next(), if !working.is_empty() => self.take_back(&batch, result).await?,
                () = wait_until(not_before, &crew.now), if not_before.is_some() => {}
                () = crew.until_stopped() => {
                    (crew.events)(Event::Stopping { reason: "interrupted".to_owned() });
                }
            }
        }
    }

    async fn drain(
        &mut self,
        mut working: impl StreamExt<Item = (Batch, Result<Vec<(StepId, Fate)>, ApplyError>)> + Unpin,
    ) -> Result<(), ApplyError> {
        let drained = timeout(DRAIN, async {
            while let Some((batch, result)) = working.next().await {
                self.take_back(&batch, result).await?;
            }
            Ok(())
        });
        drained.await.unwrap_or(Ok(()))
    }

    async fn take_back(
        &mut self,
        batch: &Batch,
        result: Result<Vec<(StepId, Fate)>, ApplyError>,
    ) -> Result<(), ApplyError> {
        self.schedule.release(&batch.lane);
        for (step, fate) in result? {
            match fate {
                Fate::Ended(end, at) => self.finish(step, end, at).await?,
                Fate::Again => self.schedule.put_back(step),
                Fate::Open => self.schedule.withhold(step),
            }
        }
        Ok(())
    }

    /// A step ended; what waits for one that was not done is skipped, with everything behind it.
    async fn finish(&mut self, step: StepId, end: End, at: Timestamp) -> Result<(), ApplyError> {
        let mut queue = vec![(step, end, at)];
        while let Some((step, end, at)) = queue.pop() {
            let orphans = self.schedule.ended(step, end, at);
            let because = self.crew.steps.get(&step).map_or_else(String::new, |step| {
                format!("step {} was not done: {} {}", step.id, step.action, step.address)
            });
            let mut skips = Vec::new();
            for step in orphans.iter().filter_map(|id| self.crew.steps.get(id).copied()) {
                // A run that was cut short may have recorded some of them.
                if !self.crew.recorder.progress(step.id).await?.is_some_and(|progress| progress.is_settled()) {
                    skips.push((step, Outcome::Skipped { because: because.clone() }));
                }
            }
            self.crew.end(skips).await?;
            queue.extend(orphans.into_iter().map(|orphan| (orphan, End::NotDone, at)));
        }
        Ok(())
    }
}

async fn work(crew: &Crew<'_>, batch: Batch) -> (Batch, Result<Vec<(StepId, Fate)>, ApplyError>) {
    let result = crew.work(&batch).await;
    (batch, result)
}

async fn wait_until(until: Option<Timestamp>, now: &Now) {
    if let Some(until) = until {
        let left = until.duration_since(now());
        // A moment more than needed: the clock counts in whole milliseconds.
        sleep(Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1)).await;
    }
}

fn end_of(outcome: &Outcome) -> End {
    match outcome {
        Outcome::Done { .. } | Outcome::AlreadyGone => End::Effective,
        Outcome::Refused { .. }
        | Outcome::Failed { .. }
        | Outcome::InDoubt { .. }
        | Outcome::Skipped { .. }
        | Outcome::Superseded { .. } => End::NotDone,
    }
}

/// Steps that can be read back together: those of one action and repository.
fn by_call<'r>(steps: &[&'r Step]) -> Vec<Vec<&'r Step>> {
    let mut batches: Vec<Vec<&Step>> = Vec::new();
    for step in steps {
        let together = batches.iter_mut().find(|batch| {
            batch
                .first()
                .is_some_and(|first| first.action == step.action && first.target.repository == step.target.repository)
        });
        match together {
            Some(batch) => batch.push(step),
            None => batches.push(vec![step]),
        }
    }
    batches
}

/// The epoch of this owner, and how far each step has come.
async fn recall(crew: &Crew<'_>) -> Result<(u32, HashMap<StepId, Progress>), ApplyError> {
    let steps: Vec<StepId> = crew.plan.steps.iter().map(|step| step.id).collect();
    let read = move |journal: &mut Journal| -> (u32, HashMap<StepId, Progress>) {
        let state = journal.state();
        let known = steps.iter().filter_map(|step| Some((*step, state.progress(*step)?.clone())));
        (journal.epoch(), known.collect())
    };
    crew.recorder.run(move |journal| Box::pin(async move { read(journal) })).await
}

/// Closes the run in the journal and sums it up.
async fn close(crew: &Crew<'_>, not_before: Option<Timestamp>) -> Result<Report, ApplyError> {
    let (_, progress) = recall(crew).await?;
    let mut report = Report { close: Close::Complete, outcomes: Vec::new(), in_doubt: Vec::new(), pending: Vec::new() };
    for step in &crew.plan.steps {
        match progress.get(&step.id) {
            None => report.pending.push(step.id),
            Some(Progress::Ended { outcome, .. }) => report.outcomes.push((step.id, outcome.clone())),
            Some(Progress::Observed { found: journal::Found::NotDone, .. }) => report.pending.push(step.id),
            Some(Progress::Intended { .. } | Progress::InDoubt { .. } | Progress::Observed { .. }) => {
                report.in_doubt.push(step.id);
            }
        }
    }
    let at = (crew.now)();
    let (close, how) = if report.in_doubt.is_empty() && report.pending.is_empty() {
        (Close::Complete, Ending::Completed)
    } else if crew.is_stopping() {
        (Close::Interrupted, Ending::Interrupted)
    } else if let (true, Some(not_before)) = (report.in_doubt.is_empty(), not_before) {
        (Close::NotBefore(not_before), Ending::Stopped { because: format!("nothing can be done before {not_before}") })
    } else {
        (Close::InDoubt, Ending::Stopped { because: "the outcome of some steps is not known".to_owned() })
    };
    crew.recorder.run(move |journal| Box::pin(async move { journal.close(how, at).await })).await??;
    report.close = close;
    Ok(report)
}
