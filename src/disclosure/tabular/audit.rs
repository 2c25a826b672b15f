//! The audit of a pattern that any tool made: looks for counter-examples among the hidden cells as
//! they are, and believes only those that [`check`] bears out. A cell for which none is found is
//! open.
//!
//! Attackers are tried in their order, and each also knows what those before him know.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    base::dice::Dice,
    disclosure::{
        suppress::{deviation::Deviation, finder::Effort, problem::Index, protect as engine},
        tabular::{
            check,
            protect::{self, Options},
            rules::Attacker,
            table::Table,
        },
    },
};

/// Iterations of the search for one counter-example; a cell whose proof takes more is open.
const ITERATIONS_MAX: usize = 20_000;

/// What one attacker can do to a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Who.
    pub attacker: Attacker,
    /// Sensitive cells tried; for A3, pairs of a contributor and a cell that is not his.
    pub tried: u64,
    /// Sensitive cells that are not shown to be safe from him.
    pub open: Vec<usize>,
}

/// An audited pattern.
#[derive(Debug, Clone)]
pub struct Audited {
    /// Whether each cell is sensitive. For the one who protects: never published.
    pub sensitive: Vec<bool>,
    /// Least and largest value of each cell that an outsider can prove.
    pub intervals: Vec<(i64, Option<i64>)>,
    /// What each attacker can do.
    pub exposures: Vec<Exposure>,
}

impl Audited {
    /// Whether any cell is open to anybody.
    pub fn is_open(&self) -> bool {
        self.exposures.iter().any(|exposure| !exposure.open.is_empty())
    }
}

/// Audits the pattern `hidden` of the cells of `table`. Zeros count as known, hidden or not.
pub fn audit(table: &Table, options: &Options, hidden: &[bool]) -> Audited {
    let mut exposures: Vec<Exposure> = Vec::new();
    let mut known = Vec::new();
    for attacker in Attacker::ALL {
        if attacker != Attacker::A0 && !options.attackers.contains(&attacker) {
            continue;
        }
        known.push(attacker);
        let exposure = match exposures.last() {
            Some(before) if knows_nothing_more(attacker, options.counts) => {
                // Pairs are tried by A3 alone.
                let tried = exposures[0].tried;
                Exposure { attacker, tried, open: before.open.clone() }
            }
            _ => expose(table, &Options { attackers: known.clone(), ..options.clone() }, hidden),
        };
        exposures.push(exposure);
    }
    Audited {
        sensitive: table.cells.iter().map(|cell| options.rules.is_sensitive(cell)).collect(),
        intervals: protect::intervals(table, hidden),
        exposures,
    }
}

/// Whole numbers are taken for granted wherever cells are counted, and in a table of values nobody
/// knows more of a cell that he knows to be sensitive.
fn knows_nothing_more(attacker: Attacker, counts: bool) -> bool {
    attacker == Attacker::A4 || (attacker == Attacker::A2 && !counts)
}

