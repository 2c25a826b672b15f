//! A query of 224 cells over a million published ones: the projection's side of the time. The
//! comparison with a bare call over the network belongs to the benches of the node.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use essaim::{
    base::{
        id::EntryId,
        period::{Frequency, Period},
    },
    codes::embedded::Codes,
    publication::release::{Cell, Dimension, Release, Table},
    statistics::{
        projection::Statistics,
        query::{Query, periods_between},
    },
    store::memory::MemoryStore,
};
use jiff::civil::date;

const MEMBERS: [&str; 8] = ["BJ", "BF", "CI", "GW", "ML", "NE", "SN", "TG"];
const CELLS: usize = 1_000_000;

fn tables(codes: &Codes, area: &str, period: Period) -> Vec<Table> {
    let planned = codes.plan().tables(period.frequency());
    let table = |planned: essaim::codes::plan::PlannedTable<'_>| {
        let population = codes.catalogue().population(planned.population).expect("planned");
        let measures: Vec<_> = population.measures.iter().map(|one| one.id.clone()).collect();
        let dimension = |id: &String| Dimension {
            id: id.clone(),
            list_version: 1,
            codes: codes.dimension(id, area, period.last_day()).expect("a list"),
        };
        let dimensions = planned.dimensions.iter().map(dimension).collect();
        let population = planned.population.to_owned();
        let mut table = Table { population, period, dimensions, measures, cells: Vec::new() };
        let cell = Cell(Some(vec![0; table.measures.len()]));
        table.cells = vec![cell; table.cells_expected()];
        table
    };
    planned.map(table).collect()
}

/// Releases of all members, year by year backwards, until there are enough cells.
fn releases(codes: &Codes) -> Vec<(EntryId, jiff::civil::Date, Release)> {
    let mut releases = Vec::new();
    let mut cells = 0;
    for year in (1900..=2026).rev() {
        for member in MEMBERS {
            for quarter in Period::quarterly(year, 1).expect("a year").quarters() {
                let mut all = tables(codes, member, quarter);
                if quarter.ends_year() {
                    all.extend(tables(codes, member, quarter.whole_year()));
                }
                cells += all.iter().map(|table| table.cells.len()).sum::<usize>();
                let origin = member.parse().expect("a member");
                let release = Release {
                    member: origin,
                    area: member.into(),
                    period: quarter,
                    catalogue_version: codes.catalogue().version,
                    plan_version: codes.plan().version,
                    tables: all,
                };
                let seq = releases.len() as u64;
                releases.push((EntryId { origin, epoch: 1, seq }, quarter.last_day(), release));
            }
        }
        if cells >= CELLS {
            break;
        }
    }
    eprintln!("{cells} cells in {} releases", releases.len());
    releases
}

fn query() -> Query {
    let (first, last) = ("2026-Q1".parse(), "2026-Q4".parse());
    let periods = periods_between(first.expect("a quarter"), last.expect("a quarter"));
    Query {
        indicator: "DEM01".into(),
        by: ["country", "filiere"].map(String::from).to_vec(),
        periods: periods.expect("a range"),
        filters: Vec::new(),
        members_expected: MEMBERS.map(|member| member.parse().expect("a member")).to_vec(),
        today: date(2027, 1, 31),
    }
}

fn benches(criterion: &mut Criterion) {
    let codes = Arc::new(Codes::embedded());
    let all = releases(&codes);
    let store = Arc::new(MemoryStore::default());
    let statistics = Statistics::new(store, codes.clone()).expect("an empty store");
    statistics.rebuild(all).expect("valid releases");
    assert_eq!(codes.plan().tables(Frequency::Monthly).count(), 0);

    let by_country = query();
    let mut by_quarter = query();
    by_quarter.by.push("period".into());
    for (name, query) in [("country × filière", by_country), ("… × quarter", by_quarter)] {
        let rows = statistics.query(&query).expect("an answer").rows.len();
        criterion.bench_function(&format!("{name}, {rows} rows"), |bencher| {
            bencher.iter(|| statistics.query(&query).expect("an answer"));
        });
    }
}

criterion_group!(group, benches);
criterion_main!(group);
