//! `jettison inventory`

use std::{io::Write as _, path::Path};

use super::plan::read_inventory;
use crate::{
    cli::{
        Exit,
        args::{ListArgs, SummaryFormat},
        connect::Estate,
        error::CliError,
        policy_files::PolicyDir,
        progress::Collecting,
        run::block_on,
        shell::Shell,
        state::State,
    },
    collect::collect,
    inventory::{self, Inventory},
    render::{self, InventorySummary},
};

pub(in crate::cli) fn pull(dir: &Path, out: &Path, lists: ListArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(dir, shell)?;
    let inventory = block_on(Estate::pace(&policy), async {
        let estate = Estate::open(&policy, shell)?;
        let entered = estate.enter("inventory", shell).await?;
        entered.tell(shell);
        let state = State::open(&policy, estate.now()).await?;
        let progress = Collecting::new(shell, &policy.policy);
        let options = estate.collect_options(&policy, &entered, lists.allow_commands);
        let inventory = collect(&entered.sessions, &options, &*state.cache(), &progress).await;
        progress.finish();
        state.save_cache().await?;
        estate.close()?;
        Ok(inventory)
    })?;
    save(&inventory, out).map_err(|source| CliError::Write { path: out.to_owned(), source })?;
    shell.note(&format!(
        "{} holds {} services, {} task definitions and {} images; {} parts could not be read",
        out.display(),
        inventory.services.len(),
        inventory.task_definitions.len(),
        inventory.images.len(),
        inventory.gaps.len()
    ));
    Ok(Exit::Done)
}

/// Sums a recorded inventory up.
pub(in crate::cli) fn show(file: &Path, format: SummaryFormat, shell: &Shell) -> Result<Exit, CliError> {
    let summary = InventorySummary::of(&read_inventory(file)?);
    let text = match format {
        SummaryFormat::Human => render::inventory(&summary, shell.canvas()),
        SummaryFormat::Json => {
            let json = serde_json::to_string_pretty(&summary);
            json.map_err(|error| CliError::Print { source: error.into() })? + "\n"
        }
    };
    shell.print(&text)?;
    Ok(Exit::Done)
}

/// Writes beside the file and renames, so that a file is never half written.
#[expect(clippy::disallowed_methods, reason = "the composition root writes the files")]
fn save(inventory: &Inventory, out: &Path) -> std::io::Result<()> {
    let partial = out.with_added_extension("tmp");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&partial)?);
    if out.extension().is_some_and(|extension| extension == "zst") {
        let mut encoder = zstd::Encoder::new(&mut file, 0)?;
        inventory::write(inventory, &mut encoder)?;
        encoder.finish()?;
    } else {
        inventory::write(inventory, &mut file)?;
    }
    file.flush()?;
    file.get_ref().sync_all()?;
    std::fs::rename(partial, out)
}
