//! The owner's hand on a run: one of the three async files of this room, together with `takeover` and `recording`.

use std::sync::Arc;

use super::{
    Content, Ending, Event, JournalError, Manifest, Replay, RunId, RunState, Slot, Status,
    manifest::FORMAT_VERSION,
    recording::{self, write_manifest},
    replay::Next,
};
use crate::{
    model::Timestamp,
    store::{Holder, Store, Version},
};

/// How many names are tried for runs of one plan that begin in one second.
const NAMES: u32 = 100;

/// What a new run carries out.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    /// The plan, by the digest of its effects.
    pub plan_id: &'a str,
    /// How many steps it has.
    pub steps: u32,
    /// Why it is carried out although it exceeds the policy's budget, if it does.
    pub override_budget: Option<&'a str>,
    /// The plan file, byte for byte: a resume needs nothing else.
    pub plan: &'a [u8],
}

/// A run that this process owns.
///
/// Dropping it says nothing: the run stays open and can be taken over, as after a kill. [`Journal::close`] says goodbye.
#[derive(Debug)]
pub struct Journal {
    pub(super) store: Arc<dyn Store>,
    pub(super) replay: Replay,
    pub(super) manifest: Manifest,
    pub(super) version: Version,
    /// A segment whose write ended in an error: it may be there or not, and nothing else may take its slot.
    unsettled: Option<Vec<Event>>,
    /// By which epoch this owner was replaced, once it knows that it was.
    fenced: Option<Option<u32>>,
}

impl Journal {
    /// Begins a run: stores the plan, then the manifest, then `RunOpened`. If a run of that name exists a counter is put
    /// behind the name. A kill in between leaves a plan without a run, or a run without events that can be taken over.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn create(
        store: Arc<dyn Store>,
        run: RunId,
        new: NewRun<'_>,
        owner: Holder,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let run = claim_name(&*store, run, new.plan).await?;
        let manifest = Manifest {
            format_version: FORMAT_VERSION.to_owned(),
            run: run.clone(),
            plan_id: new.plan_id.to_owned(),
            steps: new.steps,
            override_budget: new.override_budget.map(str::to_owned),
            epoch: 1,
            owner,
            begun_at: now,
            status: Status::Open,
        };
        let version = write_manifest(&*store, &manifest, None).await?;
        let version = version.map_err(|_| JournalError::Contended { run: run.clone() })?;
        let mut journal = Self::owning(store, Replay::new(run), manifest, version);
        journal.append(vec![journal.opening(now)]).await?;
        Ok(journal)
    }

    pub(super) const fn owning(store: Arc<dyn Store>, replay: Replay, manifest: Manifest, version: Version) -> Self {
        Self { store, replay, manifest, version, unsettled: None, fenced: None }
    }

    pub(super) fn opening(&self, at: Timestamp) -> Event {
        let Manifest { run, plan_id, steps, epoch, owner, override_budget, .. } = self.manifest.clone();
        Event::RunOpened { run, plan_id, steps, epoch, owner, override_budget, at }
    }

    /// The run.
    #[must_use]
    pub const fn run(&self) -> &RunId {
        self.replay.run()
    }

    /// The epoch of this owner.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.manifest.epoch
    }

    /// Where the next segment of this run belongs: everything before it is durable.
    #[must_use]
    pub const fn next_slot(&self) -> Slot {
        self.replay.next()
    }

    /// The state of the run, of durable events only.
    #[must_use]
    pub const fn state(&self) -> &RunState {
        self.replay.state()
    }

    /// The plan file that the run was begun with.
    ///
    /// # Errors
    ///
    /// When it is missing, or the store cannot be reached.
    pub async fn plan(&self) -> Result<Vec<u8>, JournalError> {
        recording::read_plan(&*self.store, self.run()).await
    }

    /// Writes events as one segment, at one durable point: when it returns `Ok`, all of them are part of the run; an empty list
    /// only settles what an earlier call left in doubt.
    ///
    /// After [`JournalError::Store`] they may or may not be. Calling again with the same events settles it; calling with others
    /// first writes the earlier ones, because they may be there already.
    ///
    /// # Errors
    ///
    /// [`JournalError::Fenced`] when another owner took over; [`JournalError::Replay`] when an event cannot follow, and nothing
    /// was written; [`JournalError::Store`] when the store could not say whether it was written.
    pub async fn append(&mut self, events: Vec<Event>) -> Result<(), JournalError> {
        if let Some(by) = self.fenced {
            return Err(JournalError::Fenced { run: self.run().clone(), by });
        }
        if let Some(earlier) = self.unsettled.take() {
            let same = earlier == events;
            self.write(earlier).await?;
            if same {
                return Ok(());
            }
        }
        if events.is_empty() { Ok(()) } else { self.write(events).await }
    }

    async fn write(&mut self, events: Vec<Event>) -> Result<(), JournalError> {
        let next = self.replay.prepare(Content::Events(events.clone()))?;
        // Also a future that is dropped while it waits leaves a write that may have happened.
        self.unsettled = Some(events);
        let put = self.store.put_if_absent(&next.key, &next.bytes).await?;
        if put.is_err() {
            self.is_ours(&next).await?;
        }
        self.unsettled = None;
        self.replay.commit(next);
        Ok(())
    }

    /// The slot is taken: by this very segment, whose acknowledgement was lost, or by the seal of another owner.
    async fn is_ours(&mut self, next: &Next) -> Result<(), JournalError> {
        let found = self.store.get(&next.key).await?;
        if found.as_ref().is_some_and(|found| found.value == next.bytes) {
            return Ok(());
        }
        let mut replay = self.replay.clone();
        let by = match found.map(|found| replay.push(&next.key, &found.value)) {
            Some(Ok(Content::Seal { by })) => Some(by),
            Some(Ok(Content::Events(_)) | Err(_)) | None => None,
        };
        self.unsettled = None;
        self.fenced = Some(by);
        Err(JournalError::Fenced { run: self.run().clone(), by })
    }

    /// Lets go of the run: writes `RunClosed`, then marks the manifest. `Completed` is refused while a step has no definite
    /// outcome. After an error the call may be repeated.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`].
    pub async fn close(&mut self, how: Ending, now: Timestamp) -> Result<(), JournalError> {
        // An earlier attempt at closing may be in doubt: it is settled before the question whether the run is closed.
        self.append(Vec::new()).await?;
        if self.state().closed().is_none() {
            self.append(vec![Event::RunClosed { at: now, how: how.clone() }]).await?;
        }
        let last = self.replay.last().unwrap_or_default().to_owned();
        let manifest = Manifest { status: Status::Closed { at: now, how, last }, ..self.manifest.clone() };
        // A conflict: another owner took over after the run was closed, and the manifest is theirs.
        if let Ok(version) = write_manifest(&*self.store, &manifest, Some(&self.version)).await? {
            (self.manifest, self.version) = (manifest, version);
        }
        Ok(())
    }
}

/// Stores the plan under the first free name: whoever stores it owns the name.
async fn claim_name(store: &dyn Store, run: RunId, plan: &[u8]) -> Result<RunId, JournalError> {
    let names = (2..=NAMES).map(|counter| run.with_counter(counter));
    for name in std::iter::once(run.clone()).chain(names) {
        if store.put_if_absent(&recording::plan_key(&name)?, plan).await?.is_ok() {
            return Ok(name);
        }
    }
    Err(JournalError::NoName { run, tries: NAMES })
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
