//! Arguments of commands that call a running node.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::{
    base::{id::MemberCode, language::Language, period::Period},
    cli::args::{CallArgs, ReachArgs, records::ListArgs},
};

/// Form of printed query answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// A table for people.
    Table,
    /// Comma-separated values.
    Csv,
    /// JSON for programs.
    Json,
}

/// `essaim import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file
    pub file: PathBuf,
    /// What the file holds
    #[arg(long = "as", value_enum, value_name = "KIND")]
    pub kind: RecordKind,
    /// The mapping file: which column is which field, which spelling is which code
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Only report what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Language of the report: fr, en or pt
    #[arg(long, default_value_t = Language::Fr)]
    pub language: Language,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// What a file of records holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecordKind {
    /// Enterprises and their consents.
    Enterprises,
    /// Visits.
    Visits,
    /// Support requests, answers and follow-ups.
    Requests,
}

impl RecordKind {
    /// The word on the command line and in the protocol.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enterprises => "enterprises",
            Self::Visits => "visits",
            Self::Requests => "requests",
        }
    }
}

/// `essaim query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// Indicator, as in DEM01; `essaim indicators` lists all
    #[arg(long)]
    pub indicator: String,
    /// What the rows are: country, period, and dimensions that `essaim indicators` names
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Periods, as in 2026, 2026-Q3 or 2026-Q1..2026-Q4
    #[arg(long = "period", value_name = "LIST", value_delimiter = ',', required = true)]
    pub periods: Vec<String>,
    /// Conditions, as in region=ML-3 or filiere=LAIT,CEREA; all must hold. `essaim codes` lists
    /// the codes
    #[arg(long = "where", value_name = "DIMENSION=CODES")]
    pub filters: Vec<Filter>,
    /// The node.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub format: QueryFormat,
}

/// A condition of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The dimension.
    pub dimension: String,
    /// Its allowed codes.
    pub codes: Vec<String>,
}

impl std::str::FromStr for Filter {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (dimension, codes) = text.split_once('=').ok_or("write DIMENSION=CODE,CODE")?;
        let codes: Vec<_> = codes.split(',').map(str::to_owned).collect();
        if dimension.is_empty() || codes.iter().any(String::is_empty) {
            return Err("write DIMENSION=CODE,CODE");
        }
        Ok(Self { dimension: dimension.into(), codes })
    }
}

/// `essaim notes`.
#[derive(Debug, Subcommand)]
pub enum NotesCommand {
    /// Publish a note as the member whose node is called
    Publish(PublishArgs),
    /// List the notes of all members
    List(NoteListArgs),
    /// Print one note
    Get(NoteGetArgs),
}

