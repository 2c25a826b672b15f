//! What is published without being written (attack 13): lengths, orders and digests. Whoever can try
//! all tables compares each of them with whatever was computed from the true one. Guarded against by
//! publishing nothing that is: tables that look alike are published alike, byte for byte.

use std::collections::BTreeSet;

use essaim::{
    base::{dice::Dice, id::EnterpriseId, period::Frequency},
    disclosure::{protect::protect, tabular::rules::Attacker, transcript::Transcript},
    indicators::cube::{Contribution, Cube, CubeCell},
    publication::release::{Dimension, Release},
};

use crate::{
    hub,
    survey::{Beside, Key, Sheet, Survey, codes},
    time::RULES,
    whole,
};

/// Twins of one table that are looked at.
const TWINS_MAX: usize = 24;
/// Tables that are tried against a digest.
const TABLES_MAX: usize = 20_000;

fn survey(seed: u64) -> Survey {
    let mut dice = Dice::new(seed, 9);
    Survey::random_counts(vec![Key::flat("region", 3), Key::flat("filiere", 3)], &mut dice, 8)
}

/// Other tables that fit what is published.
fn twins(survey: &Survey, sheet: &Sheet) -> Vec<Survey> {
    let knowledge = sheet.knowledge(&Beside { least: 1, ..Beside::default() });
    let tables = whole::all(&knowledge, TWINS_MAX);
    tables.iter().map(|values| survey.with_counts(values)).collect()
}

#[test]
fn intervals_of_tables_that_look_alike_are_alike() {
    let mut compared = 0;
    for seed in 0..16 {
        let survey = survey(seed);
        let Ok((sheet, protected)) = survey.protect(&Attacker::ALL) else { continue };
        for twin in twins(&survey, &sheet) {
            let Ok((other, twin)) = twin.protect(&Attacker::ALL) else { continue };
            if other == sheet {
                assert_eq!(twin.intervals, protected.intervals, "seed {seed}");
                compared += 1;
            }
        }
    }
    println!("{compared} twins compared");
    assert!(compared > 20);
}

/// The table as a cube of requests, each of another enterprise.
fn cube(survey: &Survey) -> Cube {
    let dimensions = survey.keys.iter().map(|key| Dimension {
        id: key.name.into(),
        list_version: 1,
        codes: [essaim::codes::list::TOTAL.into()]
            .into_iter()
            .chain(key.codes[1..].to_vec())
            .collect(),
    });
    let mut parts = vec![Vec::new(); survey.figures.len()];
    let mut next = 0_u64;
    for place in 0..survey.figures.len() {
        let at = codes(&survey.keys, place);
        if at.contains(&0) {
            continue;
        }
        for _ in 0..survey.figures[place].count {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&next.to_be_bytes());
            next += 1;
            let columns = survey.keys[1].codes.len();
            for place in [0, at[1], at[0] * columns, place] {
                let enterprise = EnterpriseId::from_bytes(id);
                parts[place].push(Contribution { enterprise, holding: None, values: vec![1] });
            }
        }
    }
    let cell = |contributors: Vec<Contribution>| CubeCell {
        values: vec![contributors.len() as i64],
        contributors,
    };
    Cube {
        population: "requests_received".into(),
        period: hub::period(Frequency::Annual, 3),
        dimensions: dimensions.collect(),
        measures: vec!["requests".into()],
        cells: parts.into_iter().map(cell).collect(),
    }
}

/// The bytes that leave the hub, and how many its memory of them has.
fn published(survey: &Survey) -> Option<(Release, usize)> {
    let nothing = Transcript::default();
    let protected = protect(&hub::catalogue(), &RULES, &[cube(survey)], &nothing).ok()?;
    let release = Release {
        member: "ML".parse().unwrap(),
        area: "ML".into(),
        period: hub::period(Frequency::Quarterly, 3),
        catalogue_version: hub::catalogue().version,
        plan_version: 1,
        tables: protected.tables.iter().map(|safe| safe.table().clone()).collect(),
    };
    Some((release, protected.frozen.to_bytes().len()))
}

#[test]
fn releases_of_tables_that_look_alike_are_the_same_bytes() {
    let (mut compared, mut inside) = (0, BTreeSet::new());
    for seed in 0..16 {
        let survey = survey(seed);
        let Some((release, length)) = published(&survey) else { continue };
        let cells = &release.tables[0].cells;
        let sheet = survey.sheet(|place| cells[place].0.is_none());
        for twin in twins(&survey, &sheet) {
            let Some((other, other_length)) = published(&twin) else { continue };
            let marks = |release: &Release| -> Vec<bool> {
                release.tables[0].cells.iter().map(|cell| cell.0.is_some()).collect()
            };
            if marks(&other) == marks(&release) {
                assert_eq!(other.to_bytes(), release.to_bytes(), "seed {seed}");
                compared += 1;
                inside.insert((seed, length, other_length));
            }
        }
    }
    println!("{compared} twins compared");
    assert!(compared > 20);
    // What stays inside would tell twins apart by its mere length.
    assert!(inside.iter().any(|(_, length, other)| length != other));
}

/// What one who tries all tables recovers with a digest of the hidden values.
fn by_digest(sheet: &Sheet, digest: [u8; 32]) -> Option<Vec<i64>> {
    let tables = whole::all(&sheet.knowledge(&Beside::default()), TABLES_MAX);
    let mut fitting = tables.into_iter().filter(|values| digest_of(sheet, values) == digest);
    fitting.next()
}

fn digest_of(sheet: &Sheet, values: &[i64]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for place in sheet.hidden() {
        hasher.update(&values[place].to_be_bytes());
    }
    hasher.finalize().into()
}

#[test]
fn a_digest_of_hidden_values_would_give_them_all_away() {
    let mut had = 0;
    for seed in 0..8 {
        let survey = survey(seed);
        let Ok((sheet, _)) = survey.protect(&Attacker::ALL) else { continue };
        let truth: Vec<i64> = survey.figures.iter().map(|figure| figure.value).collect();
        if by_digest(&sheet, digest_of(&sheet, &truth)) == Some(truth) {
            had += sheet.hidden().len();
        }
    }
    println!("{had} cells recovered");
    assert!(had > 10);
}
