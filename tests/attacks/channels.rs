//! All channels side by side (attack 17): whatever is published about a cell, in whichever table,
//! release or derived interval, must say the same, or who holds them next to each other learns what
//! each of them hides. Guarded against by one mark for each population cell, kept in the transcript.

use std::collections::{BTreeMap, BTreeSet};

use essaim::{
    base::period::Frequency,
    disclosure::{protect::protect, public, transcript::Transcript},
    publication::release::{Release, Table},
};

use crate::{
    hub,
    releases::{Name, names},
    time::{RULES, publish, small},
};

/// The figures that one table hides and another one shows.
fn shown_elsewhere(tables: &[Vec<Table>]) -> Vec<Name> {
    let (mut hidden, mut shown) = (BTreeSet::new(), BTreeSet::new());
    for table in tables.iter().flatten() {
        for (name, value) in names(table) {
            if value.is_none() {
                hidden.insert(name)
            } else {
                shown.insert(name)
            };
        }
    }
    hidden.intersection(&shown).cloned().collect()
}

/// The measures that a cell shows while it hides others.
fn half_hidden(tables: &[Vec<Table>]) -> usize {
    let mut marks: BTreeMap<(String, String, _), BTreeSet<bool>> = BTreeMap::new();
    for (name, value) in tables.iter().flatten().flat_map(names) {
        let cell = (name.population, name.period.to_string(), name.codes);
        marks.entry(cell).or_default().insert(value.is_some());
    }
    marks.values().filter(|marks| marks.len() > 1).count()
}

#[test]
fn what_one_table_hides_no_other_shows() {
    let mut mutated = 0;
    for seed in 20..24 {
        let hub = small(seed);
        let year = publish(&hub, Transcript::clone);
        assert_eq!(shown_elsewhere(&year.tables), [], "hub {seed}");
        assert_eq!(half_hidden(&year.tables), 0, "hub {seed}");
        let alone = |cube| {
            let nothing = Transcript::default();
            let one = protect(&hub::catalogue(), &RULES, std::slice::from_ref(cube), &nothing);
            one.unwrap().tables[0].table().clone()
        };
        let alone: Vec<Table> = year.cubes[3].iter().map(alone).collect();
        mutated += shown_elsewhere(&[alone]).len();
    }
    println!("{mutated} figures shown by one table and hidden by another when protected apart");
    assert!(mutated > 0);
}

#[test]
fn intervals_that_readers_derive_give_nothing_away_that_tables_do_not() {
    let catalogue = hub::catalogue();
    for seed in 20..24 {
        let year = publish(&small(seed), Transcript::clone);
        let truth = crate::releases::truth(&year.cubes);
        let release = |(quarter, tables): (usize, &Vec<Table>)| Release {
            member: "ML".parse().unwrap(),
            area: "ML".into(),
            period: hub::period(Frequency::Quarterly, quarter),
            catalogue_version: catalogue.version,
            plan_version: 1,
            tables: tables.clone(),
        };
        let releases: Vec<Release> = year.tables.iter().enumerate().map(release).collect();
        let mut seen: BTreeMap<Name, (i64, Option<i64>)> = BTreeMap::new();
        for one in public::intervals(&catalogue, &releases).unwrap() {
            let table = &year.tables[one.release][one.table];
            let place = one.cell * table.measures.len() + one.measure;
            let (name, value) = names(table).swap_remove(place);
            assert_eq!(value, None, "an interval for a published figure: {name:?}");
            let (figure, contributors) = truth[&name];
            let few = figure != 0 && contributors < RULES.general.contributors_min as usize;
            assert!(!few || one.upper != Some(one.lower), "{name:?} {one:?}");
            let interval = (one.lower, one.upper);
            let before = *seen.entry(name.clone()).or_insert(interval);
            assert_eq!(before, interval, "two tables give two intervals: {name:?}");
        }
    }
}
