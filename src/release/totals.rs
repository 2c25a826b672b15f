//! What is kept and hidden in a release as a whole: counts and shares, no value of any cell.

use crate::{
    codes::{
        catalogue::{Catalogue, MeasureKind},
        list::TOTAL,
    },
    disclosure::transcript::{FrozenRelease, FrozenTable},
    release::{
        cells::{CellMark, Known},
        review::MeasureReview,
    },
};

/// What is kept and hidden. Zeros are published whatever is hidden, so that they say nothing of
/// how much is kept; they are left out of shares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cells of all tables, margins included; one that several tables share is one.
    pub cells: u64,
    /// Those that are not zero.
    pub cells_not_zero: u64,
    /// Hidden because the rules find them sensitive.
    pub primary: u64,
    /// Hidden so that others cannot be deduced, or with their group or the whole release.
    pub secondary: u64,
    /// Share of the cells that are not zero and are published, in percent, rounded down.
    pub cells_kept_percent: u8,
    /// Share of all that is counted (requests, visits, enterprises) that stands in published inner
    /// cells, over all tables, in percent, rounded down.
    pub counts_kept_percent: u8,
    /// The same of each measure that is a value (`funding.amount`), over the tables that have it.
    pub values_kept: Vec<MeasureReview>,
}

/// A sum, and what of it is published.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    kept: i128,
    all: i128,
}

impl Share {
    fn add(&mut self, value: i128, is_kept: bool) {
        self.all += value;
        self.kept += if is_kept { value } else { 0 };
    }

    /// Of nothing, nothing is lost.
    fn percent(self) -> u8 {
        match self.all {
            0 => 100,
            all => u8::try_from(100 * self.kept / all).unwrap_or(100),
        }
    }
}

/// The totals of a release, whose distinct cells are `cells`.
pub(super) fn of(catalogue: &Catalogue, frozen: &FrozenRelease, cells: &[Known<'_>]) -> Totals {
    let marked = |mark: CellMark| cells.iter().filter(|cell| cell.mark == mark).count() as u64;
    let mut by_cell = Share::default();
    for cell in cells.iter().filter(|cell| !cell.is_zero()) {
        by_cell.add(1, cell.mark == CellMark::Published);
    }
    let mut counts = Share::default();
    let mut values: Vec<(String, Share)> = Vec::new();
    for table in &frozen.tables {
        let population = catalogue.population(&table.table.population);
        let measures = population.map_or(&[][..], |population| &population.measures);
        for (index, measure) in measures.iter().enumerate() {
            if measure.kind != MeasureKind::Value {
                add(&mut counts, table, index);
                continue;
            }
            let name = format!("{}.{}", table.table.population, measure.id);
            if !values.iter().any(|(known, _)| *known == name) {
                values.push((name.clone(), Share::default()));
            }
            let own = values.iter_mut().filter(|(known, _)| *known == name);
            own.for_each(|(_, share)| add(share, table, index));
        }
    }
    let kept = |(measure, share): (String, Share)| MeasureReview {
        measure,
        kept_percent: share.percent(),
    };
    Totals {
        cells: cells.len() as u64,
        cells_not_zero: u64::try_from(by_cell.all).unwrap_or_default(),
        primary: marked(CellMark::HiddenPrimary),
        secondary: marked(CellMark::HiddenSecondary),
        cells_kept_percent: by_cell.percent(),
        counts_kept_percent: counts.percent(),
        values_kept: values.into_iter().map(kept).collect(),
    }
}

/// Adds a measure of the inner cells of a table.
fn add(share: &mut Share, frozen: &FrozenTable, measure: usize) {
    let FrozenTable { table, truth, needs: _ } = frozen;
    for (place, (cell, values)) in table.cells.iter().zip(truth).enumerate() {
        if let Some(value) = values.get(measure)
            && !table.key(place).contains(&TOTAL)
        {
            share.add(i128::from(*value), cell.0.is_some());
        }
    }
}
