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

    /// Reads a recorded inventory, which speaks for its own time.
    pub(super) fn recorded(policy: &PolicyDir, file: &Path) -> Result<Self, CliError> {
        let inventory = read_inventory(file)?;
        let ledger = recorded_ledger(policy, inventory.taken_at)?;
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

/// The sightings of earlier runs, which count for a recorded inventory too; a state that does not exist yet is not made for it.
pub(in crate::cli) fn recorded_ledger(policy: &PolicyDir, at: Timestamp) -> Result<Ledger, CliError> {
    if !state::directory(policy).is_dir() {
        return Ok(Ledger::default());
    }
    let now: Now = std::sync::Arc::new(move || at);
    block_on(Pace::Real, async { State::open(policy, &now).await?.ledger().await })
}

/// The digest of what was seen, whenever that was: of a world that has not changed it is the same again.
fn digest(inventory: &Inventory) -> String {
    let mut canonical = Vec::new();
    let _infallible = inventory::write(inventory, &mut canonical);
    let header = canonical.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let scopes = inventory.scopes.iter().map(|scope| format!("{scope} {}\n", scope.account_id));
    let objects = sha256(canonical.get(header..).unwrap_or_default());
    sha256(scopes.collect::<String>() + &objects)
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
