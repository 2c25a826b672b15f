//! What the answers mean, case by case.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::date;

use crate::{
    base::{
        id::EntryId,
        period::{Frequency, Period},
    },
    codes::{embedded::Codes, list::TOTAL},
    publication::release::{Cell, Dimension, Release, Table},
    statistics::{
        error::QueryError,
        projection::{Applied, RELEASE_NUMBERS_MAX, Statistics},
        query::{Answer, Filter, Query, Row, Status, periods_between},
    },
    store::{SharedStore, memory::MemoryStore},
};

const HIDDEN: Option<i64> = None;

struct Node {
    store: SharedStore,
    statistics: Statistics,
}

impl Node {
    fn new() -> Self {
        let store: SharedStore = Arc::new(MemoryStore::default());
        let statistics =
            Statistics::new(store.clone(), Arc::new(Codes::embedded())).expect("an empty store");
        Self { store, statistics }
    }

    fn apply(&self, id: &str, release: &Release) -> Applied {
        let day = release.period.last_day();
        self.statistics.apply(id.parse().unwrap(), day, release).expect("a valid release")
    }

    fn ask(&self, query: &Query) -> Answer {
        self.statistics.query(query).expect("an answer")
    }

    fn pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.store.scan_prefix(&[]).map(|pair| pair.unwrap()).collect()
    }
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

/// A table with one measure, over dimensions given as `filiere=FRLEG,CEREA`.
fn table(
    population: &str,
    measure: &str,
    at: &str,
    dimensions: &[&str],
    cells: &[Option<i64>],
) -> Table {
    let dimension = |text: &&str| {
        let (id, codes) = text.split_once('=').unwrap();
        let codes = [TOTAL].into_iter().chain(codes.split(',')).map(str::to_owned).collect();
        Dimension { id: id.into(), list_version: 1, codes }
    };
    Table {
        population: population.into(),
        period: period(at),
        dimensions: dimensions.iter().map(dimension).collect(),
        measures: vec![measure.into()],
        cells: cells.iter().map(|value| Cell(value.map(|value| vec![value]))).collect(),
    }
}

fn received(at: &str, dimensions: &[&str], cells: &[Option<i64>]) -> Table {
    table("requests_received", "requests", at, dimensions, cells)
}

fn release(member: &str, quarter: &str, tables: Vec<Table>) -> Release {
    Release {
        member: member.parse().unwrap(),
        area: member.into(),
        period: period(quarter),
        catalogue_version: Codes::embedded().catalogue().version,
        plan_version: 1,
        tables,
    }
}

fn query(indicator: &str, by: &[&str], periods: &str, members: &[&str]) -> Query {
    let (first, last) = periods.split_once("..").unwrap_or((periods, periods));
    Query {
        indicator: indicator.into(),
        by: by.iter().map(|id| (*id).into()).collect(),
        periods: periods_between(period(first), period(last)).unwrap(),
        filters: Vec::new(),
        members_expected: members.iter().map(|member| member.parse().unwrap()).collect(),
        today: date(2027, 1, 31),
    }
}

fn only(query: Query, dimension: &str, codes: &[&str]) -> Query {
    let codes = codes.iter().map(|code| (*code).into()).collect();
    let filters = vec![Filter { dimension: dimension.into(), codes }];
    Query { filters, ..query }
}

fn row<'a>(answer: &'a Answer, keys: &[&str]) -> &'a Row {
    let is_it = |row: &&Row| answer.keys(row).eq(keys.iter().copied());
    let found = answer.rows.iter().find(is_it);
    found.unwrap_or_else(|| panic!("no row {keys:?} in {:#?}", answer.rows))
}

fn columns(answer: &Answer) -> Vec<&str> {
    answer.columns.iter().map(|column| &*column.name).collect()
}

fn keys(answer: &Answer) -> Vec<String> {
    answer.rows.iter().map(|row| answer.keys(row).collect::<Vec<_>>().join(" ")).collect()
}

