//! Arguments of commands that run nodes, or work on files without one.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::{
    base::id::MemberCode,
    cli::args::{Format, day},
};

/// The first day the demo can play on: its hubs use regions that exist since 2023, from the first
/// of its two years on.
pub const DEMO_FIRST_DAY: Date = Date::constant(2026, 1, 31);
/// The last day the demo can play on: periods end with 2199.
pub const DEMO_LAST_DAY: Date = Date::constant(2199, 12, 31);

fn day_of_demo(text: &str) -> Result<Date, String> {
    let day = day::day(text)?;
    match (DEMO_FIRST_DAY..=DEMO_LAST_DAY).contains(&day) {
        true => Ok(day),
        false => Err(format!("the demo plays from {DEMO_FIRST_DAY} to {DEMO_LAST_DAY}")),
    }
}

/// `essaim init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to make; must not exist, or be empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Member code: for a national hub the ISO code of its country
    #[arg(long, value_name = "CODE")]
    pub member: MemberCode,
    /// What the member is
    #[arg(long, value_enum)]
    pub kind: Kind,
    /// Name of the member, as shown to people
    #[arg(long)]
    pub name: String,
    /// Where other members will reach the node; the default is its exchange listener
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// Listener of the hub's own staff
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7301")]
    pub hub: SocketAddr,
    /// Listener of other members
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7302")]
    pub exchange: SocketAddr,
    /// Listener of health and metrics
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7303")]
    pub web: SocketAddr,
    /// Fewest distinct enterprises a published cell may rest on (national; no default)
    #[arg(long, value_name = "COUNT", requires = "dominance_percent",
          value_parser = clap::value_parser!(u32).range(3..=100))]
    pub contributors_min: Option<u32>,
    /// The p of the p%-rule for published amounts (national; no default)
    #[arg(long, value_name = "PERCENT", requires = "contributors_min",
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub dominance_percent: Option<u32>,
}

/// What a member is, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A national hub.
    National,
    /// A coordinator.
    Coordinator,
    /// A research centre.
    Research,
}

/// `essaim serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The node's configuration file
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// `essaim health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// The node's configuration file, which names its web listener
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// `essaim demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Exit after printing the tables: 0 only if everything is as it should be
    #[arg(long)]
    pub once: bool,
    /// Number the sample data depends on
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of national nodes, 1 to 8
    #[arg(long, value_name = "COUNT", default_value_t = 8,
          value_parser = clap::value_parser!(u8).range(1..=8))]
    pub nodes: u8,
    /// Folder to make and keep; without it a temporary one is used and removed
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The day the demo plays on, from 2026-01-31 to 2199-12-31; the two years closed by then are
    /// released
    #[arg(long, value_name = "DATE", default_value = "2027-01-31", value_parser = day_of_demo)]
    pub as_of: Date,
}

/// `essaim log`.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Read and hash every entry of a stopped node's logs again
    Verify(VerifyArgs),
}

/// `essaim log verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The node's folder, as `init` made it, or its data folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `essaim store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Read everything in a stopped node's store, and say what is missing or too old
    Verify(StoreVerifyArgs),
    /// Have the next start compute statistics and library again from the logs
    Rebuild(StoreRebuildArgs),
}

