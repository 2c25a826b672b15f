//! The check of a pattern: exact integer arithmetic, no solver. It trusts nothing of the protector
//! but takes its counter-examples as candidates, and asks of every sensitive cell, for every
//! attacker, that those which he must think possible show what the rules ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::disclosure::{
    suppress::deviation::Deviation,
    tabular::{
        protect::{EXACT_PARTS, Options, ProtectionError},
        rules::{Attacker, Rules},
        table::{Cell, Table},
    },
};

/// What was checked against one attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whom.
    pub attacker: Attacker,
    /// Sensitive cells tried; for A3, pairs of a contributor and a cell that is not his.
    pub tried: u64,
}

/// The least and largest value that attackers must think a hidden cell could have.
pub fn range(options: &Options, cell: &Cell) -> (i64, Option<i64>) {
    if cell.count == 0 {
        return (0, Some(0));
    }
    let knows = |attacker| options.attackers.contains(&attacker);
    let min = options.rules.contributors_min;
    match (options.counts, options.rules.is_sensitive(cell)) {
        (true, true) if knows(Attacker::A2) && cell.value < min => (1, Some(min - 1)),
        (true, false) if knows(Attacker::A2) => (min.min(cell.value), None),
        (true, _) => (i64::from(knows(Attacker::A1)), None),
        (false, _) if knows(Attacker::A1) => (options.units_per_one.min(cell.value), None),
        (false, _) => (0, None),
    }
}

/// What insiders know: for each contributor who is alone in a cell, and for all contributors of a
/// cell together where the rules ask for at least two more than they are, the cells that only they
/// contribute to.
pub fn insiders(table: &Table, rules: &Rules) -> Vec<Vec<usize>> {
    let together_max = (rules.contributors_min - 2).max(1);
    let same = same_contributors(table);
    let mut parts_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for equation in &table.equations {
        let parts = equation[1..].iter().map(|(cell, _)| root(&same, *cell));
        parts_of.entry(root(&same, equation[0].0)).or_default().extend(parts);
    }
    let is_small = |cell: usize| (1..=together_max).contains(&table.cells[cell].count);
    let mut cells_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for cell in (0..table.cells.len()).filter(|cell| is_small(*cell)) {
        cells_of.entry(root(&same, cell)).or_default().push(cell);
    }
    let known = |set: &usize| {
        // Whoever contributes to a part contributes to its margin.
        let (mut sets, mut waiting) = (BTreeSet::new(), vec![*set]);
        while let Some(set) = waiting.pop() {
            if cells_of.contains_key(&set) && sets.insert(set) {
                waiting.extend(parts_of.get(&set).into_iter().flatten());
            }
        }
        let mut known: Vec<usize> =
            sets.iter().filter_map(|set| cells_of.get(set)).flatten().copied().collect();
        known.sort_unstable();
        known
    };
    cells_of.keys().map(known).collect()
}

/// Cells that must have the same contributors, under one of them: a part that has as many as its
/// margin has the margin's.
fn same_contributors(table: &Table) -> Vec<usize> {
    let count = |cell: usize| table.cells[cell].count;
    let mut same: Vec<usize> = (0..table.cells.len()).collect();
    for equation in &table.equations {
        let margin = equation[0].0;
        for (part, _) in &equation[1..] {
            if count(*part) > 0 && count(*part) == count(margin) {
                let (one, other) = (root(&same, margin), root(&same, *part));
                same[one.max(other)] = one.min(other);
            }
        }
    }
    same
}

fn root(same: &[usize], mut cell: usize) -> usize {
    while same[cell] != cell {
        cell = same[cell];
    }
    cell
}

/// What came of looking at every sensitive cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// Sensitive cells.
    pub cells: u64,
    /// Pairs of a contributor and a sensitive cell that is not his.
    pub pairs: u64,
    /// Cells that are open, and to whom first.
    pub open: Vec<(usize, Attacker)>,
}

