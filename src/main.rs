//! The `essaim` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    essaim::cli::main()
}
