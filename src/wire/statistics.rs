//! Queries and their answers.

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use prost::Message;

use crate::{
    base::{
        id::{EntryId, MemberCode},
        limits::NAME_BYTES_MAX,
        period::Period,
    },
    codes::catalogue::IndicatorKind,
    statistics::{
        error::QueryError,
        interval::Interval,
        query::{
            self, Answer, AnswerColumn, COLUMNS_MAX, Filter, MemberNews, Newest, PERIODS_MAX,
            Parts, Query, Row, Status,
        },
    },
    wire::{
        generated::exchange as pb,
        node::badge_to_exchange,
        page::PAGE_BYTES_MAX,
        parse::{self, Invalid},
    },
};

/// Most filters of a query.
const FILTERS_MAX: usize = 16;
/// Most codes in one filter.
const FILTER_CODES_MAX: usize = 2_000;
/// Rows of an answer when the caller names no number; a whole table in most cases.
const ROWS_DEFAULT: usize = 1_000;
/// Most rows of one page of an answer.
pub(super) const ROWS_PER_PAGE_MAX: usize = 5_000;

/// What a name takes in a message beside its own bytes, at most: a tag and its length.
const NAME_FRAME_BYTES: usize = 3;

/// A question and the page of its answer that is wanted.
#[derive(Debug)]
pub struct Question {
    /// The question.
    pub query: Query,
    /// The page of the answer.
    pub page: PageWanted,
}

/// A page of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageWanted {
    /// Rows of it, at most.
    pub size: usize,
    /// Where it begins, if it is not the first.
    pub after: Option<PageToken>,
}

/// Where a page begins, and in which answer: a release that arrives between two pages may shift
/// the rows, and a token may be sent with another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageToken {
    offset: usize,
    answer: u64,
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.offset, self.answer)
    }
}

impl FromStr for PageToken {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (offset, answer) = text.split_once('-').ok_or(())?;
        let answer = u64::from_str_radix(answer, 16).map_err(|_| ())?;
        Ok(Self { offset: offset.parse().map_err(|_| ())?, answer })
    }
}

/// The page belongs to another answer than the one there is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The answer has changed since its first page; ask for that one again")]
pub struct StalePage;

/// A question; `expected` are the members whose releases a complete answer needs.
pub fn query_from_wire(
    request: pb::QueryRequest,
    expected: Vec<MemberCode>,
    today: Date,
) -> Result<Question, Invalid> {
    let pb::QueryRequest { indicator, by, periods, filters, page_size, page_token } = request;
    name("indicator", &indicator)?;
    by.iter().try_for_each(|column| name("by", column))?;
    if by.len() > COLUMNS_MAX {
        return Err(Invalid::new("by", format!("at most {COLUMNS_MAX} dimensions")));
    }
    if filters.len() > FILTERS_MAX {
        return Err(Invalid::new("filters", format!("at most {FILTERS_MAX}")));
    }
    let size = match usize::try_from(page_size) {
        Ok(0) => ROWS_DEFAULT,
        Ok(size) => size.min(ROWS_PER_PAGE_MAX),
        Err(_) => return Err(Invalid::new("page_size", "must not be negative")),
    };
    let query = Query {
        indicator,
        by,
        periods: periods_from_wire(&periods)?,
        filters: filters.into_iter().map(filter_from_wire).collect::<Result<_, _>>()?,
        members_expected: expected,
        today,
    };
    let after = parse::page_token(&page_token)?;
    Ok(Question { query, page: PageWanted { size, after } })
}

fn filter_from_wire(filter: pb::Filter) -> Result<Filter, Invalid> {
    let pb::Filter { dimension, codes } = filter;
    if codes.len() > FILTER_CODES_MAX {
        return Err(Invalid::new("filters.codes", format!("at most {FILTER_CODES_MAX}")));
    }
    name("filters.dimension", &dimension)?;
    codes.iter().try_for_each(|code| name("filters.codes", code))?;
    Ok(Filter { dimension, codes })
}

/// Names and codes stand in answers and errors: they must be short.
fn name(field: &str, text: &str) -> Result<(), Invalid> {
    match text.len() > NAME_BYTES_MAX {
        true => Err(Invalid::new(field, format!("names have at most {NAME_BYTES_MAX} bytes"))),
        false => Ok(()),
    }
}

