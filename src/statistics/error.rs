//! Why a release could not be taken in, or a query could not be answered.

use crate::{
    base::{id::EntryId, period::Period},
    publication::admitted::InvalidBody,
    statistics::query::COUNTRY,
    store::StoreError,
};

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
    #[error("There is no indicator {code}{}; `essaim indicators` lists all", near(.nearest))]
    UnknownIndicator {
        /// The code.
        code: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// No code list serves this dimension.
    #[error("There is no dimension {dimension}{}; use {}", near(.nearest), usable(*.place))]
    UnknownDimension {
        /// Where it stands.
        place: Place,
        /// The dimension.
        dimension: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// A dimension stands twice among the rows.
    #[error("The dimension {0} stands twice; name it once")]
    RepeatedDimension(String),
    /// A dimension stands in two filters.
    #[error("Two filters are on {0}; name all codes in one, as in {0}=CODE,CODE")]
    RepeatedFilter(String),
    /// Rows or filters name the classes of the indicator's median.
    #[error("The median is taken over {dimension}: it cannot be asked for by it, or by part of it")]
    ClassesOfMedian {
        /// Where it stands.
        place: Place,
        /// The dimension.
        dimension: String,
    },
    /// A filter names a code that neither the code list nor any release has.
    #[error(
        "The dimension {dimension} has no code {code}{}; {}",
        near(.nearest),
        listed(.dimension)
    )]
    UnknownCode {
        /// The dimension.
        dimension: String,
        /// The code.
        code: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// A filter asks for the total, which is what is answered without it.
    #[error("The total of {0} is no code of a filter; leave the filter out")]
    FilterOnTotal(String),
    /// A filter without codes.
    #[error("The filter on {0} names no code")]
    EmptyFilter(String),
    /// No period.
    #[error("The query names no period; give one, or a range such as 2026-Q1..2026-Q4")]
    NoPeriod,
    /// A range that ends before it begins.
    #[error("The range {first}..{last} runs backwards; write {last}..{first}")]
    BackwardRange {
        /// The period before the dots.
        first: Period,
        /// The period after them.
        last: Period,
    },
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

/// Where in a query a dimension stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Among what the rows are.
    Rows,
    /// In a filter.
    Filter,
}

fn near(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!("; the nearest is {nearest}")).unwrap_or_default()
}

fn usable(place: Place) -> &'static str {
    match place {
        Place::Rows => "country, period or a dimension that `essaim indicators` names",
        Place::Filter => "country or a dimension that `essaim indicators` names",
    }
}

/// Where the codes of a dimension are found.
fn listed(dimension: &str) -> String {
    match dimension {
        COUNTRY => "its codes are the national members of the roster".into(),
        _ => format!("`essaim codes {dimension}` lists all"),
    }
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        Self::Statistics(error.into())
    }
}
