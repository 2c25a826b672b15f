//! The rest of the year, rehearsed: what is hidden in a quarter binds the year that sums it.
//!
//! Where a quarter's count is hidden, the year can only be published if another quarter can make
//! up for it. By the time the year is released it is too late to see to that: what was published
//! stays. So the protector works on an enlarged system, in which the quarters that are left look
//! like the one at hand and the year is what they add up to. It may hide those expected cells at
//! their cost, too, the year's at the highest, and so finds a pattern for the quarter at hand that
//! lets the year be published.
//!
//! One quarter is enough to make up for another: the last one stands for all that are left, and of
//! those between only stocks, which pass on what was hidden before, are taken for hidden.
//!
//! Only a guess that guides the heuristic: the marks of expected cells are forgotten afterwards,
//! and the audit knows nothing of them.

use crate::{
    base::period::{Frequency, Period},
    codes::catalogue::Catalogue,
    disclosure::{
        attack::{Attack, Expected, shapes},
        counter_example::holds,
        system::{CellIndex, Shape, System, SystemCell},
        transcript::Transcript,
    },
    indicators::cube::Cube,
};

/// The attack with the expected cells added behind all others; `None` where the release ends its
/// year, or the enlarged system would be too large.
pub fn rehearse(
    catalogue: &Catalogue,
    attack: &Attack,
    cubes: &[Cube],
    transcript: &Transcript,
) -> Option<Attack> {
    let (quarter, expected) = expected_periods(attack, cubes)?;
    let mut all = shapes(cubes, transcript);
    let at_hand: Vec<Shape<'_>> =
        all.last()?.iter().filter(|shape| shape.period == quarter).copied().collect();
    let moved_to = |period: &Period| {
        let period = *period;
        at_hand.iter().map(move |shape| Shape { period, ..*shape })
    };
    let known = all.len();
    all.push(expected.iter().flat_map(moved_to).collect());
    let mut system = System::with_sums(catalogue, &all, known, &attack.sums()).ok()?;
    let mut guess = Guess::new(catalogue, &system, attack.truth.clone(), quarter);
    guess.periods(&expected);
    let Guess { truth, likenesses, .. } = guess;
    // A guess that breaks a relation is not worth a relation.
    let is_real = |term: &(usize, i64)| term.0 < attack.truth.len();
    system.relations.retain(|relation| {
        relation.terms.iter().all(is_real) || holds(relation, |one| i128::from(truth[one]))
    });
    let last = expected.iter().rev().nth(1).copied();
    let is_settled = |cell: &usize| {
        let SystemCell { population, period, .. } = system.cells[*cell];
        Some(period) != last && !is_stock(catalogue, population)
    };
    let settled = likenesses.iter().map(|(_, cell)| *cell).filter(is_settled).collect();
    let expected = Expected { system, truth, likenesses, settled };
    Some(attack.enlarged(catalogue, expected))
}

/// Whether the population is a level that its flows change.
fn is_stock(catalogue: &Catalogue, population: usize) -> bool {
    let id = &catalogue.populations[population].id;
    catalogue.stock_of.iter().any(|relation| relation.stock.population == *id)
}

/// The quarter at hand; the quarters left and the year, last. `None` if nothing is left, or some
/// of it is known.
fn expected_periods(attack: &Attack, cubes: &[Cube]) -> Option<(Period, Vec<Period>)> {
    let mut quarters = cubes
        .iter()
        .map(|cube| cube.period)
        .filter(|period| period.frequency() == Frequency::Quarterly);
    let quarter = quarters.next()?;
    if quarters.any(|other| other != quarter) || quarter.ends_year() {
        return None;
    }
    let year = quarter.whole_year();
    let left = year.quarters().into_iter().filter(|one| one.first_day() > quarter.last_day());
    let expected: Vec<Period> = left.chain([year]).collect();
    let known = attack.system.cells.iter().any(|cell| expected.contains(&cell.period));
    (!known).then_some((quarter, expected))
}

