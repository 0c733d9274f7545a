//! `jettison diff`

use super::show::read_plan;
use crate::{
    cli::{
        Exit,
        args::{DiffArgs, Format},
        error::CliError,
        shell::Shell,
    },
    plan::{Difference, diff},
    render::{self, Detail, Sides},
};

pub(in crate::cli) fn run(args: &DiffArgs, shell: &Shell) -> Result<Exit, CliError> {
    let difference = diff(&read_plan(&args.from)?, &read_plan(&args.to)?);
    let next = format!("\nTo see the new plan:\n  jettison show {}\n", args.to.display());
    print(&difference, Sides::Plans, (args.format, args.full), &next, shell)?;
    Ok(exit(&difference, args.detailed_exitcode))
}

/// Prints a comparison; people see what they may do `next` after it.
pub(in crate::cli) fn print(
    difference: &Difference,
    sides: Sides,
    (format, full): (Format, bool),
    next: &str,
    shell: &Shell,
) -> Result<(), CliError> {
    match format {
        Format::Json => {
            let text = difference.to_json().map_err(|error| CliError::Print { source: error.into() })?;
            shell.print(&text)
        }
        Format::Human => {
            let detail = if full { Detail::Full } else { Detail::Brief };
            let text = render::difference(difference, sides, shell.canvas(), detail);
            shell.print(&(text + next))
        }
    }
}

/// What a comparison ends with: less to do asks nobody for a review.
pub(in crate::cli) fn exit(difference: &Difference, detailed: bool) -> Exit {
    if detailed && !difference.added.is_empty() { Exit::Changes } else { Exit::Done }
}
