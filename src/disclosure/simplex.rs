//! A linear programming solver in exact integer arithmetic: primal simplex with bounded variables
//! on a dense tableau that is kept in integers over one common denominator (Edmonds' and Bareiss'
//! integer-preserving pivots). No floating point, no tolerance, the same pivots on every machine.
//!
//! The matrices of linked tables are nearly totally unimodular: the denominator is 1 almost always
//! and a pivot only touches rows and columns that are not zero. Where numbers outgrow their types
//! the solver says [`SimplexError::Overflow`]; callers then fall back to what they can prove.

use crate::disclosure::exact::{SimplexError, checked, combine, mixed};

/// Most entries of a tableau: half a gigabyte. A sample hub's year needs a hundredth of it.
const TABLEAU_ENTRIES_MAX: usize = 64 << 20;
/// Pivots after which a solve is given up.
const PIVOTS_MAX: usize = 20_000;
/// Pivots without progress after which the smallest index is chosen, which cannot cycle (Bland).
const STALLED_PIVOTS_MAX: usize = 60;

/// `Σ coefficient × column = constant`, or `≥ constant`.
#[derive(Debug, Clone)]
pub struct Row {
    /// Columns with their coefficients; no column twice.
    pub terms: Vec<(usize, i64)>,
    /// The right-hand side.
    pub constant: i128,
    /// Whether the sum may exceed the constant.
    pub at_least: bool,
}

/// Bounds and the starting value of one column, which must lie between them.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Least value.
    pub lower: i128,
    /// Largest value, if bounded.
    pub upper: Option<i128>,
    /// Value to start from.
    pub start: i128,
}

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The objective is at its largest.
    Optimal,
    /// The objective has no largest value.
    Unbounded,
}

/// A feasible problem with its current basis; solves continue from where the last one ended.
#[derive(Debug, Clone)]
pub struct Simplex {
    /// The caller's columns, then one slack column per `≥` row.
    columns: Vec<Column>,
    /// Current values of columns outside the basis.
    values: Vec<i128>,
    /// The row a column is basic in.
    row_of: Vec<Option<usize>>,
    /// What is basic in each row: a column, or the row's own artificial variable.
    basis: Vec<Basic>,
    /// Rows × columns, over `denominator`.
    tableau: Vec<i64>,
    /// Values of the basic variables, over `denominator`.
    basic_values: Vec<i128>,
    denominator: i64,
    /// Reduced costs of the current objective, over `denominator`.
    reduced: Vec<i128>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basic {
    Column(usize),
    /// Measures by how much the row is violated: at zero for ever once it got there. `positive`
    /// while it may still be above zero, `negative` while below.
    Artificial {
        positive: bool,
        negative: bool,
    },
}

struct Leaving {
    row: usize,
    bound: i128,
}

impl Simplex {
    /// Sets up the problem and looks for a feasible point.
    pub fn new(columns: Vec<Column>, rows: &[Row]) -> Result<Self, SimplexError> {
        let mut simplex = Self::set_up(columns, rows)?;
        let costs: Vec<(usize, i64)> = Vec::new();
        simplex.price(&costs)?;
        simplex.maximize()?;
        let feasible = simplex
            .basis
            .iter()
            .zip(&simplex.basic_values)
            .all(|(basic, value)| matches!(basic, Basic::Column(_)) || *value == 0);
        if !feasible {
            return Err(SimplexError::Infeasible);
        }
        for basic in &mut simplex.basis {
            if matches!(basic, Basic::Artificial { .. }) {
                *basic = Basic::Artificial { positive: false, negative: false };
            }
        }
        Ok(simplex)
    }

