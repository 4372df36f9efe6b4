//! `honker`: see the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    honker_cli::run(std::env::args_os()).into()
}
