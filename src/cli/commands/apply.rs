//! `jettison apply`

use std::path::Path;

use super::{
    plan::plan_live,
    show::{print_plan, read_plan},
};
use crate::{
    apply::{Close, Report, Run, carry_out},
    cli::{
        Exit,
        applying::{Teller, finish},
        args::{ApplyArgs, Format, RunArgs},
        connect::Estate,
        entering::Entered,
        error::CliError,
        policy_files::PolicyDir,
        run::block_on,
        shell::Shell,
        signals::stop_on_signal,
        state::State,
    },
    journal::{Journal, NewRun, RunId, find_unfinished},
    model::Timestamp,
    plan::{Plan, Refusal, RefusalCode},
};

pub(in crate::cli) fn run(args: &ApplyArgs, shell: &Shell) -> Result<Exit, CliError> {
    let is_file = args.target.is_file();
    let saved = if is_file { Some(read_plan(&args.target)?) } else { None };
    let dir = match (&args.policy, is_file) {
        (Some(dir), _) => dir.as_path(),
        (None, false) => args.target.as_path(),
        (None, true) => Path::new("."),
    };
    let policy = PolicyDir::read(dir, shell)?;
    block_on(Estate::pace(&policy), async {
        let estate = Estate::open(&policy, shell)?;
        if let Some(plan) = &saved {
            check_plan(plan, args, &policy, (estate.now())())?;
        }
        // An account that cannot be used leaves no state behind.
        let entered = estate.enter("apply", shell).await?;
        entered.tell(shell);
        if let Some(plan) = &saved {
            entered.reaches(plan)?;
        }
        let state = State::open(&policy, estate.now()).await?;
        if let Some(unfinished) = find_unfinished(&*state.store).await?.into_iter().next() {
            return Err(CliError::Unfinished(unfinished.manifest.run));
        }
        let plan = match saved {
            Some(plan) => plan,
            None => {
                let options = estate.collect_options(&policy, &entered, args.run.lists.allow_commands);
                let plan = plan_live(&policy, &estate, &entered, &options, &state, shell).await?.plan;
                check_plan(&plan, args, &policy, (estate.now())())?;
                plan
            }
        };
        let overriding = overriding(&plan, args, shell);
        if !approve(&plan, args, is_file, shell)? {
            estate.close()?;
            return finish_idle(&plan, &args.run, dir, shell);
        }
        let exit = carry_out_new((&plan, overriding), &args.run, &policy, (&estate, &entered), &state, shell).await;
        state.save_cache().await?;
        estate.close()?;
        exit
    })
}

/// Refuses a plan that must not be carried out.
fn check_plan(plan: &Plan, args: &ApplyArgs, policy: &PolicyDir, now: Timestamp) -> Result<(), CliError> {
    if let Some(expected) = &args.expect
        && *expected != plan.plan_id
    {
        return Err(CliError::NotExpected { expected: expected.clone(), found: plan.plan_id.clone() });
    }
    // However old it is: it was never one to be applied.
    if plan.is_forecast() {
        return Err(CliError::Refused(plan.refusals.clone()));
    }
    if now >= plan.expires_at {
        return Err(CliError::Expired(plan.expires_at));
    }
    // What is in use is read again by the policy: one with other lists, waivers or accounts sees less than the plan did.
    if plan.policy_id != policy.id {
        return Err(CliError::OtherPolicy);
    }
    let refusals = remaining_refusals(plan, args.override_budget.is_some());
    if !refusals.is_empty() {
        return Err(CliError::Refused(refusals));
    }
    let known = |scope: &&crate::model::Scope| {
        policy
            .policy
            .accounts
            .iter()
            .any(|account| account.id == scope.account_id && account.regions.contains(&scope.region))
    };
    match plan.scopes.iter().find(|scope| !known(scope)) {
        Some(foreign) => Err(CliError::ForeignScope(foreign.to_string())),
        None => Ok(()),
    }
}

/// What forbids to carry out a plan. Of all that may, a reason given overrides the budget alone.
fn remaining_refusals(plan: &Plan, overrides_budget: bool) -> Vec<Refusal> {
    let is_overridden = |refusal: &&Refusal| overrides_budget && refusal.code == RefusalCode::OverBudget;
    plan.refusals.iter().filter(|refusal| !is_overridden(refusal)).cloned().collect()
}

/// The reason for exceeding the budget, if the plan does: it is told, and goes into the journal.
fn overriding<'a>(plan: &Plan, args: &'a ApplyArgs, shell: &Shell) -> Option<&'a str> {
    let why = args.override_budget.as_deref()?;
    if plan.refusals.iter().any(|refusal| refusal.code == RefusalCode::OverBudget) {
        shell.alert(&format!("The budget is overridden: {why}"));
        return Some(why);
    }
    shell.note("the plan is within its budget: --override-budget changes nothing");
    None
}

/// Shows the plan and gets a yes for it. `false` if there is nothing to do.
fn approve(plan: &Plan, args: &ApplyArgs, is_file: bool, shell: &Shell) -> Result<bool, CliError> {
    if !args.run.json {
        print_plan(plan, Format::Human, false, None, shell)?;
    }
    if !plan.has_changes() {
        return Ok(false);
    }
    // A saved plan was reviewed; naming its id says so, and so does not being asked on purpose.
    if args.auto_approve || (is_file && args.expect.is_some()) {
        return Ok(true);
    }
    if !shell.can_ask {
        return Err(CliError::CannotAsk);
    }
    let answer = shell.ask("\nCarry out this plan? Only `yes` is a yes: ");
    if answer.as_deref() == Some("yes") { Ok(true) } else { Err(CliError::Declined) }
}

/// Ends an apply that has nothing to do. People have read it in the plan; programs get the summary that ends every run.
fn finish_idle(plan: &Plan, options: &RunArgs, dir: &Path, shell: &Shell) -> Result<Exit, CliError> {
    if !options.json {
        return Ok(Exit::Done);
    }
    let report = Report { close: Close::Complete, outcomes: Vec::new(), in_doubt: Vec::new(), pending: Vec::new() };
    finish(&report, plan, dir, options.json, shell)
}

async fn carry_out_new(
    (plan, override_budget): (&Plan, Option<&str>),
    options: &RunArgs,
    policy: &PolicyDir,
    (estate, before): (&Estate, &Entered),
    state: &State,
    shell: &Shell,
) -> Result<Exit, CliError> {
    let now = (estate.now())();
    let run_id = RunId::new(now, &plan.plan_id).map_err(CliError::RunId)?;
    let entered = estate.enter(run_id.as_str(), shell).await?.paced_like(before);
    entered.reaches(plan)?;
    let text = super::show::plan_json(plan)?;
    let new = NewRun {
        plan_id: &plan.plan_id,
        steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
        override_budget,
        plan: text.as_bytes(),
    };
    let journal = Journal::create(state.store.clone(), run_id, new, state.owner.clone(), now).await?;
    let teller = Teller::new(plan, journal.run().clone(), options.json, *shell);
    let run = Run {
        plan,
        journal,
        collect: estate.collect_options(policy, &entered, options.lists.allow_commands),
        sessions: entered.sessions,
        cache: state.cache(),
        now: estate.now().clone(),
        wait: !options.no_wait,
        events: &|event| teller.tell(&event),
        stop: stop_on_signal(*shell),
    };
    let report = carry_out(run).await?;
    finish(&report, plan, &policy.dir, options.json, shell)
}