/// Periods and ranges of periods.
fn periods_from_wire(texts: &[String]) -> Result<Vec<Period>, Invalid> {
    let one = |text: &str| {
        text.parse::<Period>().map_err(|error| Invalid::new("periods", error.to_string()))
    };
    let mut periods: Vec<Period> = Vec::new();
    for text in texts {
        match text.split_once("..") {
            None => periods.push(one(text)?),
            Some((first, last)) => {
                let between = query::periods_between(one(first)?, one(last)?);
                let between = between
                    .map_err(|error: QueryError| Invalid::new("periods", error.to_string()))?;
                periods.extend(between);
            }
        }
        if periods.len() > PERIODS_MAX {
            return Err(Invalid::new("periods", format!("at most {PERIODS_MAX}")));
        }
    }
    Ok(periods)
}

/// One page of an answer. Refused if the page belongs to another one.
pub fn answer_to_wire(answer: Answer, wanted: &PageWanted) -> Result<pb::QueryResponse, StalePage> {
    let fingerprint = wanted.after.map(|_| fingerprint(&answer));
    if wanted.after.map(|token| token.answer) != fingerprint {
        return Err(StalePage);
    }
    let offset = wanted.after.map_or(0, |token| token.offset);
    let total = answer.rows.len();
    let (rows, names) = page_of(&answer, offset, wanted.size);
    let end = offset.saturating_add(rows.len());
    let more = offset < end && end < total;
    let next = more.then(|| PageToken {
        offset: end,
        answer: fingerprint.unwrap_or_else(|| self::fingerprint(&answer)),
    });
    let (columns, members, releases) = names.into_wire();
    let Answer { indicator, kind, decimals, classes, news, .. } = answer;
    Ok(pb::QueryResponse {
        indicator,
        kind: kind_to_wire(kind).into(),
        decimals: decimals.into(),
        classes,
        columns,
        members,
        releases,
        rows,
        news: news.into_iter().map(news_to_wire).collect(),
        total_rows: total as u64,
        next_page_token: next.map(|token| token.to_string()).unwrap_or_default(),
    })
}

/// As many rows from `offset` on as were asked for and fit into one message beside the names they
/// use, at least one if there is any; and these names.
fn page_of(answer: &Answer, offset: usize, size: usize) -> (Vec<pb::Row>, Names<'_>) {
    let mut names = Names::new(answer);
    let mut page = Vec::with_capacity(size.min(answer.rows.len().saturating_sub(offset)));
    let mut bytes = 0_usize;
    for row in answer.rows.iter().skip(offset).take(size) {
        let row = row_to_wire(row, &mut names);
        bytes = bytes.saturating_add(row.encoded_len()).saturating_add(names.new_bytes());
        if bytes > PAGE_BYTES_MAX && !page.is_empty() {
            break;
        }
        names.keep();
        page.push(row);
    }
    (page, names)
}

/// The names that the rows of a page use.
struct Names<'a> {
    columns: Vec<(&'a str, Listed<'a, String>)>,
    members: Listed<'a, MemberCode>,
    releases: Listed<'a, EntryId>,
}

impl<'a> Names<'a> {
    fn new(answer: &'a Answer) -> Self {
        let column = |column: &'a AnswerColumn| (column.name.as_str(), Listed::new(&column.codes));
        Self {
            columns: answer.columns.iter().map(column).collect(),
            members: Listed::new(&answer.members),
            releases: Listed::new(&answer.releases),
        }
    }

    /// Bytes of the names that were not kept yet.
    fn new_bytes(&self) -> usize {
        let codes = self.columns.iter().map(|(_, codes)| codes.new_bytes()).sum::<usize>();
        codes + self.members.new_bytes() + self.releases.new_bytes()
    }

    /// Keeps the names of the last row.
    fn keep(&mut self) {
        self.columns.iter_mut().for_each(|(_, codes)| codes.keep());
        self.members.keep();
        self.releases.keep();
    }

    /// The names that were kept.
    fn into_wire(self) -> (Vec<pb::Column>, Vec<String>, Vec<String>) {
        let Self { columns, members, releases } = self;
        let column = |(name, codes): (&str, Listed<'_, String>)| pb::Column {
            name: name.to_owned(),
            codes: codes.into_kept(),
        };
        let columns = columns.into_iter().map(column).collect();
        (columns, members.into_kept(), releases.into_kept())
    }
}

