//! What a release shows and hides beside the one that readers saw before it: counts and names of
//! cells, no value of any cell.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::period::{Frequency, Period},
    codes::catalogue::{Catalogue, MeasureRef},
    disclosure::transcript::FrozenRelease,
    release::cells::{self, CellMark, Key, Known},
};

/// Most cells that a list of changes names.
const CELLS_NAMED_MAX: usize = 1_000;

/// What changed in the quarterly or the annual tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Of which period.
    pub period: Period,
    /// Since which: the newest before it that readers saw; `None` if there was none.
    pub since: Option<Period>,
    /// Cells that both have.
    pub compared: u64,
    /// Cells that were published then and are hidden now.
    pub newly_hidden: u64,
    /// Those cells, without their period. The first of them, if they are very many.
    pub newly_hidden_cells: Vec<String>,
    /// Cells that were hidden then and are published now.
    pub newly_published: u64,
    /// Those cells, without their period. The first of them, if they are very many.
    pub newly_published_cells: Vec<String>,
    /// Cells that the rules found sensitive then.
    pub primary_before: u64,
    /// Cells that they find sensitive now.
    pub primary_now: u64,
    /// Cells that differ from what earlier releases make of them, because records came late or were
    /// corrected, or a consent was given or withdrawn: years that are not the sum of their
    /// quarters, and stocks that are not the stock before and the flows since.
    pub revised: u64,
}

/// A release that readers saw, or that is withheld.
pub(super) struct Earlier {
    pub frozen: FrozenRelease,
    /// Whether it is withheld, so that readers saw nothing of it.
    pub is_withheld: bool,
}

/// What changed in `cells`, the distinct cells of a release, since the `earlier` ones, which are in
/// the order they left; by frequency.
pub(super) fn of(catalogue: &Catalogue, cells: &[Known<'_>], earlier: &[Earlier]) -> Vec<Changes> {
    let before: Vec<(bool, Vec<Known<'_>>)> =
        earlier.iter().map(|one| (one.is_withheld, cells::distinct(&one.frozen))).collect();
    let periods: BTreeSet<Period> = cells.iter().map(|cell| cell.period).collect();
    let figures = Figures::of(catalogue, before.iter().flat_map(|(_, cells)| cells).chain(cells));
    let changes = |period: Period| {
        let now: Vec<&Known<'_>> = cells.iter().filter(|cell| cell.period == period).collect();
        let seen = before.iter().rev().filter(|(is_withheld, _)| !is_withheld);
        let mut of_kind = seen.map(|(_, cells)| of_frequency(cells, period.frequency()));
        let then = of_kind.find(|cells| !cells.is_empty()).unwrap_or_default();
        let mut changes = compare(&then, &now, period);
        changes.revised = now.iter().filter(|cell| figures.is_revised(cell)).count() as u64;
        changes
    };
    periods.into_iter().map(changes).collect()
}

fn of_frequency<'a, 'b>(cells: &'b [Known<'a>], frequency: Frequency) -> Vec<&'b Known<'a>> {
    cells.iter().filter(|cell| cell.period.frequency() == frequency).collect()
}

fn compare(then: &[&Known<'_>], now: &[&Known<'_>], period: Period) -> Changes {
    let index: BTreeMap<(&str, &Key<'_>), CellMark> =
        then.iter().map(|cell| ((cell.population, &cell.key), cell.mark)).collect();
    let (mut hidden, mut published, mut compared) = (Vec::new(), Vec::new(), 0);
    for cell in now {
        let Some(mark) = index.get(&(cell.population, &cell.key)) else { continue };
        compared += 1;
        match (*mark == CellMark::Published, cell.mark == CellMark::Published) {
            (true, false) => hidden.push(cell.name()),
            (false, true) => published.push(cell.name()),
            _ => {}
        }
    }
    let primary = |cells: &[&Known<'_>]| {
        cells.iter().filter(|cell| cell.mark == CellMark::HiddenPrimary).count() as u64
    };
    let (newly_hidden, newly_published) = (hidden.len() as u64, published.len() as u64);
    hidden.truncate(CELLS_NAMED_MAX);
    published.truncate(CELLS_NAMED_MAX);
    Changes {
        period,
        since: then.first().map(|cell| cell.period),
        compared,
        newly_hidden,
        newly_hidden_cells: hidden,
        newly_published,
        newly_published_cells: published,
        primary_before: primary(then),
        primary_now: primary(now),
        revised: 0,
    }
}

/// The true figures of releases by what names them.
struct Figures<'a> {
    catalogue: &'a Catalogue,
    values: BTreeMap<(&'a str, Period, &'a Key<'a>), &'a [i64]>,
}

impl<'a> Figures<'a> {
    fn of(catalogue: &'a Catalogue, cells: impl Iterator<Item = &'a Known<'a>>) -> Self {
        let value = |cell: &'a Known<'a>| ((cell.population, cell.period, &cell.key), cell.values);
        Self { catalogue, values: cells.map(value).collect() }
    }

    fn get(&self, what: &MeasureRef, period: Period, key: &Key<'_>) -> Option<i128> {
        let measure = self.catalogue.population(&what.population)?.measure_index(&what.measure)?;
        let values = self.values.get(&(what.population.as_str(), period, key))?;
        values.get(measure).map(|value| i128::from(*value))
    }

    /// Whether a measure of the cell is not what earlier figures make of it. Where some of these
    /// are not known, nothing is made of them.
    fn is_revised(&self, cell: &Known<'_>) -> bool {
        let Some(population) = self.catalogue.population(cell.population) else { return false };
        population.measures.iter().any(|measure| {
            let what =
                MeasureRef { population: population.id.clone(), measure: measure.id.clone() };
            let now = self.get(&what, cell.period, &cell.key);
            let expected = match cell.period.frequency() {
                Frequency::Annual if measure.additive_over_time => self.of_quarters(&what, cell),
                _ => self.of_flows(&what, cell),
            };
            now.zip(expected).is_some_and(|(now, expected)| now != expected)
        })
    }

    /// The sum of a year's quarters.
    fn of_quarters(&self, what: &MeasureRef, cell: &Known<'_>) -> Option<i128> {
        let quarters = cell.period.quarters().into_iter();
        quarters.map(|quarter| self.get(what, quarter, &cell.key)).sum()
    }

    /// A stock from the one before and the flows since.
    fn of_flows(&self, what: &MeasureRef, cell: &Known<'_>) -> Option<i128> {
        let flows = self.catalogue.stock_of.iter().find(|flows| flows.stock == *what)?;
        let now = |what: &MeasureRef| self.get(what, cell.period, &cell.key);
        let mut periods = self.values.keys().map(|(_, period, _)| *period);
        let before = periods.find(|period| period.next() == cell.period)?;
        let out: i128 = flows.outflows.iter().map(now).sum::<Option<i128>>()?;
        Some(self.get(what, before, &cell.key)? + now(&flows.inflow)? - out)
    }
}
