//! The commands: typed arguments → what they mean → what is done → an exit code.
//!
//! Commands that need a node call one through a profile; those that work on a stopped node's
//! folder say so. Errors are told in words on standard error; answers go to standard output.

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{
        args::{Cli, Command},
        call::CallError,
    },
    config::ConfigError,
    disclosure::tabular::protect::ProtectionError,
    node::error::NodeError,
};

pub mod args;
mod call;
mod certificate;
mod codes;
mod demo;
pub mod disclosure;
mod federation;
mod folder;
mod health;
mod import;
mod init;
mod journal;
mod log;
mod notes;
mod output;
mod peers;
mod person;
mod quarantine;
mod query;
mod records;
mod release;
mod roster;
pub mod sample;
mod serve;
mod store_command;

/// Exit code of a command that was refused or whose answer is no.
pub const EXIT_NO: u8 = 1;
/// Exit code of an error.
pub const EXIT_ERROR: u8 = 2;
/// Exit code of a command that could do what was asked, and found that it cannot answer.
pub const EXIT_OPEN: u8 = 3;
/// Exit code of a wrong command line (`EX_USAGE` of sysexits).
pub const EXIT_USAGE: u8 = 64;
/// Exit code of a configuration or profile that is faulty, or names what is (`EX_CONFIG` of
/// sysexits): to try again helps only after somebody has changed a file.
pub const EXIT_CONFIG: u8 = 78;

/// What came of a command that ran without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It did what was asked.
    Yes,
    /// It was refused, or the answer is no.
    No,
    /// There is neither a yes nor a no: what would tell is not there.
    Open,
}

/// Runs the command of this process's command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            // Nothing helps when even this cannot be printed.
            let _ = message.print();
            return if message.use_stderr() { EXIT_USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    match run(cli.command) {
        Ok(Done::Yes) => ExitCode::SUCCESS,
        Ok(Done::No) => EXIT_NO.into(),
        Ok(Done::Open) => EXIT_OPEN.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            exit_code(&error).into()
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<CallError>().is_some_and(CallError::is_refusal) {
        return EXIT_NO;
    }
    if error.is::<ProtectionError>() {
        return EXIT_NO;
    }
    let of_node = error.downcast_ref::<NodeError>();
    let faulty = error.is::<ConfigError>() || of_node.is_some_and(NodeError::is_of_configuration);
    if faulty { EXIT_CONFIG } else { EXIT_ERROR }
}

fn run(command: Command) -> anyhow::Result<Done> {
    match command {
        Command::Init(args) => init::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Indicators(args) => codes::indicators(&args),
        Command::Codes(args) => codes::codes(&args),
        Command::Disclosure(command) => disclosure::run(&command),
        Command::Notes(command) => notes::run(&command),
        Command::Release(command) => release::run(&command),
        Command::Enterprise(command) => records::enterprise::run(&command),
        Command::Visit(command) => records::visit::run(&command),
        Command::Request(command) => records::request::run(&command),
        Command::Answer(command) => records::answer::run(&command),
        Command::Consent(command) => records::consent::run(&command),
        Command::Journal(command) => journal::run(&command),
        Command::Quarantine(command) => quarantine::run(&command),
        Command::Peers(args) => peers::run(&args),
        Command::Log(command) => log::run(&command),
        Command::Store(command) => store_command::run(&command),
        Command::Certificate(command) => certificate::run(&command),
        Command::Roster(command) => roster::run(&command),
        Command::Federation(command) => federation::run(&command),
    }
}

/// Whoever read our output has seen enough (`essaim … | head`).
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
