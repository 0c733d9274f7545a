//! From the command line to an exit code.

use std::{future::Future, process::ExitCode};

use clap::{CommandFactory, Parser};

use super::{
    Exit,
    args::{Cli, Command, InventoryCommand, JournalCommand},
    commands,
    error::CliError,
    shell::Shell,
};

/// Runs the command that the process was called with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not mistakes.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _nobody_listens = error.print();
            return exit.into();
        }
    };
    let shell = Shell::new(&cli.global);
    log_to_stderr(cli.global.verbose, shell.err_canvas().color);
    match dispatch(cli.command, &shell) {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.report(&shell);
            error.exit().into()
        }
    }
}

fn dispatch(command: Command, shell: &Shell) -> Result<Exit, CliError> {
    match command {
        Command::Plan(args) => commands::plan::run(&args, shell),
        Command::Apply(args) => commands::apply::run(&args, shell),
        Command::Resume(args) => commands::resume::run(&args, shell),
        Command::Show(args) => commands::show::run(&args, shell),
        Command::Diff(args) => commands::diff::run(&args, shell),
        Command::Explain(args) => commands::explain::run(&args, shell),
        Command::Graph(args) => commands::graph::run(&args, shell),
        Command::Validate(args) => commands::validate::run(&args, shell),
        Command::Inventory(InventoryCommand::Pull { dir, out, lists }) => {
            commands::inventory::pull(&dir, &out, lists, shell)
        }
        Command::Inventory(InventoryCommand::Show { file, format }) => commands::inventory::show(&file, format, shell),
        Command::Journal(JournalCommand::List { dir }) => commands::journal::list(&dir, shell),
        Command::Journal(JournalCommand::Show { run, policy }) => commands::journal::show(&run, &policy, shell),
        Command::Journal(JournalCommand::Export { run, policy }) => commands::journal::export(&run, &policy, shell),
        Command::IamPolicy(args) => commands::iam_policy::run(&args, shell),
        Command::Simulate(args) => commands::simulate::run(&args, shell),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "jettison", &mut script);
            shell.print(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Done)
        }
    }
}

/// Whose time passes while a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Real time.
    Real,
    /// Simulated time: a wait ends as soon as everything waits.
    Simulated,
}

/// Runs a future to its end.
pub(super) fn block_on<T>(pace: Pace, future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let mut builder = match pace {
        Pace::Real => tokio::runtime::Builder::new_multi_thread(),
        Pace::Simulated => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all();
    if pace == Pace::Simulated {
        builder.start_paused(true);
    }
    let runtime = builder.build().map_err(|source| CliError::Start { doing: "the async runtime", source })?;
    runtime.block_on(future)
}

fn log_to_stderr(verbose: u8, color: bool) {
    let level = match verbose {
        0 => return,
        1 => "jettison=debug",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::new(level);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(color)
        .without_time()
        .with_target(false)
        .with_writer(std::io::stderr);
    let _set_once = subscriber.try_init();
}
