//! Arguments of the commands that show what the program knows by heart: indicators and code lists.

use std::path::PathBuf;

use clap::Args;

use crate::{base::language::Language, cli::args::Format};

/// `essaim indicators`.
#[derive(Debug, Args)]
pub struct IndicatorsArgs {
    /// Only this indicator, with its measures and the tables it stands in
    pub code: Option<String>,
    /// How it is shown.
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// `essaim codes`.
#[derive(Debug, Args)]
pub struct CodesArgs {
    /// The list, as in filiere; without it, all lists are named
    pub list: Option<String>,
    /// A file of further regions, as `regions_file` of a node's configuration names it
    #[arg(long, value_name = "FILE")]
    pub regions: Option<PathBuf>,
    /// How it is shown.
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// How names are shown.
#[derive(Debug, Args)]
pub struct ShownArgs {
    /// Language of names: fr, en or pt
    #[arg(long, default_value_t = Language::Fr)]
    pub language: Language,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}
