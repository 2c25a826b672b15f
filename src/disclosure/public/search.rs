//! What unknown variables of one component can be: the sparse solver of
//! [`crate::disclosure::suppress`], for somebody who knows no values that fit.
//!
//! It starts from the least value of every variable. Each row that these break gets a column of its
//! own for what is missing, and the first search takes what is missing away; if it is proven that
//! some always is left, the published figures contradict themselves. From there on the columns are
//! held where nothing is missing, and each search starts from the last one's basis.
//!
//! The solver computes in floating point and only proposes. A bound is believed if it follows from
//! its multipliers in exact arithmetic, a point if it keeps every row and bound in exact
//! arithmetic; where neither is so, nothing is said.

use crate::disclosure::{
    rows::{self, Component, Interval},
    suppress::{
        matrix::Matrix,
        primal::{End, Primal},
        reach::{self, Ranges},
    },
};

/// Steps of one search.
const STEPS_MAX: usize = 20_000;
/// Largest number that is looked at: floating point still has all whole numbers around it.
const NUMBER_MAX: i128 = 1 << 52;
/// Denominators that are tried for a point.
const DENOMINATOR_MAX: i128 = 6;
/// What may be missing, as a part of what was at the start, and taken for none.
const MISSING_MAX: f64 = 1e-9;
/// How far to go on where nothing bounds a variable.
const FURTHER: f64 = 2.0;

/// Why nothing was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsolved {
    /// It is proven that no values fit: these relations contradict each other.
    Contradiction(Vec<usize>),
    /// The solver was out of work, or numbers are too large for it.
    GivenUp,
}

/// The component as the solver gets it: movements from a start, and equations that are zero.
pub struct Task<'a> {
    component: &'a Component,
    /// What is known of each variable.
    bounds: Vec<Interval>,
    rows: Vec<Vec<(usize, i64)>>,
    /// How far each column may move from the start.
    down: Vec<i64>,
    up: Vec<Option<i64>>,
    /// The columns of what is missing, with how much is.
    missing: Vec<(usize, i64)>,
    /// The column of all that is missing.
    all_missing: usize,
    matrix: Matrix,
    /// Entries of all rows and columns.
    entries: u64,
    /// The columns to start with.
    basis: Vec<u32>,
}

impl<'a> Task<'a> {
    /// The component with what is known of all variables; `None` if numbers are too large.
    pub fn new(component: &'a Component, intervals: &[Interval]) -> Option<Self> {
        let bounds: Vec<Interval> =
            component.variables.iter().map(|variable| intervals[*variable]).collect();
        let mut task = Self {
            component,
            rows: Vec::with_capacity(component.rows.len() + 1),
            down: vec![0; bounds.len()],
            up: Vec::with_capacity(bounds.len()),
            missing: Vec::new(),
            all_missing: 0,
            matrix: Matrix::default(),
            entries: 0,
            basis: Vec::new(),
            bounds,
        };
        for Interval { lower, upper } in &task.bounds {
            small(*lower)?;
            task.up.push(match upper {
                Some(upper) => Some(small(upper - lower)?),
                None => None,
            });
        }
        for row in &component.rows {
            task.add_row(row)?;
        }
        task.all_missing = task.up.len();
        let mut sum: Vec<(usize, i64)> =
            task.missing.iter().map(|(column, _)| (*column, -1)).collect();
        sum.push((task.all_missing, 1));
        let all = task.missing.iter().map(|(_, missing)| i128::from(*missing)).sum();
        task.add_column(small(all)?, Some(0));
        task.rows.push(sum);
        task.basis.push(task.all_missing as u32);
        let terms: usize = task.rows.iter().map(Vec::len).sum();
        task.entries = (task.up.len() + terms) as u64;
        task.matrix = Matrix::new(task.up.len(), &task.rows);
        Some(task)
    }

    fn add_column(&mut self, down: i64, up: Option<i64>) -> usize {
        self.down.push(down);
        self.up.push(up);
        self.up.len() - 1
    }

    /// Adds a row with the columns for what it has too much, where it may, and what is missing.
    fn add_row(&mut self, row: &rows::Row) -> Option<()> {
        let start = |place: usize| self.bounds[place].lower;
        let sum: i128 = row.terms.iter().map(|(at, factor)| start(*at) * i128::from(*factor)).sum();
        let excess = small(sum - row.constant)?;
        let mut terms = row.terms.clone();
        let is_short = if row.at_least { excess < 0 } else { excess != 0 };
        if row.at_least {
            let column = self.add_column(excess.max(0), None);
            terms.push((column, -1));
            if !is_short {
                self.basis.push(column as u32);
            }
        }
        if is_short {
            let column = self.add_column(excess.abs(), Some(0));
            terms.push((column, -excess.signum()));
            self.missing.push((column, excess.abs()));
            self.basis.push(column as u32);
        }
        self.rows.push(terms);
        Some(())
    }

    fn ranges<'b>(&'b self, up: &'b [Option<i64>]) -> Ranges<'b> {
        Ranges { rows: &self.rows, down: &self.down, up }
    }

    /// Whether these numerators over `denominator` keep every row and bound.
    fn is_possible(&self, values: &[i128], denominator: i128) -> bool {
        let within = values.iter().zip(&self.bounds).all(|(value, Interval { lower, upper })| {
            *value >= lower * denominator && upper.is_none_or(|upper| *value <= upper * denominator)
        });
        within
            && self.component.rows.iter().all(|row| {
                let terms = row.terms.iter();
                let sum: i128 = terms.map(|(at, factor)| values[*at] * i128::from(*factor)).sum();
                let constant = row.constant * denominator;
                if row.at_least { sum >= constant } else { sum == constant }
            })
    }
}

