//! What anyone learns who subtracts quarters from their year, or flows from a stock: records that
//! came late.

use std::collections::{BTreeMap, BTreeSet};

use essaim::{
    base::{id::EnterpriseId, period::Frequency},
    codes::list::TOTAL,
    disclosure::{
        audit,
        error::{AuditFault, DisclosureError},
        protect::protect,
        rules::Rules,
        safe::Protected,
        transcript::Transcript,
    },
    indicators::cube::{Contribution, Cube, CubeCell},
    publication::release::{Cell, Dimension, Table},
};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use super::{
    Published, RULES,
    hub::{self, Hub},
    publish, small,
};

/// What enterprises contribute, by their numbers: each a value per measure.
type Parts = BTreeMap<u8, Vec<i64>>;

fn cell(parts: &Parts, measures: usize) -> CubeCell {
    let mut values = vec![0; measures];
    let contributors = parts.iter().filter(|(_, own)| own.iter().any(|one| *one != 0));
    let contributors = contributors.map(|(enterprise, own)| {
        values.iter_mut().zip(own).for_each(|(value, own)| *value += own);
        Contribution {
            enterprise: EnterpriseId::from_bytes([*enterprise; 16]),
            holding: None,
            values: own.clone(),
        }
    });
    let contributors = contributors.collect();
    CubeCell { values, contributors }
}

