//! The answer to a query as whoever asked reads it: rows with names where the message has places
//! in lists.

use std::sync::Arc;

use crate::{
    base::limits::{DIMENSION_CODES_MAX, LOGS_MAX, NAME_BYTES_MAX},
    statistics::query::{COLUMNS_MAX, PERIODS_MAX, ROWS_MAX},
    wire::{generated::exchange as pb, parse::Invalid, statistics::ROWS_PER_PAGE_MAX},
};

/// Most decimals of a figure: 10^18 is the last power of ten in an `i64`.
const DECIMALS_MAX: u32 = 18;

/// Most columns: those asked for, and the period where there is no sum over time.
const COLUMNS_ANSWERED_MAX: usize = COLUMNS_MAX + 1;
/// Most codes of a column on one page: every row names one.
const CODES_LISTED_MAX: usize = ROWS_PER_PAGE_MAX;
/// Most releases on one page: one for each member and period.
const RELEASES_LISTED_MAX: usize = LOGS_MAX * PERIODS_MAX;

/// A name that many rows share.
pub type Name = Arc<str>;

/// An answer, or a page of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Code of the indicator.
    pub indicator: String,
    /// How the figure is made.
    pub kind: pb::IndicatorKind,
    /// Figures are integers in units of 10^-decimals.
    pub decimals: u32,
    /// For a median class: its classes, in order; figures are places in this list.
    pub classes: Vec<String>,
    /// Names of the keys of each row.
    pub columns: Vec<Name>,
    /// The rows, the last column running fastest.
    pub rows: Vec<Row>,
    /// How old the news of each expected member is.
    pub news: Vec<pb::MemberNews>,
    /// Number of rows on all pages.
    pub total_rows: u64,
    /// For the next page; empty on the last one.
    pub next_page_token: String,
}

/// One figure and where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// One code per column; `_T` is the total.
    pub keys: Vec<Name>,
    /// How much is known.
    pub status: pb::CellStatus,
    /// The figure, if there is one.
    pub value: Option<i64>,
    /// Least possible figure.
    pub lower: i64,
    /// Largest possible figure; `None` where it is open.
    pub upper: Option<i64>,
    /// Numerator of a ratio or mean.
    pub numerator: Option<pb::Bounds>,
    /// Denominator of a ratio or mean.
    pub denominator: Option<pb::Bounds>,
    /// Members with a release in it.
    pub members: Vec<Name>,
    /// Members without a release of at least one of the periods.
    pub missing_members: Vec<Name>,
    /// The entries of the logs it comes from (`ML/1/17`).
    pub releases: Vec<Name>,
}

impl Answer {
    /// Puts the rows of the next page after those that are there.
    pub fn append(&mut self, page: Self) -> Result<(), Invalid> {
        if page.columns != self.columns {
            return Err(Invalid::new("columns", "differ from those of the page before"));
        }
        if page.rows.is_empty() {
            return Err(Invalid::new("rows", "a page after the first has none"));
        }
        if self.rows.len() + page.rows.len() > ROWS_MAX {
            return Err(Invalid::new("rows", format!("more than {ROWS_MAX} on all pages")));
        }
        self.rows.extend(page.rows);
        self.next_page_token = page.next_page_token;
        Ok(())
    }
}

/// A page of an answer. Every place in it names something.
pub fn from_wire(response: pb::QueryResponse) -> Result<Answer, Invalid> {
    let kind = response.kind();
    let pb::QueryResponse {
        indicator,
        kind: _,
        decimals,
        classes,
        columns,
        members,
        releases,
        rows,
        news,
        total_rows,
        next_page_token,
    } = response;
    if decimals > DECIMALS_MAX {
        return Err(Invalid::new("decimals", format!("at most {DECIMALS_MAX}")));
    }
    at_most("classes", classes.len(), DIMENSION_CODES_MAX)?;
    at_most("columns", columns.len(), COLUMNS_ANSWERED_MAX)?;
    at_most("rows", rows.len(), ROWS_PER_PAGE_MAX)?;
    at_most("news", news.len(), LOGS_MAX)?;
    let (columns, codes) = columns_from_wire(columns)?;
    let names = Names {
        codes,
        members: listed("members", members, LOGS_MAX)?,
        releases: listed("releases", releases, RELEASES_LISTED_MAX)?,
    };
    Ok(Answer {
        indicator,
        kind,
        decimals,
        classes,
        columns,
        rows: rows.into_iter().map(|row| names.row(row)).collect::<Result<_, _>>()?,
        news,
        total_rows,
        next_page_token,
    })
}

fn at_most(field: &str, count: usize, count_max: usize) -> Result<(), Invalid> {
    match count > count_max {
        true => Err(Invalid::new(field, format!("at most {count_max}"))),
        false => Ok(()),
    }
}

/// The names of the columns, and the codes of each.
fn columns_from_wire(columns: Vec<pb::Column>) -> Result<(Vec<Name>, Vec<Vec<Name>>), Invalid> {
    let column = |column: pb::Column| {
        let pb::Column { name, codes } = column;
        let name = short("columns.name", name)?;
        Ok((name, listed("columns.codes", codes, CODES_LISTED_MAX)?))
    };
    columns.into_iter().map(column).collect()
}

/// A list that rows name things from.
fn listed(field: &str, names: Vec<String>, count_max: usize) -> Result<Vec<Name>, Invalid> {
    at_most(field, names.len(), count_max)?;
    names.into_iter().map(|name| short(field, name)).collect()
}

fn short(field: &str, name: String) -> Result<Name, Invalid> {
    match name.len() > NAME_BYTES_MAX {
        true => Err(Invalid::new(field, format!("names have at most {NAME_BYTES_MAX} bytes"))),
        false => Ok(name.into()),
    }
}

