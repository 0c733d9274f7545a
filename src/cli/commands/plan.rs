//! `jettison plan`

use std::path::Path;

use super::{
    diff,
    show::{plan_json, print_plan, read_plan},
};
use crate::{
    cli::{
        Exit, args::PlanArgs, connect::Estate, entering::Entered, error::CliError, grounds::Grounds,
        policy_files::PolicyDir, run::block_on, shell::Shell, state::State,
    },
    collect::Options,
    plan::{Answer, Difference, Plan, Selection, decide, diff_against, diff_policies},
    render::Sides,
};

pub(in crate::cli) fn run(args: &PlanArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.dir, shell)?;
    // Before AWS is asked for anything.
    let compared = Compared::read(args, &policy, shell)?;
    let (plan, difference) = match &args.inventory {
        Some(file) => {
            let (answer, difference) = decide_as_asked(args, &policy, &compared, &Grounds::recorded(&policy, file)?)?;
            (answer.plan, difference)
        }
        None => block_on(Estate::pace(&policy), live(args, &policy, &compared, shell))?,
    };
    if let Some(out) = &args.out {
        save(&plan, out)?;
    }
    match difference {
        None => {
            print_plan(&plan, args.format, args.full, next(args).as_deref(), shell)?;
            let changes = args.detailed_exitcode && plan.has_changes();
            // The process ends: what it holds need not be torn down piece by piece first.
            std::mem::forget(plan);
            Ok(if changes { Exit::Changes } else { Exit::Done })
        }
        Some(difference) => {
            let how = (args.format, args.full);
            diff::print(&difference, compared.sides(), how, &after_comparison(args, &plan), shell)?;
            Ok(diff::exit(&difference, args.detailed_exitcode))
        }
    }
}

/// What the plan is compared with.
enum Compared {
    Nothing,
    Plan(Box<Plan>),
    Base(Box<PolicyDir>),
}

impl Compared {
    fn read(args: &PlanArgs, policy: &PolicyDir, shell: &Shell) -> Result<Self, CliError> {
        match (&args.against, &args.policy_base) {
            (None, None) => Ok(Self::Nothing),
            (Some(_), Some(_)) => Err(CliError::TwoComparisons),
            (Some(old), None) => Ok(Self::Plan(Box::new(read_plan(old)?))),
            (None, Some(dir)) => {
                let named = |_: &CliError| shell.alert(&format!("the base policy, {}:", dir.display()));
                let base = PolicyDir::read(dir, shell).inspect_err(named)?;
                if !args.select.is_empty() {
                    same_labels(&base, policy)?;
                }
                Ok(Self::Base(Box::new(base)))
            }
        }
    }

    fn sides(&self) -> Sides {
        match self {
            Self::Nothing | Self::Plan(_) => Sides::Plans,
            Self::Base(_) => Sides::Policies,
        }
    }
}

/// Patterns are over the policy's labels of accounts.
fn same_labels(base: &PolicyDir, policy: &PolicyDir) -> Result<(), CliError> {
    for account in &policy.policy.accounts {
        let theirs = base.policy.accounts.iter().find(|theirs| theirs.id == account.id);
        if let Some(theirs) = theirs.filter(|theirs| theirs.label != account.label) {
            return Err(CliError::RenamedAccount {
                id: account.id.clone(),
                base: theirs.label.clone(),
                now: account.label.clone(),
            });
        }
    }
    Ok(())
}

async fn live(
    args: &PlanArgs,
    policy: &PolicyDir,
    compared: &Compared,
    shell: &Shell,
) -> Result<(Plan, Option<Difference>), CliError> {
    let estate = Estate::open(policy, shell)?;
    // An account that cannot be used leaves no state behind.
    let entered = estate.enter("plan", shell).await?;
    entered.tell(shell);
    let state = State::open(policy, estate.now()).await?;
    let options = estate.collect_options(policy, &entered, args.lists.allow_commands);
    let mut grounds = Grounds::live(policy, &estate, &entered, &options, &state, shell).await?;
    let (answer, difference) = decide_as_asked(args, policy, compared, &grounds)?;
    // What was seen was seen now, whatever instant the plan is for.
    state.observe(&mut grounds.ledger, &answer, grounds.made_at).await?;
    estate.close()?;
    Ok((answer.plan, difference))
}

/// Decides what the arguments ask for, and compares it.
fn decide_as_asked(
    args: &PlanArgs,
    policy: &PolicyDir,
    compared: &Compared,
    grounds: &Grounds,
) -> Result<(Answer, Option<Difference>), CliError> {
    let now = args.as_of.map_or(Ok(grounds.made_at), |as_of| as_of.resolve(grounds.made_at))?;
    let select = &args.select;
    let selection = Selection::find(&select.target, &select.exclude, &policy.policy, &grounds.inventory)?;
    let question = grounds.question(policy, now, Some(&selection));
    let (answer, difference) = match compared {
        Compared::Nothing => return Ok((decide(&question), None)),
        Compared::Plan(old) => diff_against(&question, old),
        Compared::Base(base) => diff_policies(&grounds.question(base, now, Some(&selection)), &question),
    };
    Ok((answer, Some(difference)))
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

/// What to do after a comparison, which does not show the plan itself.
fn after_comparison(args: &PlanArgs, plan: &Plan) -> String {
    let Some(out) = &args.out else {
        return "\nWithout the comparison, the same command shows the whole plan; --out FILE saves it.\n".to_owned();
    };
    let show = format!("\nThe whole plan:\n  jettison show {}\n", out.display());
    let carry_out = next(args).filter(|_| plan.applyable.is_yes());
    let carry_out = carry_out.map_or_else(String::new, |next| format!("\nTo carry it out:\n  {next}\n"));
    show + &carry_out
}