/// Values for the expected cells.
struct Guess<'a> {
    catalogue: &'a Catalogue,
    system: &'a System,
    truth: Vec<i64>,
    /// The quarter at hand.
    quarter: Period,
    /// Cells by population, period and key.
    index: CellIndex<'a>,
    /// Cells at hand with the ones made like them in later quarters.
    likenesses: Vec<(usize, usize)>,
}

impl<'a> Guess<'a> {
    fn new(
        catalogue: &'a Catalogue,
        system: &'a System,
        mut truth: Vec<i64>,
        quarter: Period,
    ) -> Self {
        truth.resize(system.cell_of.len(), 0);
        let index = system.index();
        Self { catalogue, system, truth, quarter, index, likenesses: Vec::new() }
    }

    /// Later quarters are like the one at hand, but for stocks.
    fn periods(&mut self, expected: &[Period]) {
        for (place, cell) in self.system.cells.iter().enumerate() {
            let Some(like) = self.find(cell.population, self.quarter, &cell.key) else { continue };
            if !expected.contains(&cell.period) {
                continue;
            }
            let from = &self.system.cells[like];
            for measure in 0..from.measures {
                let value = self.truth[from.first_variable + measure];
                self.truth[cell.first_variable + measure] = value;
            }
            if cell.period.frequency() == Frequency::Quarterly {
                self.likenesses.push((like, place));
            }
        }
        self.stocks();
        self.sums();
    }

    /// Stocks as their flows make them, as long as something is left.
    fn stocks(&mut self) {
        for relation in &self.catalogue.stock_of {
            let measures =
                [&relation.stock, &relation.inflow].map(|one| self.catalogue.place_of(one));
            let [Some(stock), Some(inflow)] = measures else { continue };
            let outflows: Option<Vec<_>> =
                relation.outflows.iter().map(|one| self.catalogue.place_of(one)).collect();
            let Some(outflows) = outflows else { continue };
            for before in 0..self.system.cells.len() {
                let cell = &self.system.cells[before];
                let next = cell.period.next();
                let value = |measure: (usize, usize), period: Period| {
                    let found = self.find(measure.0, period, &cell.key)?;
                    Some(self.system.cells[found].first_variable + measure.1)
                };
                let gone: Option<Vec<_>> = outflows.iter().map(|one| value(*one, next)).collect();
                let (Some(old), Some(inflow), Some(gone)) =
                    (value(stock, cell.period), value(inflow, next), gone)
                else {
                    continue;
                };
                let new = value(stock, next).filter(|_| next > self.quarter);
                let Some(new) = new else { continue };
                let gone: i64 = gone.into_iter().map(|variable| self.truth[variable]).sum();
                let level = self.truth[old] + self.truth[inflow] - gone;
                if level > 0 {
                    self.truth[new] = level;
                }
            }
        }
    }

    /// Years as their quarters make them. A year's distinct count lies between its largest quarter
    /// and their sum: the sum of the other quarters does, leaves room both ways, and adds up.
    fn sums(&mut self) {
        let year = self.quarter.whole_year();
        for cell in self.system.cells.iter().filter(|cell| cell.period == year) {
            let population = &self.catalogue.populations[cell.population];
            for (index, measure) in population.measures.iter().enumerate() {
                let is_bounded = self.catalogue.distinct_over.iter().any(|one| {
                    !one.longer_window
                        && one.measure.population == population.id
                        && one.measure.measure == measure.id
                });
                if !measure.additive_over_time && !is_bounded {
                    continue;
                }
                let counted = |quarter: &Period| !is_bounded || *quarter != self.quarter;
                let quarters = year.quarters().into_iter().filter(counted);
                let found = quarters.filter_map(|one| self.find(cell.population, one, &cell.key));
                let values =
                    found.map(|one| self.truth[self.system.cells[one].first_variable + index]);
                self.truth[cell.first_variable + index] = values.fold(0, i64::saturating_add);
            }
        }
    }

    fn find(&self, population: usize, period: Period, key: &[(String, String)]) -> Option<usize> {
        self.index.get(&(population, period, key)).copied()
    }
}
