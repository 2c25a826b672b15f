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

/// Narrows the tables of one block. Tables that contradict themselves are left as they were.
pub(super) fn tighten(catalogue: &Catalogue, population: &Population, tables: &mut [BlockTable]) {
    if !tables.iter().any(|table| (0..table.cells()).any(|cell| table.is_hidden(cell))) {
        return;
    }
    let before = tables.to_vec();
    for _ in 0..ROUNDS_MAX {
        let last = tables.to_vec();
        let sound = share_cells(tables)
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

type CellName = (Vec<(String, String)>, String);

/// The same cell in several tables has one value.
fn share_cells(tables: &mut [BlockTable]) -> bool {
    if tables.len() < 2 {
        return true;
    }
    let mut shared: BTreeMap<CellName, Interval> = BTreeMap::new();
    for table in tables.iter() {
        for (name, cell, measure) in names(table) {
            let interval = table.interval(cell, measure);
            let known = shared.entry(name).or_insert(interval);
            let Some(met) = known.meet(interval) else { return false };
            *known = met;
        }
    }
    tables.iter_mut().all(|table| {
        let places = names(table);
        places.iter().all(|(name, cell, measure)| table.narrow(*cell, *measure, shared[name]))
    })
}

/// All cells by their codes other than totals, in order of dimensions, and measure.
fn names(table: &BlockTable) -> Vec<(CellName, usize, usize)> {
    let strides = table.strides();
    let mut names = Vec::with_capacity(table.cells());
    for cell in 0..table.cells() {
        let mut key: Vec<_> = table
            .dimensions
            .iter()
            .zip(&strides)
            .map(|(dimension, stride)| (dimension, cell / stride % dimension.codes.len()))
            .filter(|(_, place)| *place > 0)
            .map(|(dimension, place)| (dimension.id.clone(), dimension.codes[place].clone()))
            .collect();
        key.sort();
        for (measure, id) in table.measures.iter().enumerate() {
            names.push(((key.clone(), id.clone()), cell, measure));
        }
    }
    names
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
