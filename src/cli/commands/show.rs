//! `jettison show`

use std::path::Path;

use crate::{
    cli::{
        Exit,
        args::{Format, ShowArgs},
        error::CliError,
        shell::Shell,
    },
    plan::Plan,
    render::{self, Detail},
};

pub(in crate::cli) fn run(args: &ShowArgs, shell: &Shell) -> Result<Exit, CliError> {
    let plan = read_plan(&args.plan)?;
    let next = format!("jettison apply {}", args.plan.display());
    print_plan(&plan, args.format, args.full, Some(&next), shell)?;
    Ok(Exit::Done)
}

/// Reads a saved plan and checks that it is whole.
pub(in crate::cli) fn read_plan(path: &Path) -> Result<Plan, CliError> {
    #[expect(clippy::disallowed_methods, reason = "the composition root reads the files")]
    let text = std::fs::read_to_string(path).map_err(|source| CliError::Read { path: path.to_owned(), source })?;
    Plan::from_json(&text).map_err(|source| CliError::PlanFile { path: path.to_owned(), source })
}

/// Prints a plan; `next` is the command that would carry it out.
pub(in crate::cli) fn print_plan(
    plan: &Plan,
    format: Format,
    full: bool,
    next: Option<&str>,
    shell: &Shell,
) -> Result<(), CliError> {
    match format {
        Format::Json => shell.print(&plan_json(plan)?),
        Format::Human => {
            let detail = if full { Detail::Full } else { Detail::Brief };
            let next = next.filter(|_| plan.applyable.is_yes());
            shell.print(&render::plan(plan, shell.canvas(), detail, next))
        }
    }
}

/// The plan document.
pub(in crate::cli) fn plan_json(plan: &Plan) -> Result<String, CliError> {
    plan.to_json().map_err(|error| CliError::Print { source: error.into() })
}
