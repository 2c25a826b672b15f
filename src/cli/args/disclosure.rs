//! Arguments of `essaim disclosure`: a table and its rules, without any node; or the releases that
//! a stopped node holds.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    base::{id::MemberCode, language::Language},
    cli::args::Format,
    disclosure::tabular::{protect::Cost, rules::Attacker},
};

/// Most decimals of a value.
const DECIMALS_MAX: i64 = 6;

/// `essaim disclosure`.
#[derive(Debug, Subcommand)]
pub enum DisclosureCommand {
    /// Hide cells of a table until nobody can tell the sensitive ones; exit code 1 if none suffice
    Protect(ProtectArgs),
    /// Say which cells a pattern, made by any tool, leaves open; exit code 1 when there are any
    ///
    /// `audit releases DIR` instead tries to tell the hidden cells of the releases that a stopped
    /// node holds of all members.
    Audit(AuditArgs),
}

/// `essaim disclosure protect`.
#[derive(Debug, Args)]
pub struct ProtectArgs {
    /// The table and its rules.
    #[command(flatten)]
    pub table: TableArgs,
    /// What hiding a cell costs
    #[arg(long, value_enum, default_value_t = CostArg::Unit)]
    pub cost: CostArg,
    /// Where to write the pattern: the keys, status, lower, upper
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace that file if there is one
    #[arg(long)]
    pub force: bool,
}

/// `essaim disclosure audit`: of a pattern, or of releases.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct AuditArgs {
    /// Something else than a pattern.
    #[command(subcommand)]
    pub other: Option<AuditCommand>,
    /// The table and its rules.
    #[command(flatten)]
    pub table: Option<TableArgs>,
    /// The pattern: the keys, and status (published or suppressed)
    #[arg(long, value_name = "FILE", required = true)]
    pub pattern: Option<PathBuf>,
}

/// What can be audited beside a pattern.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Try to tell the hidden cells of the releases that a stopped node holds; exit code 1 if one
    /// can be told, 3 if that cannot be said of all
    Releases(ReleasesArgs),
}

/// `essaim disclosure audit releases`.
#[derive(Debug, Args)]
pub struct ReleasesArgs {
    /// The node's folder, as `init` made it, or its data folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Only the releases of this member
    #[arg(long, value_name = "CODE")]
    pub member: Option<MemberCode>,
    /// Language of the report: fr, en or pt
    #[arg(long, default_value_t = Language::Fr)]
    pub language: Language,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// A table, its rules and whom it is protected against.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// The table: CSV with a heading, in UTF-8, separated by comma, semicolon or tab
    #[arg(value_name = "TABLE.csv")]
    pub file: PathBuf,
    /// Columns that tell the cells apart
    #[arg(long, value_name = "COLUMN,COLUMN", value_delimiter = ',', required = true)]
    pub keys: Vec<String>,
    /// Column with the number of distinct contributors
    #[arg(long, value_name = "COLUMN")]
    pub count: String,
    /// Column with the value; without it the table is one of counts
    #[arg(long, value_name = "COLUMN")]
    pub value: Option<String>,
    /// Column with the largest contribution to the value
    #[arg(long, value_name = "COLUMN", requires = "value")]
    pub largest: Option<String>,
    /// Hierarchy of a key: CSV with a heading, one path per row from coarse to fine
    #[arg(long = "hierarchy", value_name = "KEY=FILE")]
    pub hierarchies: Vec<Named>,
    /// Code of the total of a key, where it is not Total
    #[arg(long = "total", value_name = "KEY=CODE")]
    pub totals: Vec<Named>,
    /// A cell with fewer contributors, but any, is sensitive
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub min_contributors: u32,
    /// A cell of which the N largest contributors have more than K percent is sensitive; N is 1
    #[arg(long, value_name = "N:K", requires = "largest")]
    pub dominance: Option<Dominance>,
    /// How far a sensitive value stays from what can be told of it, in percent of it
    #[arg(long, value_name = "PERCENT", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub protection: u32,
    /// Whom to protect against; each also knows what those before him know
    ///
    /// A0: an outsider who adds up. A1: also knows that zeros are published, so that no hidden cell
    /// is one. A2: also knows which cells are sensitive. A3: also is the only contributor of some
    /// cells, and knows them. A4: also knows that counts are whole numbers.
    #[arg(long, value_delimiter = ',', default_values_t = Attacker::ALL)]
    pub attackers: Vec<Attacker>,
    /// What chance starts from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Decimals that values are rounded to
    #[arg(long, value_name = "COUNT", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(0..=DECIMALS_MAX))]
    pub decimals: u32,
    /// How far a margin may be from the sum of its parts, in the unit of the values; without it, as
    /// far as rounding explains
    #[arg(long, value_name = "AMOUNT")]
    pub tolerance: Option<String>,
    /// Language of the report: fr, en or pt
    #[arg(long, default_value_t = Language::Fr)]
    pub language: Language,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// Something of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The key.
    pub key: String,
    /// What is given for it.
    pub given: String,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, given)) if !key.is_empty() && !given.is_empty() => {
                Ok(Self { key: key.into(), given: given.into() })
            }
            _ => Err("write the key, =, and what belongs to it".into()),
        }
    }
}

/// The share of the value from which one contributor is dominant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dominance {
    /// In percent.
    pub percent: u32,
}

impl FromStr for Dominance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(largest, percent)| {
            Some((largest.parse::<u32>().ok()?, percent.parse::<u32>().ok()?))
        });
        match parts {
            Some((1, percent @ 1..=99)) => Ok(Self { percent }),
            Some((largest @ 2.., 1..=99)) => Err(format!(
                "the sum of the {largest} largest contributions would have to stand in a column \
                 of its own, and --largest names that of the first alone: write 1:K, or mark the \
                 cells by another rule"
            )),
            _ => Err("write N:K, as in 1:85, with K from 1 to 99".into()),
        }
    }
}

/// What hiding a cell costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CostArg {
    /// As much as any other.
    Unit,
    /// One and the logarithm of its value.
    Log,
}

impl From<CostArg> for Cost {
    fn from(cost: CostArg) -> Self {
        match cost {
            CostArg::Unit => Self::Unit,
            CostArg::Log => Self::Log,
        }
    }
}
