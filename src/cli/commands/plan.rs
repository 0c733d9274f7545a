//! `jettison plan`

use std::{io::BufReader, path::Path};

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
    inventory::{self, Inventory},
    ledger::Ledger,
    model::{Now, Timestamp, sha256},
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
    let answer = answer(policy, &inventory, &ledger, (estate.now())());
    state.observe(&mut ledger, &answer, (estate.now())()).await?;
    Ok(answer)
}

/// Decides on a recorded inventory, as of its own time.
fn from_file(policy: &PolicyDir, file: &Path) -> Result<Answer, CliError> {
    let inventory = read_inventory(file)?;
    let ledger = recorded_ledger(policy, inventory.taken_at)?;
    Ok(answer(policy, &inventory, &ledger, inventory.taken_at))
}

/// The sightings of earlier runs, which count for a recorded inventory too; a state that does not exist yet is not made for it.
pub(in crate::cli) fn recorded_ledger(policy: &PolicyDir, at: Timestamp) -> Result<Ledger, CliError> {
    if !state::directory(policy).is_dir() {
        return Ok(Ledger::default());
    }
    let now: Now = std::sync::Arc::new(move || at);
    block_on(crate::cli::run::Pace::Real, async { State::open(policy, &now).await?.ledger().await })
}

fn answer(policy: &PolicyDir, inventory: &Inventory, ledger: &Ledger, now: Timestamp) -> Answer {
    let mut canonical = Vec::new();
    let _infallible = inventory::write(inventory, &mut canonical);
    decide(&Question {
        policy: &policy.policy,
        policy_id: policy.id.clone(),
        inventory,
        inventory_id: sha256(&canonical),
        ledger,
        now,
        tool_version: env!("CARGO_PKG_VERSION"),
    })
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