/// `essaim store rebuild`.
#[derive(Debug, Args)]
pub struct StoreRebuildArgs {
    /// The node's folder, as `init` made it, or its data folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// `essaim store verify`.
#[derive(Debug, Args)]
pub struct StoreVerifyArgs {
    /// The node's folder, as `init` made it, or its data folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Go on with what is left: from now on it is what the store should hold
    #[arg(long)]
    pub accept: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `essaim certificate`.
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Make a member's root, under which its people's certificates are issued
    Root(RootArgs),
    /// Issue a certificate to a person
    Issue(IssueArgs),
    /// Make a new certificate and key for a node
    Node(RenewArgs),
}

/// `essaim certificate root`.
#[derive(Debug, Args)]
pub struct RootArgs {
    /// Folder for root.pem and root.key; nothing is overwritten
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The member
    #[arg(long, value_name = "CODE")]
    pub member: MemberCode,
}

/// `essaim certificate issue`.
#[derive(Debug, Args)]
pub struct IssueArgs {
    /// Folder of root.pem and root.key
    #[arg(long, value_name = "DIR")]
    pub root: PathBuf,
    /// The member
    #[arg(long, value_name = "CODE")]
    pub member: MemberCode,
    /// What the person does
    #[arg(long, value_enum)]
    pub role: Role,
    /// The person, or for the exchange listener a function: letters, digits, dots and hyphens
    #[arg(long)]
    pub name: String,
    /// Days the certificate is valid
    #[arg(long, value_name = "COUNT", default_value_t = 30,
          value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// Where to write the certificate; its key goes beside it, with the ending .key
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Where the person reaches the node: its hub listener, or for an analyst or author its
    /// exchange. Writes a profile beside the certificate, with the ending .toml
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// The roster, for the profile; without it, the profile looks for a roster.toml beside it
    #[arg(long, value_name = "FILE", requires = "address")]
    pub roster: Option<PathBuf>,
}

/// `essaim certificate node`.
#[derive(Debug, Args)]
pub struct RenewArgs {
    /// Folder for node.pem and node.key; nothing is overwritten
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The member
    #[arg(long, value_name = "CODE")]
    pub member: MemberCode,
}

/// Roles of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Keeps records.
    Referent,
    /// Imports files; drafts, approves and publishes releases.
    Steward,
    /// Runs the node.
    Operator,
    /// Queries, for a coordinator.
    Analyst,
    /// Publishes notes, for a research centre.
    Author,
}

impl Role {
    /// The word in certificates.
    pub fn word(self) -> &'static str {
        match self {
            Self::Referent => "referent",
            Self::Steward => "steward",
            Self::Operator => "operator",
            Self::Analyst => "analyst",
            Self::Author => "author",
        }
    }
}

/// `essaim roster`.
#[derive(Debug, Subcommand)]
pub enum RosterCommand {
    /// Put the fragments that `init` printed into a roster
    Merge(MergeArgs),
    /// Show a roster
    Show(RosterShowArgs),
}

/// `essaim roster merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The roster; made if it does not exist
    #[arg(long, value_name = "FILE")]
    pub roster: PathBuf,
    /// Fragments of members, new or changed
    #[arg(required = true, value_name = "FRAGMENT")]
    pub fragments: Vec<PathBuf>,
    /// How to print what changes
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `essaim roster show`.
#[derive(Debug, Args)]
pub struct RosterShowArgs {
    /// The roster
    pub roster: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `essaim federation`.
#[derive(Debug, Subcommand)]
pub enum FederationCommand {
    /// Make nodes, keys, certificates of every role, profiles and a roster on this machine
    New(FederationArgs),
}

/// `essaim federation new`.
#[derive(Debug, Args)]
pub struct FederationArgs {
    /// Folder to make; must not exist, or be empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Number of national nodes, 1 to 8
    #[arg(long, value_name = "COUNT", default_value_t = 8,
          value_parser = clap::value_parser!(u8).range(1..=8))]
    pub nodes: u8,
    /// First port; each node takes three
    #[arg(long, value_name = "PORT", default_value_t = 7301)]
    pub port: u16,
    /// Name every node by `essaim-CODE` instead of 127.0.0.1, and listen on all addresses except
    /// for health and metrics, as in the compose file
    #[arg(long)]
    pub hosts: bool,
    /// Fewest distinct enterprises a published cell may rest on
    #[arg(long, value_name = "COUNT",
          value_parser = clap::value_parser!(u32).range(3..=100))]
    pub contributors_min: u32,
    /// The p of the p%-rule for published amounts
    #[arg(long, value_name = "PERCENT",
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub dominance_percent: u32,
}