fn members(answer: &Answer, places: &[usize]) -> Vec<String> {
    places.iter().map(|place| answer.members[*place].to_string()).collect()
}

fn releases(answer: &Answer, row: &Row) -> Vec<String> {
    row.releases.iter().map(|place| answer.releases[*place].to_string()).collect()
}

fn bounds(row: &Row) -> (Status, Option<i64>, i64, Option<i64>) {
    (row.status, row.value, row.lower, row.upper)
}

fn published(value: i64) -> (Status, Option<i64>, i64, Option<i64>) {
    (Status::Published, Some(value), value, Some(value))
}

#[test]
fn a_hidden_cell_is_bounded_and_never_counted_as_zero() {
    let node = Node::new();
    let filieres = ["filiere=FRLEG,CEREA,LAIT"];
    let cells = [Some(20), HIDDEN, HIDDEN, Some(12)];
    node.apply("ML/1/0", &release("ML", "2026-Q1", vec![received("2026-Q1", &filieres, &cells)]));
    let cells = [Some(9), Some(2), Some(3), Some(4)];
    node.apply("SN/1/0", &release("SN", "2026-Q1", vec![received("2026-Q1", &filieres, &cells)]));

    let answer = node.ask(&query("DEM01", &["country", "filiere"], "2026-Q1", &["ML", "SN"]));
    assert_eq!(columns(&answer), ["country", "filiere"]);
    assert_eq!(answer.rows.len(), 3 * 4);
    let hidden = row(&answer, &["ML", "FRLEG"]);
    // Zeros are always published, so that a hidden cell holds at least one.
    assert_eq!(bounds(hidden), (Status::Hidden, None, 1, Some(7)));
    assert_eq!(bounds(row(&answer, &["_T", "FRLEG"])), (Status::Hidden, None, 3, Some(9)));
    assert_eq!(bounds(row(&answer, &["_T", "LAIT"])), published(16));
    // The margin covers the total, whatever is hidden below it.
    assert_eq!(bounds(row(&answer, &["ML", "_T"])), published(20));
    assert_eq!(bounds(row(&answer, &["_T", "_T"])), published(29));
    let total = row(&answer, &["_T", "_T"]);
    assert_eq!(releases(&answer, total), ["ML/1/0", "SN/1/0"]);
}

#[test]
fn a_missing_member_leaves_a_figure_open_and_incomplete() {
    let node = Node::new();
    let tables = vec![received("2026-Q1", &["filiere=FRLEG"], &[Some(7), Some(7)])];
    node.apply("ML/1/0", &release("ML", "2026-Q1", tables));

    let answer = node.ask(&query("DEM01", &["country"], "2026-Q1", &["ML", "TG"]));
    let total = row(&answer, &["_T"]);
    assert_eq!(bounds(total), (Status::Incomplete, None, 7, None));
    assert_eq!(members(&answer, &total.contributing), ["ML"]);
    assert_eq!(members(&answer, &total.missing), ["TG"]);
    let absent = row(&answer, &["TG"]);
    assert_eq!(bounds(absent), (Status::Incomplete, None, 0, None));
    assert!(absent.contributing.is_empty() && absent.releases.is_empty());
    assert_eq!(answer.news[0].newest.as_ref().unwrap().age_days, 306);
    assert!(answer.news[1].newest.is_none());
}