    fn set_up(mut columns: Vec<Column>, rows: &[Row]) -> Result<Self, SimplexError> {
        let own = columns.len();
        let width = own + rows.iter().filter(|row| row.at_least).count();
        let entries = rows.len().checked_mul(width);
        let Some(entries) = entries.filter(|entries| *entries <= TABLEAU_ENTRIES_MAX) else {
            return Err(SimplexError::TooLarge);
        };
        let mut tableau = vec![0; entries];
        let mut row_of = vec![None; width];
        let (mut basis, mut basic_values) = (Vec::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            let entries = &mut tableau[index * width..(index + 1) * width];
            let mut excess = -row.constant;
            for (column, coefficient) in &row.terms {
                entries[*column] = *coefficient;
                excess = checked(columns[*column].start.checked_mul(i128::from(*coefficient)))?
                    .checked_add(excess)
                    .ok_or(SimplexError::Overflow)?;
            }
            if !row.at_least {
                basis.push(Basic::Artificial { positive: excess < 0, negative: excess > 0 });
                basic_values.push(-excess);
                continue;
            }
            let slack = columns.len();
            columns.push(Column { lower: 0, upper: None, start: excess.max(0) });
            if excess >= 0 {
                // −Σ + slack = −constant, so that the slack's entry is +1.
                entries.iter_mut().for_each(|entry| *entry = -*entry);
                entries[slack] = 1;
                row_of[slack] = Some(index);
                basis.push(Basic::Column(slack));
                basic_values.push(excess);
            } else {
                entries[slack] = -1;
                basis.push(Basic::Artificial { positive: true, negative: false });
                basic_values.push(-excess);
            }
        }
        Ok(Self {
            values: columns.iter().map(|column| column.start).collect(),
            reduced: vec![0; width],
            columns,
            row_of,
            basis,
            tableau,
            basic_values,
            denominator: 1,
        })
    }

    /// Makes `Σ cost × column` as large as it can be.
    pub fn solve(&mut self, costs: &[(usize, i64)]) -> Result<Outcome, SimplexError> {
        self.price(costs)?;
        self.maximize()
    }

    /// The current value of a column: a numerator over [`Simplex::denominator`].
    pub fn numerator(&self, column: usize) -> Result<i128, SimplexError> {
        match self.row_of[column] {
            Some(row) => Ok(self.basic_values[row]),
            None => checked(self.values[column].checked_mul(i128::from(self.denominator))),
        }
    }

