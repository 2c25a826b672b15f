//! How far the hidden cells of a system can be from their true values: a primal simplex for
//! bounded variables in floating point. It starts where nothing moves, which is always possible,
//! and goes on from the basis of the last cell. What it finds is a proposal; its multipliers are
//! made exact by [`crate::disclosure::suppress::reach`].

use crate::disclosure::suppress::{
    basis::{ENTRY_MIN, Inverse, Sparse},
    matrix::Matrix,
};

/// Entries smaller than this are not pivoted on.
const PIVOT_MIN: f64 = 1e-7;
/// Tableau entries up to this are zero when a column is chosen.
const REDUCED_MIN: f64 = 1e-9;
/// What part of a column's largest entry a pivot may be that keeps the inverse sparse.
const PREFERRED_PART: f64 = 0.1;
/// Pivots after which the inverse is made anew.
const PIVOTS_MAX: usize = 150;
/// Steps that move nothing after which columns are chosen by number, which cannot cycle (Bland).
const STALLED_MAX: usize = 50;

/// A point of the system, with the basis it stands on.
pub struct Primal<'a> {
    matrix: &'a Matrix,
    lower: Vec<f64>,
    upper: Vec<f64>,
    /// Value of each variable.
    values: Vec<f64>,
    /// The row each variable is basic in.
    row_of: Vec<Option<u32>>,
    /// The variable basic in each row; none where the row's own activity is, which stays zero.
    basis: Vec<Option<u32>>,
    inverse: Inverse,
    /// Pivots of the inverse when it was made.
    renewed_at: usize,
    objective: Sparse,
    entries: Sparse,
    column: Sparse,
    /// The variable that nothing stopped, and whether it rises, if the last search ended so.
    ray: Option<(usize, bool)>,
    /// Entries looked at so far: a measure of time that is the same on all machines.
    work: u64,
    /// Where searches are given up.
    work_max: u64,
}

/// How a search for the end of a variable's range ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// At this value; no feasible point is beyond it.
    At(f64),
    /// Nothing bounds it.
    Unbounded,
    /// The search was given up.
    Unknown,
}

/// What stops a step.
enum Stop {
    /// The entering variable's own bound.
    Own,
    /// A basic variable, or a row's activity, at its bound.
    Row(u32, f64),
    Nothing,
}

impl<'a> Primal<'a> {
    /// At zero, with bounds around it.
    pub fn new(matrix: &'a Matrix, lower: Vec<f64>, upper: Vec<f64>) -> Self {
        // A basis of variables that can move: no step from zero is without length then.
        let movable = (0..matrix.columns()).filter(|one| lower[*one] < upper[*one]);
        let movable = movable.map(|one| one as u32).collect();
        Self::with_basis(matrix, lower, upper, movable)
    }

    /// At zero, with bounds around it, on a basis of as many of these variables as can be taken.
    pub fn with_basis(
        matrix: &'a Matrix,
        lower: Vec<f64>,
        upper: Vec<f64>,
        basis: Vec<u32>,
    ) -> Self {
        let mut primal = Self {
            renewed_at: 0,
            values: vec![0.0; matrix.columns()],
            row_of: vec![None; matrix.columns()],
            basis: vec![None; matrix.rows()],
            inverse: Inverse::default(),
            objective: Sparse::new(matrix.rows()),
            entries: Sparse::new(matrix.columns()),
            column: Sparse::new(matrix.rows()),
            ray: None,
            work: 0,
            work_max: u64::MAX,
            matrix,
            lower,
            upper,
        };
        primal.factor(basis, vec![true; matrix.rows()]);
        primal
    }

    /// Gives searches up once so many entries were looked at in all of them together.
    pub fn limit(&mut self, work_max: u64) {
        self.work_max = work_max;
    }

    /// Entries looked at in all searches so far.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Where the variable is.
    pub fn value(&self, variable: usize) -> f64 {
        self.values[variable]
    }

    /// Holds the variable at this value, which is where it is but for rounding.
    pub fn hold(&mut self, variable: usize, value: f64) {
        self.values[variable] = value;
        self.lower[variable] = value;
        self.upper[variable] = value;
    }

