//! The command line as typed: what clap reads, before anything is checked against the world.
//!
//! The help texts are frozen by `tests/cmd/*.trycmd`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::args::{
    calls::{ImportArgs, NotesCommand, QuarantineCommand, QueryArgs, ReleaseCommand},
    codes::{CodesArgs, IndicatorsArgs},
    consent::ConsentCommand,
    disclosure::DisclosureCommand,
    journal::JournalCommand,
    local::{
        CertificateCommand, DemoArgs, FederationCommand, HealthArgs, InitArgs, LogCommand,
        RosterCommand, ServeArgs, StoreCommand,
    },
    records::{AnswerCommand, EnterpriseCommand, RequestCommand, VisitCommand},
};

pub mod calls;
pub mod codes;
pub mod consent;
pub mod day;
pub mod disclosure;
pub mod journal;
pub mod local;
pub mod records;

/// A federated exchange node for technology-information hubs.
///
/// Exit codes: 0 done; 1 refused, or the answer is no; 2 an error; 3 neither yes nor no can be
/// said; 64 the command line is wrong; 78 a configuration or profile is faulty (for `serve`, also
/// a file it names).
#[derive(Debug, Parser)]
#[command(name = "essaim", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the folder of a new node: configuration, keys, empty store
    Init(InitArgs),
    /// Run a node until SIGTERM or Ctrl-C
    Serve(ServeArgs),
    /// Ask the node of a configuration whether it is up
    Health(HealthArgs),
    /// Run a whole federation with sample data on this machine
    Demo(DemoArgs),
    /// Import a file of records into a node
    Import(ImportArgs),
    /// Ask a node for a table of published indicators
    Query(QueryArgs),
    /// The catalogue: what each indicator counts, and by what it can be asked for
    Indicators(IndicatorsArgs),
    /// The code lists: filières, regions, sizes and the rest
    Codes(CodesArgs),
    /// Disclosure control of any table, without a node
    #[command(subcommand)]
    Disclosure(Box<DisclosureCommand>),
    /// Technology notes
    #[command(subcommand)]
    Notes(NotesCommand),
    /// Releases of indicators: draft, review, approve, publish
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Enterprises in the hub's records
    #[command(subcommand)]
    Enterprise(Box<EnterpriseCommand>),
    /// Visits in the hub's records
    #[command(subcommand)]
    Visit(VisitCommand),
    /// Support requests in the hub's records
    #[command(subcommand)]
    Request(RequestCommand),
    /// Answers given to support requests
    #[command(subcommand)]
    Answer(AnswerCommand),
    /// Consents of enterprises
    #[command(subcommand)]
    Consent(ConsentCommand),
    /// The journal: who did what to the hub's records
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Rows of imported files that still wait for a remedy
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// The node's logs
    #[command(subcommand)]
    Log(LogCommand),
    /// The node's store
    #[command(subcommand)]
    Store(StoreCommand),
    /// The other nodes as a node sees them
    Peers(CallArgs),
    /// Certificates of people
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// The roster of members
    #[command(subcommand)]
    Roster(RosterCommand),
    /// Federations for tests and rehearsals
    #[command(subcommand)]
    Federation(FederationCommand),
}

/// How a command reaches a node.
#[derive(Debug, Args)]
pub struct ReachArgs {
    /// Profile file: which node, and with which certificate
    #[arg(long, value_name = "FILE", env = "ESSAIM_PROFILE")]
    pub profile: PathBuf,
    /// Longest wait for each answer; without it 90, and 3600 to import and to release
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: Option<u32>,
}

/// How a command reaches a node, and how it answers.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// The node.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// Form of printed answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// JSON for programs.
    Json,
}
