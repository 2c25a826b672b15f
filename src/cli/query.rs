//! `essaim query`.

use std::io;

use anyhow::Context;
use serde_json::{Value, json};
use tonic::transport::Channel;

use crate::{
    base::language::Language,
    cli::{
        Done,
        args::calls::{QueryArgs, QueryFormat},
        call::{self, CallError, PAGE_ROWS},
        output::{self, Listing},
    },
    codes::messages,
    wire::{
        answer::{self, Answer, Name, Row},
        generated::exchange::{
            Bounds, CellStatus, DisclosureState, Filter, IndicatorKind, MemberNews, QueryRequest,
            statistics_service_client::StatisticsServiceClient,
        },
    },
};

/// How often an answer of several pages is begun.
const ATTEMPTS_MAX: usize = 5;

/// Asks and prints. The answer is no when nothing of what was asked has been released.
pub(super) fn run(args: &QueryArgs) -> anyhow::Result<Done> {
    let request = QueryRequest {
        indicator: args.indicator.clone(),
        by: args.by.clone(),
        periods: args.periods.clone(),
        filters: args
            .filters
            .iter()
            .map(|filter| Filter {
                dimension: filter.dimension.clone(),
                codes: filter.codes.clone(),
            })
            .collect(),
        page_size: PAGE_ROWS,
        page_token: String::new(),
    };
    let answer = call::block_on(async {
        ask(call::connect(&args.reach, call::QUICK).await?, request).await
    })?;
    match args.format {
        QueryFormat::Table => print_table(&answer)?,
        QueryFormat::Csv => write_csv(&answer, io::stdout().lock())?,
        QueryFormat::Json => output::json(&to_json(&answer))?,
    }
    if answer.rows.iter().any(is_released) {
        return Ok(Done::Yes);
    }
    if answer.rows.iter().any(|row| row.status == CellStatus::Incomplete) {
        eprintln!("No member has released anything of what was asked yet");
    }
    Ok(Done::No)
}

/// What a table says of a figure of which no member has released its part.
pub(super) const NO_RELEASE_YET: &str = "no release yet";

/// Whether any member has released its part of a figure. Of one that nobody has, nothing is known
/// but that it is not negative.
fn is_released(row: &Row) -> bool {
    match row.status {
        CellStatus::NotReleased => false,
        CellStatus::Incomplete => !row.members.is_empty(),
        CellStatus::Published | CellStatus::Hidden | CellStatus::Unspecified => true,
    }
}

/// Asks for all pages; the rows of all of them stand in the answer. Begins again when a release
/// arrives between two of them.
pub(super) async fn ask(channel: Channel, request: QueryRequest) -> anyhow::Result<Answer> {
    let mut client = StatisticsServiceClient::new(channel);
    let is_outdated = |error: &anyhow::Error| {
        error.downcast_ref::<CallError>().is_some_and(CallError::is_outdated)
    };
    for _ in 1..ATTEMPTS_MAX {
        match ask_once(&mut client, request.clone()).await {
            Err(error) if is_outdated(&error) => {}
            answered => return answered,
        }
    }
    ask_once(&mut client, request).await
}

async fn ask_once(
    client: &mut StatisticsServiceClient<Channel>,
    mut request: QueryRequest,
) -> anyhow::Result<Answer> {
    const UNREADABLE: &str = "The node's answer cannot be read; is it of another version?";
    let page = call::answer(client.query(request.clone()).await)?;
    let mut whole = answer::from_wire(page).context(UNREADABLE)?;
    while !whole.next_page_token.is_empty() {
        request.page_token = std::mem::take(&mut whole.next_page_token);
        let page = call::answer(client.query(request.clone()).await)?;
        let page = answer::from_wire(page).context(UNREADABLE)?;
        whole.append(page).context(UNREADABLE)?;
    }
    Ok(whole)
}

/// The word for a status.
pub(super) fn status_word(status: CellStatus) -> &'static str {
    match status {
        CellStatus::Unspecified => "UNSPECIFIED",
        CellStatus::Published => "PUBLISHED",
        CellStatus::Hidden => "HIDDEN",
        CellStatus::Incomplete => "INCOMPLETE",
        CellStatus::NotReleased => "NOT_RELEASED",
    }
}

