//! What the pattern itself says (attack 3): zeros are published, so that a hidden figure is none;
//! and whoever is told, or can tell, which cells are sensitive knows that few count there, and not
//! few elsewhere. Guarded against by protecting for attackers who know both, and by one mark for
//! all hidden cells.

use essaim::{base::dice::Dice, disclosure::tabular::rules::Attacker};

use crate::{
    survey::{Beside, Key, RULES, Sheet, Survey},
    whole,
};

/// What hidden counts an attacker recovers who knows as much `beside` what is published.
fn recover(sheet: &Sheet, beside: &Beside) -> Vec<(usize, i64)> {
    let knowledge = sheet.knowledge(beside);
    let mut found = Vec::new();
    for place in sheet.hidden() {
        let some =
            whole::first(&knowledge, place).expect("the true table is one of those possible");
        if whole::other_than(&knowledge, place, some).is_none() {
            found.push((place, some));
        }
    }
    found
}

/// Who knows that hidden counts are at least one.
fn knowing_zeros() -> Beside {
    Beside { least: 1, ..Beside::default() }
}

/// Who is told the reason of each mark.
fn knowing_reasons(survey: &Survey) -> Beside {
    let few = RULES.contributors_min;
    Beside { sensitive: Some((survey.sensitive(), few)), ..Beside::default() }
}

fn tables() -> Vec<Survey> {
    let table = |seed| {
        let mut dice = Dice::new(seed, 3);
        let keys = match seed % 2 {
            0 => vec![Key::flat("REGION", 4), Key::flat("SIZE", 4)],
            _ => vec![Key::of("FILIERE", &[2, 3]), Key::flat("REGION", 3)],
        };
        Survey::random_counts(keys, &mut dice, 12)
    };
    (0..30).map(table).collect()
}

/// The sensitive cells that are recovered from all tables, each as published when it is protected
/// against `attackers`.
fn score(attackers: &[Attacker], beside: impl Fn(&Survey) -> Beside) -> usize {
    let (mut had, mut published) = (0, 0);
    for survey in tables() {
        let Ok((sheet, _)) = survey.protect(attackers) else { continue };
        published += 1;
        for (place, value) in recover(&sheet, &beside(&survey)) {
            assert_eq!(value, survey.figures[place].value, "the attack does not guess");
            had += usize::from(survey.is_sensitive(place));
        }
    }
    assert!(published > 20, "{published} tables are published");
    had
}

#[test]
fn who_knows_that_hidden_counts_are_not_zero_recovers_none() {
    assert_eq!(score(&Attacker::ALL, |_| knowing_zeros()), 0);
    assert_eq!(score(&[Attacker::A0, Attacker::A1, Attacker::A4], |_| knowing_zeros()), 0);
    let had = score(&[Attacker::A0, Attacker::A4], |_| knowing_zeros());
    println!("{had} recovered where zeros were not reckoned with");
    assert!(had > 0);
}

#[test]
fn who_knows_why_cells_are_hidden_recovers_none() {
    assert_eq!(score(&Attacker::ALL, knowing_reasons), 0);
    let had = score(&[Attacker::A0, Attacker::A1, Attacker::A4], knowing_reasons);
    println!("{had} recovered where reasons were published");
    assert!(had > 0);
}

/// One row of a table by filière where one cell only is not zero, and two contributors there: the
/// margin, which is its equal, is hidden with it, and something else beside.
#[test]
fn a_row_with_one_cell_that_is_not_zero_does_not_give_it_away() {
    let keys = || vec![Key::flat("FILIERE", 4), Key::flat("REGION", 3)];
    let figure = |number: i64| crate::survey::count(number);
    let inner = [0, 2, 0, 6, 5, 9, 4, 7, 3, 8, 6, 5].map(figure);
    let survey = Survey::new(keys(), &inner, true);
    let (sheet, _) = survey.protect(&Attacker::ALL).unwrap();
    let margin = survey.keys[1].codes.len();
    assert_eq!(sheet.values[margin], None, "the margin of the row");
    for beside in [Beside::default(), knowing_zeros(), knowing_reasons(&survey)] {
        assert_eq!(recover(&sheet, &beside), []);
    }
    // Hidden alone, with its margin left, it is had.
    let bare = survey.sheet(|place| place == margin + 2);
    assert_eq!(recover(&bare, &Beside::default()), [(margin + 2, 2)]);
}
