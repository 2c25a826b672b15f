//! What a release says of everybody it is about, where members ask that it must not.

use std::collections::BTreeSet;

use essaim::{
    base::{
        id::EnterpriseId,
        period::{Frequency, Period},
    },
    codes::list::TOTAL,
    disclosure::{
        audit,
        error::{AuditFault, DisclosureError},
        protect::protect,
        public,
        rules::{Limits, Rules},
        transcript::Transcript,
    },
    indicators::cube::{Contribution, Cube, CubeCell},
    publication::release::{Cell, Dimension, Release, Table},
};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use super::{
    RULES,
    hub::{self, Hub},
    release, small,
};

/// As the others, and nothing said of all of less than so many.
fn rules(group_contributors_min: u32) -> Rules {
    Rules { general: Limits { group_contributors_min, ..RULES.general }, ..RULES.clone() }
}

fn quarter() -> Period {
    hub::period(Frequency::Quarterly, 0)
}

/// A cell to which so many enterprises, counted from `first`, add these values each.
fn cell(first: u8, count: u8, values: &[i64]) -> CubeCell {
    let one = |number: u8| Contribution {
        enterprise: EnterpriseId::from_bytes([number; 16]),
        holding: None,
        values: values.to_vec(),
    };
    let sum = values.iter().map(|value| value * i64::from(count));
    CubeCell { values: sum.collect(), contributors: (first..first + count).map(one).collect() }
}

fn cube(population: &str, dimensions: Vec<Dimension>, cells: Vec<CubeCell>) -> Cube {
    let catalogue = hub::catalogue();
    let measures = &catalogue.population(population).unwrap().measures;
    Cube {
        population: population.into(),
        period: quarter(),
        dimensions,
        measures: measures.iter().map(|one| one.id.clone()).collect(),
        cells,
    }
}

fn total(population: &str, enterprises: u8, values: &[i64]) -> Cube {
    cube(population, Vec::new(), vec![cell(0, enterprises, values)])
}

/// Enterprises by size class.
fn by_size(counts: [u8; 3]) -> Cube {
    let codes = [TOTAL, "MICRO", "PETITE", "MOYENNE"].map(String::from).to_vec();
    let mut first = 0;
    let mut cells = vec![cell(0, counts.iter().sum(), &[1])];
    for count in counts {
        cells.push(cell(first, count, &[1]));
        first += count;
    }
    cube(
        "enterprises_followed",
        vec![Dimension { id: "size".into(), codes, list_version: 1 }],
        cells,
    )
}

fn bare(cube: &Cube) -> Table {
    Table {
        population: cube.population.clone(),
        period: cube.period,
        dimensions: cube.dimensions.clone(),
        measures: cube.measures.clone(),
        cells: cube.cells.iter().map(|cell| Cell(Some(cell.values.clone()))).collect(),
    }
}