#[test]
fn a_code_that_the_lists_give_a_member_and_its_table_lacks_is_not_nothing() {
    let node = Node::new();
    let whole = ["filiere=FRLEG,CEREA,LAIT"];
    let cells = [Some(9), Some(2), Some(3), Some(4)];
    node.apply("SN/1/0", &release("SN", "2026-Q1", vec![received("2026-Q1", &whole, &cells)]));
    let part = received("2026-Q1", &["filiere=FRLEG,CEREA"], &[Some(5), Some(2), Some(3)]);
    node.apply("ML/1/0", &release("ML", "2026-Q1", vec![part]));

    let by_both = query("DEM01", &["country", "filiere"], "2026-Q1", &["ML", "SN"]);
    let answer = node.ask(&by_both);
    let open = |least| (Status::Incomplete, None, least, None);
    assert_eq!(bounds(row(&answer, &["ML", "LAIT"])), open(0));
    assert_eq!(bounds(row(&answer, &["_T", "LAIT"])), open(4));
    assert_eq!(members(&answer, &row(&answer, &["_T", "LAIT"]).missing), ["ML"]);
    assert_eq!(bounds(row(&answer, &["_T", "CEREA"])), published(6));
    // A filter that lets such a code through sums less than what was asked for.
    let filtered = only(query("DEM01", &[], "2026-Q1", &["ML"]), "filiere", &["FRLEG", "LAIT"]);
    assert_eq!(row(&node.ask(&filtered), &[]).status, Status::Incomplete);
    let known = only(query("DEM01", &[], "2026-Q1", &["ML"]), "filiere", &["FRLEG", "CEREA"]);
    assert_eq!(bounds(row(&node.ask(&known), &[])), published(5));
    // Regions of another country concern nobody else.
    let regions = received("2026-Q2", &["region=ML-1"], &[Some(5), Some(5)]);
    node.apply("ML/1/1", &release("ML", "2026-Q2", vec![regions]));
    let regions = received("2026-Q2", &["region=SN-DK"], &[Some(6), Some(6)]);
    node.apply("SN/1/1", &release("SN", "2026-Q2", vec![regions]));
    let answer = node.ask(&query("DEM01", &["region"], "2026-Q2", &["ML", "SN"]));
    assert_eq!(bounds(row(&answer, &["SN-DK"])), published(6));
}

#[test]
fn what_no_plan_covers_is_not_released() {
    let node = Node::new();
    let tables = vec![received("2026-Q1", &["filiere=FRLEG"], &[Some(7), Some(7)])];
    node.apply("ML/1/0", &release("ML", "2026-Q1", tables));

    let answer = node.ask(&query("DEM01", &["filiere", "region"], "2026-Q1", &["ML"]));
    let crossed = row(&answer, &["FRLEG", "ML-3"]);
    assert_eq!(bounds(crossed), (Status::NotReleased, None, 0, None));
    assert_eq!(bounds(row(&answer, &["FRLEG", "_T"])), published(7));
    // Planned for the quarter, but not in this release.
    assert_eq!(row(&answer, &["_T", "ML-3"]).status, Status::Incomplete);
}

#[test]
fn four_quarters_are_their_sum_and_the_year_is_the_year() {
    let node = Node::new();
    for (seq, quarter) in ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"].into_iter().enumerate() {
        let mut tables = vec![received(quarter, &["filiere=FRLEG"], &[Some(10), Some(10)])];
        if seq == 3 {
            // Two records came late.
            tables.push(received("2026", &["channel=VISIT"], &[Some(42), Some(42)]));
        }
        node.apply(&format!("ML/1/{seq}"), &release("ML", quarter, tables));
    }
    let sum = node.ask(&query("DEM01", &["period"], "2026-Q1..2026-Q4", &["ML"]));
    assert_eq!(bounds(row(&sum, &["_T"])), published(40));
    assert_eq!(bounds(row(&sum, &["2026-Q3"])), published(10));
    let year = node.ask(&query("DEM01", &[], "2026", &["ML"]));
    assert_eq!(bounds(row(&year, &[])), published(42));
}

#[test]
fn distinct_counts_are_answered_period_by_period_and_stocks_take_the_last() {
    let node = Node::new();
    for (seq, quarter) in ["2026-Q1", "2026-Q2"].into_iter().enumerate() {
        let count = 20 + seq as i64;
        let tables = vec![
            table("enterprises_followed", "enterprises", quarter, &[], &[Some(count)]),
            table("requests_open", "requests", quarter, &[], &[Some(count)]),
        ];
        node.apply(&format!("ML/1/{seq}"), &release("ML", quarter, tables));
    }
    let distinct = node.ask(&query("ENT01", &["country"], "2026-Q1..2026-Q2", &["ML"]));
    assert_eq!(columns(&distinct), ["country", "period"]);
    assert_eq!(keys(&distinct), ["ML 2026-Q1", "ML 2026-Q2", "_T 2026-Q1", "_T 2026-Q2"]);
    let stock = node.ask(&query("DEM07", &[], "2026-Q1..2026-Q2", &["ML"]));
    assert_eq!(bounds(row(&stock, &[])), published(21));
    assert_eq!(releases(&stock, row(&stock, &[])), ["ML/1/1"]);
}