/// The names of a list that the rows of a page use, in the order in which they first do.
struct Listed<'a, T> {
    all: &'a [T],
    /// For each of `all`, its place in `used`.
    places: Vec<Option<u32>>,
    used: Vec<String>,
    kept: usize,
}

impl<'a, T: fmt::Display> Listed<'a, T> {
    fn new(all: &'a [T]) -> Self {
        Self { all, places: vec![None; all.len()], used: Vec::new(), kept: 0 }
    }

    /// The place in the page's list of what stands at `at` in the answer's.
    fn place(&mut self, at: usize) -> u32 {
        *self.places[at].get_or_insert_with(|| {
            self.used.push(self.all[at].to_string());
            // A list in memory is shorter than 2^32.
            (self.used.len() - 1) as u32
        })
    }

    fn places(&mut self, all: &[usize]) -> Vec<u32> {
        all.iter().map(|at| self.place(*at)).collect()
    }

    fn new_bytes(&self) -> usize {
        self.used[self.kept..].iter().map(|name| name.len() + NAME_FRAME_BYTES).sum()
    }

    fn keep(&mut self) {
        self.kept = self.used.len();
    }

    fn into_kept(mut self) -> Vec<String> {
        self.used.truncate(self.kept);
        self.used
    }
}

/// Tells answers apart. Counted only for answers of several pages.
fn fingerprint(answer: &Answer) -> u64 {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    add(answer.indicator.as_bytes());
    let mut names = Names::new(answer);
    for row in &answer.rows {
        add(&row_to_wire(row, &mut names).encode_to_vec());
    }
    names.keep();
    let (columns, members, releases) = names.into_wire();
    columns.iter().for_each(|column| add(&column.encode_to_vec()));
    members.iter().chain(&releases).for_each(|name| add(name.as_bytes()));
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_be_bytes(first)
}

fn row_to_wire(row: &Row, names: &mut Names<'_>) -> pb::Row {
    let Row { keys, status, value, lower, upper, parts, contributing, missing, releases } = row;
    let (numerator, denominator) = match parts {
        None => (None, None),
        Some(Parts { numerator, denominator }) => {
            (Some(bounds_to_wire(*numerator)), Some(bounds_to_wire(*denominator)))
        }
    };
    let keys = names.columns.iter_mut().zip(keys);
    pb::Row {
        keys: keys.map(|((_, codes), at)| codes.place(*at)).collect(),
        status: status_to_wire(*status).into(),
        value: *value,
        lower: *lower,
        upper: *upper,
        numerator,
        denominator,
        members: names.members.places(contributing),
        missing_members: names.members.places(missing),
        releases: names.releases.places(releases),
    }
}

fn bounds_to_wire(interval: Interval) -> pb::Bounds {
    let Interval { lower, upper } = interval;
    pb::Bounds { lower, upper }
}

fn news_to_wire(news: MemberNews) -> pb::MemberNews {
    let MemberNews { member, newest, badge } = news;
    let member = member.to_string();
    let disclosure = badge.map(badge_to_exchange);
    match newest {
        None => pb::MemberNews { member, disclosure, ..Default::default() },
        Some(Newest { period, entry, released_on, age_days }) => pb::MemberNews {
            member,
            newest_period: period.to_string(),
            entry: entry.to_string(),
            released_on: released_on.to_string(),
            age_days: Some(age_days),
            disclosure,
        },
    }
}

fn status_to_wire(status: Status) -> pb::CellStatus {
    match status {
        Status::Published => pb::CellStatus::Published,
        Status::Hidden => pb::CellStatus::Hidden,
        Status::Incomplete => pb::CellStatus::Incomplete,
        Status::NotReleased => pb::CellStatus::NotReleased,
    }
}