/// A figure as a decimal number: integers travel, in units of 10^-decimals.
fn decimal(figure: i64, decimals: u32) -> String {
    let digits = format!("{:0width$}", figure.unsigned_abs(), width = decimals as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
    let sign = if figure < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// A figure for people: shares in percent, classes by their code.
fn figure(answer: &Answer, figure: i64) -> String {
    match answer.kind {
        IndicatorKind::MedianClass => {
            let class = usize::try_from(figure).ok().and_then(|place| answer.classes.get(place));
            class.cloned().unwrap_or_default()
        }
        IndicatorKind::Ratio if answer.decimals >= 2 => {
            format!("{} %", decimal(figure, answer.decimals - 2))
        }
        _ => decimal(figure, answer.decimals),
    }
}

/// A value for people: exact, between two bounds, or at least something.
pub(super) fn value_text(answer: &Answer, row: &Row) -> String {
    let lower = figure(answer, row.lower);
    match (row.value, row.upper) {
        _ if !is_released(row) => String::new(),
        (Some(value), _) => figure(answer, value),
        (None, Some(upper)) if upper == row.lower => lower,
        (None, Some(upper)) => format!("{lower}–{}", figure(answer, upper)),
        (None, None) => format!("{lower}+"),
    }
}

fn print_table(answer: &Answer) -> anyhow::Result<()> {
    let mut headings: Vec<&str> = answer.columns.iter().map(|name| &**name).collect();
    headings.extend(["value", "status", "missing"]);
    let mut listing = Listing::new(&headings);
    for row in &answer.rows {
        let status = match row.status {
            CellStatus::Incomplete if !is_released(row) => NO_RELEASE_YET.into(),
            status => status_word(status).to_lowercase().replace('_', " "),
        };
        let cells = row.keys.iter().map(|code| code.to_string());
        let more = [value_text(answer, row), status, row.missing_members.join(" ")];
        listing.row(cells.chain(more));
    }
    listing.print()?;
    output::line("")?;
    print_news(&answer.news)
}

/// What tables for people say where a check is still to be made, or there is nothing to check yet.
/// The commands that show it have no choice of language.
pub(super) fn disclosure_pending() -> String {
    messages::text(Language::En, "disclosure-release-pending", &[])
}

/// What a table says of the check of a member that `has_released` something or not.
fn disclosure_shown(state: Option<i32>, has_released: bool) -> String {
    match state.map(disclosure_word) {
        Some(word) if !word.is_empty() => word.into(),
        _ if has_released => disclosure_pending(),
        _ => String::new(),
    }
}

/// The word for what a node found when it tried to tell what a member hides.
pub(super) fn disclosure_word(state: i32) -> &'static str {
    match DisclosureState::try_from(state) {
        Ok(DisclosureState::Verified) => "verified",
        Ok(DisclosureState::Failed) => "FAILED",
        Ok(DisclosureState::NotCheckable) => "not checkable",
        Ok(DisclosureState::Unspecified) | Err(_) => "",
    }
}

/// How old each member's news is, in one line a member, and whether its hidden cells can be told.
pub(super) fn print_news(news: &[MemberNews]) -> anyhow::Result<()> {
    let headings = ["member", "newest period", "released on", "age in days", "disclosure"];
    let mut listing = Listing::new(&headings);
    for member in news {
        listing.row([
            member.member.clone(),
            member.newest_period.clone(),
            member.released_on.clone(),
            member.age_days.map(|days| days.to_string()).unwrap_or_default(),
            disclosure_shown(
                member.disclosure.as_ref().map(|one| one.state),
                !member.newest_period.is_empty(),
            ),
        ]);
    }
    listing.print()
}

/// Columns after the keys.
const CSV_COLUMNS: [&str; 11] = [
    "status",
    "value",
    "lower",
    "upper",
    "numerator_lower",
    "numerator_upper",
    "denominator_lower",
    "denominator_upper",
    "members",
    "missing_members",
    "releases",
];

fn write_csv(answer: &Answer, writer: impl io::Write) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(writer);
    let keys = answer.columns.iter().map(|name| &**name);
    writer.write_record(keys.chain(CSV_COLUMNS))?;
    let text = |figure: Option<i64>, decimals| {
        figure.map(|figure| decimal(figure, decimals)).unwrap_or_default()
    };
    for row in &answer.rows {
        let mut cells: Vec<String> = row.keys.iter().map(|code| code.to_string()).collect();
        cells.push(status_word(row.status).into());
        let known = row.status != CellStatus::NotReleased;
        let figures = [row.value, known.then_some(row.lower), row.upper];
        cells.extend(figures.map(|one| text(one, answer.decimals)));
        for bounds in [&row.numerator, &row.denominator] {
            cells.push(text(bounds.as_ref().map(|one| one.lower), 0));
            cells.push(text(bounds.as_ref().and_then(|one| one.upper), 0));
        }
        cells.extend([&row.members, &row.missing_members, &row.releases].map(|all| all.join(" ")));
        writer.write_record(cells)?;
    }
    writer.flush()?;
    Ok(())
}