/// Whether the audit lets the cubes pass with nothing hidden.
fn passes_bare(rules: &Rules, cubes: &[Cube]) -> bool {
    let tables: Vec<Table> = cubes.iter().map(bare).collect();
    match audit::audit(&hub::catalogue(), rules, cubes, &tables, &Transcript::default(), &[]) {
        Ok(_) => true,
        Err(DisclosureError::AuditFailed { fault: AuditFault::CountPinned, .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

/// The release of the cubes with the rules.
fn published(rules: &Rules, cubes: &[Cube]) -> Release {
    let protected = protect(&hub::catalogue(), rules, cubes, &Transcript::default()).unwrap();
    release(0, protected.tables.iter().map(|safe| safe.table().clone()).collect())
}

fn hidden(release: &Release) -> usize {
    release.tables.iter().flat_map(|table| &table.cells).filter(|cell| cell.0.is_none()).count()
}

/// Cubes that say the same of five enterprises, and with how many hidden cells nothing is said.
fn cases() -> Vec<(Vec<Cube>, &'static str)> {
    let due = || total("requests_due", 5, &[1]);
    vec![
        (vec![due(), total("requests_timely", 5, &[1])], "all in time"),
        (vec![due(), total("requests_timely", 0, &[1])], "none in time"),
        (vec![total("answers_rated", 5, &[2, 10])], "all content"),
        (vec![total("answers_rated", 5, &[2, 2])], "nobody content"),
        (vec![by_size([0, 5, 0])], "all of a size"),
    ]
}

#[test]
fn nothing_is_said_of_all_of_a_small_group_where_that_is_asked_for() {
    for (cubes, words) in cases() {
        assert!(passes_bare(&RULES, &cubes), "{words}: not asked for");
        assert!(passes_bare(&rules(5), &cubes), "{words}: as many as asked for");
        assert!(!passes_bare(&rules(6), &cubes), "{words}: one less");
        assert_eq!(hidden(&published(&rules(5), &cubes)), 0, "{words}");
        assert!(hidden(&published(&rules(6), &cubes)) > 0, "{words}");
    }
}

#[test]
fn what_is_not_the_same_for_all_is_published() {
    for cubes in [
        vec![total("requests_due", 9, &[1]), total("requests_timely", 5, &[1])],
        vec![total("answers_rated", 5, &[2, 9])],
        vec![by_size([4, 5, 0])],
        // Nothing is said of nobody.
        vec![total("requests_due", 0, &[1]), total("requests_timely", 0, &[1])],
    ] {
        assert!(passes_bare(&rules(20), &cubes));
        assert_eq!(hidden(&published(&rules(20), &cubes)), 0);
    }
}

#[test]
fn a_zero_that_says_it_of_all_may_be_another_number_for_readers() {
    let cubes = [total("requests_due", 5, &[1]), total("requests_timely", 0, &[1])];
    let release = published(&rules(6), &cubes);
    let intervals = public::intervals(&hub::catalogue(), &[release]).unwrap();
    let timely = intervals.iter().find(|one| one.table == 1).unwrap();
    assert_eq!((timely.lower, timely.upper), (0, Some(5)));
}

#[test]
fn what_was_not_said_once_is_not_said_later() {
    let cubes = [total("requests_due", 5, &[1]), total("requests_timely", 5, &[1])];
    let protected = protect(&hub::catalogue(), &rules(6), &cubes, &Transcript::default()).unwrap();
    let mut transcript = Transcript::default();
    transcript.append(protected.frozen);
    let read = Transcript::from_bytes(&transcript.to_bytes()).unwrap();
    assert_eq!(read.releases()[0].differences.len(), 1);
    assert!(read.releases()[0].differences[0].about.is_some());
    let later = Hub::new(3, small(3)).release(&hub::catalogue(), &hub::plan(), 1);
    assert!(protect(&hub::catalogue(), &RULES, &later, &read).is_ok());
}

#[test]
fn who_stands_in_the_group_is_remembered_though_the_group_is_published() {
    let mut cubes = [total("requests_due", 5, &[1]), total("requests_timely", 0, &[1])];
    // Of a year's figures nobody's parts are kept for their own sake.
    cubes.iter_mut().for_each(|cube| cube.period = cube.period.whole_year());
    let found = protect(&hub::catalogue(), &rules(6), &cubes, &Transcript::default()).unwrap();
    assert!(found.tables[0].table().cells[0].0.is_some(), "the group is published");
    let kept = found.frozen.contributions.unwrap().contributions;
    assert_eq!(kept.iter().filter(|one| one.table == 0).count(), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Of ratios alone: whole rows of one size are the rule in hubs this small.
    #[test]
    fn no_ratio_of_a_hub_says_the_same_of_a_small_group(seed in any::<u64>()) {
        let (catalogue, plan) = (hub::catalogue(), hub::plan());
        let cubes = Hub::new(seed, small(seed)).release(&catalogue, &plan, 0);
        let rules = rules(6);
        let protected = protect(&catalogue, &rules, &cubes, &Transcript::default()).unwrap();
        for (whole, part) in [
            ("requests_due", "requests_timely"),
            ("requests_received", "requests_received_answered"),
            ("answers", "answers_remote"),
        ] {
            let at = |population: &str| {
                cubes.iter().position(|one| one.population == population && one.dimensions.is_empty())
            };
            let Some((whole, part)) = at(whole).zip(at(part)) else { continue };
            let shown = |cube: usize| protected.tables[cube].table().cells[0].0.clone();
            let Some((all, some)) = shown(whole).zip(shown(part)) else { continue };
            let who: BTreeSet<_> =
                cubes[whole].cells[0].contributors.iter().map(|one| one.enterprise).collect();
            let says_it_of_all = all[0] > 0 && (some[0] == 0 || some[0] == all[0]);
            prop_assert!(!says_it_of_all || who.len() >= 6, "{all:?} {some:?}");
        }
    }
}
