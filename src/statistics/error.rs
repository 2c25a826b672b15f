//! Why a release could not be taken in, or a query could not be answered.

use crate::{base::id::EntryId, publication::admitted::InvalidBody, store::StoreError};

/// What went wrong while taking in or removing a release.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What this module wrote cannot be read again.
    #[error(
        "The stored copy of release {entry} is damaged. Stop the node and run `essaim store \
         rebuild` on its folder: its next start computes the statistics again from the logs"
    )]
    DamagedRelease {
        /// The release.
        entry: EntryId,
    },
    /// A key or block of this module cannot be read.
    #[error(
        "The stored statistics are damaged ({what}). Stop the node and run `essaim store rebuild` \
         on its folder: its next start computes them again from the logs"
    )]
    Damaged {
        /// What could not be read.
        what: &'static str,
    },
    /// The release breaks a rule of its type.
    #[error("The release is not valid: {0}")]
    Invalid(#[from] InvalidBody),
    /// A release in the log of another member.
    #[error("Entry {entry} carries a release of another member than its origin")]
    ForeignMember {
        /// The entry.
        entry: EntryId,
    },
    /// A table of a population that the catalogue of the release does not have, or with other
    /// measures than it has.
    #[error("Table {table} of the release has not the measures of a population of the catalogue")]
    OtherMeasures {
        /// Index of the table in the release.
        table: usize,
    },
    /// More than one release may hold.
    #[error(
        "The release holds {numbers} numbers, hidden ones counted; at most {numbers_max} are taken"
    )]
    TooLarge {
        /// Cells times measures of all tables.
        numbers: usize,
        /// The limit.
        numbers_max: usize,
    },
}

/// Why a query cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The catalogue has no such indicator.
    #[error("There is no indicator {0}; see the catalogue")]
    UnknownIndicator(String),
    /// No code list serves this dimension.
    #[error("There is no dimension {0}; use country, period or a dimension of the table plan")]
    UnknownDimension(String),
    /// A dimension stands twice in `by` or in the filters, or the classes of a median in `by`.
    #[error("The dimension {0} cannot stand there; name each dimension once")]
    MisplacedDimension(String),
    /// A filter names a code that neither the code list nor any release has.
    #[error("The dimension {dimension} has no code {code}")]
    UnknownCode {
        /// The dimension.
        dimension: String,
        /// The code.
        code: String,
    },
    /// A filter without codes.
    #[error("The filter on {0} names no code")]
    EmptyFilter(String),
    /// No period.
    #[error("The query names no period; give one, or a range such as 2026-Q1..2026-Q4")]
    NoPeriod,
    /// Years and quarters in one query: their sum would count twice.
    #[error("The query mixes periods of different lengths; ask for years or for quarters")]
    MixedPeriods,
    /// More than one query may ask for.
    #[error("The query asks for {asked} {what}; the limit is {limit}. Narrow it")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        asked: usize,
        /// The limit.
        limit: usize,
    },
    /// The projection cannot be read.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        Self::Statistics(error.into())
    }
}
