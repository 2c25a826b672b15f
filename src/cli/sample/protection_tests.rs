//! The sample's hubs through disclosure control: what the demo promises, without its nodes.

use std::sync::Arc;

use jiff::{ToSpan, civil::Date};

use crate::{
    base::{clock::ManualClock, period::Frequency},
    cli::sample::{SampleQuarter, hub},
    codes::embedded::Codes,
    disclosure::{
        protect::protect,
        public::check::{Known, Verdict, check},
        rules::Rules,
        transcript::Transcript,
    },
    indicators::{
        count::{CubeRequest, cubes},
        cube::Cube,
    },
    intake::{import::Importer, mapping::Mapping},
    publication::release::{Release, Table},
    records::repository::Repository,
    store::{SharedStore, memory::MemoryStore},
};

const LAST_YEAR: i16 = 2026;
/// What the demo's hubs configure.
const RULES: Rules = Rules::new(3, 15);

/// The cubes of the eight releases of a hub, counted from its files as the demo does.
fn cubes_of_releases(seed: u64, member: &str) -> Vec<Vec<Cube>> {
    let hub = hub(seed, member, LAST_YEAR).unwrap();
    let clock = Arc::new(ManualClock::at_noon(Date::constant(LAST_YEAR, 1, 1)));
    let codes = Arc::new(Codes::embedded());
    let store: SharedStore = Arc::new(MemoryStore::default());
    let area = member.parse().unwrap();
    let repository = Repository::new(store.clone(), clock.clone(), codes.clone(), area);
    let release = |quarter: &crate::cli::sample::SampleQuarter| {
        let closing_day = quarter.period.last_day().saturating_add(30.days());
        clock.set_noon(closing_day);
        for (file, mapping) in quarter.files.iter().zip(&hub.mappings) {
            let mapping = Mapping::from_toml(mapping).unwrap();
            let importer = Importer::new(&repository, &store, &codes, &mapping, "tests").unwrap();
            importer.run(&file.bytes[..], false, &mut |_| {}).unwrap();
        }
        let mut tables: Vec<_> = codes.plan().tables(Frequency::Quarterly).collect();
        if quarter.period.ends_year() {
            tables.extend(codes.plan().tables(Frequency::Annual));
        }
        let request = CubeRequest {
            codes: &codes,
            area: member,
            tables: &tables,
            period: quarter.period,
            closing_day,
            entered_until: closing_day,
        };
        cubes(&request, &repository).unwrap()
    };
    hub.quarters.iter().map(release).collect()
}

/// The releases of a hub as they are published.
fn releases(seed: u64, member: &str) -> Vec<Release> {
    let codes = Codes::embedded();
    let mut transcript = Transcript::default();
    let hub = hub(seed, member, LAST_YEAR).unwrap();
    let release = |(cubes, quarter): (Vec<Cube>, &SampleQuarter)| {
        let protected = protect(codes.catalogue(), &RULES, &cubes, &transcript).unwrap();
        let tables = protected.tables.iter().map(|safe| safe.table().clone()).collect();
        transcript.append(protected.frozen);
        Release {
            member: member.parse().unwrap(),
            area: member.into(),
            period: quarter.period,
            catalogue_version: codes.catalogue().version,
            plan_version: codes.plan().version,
            tables,
        }
    };
    cubes_of_releases(seed, member).into_iter().zip(&hub.quarters).map(release).collect()
}

/// The tables of the years as they would be published.
fn years(seed: u64, member: &str) -> Vec<Table> {
    let codes = Codes::embedded();
    let mut transcript = Transcript::default();
    let mut years = Vec::new();
    for cubes in cubes_of_releases(seed, member) {
        let protected = protect(codes.catalogue(), &RULES, &cubes, &transcript).unwrap();
        let tables = protected.tables.iter().map(|safe| safe.table().clone());
        years.extend(tables.filter(|table| table.period.frequency() == Frequency::Annual));
        transcript.append(protected.frozen);
    }
    years
}

/// With this seed the hub has one request open at the end of a quarter, which only hiding what
/// was received or answered can protect. Hiding the latter without a thought for the year once
/// took the year's total with it.
#[test]
fn the_years_of_a_hub_with_a_rare_quarter_are_published() {
    let years = years(5, "TG");
    let asked: Vec<_> = years
        .iter()
        .filter(|table| ["requests_received", "requests_answered"].contains(&&*table.population))
        .filter(|table| table.dimensions.len() == 2)
        .collect();
    assert_eq!(asked.len(), 6);
    let (mut published, mut all) = (0, 0);
    for table in asked {
        assert!(table.cells[0].0.is_some(), "{} {}", table.population, table.period);
        let filieres = (1..table.dimensions[0].codes.len())
            .map(|code| &table.cells[code * table.dimensions[1].codes.len()].0)
            .filter(|cell| cell.as_ref().is_none_or(|values| values[0] > 0));
        for cell in filieres {
            all += 1;
            published += usize::from(cell.is_some());
        }
    }
    assert!(published * 100 >= all * 60, "{published} of {all} cells by filière");
}

/// With this seed a secondary cell of both years, which the audit does not ask to protect, could be
/// told exactly: then a receiver cannot see that nothing is wrong.
#[test]
fn a_receiver_finds_nothing_to_tell_in_the_releases_of_a_hub() {
    let codes = Codes::embedded();
    let known = Known { catalogue: codes.catalogue(), plan_version: codes.plan().version };
    let releases = releases(5, "SN");
    let all: Vec<Option<&Release>> = releases.iter().map(Some).collect();
    let verdicts: Vec<Verdict> = check(known, &all).into_iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, vec![Verdict::Verified; 8]);
}
