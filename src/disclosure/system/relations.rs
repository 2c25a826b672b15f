//! What the catalogue says about cells of different populations and periods.

use std::collections::BTreeSet;

use crate::{
    base::period::Frequency,
    codes::catalogue::MeasureRef,
    disclosure::system::{Builder, Certainty, Comparison, SystemCell, borrowed},
};

/// Of a population, and of a measure in it.
type Place = (usize, usize);

impl Builder<'_> {
    /// `Σ coefficient × measure ≥ 0` wherever both measures have the same cell in one release.
    pub(super) fn same_cell(&mut self, sum: [(&MeasureRef, i64); 2], words: &'static str) {
        let [(first, first_coefficient), (second, second_coefficient)] = sum;
        let (Some(first), Some(second)) = (self.measure(first), self.measure(second)) else {
            return;
        };
        for cell in self.cells_of(first.0) {
            let period = self.system.cells[cell].period;
            let own = self.system.cells[cell].first_variable + first.1;
            let Some(other) = self.variable(second, period, cell) else { continue };
            let certainty = self.certainty(&[own, other]);
            let terms = vec![(own, first_coefficient), (other, second_coefficient)];
            self.relate(terms, Comparison::AtLeastZero, certainty, words);
        }
    }

    /// Subsets, cell by cell: below the nearest wholes that are there. One that is missing between
    /// two others does not keep anybody from comparing these.
    pub(super) fn subsets(&mut self) {
        let catalogue = self.catalogue;
        let place = |one: &MeasureRef| catalogue.place_of(one);
        let pairs = catalogue.subset_of.iter();
        let pairs: Vec<_> =
            pairs.filter_map(|one| Some((place(&one.subset)?, place(&one.of)?))).collect();
        let subsets: BTreeSet<_> = pairs.iter().map(|(subset, _)| *subset).collect();
        for subset in subsets {
            for cell in self.cells_of(subset.0) {
                let own = self.system.cells[cell].first_variable + subset.1;
                for whole in self.nearest_wholes(&pairs, subset, cell) {
                    let certainty = self.certainty(&[own, whole]);
                    let terms = vec![(whole, 1), (own, -1)];
                    let words = "a subset is never larger than the whole";
                    self.relate(terms, Comparison::AtLeastZero, certainty, words);
                }
            }
        }
    }

    /// The variables of the nearest wholes of a subset that have this cell.
    fn nearest_wholes(&self, pairs: &[(Place, Place)], subset: Place, cell: usize) -> Vec<usize> {
        let period = self.system.cells[cell].period;
        let (mut found, mut waiting, mut met) = (Vec::new(), vec![subset], BTreeSet::new());
        while let Some(measure) = waiting.pop() {
            for (_, whole) in pairs.iter().filter(|(subset, _)| *subset == measure) {
                if !met.insert(*whole) {
                    continue;
                }
                match self.variable(*whole, period, cell) {
                    Some(variable) => found.push(variable),
                    None => waiting.push(*whole),
                }
            }
        }
        found
    }

    /// Populations that are cells of another one, wherever all these cells are there.
    pub(super) fn slices(&mut self) {
        let catalogue = self.catalogue;
        for relation in &catalogue.slice_of {
            let measures = [&relation.slice, &relation.of].map(|one| self.measure(one));
            let [Some(slice), Some(of)] = measures else { continue };
            for cell in self.cells_of(slice.0) {
                let own = &self.system.cells[cell];
                let total = own.first_variable + slice.1;
                let parts: Option<Vec<usize>> = relation
                    .codes
                    .iter()
                    .map(|code| {
                        let mut key = borrowed(&own.key);
                        key.push((&relation.dimension, code));
                        key.sort_unstable();
                        let part = self.find(of.0, own.period, &key)?;
                        Some(self.system.cells[part].first_variable + of.1)
                    })
                    .collect();
                let Some(parts) = parts else { continue };
                let mut terms = vec![(total, 1)];
                terms.extend(parts.iter().map(|part| (*part, -1)));
                let variables: Vec<usize> = terms.iter().map(|(variable, _)| *variable).collect();
                let certainty = self.certainty(&variables);
                self.relate(terms, Comparison::Zero, certainty, "a slice is the sum of its cells");
            }
        }
    }

    /// Years and their quarters.
    pub(super) fn over_time(&mut self) {
        let catalogue = self.catalogue;
        for cell in 0..self.system.cells.len() {
            let SystemCell { population, period, first_variable, .. } = self.system.cells[cell];
            if period.frequency() != Frequency::Annual {
                continue;
            }
            let definition = &catalogue.populations[population];
            for (index, measure) in definition.measures.iter().enumerate() {
                let quarters: Vec<_> = period
                    .quarters()
                    .iter()
                    .map(|quarter| self.variable((population, index), *quarter, cell))
                    .collect();
                let year = first_variable + index;
                let distinct = catalogue.distinct_over.iter().find(|one| {
                    one.measure.population == definition.id && one.measure.measure == measure.id
                });
                match distinct {
                    Some(one) if one.longer_window => self.year_is_last(year, &quarters),
                    Some(_) => self.year_of_distinct(year, &quarters),
                    None if measure.additive_over_time => self.year_of_sum(year, &quarters),
                    None => {}
                }
            }
        }
    }

    fn year_is_last(&mut self, year: usize, quarters: &[Option<usize>]) {
        if let Some(Some(last)) = quarters.last() {
            let certainty = self.certainty(&[year, *last]);
            let words = "the year is its fourth quarter";
            self.relate(vec![(year, 1), (*last, -1)], Comparison::Zero, certainty, words);
        }
    }

    fn year_of_distinct(&mut self, year: usize, quarters: &[Option<usize>]) {
        let present: Vec<usize> = quarters.iter().flatten().copied().collect();
        self.year_covers(year, &present);
        if present.len() == quarters.len() {
            let mut terms = vec![(year, -1)];
            terms.extend(present.iter().map(|quarter| (*quarter, 1)));
            let words = "a year's distinct count is at most the sum of its quarters";
            self.relate(terms, Comparison::AtLeastZero, Certainty::Assumed, words);
        }
    }

    fn year_of_sum(&mut self, year: usize, quarters: &[Option<usize>]) {
        let present: Vec<usize> = quarters.iter().flatten().copied().collect();
        self.year_covers(year, &present);
        if present.len() > 1 {
            let mut terms = vec![(year, 1)];
            terms.extend(present.iter().map(|quarter| (*quarter, -1)));
            if present.len() == quarters.len() {
                // True unless records arrived late.
                let words = "a year is the sum of its quarters";
                self.relate(terms.clone(), Comparison::Zero, Certainty::Assumed, words);
            }
            let words = "a year is at least the sum of its quarters";
            self.relate(terms, Comparison::AtLeastZero, Certainty::Assumed, words);
        }
    }

    /// Each quarter is at most its year: certain where both were counted together.
    fn year_covers(&mut self, year: usize, quarters: &[usize]) {
        for quarter in quarters {
            let certainty = self.certainty(&[year, *quarter]);
            let words = "a quarter is at most its year";
            let terms = vec![(year, 1), (*quarter, -1)];
            self.relate(terms, Comparison::AtLeastZero, certainty, words);
        }
    }

    /// Stocks and the flows between them: always over two releases, so assumed.
    pub(super) fn stocks(&mut self) {
        let catalogue = self.catalogue;
        for relation in &catalogue.stock_of {
            let [Some(stock), Some(inflow)] =
                [&relation.stock, &relation.inflow].map(|one| self.measure(one))
            else {
                continue;
            };
            let outflows: Option<Vec<_>> =
                relation.outflows.iter().map(|one| self.measure(one)).collect();
            let Some(outflows) = outflows else { continue };
            for before in self.cells_of(stock.0) {
                let next = self.system.cells[before].period.next();
                let before_variable = self.system.cells[before].first_variable + stock.1;
                let variable = |measure| self.variable(measure, next, before);
                let [Some(end), Some(inflow)] = [stock, inflow].map(variable) else { continue };
                let outflows: Option<Vec<usize>> = outflows.iter().copied().map(variable).collect();
                let Some(outflows) = outflows else { continue };
                let mut terms = vec![(end, 1), (before_variable, -1), (inflow, -1)];
                terms.extend(outflows.into_iter().map(|outflow| (outflow, 1)));
                let words = "a stock changes by its flows";
                self.relate(terms, Comparison::Zero, Certainty::Assumed, words);
            }
        }
    }
}
