//! The cells of sensitive differences, which no table shows: they stand behind the cells of tables,
//! and are always hidden.

use std::collections::BTreeSet;

use crate::disclosure::{
    attack::Attack,
    counter_example::{self, Demand, Deviation},
    error::DisclosureError,
    transcript::FrozenDifference,
};

/// A cell that is a sum of variables.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    pub(super) terms: Vec<(usize, i64)>,
    pub(super) variable: usize,
    /// Of whom it says the same.
    pub(super) about: Option<usize>,
}

/// Most that a difference multiplies a variable by: the bounds of scales do.
const COEFFICIENT_MAX: u64 = 1_000;
/// How far below its true value a difference may be, as a multiple of all it sums. Any bound would
/// do: it only keeps attackers from thinking more possible.
const SUM_BELOW_FACTOR: i128 = 4;

impl Attack {
    /// Adds the cell of a sensitive difference.
    pub(super) fn add_difference(&mut self, one: &FrozenDifference) -> Result<(), DisclosureError> {
        let damaged = || DisclosureError::Transcript("a difference is none".into());
        let mut terms = Vec::with_capacity(one.terms.len());
        let tables_end = self.sums.first().map_or(self.truth.len(), |sum| sum.variable);
        for (variable, coefficient) in &one.terms {
            let variable = *variable as usize;
            if variable >= tables_end
                || !(1..=COEFFICIENT_MAX).contains(&coefficient.unsigned_abs())
            {
                return Err(damaged());
            }
            terms.push((variable, *coefficient));
        }
        terms.sort_unstable();
        if terms.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(damaged());
        }
        let first = terms.first().ok_or_else(damaged)?.0;
        let mut alike = self.sums_of.get(&first).into_iter().flatten();
        if alike.any(|place| self.sums[*place].terms == terms) {
            return Ok(());
        }
        let truth = |variable: usize| i128::from(self.truth[variable]);
        let value = counter_example::sum(&terms, truth);
        let size = |(variable, by): &(usize, i64)| (truth(*variable) * i128::from(*by)).abs();
        let sizes: i128 = terms.iter().map(size).sum();
        let floor = value - SUM_BELOW_FACTOR * (sizes + 1);
        let whole = |number: i128| i64::try_from(number).map_err(|_| damaged());
        let (value, floor) = (whole(value)?, whole(floor)?);
        let about = one.about.map(|about| about as usize);
        if about.is_some_and(|about| about >= tables_end) || (value == 0) != about.is_some() {
            return Err(damaged());
        }
        let cell = self.system.add_sum(&terms).ok_or_else(damaged)?;
        let variable = self.system.cells[cell].first_variable;
        self.truth.push(value);
        self.bounds.least.push(floor);
        self.bounds.most.push(None);
        self.earlier.push(Some(true));
        self.known_cells = self.system.cells.len();
        self.demands.extend(Demand::of(variable, one.protection));
        for (term, _) in &terms {
            self.sums_of.entry(*term).or_default().push(self.sums.len());
        }
        self.sums.push(Sum { terms, variable, about });
        Ok(())
    }

    /// The terms of the sensitive differences, in the order of their cells.
    pub fn sums(&self) -> Vec<Vec<(usize, i64)>> {
        self.sums.iter().map(|sum| sum.terms.clone()).collect()
    }

    /// The variables of the sensitive differences, with the terms that say who knows them: of what
    /// says the same of a group, the group.
    pub fn difference_variables(&self) -> impl Iterator<Item = (usize, Vec<(usize, i64)>)> {
        let terms = |sum: &Sum| match sum.about {
            Some(about) => vec![(about, 1)],
            None => sum.terms.clone(),
        };
        self.sums.iter().map(move |sum| (sum.variable, terms(sum)))
    }

    /// The deviation without its differences, as a transcript keeps it: variables of tables keep
    /// their numbers.
    pub fn without_sums(&self, deviation: &Deviation) -> Option<Deviation> {
        let first = self.sums.first().map_or(0, |sum| sum.variable);
        let is_sum = |variable: usize| (first..first + self.sums.len()).contains(&variable);
        let changes = deviation.changes().iter().filter(|(variable, _)| !is_sum(*variable));
        Deviation::new(changes.copied().collect())
    }

    /// The deviation with what it makes of the differences.
    pub fn with_sums(&self, deviation: &Deviation) -> Option<Deviation> {
        let mut changes = deviation.changes().to_vec();
        let touched: BTreeSet<usize> = changes
            .iter()
            .flat_map(|(variable, _)| self.sums_of.get(variable).into_iter().flatten().copied())
            .collect();
        for sum in touched.iter().map(|place| &self.sums[*place]) {
            let change = counter_example::sum(&sum.terms, |one| deviation.at(one).into());
            changes.push((sum.variable, i64::try_from(change).ok()?));
        }
        Deviation::new(changes)
    }
}