    /// Goes on in the direction in which the last search found no end.
    pub fn go_on(&mut self, by: f64) {
        if let Some((entering, rises)) = self.ray.take() {
            self.load(entering);
            self.walk(entering, rises, by);
        }
    }

    /// The multipliers of the rows at the last end found, for the variable itself.
    pub fn multipliers(&self) -> &Sparse {
        &self.objective
    }

    /// Moves the variable as far as it goes: up if `up`, else down.
    pub fn reach(&mut self, variable: usize, up: bool, steps_max: usize) -> End {
        let mut stalled = 0;
        self.ray = None;
        for _ in 0..steps_max {
            if self.work > self.work_max {
                return End::Unknown;
            }
            let Some((entering, rises)) = self.entering(variable, up, stalled > STALLED_MAX) else {
                return End::At(self.values[variable]);
            };
            self.load(entering);
            let (distance, stop) = self.ratio_test(entering, rises, stalled > STALLED_MAX);
            stalled = if distance > 0.0 { 0 } else { stalled + 1 };
            match stop {
                Stop::Nothing => {
                    self.ray = Some((entering, rises));
                    return End::Unbounded;
                }
                Stop::Own => self.walk(entering, rises, distance),
                Stop::Row(row, bound) => {
                    self.walk(entering, rises, distance);
                    self.exchange(entering, row, bound);
                    if self.inverse.pivots() > self.renewed_at + PIVOTS_MAX && !self.renew() {
                        return End::Unknown;
                    }
                }
            }
        }
        End::Unknown
    }

    /// The variable to move, and whether upwards; none where the end is reached.
    fn entering(&mut self, variable: usize, up: bool, first: bool) -> Option<(usize, bool)> {
        self.objective.clear();
        let Some(row) = self.row_of[variable] else {
            return self.can_move(variable, up).then_some((variable, up));
        };
        *self.objective.entry(row) = 1.0;
        self.inverse.after(&mut self.objective);
        self.entries.clear();
        for row in self.objective.places() {
            let factor = self.objective.at(*row);
            if factor.abs() < ENTRY_MIN {
                continue;
            }
            for (other, entry) in self.matrix.row(*row as usize) {
                *self.entries.entry(*other) += factor * entry;
            }
        }
        self.work += (self.entries.places().len() + 2 * self.inverse.terms()) as u64;
        let mut best: Option<(usize, bool, f64)> = None;
        for other in self.entries.places() {
            let (other, entry) = (*other as usize, self.entries.at(*other));
            // The basic variable falls by the entry where the other one rises.
            let rises = (entry < 0.0) == up;
            if entry.abs() < REDUCED_MIN
                || self.row_of[other].is_some()
                || !self.can_move(other, rises)
            {
                continue;
            }
            let better = best.is_none_or(|(known, _, size)| match first {
                true => other < known,
                false => (entry.abs(), known) > (size, other),
            });
            if better {
                best = Some((other, rises, entry.abs()));
            }
        }
        best.map(|(other, rises, _)| (other, rises))
    }

    fn can_move(&self, variable: usize, up: bool) -> bool {
        match up {
            true => self.values[variable] < self.upper[variable],
            false => self.values[variable] > self.lower[variable],
        }
    }

    /// The entering column times the inverse.
    fn load(&mut self, entering: usize) {
        self.column.clear();
        for (row, entry) in self.matrix.column(entering) {
            *self.column.entry(*row) += entry;
        }
        self.inverse.times(&mut self.column);
    }

    fn ratio_test(&self, entering: usize, rises: bool, first: bool) -> (f64, Stop) {
        let own = match rises {
            true => self.upper[entering] - self.values[entering],
            false => self.values[entering] - self.lower[entering],
        };
        let mut best = (own, if own.is_finite() { Stop::Own } else { Stop::Nothing });
        let mut best_size = 0.0;
        for row in self.column.places() {
            let entry = self.column.at(*row);
            if entry.abs() < PIVOT_MIN {
                continue;
            }
            let falls = (entry > 0.0) == rises;
            let (room, bound) = match self.basis[*row as usize] {
                None => (0.0, 0.0),
                Some(basic) if falls => {
                    let basic = basic as usize;
                    (self.values[basic] - self.lower[basic], self.lower[basic])
                }
                Some(basic) => {
                    let basic = basic as usize;
                    (self.upper[basic] - self.values[basic], self.upper[basic])
                }
            };
            let distance = room.max(0.0) / entry.abs();
            let nearer = distance < best.0;
            let as_near = distance == best.0 && matches!(best.1, Stop::Row(..));
            if nearer || (as_near && !first && entry.abs() > best_size) {
                best = (distance, Stop::Row(*row, bound));
                best_size = entry.abs();
            }
        }
        best
    }