fn to_json(answer: &Answer) -> Value {
    let scale = 10_f64.powi(i32::try_from(answer.decimals).unwrap_or_default());
    let number = |figure: i64| match answer.decimals {
        0 => json!(figure),
        _ => json!(figure as f64 / scale),
    };
    let bounds = |bounds: &Option<Bounds>| {
        bounds.as_ref().map(|one| json!({ "lower": one.lower, "upper": one.upper }))
    };
    let names = |names: &[Name]| names.iter().map(|name| json!(**name)).collect::<Value>();
    let rows = answer.rows.iter().map(|row| {
        let known = row.status != CellStatus::NotReleased;
        json!({
            "keys": names(&row.keys),
            "status": status_word(row.status),
            "value": row.value.map(number),
            "lower": known.then(|| number(row.lower)),
            "upper": row.upper.map(number),
            "numerator": bounds(&row.numerator),
            "denominator": bounds(&row.denominator),
            "members": names(&row.members),
            "missing_members": names(&row.missing_members),
            "releases": names(&row.releases),
        })
    });
    let news = answer.news.iter().map(|member| {
        json!({
            "member": member.member,
            "newest_period": member.newest_period,
            "entry": member.entry,
            "released_on": member.released_on,
            "age_days": member.age_days,
            "disclosure": member.disclosure.as_ref().map(|one| json!({
                "state": disclosure_word(one.state),
                "reason": one.reason,
                "releases_checked": one.releases_checked,
                "cells": one.cells,
                "guessed": one.guessed,
            })),
        })
    });
    json!({
        "indicator": answer.indicator,
        "classes": answer.classes,
        "columns": names(&answer.columns),
        "rows": rows.collect::<Vec<_>>(),
        "news": news.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_with_their_decimals() {
        let cases = [(0, 0, "0"), (42, 0, "42"), (3333, 4, "0.3333"), (-5, 2, "-0.05")];
        for (figure, decimals, text) in cases {
            assert_eq!(decimal(figure, decimals), text);
        }
    }

    #[test]
    fn a_check_that_is_not_made_yet_is_told_where_there_is_something_to_check() {
        let failed = Some(DisclosureState::Failed.into());
        let unknown = Some(DisclosureState::Unspecified.into());
        assert_eq!(disclosure_shown(failed, true), "FAILED");
        for state in [None, unknown] {
            assert_eq!(disclosure_shown(state, true), "not yet");
            assert_eq!(disclosure_shown(state, false), "");
        }
    }

    #[test]
    fn programs_get_every_name_and_figure_of_a_row() {
        let names = |names: &[&str]| names.iter().map(|name| Name::from(*name)).collect();
        let row = Row {
            keys: names(&["_T", "LAIT"]),
            status: CellStatus::Incomplete,
            lower: 3333,
            numerator: Some(Bounds { lower: 1, upper: None }),
            members: names(&["ML", "SN"]),
            missing_members: names(&["TG"]),
            releases: names(&["ML/1/17", "SN/1/4"]),
            ..Row::default()
        };
        let columns = names(&["country", "filiere"]);
        let answer = Answer { decimals: 4, columns, rows: vec![row], ..Answer::default() };
        let mut csv = Vec::new();
        write_csv(&answer, &mut csv).unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "country,filiere,status,value,lower,upper,numerator_lower,numerator_upper,\
             denominator_lower,denominator_upper,members,missing_members,releases\n\
             _T,LAIT,INCOMPLETE,,0.3333,,1,,,,ML SN,TG,ML/1/17 SN/1/4\n"
        );
        let json = to_json(&answer);
        assert_eq!(json["columns"], json!(["country", "filiere"]));
        assert_eq!(
            json["rows"].to_string(),
            "[{\"denominator\":null,\"keys\":[\"_T\",\"LAIT\"],\"lower\":0.3333,\
             \"members\":[\"ML\",\"SN\"],\"missing_members\":[\"TG\"],\
             \"numerator\":{\"lower\":1,\"upper\":null},\
             \"releases\":[\"ML/1/17\",\"SN/1/4\"],\"status\":\"INCOMPLETE\",\
             \"upper\":null,\"value\":null}]"
        );
    }

    #[test]
    fn a_value_is_exact_or_bounded_or_open() {
        let answer = Answer::default();
        let row = |value, upper| Row { value, lower: 3, upper, ..Row::default() };
        assert_eq!(value_text(&answer, &row(Some(4), Some(4))), "4");
        assert_eq!(value_text(&answer, &row(None, Some(9))), "3–9");
        assert_eq!(value_text(&answer, &row(None, Some(3))), "3");
        assert_eq!(value_text(&answer, &row(None, None)), "3+");
        // What nobody has released is not "at least nothing".
        let mut open = row(None, None);
        open.status = CellStatus::Incomplete;
        assert_eq!((is_released(&open), &*value_text(&answer, &open)), (false, ""));
        open.members.push("ML".into());
        assert_eq!((is_released(&open), &*value_text(&answer, &open)), (true, "3+"));
        let mut share = answer;
        share.kind = IndicatorKind::Ratio;
        share.decimals = 4;
        assert_eq!(value_text(&share, &row(Some(3333), Some(3333))), "33.33 %");
    }
}
