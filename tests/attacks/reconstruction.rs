//! Whole numbers (attack 5): who tries all tables of whole numbers that fit what is published needs
//! no more than that only one is left, or that all agree in a cell. Guarded against by
//! counter-examples that are whole.

use essaim::{base::dice::Dice, disclosure::tabular::rules::Attacker};

use crate::{
    survey::{Beside, Key, RULES, Sheet, Survey},
    whole,
};

/// More tables than these are not told apart: what still differs then, differs.
const TABLES_MAX: usize = 3_000;

/// The hidden places in which all possible tables agree, and how many tables there are.
fn agreed(sheet: &Sheet, beside: &Beside) -> (Vec<usize>, usize) {
    let tables = whole::all(&sheet.knowledge(beside), TABLES_MAX);
    let agrees = |place: &usize| tables.iter().all(|table| table[*place] == tables[0][*place]);
    (sheet.hidden().into_iter().filter(agrees).collect(), tables.len())
}

fn informed(survey: &Survey) -> Beside {
    let few = RULES.contributors_min;
    Beside { sensitive: Some((survey.sensitive(), few)), ..Beside::default() }
}

fn tables() -> Vec<Survey> {
    let table = |seed| {
        let mut dice = Dice::new(seed, 5);
        let keys = match seed % 2 {
            0 => vec![Key::flat("REGION", 3), Key::flat("SIZE", 3)],
            _ => vec![Key::flat("A", 2), Key::flat("B", 2), Key::flat("C", 3)],
        };
        Survey::random_counts(keys, &mut dice, 7)
    };
    (0..30).map(table).collect()
}

#[test]
fn no_table_of_whole_numbers_is_reconstructed() {
    let (mut published, mut unique, mut had) = (0, 0, 0);
    for (number, survey) in tables().iter().enumerate() {
        let bare = survey.sheet_without_secondary();
        let (agreed_bare, count) = agreed(&bare, &informed(survey));
        unique += usize::from(count == 1 && !survey.sensitive().is_empty());
        had += agreed_bare.len();
        let Ok((sheet, _)) = survey.protect(&Attacker::ALL) else { continue };
        published += 1;
        for beside in
            [Beside::default(), Beside { least: 1, ..Beside::default() }, informed(survey)]
        {
            let (agreed, _) = agreed(&sheet, &beside);
            let lost: Vec<_> = agreed.into_iter().filter(|one| survey.is_sensitive(*one)).collect();
            assert_eq!(lost, [0; 0], "table {number}, {beside:?}");
        }
    }
    println!("without secondary suppression {unique} tables are unique, {had} cells agreed in");
    assert!(published > 12, "{published} tables are published");
    assert!(unique > 10 && had > 30);
}
