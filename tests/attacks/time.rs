//! Releases one after the other (attack 7): quarters are subtracted from their year, stocks from
//! each other, and what comes late or is withdrawn is the difference. Guarded against by the
//! transcript, which makes all earlier releases part of the system.

use std::collections::BTreeMap;

use essaim::{
    base::{id::EnterpriseId, period::Frequency},
    disclosure::{protect::protect, rules::Rules, transcript::Transcript},
    indicators::cube::Cube,
    publication::release::Table,
};

use crate::{
    hub::{self, Hub, Scale},
    reals,
    releases::{self, Name, Reading, truth},
};

/// Fewer enterprises than these are few.
pub const FEW: usize = 3;
pub const RULES: Rules = Rules::new(FEW as u32, 15);

pub fn small(seed: u64) -> Hub {
    let scale = Scale {
        enterprises: 5 + (seed % 11) as usize,
        requests: 14 + (seed % 23) as usize,
        filieres: 2 + (seed % 2) as usize,
        regions: 2 + (seed % 3) as usize,
        late_percent: 0,
    };
    Hub::new(seed, scale)
}

/// What a hub publishes in a year, release by release.
pub struct Year {
    pub cubes: Vec<Vec<Cube>>,
    pub tables: Vec<Vec<Table>>,
}

/// Four quarters, the last one with the year. `forget` makes of the transcript what the protector
/// is shown of it.
pub fn publish(hub: &Hub, forget: impl Fn(&Transcript) -> Transcript) -> Year {
    let (catalogue, plan) = (hub::catalogue(), hub::plan());
    let mut transcript = Transcript::default();
    let mut year = Year { cubes: Vec::new(), tables: Vec::new() };
    for quarter in 0..4 {
        let cubes = hub.release(&catalogue, &plan, quarter);
        let protected = protect(&catalogue, &RULES, &cubes, &forget(&transcript)).unwrap();
        year.tables.push(protected.tables.iter().map(|safe| safe.table().clone()).collect());
        year.cubes.push(cubes);
        transcript.append(protected.frozen);
    }
    year
}

/// The sensitive figures that are recovered from all releases together.
fn recovered(year: &Year) -> Vec<Name> {
    let truth = truth(&year.cubes);
    let mut reading = Reading::new(&hub::catalogue(), &year.tables);
    reading.guess(&truth);
    reading.recovered(&truth, FEW)
}

#[test]
fn nothing_sensitive_is_had_from_a_year_of_releases() {
    let mut forgotten = 0;
    for seed in 0..4 {
        let hub = small(seed);
        assert_eq!(recovered(&publish(&hub, Transcript::clone)), [], "hub {seed}");
        forgotten += recovered(&publish(&hub, |_| Transcript::default())).len();
    }
    println!("{forgotten} recovered where history was ignored");
    assert!(forgotten > 0);
}

/// The differences between years and their quarters to which few enterprises add, and that are
/// recovered exactly.
fn late(year: &Year) -> Vec<Name> {
    let catalogue = hub::catalogue();
    let truth = truth(&year.cubes);
    let mut reading = Reading::new(&catalogue, &year.tables);
    reading.guess(&truth);
    let mut asked = BTreeMap::new();
    let names: Vec<Name> = reading.number_of.keys().cloned().collect();
    for name in names.iter().filter(|name| name.period.frequency() == Frequency::Annual) {
        let population = catalogue.population(&name.population).unwrap();
        let measure = population.measures.iter().position(|one| one.id == name.measure).unwrap();
        let quarter = |period| Name { period, ..name.clone() };
        let quarters = name.period.quarters().map(quarter);
        let numbers: Option<Vec<usize>> =
            quarters.iter().map(|one| reading.number_of.get(one).copied()).collect();
        let Some(numbers) = numbers.filter(|_| population.measures[measure].additive_over_time)
        else {
            continue;
        };
        let mut own: BTreeMap<EnterpriseId, i64> = BTreeMap::new();
        for (period, sign) in [(name, 1)].into_iter().chain(quarters.iter().map(|one| (one, -1))) {
            for one in &releases::cell(&year.cubes, period).contributors {
                *own.entry(one.enterprise).or_default() += sign * one.values[measure];
            }
        }
        own.retain(|_, own| *own != 0);
        let difference: i64 = own.values().sum();
        if difference == 0 || own.len() >= FEW {
            continue;
        }
        let number = reading.knowledge.add(-DIFFERENCE_MAX, Some(DIFFERENCE_MAX));
        let quarters = numbers.into_iter().map(|quarter| (quarter, -1));
        let known = [(reading.number_of[name], 1), (number, -1)];
        reading.knowledge.equation(known.into_iter().chain(quarters).collect());
        asked.insert(number, (name.clone(), difference));
    }
    let numbers: Vec<usize> = asked.keys().copied().collect();
    let mut had = Vec::new();
    for (number, value) in reals::recovered(&reading.knowledge, &numbers, 0.0) {
        let (name, difference) = &asked[&number];
        assert_eq!(value.round() as i64, *difference, "the attack does not guess: {name:?}");
        had.push(name.clone());
    }
    had
}

/// No difference of a test hub is as large.
const DIFFERENCE_MAX: i64 = 1 << 40;

#[test]
fn nobody_has_what_few_enterprises_sent_late() {
    let mut forgotten = 0;
    for seed in 0..4 {
        let scale =
            Scale { enterprises: 60, requests: 300, filieres: 2, regions: 2, late_percent: 2 };
        let hub = Hub::new(seed, scale);
        let year = publish(&hub, Transcript::clone);
        assert_eq!((late(&year), recovered(&year)), (vec![], vec![]), "hub {seed}");
        forgotten += late(&publish(&hub, |_| Transcript::default())).len();
    }
    println!("{forgotten} differences had where history was ignored");
    assert!(forgotten > 0);
}