#[test]
fn a_region_concerns_its_own_country_only() {
    let node = Node::new();
    let cells = [Some(9), Some(4), Some(5)];
    let tables = vec![received("2026-Q1", &["region=ML-3,ML-BKO"], &cells)];
    node.apply("ML/1/0", &release("ML", "2026-Q1", tables));

    let asked = query("DEM01", &["country"], "2026-Q1", &["ML", "SN"]);
    let answer = node.ask(&only(asked, "region", &["ML-3"]));
    assert_eq!(keys(&answer), ["ML", "_T"]);
    assert_eq!(bounds(&answer.rows[1]), published(4));
    assert!(answer.rows[1].missing.is_empty());
}

#[test]
fn a_sum_over_two_hidden_cells_is_exact_where_the_margin_and_the_rest_are_published() {
    let node = Node::new();
    let cells = [Some(20), HIDDEN, HIDDEN, Some(12)];
    let tables = vec![received("2026-Q1", &["filiere=FRLEG,CEREA,LAIT"], &cells)];
    node.apply("ML/1/0", &release("ML", "2026-Q1", tables));
    let asked = query("DEM01", &[], "2026-Q1", &["ML"]);
    let both = node.ask(&only(asked.clone(), "filiere", &["FRLEG", "CEREA"]));
    assert_eq!(bounds(&both.rows[0]), published(8));
    let one = node.ask(&only(asked, "filiere", &["FRLEG", "LAIT"]));
    assert_eq!(bounds(&one.rows[0]), (Status::Hidden, None, 13, Some(19)));
}

#[test]
fn ratios_means_and_median_classes_carry_bounds_rounded_outward() {
    let node = Node::new();
    let mut rated = table("answers_rated", "answers", "2026-Q1", &[], &[Some(3)]);
    rated.measures.push("score".into());
    rated.cells = vec![Cell(Some(vec![3, 10]))];
    let delays = ["delay=D0-2,D3-7,D8-15"];
    let tables = vec![
        table("requests_received", "requests", "2026-Q1", &[], &[Some(6)]),
        table("requests_received_answered", "requests", "2026-Q1", &[], &[HIDDEN]),
        rated,
        table(
            "requests_answered",
            "requests",
            "2026-Q1",
            &delays,
            &[Some(8), Some(1), HIDDEN, HIDDEN],
        ),
    ];
    node.apply("ML/1/0", &release("ML", "2026-Q1", tables));
    let ask = |indicator: &str| node.ask(&query(indicator, &[], "2026-Q1", &["ML"]));

    // The answered ones are hidden as a whole group, so there may be none.
    let rate = ask("DEM03");
    assert_eq!(
        (rate.decimals, bounds(&rate.rows[0])),
        (4, (Status::Hidden, None, 0, Some(10_000)))
    );
    let mean = ask("SAT01");
    assert_eq!(bounds(&mean.rows[0]), (Status::Published, Some(333), 333, Some(334)));
    let parts = mean.rows[0].parts.unwrap();
    assert_eq!((parts.numerator.lower, parts.denominator.lower), (10, 3));
    let median = ask("DEM04");
    assert_eq!(median.classes[..3], ["D0-2", "D3-7", "D8-15"]);
    assert_eq!(bounds(&median.rows[0]), (Status::Hidden, None, 1, Some(2)));
}

