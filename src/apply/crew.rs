//! The work on one batch, from the second look to the recorded outcome.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    ApplyError, Event, Events,
    act::{Act, act},
    check::{Check, Settled, check, is_complete, needs_references, settle, takes_a_while},
    observe::{Observation, observe},
    recorder::Recorder,
    references::Watch,
    schedule::{Batch, End},
};
use crate::{
    aws::Session,
    graph::ImageKey,
    journal::{self, Found, Outcome, Progress},
    model::{Kind, Location, Now, Resource, Timestamp},
    plan::{Action, Plan, Step, StepId},
};

/// Before reading back after a lost answer: the request may still be on its way through AWS.
const BEFORE_SETTLING: Duration = Duration::from_secs(5);
/// Between looks at a task set or service that is on its way out.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// How long tasks may take to stop: longer than the longest `stopTimeout` and deregistration delay in common use.
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How often a step is tried when AWS keeps giving no answer or no capacity. With the waits below: over two minutes.
const ATTEMPTS: u32 = 10;
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// What became of a step, for the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It ended.
    Ended(End, Timestamp),
    /// It is to be tried again.
    Again,
    /// Its end is not known, or the run stopped before it was begun; a resume goes on from here.
    Open,
}

/// Everything that work on a batch needs. Several batches share it.
pub(super) struct Crew<'r> {
    pub(super) plan: &'r Plan,
    pub(super) steps: HashMap<StepId, &'r Step>,
    pub(super) sessions: HashMap<Location, Session>,
    pub(super) recorder: Recorder,
    pub(super) watch: Watch,
    pub(super) now: Now,
    pub(super) events: Events<'r>,
    pub(super) stop: watch::Receiver<bool>,
    /// How often each step was found not done, by this owner: a resume is as patient as the run was.
    pub(super) tries: Mutex<HashMap<StepId, u32>>,
    /// The images that this run has deleted.
    pub(super) gone: Mutex<BTreeSet<ImageKey>>,
}

