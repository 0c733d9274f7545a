//! Reading runs without owning them.

use super::{Content, Event, JournalError, Manifest, Replay, ReplayError, RunId, RunState, Slot, Status};
use crate::store::{Conditional, Key, KeyError, Store, StoreError, Version};

const RUNS: &str = "runs/";

pub(super) fn manifest_key(run: &RunId) -> Result<Key, KeyError> {
    Key::new(format!("{RUNS}{run}"))
}

pub(super) fn plan_key(run: &RunId) -> Result<Key, KeyError> {
    Key::new(format!("plans/{run}"))
}

/// A run as its journal tells it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// What it is and who owns it.
    pub manifest: Manifest,
    /// Every event, in order.
    pub events: Vec<Event>,
    /// The state after them.
    pub state: RunState,
}

/// Reads and verifies a whole run, without taking it over.
///
/// # Errors
///
/// When there is no such run, when any segment cannot be trusted, or when the store cannot be reached.
pub async fn read_run(store: &dyn Store, run: &RunId) -> Result<Recording, JournalError> {
    let (manifest, _) = read_manifest(store, run).await?;
    let mut events = Vec::new();
    let replay = replay(store, &manifest, |more| events.extend(more)).await?;
    Ok(Recording { manifest, events, state: replay.state().clone() })
}

/// The plan file that a run was begun with.
///
/// # Errors
///
/// When it is missing, or the store cannot be reached.
pub async fn read_plan(store: &dyn Store, run: &RunId) -> Result<Vec<u8>, JournalError> {
    let plan = store.get(&plan_key(run)?).await?;
    plan.map(|plan| plan.value).ok_or_else(|| JournalError::NoPlan { run: run.clone(), place: store.place() })
}

/// All runs, the oldest first, as their manifests show them: a run whose owner was killed is shown as open.
///
/// # Errors
///
/// When a manifest cannot be read, or the store cannot be reached.
pub async fn list_runs(store: &dyn Store) -> Result<Vec<Manifest>, JournalError> {
    let mut runs = Vec::new();
    for key in store.list(RUNS).await? {
        let name = key.as_str().strip_prefix(RUNS).unwrap_or_default();
        let run: RunId =
            name.parse().map_err(|_| JournalError::ForeignRun { key: key.to_string(), place: store.place() })?;
        runs.push(read_manifest(store, &run).await?.0);
    }
    Ok(runs)
}

/// The runs that someone is expected to go on with, the oldest first. What the segments say counts: a kill may have come
/// between the last of them and the manifest.
///
/// # Errors
///
/// When such a run cannot be read, or the store cannot be reached.
pub async fn find_unfinished(store: &dyn Store) -> Result<Vec<Recording>, JournalError> {
    let mut unfinished = Vec::new();
    for manifest in list_runs(store).await?.into_iter().filter(Manifest::is_resumable) {
        let recording = read_run(store, &manifest.run).await?;
        if recording.state.is_resumable() {
            unfinished.push(recording);
        }
    }
    Ok(unfinished)
}

pub(super) async fn read_manifest(store: &dyn Store, run: &RunId) -> Result<(Manifest, Version), JournalError> {
    let entry = store.get(&manifest_key(run)?).await?;
    let entry = entry.ok_or_else(|| JournalError::UnknownRun { run: run.clone(), place: store.place() })?;
    match Manifest::from_bytes(&entry.value) {
        Ok(Ok(manifest)) => Ok((manifest, entry.version)),
        Ok(Err(found)) => Err(JournalError::Newer { run: run.clone(), found }),
        Err(source) => Err(JournalError::Manifest { run: run.clone(), source }),
    }
}

/// Writes a manifest over the version `expected`, or as a new one.
pub(super) async fn write_manifest(
    store: &dyn Store,
    manifest: &Manifest,
    expected: Option<&Version>,
) -> Result<Conditional<Version>, JournalError> {
    let key = manifest_key(&manifest.run)?;
    let bytes =
        serde_json::to_vec(manifest).map_err(|source| JournalError::Manifest { run: manifest.run.clone(), source })?;
    Ok(match expected {
        Some(expected) => store.put_if_match(&key, &bytes, expected).await?,
        None => store.put_if_absent(&key, &bytes).await?,
    })
}

/// Reads and verifies the segments that there are at this moment.
pub(super) async fn replay(
    store: &dyn Store,
    manifest: &Manifest,
    mut keep: impl FnMut(Vec<Event>),
) -> Result<Replay, JournalError> {
    let mut replay = Replay::new(manifest.run.clone());
    let mut closing = match &manifest.status {
        Status::Closed { last, .. } => Some(last.as_str()),
        Status::Open => None,
    };
    for key in store.list(&Slot::prefix(&manifest.run)).await? {
        let Some(entry) = store.get(&key).await? else {
            let problem = "it disappeared while it was read";
            return Err(StoreError::Corrupt { place: store.place(), key, problem }.into());
        };
        match replay.push(&key, &entry.value)? {
            Content::Events(events) => keep(events),
            Content::Seal { .. } => {}
        }
        // Others may follow: someone may have resumed the run after the manifest was read.
        closing = closing.filter(|closing| replay.last() != Some(*closing));
    }
    match closing {
        Some(_) => Err(ReplayError::LostTail { run: manifest.run.clone(), key: replay.next_key()? }.into()),
        None => Ok(replay),
    }
}