/// A number small enough for the solver.
fn small(number: i128) -> Option<i64> {
    (number.abs() <= NUMBER_MAX).then(|| i64::try_from(number).ok()).flatten()
}

/// Searches in one component.
pub struct Search<'a> {
    task: &'a Task<'a>,
    primal: Primal<'a>,
    /// How far columns may move up with nothing missing.
    up: Vec<Option<i64>>,
    reached: Vec<Reached>,
    /// Entries looked at to see whether a point is possible.
    tried: u64,
}

/// The least and the most that a variable is in points that are possible, rounded inward.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reached {
    /// At least.
    pub least: Option<i128>,
    /// At most.
    pub most: Option<i128>,
}

impl Reached {
    /// Whether two whole numbers are possible.
    pub fn is_open(&self) -> bool {
        matches!((self.least, self.most), (Some(least), Some(most)) if most > least)
    }
}

impl<'a> Search<'a> {
    /// Looks for values that fit. `work` is what may be spent, here and in all further searches;
    /// what was is taken off.
    pub fn new(task: &'a Task<'a>, work: &mut u64) -> Result<Self, Unsolved> {
        let lower = task.down.iter().map(|down| -(*down as f64)).collect();
        let upper = task.up.iter().map(|up| up.map_or(f64::INFINITY, |up| up as f64)).collect();
        let primal = Primal::with_basis(&task.matrix, lower, upper, task.basis.clone());
        let reached = vec![Reached::default(); task.bounds.len()];
        let mut search = Self { task, primal, up: task.up.clone(), reached, tried: 0 };
        search.run(work, |search| search.fit())?;
        for (column, missing) in &task.missing {
            search.primal.hold(*column, -(*missing as f64));
            search.up[*column] = Some(-missing);
        }
        let all = task.down[task.all_missing];
        search.primal.hold(task.all_missing, -(all as f64));
        search.up[task.all_missing] = Some(-all);
        search.run(work, Self::note);
        Ok(search)
    }

    /// Does something within what may be spent.
    fn run<T>(&mut self, work: &mut u64, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.primal.work(), self.tried);
        self.primal.limit(before.0.saturating_add(*work));
        let done = run(self);
        *work = work.saturating_sub(self.primal.work() - before.0 + self.tried - before.1);
        done
    }

    /// Takes away what is missing.
    fn fit(&mut self) -> Result<(), Unsolved> {
        let column = self.task.all_missing;
        let all = self.task.down[column];
        let End::At(left) = self.primal.reach(column, false, STEPS_MAX) else {
            return Err(Unsolved::GivenUp);
        };
        if left + all as f64 <= MISSING_MAX * (1.0 + all as f64) {
            return Ok(());
        }
        let ranges = self.task.ranges(&self.task.up);
        match reach::proven(ranges, column, false, self.primal.multipliers()) {
            Some(most) if most < all => Err(Unsolved::Contradiction(self.blamed())),
            _ => Err(Unsolved::GivenUp),
        }
    }

    /// The relations that the last proof rests on.
    fn blamed(&self) -> Vec<usize> {
        let multipliers = self.primal.multipliers();
        let used = multipliers.places().iter().filter(|row| multipliers.at(**row) != 0.0);
        let rows = used.filter_map(|row| self.task.component.rows.get(*row as usize));
        rows.map(|row| row.relation).collect()
    }

    /// What is possible for a variable of the component, as far as it was met.
    pub fn reached(&self, place: usize) -> Reached {
        self.reached[place]
    }

    /// Looks for the largest value of a variable if `up`, else the least. The bound that is proven,
    /// if any; what is met on the way is noted.
    pub fn end(&mut self, place: usize, up: bool, work: &mut u64) -> Option<i128> {
        if *work == 0 {
            return None;
        }
        self.run(work, |search| search.end_of(place, up))
    }

    fn end_of(&mut self, place: usize, up: bool) -> Option<i128> {
        let bound = match self.primal.reach(place, up, STEPS_MAX) {
            End::At(_) => {
                let ranges = self.task.ranges(&self.up);
                let most = reach::proven(ranges, place, up, self.primal.multipliers());
                let lower = self.task.bounds[place].lower;
                most.map(
                    |most| if up { lower + i128::from(most) } else { lower - i128::from(most) },
                )
            }
            End::Unbounded => {
                self.note();
                self.primal.go_on(FURTHER);
                None
            }
            End::Unknown => return None,
        };
        self.note();
        bound
    }

    /// Notes what the point is, if it is one.
    fn note(&mut self) {
        let lower = |place: usize| self.task.bounds[place].lower;
        for denominator in 1..=DENOMINATOR_MAX {
            let value = |place: usize| {
                let moved = (self.primal.value(place) * denominator as f64).round();
                lower(place) * denominator + moved as i128
            };
            let values: Vec<i128> = (0..self.reached.len()).map(value).collect();
            self.tried += self.task.entries;
            if !self.task.is_possible(&values, denominator) {
                continue;
            }
            for (Reached { least, most }, value) in self.reached.iter_mut().zip(values) {
                let own_least = rows::ceil_div(value, denominator);
                let own_most = rows::floor_div(value, denominator);
                *least = Some(least.map_or(own_least, |known| known.min(own_least)));
                *most = Some(most.map_or(own_most, |known| known.max(own_most)));
            }
            return;
        }
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod search_tests;