/// The table of a population by filière: parts of CEREA and of LAIT.
fn table(population: &str, frequency: Frequency, quarter: usize, filieres: [&Parts; 2]) -> Cube {
    let catalogue = hub::catalogue();
    let measures = &catalogue.population(population).unwrap().measures;
    let mut total = Parts::new();
    for (enterprise, own) in filieres.into_iter().flatten() {
        let sum = total.entry(*enterprise).or_insert_with(|| vec![0; own.len()]);
        sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    let codes = [TOTAL, "CEREA", "LAIT"].map(String::from).into();
    Cube {
        population: population.into(),
        period: hub::period(frequency, quarter),
        dimensions: vec![Dimension { id: "filiere".into(), list_version: 1, codes }],
        measures: measures.iter().map(|measure| measure.id.clone()).collect(),
        cells: [&total, filieres[0], filieres[1]].map(|parts| cell(parts, measures.len())).into(),
    }
}

fn add(all: &mut Parts, parts: &Parts) {
    for (enterprise, own) in parts {
        let sum = all.entry(*enterprise).or_insert_with(|| vec![0; own.len()]);
        sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
}

/// Four releases of one population, the last one with the year: in each quarter ten enterprises of
/// each filière contribute `own`; `late` ones of CEREA are known by the end of the year only.
fn year(population: &str, own: &[i64], late: &Parts) -> Vec<Vec<Cube>> {
    let ten = |first: u8| -> Parts { (first..first + 10).map(|one| (one, own.to_vec())).collect() };
    let (cerea, lait) = (ten(10), ten(20));
    let quarter = |at| table(population, Frequency::Quarterly, at, [&cerea, &lait]);
    let mut releases: Vec<Vec<Cube>> = (0..4).map(|at| vec![quarter(at)]).collect();
    let (mut all_cerea, mut all_lait) = (late.clone(), Parts::new());
    for _ in 0..4 {
        add(&mut all_cerea, &cerea);
        add(&mut all_lait, &lait);
    }
    releases[3].push(table(population, Frequency::Annual, 3, [&all_cerea, &all_lait]));
    releases
}

fn protect_all(rules: &Rules, releases: &[Vec<Cube>]) -> (Vec<Protected>, Transcript) {
    let mut transcript = Transcript::default();
    let mut all = Vec::new();
    for cubes in releases {
        let protected = protect(&hub::catalogue(), rules, cubes, &transcript).unwrap();
        transcript.append(protected.frozen.clone());
        transcript = Transcript::from_bytes(&transcript.to_bytes()).unwrap();
        all.push(protected);
    }
    (all, transcript)
}

/// The tables as they are, nothing hidden.
fn bare(cubes: &[Cube]) -> Vec<Table> {
    let table = |cube: &Cube| Table {
        population: cube.population.clone(),
        period: cube.period,
        dimensions: cube.dimensions.clone(),
        measures: cube.measures.clone(),
        cells: cube.cells.iter().map(|cell| Cell(Some(cell.values.clone()))).collect(),
    };
    cubes.iter().map(table).collect()
}

/// Whether the place can be had by subtraction: its year and all its quarters are published.
fn subtracts(protected: &[Protected], place: usize) -> bool {
    let published = |protected: &Protected, table: usize| {
        protected.tables[table].table().cells[place].0.is_some()
    };
    published(&protected[3], 1) && protected.iter().all(|release| published(release, 0))
}

/// The audit's verdict on a year that hides nothing.
fn verdict_on_bare_year(releases: &[Vec<Cube>]) -> Option<AuditFault> {
    let (_, transcript) = protect_all(&RULES, &releases[..3]);
    let (cubes, tables) = (&releases[3], bare(&releases[3]));
    match audit::audit(&hub::catalogue(), &RULES, cubes, &tables, &transcript, &[]) {
        Ok(_) => None,
        Err(DisclosureError::AuditFailed { fault, .. }) => Some(fault),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn one_enterprises_late_funding_is_not_had_by_subtraction() {
    let late = Parts::from([(10, vec![1, 7_350_000])]);
    let releases = year("funding", &[1, 500_000], &late);
    assert!(verdict_on_bare_year(&releases).is_some(), "the audit sees it");
    let (protected, _) = protect_all(&RULES, &releases);
    for place in [0, 1] {
        assert!(!subtracts(&protected, place), "cell {place}");
    }
    // The last quarter gives way; the year's total is published.
    assert!(protected[3].tables[1].table().cells[0].0.is_some());
    assert_eq!(verdict_on_bare_year(&year("funding", &[1, 500_000], &Parts::new())), None);
}

#[test]
fn late_records_are_protected_as_the_rules_say() {
    let parts = |enterprises: &[u8], own: &[i64]| -> Parts {
        enterprises.iter().map(|one| (*one, own.to_vec())).collect()
    };
    let check = |population: &str, own: &[i64], late: Parts, expected: Option<AuditFault>| {
        assert_eq!(verdict_on_bare_year(&year(population, own, &late)), expected, "{late:?}");
        let (protected, _) = protect_all(&RULES, &year(population, own, &late));
        assert_eq!(subtracts(&protected, 0), expected.is_none(), "{late:?}");
        assert!(protected[3].tables[1].table().cells[0].0.is_some(), "{late:?}");
    };
    let pinned = Some(AuditFault::CountPinned);
    check("requests_received", &[2], parts(&[10], &[1]), pinned);
    check("requests_received", &[2], parts(&[10, 99], &[1]), pinned);
    check("requests_received", &[2], parts(&[10, 11, 99], &[1]), None);
    // Withdrawn since: nothing of what they contributed to four quarters is left.
    check("requests_received", &[2], parts(&[10], &[-8]), pinned);
    check("requests_received", &[2], parts(&[10, 11, 12], &[-8]), None);
    // Late ones and withdrawn ones do not hide each other if the sum shows both.
    let mut both = parts(&[10], &[-8]);
    add(&mut both, &parts(&[98], &[1]));
    check("requests_received", &[2], both, pinned);
    // Three enterprises, one of which towers over the others.
    let mut dominated = parts(&[97, 98, 99], &[1, 10_000]);
    dominated.insert(97, vec![1, 900_000]);
    check("funding", &[1, 500_000], dominated, Some(AuditFault::ValueBounded));
}

/// Puts these enterprises into one holding group.
fn join(cubes: &mut [Cube], group: &str, members: &[u8]) {
    let ids = members.iter().map(|one| EnterpriseId::from_bytes([*one; 16]));
    let ids: BTreeSet<_> = ids.collect();
    for cell in cubes.iter_mut().flat_map(|cube| &mut cube.cells) {
        let joined = cell.contributors.iter_mut().filter(|one| ids.contains(&one.enterprise));
        joined.for_each(|one| one.holding = Some(group.into()));
    }
}

#[test]
fn late_records_of_one_holding_group_are_one_contributors() {
    let late: Parts = [10, 11, 99].map(|one| (one, vec![1])).into();
    let releases = year("requests_received", &[2], &late);
    assert_eq!(verdict_on_bare_year(&releases), None);
    let mut joined = releases.clone();
    joined.iter_mut().for_each(|cubes| join(cubes, "G1", &[10, 99]));
    assert_eq!(verdict_on_bare_year(&joined), Some(AuditFault::CountPinned));
    let (protected, _) = protect_all(&RULES, &joined);
    assert!(!subtracts(&protected, 0));
    // A group that was stated since holds for what was released before.
    let mut joined = releases.clone();
    join(&mut joined[3], "G1", &[10, 99]);
    assert_eq!(verdict_on_bare_year(&joined), Some(AuditFault::CountPinned));
    // One whose member left is none any more.
    let mut left = releases;
    left[..3].iter_mut().for_each(|cubes| join(cubes, "G1", &[10, 99]));
    assert_eq!(verdict_on_bare_year(&left), None);
}

#[test]
fn an_enterprise_in_two_holding_groups_is_refused_with_its_cell() {
    let mut cubes = year("requests_received", &[2], &Parts::new()).remove(0);
    join(&mut cubes, "G1", &[10]);
    let last = cubes[0].cells.len() - 1;
    let member = cubes[0].cells[last].contributors[0].enterprise;
    cubes[0].cells[last].contributors[0].holding = Some("G2".into());
    let elsewhere = cubes[0].cells[0].contributors.iter_mut();
    elsewhere.filter(|one| one.enterprise == member).for_each(|one| one.holding = None);
    let refused = protect(&hub::catalogue(), &RULES, &cubes, &Transcript::default());
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("filiere=LAIT: an enterprise stands in two holding groups"), "{text}");
}

#[test]
fn a_difference_stays_protected_in_later_years() {
    let late = Parts::from([(10, vec![1])]);
    let mut releases = year("requests_received", &[2], &late);
    let (protected, transcript) = protect_all(&RULES, &releases);
    assert!(!subtracts(&protected, 0));
    assert!(transcript.releases()[3].differences.len() >= 2, "the filière's and the total's");
    let more = year("requests_received", &[2], &Parts::new());
    let mut next = more[0].clone();
    next[0].period = hub::period(Frequency::Quarterly, 4);
    releases.push(next.clone());
    protect(&hub::catalogue(), &RULES, &next, &transcript).unwrap();
    // A later version of the hidden quarter would tell; there is no way to publish one.
    let again = &releases[3][..1];
    let refused = audit::audit(&hub::catalogue(), &RULES, again, &bare(again), &transcript, &[]);
    assert!(refused.is_err());
}

#[test]
fn without_memory_of_who_contributed_a_difference_counts_as_one_enterprises() {
    let late: Parts = (90..99).map(|one| (one, vec![1])).collect();
    let releases = year("requests_received", &[2], &late);
    let (_, whole) = protect_all(&RULES, &releases[..3]);
    let last = |transcript: &Transcript| {
        protect(&hub::catalogue(), &RULES, &releases[3], transcript).unwrap().frozen.differences
    };
    assert!(last(&whole).is_empty());
    let mut forgetful = Transcript::default();
    for release in whole.releases() {
        let mut release = release.clone();
        release.contributions = None;
        forgetful.append(release);
    }
    assert!(!last(&forgetful).is_empty());
}

#[test]
fn a_year_with_one_quarter_is_less_than_that_quarter_is_protected_too() {
    // The hub begins with the fourth quarter; one enterprise was there before.
    let late = Parts::from([(10, vec![1])]);
    let ten: Parts = (10..20).map(|one| (one, vec![2])).collect();
    let mut before = ten.clone();
    add(&mut before, &late);
    let cubes = [
        table("requests_received", Frequency::Quarterly, 3, [&ten, &ten]),
        table("requests_received", Frequency::Annual, 3, [&before, &ten]),
    ];
    let (catalogue, nothing) = (hub::catalogue(), Transcript::default());
    let bare = audit::audit(&catalogue, &RULES, &cubes, &bare(&cubes), &nothing, &[]);
    assert!(matches!(bare, Err(DisclosureError::AuditFailed { .. })));
    let protected = protect(&catalogue, &RULES, &cubes, &nothing).unwrap();
    let published = |table: usize| protected.tables[table].table().cells[0].0.is_some();
    assert!(published(1) && !published(0));
}

#[test]
fn a_stock_that_its_flows_do_not_explain_is_protected() {
    let total = |population: &str, quarter, enterprises: &[u8]| {
        let parts: Parts = enterprises.iter().map(|one| (*one, vec![1])).collect();
        let mut cube = table(population, Frequency::Quarterly, quarter, [&parts, &Parts::new()]);
        cube.dimensions.clear();
        cube.cells.truncate(1);
        cube
    };
    let release = |quarter, open: &[u8], received: &[u8]| {
        vec![
            total("requests_received", quarter, received),
            total("requests_answered", quarter, &[]),
            total("requests_closed_unanswered", quarter, &[]),
            total("requests_open", quarter, open),
        ]
    };
    let first = release(0, &[1, 2, 3, 4], &[1, 2, 3, 4]);
    let received = [11, 12, 13, 14];
    let second = |late: &[u8]| {
        let open = [&[1, 2, 3, 4][..], &received, late].concat();
        release(1, &open, &received)
    };
    let all_published = |late: &[u8]| {
        let (protected, _) = protect_all(&RULES, &[first.clone(), second(late)]);
        protected[1].tables.iter().all(|table| table.table().cells[0].0.is_some())
    };
    assert!(all_published(&[]));
    assert!(all_published(&[21, 22, 23]));
    assert!(!all_published(&[21]));
}

/// Who contributes what to each country or filière cell of a population and period.
fn contributions(published: &Published) -> BTreeMap<(String, String, Vec<String>), Parted> {
    let mut all = BTreeMap::new();
    for (cubes, release) in published.cubes.iter().zip(&published.releases) {
        for (cube, table) in cubes.iter().zip(&release.tables) {
            for (place, cell) in cube.cells.iter().enumerate() {
                let (mut rest, mut key) = (place, Vec::new());
                for dimension in cube.dimensions.iter().rev() {
                    let code = &dimension.codes[rest % dimension.codes.len()];
                    rest /= dimension.codes.len();
                    key.extend((code != TOTAL).then(|| format!("{}={code}", dimension.id)));
                }
                key.sort();
                let parts = cell.contributors.iter();
                let parts = parts.map(|one| (one.enterprise, one.values[0])).collect();
                let published = table.cells[place].0.is_some();
                let name = (cube.population.clone(), cube.period.to_string(), key);
                all.insert(name, Parted { published, parts });
            }
        }
    }
    all
}

struct Parted {
    published: bool,
    parts: BTreeMap<EnterpriseId, i64>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nobody_subtracts_what_few_enterprises_sent_late(seed in any::<u64>()) {
        let scale = hub::Scale { late_percent: 15, ..small(seed) };
        let published = publish(&Hub::new(seed, scale), 4);
        let all = contributions(&published);
        let catalogue = hub::catalogue();
        for ((population, period, key), year) in &all {
            let additive = catalogue.population(population).unwrap().measures[0].additive_over_time;
            if period != "2025" || !additive {
                continue;
            }
            let quarter = |at| all.get(&(population.clone(), format!("2025-Q{at}"), key.clone()));
            let Some(quarters) = (1..=4).map(quarter).collect::<Option<Vec<_>>>() else { continue };
            let mut late = year.parts.clone();
            for (enterprise, own) in quarters.iter().flat_map(|quarter| &quarter.parts) {
                *late.entry(*enterprise).or_default() -= own;
            }
            let own: BTreeSet<_> = late.iter().filter(|(_, part)| **part != 0).collect();
            let difference: i64 = late.values().sum();
            let open = year.published && quarters.iter().all(|quarter| quarter.published);
            prop_assert!(
                difference == 0 || own.len() >= 3 || !open,
                "{population} {key:?}: {difference} from {} enterprises",
                own.len()
            );
        }
    }
}
