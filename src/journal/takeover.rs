//! Becoming the owner of a run that has one, dead or alive. The room's docs say why this is safe.

use std::sync::Arc;

use super::{
    Content, Journal, JournalError, Manifest, Replay, RunId, Status,
    recording::{self, read_manifest, write_manifest},
};
use crate::{
    model::Timestamp,
    store::{Holder, Store, StoreError},
};

impl Journal {
    /// Takes a run over, whatever became of its owner: after this the old one can write nothing more to it.
    ///
    /// The run is read and verified first; a journal that cannot be trusted is left to its owner.
    ///
    /// # Errors
    ///
    /// [`JournalError::Contended`] or [`JournalError::Fenced`] when yet another process takes it over; otherwise as
    /// [`super::read_run`].
    pub async fn open_existing(
        store: Arc<dyn Store>,
        run: &RunId,
        owner: Holder,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let (before, version) = read_manifest(&*store, run).await?;
        let mut replay = recording::replay(&*store, &before, drop).await?;
        let manifest = Manifest { epoch: before.epoch + 1, owner, status: Status::Open, ..before };
        let version = write_manifest(&*store, &manifest, Some(&version)).await?;
        let version = version.map_err(|_| JournalError::Contended { run: run.clone() })?;
        seal_before(&*store, &mut replay, manifest.epoch).await?;
        let mut journal = Self::owning(store, replay, manifest, version);
        journal.append(vec![journal.opening(now)]).await?;
        Ok(journal)
    }
}

/// Ends every epoch before `epoch`, reading what their owners may still have written.
async fn seal_before(store: &dyn Store, replay: &mut Replay, epoch: u32) -> Result<(), JournalError> {
    while replay.next().epoch < epoch {
        let seal = replay.prepare(Content::Seal { by: epoch })?;
        if store.put_if_absent(&seal.key, &seal.bytes).await?.is_ok() {
            replay.commit(seal);
            continue;
        }
        let Some(found) = store.get(&seal.key).await? else {
            let problem = "it disappeared while it was read";
            return Err(StoreError::Corrupt { place: store.place(), key: seal.key, problem }.into());
        };
        replay.push(&seal.key, &found.value)?;
    }
    Ok(())
}