/// `essaim notes publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The text of the note (CommonMark)
    pub file: PathBuf,
    /// Title
    #[arg(long)]
    pub title: String,
    /// What the note helps with, in a few sentences
    #[arg(long)]
    pub summary: String,
    /// Language of the note: a BCP 47 tag, as in fr, pt-BR or dyu
    #[arg(long, default_value = "fr")]
    pub note_language: String,
    /// Authors who agreed to be named
    #[arg(long = "author", value_name = "NAME")]
    pub authors: Vec<String>,
    /// Filière codes; `essaim codes filiere` lists them
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub filieres: Vec<String>,
    /// Keywords
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub keywords: Vec<String>,
    /// Terms of use: an SPDX identifier or a sentence
    #[arg(long, default_value = "CC-BY-4.0")]
    pub rights: String,
    /// The note this one replaces, as `notes list` names it
    #[arg(long, value_name = "NOTE")]
    pub revises: Option<String>,
    /// Number of this publication; sent again with the same number, it is published once
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<uuid::Uuid>,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// `essaim notes list`.
#[derive(Debug, Args)]
pub struct NoteListArgs {
    /// Only notes of this filière
    #[arg(long, value_name = "CODE")]
    pub filiere: Option<String>,
    /// Only notes of this member
    #[arg(long, value_name = "CODE")]
    pub member: Option<MemberCode>,
    /// Only notes in this language
    #[arg(long, value_name = "TAG")]
    pub note_language: Option<String>,
    /// Only notes that contain these words
    #[arg(long)]
    pub text: Option<String>,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// `essaim notes get`.
#[derive(Debug, Args)]
pub struct NoteGetArgs {
    /// The note, as `notes list` names it
    pub note: String,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// `essaim release`.
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// Compute, protect and audit the tables of a closed period
    Draft(DraftArgs),
    /// List releases
    List(CallArgs),
    /// Show the review of a release
    Show(ShowArgs),
    /// Approve an audited release; refused to the one who drafted it
    Approve(ReviewArgs),
    /// Publish an approved release
    Publish(ReviewArgs),
    /// Draft that a closed period is withheld because it cannot be protected
    ///
    /// Nothing of it is ever published, and later releases are protected as ones before which
    /// nothing of it was given away. It takes effect when somebody else approves it.
    Withhold(WithholdArgs),
    /// Drop a release that is neither published nor withheld
    Discard(ReleaseArgs),
}

/// `essaim release draft`.
#[derive(Debug, Args)]
pub struct DraftArgs {
    /// The period, as in 2026-Q3
    pub period: Period,
    /// Let the hub's releases begin with this period though there are records of earlier ones,
    /// which are never released then
    #[arg(long)]
    pub skip_earlier: bool,
    /// Language of the review: fr, en or pt
    #[arg(long, default_value_t = Language::Fr)]
    pub language: Language,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// `essaim release withhold`.
#[derive(Debug, Args)]
pub struct WithholdArgs {
    /// What to draft
    #[command(flatten)]
    pub draft: DraftArgs,
    /// Why, for the hub's own files; stays on the node
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `essaim release show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// List its cells instead: published, hidden as sensitive (primary), or hidden so that others
    /// cannot be deduced (secondary). For the hub's own eyes
    #[arg(long)]
    pub cells: bool,
    /// List its cells (implies --cells) with the hub's own figures, hidden ones included, and why
    /// each is hidden. They are confidential; mind who sees the screen
    #[arg(long)]
    pub figures: bool,
    /// List only the cells that are hidden (implies --cells)
    #[arg(long)]
    pub hidden: bool,
    /// Which one, and how
    #[command(flatten)]
    pub reviewed: ReviewArgs,
}

/// Commands that show the review of one release.
#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// Language of the review: fr, en or pt
    #[arg(long, default_value_t = Language::Fr)]
    pub language: Language,
    /// Which one
    #[command(flatten)]
    pub release: ReleaseArgs,
}

/// Commands on one release.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// The release, as `release list` names it
    #[arg(value_name = "RELEASE")]
    pub id: String,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// `essaim quarantine`.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List rows that wait; exit code 1 when there are any
    List(QuarantineListArgs),
    /// Remove rows such as totals, until the same file is imported again: single ones, or all
    Discard(DiscardRowsArgs),
}

/// `essaim quarantine list`.
#[derive(Debug, Args)]
pub struct QuarantineListArgs {
    /// Language of reasons and remedies: fr, en or pt
    #[arg(long, default_value_t = Language::Fr)]
    pub language: Language,
    /// The list.
    #[command(flatten)]
    pub list: ListArgs,
}

/// `essaim quarantine discard`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("rows").required(true).args(["names", "source", "all"]))]
pub struct DiscardRowsArgs {
    /// The rows, as `quarantine list` names them
    #[arg(value_name = "ROW")]
    pub names: Vec<String>,
    /// All rows of this source, as its mapping file names it
    #[arg(long)]
    pub source: Option<String>,
    /// All rows of all sources
    #[arg(long)]
    pub all: bool,
    /// Really remove them; without it, --source and --all only count, and end with 1
    #[arg(long, conflicts_with = "names")]
    pub yes: bool,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}