/// What the last of the attackers can do.
fn expose(table: &Table, options: &Options, hidden: &[bool]) -> Exposure {
    let problem = protect::problem(table, options);
    let index = Index::new(&problem);
    let mut pattern = engine::start(&index, &mut Dice::new(options.seed, 0));
    pattern.set_hidden(hidden.to_vec());
    let goal_of = |cell: usize| index.goals_of[cell].first().copied().filter(|_| hidden[cell]);
    let mut goals: Vec<u32> = (0..table.cells.len()).filter_map(goal_of).collect();
    goals.sort_unstable();
    pattern.meet_all(&goals, Effort::without_hiding(ITERATIONS_MAX));
    let shown: BTreeMap<usize, &[Rc<Deviation>]> = (0..table.cells.len())
        .filter_map(|cell| Some((cell, pattern.counter_examples(goal_of(cell)? as usize))))
        .collect();
    let examined = check::examine(table, options, hidden, &shown);
    let attacker = options.attackers.last().copied().unwrap_or(Attacker::A0);
    Exposure {
        attacker,
        tried: if attacker == Attacker::A3 { examined.pairs } else { examined.cells },
        open: examined.open.into_iter().map(|(cell, _)| cell).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::disclosure::tabular::{
        hierarchy::Hierarchy,
        protect::{Cost, protect},
        rules::Rules,
        table::Row,
    };

    /// A table of one row per region; each cell is a count and a value.
    fn table(cells: [[(i64, i64); 3]; 3]) -> Table {
        let (regions, sizes) = (["N", "S", "W"], ["a", "b", "c"]);
        let row = |place: usize| {
            let (count, value) = cells[place / 3][place % 3];
            let codes = vec![regions[place / 3].into(), sizes[place % 3].into()];
            Row { codes, count, value, largest: None }
        };
        let rows: Vec<Row> = (0..9).map(row).collect();
        let key = |place: usize, key: &str| {
            let used: BTreeSet<String> = rows.iter().map(|row| row.codes[place].clone()).collect();
            Hierarchy::new(key, "Total", None, &used).unwrap()
        };
        Table::new(vec![key(0, "REGION"), key(1, "SIZE")], &rows, 0).unwrap()
    }

    fn options(counts: bool, contributors_min: i64) -> Options {
        Options {
            rules: Rules { contributors_min, dominance_percent: None, protection_percent: 10 },
            attackers: Attacker::ALL.to_vec(),
            cost: Cost::Unit,
            seed: 1,
            counts,
            units_per_one: if counts { 1 } else { 100 },
        }
    }

    /// Open cells by attacker, where these are hidden.
    fn open(table: &Table, options: &Options, hidden: &[&str]) -> Vec<(Attacker, Vec<String>)> {
        let hidden: Vec<bool> = (0..table.cells.len())
            .map(|cell| hidden.contains(&table.name(cell).as_str()))
            .collect();
        let audited = audit(table, options, &hidden);
        let names = |cells: Vec<usize>| cells.into_iter().map(|cell| table.name(cell)).collect();
        audited.exposures.into_iter().map(|one| (one.attacker, names(one.open))).collect()
    }

    fn first_to_open(table: &Table, options: &Options, hidden: &[&str]) -> Option<Attacker> {
        let found = open(table, options, hidden);
        found.into_iter().find(|(_, open)| !open.is_empty()).map(|(attacker, _)| attacker)
    }

    const SQUARE: [&str; 4] = ["N/a", "N/b", "S/a", "S/b"];

    #[test]
    fn each_attacker_opens_what_those_before_him_cannot() {
        use Attacker::{A0, A1, A2, A3};
        let values = options(false, 3);
        let others = [(9, 900_000); 3];
        // One enterprise in N/a, and four in the other corners.
        let wide = table([[(1, 90_000), (9, 90_000), (9, 90_000)], [(9, 90_000); 3], others]);
        assert_eq!(first_to_open(&wide, &values, &SQUARE), None);
        assert_eq!(first_to_open(&wide, &values, &SQUARE[..1]), Some(A0));
        assert_eq!(first_to_open(&wide, &values, &[]), Some(A0), "it is published");
        // To raise N/a by a tenth lowers N/b as far, which is 1.05 and at least 1 for whoever knows
        // that it is not zero.
        let near_one =
            table([[(1, 105), (9, 105), (9, 900)], [(9, 900), (9, 900), (9, 900)], others]);
        assert_eq!(first_to_open(&near_one, &values, &SQUARE), Some(A1));
        // The one of N/a knows S/b through his own cell, and S/b has two enterprises.
        let known =
            table([[(1, 90_000), (9, 90_000), (9, 9)], [(9, 90_000), (2, 90_000), (9, 9)], others]);
        assert_eq!(first_to_open(&known, &values, &SQUARE), Some(A3));
        let outsiders = Options { attackers: vec![A0, A1, A2], ..values.clone() };
        assert_eq!(first_to_open(&known, &outsiders, &SQUARE), None);
        // A count of 1 or 2 can be 1 alone if the margins hold and both of a row are sensitive.
        let counts = options(true, 3);
        let count = |count: i64| (count, count);
        let counted = table([
            [count(1), count(1), count(9)],
            [count(1), count(9), count(9)],
            [count(9), count(9), count(9)],
        ]);
        assert_eq!(first_to_open(&counted, &counts, &SQUARE), Some(A1));
        let two = table([
            [count(2), count(2), count(9)],
            [count(2), count(3), count(9)],
            [count(9), count(9), count(9)],
        ]);
        assert_eq!(first_to_open(&two, &counts, &SQUARE), Some(A2));
    }

    #[test]
    fn whoever_is_open_to_one_is_open_to_all_who_know_more() {
        let cells = [[(1, 90), (2, 700), (4, 90)], [(9, 90), (7, 900), (3, 20)], [(5, 800); 3]];
        let found =
            open(&table(cells), &options(false, 3), &["N/a", "N/b", "S/a", "S/b", "Total/c"]);
        for pair in found.windows(2) {
            assert!(pair[0].1.iter().all(|cell| pair[1].1.contains(cell)), "{found:?}");
        }
        assert_eq!(found.len(), Attacker::ALL.len());
    }

    #[test]
    fn what_the_protector_finds_is_closed_and_less_of_it_is_not_always() {
        let cells = [[(1, 9000), (9, 700), (4, 90)], [(9, 90), (2, 900), (3, 20)], [(5, 800); 3]];
        let (table, options) = (table(cells), options(false, 3));
        let protected = protect(&table, &options).unwrap();
        let audited = audit(&table, &options, &protected.hidden);
        assert!(!audited.is_open());
        let tried: Vec<_> =
            protected.verdicts.iter().map(|one| (one.attacker, one.tried)).collect();
        let again: Vec<_> = audited.exposures.iter().map(|one| (one.attacker, one.tried)).collect();
        assert_eq!(tried, again);
        assert_eq!(protected.intervals, audited.intervals);
        assert!(audit(&table, &options, &protected.sensitive).is_open());
    }
}