#[test]
fn a_median_that_only_one_class_can_hold_is_known_whatever_is_hidden() {
    let node = Node::new();
    let delays = ["delay=D0-2,D3-7,D8-15"];
    let answered = |period: &str, cells: [Option<i64>; 4]| {
        release("ML", period, vec![table("requests_answered", "requests", period, &delays, &cells)])
    };
    // Two are hidden beside six in the second class.
    node.apply("ML/1/0", &answered("2026-Q1", [Some(8), HIDDEN, Some(6), HIDDEN]));
    let median = node.ask(&query("DEM04", &[], "2026-Q1", &["ML"]));
    assert_eq!(bounds(&median.rows[0]), published(1));
    // Nobody knows how many a member answered that has not released anything.
    let median = node.ask(&query("DEM04", &[], "2026-Q1", &["ML", "SN"]));
    assert_eq!(bounds(&median.rows[0]), (Status::Incomplete, None, 0, Some(5)));
}

#[test]
fn the_newest_release_that_is_not_withdrawn_is_shown() {
    let node = Node::new();
    let with = |value| {
        release(
            "ML",
            "2026-Q1",
            vec![table("requests_received", "requests", "2026-Q1", &[], &[Some(value)])],
        )
    };
    let asked = query("DEM01", &[], "2026-Q1", &["ML"]);
    let shown = || bounds(&node.ask(&asked).rows[0]);
    assert_eq!(node.apply("ML/1/4", &with(11)), Applied::Shown);
    assert_eq!(node.apply("ML/1/2", &with(10)), Applied::Superseded);
    assert_eq!(shown(), published(11));
    node.statistics.withdraw("ML/1/4".parse().unwrap()).unwrap();
    assert_eq!(shown(), published(10));
    // A withdrawal may arrive before what it withdraws.
    node.statistics.withdraw("ML/1/7".parse().unwrap()).unwrap();
    assert_eq!(node.apply("ML/1/7", &with(12)), Applied::Superseded);
    assert_eq!(shown(), published(10));
    node.statistics.withdraw("ML/1/2".parse().unwrap()).unwrap();
    assert_eq!(shown(), (Status::Incomplete, None, 0, None));
}

#[test]
fn applying_twice_changes_nothing_and_a_rebuild_gives_the_same_bytes() {
    let node = Node::new();
    let filieres = ["filiere=FRLEG,CEREA"];
    let releases: Vec<(EntryId, _, _)> = [("ML", 20), ("SN", 30)]
        .into_iter()
        .map(|(member, total)| {
            let cells = [Some(total), HIDDEN, HIDDEN];
            let tables = vec![received("2026-Q1", &filieres, &cells)];
            let id = format!("{member}/1/0").parse().unwrap();
            (id, date(2026, 4, 30), release(member, "2026-Q1", tables))
        })
        .collect();
    for (id, day, release) in &releases {
        node.statistics.apply(*id, *day, release).unwrap();
    }
    let before = node.pairs();
    node.statistics.apply(releases[0].0, releases[0].1, &releases[0].2).unwrap();
    assert_eq!(node.pairs(), before);

    let asked = query("DEM01", &["country", "filiere"], "2026-Q1", &["ML", "SN"]);
    let answer = node.ask(&asked);
    node.statistics.rebuild(releases).unwrap();
    assert_eq!(node.pairs(), before);
    assert_eq!(node.ask(&asked), answer);
    let reopened = Statistics::new(node.store.clone(), Arc::new(Codes::embedded())).unwrap();
    assert_eq!(reopened.query(&asked).unwrap(), answer);
}

