//! What can be asked, and what is answered.

use jiff::civil::Date;

use crate::{
    base::{
        id::{EntryId, MemberCode},
        period::{Frequency, Period},
    },
    codes::catalogue::IndicatorKind,
    statistics::{checks::Badge, error::QueryError, interval::Interval},
};

/// The column of the member's country.
pub const COUNTRY: &str = "country";
/// The column of the period.
pub const PERIOD: &str = "period";

/// Most columns of an answer.
pub const COLUMNS_MAX: usize = 6;
/// Most periods of a query.
pub const PERIODS_MAX: usize = 200;
/// Most rows of an answer.
pub const ROWS_MAX: usize = 20_000;
/// Most released cells a query may touch.
pub const CELLS_READ_MAX: usize = 2_000_000;

/// A question to the released tables of all members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Code of the indicator (`DEM01`).
    pub indicator: String,
    /// Columns: [`COUNTRY`], [`PERIOD`] or dimensions, each at most once.
    pub by: Vec<String>,
    /// Periods of one length, in any order. Several are summed where the indicator adds up over
    /// time; a stock takes the last; anything else is answered period by period.
    pub periods: Vec<Period>,
    /// Restrictions: only these codes of a dimension ([`COUNTRY`] included).
    pub filters: Vec<Filter>,
    /// The members whose releases a complete answer needs: the roster's national members.
    pub members_expected: Vec<MemberCode>,
    /// The current day; ages of news are counted from it.
    pub today: Date,
}

/// Only these codes of a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The dimension, or [`COUNTRY`].
    pub dimension: String,
    /// Codes, all of them detail codes; never the total.
    pub codes: Vec<String>,
}

/// What the released tables say. Rows name codes, members and releases by their place in the lists
/// beside them: an answer has thousands of rows and few different names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Code of the indicator.
    pub indicator: String,
    /// How the figure is made.
    pub kind: IndicatorKind,
    /// Figures are integers in units of 10^-decimals (a share of 0.3333 is 3333 with 4 decimals).
    pub decimals: u8,
    /// For a median class: its classes, in order; figures are places in this list. Empty otherwise.
    pub classes: Vec<String>,
    /// Columns: those of the query, and [`PERIOD`] where the indicator has no sum over time.
    pub columns: Vec<AnswerColumn>,
    /// The members that the query is about, each once.
    pub members: Vec<MemberCode>,
    /// All releases that were read, in order, each once.
    pub releases: Vec<EntryId>,
    /// Rows, the last column running fastest, the total `_T` of each column last.
    pub rows: Vec<Row>,
    /// The newest release of every expected member.
    pub news: Vec<MemberNews>,
}

impl Answer {
    /// The codes of a row, one per column.
    pub fn keys<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a str> {
        let columns = self.columns.iter().zip(&row.keys);
        columns.map(|(column, place)| column.codes[*place].as_str())
    }
}

/// A column of the keys of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerColumn {
    /// [`COUNTRY`], [`PERIOD`] or a dimension.
    pub name: String,
    /// Its codes in order, the total `_T` last, whether or not a row shows it.
    pub codes: Vec<String>,
}

/// One figure and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The place of a code in each column.
    pub keys: Vec<usize>,
    /// How much is known.
    pub status: Status,
    /// The figure, if it is published or the sum of published figures. A ratio, mean or median
    /// over nothing has none, though its status is `Published`.
    pub value: Option<i64>,
    /// Least possible figure, rounded down.
    pub lower: i64,
    /// Largest possible figure, rounded up; `None` where it is open.
    pub upper: Option<i64>,
    /// Numerator and denominator of a ratio or mean.
    pub parts: Option<Parts>,
    /// Places of the members with a release in it.
    pub contributing: Vec<usize>,
    /// Places of the members without a release of at least one of the periods.
    pub missing: Vec<usize>,
    /// Places of the releases it comes from, in order.
    pub releases: Vec<usize>,
}

/// What a ratio or mean is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Above the line.
    pub numerator: Interval,
    /// Below the line.
    pub denominator: Interval,
}

/// How much of a figure is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Every cell it needs is published, or those that are leave a median a single class.
    Published,
    /// At least one cell it needs is hidden, or it is a number of distinct enterprises over several
    /// codes that share some of them; the bounds hold.
    Hidden,
    /// At least one member has not released it yet.
    Incomplete,
    /// No planned and no released table covers it.
    NotReleased,
}

/// The newest release of a member that this node has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberNews {
    /// The member.
    pub member: MemberCode,
    /// Its newest release; `None` if there is none.
    pub newest: Option<Newest>,
    /// What was found when it was tried to tell what it hides; `None` until then.
    pub badge: Option<Badge>,
}

/// A member's newest release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its period.
    pub period: Period,
    /// The entry.
    pub entry: EntryId,
    /// The day the member released it.
    pub released_on: Date,
    /// Days from then to the query's day.
    pub age_days: i32,
}

/// The periods from `first` to `last`, both included and of one length.
pub fn periods_between(first: Period, last: Period) -> Result<Vec<Period>, QueryError> {
    if first.frequency() != last.frequency() {
        return Err(QueryError::MixedPeriods);
    }
    if last < first {
        return Err(QueryError::BackwardRange { first, last });
    }
    let mut periods = Vec::new();
    let mut current = first;
    while current <= last {
        periods.push(current);
        if periods.len() > PERIODS_MAX {
            return Err(too_large("periods", periods.len(), PERIODS_MAX));
        }
        // A period knows no year after 2199, so that its successor must be asked for with care.
        current = match current.year() < 2199 || current.frequency() != Frequency::Annual {
            true => current.next(),
            false => break,
        };
    }
    Ok(periods)
}

pub(super) fn too_large(what: &'static str, asked: usize, limit: usize) -> QueryError {
    QueryError::TooLarge { what, asked, limit }
}
