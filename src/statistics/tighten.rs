//! Narrows the bounds of hidden cells by margins, details and other tables with the same cell.
//!
//! `disclosure::public` proves the best bounds when a release arrives. This pass is what remains
//! where it cannot (figures that contradict each other), and carries a cell that is published in
//! one table into the others. It only ever draws conclusions that hold for all possible values.

use std::collections::BTreeMap;

use crate::{
    codes::catalogue::{Catalogue, Population},
    statistics::{block::BlockTable, interval::Interval},
};

/// Rounds of narrowing; each carries news one step further.
const ROUNDS_MAX: usize = 8;

/// Narrows the tables of one block, which all have the measures of the population. Tables that
/// contradict themselves are left as they were.
pub(super) fn tighten(catalogue: &Catalogue, population: &Population, tables: &mut [BlockTable]) {
    if !tables.iter().any(|table| (0..table.cells()).any(|cell| table.is_hidden(cell))) {
        return;
    }
    let before = tables.to_vec();
    let cells = SharedCells::of(tables);
    for _ in 0..ROUNDS_MAX {
        let last = tables.to_vec();
        let sound = cells.share(tables)
            && tables.iter_mut().all(|table| narrow_table(catalogue, population, table));
        if !sound {
            tables.clone_from_slice(&before);
            return;
        }
        if tables == last.as_slice() {
            return;
        }
    }
}

/// A cell's codes other than totals, by dimension.
type CellName<'a> = Vec<(&'a str, &'a str)>;

/// The cells of several tables, the same cell of each under one number.
struct SharedCells {
    /// By table, then by cell.
    numbers: Vec<Vec<usize>>,
    /// How many there are.
    count: usize,
    /// How many measures each has: the same for all tables of a population.
    measures: usize,
}

impl SharedCells {
    fn of(tables: &[BlockTable]) -> Self {
        let mut known: BTreeMap<CellName<'_>, usize> = BTreeMap::new();
        let mut numbers = Vec::with_capacity(tables.len());
        for table in tables {
            let strides = table.strides();
            let number = |cell| {
                let next = known.len();
                *known.entry(name(table, &strides, cell)).or_insert(next)
            };
            numbers.push((0..table.cells()).map(number).collect());
        }
        let measures = tables.iter().map(|table| table.measures.len()).max().unwrap_or(0);
        Self { numbers, count: known.len(), measures }
    }

    /// The same cell in several tables has one value.
    fn share(&self, tables: &mut [BlockTable]) -> bool {
        if tables.len() < 2 {
            return true;
        }
        let mut shared = vec![Interval::OPEN; self.count * self.measures];
        for (table, numbers) in tables.iter().zip(&self.numbers) {
            for (cell, number) in numbers.iter().enumerate() {
                for measure in 0..table.measures.len() {
                    let known = &mut shared[number * self.measures + measure];
                    let Some(met) = known.meet(table.interval(cell, measure)) else { return false };
                    *known = met;
                }
            }
        }
        tables.iter_mut().zip(&self.numbers).all(|(table, numbers)| {
            numbers.iter().enumerate().all(|(cell, number)| {
                (0..table.measures.len()).all(|measure| {
                    table.narrow(cell, measure, shared[number * self.measures + measure])
                })
            })
        })
    }
}

fn name<'a>(table: &'a BlockTable, strides: &[usize], cell: usize) -> CellName<'a> {
    let mut name: CellName<'_> = table
        .dimensions
        .iter()
        .zip(strides)
        .map(|(dimension, stride)| (dimension, cell / stride % dimension.codes.len()))
        .filter(|(_, place)| *place > 0)
        .map(|(dimension, place)| (dimension.id.as_str(), dimension.codes[place].as_str()))
        .collect();
    name.sort_unstable();
    name
}

fn narrow_table(catalogue: &Catalogue, population: &Population, table: &mut BlockTable) -> bool {
    let strides = table.strides();
    let kinds: Vec<_> = table
        .measures
        .iter()
        .map(|id| population.measure_index(id).map(|index| population.measures[index].kind))
        .collect();
    for (index, stride) in strides.into_iter().enumerate() {
        let codes = table.dimensions[index].codes.len();
        let id = table.dimensions[index].id.clone();
        for margin in (0..table.cells()).filter(|cell| cell / stride % codes == 0) {
            let line: Vec<usize> = (1..codes).map(|place| margin + place * stride).collect();
            for (measure, kind) in kinds.iter().enumerate() {
                let sound = kind.is_none_or(|kind| {
                    narrow_line(table, margin, &line, measure, catalogue.adds_up(kind, &id))
                });
                if !sound {
                    return false;
                }
            }
        }
    }
    true
}

/// One margin and its details.
fn narrow_line(
    table: &mut BlockTable,
    margin: usize,
    line: &[usize],
    measure: usize,
    additive: bool,
) -> bool {
    if line.is_empty() || !line.iter().chain([&margin]).any(|cell| table.is_hidden(*cell)) {
        return true;
    }
    let details: Vec<Interval> = line.iter().map(|cell| table.interval(*cell, measure)).collect();
    let sum = details.iter().fold(Interval::ZERO, |sum, detail| sum.plus(*detail));
    let most = details.iter().map(|detail| detail.lower).max().unwrap_or(0);
    let lower = if additive { sum.lower } else { most };
    if !table.narrow(margin, measure, Interval { lower, upper: sum.upper }) {
        return false;
    }
    let total = table.interval(margin, measure);
    let open = details.iter().filter(|detail| detail.upper.is_none()).count();
    let upper_sum: i128 = details.iter().filter_map(|detail| detail.upper).map(i128::from).sum();
    line.iter().zip(&details).all(|(cell, detail)| {
        let narrowed = match additive {
            true => {
                // Everything else at its largest leaves at least this for the detail.
                let others_open = open - usize::from(detail.upper.is_none());
                let others = upper_sum - i128::from(detail.upper.unwrap_or(0));
                let least = i128::from(total.lower) - others;
                let lower = if others_open == 0 { least.max(0) } else { 0 };
                let others_least = sum.lower.saturating_sub(detail.lower);
                let upper = total.upper.map(|most| most.saturating_sub(others_least));
                Interval { lower: i64::try_from(lower).unwrap_or(i64::MAX), upper }
            }
            false => Interval { lower: 0, upper: total.upper },
        };
        table.narrow(*cell, measure, narrowed)
    })
}