#[test]
fn queries_that_cannot_be_answered_are_refused_in_words() {
    let node = Node::new();
    let refused = |query: Query| node.statistics.query(&query).unwrap_err().to_string();
    let plain = || query("DEM01", &[], "2026-Q1", &["ML"]);
    assert!(refused(query("DEM99", &[], "2026", &["ML"])).contains("DEM99"));
    assert!(refused(query("DEM01", &["colour"], "2026", &["ML"])).contains("colour"));
    assert!(refused(query("DEM01", &["region", "region"], "2026", &["ML"])).contains("region"));
    assert!(refused(query("DEM04", &["delay"], "2026", &["ML"])).contains("delay"));
    assert!(refused(only(plain(), "region", &["ML-99"])).contains("ML-99"));
    assert!(refused(only(plain(), "region", &["_T"])).contains("total of region"));
    assert!(refused(only(plain(), "country", &["FR"])).contains("FR"));
    assert!(refused(Query { periods: Vec::new(), ..plain() }).contains("no period"));
    let mixed = vec![period("2026"), period("2026-Q1")];
    let mixed = node.statistics.query(&Query { periods: mixed, ..plain() });
    assert!(matches!(mixed, Err(QueryError::MixedPeriods)));
}

#[test]
fn damaged_blocks_and_releases_are_reported_and_never_panic() {
    let node = Node::new();
    let tables = vec![received("2026-Q1", &["filiere=FRLEG"], &[Some(7), HIDDEN])];
    node.apply("ML/1/0", &release("ML", "2026-Q1", tables));
    let asked = query("DEM01", &["filiere"], "2026-Q1", &["ML"]);
    let pairs = node.pairs();
    for (key, value) in &pairs {
        for at in 0..value.len() {
            let store: SharedStore = Arc::new(MemoryStore::default());
            let mut batch = crate::store::Batch::default();
            pairs.iter().for_each(|(key, value)| batch.put(key.clone(), value.clone()));
            let mut changed = value.clone();
            changed[at] ^= 0x5a;
            batch.put(key.clone(), changed);
            store.apply(&batch).unwrap();
            // Refused, or answered from what the bytes now say.
            if let Ok(statistics) = Statistics::new(store, Arc::new(Codes::embedded())) {
                let _ = statistics.query(&asked);
                let _ = statistics.withdraw("ML/1/0".parse().unwrap());
            }
        }
    }
}

#[test]
fn the_planned_release_of_the_largest_member_is_taken_in() {
    let counties = include_str!("../../tests/fixtures/kenya.regions.csv");
    let codes = Codes::embedded().with_regions(counties).unwrap();
    let (quarter, year) = (period("2026-Q4"), period("2026"));
    let tables = |area: &str| {
        let planned = [(Frequency::Quarterly, quarter), (Frequency::Annual, year)];
        let tables = planned.into_iter().flat_map(|(frequency, period)| {
            codes.plan().tables(frequency).map(move |table| (table, period))
        });
        let tables = tables.map(|(planned, period)| {
            let dimension = |id: &String| Dimension {
                id: id.clone(),
                list_version: 1,
                codes: codes.dimension(id, area, year.last_day()).unwrap(),
            };
            let measures = &codes.catalogue().population(planned.population).unwrap().measures;
            let mut table = Table {
                population: planned.population.into(),
                period,
                dimensions: planned.dimensions.iter().map(dimension).collect(),
                measures: measures.iter().map(|measure| measure.id.clone()).collect(),
                cells: Vec::new(),
            };
            table.cells = vec![Cell(None); table.cells_expected()];
            table
        });
        tables.collect::<Vec<_>>()
    };
    let numbers = |tables: &[Table]| -> usize {
        tables.iter().map(|table| table.cells.len() * table.measures.len()).sum()
    };
    let areas: BTreeSet<_> = codes
        .list("region")
        .unwrap()
        .codes
        .iter()
        .filter_map(|code| code.country.clone())
        .collect();
    let largest = areas.iter().max_by_key(|area| numbers(&tables(area))).unwrap();
    let release = release(largest, "2026-Q4", tables(largest));
    assert!(numbers(&release.tables) > 1_000);
    // Room for a longer plan and more regions.
    let numbers = numbers(&release.tables);
    assert!(20 * numbers <= RELEASE_NUMBERS_MAX, "{numbers}");
    let node = Node::new();
    let id = format!("{largest}/1/0").parse().unwrap();
    node.statistics.check(id, &release).unwrap();
}
