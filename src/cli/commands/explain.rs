//! `jettison explain`

use std::{mem::ManuallyDrop, path::Path};

use crate::{
    cli::{
        Exit,
        args::{ExplainArgs, ListArgs, SummaryFormat},
        connect::Estate,
        error::CliError,
        grounds::{read_inventory, recorded_ledger},
        policy_files::PolicyDir,
        progress::Collecting,
        run::block_on,
        shell::Shell,
        state::State,
    },
    collect::collect,
    inventory::Inventory,
    ledger::Ledger,
    model::Timestamp,
    plan::{Question, explain},
    render,
};

pub(in crate::cli) fn run(args: &ExplainArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.dir, shell)?;
    let seen = Seen::of(&policy, args.inventory.as_deref(), args.lists, "explain", shell)?;
    let explanation = explain(&seen.question(&policy), &args.address)?;
    let text = match args.format {
        SummaryFormat::Human => render::explanation(&explanation, shell.canvas()),
        SummaryFormat::Json => {
            let json = serde_json::to_string_pretty(&explanation);
            json.map_err(|error| CliError::Print { source: error.into() })? + "\n"
        }
    };
    shell.print(&text)?;
    Ok(Exit::Done)
}

/// What is there, recorded or just collected, and when.
pub(super) struct Seen {
    /// Never torn down: of a million images that takes longer than the answer, and the process ends with it.
    pub(super) inventory: ManuallyDrop<Inventory>,
    ledger: Ledger,
    now: Timestamp,
}

impl Seen {
    /// Reads a recorded inventory, or collects as `plan` does.
    pub(super) fn of(
        policy: &PolicyDir,
        file: Option<&Path>,
        lists: ListArgs,
        command: &str,
        shell: &Shell,
    ) -> Result<Self, CliError> {
        if let Some(file) = file {
            let inventory = ManuallyDrop::new(read_inventory(file)?);
            let now = inventory.taken_at;
            return Ok(Self { inventory, ledger: recorded_ledger(policy, now)?, now });
        }
        block_on(Estate::pace(policy), async {
            let estate = Estate::open(policy, shell)?;
            let entered = estate.enter(command, shell).await?;
            entered.tell(shell);
            let state = State::open(policy, estate.now()).await?;
            let options = estate.collect_options(policy, &entered, lists.allow_commands);
            let progress = Collecting::new(shell, &policy.policy);
            let inventory = collect(&entered.sessions, &options, &*state.cache(), &progress).await;
            progress.finish();
            state.save_cache().await?;
            let ledger = state.ledger().await?;
            let now = (estate.now())();
            estate.close()?;
            Ok(Self { inventory: ManuallyDrop::new(inventory), ledger, now })
        })
    }

    /// The question that a plan would answer.
    pub(super) fn question<'a>(&'a self, policy: &'a PolicyDir) -> Question<'a> {
        Question {
            policy: &policy.policy,
            policy_id: policy.id.clone(),
            inventory: &self.inventory,
            inventory_id: String::new(),
            ledger: &self.ledger,
            now: self.now,
            made_at: self.now,
            selection: None,
            tool_version: env!("CARGO_PKG_VERSION"),
        }
    }
}