    /// The common denominator of all current values; positive.
    pub fn denominator(&self) -> i128 {
        i128::from(self.denominator)
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    /// Reduced costs of an objective in the current basis. Artificial variables that are not yet
    /// at zero cost 1 per unit of violation.
    fn price(&mut self, costs: &[(usize, i64)]) -> Result<(), SimplexError> {
        let width = self.width();
        self.reduced = vec![0; width];
        let mut basic_costs: Vec<(usize, i128)> = Vec::new();
        for (column, cost) in costs {
            match self.row_of[*column] {
                Some(row) => basic_costs.push((row, i128::from(*cost))),
                None => {
                    self.reduced[*column] += i128::from(*cost) * i128::from(self.denominator);
                }
            }
        }
        for (row, basic) in self.basis.iter().enumerate() {
            match basic {
                Basic::Artificial { positive: true, .. } => basic_costs.push((row, -1)),
                Basic::Artificial { negative: true, .. } => basic_costs.push((row, 1)),
                _ => {}
            }
        }
        for (row, cost) in basic_costs {
            for column in 0..width {
                let entry = self.tableau[row * width + column];
                if entry != 0 && self.row_of[column].is_none() {
                    let change = checked(cost.checked_mul(i128::from(entry)))?;
                    self.reduced[column] = checked(self.reduced[column].checked_sub(change))?;
                }
            }
        }
        Ok(())
    }

    fn maximize(&mut self) -> Result<Outcome, SimplexError> {
        let mut stalled = 0;
        for _ in 0..PIVOTS_MAX {
            let Some((column, up)) = self.entering(stalled > STALLED_PIVOTS_MAX) else {
                return Ok(Outcome::Optimal);
            };
            let leaving = self.leaving(column, up, stalled > STALLED_PIVOTS_MAX)?;
            let moved = match leaving {
                Step::Unbounded => return Ok(Outcome::Unbounded),
                Step::Flip(distance) => {
                    self.flip(column, up, distance)?;
                    true
                }
                Step::Pivot(leaving, moved) => {
                    self.pivot(leaving, column)?;
                    moved
                }
            };
            stalled = if moved { 0 } else { stalled + 1 };
        }
        Err(SimplexError::Stalled)
    }

    /// The column to move, and whether upwards: the steepest, or the first by index.
    fn entering(&self, first: bool) -> Option<(usize, bool)> {
        let mut best: Option<(usize, bool)> = None;
        let mut steepest = 0;
        for (column, reduced) in self.reduced.iter().enumerate() {
            if *reduced == 0 || self.row_of[column].is_some() {
                continue;
            }
            let up = *reduced > 0;
            let room = match up {
                true => self.columns[column].upper.is_none_or(|upper| self.values[column] < upper),
                false => self.values[column] > self.columns[column].lower,
            };
            if room && reduced.abs() > steepest {
                steepest = reduced.abs();
                best = Some((column, up));
                if first {
                    break;
                }
            }
        }
        best
    }

    /// How far the column can go, and what stops it.
    fn leaving(&self, column: usize, up: bool, first: bool) -> Result<Step, SimplexError> {
        let width = self.width();
        let Column { lower, upper, .. } = self.columns[column];
        let own_range = match up {
            true => upper.map(|upper| upper - self.values[column]),
            false => Some(self.values[column] - lower),
        };
        // The best ratio so far as a fraction, with the row and bound it belongs to.
        let mut best: Option<(i128, i128, Leaving)> = None;
        for row in 0..self.basis.len() {
            let entry = self.tableau[row * width + column];
            if entry == 0 {
                continue;
            }
            let falls = (entry > 0) == up;
            let Some(bound) = self.bound_of(row, falls) else { continue };
            let scaled = checked(bound.checked_mul(i128::from(self.denominator)))?;
            let room = checked(self.basic_values[row].checked_sub(scaled))?.abs();
            let rate = i128::from(entry).abs();
            let better = match &best {
                None => true,
                Some((best_room, best_rate, other)) => {
                    let ours = checked(room.checked_mul(*best_rate))?;
                    let theirs = checked(best_room.checked_mul(rate))?;
                    ours < theirs
                        || (ours == theirs && self.preferred(row, rate, other, *best_rate, first))
                }
            };
            if better {
                best = Some((room, rate, Leaving { row, bound }));
            }
        }
        match (best, own_range) {
            (None, None) => Ok(Step::Unbounded),
            (None, Some(distance)) => Ok(Step::Flip(distance)),
            (Some((room, _, leaving)), None) => Ok(Step::Pivot(leaving, room > 0)),
            (Some((room, rate, leaving)), Some(distance)) => {
                match checked(distance.checked_mul(rate))? <= room {
                    true => Ok(Step::Flip(distance)),
                    false => Ok(Step::Pivot(leaving, room > 0)),
                }
            }
        }
    }

    /// Among equal ratios: pivots that keep the denominator, then small ones; by index when
    /// cycling must be ruled out.
    fn preferred(
        &self,
        row: usize,
        rate: i128,
        other: &Leaving,
        other_rate: i128,
        first: bool,
    ) -> bool {
        let index = |row: usize| match self.basis[row] {
            Basic::Artificial { .. } => (0, row),
            Basic::Column(column) => (1, column),
        };
        let grows = |rate: i128| (rate != self.denominator(), rate);
        match first {
            true => index(row) < index(other.row),
            false => (grows(rate), index(row)) < (grows(other_rate), index(other.row)),
        }
    }

    /// The bound that a row's basic variable moves towards.
    fn bound_of(&self, row: usize, falls: bool) -> Option<i128> {
        match self.basis[row] {
            Basic::Column(column) if falls => Some(self.columns[column].lower),
            Basic::Column(column) => self.columns[column].upper,
            Basic::Artificial { positive, negative } => {
                let free = if falls { negative } else { positive };
                (!free).then_some(0)
            }
        }
    }

    fn flip(&mut self, column: usize, up: bool, distance: i128) -> Result<(), SimplexError> {
        let change = if up { distance } else { -distance };
        let width = self.width();
        self.values[column] = checked(self.values[column].checked_add(change))?;
        for row in 0..self.basis.len() {
            let entry = i128::from(self.tableau[row * width + column]);
            if entry != 0 {
                let moved = checked(entry.checked_mul(change))?;
                self.basic_values[row] = checked(self.basic_values[row].checked_sub(moved))?;
            }
        }
        Ok(())
    }

    /// Brings `column` into the basis in place of what is basic in the leaving row, which goes to
    /// its bound. Every division below is exact: all entries are minors of the rows.
    fn pivot(&mut self, leaving: Leaving, column: usize) -> Result<(), SimplexError> {
        let Leaving { row, bound } = leaving;
        let width = self.width();
        let entry = self.tableau[row * width + column];
        let old = i128::from(self.denominator);
        // Values with the entering column's own part left out, so that they transform like a
        // right-hand side.
        let entering_value = self.values[column];
        let entries: Vec<i128> = (0..self.basis.len())
            .map(|index| i128::from(self.tableau[index * width + column]))
            .collect();
        for (value, entry) in self.basic_values.iter_mut().zip(&entries) {
            let own = checked(entry.checked_mul(entering_value))?;
            *value = checked(value.checked_add(own))?;
        }
        if entry < 0 {
            self.tableau[row * width..(row + 1) * width].iter_mut().for_each(|one| *one = -*one);
            self.basic_values[row] = -self.basic_values[row];
        }
        let new = i128::from(entry).abs();
        let pivot_row: Vec<(usize, i128)> = (0..width)
            .map(|index| (index, i128::from(self.tableau[row * width + index])))
            .filter(|(_, value)| *value != 0)
            .collect();
        let pivot_value = self.basic_values[row];
        for (index, factor) in entries.iter().enumerate() {
            if index == row || (*factor == 0 && new == old) {
                continue;
            }
            let line = &mut self.tableau[index * width..(index + 1) * width];
            combine(line, &pivot_row, *factor, new, old)?;
            let value = &mut self.basic_values[index];
            *value = mixed(*value, new, *factor, pivot_value, old)?;
        }
        let factor = self.reduced[column];
        if factor != 0 || new != old {
            self.combine_reduced(&pivot_row, factor, new, old)?;
        }
        // The leaving variable's new column is −entries, and the old denominator in its own row.
        let sign = if entry < 0 { -1 } else { 1 };
        for (index, value) in self.basic_values.iter_mut().enumerate() {
            let part = if index == row { -sign * old } else { sign * entries[index] };
            *value = checked(value.checked_add(checked(part.checked_mul(bound))?))?;
        }
        if let Basic::Column(left) = self.basis[row] {
            self.row_of[left] = None;
            self.values[left] = bound;
        }
        self.basis[row] = Basic::Column(column);
        self.row_of[column] = Some(row);
        self.denominator = i64::try_from(new).map_err(|_| SimplexError::Overflow)?;
        Ok(())
    }

    fn combine_reduced(
        &mut self,
        pivot_row: &[(usize, i128)],
        factor: i128,
        new: i128,
        old: i128,
    ) -> Result<(), SimplexError> {
        let mut dense = vec![0; self.width()];
        pivot_row.iter().for_each(|(index, value)| dense[*index] = *value);
        for (reduced, pivot) in self.reduced.iter_mut().zip(dense) {
            *reduced = mixed(*reduced, new, factor, pivot, old)?;
        }
        Ok(())
    }
}

enum Step {
    Unbounded,
    Flip(i128),
    Pivot(Leaving, bool),
}

#[cfg(test)]
#[path = "simplex_tests.rs"]
mod simplex_tests;