/// The lists of a message.
struct Names {
    codes: Vec<Vec<Name>>,
    members: Vec<Name>,
    releases: Vec<Name>,
}

impl Names {
    fn row(&self, row: pb::Row) -> Result<Row, Invalid> {
        let status = row.status();
        let pb::Row {
            keys,
            status: _,
            value,
            lower,
            upper,
            numerator,
            denominator,
            members,
            missing_members,
            releases,
        } = row;
        if keys.len() != self.codes.len() {
            return Err(Invalid::new("rows.keys", "must be as many as there are columns"));
        }
        let keys = keys.into_iter().zip(&self.codes);
        Ok(Row {
            keys: keys
                .map(|(place, codes)| at("rows.keys", codes, place))
                .collect::<Result<_, _>>()?,
            status,
            value,
            lower,
            upper,
            numerator,
            denominator,
            members: named("rows.members", &self.members, members)?,
            missing_members: named("rows.missing_members", &self.members, missing_members)?,
            releases: named("rows.releases", &self.releases, releases)?,
        })
    }
}

/// What is named by its place in `list`.
fn at(field: &str, list: &[Name], place: u32) -> Result<Name, Invalid> {
    let name = usize::try_from(place).ok().and_then(|place| list.get(place));
    name.cloned()
        .ok_or_else(|| Invalid::new(field, format!("place {place} of a list of {}", list.len())))
}

/// What is named by places in `list`: no more of them than it has names.
fn named(field: &str, list: &[Name], places: Vec<u32>) -> Result<Vec<Name>, Invalid> {
    at_most(field, places.len(), list.len())?;
    places.into_iter().map(|place| at(field, list, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> pb::QueryResponse {
        let column = |name: &str, codes: &[&str]| pb::Column {
            name: name.into(),
            codes: codes.iter().map(|code| (*code).into()).collect(),
        };
        pb::QueryResponse {
            columns: vec![column("country", &["ML", "_T"]), column("filiere", &["LAIT"])],
            members: vec!["ML".into(), "SN".into()],
            releases: vec!["ML/1/17".into()],
            rows: vec![pb::Row {
                keys: vec![1, 0],
                members: vec![0],
                missing_members: vec![1],
                releases: vec![0],
                ..pb::Row::default()
            }],
            ..pb::QueryResponse::default()
        }
    }

    fn refused(change: impl FnOnce(&mut pb::QueryResponse)) -> String {
        let mut message = message();
        change(&mut message);
        from_wire(message).expect_err("a fault").field
    }

    #[test]
    fn rows_are_read_with_the_names_of_the_lists() {
        let answer = from_wire(message()).unwrap();
        assert_eq!(answer.columns, ["country", "filiere"].map(Name::from));
        let row = &answer.rows[0];
        assert_eq!(row.keys, ["_T", "LAIT"].map(Name::from));
        assert_eq!(
            (&row.members[..], &row.missing_members[..]),
            (&["ML".into()][..], &["SN".into()][..])
        );
        assert_eq!(row.releases, ["ML/1/17".into()]);
    }

    #[test]
    fn what_no_list_holds_is_refused_and_named() {
        assert_eq!(refused(|message| message.rows[0].keys[1] = 1), "rows.keys");
        assert_eq!(refused(|message| message.rows[0].keys = vec![0]), "rows.keys");
        assert_eq!(refused(|message| message.columns.truncate(1)), "rows.keys");
        assert_eq!(refused(|message| message.rows[0].members[0] = 2), "rows.members");
        assert_eq!(refused(|message| message.rows[0].members = vec![0; 3]), "rows.members");
        let missing = |message: &mut pb::QueryResponse| {
            message.rows[0].missing_members[0] = u32::MAX;
        };
        assert_eq!(refused(missing), "rows.missing_members");
        assert_eq!(refused(|message| message.releases.clear()), "rows.releases");
    }

    #[test]
    fn a_message_beyond_its_limits_is_refused() {
        // With so many, a figure could not be written down.
        assert_eq!(refused(|message| message.decimals = 19), "decimals");
        let long = || "x".repeat(NAME_BYTES_MAX + 1);
        assert_eq!(refused(|message| message.members[0] = long()), "members");
        assert_eq!(refused(|message| message.columns[0].name = long()), "columns.name");
        assert_eq!(refused(|message| message.columns[1].codes[0] = long()), "columns.codes");
        let column = pb::Column::default();
        let many = vec![column; COLUMNS_ANSWERED_MAX + 1];
        assert_eq!(refused(|message| message.columns = many), "columns");
        let row = message().rows.remove(0);
        let many = vec![row; ROWS_PER_PAGE_MAX + 1];
        assert_eq!(refused(|message| message.rows = many), "rows");
    }

    #[test]
    fn pages_of_one_answer_are_put_together_and_never_without_end() {
        let page = |rows: usize| {
            let mut message = message();
            message.rows = vec![message.rows.remove(0); rows];
            from_wire(message).unwrap()
        };
        let mut whole = page(2);
        whole.append(page(3)).unwrap();
        assert_eq!(whole.rows.len(), 5);
        assert_eq!(whole.append(page(0)).unwrap_err().field, "rows");
        let other = Answer { columns: vec!["sex".into()], ..page(1) };
        assert_eq!(whole.append(other).unwrap_err().field, "columns");
        for _ in 0..ROWS_MAX / ROWS_PER_PAGE_MAX - 1 {
            whole.append(page(ROWS_PER_PAGE_MAX)).unwrap();
        }
        assert_eq!(whole.append(page(ROWS_PER_PAGE_MAX)).unwrap_err().field, "rows");
    }
}
