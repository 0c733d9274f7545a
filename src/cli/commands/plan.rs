//! `jettison plan`

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use super::show::{plan_json, print_plan};
use crate::{
    cli::{
        Exit,
        args::PlanArgs,
        connect::Estate,
        entering::Entered,
        error::CliError,
        policy_files::PolicyDir,
        run::block_on,
        shell::Shell,
        state::{self, State},
    },
    collect::{Options, collect},
    inventory::{self, Inventory, InventoryError, InventoryId},
    ledger::Ledger,
    model::{Now, Timestamp},
    plan::{Answer, Question, decide},
};

pub(in crate::cli) fn run(args: &PlanArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.dir, shell)?;
    let plan = match &args.inventory {
        Some(file) => from_file(&policy, file)?.plan,
        None => {
            let pace = Estate::pace(&policy);
            block_on(pace, async {
                let estate = Estate::open(&policy, shell)?;
                // An account that cannot be used leaves no state behind.
                let entered = estate.enter("plan", shell).await?;
                entered.tell(shell);
                let state = State::open(&policy, estate.now()).await?;
                let options = estate.collect_options(&policy, &entered, args.lists.allow_commands);
                let answer = plan_live(&policy, &estate, &entered, &options, &state, shell).await?;
                estate.close()?;
                Ok(answer.plan)
            })?
        }
    };
    if let Some(out) = &args.out {
        #[expect(clippy::disallowed_methods, reason = "the composition root writes the files")]
        std::fs::write(out, plan_json(&plan)?).map_err(|source| CliError::Write { path: out.clone(), source })?;
    }
    let next = match (&args.out, &args.inventory) {
        (Some(out), _) => Some(format!("jettison apply {} --policy {}", out.display(), args.dir.display())),
        (None, Some(_)) => None,
        (None, None) => Some(format!("jettison apply {}", args.dir.display())),
    };
    print_plan(&plan, args.format, args.full, next.as_deref(), shell)?;
    let changes = args.detailed_exitcode && plan.has_changes();
    Ok(if changes { Exit::Changes } else { Exit::Done })
}

/// Collects, decides, and records what was seen in use.
pub(in crate::cli) async fn plan_live(
    policy: &PolicyDir,
    estate: &Estate,
    entered: &Entered,
    options: &Options,
    state: &State,
    shell: &Shell,
) -> Result<Answer, CliError> {
    let progress = crate::cli::progress::Collecting::new(shell, &policy.policy);
    let inventory = collect(&entered.sessions, options, &*state.cache(), &progress).await;
    progress.finish();
    state.save_cache().await?;
    let mut ledger = state.ledger().await?;
    let id = inventory::identify(&inventory);
    let answer = answer(policy, (&inventory, id), &ledger, (estate.now())());
    state.observe(&mut ledger, &answer, (estate.now())()).await?;
    Ok(answer)
}

/// Decides on a recorded inventory, as of its own time.
fn from_file(policy: &PolicyDir, file: &Path) -> Result<Answer, CliError> {
    let (inventory, id) = read_identified(file)?;
    let ledger = recorded_ledger(policy, inventory.taken_at)?;
    let answer = answer(policy, (&inventory, id), &ledger, inventory.taken_at);
    // A million images take a while to tear down, and the process ends soon.
    std::mem::forget(inventory);
    Ok(answer)
}

/// The sightings of earlier runs, which count for a recorded inventory too; a state that does not exist yet is not made for it.
pub(in crate::cli) fn recorded_ledger(policy: &PolicyDir, at: Timestamp) -> Result<Ledger, CliError> {
    if !state::directory(policy).is_dir() {
        return Ok(Ledger::default());
    }
    let now: Now = std::sync::Arc::new(move || at);
    block_on(crate::cli::run::Pace::Real, async { State::open(policy, &now).await?.ledger().await })
}

fn answer(policy: &PolicyDir, (inventory, id): (&Inventory, InventoryId), ledger: &Ledger, now: Timestamp) -> Answer {
    decide(&Question {
        policy: &policy.policy,
        policy_id: policy.id.clone(),
        inventory,
        inventory_id: id.into(),
        ledger,
        now,
        tool_version: env!("CARGO_PKG_VERSION"),
    })
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
