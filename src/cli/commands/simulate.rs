//! `jettison simulate`

use crate::cli::{Exit, args::SimulateArgs, error::CliError, shell::Shell};

pub(in crate::cli) fn run(_args: &SimulateArgs, _shell: &Shell) -> Result<Exit, CliError> {
    Ok(Exit::Done)
}
