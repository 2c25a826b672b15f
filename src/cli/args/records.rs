//! Arguments of the commands on the hub's records.
//!
//! What may be stated of a record is written down once: the flags serialize to the JSON that files
//! and answers have, under the same names (with hyphens for underscores on the command line).

use std::{fmt::Display, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::cli::args::{CallArgs, day};

/// `essaim enterprise`.
#[derive(Debug, Subcommand)]
pub enum EnterpriseCommand {
    /// Register an enterprise
    Create(CreateArgs<EnterpriseFlags>),
    /// Change the stated fields of an enterprise, and the size class that follows from them
    Update(UpdateArgs<EnterpriseFlags>),
    /// Print one enterprise
    Get(GetArgs),
    /// List enterprises
    List(ListArgs),
}

/// `essaim visit`.
#[derive(Debug, Subcommand)]
pub enum VisitCommand {
    /// Record a visit
    Create(CreateArgs<NewVisitFlags>),
    /// Change the stated fields of a visit, and no others
    Update(UpdateArgs<VisitFlags>),
    /// Print one visit
    Get(GetArgs),
    /// List visits
    List(ListOfEnterpriseArgs),
}

/// `essaim request`.
#[derive(Debug, Subcommand)]
pub enum RequestCommand {
    /// Record a request as received
    Create(CreateArgs<NewRequestFlags>),
    /// Change the stated fields of a request, and no others
    Update(UpdateArgs<RequestFlags>),
    /// Assign a received request to an adviser
    Assign(AssignArgs),
    /// Pass an assigned request to remote experts or a peer hub
    Escalate(StepArgs),
    /// Answer a request
    Answer(AnswerArgs),
    /// Close a request, answered or not
    Close(StepArgs),
    /// Print one request
    Get(GetArgs),
    /// List requests
    List(ListOfEnterpriseArgs),
}

/// `essaim answer`.
#[derive(Debug, Subcommand)]
pub enum AnswerCommand {
    /// Correct an answer; scores and follow-ups have their own commands
    Update(UpdateAnswerArgs),
    /// Record the score that the enterprise gave to an answer
    Rate(RateArgs),
    /// Record what was found some months after an answer
    FollowUp(FollowUpArgs),
    /// Print one answer
    Get(GetArgs),
    /// List answers
    List(ListAnswersArgs),
}

/// Making a record.
#[derive(Debug, Args)]
pub struct CreateArgs<F: Args> {
    /// What is stated of it.
    #[command(flatten)]
    pub fields: F,
    /// JSON file of fields, named as `--format json` prints them; a flag overrides its field
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// How it is sent.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Changing a record.
#[derive(Debug, Args)]
pub struct UpdateArgs<F: Args> {
    /// The record's identifier
    pub id: Uuid,
    /// What is stated of it.
    #[command(flatten)]
    pub fields: F,
    /// JSON file of fields, named as `--format json` prints them; a flag overrides its field
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Fields to empty, as in headcount,remarks
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub clear: Vec<String>,
    /// The etag last read; the change is refused if the record has changed since
    #[arg(long)]
    pub etag: Option<u64>,
    /// How it is sent.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// How a write is sent.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// Number of this write; sent again with the same number, it is recorded once
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<Uuid>,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// What may be stated of an enterprise.
#[derive(Debug, Default, Args, Serialize)]
pub struct EnterpriseFlags {
    /// Region, as in ML-3
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    /// Filière, as in LAIT
    #[arg(long, value_name = "CODE")]
    pub filiere: Option<String>,
    /// CITI rev. 4 group, as in 105; a new enterprise without one gets _U
    #[arg(long, value_name = "CODE")]
    pub citi_group: Option<String>,
    /// Size class: MIC, PET, MOY, GRA, NC; left out, it follows from headcount and turnover
    #[arg(long, value_name = "CODE")]
    pub size: Option<String>,
    /// Rule that gave the size class; declared if a class is stated without one
    #[arg(long, value_enum, value_name = "RULE")]
    pub size_rule: Option<SizeRule>,
    /// Persons working in it, its head included
    #[arg(long, value_name = "COUNT")]
    pub headcount: Option<u32>,
    /// Yearly turnover without tax, in minor units of the currency (for XOF: francs)
    #[arg(long, value_name = "AMOUNT")]
    pub turnover_minor: Option<i64>,
    /// Sex of the head: F, M, X (mixed); a new enterprise without it gets _U
    #[arg(long, value_name = "CODE")]
    pub sex: Option<String>,
    /// Formal status: FORMAL, INFORMAL; a new enterprise without it gets _U
    #[arg(long, value_name = "CODE")]
    pub status: Option<String>,
    /// Code of its holding group, as in G7; left out for an enterprise that is its own
    #[arg(long, value_name = "CODE")]
    pub holding: Option<String>,
    /// Day of first registration with the hub, as in 2026-03-05
    #[arg(long, value_name = "DATE", value_parser = day::day)]
    #[serde(serialize_with = "text")]
    pub registered_on: Option<Date>,
    /// Name of the enterprise
    #[arg(long, value_name = "NAME")]
    pub enterprise_name: Option<String>,
    /// Name of its head
    #[arg(long, value_name = "NAME")]
    pub head_name: Option<String>,
    /// Telephone number; may be repeated
    #[arg(long = "telephone", value_name = "NUMBER")]
    pub telephones: Option<Vec<String>>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Where it is, in words
    #[arg(long, value_name = "PLACE")]
    pub locality: Option<String>,
    /// Latitude in millionths of a degree (WGS 84)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub latitude_microdegrees: Option<i32>,
    /// Longitude in millionths of a degree (WGS 84)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub longitude_microdegrees: Option<i32>,
    /// Trade register or tax number
    #[arg(long, value_name = "NUMBER")]
    pub registration_number: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    pub remarks: Option<String>,
}

/// The rule that gave a size class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SizeRule {
    /// No class is known.
    None,
    /// As the enterprise declared it.
    Declared,
    /// From the headcount.
    Headcount,
    /// From the turnover.
    Turnover,
}

/// What may be stated of a visit.
#[derive(Debug, Default, Args, Serialize)]
pub struct VisitFlags {
    /// Day of the visit, as in 2026-03-05
    #[arg(long, value_name = "DATE", value_parser = day::day)]
    #[serde(serialize_with = "text")]
    pub visited_on: Option<Date>,
    /// Purpose, as in DIAGNOSE; a new visit without one gets _U
    #[arg(long, value_name = "CODE")]
    pub purpose: Option<String>,
    /// The adviser who went
    #[arg(long, value_name = "NAME")]
    pub referent: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    pub remarks: Option<String>,
}

/// What is stated of a new visit.
#[derive(Debug, Default, Args, Serialize)]
pub struct NewVisitFlags {
    /// The enterprise visited
    #[arg(long, value_name = "ID")]
    pub enterprise: Option<Uuid>,
    /// The rest.
    #[command(flatten)]
    #[serde(flatten)]
    pub fields: VisitFlags,
}

/// What may be stated of a request.
#[derive(Debug, Default, Args, Serialize)]
pub struct RequestFlags {
    /// Day of receipt, as in 2026-03-05
    #[arg(long, value_name = "DATE", value_parser = day::day)]
    #[serde(serialize_with = "text")]
    pub received_on: Option<Date>,
    /// Channel, as in PHONE; a new request without one gets _U
    #[arg(long, value_name = "CODE")]
    pub channel: Option<String>,
    /// Theme, as in EQUIP; a new request without one gets _U
    #[arg(long, value_name = "CODE")]
    pub theme: Option<String>,
    /// The adviser
    #[arg(long, value_name = "NAME")]
    pub referent: Option<String>,
    /// The question as asked
    #[arg(long, value_name = "TEXT")]
    pub question: Option<String>,
}

/// What is stated of a new request.
#[derive(Debug, Default, Args, Serialize)]
pub struct NewRequestFlags {
    /// The enterprise that asked
    #[arg(long, value_name = "ID")]
    pub enterprise: Option<Uuid>,
    /// The rest.
    #[command(flatten)]
    #[serde(flatten)]
    pub fields: RequestFlags,
}

fn text<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(T::to_string).serialize(serializer)
}

/// A step in a record's life.
#[derive(Debug, Args)]
pub struct StepArgs {
    /// The record's identifier
    pub id: Uuid,
    /// Day of the step, as in 2026-03-05
    #[arg(long, value_name = "DATE", value_parser = day::day)]
    pub on: Date,
    /// The etag last read; the step is refused if the record has changed since
    #[arg(long)]
    pub etag: Option<u64>,
    /// How it is sent.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `essaim request assign`.
#[derive(Debug, Args)]
pub struct AssignArgs {
    /// The adviser; left as it is if not stated
    #[arg(long, value_name = "NAME")]
    pub referent: Option<String>,
    /// The step.
    #[command(flatten)]
    pub step: StepArgs,
}

/// `essaim request answer`.
#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// Kind of answer, as in RECIPE
    #[arg(long, value_name = "CODE", default_value = "_U")]
    pub kind: String,
    /// Where remote expertise came from, as in SATD; left out if the answer was found locally
    #[arg(long, value_name = "CODE")]
    pub remote_expertise: Option<String>,
    /// The answer as given
    #[arg(long, value_name = "TEXT", conflicts_with = "text_file")]
    pub text: Option<String>,
    /// File with the answer as given
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
    /// The step.
    #[command(flatten)]
    pub step: StepArgs,
}

/// `essaim answer update`.
#[derive(Debug, Args)]
pub struct UpdateAnswerArgs {
    /// The answer's identifier
    pub id: Uuid,
    /// Day of the answer, as in 2026-03-05
    #[arg(long, value_name = "DATE")]
    pub answered_on: Option<Date>,
    /// Kind of answer, as in RECIPE
    #[arg(long, value_name = "CODE")]
    pub kind: Option<String>,
    /// Where remote expertise came from, as in SATD; an empty text if the answer was found locally
    #[arg(long, value_name = "CODE")]
    pub remote_expertise: Option<String>,
    /// The answer as given
    #[arg(long, value_name = "TEXT", conflicts_with = "text_file")]
    pub text: Option<String>,
    /// File with the answer as given
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
    /// The etag last read; the change is refused if the answer has changed since
    #[arg(long)]
    pub etag: Option<u64>,
    /// How it is sent.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `essaim answer rate`.
#[derive(Debug, Args)]
pub struct RateArgs {
    /// The answer's identifier
    pub id: Uuid,
    /// Score from 1 to 5
    #[arg(long, value_name = "SCORE", value_parser = clap::value_parser!(u32).range(1..=5))]
    pub satisfaction: u32,
    /// The etag last read; the score is refused if the answer has changed since
    #[arg(long)]
    pub etag: Option<u64>,
    /// How it is sent.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// `essaim answer follow-up`.
#[derive(Debug, Args)]
pub struct FollowUpArgs {
    /// Whether the solution is in use
    #[arg(long, value_enum, value_name = "ANSWER")]
    pub adopted: YesOrNo,
    /// Investment or funding mobilized, in minor units of the country's currency (for XOF: francs);
    /// counted in indicators only where that is XOF
    #[arg(long, value_name = "AMOUNT")]
    pub funding_minor: Option<i64>,
    /// The step.
    #[command(flatten)]
    pub step: StepArgs,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesOrNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// Reading one record.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The record's identifier
    pub id: Uuid,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// Reading a list.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Most rows to print, as a table or as JSON; standard error says when there are more
    #[arg(long, value_name = "COUNT", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rows: u32,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// Reading a list of what belongs to enterprises.
#[derive(Debug, Args)]
pub struct ListOfEnterpriseArgs {
    /// Only of this enterprise
    #[arg(long, value_name = "ID")]
    pub enterprise: Option<Uuid>,
    /// The list.
    #[command(flatten)]
    pub list: ListArgs,
}

/// `essaim answer list`.
#[derive(Debug, Args)]
pub struct ListAnswersArgs {
    /// Only to this request
    #[arg(long, value_name = "ID")]
    pub request: Option<Uuid>,
    /// The list.
    #[command(flatten)]
    pub list: ListArgs,
}
