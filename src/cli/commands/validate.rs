//! `jettison validate`

use crate::cli::{Exit, args::ValidateArgs, error::CliError, policy_files::PolicyDir, shell::Shell};

pub(in crate::cli) fn run(args: &ValidateArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.dir, shell)?.policy;
    let rules = policy.services.len() + policy.task_sets.len() + policy.task_definitions.len() + policy.images.len();
    shell.print(&format!(
        "The policy is valid: {} account(s), {rules} retention rule(s), {} protection(s), {} waiver(s).\n",
        policy.accounts.len(),
        policy.protects.len(),
        policy.waivers.len(),
    ))?;
    Ok(Exit::Done)
}
