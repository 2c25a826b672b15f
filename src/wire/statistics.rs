//! Queries and their answers.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    base::{
        id::{EntryId, MemberCode},
        period::Period,
    },
    codes::catalogue::IndicatorKind,
    statistics::{
        error::QueryError,
        interval::Interval,
        query::{
            self, Answer, COLUMNS_MAX, Filter, MemberNews, Newest, PERIODS_MAX, Parts, Query, Row,
            Status,
        },
    },
    wire::{
        generated::exchange as pb,
        page::fit,
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
const ROWS_PER_PAGE_MAX: usize = 5_000;

/// A question and the page of its answer that is wanted.
#[derive(Debug)]
pub struct Question {
    /// The question.
    pub query: Query,
    /// Rows of the page.
    pub size: usize,
    /// Rows before it.
    pub offset: usize,
}

/// A question; `expected` are the members whose releases a complete answer needs.
pub fn query_from_wire(
    request: pb::QueryRequest,
    expected: Vec<MemberCode>,
    today: Date,
) -> Result<Question, Invalid> {
    let pb::QueryRequest { indicator, by, periods, filters, page_size, page_token } = request;
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
    let offset = parse::page_token(&page_token)?.unwrap_or_default();
    Ok(Question { query, size, offset })
}

fn filter_from_wire(filter: pb::Filter) -> Result<Filter, Invalid> {
    let pb::Filter { dimension, codes } = filter;
    match codes.len() > FILTER_CODES_MAX {
        true => Err(Invalid::new("filters.codes", format!("at most {FILTER_CODES_MAX}"))),
        false => Ok(Filter { dimension, codes }),
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

/// One page of an answer.
pub fn answer_to_wire(answer: Answer, size: usize, offset: usize) -> pb::QueryResponse {
    let Answer { indicator, kind, decimals, classes, columns, rows, news } = answer;
    let total = rows.len();
    let mut releases = BTreeMap::new();
    let row = |row| row_to_wire(row, &mut releases);
    let page = fit(rows.into_iter().skip(offset).take(size).map(row));
    let end = offset.saturating_add(page.len());
    pb::QueryResponse {
        indicator,
        kind: kind_to_wire(kind).into(),
        decimals: decimals.into(),
        classes,
        columns,
        rows: page,
        news: news.into_iter().map(news_to_wire).collect(),
        total_rows: total as u64,
        next_page_token: if offset < end && end < total { end.to_string() } else { String::new() },
    }
}

/// A row. `names` are those of releases met so far: many rows rest on the same few.
fn row_to_wire(row: Row, names: &mut BTreeMap<EntryId, String>) -> pb::Row {
    let Row { keys, status, value, lower, upper, parts, contributing, missing, releases } = row;
    let mut name = |id: EntryId| names.entry(id).or_insert_with(|| id.to_string()).clone();
    let codes = |members: Vec<MemberCode>| {
        members.iter().map(|member| member.as_str().to_owned()).collect()
    };
    let (numerator, denominator) = match parts {
        None => (None, None),
        Some(Parts { numerator, denominator }) => {
            (Some(bounds_to_wire(numerator)), Some(bounds_to_wire(denominator)))
        }
    };
    pb::Row {
        keys,
        status: status_to_wire(status).into(),
        value,
        lower,
        upper,
        numerator,
        denominator,
        members: codes(contributing),
        missing_members: codes(missing),
        releases: releases.into_iter().map(&mut name).collect(),
    }
}

fn bounds_to_wire(interval: Interval) -> pb::Bounds {
    let Interval { lower, upper } = interval;
    pb::Bounds { lower, upper }
}

fn news_to_wire(news: MemberNews) -> pb::MemberNews {
    let MemberNews { member, newest } = news;
    let member = member.to_string();
    match newest {
        None => pb::MemberNews { member, ..Default::default() },
        Some(Newest { period, entry, released_on, age_days }) => pb::MemberNews {
            member,
            newest_period: period.to_string(),
            entry: entry.to_string(),
            released_on: released_on.to_string(),
            age_days: Some(age_days),
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
