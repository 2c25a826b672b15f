//! Adding up: what follows from published cells by elimination alone (attack 1), and how near one
//! comes to a hidden value by linear programming (attack 2). Guarded against by secondary
//! suppression.

use essaim::{base::dice::Dice, disclosure::tabular::rules::Attacker};

use crate::{
    reals,
    survey::{Beside, Key, Sheet, Survey, turnover},
};

/// What an outsider recovers by adding up.
fn add_up(sheet: &Sheet) -> Vec<(usize, i64)> {
    reals::eliminated(&sheet.knowledge(&Beside::default()))
}

/// What an outsider recovers who also knows that nothing is negative.
fn squeeze(sheet: &Sheet) -> Vec<usize> {
    let knowledge = sheet.knowledge(&Beside::default());
    reals::recovered(&knowledge, &sheet.hidden(), 0.0).into_iter().map(|(place, _)| place).collect()
}

/// How near an outsider comes to each hidden value.
pub fn intervals(sheet: &Sheet, least: i64) -> Vec<(usize, (f64, f64))> {
    let knowledge = sheet.knowledge(&Beside { least, ..Beside::default() });
    sheet.hidden().into_iter().map(|place| (place, reals::range(&knowledge, place))).collect()
}

/// The sensitive values that an outsider comes nearer to than the rules allow. Where a value is less
/// than he thinks it is, he is mistaken, and not near.
pub fn too_near(survey: &Survey, sheet: &Sheet, least: i64) -> Vec<String> {
    let near = |(place, (low, high)): &(usize, (f64, f64))| {
        let value = survey.figures[*place].value;
        let (below, above) = survey.protection(*place, least);
        let slack = reals::TOLERANCE * value as f64 + 1e-6;
        survey.is_sensitive(*place)
            && value >= least
            && (*low > (value - below) as f64 + slack || *high < (value + above) as f64 - slack)
    };
    let found = intervals(sheet, least).into_iter().filter(near);
    found.map(|(place, range)| format!("{} in {range:?}", survey.name(place))).collect()
}

fn recovered(survey: &Survey, sheet: &Sheet) -> usize {
    let added = add_up(sheet);
    for (place, value) in &added {
        assert_eq!(*value, survey.figures[*place].value, "elimination does not guess");
    }
    let squeezed = squeeze(sheet);
    assert!(added.iter().all(|(place, _)| squeezed.contains(place)));
    squeezed.iter().filter(|place| survey.is_sensitive(**place)).count()
}

fn tables() -> Vec<Survey> {
    let mut tables = Vec::new();
    for seed in 0..10 {
        let mut dice = Dice::new(seed, 0);
        let flat = vec![Key::flat("REGION", 4), Key::flat("SIZE", 3)];
        let deep = vec![Key::of("FILIERE", &[3, 2, 1]), Key::flat("REGION", 4)];
        let cube = vec![Key::flat("A", 2), Key::flat("B", 3), Key::flat("C", 3)];
        tables.push(Survey::random_values(flat, &mut dice, 90));
        tables.push(Survey::random_counts(deep, &mut dice, 14));
        tables.push(Survey::random_values(cube, &mut dice, 400));
    }
    tables
}

#[test]
fn nothing_sensitive_is_had_by_adding_up() {
    for (number, survey) in tables().iter().enumerate() {
        let Ok((sheet, _)) = survey.protect(&Attacker::ALL) else { continue };
        assert_eq!(recovered(survey, &sheet), 0, "table {number}");
        if !survey.counts {
            assert_eq!(too_near(survey, &sheet, 0), [""; 0], "table {number}");
        }
    }
}

#[test]
fn most_is_had_by_adding_up_if_only_sensitive_cells_are_hidden() {
    let (mut sensitive, mut had) = (0, 0);
    for survey in tables() {
        sensitive += survey.sensitive().len();
        had += recovered(&survey, &survey.sheet_without_secondary());
    }
    println!("{had} of {sensitive} sensitive cells recovered");
    assert!(had * 4 > sensitive, "{had} of {sensitive}");
}

#[test]
fn the_intervals_that_come_with_a_pattern_are_those_that_anyone_finds() {
    for (number, survey) in tables().iter().enumerate() {
        let Ok((sheet, protected)) = survey.protect(&Attacker::ALL) else { continue };
        let cells = survey.cells(&survey.table());
        for (place, (low, high)) in intervals(&sheet, 0) {
            let most = high.is_finite().then(|| (high + 1e-6).floor() as i64);
            let own = ((low - 1e-6).ceil() as i64, most);
            let name = survey.name(place);
            assert_eq!(protected.intervals[cells[place]], own, "table {number}, {name}");
        }
    }
}

#[test]
fn real_tables_keep_what_they_hide() {
    for (table, hierarchy, key) in [
        ("turnover_act_size.csv", "hierarchy_activity.csv", "ACTIVITY"),
        ("turnover_nuts_size.csv", "hierarchy_nuts.csv", "NUTS"),
    ] {
        let Some(survey) = turnover(table, hierarchy, key) else { return };
        let (sheet, _) = survey.protect(&Attacker::ALL).unwrap();
        assert_eq!(recovered(&survey, &sheet), 0, "{table}");
        for least in [0, survey.units_per_one] {
            assert_eq!(too_near(&survey, &sheet, least), [""; 0], "{table}, least {least}");
        }
        let bare = survey.sheet_without_secondary();
        let (sensitive, had) = (survey.sensitive().len(), recovered(&survey, &bare));
        println!("{table}: {had} of {sensitive} recovered without secondary suppression");
        assert!(had * 2 > sensitive);
    }
}
