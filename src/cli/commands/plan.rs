//! `jettison plan`

use std::path::Path;

use super::show::{plan_json, print_plan};
use crate::{
    cli::{
        Exit, args::PlanArgs, connect::Estate, entering::Entered, error::CliError, grounds::Grounds,
        policy_files::PolicyDir, run::block_on, shell::Shell, state::State,
    },
    collect::Options,
    plan::{Answer, Plan, Selection, decide},
};

pub(in crate::cli) fn run(args: &PlanArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.dir, shell)?;
    let plan = match &args.inventory {
        Some(file) => answer(args, &policy, &Grounds::recorded(&policy, file)?)?.plan,
        None => block_on(Estate::pace(&policy), live(args, &policy, shell))?.plan,
    };
    if let Some(out) = &args.out {
        save(&plan, out)?;
    }
    print_plan(&plan, args.format, args.full, next(args).as_deref(), shell)?;
    let changes = args.detailed_exitcode && plan.has_changes();
    Ok(if changes { Exit::Changes } else { Exit::Done })
}

async fn live(args: &PlanArgs, policy: &PolicyDir, shell: &Shell) -> Result<Answer, CliError> {
    let estate = Estate::open(policy, shell)?;
    // An account that cannot be used leaves no state behind.
    let entered = estate.enter("plan", shell).await?;
    entered.tell(shell);
    let state = State::open(policy, estate.now()).await?;
    let options = estate.collect_options(policy, &entered, args.lists.allow_commands);
    let mut grounds = Grounds::live(policy, &estate, &entered, &options, &state, shell).await?;
    let answer = answer(args, policy, &grounds)?;
    // What was seen was seen now, whatever instant the plan is for.
    state.observe(&mut grounds.ledger, &answer, grounds.made_at).await?;
    estate.close()?;
    Ok(answer)
}

/// Decides what the arguments ask for.
fn answer(args: &PlanArgs, policy: &PolicyDir, grounds: &Grounds) -> Result<Answer, CliError> {
    let now = args.as_of.map_or(Ok(grounds.made_at), |as_of| as_of.resolve(grounds.made_at))?;
    let select = &args.select;
    let selection = Selection::find(&select.target, &select.exclude, &policy.policy, &grounds.inventory)?;
    Ok(decide(&grounds.question(policy, now, Some(&selection))))
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
    let mut grounds = Grounds::live(policy, estate, entered, options, state, shell).await?;
    let answer = decide(&grounds.question(policy, grounds.made_at, None));
    state.observe(&mut grounds.ledger, &answer, grounds.made_at).await?;
    Ok(answer)
}

fn save(plan: &Plan, out: &Path) -> Result<(), CliError> {
    #[expect(clippy::disallowed_methods, reason = "the composition root writes the files")]
    std::fs::write(out, plan_json(plan)?).map_err(|source| CliError::Write { path: out.to_owned(), source })
}

/// The command that carries the plan out.
fn next(args: &PlanArgs) -> Option<String> {
    let dir = args.dir.display();
    match (&args.out, &args.inventory) {
        (Some(out), _) => Some(format!("jettison apply {} --policy {dir}", out.display())),
        (None, Some(_)) => None,
        // `apply DIR` would carry out the whole.
        (None, None) if !args.select.is_empty() => {
            let words = args.select.words();
            Some(format!("jettison plan {dir}{words} --out plan.json\n  jettison apply plan.json --policy {dir}"))
        }
        (None, None) => Some(format!("jettison apply {dir}")),
    }
}
