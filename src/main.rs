//! The `jettison` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    jettison::cli::main()
}
