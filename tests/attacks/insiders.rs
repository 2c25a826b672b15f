//! Contributors as attackers (attack 4): whoever is alone in a cell knows its figure and need only
//! subtract it. Guarded against by protecting for each of them.

use std::collections::{BTreeMap, BTreeSet};

use essaim::{
    base::{dice::Dice, id::EnterpriseId},
    disclosure::{tabular::rules::Attacker, transcript::Transcript},
};

use crate::{
    hub, reals,
    releases::{self, Name, Reading},
    survey::{Beside, EXACT_PARTS, Key, Sheet, Survey, turnover},
    time::{FEW, Year, publish, small},
    whole,
};

const WITHOUT_INSIDERS: [Attacker; 4] = [Attacker::A0, Attacker::A1, Attacker::A2, Attacker::A4];

/// What one who is alone in the cells of `own` recovers of other hidden values, to within one part
/// in ten thousand.
fn recover(sheet: &Sheet, own: &[(usize, i64)], least: i64) -> Vec<(usize, f64)> {
    let knowledge = sheet.knowledge(&Beside { own: own.to_vec(), least, ..Beside::default() });
    let asked: Vec<usize> =
        sheet.hidden().into_iter().filter(|place| !knowledge.is_known(*place)).collect();
    reals::recovered(&knowledge, &asked, 1.0 / EXACT_PARTS as f64)
}

/// The same for counts, which are whole: those that can be one number only.
fn recover_counts(sheet: &Sheet, own: &[(usize, i64)]) -> Vec<usize> {
    let beside = Beside { own: own.to_vec(), least: 1, ..Beside::default() };
    let knowledge = sheet.knowledge(&beside);
    let is_exact = |place: &usize| {
        let some = whole::first(&knowledge, *place).expect("the true table is possible");
        whole::other_than(&knowledge, *place, some).is_none()
    };
    sheet
        .hidden()
        .into_iter()
        .filter(|place| !knowledge.is_known(*place))
        .filter(is_exact)
        .collect()
}

/// The sensitive cells that contributors recover of each other.
fn score(survey: &Survey, sheet: &Sheet, least: i64) -> usize {
    let mut had = 0;
    for known in survey.insiders() {
        let own: Vec<_> =
            known.iter().map(|place| (*place, survey.figures[*place].value)).collect();
        let places: Vec<usize> = match survey.counts {
            true => recover_counts(sheet, &own),
            false => recover(sheet, &own, least).into_iter().map(|(place, _)| place).collect(),
        };
        had += places.iter().filter(|place| survey.is_sensitive(**place)).count();
    }
    had
}

fn tables(counts: bool) -> Vec<Survey> {
    let table = |seed| {
        let mut dice = Dice::new(seed, 4);
        let keys = match seed % 3 {
            0 => vec![Key::flat("REGION", 4), Key::flat("SIZE", 3)],
            1 => vec![Key::of("FILIERE", &[2, 3]), Key::flat("REGION", 3)],
            _ => vec![Key::flat("A", 2), Key::flat("B", 2), Key::flat("C", 3)],
        };
        match counts {
            true => Survey::random_counts(keys, &mut dice, 12),
            false => Survey::random_values(keys, &mut dice, 500),
        }
    };
    (0..24).map(table).collect()
}

#[test]
fn no_contributor_recovers_another() {
    for counts in [true, false] {
        let (mut published, mut mutated) = (0, 0);
        for (number, survey) in tables(counts).iter().enumerate() {
            if let Ok((sheet, _)) = survey.protect(&Attacker::ALL) {
                published += 1;
                assert_eq!(score(survey, &sheet, 1), 0, "table {number}, counts {counts}");
            }
            if let Ok((sheet, _)) = survey.protect(&WITHOUT_INSIDERS) {
                mutated += score(survey, &sheet, 1);
            }
        }
        println!("counts {counts}: {mutated} recovered where contributors were not reckoned with");
        assert!(published > 12, "{published} tables are published");
        assert!(mutated > 0);
    }
}

#[test]
fn no_contributor_of_a_real_table_recovers_another() {
    let mut mutated = 0;
    for (table, hierarchy, key) in [
        ("turnover_act_size.csv", "hierarchy_activity.csv", "ACTIVITY"),
        ("turnover_nuts_size.csv", "hierarchy_nuts.csv", "NUTS"),
    ] {
        let Some(survey) = turnover(table, hierarchy, key) else { return };
        let (sheet, _) = survey.protect(&Attacker::ALL).unwrap();
        assert_eq!(score(&survey, &sheet, 0), 0, "{table}");
        let (sheet, _) = survey.protect(&WITHOUT_INSIDERS).unwrap();
        mutated += score(&survey, &sheet, 0);
    }
    println!("{mutated} recovered where contributors were not reckoned with");
    assert!(mutated > 0);
}

/// The sensitive figures of releases that contributors recover of each other: each learns those of
/// all cells in which he is alone.
fn score_of_releases(year: &Year) -> Vec<Name> {
    let truth = releases::truth(&year.cubes);
    let mut reading = Reading::new(&hub::catalogue(), &year.tables);
    reading.guess(&truth);
    let mut own: BTreeMap<EnterpriseId, BTreeSet<Name>> = BTreeMap::new();
    for name in reading.number_of.keys() {
        if let [alone] = &releases::cell(&year.cubes, name).contributors[..] {
            own.entry(alone.enterprise).or_default().insert(name.clone());
        }
    }
    let mut had = Vec::new();
    for known in own.values() {
        let mut insider = reading.clone();
        for name in known {
            insider.knowledge.learn(reading.number_of[name], truth[name].0);
        }
        let all = insider.recovered(&truth, FEW).into_iter();
        had.extend(all.filter(|name| !known.contains(name)));
    }
    had
}

#[test]
fn no_contributor_of_a_year_of_releases_recovers_another() {
    let had: usize =
        (0..3).map(|seed| score_of_releases(&publish(&small(seed), Transcript::clone)).len()).sum();
    assert_eq!(had, 0, "recovered by contributors");
}