impl<'r> Crew<'r> {
    fn resolve(&self, ids: &[StepId]) -> Vec<&'r Step> {
        ids.iter().filter_map(|id| self.steps.get(id).copied()).collect()
    }

    fn session(&self, location: &Location) -> Result<&Session, ApplyError> {
        self.sessions.get(location).ok_or_else(|| ApplyError::NoSession(location.to_string()))
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Does a batch.
    pub(super) async fn work(&self, batch: &Batch) -> Result<Vec<(StepId, Fate)>, ApplyError> {
        let steps = self.resolve(&batch.steps);
        let session = self.session(&batch.lane.location)?;
        let (go, mut fates) = self.look_again(session, &steps).await?;
        if go.is_empty() {
            return Ok(fates);
        }
        let acts = act(session, batch.action, &go).await;
        fates.extend(self.record(session, &go, acts).await?);
        self.pause_before_another_try(&fates).await?;
        Ok(fates)
    }

    /// Looks again, ends what moved and makes the intents of the rest durable, in one journal entry.
    async fn look_again(
        &self,
        session: &Session,
        steps: &[&'r Step],
    ) -> Result<(Vec<&'r Step>, Vec<(StepId, Fate)>), ApplyError> {
        let checks = self.check(session, steps).await;
        if self.is_stopping() {
            return Ok((Vec::new(), steps.iter().map(|step| (step.id, Fate::Open)).collect()));
        }
        let mut ends = Vec::new();
        let mut go = Vec::new();
        let mut left = Vec::new();
        for (step, check) in steps.iter().zip(checks) {
            match check {
                Check::Go => go.push(*step),
                // On its way out, perhaps, and then it still holds what comes next.
                Check::AlreadyGone if !self.complete(session, step).await => left.push((step.id, Fate::Open)),
                Check::AlreadyGone => ends.push((*step, Outcome::AlreadyGone)),
                Check::Moved(drift) => ends.push((*step, Outcome::Refused { drift })),
                Check::Unseen(because) => ends.push((*step, Outcome::Skipped { because })),
            }
        }
        let at = (self.now)();
        let mut entries = Vec::new();
        for (step, outcome) in &ends {
            // Its effect was not there when it was last read back, and is now.
            let was_read_back = matches!(self.recorder.progress(step.id).await?, Some(Progress::Observed { .. }));
            if was_read_back && *outcome == Outcome::AlreadyGone {
                entries.push(journal::Event::StepObserved { step: step.id, at, found: Found::Done });
            }
            entries.push(ended(step, at, outcome));
        }
        for step in &go {
            entries.push(intended(step, at, self.attempts(step.id).await? + 1));
        }
        self.recorder.append(entries).await?;
        self.overtake(&ends).await;
        let told = ends.into_iter().map(|(step, outcome)| (step.id, self.tell(step, outcome, at)));
        let fates = left.into_iter().chain(told).collect();
        if let Some(first) = go.first() {
            let action = first.action;
            (self.events)(Event::Intended { steps: go.iter().map(|step| step.id).collect(), action });
        }
        Ok((go, fates))
    }

    /// Compares the steps with what is now. Nothing is held back because of a holder that this run has taken away since the
    /// references were read.
    async fn check(&self, session: &Session, steps: &[&'r Step]) -> Vec<Check> {
        let needs_references = steps.iter().any(|step| needs_references(step));
        let mut references = if needs_references { Some(self.watch.references().await) } else { None };
        loop {
            let observations = self.observe(session, steps).await;
            let compared = steps.iter().zip(&observations);
            let checks: Vec<Check> = compared
                .map(|(step, observation)| check(step, observation, references.as_deref(), &self.plan.settings))
                .collect();
            let is_held_back = checks.iter().any(|check| matches!(check, Check::Moved(_)));
            let newer = match &references {
                Some(references) if is_held_back => self.watch.newer_than(references).await,
                Some(_) | None => return checks,
            };
            match newer {
                Some(newer) => references = Some(newer),
                None => return checks,
            }
        }
    }

    /// Takes note of holders that are gone.
    async fn overtake(&self, ends: &[(&'r Step, Outcome)]) {
        let took_a_holder = ends.iter().any(|(step, outcome)| {
            step.action.kind() != Kind::Image && matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyGone)
        });
        if took_a_holder {
            self.watch.overtake().await;
        }
    }

    /// Makes the outcomes of a call durable, and settles those in doubt.
    async fn record(
        &self,
        session: &Session,
        steps: &[&'r Step],
        acts: Vec<Act>,
    ) -> Result<Vec<(StepId, Fate)>, ApplyError> {
        let mut fates = Vec::new();
        let mut ends = Vec::new();
        let mut doubts = Vec::new();
        for (step, act) in steps.iter().copied().zip(acts) {
            match act {
                Act::Done => match self.complete(session, step).await {
                    true => ends.push((step, Outcome::Done { evidence: None })),
                    false => fates.push((step.id, Fate::Open)),
                },
                Act::AlreadyGone => ends.push((step, Outcome::AlreadyGone)),
                Act::Moved(drift) => ends.push((step, Outcome::Refused { drift })),
                Act::Failed(error) => ends.push((step, Outcome::Failed { error })),
                Act::Throttled(error) => fates.push((step.id, self.not_done(step, &error).await?)),
                Act::InDoubt(error) => {
                    ends.push((step, Outcome::InDoubt { error }));
                    doubts.push(step);
                }
            }
        }
        let told = self.end(ends).await?;
        // What is in doubt has its fate once it is settled.
        fates.extend(told.into_iter().filter(|(_, fate)| *fate != Fate::Open));
        if !doubts.is_empty() {
            // What was read before the doubt may be older than the effect.
            self.watch.forget().await;
            sleep(BEFORE_SETTLING).await;
            fates.extend(self.settle(session, &doubts).await?);
        }
        Ok(fates)
    }

    /// Reads AWS back for steps whose outcome is not known.
    pub(super) async fn settle(
        &self,
        session: &Session,
        steps: &[&'r Step],
    ) -> Result<Vec<(StepId, Fate)>, ApplyError> {
        let mut fates = Vec::new();
        let observations = self.observe(session, steps).await;
        for (step, observation) in steps.iter().copied().zip(&observations) {
            fates.push((step.id, self.settle_one(session, step, observation).await?));
        }
        Ok(fates)
    }

    async fn settle_one(
        &self,
        session: &Session,
        step: &'r Step,
        observation: &Observation,
    ) -> Result<Fate, ApplyError> {
        let found = match settle(step, observation) {
            Settled::Done => Found::Done,
            Settled::NotDone(problem) => return self.not_done(step, &problem).await,
            Settled::Superseded(what) => Found::Changed { what },
            Settled::Unknown(why) => Found::Unclear { why },
        };
        self.observed(step, found.clone()).await?;
        let outcome = match found {
            Found::Done if self.complete(session, step).await => {
                Outcome::Done { evidence: Some("read back from AWS".to_owned()) }
            }
            Found::Done | Found::NotDone | Found::Unclear { .. } => return Ok(Fate::Open),
            Found::Changed { what } => Outcome::Superseded { why: what },
        };
        let fates = self.end(vec![(step, outcome)]).await?;
        Ok(fates.first().map_or(Fate::Open, |(_, fate)| *fate))
    }

    /// AWS certainly did not do it: again, unless that was tried often enough.
    async fn not_done(&self, step: &'r Step, problem: &str) -> Result<Fate, ApplyError> {
        self.observed(step, Found::NotDone).await?;
        if self.count_try(step.id) < ATTEMPTS {
            return Ok(Fate::Again);
        }
        let attempts = self.attempts(step.id).await?;
        let error = format!("not done after {attempts} attempts: {problem}");
        let fates = self.end(vec![(step, Outcome::Failed { error })]).await?;
        Ok(fates.first().map_or(Fate::Open, |(_, fate)| *fate))
    }

    fn count_try(&self, step: StepId) -> u32 {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tries.entry(step).or_default();
        *count += 1;
        *count
    }

    /// Waits once for all the steps of a batch that are to be tried again, the longer the more often they were.
    async fn pause_before_another_try(&self, fates: &[(StepId, Fate)]) -> Result<(), ApplyError> {
        let mut attempts = 0;
        for (step, _) in fates.iter().filter(|(_, fate)| *fate == Fate::Again) {
            attempts = attempts.max(self.attempts(*step).await?);
        }
        if attempts > 0 {
            self.sleep(Duration::from_secs(1 << attempts.min(10)).min(LONGEST_WAIT)).await;
        }
        Ok(())
    }

    /// Sleeps, but not beyond a stop.
    async fn sleep(&self, duration: Duration) {
        tokio::select! {
            () = sleep(duration) => {}
            () = self.until_stopped() => {}
        }
    }

    /// Waits until the run is to stop; for ever if nobody is left who could say so.
    pub(super) async fn until_stopped(&self) {
        let mut stop = self.stop.clone();
        let is_orphaned = stop.wait_for(|stop| *stop).await.is_err();
        if is_orphaned {
            std::future::pending::<()>().await;
        }
    }

    async fn observed(&self, step: &Step, found: Found) -> Result<(), ApplyError> {
        let told = Event::Observed { step: step.id, found: describe(&found) };
        let event = journal::Event::StepObserved { step: step.id, at: (self.now)(), found };
        self.recorder.append(vec![event]).await?;
        (self.events)(told);
        Ok(())
    }

    /// Makes ends durable and tells of them.
    pub(super) async fn end(&self, ends: Vec<(&'r Step, Outcome)>) -> Result<Vec<(StepId, Fate)>, ApplyError> {
        if ends.is_empty() {
            return Ok(Vec::new());
        }
        let at = (self.now)();
        let entries = ends.iter().map(|(step, outcome)| ended(step, at, outcome)).collect();
        if let Err(error) = self.recorder.append(entries).await {
            // The last resort: what AWS did must not be lost with the journal.
            for (step, outcome) in ends {
                (self.events)(Event::Unrecorded { step: step.id, address: step.address.clone(), outcome });
            }
            return Err(error);
        }
        self.overtake(&ends).await;
        Ok(ends.into_iter().map(|(step, outcome)| (step.id, self.tell(step, outcome, at))).collect())
    }

    fn tell(&self, step: &Step, outcome: Outcome, at: Timestamp) -> Fate {
        if matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyGone) {
            self.note_gone(step);
        }
        let fate = match &outcome {
            Outcome::Done { .. } | Outcome::AlreadyGone => Fate::Ended(End::Effective, at),
            Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::Skipped { .. } | Outcome::Superseded { .. } => {
                Fate::Ended(End::NotDone, at)
            }
            Outcome::InDoubt { .. } => Fate::Open,
        };
        let (action, address) = (step.action, step.address.clone());
        (self.events)(Event::Ended { step: step.id, action, address, outcome, at });
        fate
    }

    /// Remembers an image that is gone. An archived one is still there.
    pub(super) fn note_gone(&self, step: &Step) {
        if step.action == Action::DeleteImage
            && let Some(Resource::Image { repository, digest }) = step.target.resource(step.action.kind())
        {
            let key = ImageKey { registry: step.target.location(), repository, digest };
            self.gone.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        }
    }

    async fn observe(&self, session: &Session, steps: &[&'r Step]) -> Vec<Observation> {
        observe(session, steps, &self.gone).await
    }

    async fn attempts(&self, step: StepId) -> Result<u32, ApplyError> {
        Ok(self.recorder.progress(step).await?.map_or(0, |progress| progress.attempt()))
    }

    /// Waits until the effect of a step that AWS accepted is complete. `false` if the run is to stop first.
    async fn complete(&self, session: &Session, step: &'r Step) -> bool {
        if !takes_a_while(step.action) {
            return true;
        }
        let began = Instant::now();
        loop {
            let observations = self.observe(session, &[step]).await;
            let is_done = observations.iter().all(|observation| is_complete(step, observation));
            // Whoever comes next looks for itself: this only spares it from looking too early.
            if is_done || began.elapsed() > COMPLETION_TIMEOUT {
                return true;
            }
            self.sleep(BETWEEN_LOOKS).await;
            if self.is_stopping() {
                return false;
            }
        }
    }
}

fn ended(step: &Step, at: Timestamp, outcome: &Outcome) -> journal::Event {
    journal::Event::StepEnded { step: step.id, at, outcome: outcome.clone() }
}

fn intended(step: &Step, at: Timestamp, attempt: u32) -> journal::Event {
    let resource = step.target.resource(step.action.kind());
    let identity = resource.map_or_else(String::new, |resource| format!("{}/{resource}", step.target.location()));
    let identity = format!("{} {identity}", step.action);
    journal::Event::StepIntended { step: step.id, attempt, at, identity, expect: Vec::new() }
}

fn describe(found: &Found) -> String {
    match found {
        Found::Done => "it was done".to_owned(),
        Found::NotDone => "it was not done".to_owned(),
        Found::Changed { what } => what.clone(),
        Found::Unclear { why } => format!("it cannot be told: {why}"),
    }
}
