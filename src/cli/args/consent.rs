//! Arguments of `essaim consent`.

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use uuid::Uuid;

use crate::cli::args::{
    day,
    records::{GetArgs, ListOfEnterpriseArgs, StepArgs, WriteArgs},
};

/// `essaim consent`.
#[derive(Debug, Subcommand)]
pub enum ConsentCommand {
    /// Record a consent of an enterprise
    Give(GiveArgs),
    /// Correct a consent; whose it is and what for cannot change: withdraw it and record another
    Update(UpdateConsentArgs),
    /// Record that a consent was withdrawn
    Withdraw(StepArgs),
    /// Print one consent
    Get(GetArgs),
    /// List consents
    List(ListOfEnterpriseArgs),
}

/// `essaim consent give`.
#[derive(Debug, Args)]
pub struct GiveArgs {
    /// Who gave it
    #[arg(long, value_name = "ID")]
    pub enterprise: Uuid,
    /// What for
    #[arg(long, value_enum)]
    pub purpose: Purpose,
    /// Version of the text that was agreed to
    #[arg(long, value_name = "VERSION")]
    pub text_version: String,
    /// How it was given: PAPER, ORAL, DIGITAL
    #[arg(long, value_name = "CODE", default_value = "_U")]
    pub medium: String,
    /// Day it was given, as in 2026-03-05
    #[arg(long, value_name = "DATE", value_parser = day::day)]
    pub on: Date,
    /// How it is sent.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// What a consent allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// Being visited and advised.
    FollowUp,
    /// Being counted in anonymized indicators.
    AnonymizedIndicators,
    /// Being described in a published case.
    CasePublication,
}

/// `essaim consent update`.
#[derive(Debug, Args)]
pub struct UpdateConsentArgs {
    /// The consent's identifier
    pub id: Uuid,
    /// Version of the text that was agreed to
    #[arg(long, value_name = "VERSION")]
    pub text_version: Option<String>,
    /// How it was given: PAPER, ORAL, DIGITAL
    #[arg(long, value_name = "CODE")]
    pub medium: Option<String>,
    /// Day it was given, as in 2026-03-05
    #[arg(long, value_name = "DATE", value_parser = day::day)]
    pub given_on: Option<Date>,
    /// The etag last read; the change is refused if the consent has changed since
    #[arg(long)]
    pub etag: Option<u64>,
    /// How it is sent.
    #[command(flatten)]
    pub write: WriteArgs,
}
