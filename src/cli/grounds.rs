//! What a plan is decided on, read once: an inventory, the ledger, and the instant at which it was seen.

use std::{io::BufReader, path::Path};

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
    inventory::{self, Inventory},
    ledger::Ledger,
    model::{Now, Timestamp, sha256},
    plan::{Question, Selection},
};

/// What was seen, and what is known from before.
pub(super) struct Grounds {
    pub(super) inventory: Inventory,
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
        Ok(Self { inventory_id: digest(&inventory), inventory, ledger, made_at: (estate.now())() })
    }

    /// Reads a recorded inventory, which speaks for its own time. The ledger of the policy counts here too; a state that does
    /// not exist yet is not made for it.
    pub(super) fn recorded(policy: &PolicyDir, file: &Path) -> Result<Self, CliError> {
        let inventory = read_inventory(file)?;
        let now: Now = std::sync::Arc::new({
            let at = inventory.taken_at;
            move || at
        });
        let ledger = if state::directory(policy).is_dir() {
            block_on(Pace::Real, async { State::open(policy, &now).await?.ledger().await })?
        } else {
            Ledger::default()
        };
        Ok(Self { inventory_id: digest(&inventory), made_at: inventory.taken_at, inventory, ledger })
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

fn digest(inventory: &Inventory) -> String {
    let mut canonical = Vec::new();
    let _infallible = inventory::write(inventory, &mut canonical);
    sha256(&canonical)
}

/// Reads an inventory file, compressed if its name ends in `.zst`.
pub(in crate::cli) fn read_inventory(path: &Path) -> Result<Inventory, CliError> {
    let unreadable = |source| CliError::Read { path: path.to_owned(), source };
    #[expect(clippy::disallowed_methods, reason = "the composition root reads the files")]
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let is_compressed = path.extension().is_some_and(|extension| extension == "zst");
    let read = if is_compressed {
        inventory::read(BufReader::new(zstd::Decoder::new(file).map_err(unreadable)?))
    } else {
        inventory::read(BufReader::new(file))
    };
    read.map_err(|source| CliError::Inventory { path: path.to_owned(), source })
}