    fn walk(&mut self, entering: usize, rises: bool, distance: f64) {
        let by = if rises { distance } else { -distance };
        self.values[entering] += by;
        if distance == 0.0 {
            return;
        }
        for row in self.column.places() {
            if let Some(basic) = self.basis[*row as usize] {
                self.values[basic as usize] -= by * self.column.at(*row);
            }
        }
    }

    fn exchange(&mut self, entering: usize, row: u32, bound: f64) {
        if let Some(left) = self.basis[row as usize] {
            self.row_of[left as usize] = None;
            self.values[left as usize] = bound;
        }
        self.inverse.pivot(row, &self.column);
        self.basis[row as usize] = Some(entering as u32);
        self.row_of[entering] = Some(row);
    }

    /// Makes the inverse anew from the variables in the basis; whether that went well.
    fn renew(&mut self) -> bool {
        let basic: Vec<u32> = self.basis.iter().flatten().copied().collect();
        let rows = self.basis.iter_mut().map(|basic| basic.take().is_some()).collect();
        basic.iter().for_each(|variable| self.row_of[*variable as usize] = None);
        self.factor(basic, rows)
    }

    /// Takes variables into the basis, each at a free row, those first that have one to themselves;
    /// whether all were.
    fn factor(&mut self, mut waiting: Vec<u32>, mut free: Vec<bool>) -> bool {
        self.inverse.clear();
        let mut counts = vec![0_u32; free.len()];
        for variable in &waiting {
            let rows = self.matrix.column(*variable as usize).iter();
            rows.for_each(|(row, _)| counts[*row as usize] += 1);
        }
        waiting.sort_unstable();
        let mut all = true;
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut later = Vec::with_capacity(before);
            for variable in waiting {
                match self.row_alone(variable, &free, &counts) {
                    Some(row) => all &= self.take_in(variable, Some(row), &mut free, &mut counts),
                    None => later.push(variable),
                }
            }
            waiting = later;
            if waiting.len() == before {
                let variable = waiting.remove(0);
                all &= self.take_in(variable, None, &mut free, &mut counts);
            }
        }
        self.renewed_at = self.inverse.pivots();
        all
    }

    /// A free row of the variable that no other waiting variable has.
    fn row_alone(&self, variable: u32, free: &[bool], counts: &[u32]) -> Option<u32> {
        let mut rows = self.matrix.column(variable as usize).iter().map(|(row, _)| *row);
        rows.find(|row| free[*row as usize] && counts[*row as usize] == 1)
    }

    /// Takes a variable into the basis at the preferred row, or at its largest free entry if that
    /// one is too small; whether it has any.
    fn take_in(
        &mut self,
        variable: u32,
        preferred: Option<u32>,
        free: &mut [bool],
        counts: &mut [u32],
    ) -> bool {
        let rows = self.matrix.column(variable as usize).iter();
        rows.for_each(|(row, _)| counts[*row as usize] -= 1);
        self.load(variable as usize);
        let size = |row: &u32| self.column.at(*row).abs();
        let entries = self.column.places().iter().copied().filter(|row| free[*row as usize]);
        let largest = entries.max_by(|one, other| size(one).total_cmp(&size(other)));
        let Some(largest) = largest.filter(|row| size(row) >= PIVOT_MIN) else { return false };
        let large_enough = |row: &u32| size(row) >= PREFERRED_PART * size(&largest);
        let row = preferred.filter(large_enough).unwrap_or(largest);
        free[row as usize] = false;
        self.inverse.pivot(row, &self.column);
        self.basis[row as usize] = Some(variable);
        self.row_of[variable as usize] = Some(row);
        true
    }
}
