//! Why the repository refuses or fails. No variant carries a field's value, a code as typed, or
//! any other part of a record: identifiers and the names of fields only.

use crate::{base::id::IdempotencyKey, records::types::RecordKind, store::StoreError};

/// Why a call of the repository did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No such record.
    #[error("No {what} has the identifier {id}")]
    NotFound {
        /// The kind of record.
        what: RecordKind,
        /// Its identifier.
        id: String,
    },
    /// Somebody changed the record in between.
    #[error(
        "The {what} {id} is now at revision {current}, not {given}: read it again, then \
             repeat the change"
    )]
    EtagMismatch {
        /// The kind of record.
        what: RecordKind,
        /// Its identifier.
        id: String,
        /// The revision the caller had seen.
        given: u64,
        /// The revision it has.
        current: u64,
    },
    /// A field cannot be stored as stated.
    #[error("The field {field} {problem}")]
    InvalidField {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
    /// Several fields cannot be stored as stated, each with its problem; two at least.
    #[error("The fields {} cannot be stored as stated", names(faults))]
    InvalidFields {
        /// Names of the fields, and what is wrong with them.
        faults: Vec<(&'static str, Problem)>,
    },
    /// The life cycle has no such step from here.
    #[error("The {what} {id} is {state}: it cannot be {step}")]
    WrongState {
        /// The kind of record.
        what: RecordKind,
        /// Its identifier.
        id: String,
        /// The state it is in.
        state: &'static str,
        /// What it should have become.
        step: &'static str,
    },
    /// The key was used for another request.
    #[error("The idempotency key {key} was used for another request: take a new one")]
    IdempotencyConflict {
        /// The key.
        key: IdempotencyKey,
    },
    /// More rows in one call than one commit takes.
    #[error("{rows} rows in one import call; at most {rows_max} are taken")]
    TooManyRows {
        /// Rows given.
        rows: usize,
        /// The limit.
        rows_max: usize,
    },
    /// Stored bytes cannot be read as what they should be.
    #[error(
        "The stored {what} {id} cannot be read: it is damaged or was written by newer software"
    )]
    Undecodable {
        /// The kind of record or of bookkeeping.
        what: &'static str,
        /// Its identifier.
        id: String,
    },
    /// The journal is not the unbroken chain that was written.
    #[error(
        "The journal of record changes is broken at entry {entry}: something was changed, removed \
             or added there. Keep a copy of the store, and compare it with a backup"
    )]
    JournalBroken {
        /// The first entry that does not fit.
        entry: u64,
    },
    /// The journal is not the one whose head was kept.
    #[error(
        "The journal of record changes does not go on from the head that was kept at {entries} \
             entries: it was rewritten, or the store is an older copy. Keep a copy of the store, \
             and compare it with a backup"
    )]
    JournalRewritten {
        /// Number of entries in the head that was kept.
        entries: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with a field. [`Problem::key`] names the message that explains it to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The code is not in the field's code list.
    #[error("holds a code that is not in its list {list}: `essaim codes {list}` shows them")]
    UnknownCode {
        /// The list's identifier.
        list: &'static str,
    },
    /// A region of another country.
    #[error("holds a region of another country")]
    Foreign,
    /// A region that was not in force at any time since the enterprise registered.
    #[error("holds a region that was not in force since registered_on")]
    NotInForce,
    /// Too long a text.
    #[error("takes {bytes} bytes; at most {bytes_max} are stored")]
    TooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A text that may not be empty.
    #[error("is empty")]
    Empty,
    /// A day after today.
    #[error("lies in the future")]
    InFuture,
    /// A consent given on the day of a withdrawal or before.
    #[error(
        "is not after the day on which a consent for this purpose was last withdrawn: it would not \
         count"
    )]
    NotAfterWithdrawal,
    /// A day before the one it must follow.
    #[error("lies before {other}")]
    Before {
        /// The field it must not precede.
        other: &'static str,
    },
    /// A number outside its range.
    #[error("is not between {least} and {most}")]
    OutOfRange {
        /// Smallest allowed.
        least: i64,
        /// Largest allowed.
        most: i64,
    },
    /// The size class and the rule that gave it do not fit each other.
    #[error("does not fit size, headcount and turnover")]
    RuleMismatch,
    /// It rests on an amount in another currency than the one amounts are reckoned in.
    #[error(
        "rests on an amount of money, and this country's currency is not the one that amounts are \
         reckoned in: leave the amount out, or declare the size class that should follow from it"
    )]
    OtherCurrency,
    /// A holding group that is not one code.
    #[error(
        "is not the code of one holding group: one word of at most {bytes_max} capital letters, \
         digits and hyphens that begins with a letter. An enterprise belongs to one group only"
    )]
    NoHolding {
        /// The limit.
        bytes_max: usize,
    },
    /// Only a step of the life cycle may change it.
    #[error("is changed only by a step of the life cycle")]
    OnlyByStep,
}

fn names(faults: &[(&'static str, Problem)]) -> String {
    faults.iter().map(|(field, _)| *field).collect::<Vec<_>>().join(", ")
}

impl Problem {
    /// A stable name for the message that explains the problem.
    pub fn key(&self) -> &'static str {
        match self {
            Self::UnknownCode { .. } => "unknown-code",
            Self::Foreign => "foreign",
            Self::NotInForce => "not-in-force",
            Self::TooLong { .. } => "too-long",
            Self::Empty => "empty",
            Self::InFuture => "in-future",
            Self::NotAfterWithdrawal => "not-after-withdrawal",
            Self::Before { .. } => "before",
            Self::OutOfRange { .. } => "out-of-range",
            Self::RuleMismatch => "rule-mismatch",
            Self::OtherCurrency => "other-currency",
            Self::NoHolding { .. } => "no-holding",
            Self::OnlyByStep => "only-by-step",
        }
    }
}
