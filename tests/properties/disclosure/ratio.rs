//! What anyone learns who subtracts the numerator of a ratio from its denominator.

use std::collections::BTreeMap;

use essaim::{
    base::{id::EnterpriseId, period::Frequency},
    codes::catalogue::IndicatorKind,
    disclosure::{
        audit,
        error::{AuditFault, DisclosureError},
        protect::protect,
        transcript::{Protection, Transcript},
    },
    indicators::cube::{Contribution, Cube, CubeCell},
    publication::release::{Cell, Table},
};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use super::{
    RULES,
    hub::{self, Hub},
    publish, small,
};

/// A country's total: one of each of so many enterprises, the first `several` times that.
fn total(population: &str, enterprises: u8, several: i64) -> Cube {
    let one = |number: u8| Contribution {
        enterprise: EnterpriseId::from_bytes([number; 16]),
        holding: None,
        values: vec![if number == 0 { several } else { 1 }],
    };
    let contributors: Vec<_> = (0..enterprises).map(one).collect();
    let values = vec![contributors.iter().map(|one| one.values[0]).sum()];
    let measure = hub::catalogue().population(population).unwrap().measures[0].id.clone();
    Cube {
        population: population.into(),
        period: hub::period(Frequency::Quarterly, 0),
        dimensions: Vec::new(),
        measures: vec![measure],
        cells: vec![CubeCell { values, contributors }],
    }
}

fn women(of: u8, led: u8) -> [Cube; 2] {
    [total("enterprises_sex_known", of, 1), total("enterprises_led_by_women", led, 1)]
}

/// Which of the totals are published.
fn published(cubes: &[Cube]) -> Vec<bool> {
    let protected = protect(&hub::catalogue(), &RULES, cubes, &Transcript::default()).unwrap();
    protected.tables.iter().map(|table| table.table().cells[0].0.is_some()).collect()
}

/// The audit's verdict on tables that hide nothing.
fn verdict_on_bare(cubes: &[Cube]) -> Option<AuditFault> {
    let table = |cube: &Cube| Table {
        population: cube.population.clone(),
        period: cube.period,
        dimensions: cube.dimensions.clone(),
        measures: cube.measures.clone(),
        cells: cube.cells.iter().map(|cell| Cell(Some(cell.values.clone()))).collect(),
    };
    let tables: Vec<_> = cubes.iter().map(table).collect();
    match audit::audit(&hub::catalogue(), &RULES, cubes, &tables, &Transcript::default(), &[]) {
        Ok(_) => None,
        Err(DisclosureError::AuditFailed { fault, .. }) => Some(fault),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn seven_of_eight_led_by_women_do_not_tell_of_the_one_led_by_a_man() {
    for men in [1, 2] {
        let cubes = women(8, 8 - men);
        assert_eq!(published(&cubes).iter().filter(|shown| **shown).count(), 1, "{men} men");
        assert_eq!(verdict_on_bare(&cubes), Some(AuditFault::CountPinned));
    }
    // Three men are as many as the rule asks for.
    assert_eq!(published(&women(8, 5)), [true, true]);
    assert_eq!(verdict_on_bare(&women(8, 5)), None);
}

#[test]
fn a_complement_is_of_those_who_are_not_in_the_numerator_whole() {
    // All four requests without an answer in time are of one enterprise, which has a fifth in time.
    let due = total("requests_due", 5, 5);
    let timely = total("requests_timely", 5, 1);
    assert!(published(&[due.clone(), timely]).contains(&false));
    // All four are of different enterprises.
    let timely = total("requests_timely", 1, 5);
    let protected = published(&[due, timely]);
    // The numerator rests on one enterprise by itself; the denominator need not be hidden.
    assert_eq!(protected, [true, false]);
}

#[test]
fn the_complement_stays_in_the_memory_of_later_releases() {
    let cubes = women(8, 7);
    let protected = protect(&hub::catalogue(), &RULES, &cubes, &Transcript::default()).unwrap();
    let kept = &protected.frozen.differences;
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].terms.len(), kept[0].protection), (2, Protection::NotExact));
}

fn parts(cell: &CubeCell) -> BTreeMap<EnterpriseId, i64> {
    cell.contributors.iter().map(|one| (one.enterprise, one.values[0])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Recomputed from the cubes alone, without the code that is tested.
    #[test]
    fn no_ratio_of_a_hub_publishes_both_parts_where_few_are_left(seed in any::<u64>()) {
        let catalogue = hub::catalogue();
        let published = publish(&Hub::new(seed, small(seed)), 4);
        let mut cells = BTreeMap::new();
        for (cubes, release) in published.cubes.iter().zip(&published.releases) {
            for (cube, table) in cubes.iter().zip(&release.tables) {
                for (place, (cell, shown)) in cube.cells.iter().zip(&table.cells).enumerate() {
                    let ids: Vec<_> = cube.dimensions.iter().map(|one| one.id.clone()).collect();
                    let key = (cube.population.clone(), cube.period.to_string(), ids, place);
                    cells.insert(key, (cell, shown.0.is_some()));
                }
            }
        }
        let ratios = catalogue.indicators.iter().filter(|one| one.kind == IndicatorKind::Ratio);
        for indicator in ratios {
            let whole = &indicator.denominator.as_ref().unwrap().population;
            for ((population, period, ids, place), (cell, shown)) in &cells {
                let part = &indicator.numerator.population;
                let part = (part.clone(), period.clone(), ids.clone(), *place);
                let part = cells.get(&part).filter(|_| population == whole);
                let Some((part, part_shown)) = part else { continue };
                let (all, taken) = (parts(cell), parts(part));
                let left = all.iter().filter(|(id, own)| taken.get(id).unwrap_or(&0) != *own);
                let left = left.count();
                let both = *shown && *part_shown;
                prop_assert!(left == 0 || left >= 3 || !both, "{population} {period} {place}");
            }
        }
    }
}
