//! What a plan is decided on, read once: an inventory, the ledger, and the instant at which it was seen.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    mem::ManuallyDrop,
    path::Path,
};

use super::{
    connect::Estate,
    entering::Entered,
    error::CliError,
    policy_files::PolicyDir,
    run::{Pace, block_on},
    shell::Shell,
    state::{self, State},
};
use crate::{
    collect::{Options, collect},
    inventory::{self, Inventory, InventoryError, InventoryId},
    ledger::Ledger,
    model::{Now, Timestamp},
    plan::{Question, Selection},
};

/// What was seen, and what is known from before.
pub(super) struct Grounds {
    /// Never torn down: of a million images that takes longer than the answer, and the process ends with it.
    pub(super) inventory: ManuallyDrop<Inventory>,
    inventory_id: String,
    pub(super) ledger: Ledger,
    /// The instant for which it speaks.
    pub(super) made_at: Timestamp,
}

impl Grounds {
    /// Collects.
    pub(super) async fn live(
        policy: &PolicyDir,
        estate: &Estate,
        entered: &Entered,
        options: &Options,
        state: &State,
        shell: &Shell,
    ) -> Result<Self, CliError> {
        let progress = super::progress::Collecting::new(shell, &policy.policy);
        let inventory = collect(&entered.sessions, options, &*state.cache(), &progress).await;
        progress.finish();
        state.save_cache().await?;
        let ledger = state.ledger().await?;
        let inventory_id = inventory::identify(&inventory).into();
        Ok(Self { inventory_id, inventory: ManuallyDrop::new(inventory), ledger, made_at: (estate.now())() })
    }

    /// Reads a recorded inventory, which speaks for its own time.
    pub(super) fn recorded(policy: &PolicyDir, file: &Path) -> Result<Self, CliError> {
        let (inventory, id) = read_identified(file)?;
        let ledger = recorded_ledger(policy, inventory.taken_at)?;
        let made_at = inventory.taken_at;
        Ok(Self { inventory_id: id.into(), made_at, inventory: ManuallyDrop::new(inventory), ledger })
    }

    /// What a policy makes of it at `now`.
    pub(super) fn question<'a>(
        &'a self,
        policy: &'a PolicyDir,
        now: Timestamp,
        selection: Option<&'a Selection>,
    ) -> Question<'a> {
        Question {
            policy: &policy.policy,
            policy_id: policy.id.clone(),
            inventory: &self.inventory,
            inventory_id: self.inventory_id.clone(),
            ledger: &self.ledger,
            now,
            made_at: self.made_at,
            selection,
            tool_version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The sightings of earlier runs, which count for a recorded inventory too; a state that does not exist yet is not made for it.
pub(in crate::cli) fn recorded_ledger(policy: &PolicyDir, at: Timestamp) -> Result<Ledger, CliError> {
    if !state::directory(policy).is_dir() {
        return Ok(Ledger::default());
    }
    let now: Now = std::sync::Arc::new(move || at);
    block_on(Pace::Real, async { State::open(policy, &now).await?.ledger().await })
}

/// Reads an inventory file, compressed if its name ends in `.zst`.
pub(in crate::cli) fn read_inventory(path: &Path) -> Result<Inventory, CliError> {
    read_file(path, inventory::read)
}

/// Reads an inventory file and says which world it tells of.
pub(in crate::cli) fn read_identified(path: &Path) -> Result<(Inventory, InventoryId), CliError> {
    read_file(path, inventory::read_identified)
}

fn read_file<T>(
    path: &Path,
    read: impl FnOnce(Box<dyn Read + Send>) -> Result<T, InventoryError>,
) -> Result<T, CliError> {
    #[expect(clippy::disallowed_methods, reason = "the composition root reads the files")]
    let file = File::open(path).map_err(|source| CliError::Read { path: path.to_owned(), source })?;
    let is_compressed = path.extension().is_some_and(|extension| extension == "zst");
    let read = if is_compressed { decoder(file).map_err(Into::into).and_then(read) } else { read(Box::new(file)) };
    read.map_err(|source| CliError::Inventory { path: path.to_owned(), source })
}

fn decoder(file: File) -> io::Result<Box<dyn Read + Send>> {
    let mut file = BufReader::new(file);
    if file.fill_buf()?.starts_with(b"{") {
        return Err(io::Error::other("its name ends in .zst, but it is not compressed"));
    }
    Ok(Box::new(zstd::Decoder::with_buffer(file)?))
}