fn kind_to_wire(kind: IndicatorKind) -> pb::IndicatorKind {
    match kind {
        IndicatorKind::Count => pb::IndicatorKind::Count,
        IndicatorKind::Value => pb::IndicatorKind::Value,
        IndicatorKind::Stock => pb::IndicatorKind::Stock,
        IndicatorKind::Ratio => pb::IndicatorKind::Ratio,
        IndicatorKind::Mean => pb::IndicatorKind::Mean,
        IndicatorKind::MedianClass => pb::IndicatorKind::MedianClass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(values: &[i64]) -> Answer {
        let row = |value: &i64| Row {
            keys: vec![0],
            status: Status::Published,
            value: Some(*value),
            lower: *value,
            upper: Some(*value),
            parts: None,
            contributing: Vec::new(),
            missing: Vec::new(),
            releases: Vec::new(),
        };
        Answer {
            indicator: "DEM01".into(),
            kind: IndicatorKind::Count,
            decimals: 0,
            classes: Vec::new(),
            columns: vec![AnswerColumn {
                name: "country".into(),
                codes: ["ML", "SN", "TG", "_T"].map(str::to_owned).to_vec(),
            }],
            members: ["ML", "SN", "TG"].map(|code| code.parse().unwrap()).to_vec(),
            releases: ["ML/1/3", "SN/1/4"].map(|entry| entry.parse().unwrap()).to_vec(),
            rows: values.iter().map(row).collect(),
            news: Vec::new(),
        }
    }

    fn page(values: &[i64], token: &str) -> Result<(Vec<i64>, String), StalePage> {
        let wanted = PageWanted { size: 2, after: parse::page_token(token).unwrap() };
        let page = answer_to_wire(answer(values), &wanted)?;
        let values = page.rows.iter().map(|row| row.value.unwrap()).collect();
        Ok((values, page.next_page_token))
    }

    #[test]
    fn pages_hold_every_row_once_and_belong_to_one_answer() {
        let (first, token) = page(&[1, 2, 3, 4, 5], "").unwrap();
        let (second, last) = page(&[1, 2, 3, 4, 5], &token).unwrap();
        let (third, end) = page(&[1, 2, 3, 4, 5], &last).unwrap();
        assert_eq!(([first, second, third].concat(), end), (vec![1, 2, 3, 4, 5], String::new()));
        // A release arrived: one row more, or another figure.
        assert_eq!(page(&[0, 1, 2, 3, 4, 5], &token), Err(StalePage));
        assert_eq!(page(&[1, 2, 3, 4, 6], &token), Err(StalePage));
        for garbled in ["2", "2-", "-1", "two-ff", "2-ff-ff"] {
            assert!(parse::page_token::<PageToken>(garbled).is_err(), "{garbled}");
        }
    }
    #[test]
    fn a_page_lists_what_its_rows_name_and_nothing_else() {
        let mut whole = answer(&[1, 2, 3]);
        let mut row = |at: usize, keys: usize, contributing: &[usize], missing: &[usize]| {
            whole.rows[at].keys = vec![keys];
            whole.rows[at].releases = contributing.to_vec();
            whole.rows[at].contributing = contributing.to_vec();
            whole.rows[at].missing = missing.to_vec();
        };
        row(0, 0, &[0], &[]);
        row(1, 1, &[1], &[]);
        row(2, 3, &[1], &[2]);
        let first = PageWanted { size: 1, after: None };
        let first = answer_to_wire(whole.clone(), &first).unwrap();
        assert_eq!(first.columns[0].codes, ["ML"]);
        assert_eq!(
            (&first.members[..], &first.releases[..]),
            (&["ML".into()][..], &["ML/1/3".into()][..])
        );
        let rest =
            PageWanted { size: 5, after: parse::page_token(&first.next_page_token).unwrap() };
        let rest = answer_to_wire(whole, &rest).unwrap();
        assert_eq!(rest.columns[0].codes, ["SN", "_T"]);
        assert_eq!(
            (&rest.members[..], &rest.releases[..]),
            (&["SN".into(), "TG".into()][..], &["SN/1/4".into()][..])
        );
        let read = crate::wire::answer::from_wire(rest).unwrap();
        assert_eq!(&*read.rows[1].keys[0], "_T");
        assert_eq!(read.rows[1].missing_members, ["TG".into()]);
        assert_eq!(read.rows[1].releases, ["SN/1/4".into()]);
    }

    #[test]
    fn a_page_ends_where_the_message_would_be_too_large_and_lists_no_more_than_its_rows_name() {
        let mut whole = answer(&[1, 2, 3]);
        let half = |letter: &str| letter.repeat(PAGE_BYTES_MAX / 2 - 100);
        whole.columns[0].codes = ["a", "b", "c"].map(half).to_vec();
        (0..3).for_each(|at| whole.rows[at].keys = vec![at]);
        let page = answer_to_wire(whole, &PageWanted { size: 3, after: None }).unwrap();
        assert_eq!((page.rows.len(), page.columns[0].codes.len()), (2, 2));
        assert!(page.encoded_len() <= PAGE_BYTES_MAX && !page.next_page_token.is_empty());
    }
}
