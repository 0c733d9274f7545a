//! `jettison resume`

use crate::{
    apply::{Run, carry_out},
    cli::{
        Exit,
        applying::{Teller, finish},
        args::ResumeArgs,
        connect::Estate,
        error::CliError,
        policy_files::PolicyDir,
        run::block_on,
        shell::Shell,
        signals::stop_on_signal,
        state::{self, State},
    },
    journal::{Journal, RunId, find_unfinished, read_plan},
    plan::Plan,
};

pub(in crate::cli) fn run(args: &ResumeArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.policy, shell)?;
    if !state::directory(&policy).is_dir() {
        return Err(CliError::NothingToResume);
    }
    block_on(Estate::pace(&policy), async {
        let estate = Estate::open(&policy, shell)?;
        let state = State::open(&policy, estate.now()).await?;
        let run = choose(args.run.as_deref(), &state).await?;
        let bytes = read_plan(&*state.store, &run).await?;
        let plan = Plan::from_json(&String::from_utf8_lossy(&bytes))
            .map_err(|source| CliError::PlanFile { path: format!("the plan of run {run}").into(), source })?;
        let entered = estate.enter(run.as_str(), shell).await?;
        entered.tell(shell);
        entered.reaches(&plan)?;
        let journal = Journal::open_existing(state.store.clone(), &run, state.owner.clone(), (estate.now())()).await?;
        let teller = Teller::new(&plan, run, args.options.json, *shell);
        let mut collect = estate.collect_options(&policy, &entered, args.options.lists.allow_commands);
        // The policy may have been mended since, so that the run can go on; what the plan looked at is looked at again.
        collect.waived.retain(|source| plan.waived.iter().any(|waived| waived.source == *source));
        let report = carry_out(Run {
            plan: &plan,
            journal,
            collect,
            sessions: entered.sessions,
            cache: state.cache(),
            now: estate.now().clone(),
            wait: !args.options.no_wait,
            events: &|event| teller.tell(&event),
            stop: stop_on_signal(*shell),
        })
        .await?;
        state.save_cache().await?;
        estate.close()?;
        finish(&report, &plan, &args.policy, args.options.json, shell)
    })
}

/// The run to resume: the one that is named, or the only one that is unfinished.
async fn choose(named: Option<&str>, state: &State) -> Result<RunId, CliError> {
    let unfinished = find_unfinished(&*state.store).await?;
    if let Some(name) = named {
        let found = unfinished.iter().find(|recording| recording.manifest.run.as_str() == name);
        return found
            .map(|recording| recording.manifest.run.clone())
            .ok_or_else(|| CliError::UnknownRun { run: name.to_owned() });
    }
    match unfinished.as_slice() {
        [] => Err(CliError::NothingToResume),
        [only] => Ok(only.manifest.run.clone()),
        several => {
            let names: Vec<String> = several.iter().map(|recording| recording.manifest.run.to_string()).collect();
            Err(CliError::WhichRun(names.join(", ")))
        }
    }
}
