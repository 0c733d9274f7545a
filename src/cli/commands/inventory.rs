//! `jettison inventory`

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write as _},
    path::Path,
};

use crate::{
    cli::{
        Exit,
        args::{ListArgs, SummaryFormat},
        connect::Estate,
        error::CliError,
        grounds::read_inventory,
        policy_files::PolicyDir,
        progress::Collecting,
        run::block_on,
        shell::Shell,
        sightings::images_in_use,
        state::State,
    },
    collect::{Spool, collect_into},
    inventory::Inventory,
    ledger::Ledger,
    plan::{Question, decide},
    render::{self, InventorySummary},
};

pub(in crate::cli) fn pull(dir: &Path, out: &Path, lists: ListArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(dir, shell)?;
    let unwritten = |source| CliError::Write { path: out.to_owned(), source };
    let unread = |source| CliError::Read { path: out.to_owned(), source };
    let (inventory, images) = block_on(Estate::pace(&policy), async {
        let estate = Estate::open(&policy, shell)?;
        let entered = estate.enter("inventory", shell).await?;
        entered.tell(shell);
        let state = State::open(&policy, estate.now()).await?;
        let spool = Spool::new(aside(out, "images").map_err(unwritten)?, aside(out, "manifests").map_err(unwritten)?);
        let progress = Collecting::new(shell, &policy.policy);
        let options = estate.collect_options(&policy, &entered, lists.allow_commands);
        let inventory = collect_into(&entered.sessions, &options, &*state.cache(), &progress, &spool).await;
        progress.finish();
        // What was read before the disk was full need not be read again.
        state.save_cache().await?;
        estate.close()?;
        let (inventory, images) = (inventory.map_err(unwritten)?, spool.images());
        save(&inventory, spool, out).map_err(unwritten)?;
        let mut ledger = state.ledger().await?;
        let mut answer = decide(&question(&policy, &inventory, &ledger));
        let named = std::mem::take(&mut answer.elsewhere);
        answer.in_use.extend(images_in_use(named, || lines(out)).map_err(unread)?);
        state.observe(&mut ledger, &answer, inventory.taken_at).await?;
        Ok((inventory, images))
    })?;
    let gaps = match inventory.gaps.len() {
        0 => "nothing was left unread".to_owned(),
        1 => "1 part could not be read".to_owned(),
        several => format!("{several} parts could not be read"),
    };
    shell.note(&format!(
        "{} holds {} services, {} task definitions and {images} images; {gaps}",
        out.display(),
        inventory.services.len(),
        inventory.task_definitions.len(),
    ));
    if !inventory.gaps.is_empty() {
        shell.note(&format!("`jettison inventory show {}` tells which, and what they hold back", out.display()));
    }
    Ok(Exit::Done)
}

/// Who is in use, for the ledger: what becomes of the plan does not matter.
fn question<'a>(policy: &'a PolicyDir, inventory: &'a Inventory, ledger: &'a Ledger) -> Question<'a> {
    Question {
        policy: &policy.policy,
        policy_id: String::new(),
        inventory,
        inventory_id: String::new(),
        ledger,
        now: inventory.taken_at,
        made_at: inventory.taken_at,
        selection: None,
        tool_version: env!("CARGO_PKG_VERSION"),
    }
}

/// The lines of what was just written.
#[expect(clippy::disallowed_methods, reason = "the composition root reads the files")]
fn lines(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = File::open(path)?;
    Ok(if path.extension().is_some_and(|extension| extension == "zst") {
        Box::new(BufReader::new(zstd::Decoder::new(file)?))
    } else {
        Box::new(BufReader::new(file))
    })
}

/// A file beside the output, where there is room for it or nowhere. Its name is taken away at once: it is gone when this
/// process is, however that ends.
#[expect(clippy::disallowed_methods, reason = "the composition root writes the files")]
fn aside(out: &Path, what: &str) -> io::Result<File> {
    let path = out.with_added_extension(format!("{what}.tmp"));
    let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Sums a recorded inventory up.
pub(in crate::cli) fn show(file: &Path, format: SummaryFormat, shell: &Shell) -> Result<Exit, CliError> {
    // Tearing a million images down takes a while, and the process ends soon.
    let inventory = std::mem::ManuallyDrop::new(read_inventory(file)?);
    let summary = InventorySummary::of(&inventory);
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
fn save(inventory: &Inventory, spool: Spool<File>, out: &Path) -> io::Result<()> {
    let partial = out.with_added_extension("tmp");
    let mut file = BufWriter::new(File::create(&partial)?);
    if out.extension().is_some_and(|extension| extension == "zst") {
        let mut encoder = zstd::Encoder::new(&mut file, 0)?;
        spool.write(inventory, &mut encoder)?;
        encoder.finish()?;
    } else {
        spool.write(inventory, &mut file)?;
    }
    file.flush()?;
    file.get_ref().sync_all()?;
    std::fs::rename(partial, out)
}