/// Checks that `hidden` protects every sensitive cell of `table`, by the counter-examples `shown`
/// for each.
pub fn check(
    table: &Table,
    options: &Options,
    hidden: &[bool],
    shown: &BTreeMap<usize, &[Rc<Deviation>]>,
) -> Result<Vec<Verdict>, ProtectionError> {
    let Examined { cells, pairs, open } = examine(table, options, hidden, shown);
    if let Some((cell, attacker)) = open.first() {
        return Err(ProtectionError::Refused { cell: table.name(*cell), attacker: *attacker });
    }
    let verdict = |attacker: &Attacker| Verdict {
        attacker: *attacker,
        tried: if *attacker == Attacker::A3 { pairs } else { cells },
    };
    Ok(options.attackers.iter().map(verdict).collect())
}

/// Looks at every sensitive cell, and says which of them `shown` does not prove safe.
pub fn examine(
    table: &Table,
    options: &Options,
    hidden: &[bool],
    shown: &BTreeMap<usize, &[Rc<Deviation>]>,
) -> Examined {
    let mut rows_of = vec![Vec::new(); table.cells.len()];
    for (row, equation) in table.equations.iter().enumerate() {
        equation.iter().for_each(|(cell, _)| rows_of[*cell].push(row));
    }
    let insiders = match options.attackers.contains(&Attacker::A3) {
        true => insiders(table, &options.rules),
        false => Vec::new(),
    };
    let mut examined = Examined::default();
    for (cell, facts) in table.cells.iter().enumerate() {
        if !options.rules.is_sensitive(facts) {
            continue;
        }
        examined.cells += 1;
        let possible: Vec<&Deviation> = shown
            .get(&cell)
            .into_iter()
            .flat_map(|all| all.iter())
            .map(Rc::as_ref)
            .filter(|one| is_possible(table, options, hidden, &rows_of, one))
            .collect();
        let safe = hidden[cell] && is_wide(options, cell, facts, &possible);
        let strangers = insiders.iter().filter(|known| known.binary_search(&cell).is_err());
        examined.pairs += strangers.clone().count() as u64;
        if !safe {
            examined.open.push((cell, Attacker::A0));
        } else if !strangers
            .into_iter()
            .all(|known| is_kept_from(options, cell, facts, &possible, known))
        {
            examined.open.push((cell, Attacker::A3));
        }
    }
    examined
}

/// Whether the cell could be another by at least what counts as recovered, with everything as it
/// is that one contributor knows.
fn is_kept_from(
    options: &Options,
    cell: usize,
    facts: &Cell,
    possible: &[&Deviation],
    known: &[usize],
) -> bool {
    let other = if options.counts { 1 } else { facts.value / EXACT_PARTS + 1 };
    possible.iter().filter(|one| known.iter().all(|cell| one.numerator(*cell) == 0)).any(|one| {
        let moved = one.numerator(cell);
        one.reaches(moved, other) || one.reaches(moved, -other)
    })
}

/// Whether attackers must think the deviation possible: it moves hidden cells only, keeps every
/// equation it touches, and keeps every cell within its range.
fn is_possible(
    table: &Table,
    options: &Options,
    hidden: &[bool],
    rows_of: &[Vec<usize>],
    deviation: &Deviation,
) -> bool {
    let denominator = i128::from(deviation.denominator());
    if denominator < 1 || (options.counts && denominator > 1) {
        return false;
    }
    deviation.changes().iter().all(|(cell, by)| {
        let (cell, by) = (*cell as usize, i128::from(*by));
        let facts = &table.cells[cell];
        let (least, most) = range(options, facts);
        let value = i128::from(facts.value) * denominator + by;
        hidden[cell]
            && value >= i128::from(least) * denominator
            && most.is_none_or(|most| value <= i128::from(most) * denominator)
            && rows_of[cell].iter().all(|row| {
                let term = |(cell, one): &(usize, i64)| {
                    i128::from(*one) * i128::from(deviation.numerator(*cell))
                };
                table.equations[*row].iter().map(term).sum::<i128>() == 0
            })
    })
}

/// Whether the interval that the deviations span is wide enough.
fn is_wide(options: &Options, cell: usize, facts: &Cell, possible: &[&Deviation]) -> bool {
    let reaches = |least: i64| possible.iter().any(|one| one.reaches(one.numerator(cell), least));
    if options.counts {
        return reaches(1) || reaches(-1);
    }
    let level = options.rules.protection(facts.value);
    let below = level.min(facts.value - range(options, facts).0);
    reaches(level) && (below == 0 || reaches(-below))
}
