//! Who knows the program and its parameters (attacker A9). He tries every table that fits what is
//! published, protects each with the same program, and keeps those that would have been published
//! alike. Nothing guards against him: how often he wins is measured and reported, not claimed.
//!
//! `cargo test --release --test attacks program -- --ignored --nocapture` prints the figures.

use std::ops::ControlFlow;

use essaim::{base::dice::Dice, disclosure::tabular::rules::Attacker};

use crate::{
    survey::{Beside, Key, Sheet, Survey},
    whole,
};

/// Tables made up for each kind.
const TABLES: u64 = 36;
/// A table that more than these fit is left out, and counted.
const FITTING_MAX: usize = 1_500;

/// What was found for tables of one kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    /// Made up; refused, as no pattern protects them; without any hidden cell; that too many fit.
    tables: usize,
    refused: usize,
    bare: usize,
    too_many: usize,
    /// Tried, tables that fit them, and of these published alike.
    tried: usize,
    fitting: usize,
    alike: usize,
    /// Sensitive cells of those tried, those that are exact, and for values those in an interval
    /// that is narrower than the rules ask for.
    sensitive: usize,
    exact: usize,
    narrow: usize,
    /// Tables of which a cell is exact.
    tables_with_exact: usize,
}

impl Figures {
    fn print(&self, kind: &str) {
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        println!(
            "| {kind} | {} | {} | {} | {} | {} | {} | {:.1} % | {} | {} ({:.1} %) | {} ({:.1} %) | {} |",
            self.tables,
            self.refused,
            self.bare,
            self.too_many,
            self.tried,
            self.fitting,
            percent(self.alike, self.fitting),
            self.sensitive,
            self.exact,
            percent(self.exact, self.sensitive),
            self.narrow,
            percent(self.narrow, self.sensitive),
            self.tables_with_exact,
        );
    }
}

/// The tables that fit; `None` if they are too many.
fn fitting(sheet: &Sheet) -> Option<Vec<Vec<i64>>> {
    let knowledge = sheet.knowledge(&Beside { least: 1, ..Beside::default() });
    let mut tables = Vec::new();
    let end = whole::visit(&knowledge, &mut |values| {
        tables.push(values.to_vec());
        match tables.len() > FITTING_MAX {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    end.is_continue().then_some(tables)
}

/// Attacks one table. Of values he knows how many contribute to each cell, and that none dominates:
/// more than anybody should.
fn attack(survey: &Survey, attackers: &[Attacker], figures: &mut Figures) {
    figures.tables += 1;
    let truth: Vec<i64> = survey.figures.iter().map(|figure| figure.value).collect();
    let survey = survey.like(&truth);
    let Ok((sheet, _)) = survey.protect(attackers) else {
        figures.refused += 1;
        return;
    };
    if sheet.hidden().is_empty() {
        figures.bare += 1;
        return;
    }
    let Some(fitting) = fitting(&sheet) else {
        figures.too_many += 1;
        return;
    };
    let published_alike = |values: &Vec<i64>| {
        survey.like(values).protect(attackers).is_ok_and(|(other, _)| other == sheet)
    };
    let count = fitting.len();
    let alike: Vec<Vec<i64>> = fitting.into_iter().filter(published_alike).collect();
    assert!(alike.contains(&truth), "the same table is published alike");
    figures.tried += 1;
    figures.fitting += count;
    figures.alike += alike.len();
    let before = figures.exact;
    for place in survey.sensitive() {
        figures.sensitive += 1;
        let values = || alike.iter().map(|table| table[place]);
        let (low, high) = (values().min().unwrap(), values().max().unwrap());
        let (below, above) = survey.protection(place, 1);
        let value = survey.figures[place].value;
        figures.exact += usize::from(low == high);
        let is_narrow = low > value - below || high < value + above;
        figures.narrow += usize::from(!survey.counts && is_narrow);
    }
    figures.tables_with_exact += usize::from(figures.exact > before);
}

fn shapes(seed: u64) -> Vec<Key> {
    match seed % 3 {
        0 => vec![Key::flat("A", 3), Key::flat("B", 3)],
        1 => vec![Key::flat("A", 3), Key::flat("B", 4)],
        _ => vec![Key::of("A", &[2, 2]), Key::flat("B", 3)],
    }
}

#[test]
#[ignore = "measures what is reported and not promised; takes minutes"]
fn how_often_who_knows_the_program_and_its_parameters_wins() {
    println!(
        "| tables of | made | refused | bare | too many fit | tried | fit | published alike | \
         sensitive cells | exact | too narrow | tables with an exact cell |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (name, attackers) in [("A0-A4", &Attacker::ALL[..]), ("A0, A1", &Attacker::ALL[..2])] {
        let (mut counts, mut values) = (Figures::default(), Figures::default());
        for seed in 0..TABLES {
            let mut dice = Dice::new(seed, 11);
            attack(&Survey::random_counts(shapes(seed), &mut dice, 8), attackers, &mut counts);
            attack(&Survey::random_values(shapes(seed), &mut dice, 5), attackers, &mut values);
        }
        counts.print(&format!("counts, {name}"));
        values.print(&format!("values, {name}"));
        assert!(counts.tried > 10 && values.tried > 10);
    }
}
