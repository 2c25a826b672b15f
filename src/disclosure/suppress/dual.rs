//! Moves one variable of a system at the least cost in others: a dual simplex for bounded variables
//! in floating point. What it finds is a proposal, made exact and checked by others.
//!
//! Every solve starts from the basis of row activities, where nothing moves, so it touches only
//! the rows on its way, and the inverse of the basis is a short product of elementary matrices.
//! Each variable has two columns, for its movement up and down, both at zero at first; costs are
//! not negative, so this start is dual feasible. The ratio test passes over columns that can be
//! moved to their other bound (*bound flipping*, Maros, Computational Techniques of the Simplex
//! Method, 2003, chapter 10).

use crate::disclosure::suppress::{
    basis::{ENTRY_MIN, Inverse, Sparse},
    matrix::Matrix,
};

/// Violations of bounds up to this, as a part of the target, are none.
const TOLERANCE: f64 = 1e-9;
/// Smaller pivots are not used.
const PIVOT_MIN: f64 = 1e-7;

/// What may move, and at what cost. Called once per column looked at.
pub trait Movement {
    /// How far the variable may move up; infinity if nothing binds it.
    fn up(&self, variable: usize) -> f64;
    /// How far the variable may move down.
    fn down(&self, variable: usize) -> f64;
    /// What moving the variable by one costs.
    fn cost(&self, variable: usize) -> f64;
}

/// How a solve ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// With the cheapest movement: variables and changes, ascending.
    Reached(Vec<(usize, f64)>),
    /// The target cannot be reached.
    Infeasible,
    /// Neither is known: too many iterations, or the numbers went bad.
    Unknown,
}

/// The solver, with room for one system; solves do not depend on earlier ones.
pub struct Dual {
    /// Of columns that are not as at the start.
    reduced: Vec<f64>,
    at_upper: Vec<bool>,
    is_basic: Vec<bool>,
    changed: Vec<u32>,
    is_changed: Vec<bool>,
    /// The column that is basic in each row; none for the row's own activity.
    basis: Vec<Option<u32>>,
    /// Values of what is basic.
    basic: Sparse,
    inverse: Inverse,
    pivot_row: Sparse,
    entries: Sparse,
    pivot_column: Sparse,
    flipped: Sparse,
    candidates: Vec<Candidate>,
    /// Entries looked at in all solves so far: a measure of time that is the same on all machines.
    pub work: u64,
}

/// A column that may enter the basis.
#[derive(Clone, Copy)]
struct Candidate {
    ratio: f64,
    entry: f64,
    column: u32,
}

/// The row that leaves the basis.
#[derive(Clone, Copy)]
struct Leaving {
    row: u32,
    violation: f64,
    /// Whether it is above its upper bound, not below zero.
    above: bool,
}

/// One solve: what is moved, and what may move, in units of the first.
struct Task<'a, M> {
    matrix: &'a Matrix,
    movement: &'a M,
    moved: &'a [(usize, f64)],
    unit: f64,
}

impl<M: Movement> Task<'_, M> {
    fn upper(&self, column: usize) -> f64 {
        let (variable, down) = (column / 2, column % 2 == 1);
        let range = if down { self.movement.down(variable) } else { self.movement.up(variable) };
        range / self.unit
    }
}

/// +1 for a movement up, −1 for one down.
fn sign(column: usize) -> f64 {
    if column.is_multiple_of(2) { 1.0 } else { -1.0 }
}

impl Dual {
    /// A solver for the matrix.
    pub fn new(matrix: &Matrix) -> Self {
        let (columns, rows) = (2 * matrix.columns(), matrix.rows());
        Self {
            reduced: vec![0.0; columns],
            at_upper: vec![false; columns],
            is_basic: vec![false; columns],
            changed: Vec::new(),
            is_changed: vec![false; columns],
            basis: vec![None; rows],
            basic: Sparse::new(rows),
            inverse: Inverse::default(),
            pivot_row: Sparse::new(rows),
            entries: Sparse::new(matrix.columns()),
            pivot_column: Sparse::new(rows),
            flipped: Sparse::new(rows),
            candidates: Vec::new(),
            work: 0,
        }
    }

    /// The cheapest movement of all others that keeps every row's sum at zero while some variables
    /// are `moved` by given amounts, the first not by zero, in at most so many iterations. What is
    /// moved may not move otherwise: `movement` says so.
    pub fn solve(
        &mut self,
        matrix: &Matrix,
        movement: &impl Movement,
        moved: &[(usize, f64)],
        iterations_max: usize,
    ) -> Ended {
        let unit = moved.first().map_or(1.0, |(_, by)| by.abs());
        let task = Task { matrix, movement, moved, unit };
        self.start(&task);
        for _ in 0..iterations_max {
            let Some(leaving) = self.leaving(&task) else {
                return Ended::Reached(self.read(&task));
            };
            self.price(&task, leaving);
            let Some((step, entering)) = self.ratio_test(&task, leaving) else {
                return Ended::Infeasible;
            };
            self.reprice(&task, leaving, step);
            self.flip(&task);
            if !self.pivot(&task, leaving, entering as usize) {
                return Ended::Unknown;
            }
        }
        Ended::Unknown
    }

    fn start(&mut self, task: &Task<'_, impl Movement>) {
        for column in self.changed.drain(..) {
            let column = column as usize;
            self.at_upper[column] = false;
            self.is_basic[column] = false;
            self.is_changed[column] = false;
        }
        for row in self.basic.places() {
            self.basis[*row as usize] = None;
        }
        self.basic.clear();
        self.inverse.clear();
        for (variable, by) in task.moved {
            for (row, entry) in task.matrix.column(*variable) {
                *self.basic.entry(*row) -= entry * by / task.unit;
            }
        }
    }

    /// The row that violates its bounds most.
    fn leaving(&self, task: &Task<'_, impl Movement>) -> Option<Leaving> {
        let mut worst: Option<Leaving> = None;
        for row in self.basic.places() {
            let value = self.basic.at(*row);
            let upper = self.basis[*row as usize].map_or(0.0, |column| task.upper(column as usize));
            let above = value >= 0.0;
            let violation = if above { value - upper } else { -value };
            if violation > worst.map_or(TOLERANCE, |worst| worst.violation) {
                worst = Some(Leaving { row: *row, violation, above });
            }
        }
        worst
    }

    /// The row of the tableau that leaves, over the variables.
    fn price(&mut self, task: &Task<'_, impl Movement>, leaving: Leaving) {
        self.pivot_row.clear();
        *self.pivot_row.entry(leaving.row) = if leaving.above { 1.0 } else { -1.0 };
        self.inverse.after(&mut self.pivot_row);
        self.entries.clear();
        for row in self.pivot_row.places() {
            let factor = self.pivot_row.at(*row);
            if factor.abs() < ENTRY_MIN {
                continue;
            }
            for (variable, entry) in task.matrix.row(*row as usize) {
                *self.entries.entry(*variable) += factor * entry;
            }
        }
    }

    /// The dual step and the column that enters; columns passed over stay in front of it among the
    /// candidates. Nothing enters if the target cannot be reached.
    fn ratio_test(
        &mut self,
        task: &Task<'_, impl Movement>,
        leaving: Leaving,
    ) -> Option<(f64, u32)> {
        self.candidates.clear();
        for variable in self.entries.places() {
            let entry = self.entries.at(*variable);
            if entry.abs() < PIVOT_MIN {
                continue;
            }
            for column in [2 * *variable, 2 * *variable + 1] {
                let place = column as usize;
                let entry = entry * sign(place);
                let eligible = (entry < 0.0) == self.at_upper[place];
                if !eligible || self.is_basic[place] || task.upper(place) <= 0.0 {
                    continue;
                }
                let ratio = (self.reduced_of(task, place) / entry).max(0.0);
                self.candidates.push(Candidate { ratio, entry: entry.abs(), column });
            }
        }
        self.work += (self.entries.places().len() + self.inverse.terms()) as u64;
        self.candidates.sort_unstable_by(|one, other| {
            let by_entry = other.entry.total_cmp(&one.entry);
            one.ratio.total_cmp(&other.ratio).then(by_entry).then(one.column.cmp(&other.column))
        });
        let mut slope = leaving.violation;
        for (place, candidate) in self.candidates.iter().enumerate() {
            slope -= candidate.entry * task.upper(candidate.column as usize);
            if slope < TOLERANCE {
                let found = (candidate.ratio, candidate.column);
                self.candidates.truncate(place);
                return Some(found);
            }
        }
        None
    }

    fn reduced_of(&self, task: &Task<'_, impl Movement>, column: usize) -> f64 {
        match self.is_changed[column] {
            true => self.reduced[column],
            false => task.movement.cost(column / 2),
        }
    }

    fn change(&mut self, column: usize) {
        if !std::mem::replace(&mut self.is_changed[column], true) {
            self.changed.push(column as u32);
        }
    }

    /// Reduced costs after the dual step.
    fn reprice(&mut self, task: &Task<'_, impl Movement>, leaving: Leaving, step: f64) {
        for place in 0..self.entries.places().len() {
            let variable = self.entries.places()[place];
            let entry = self.entries.at(variable);
            if entry == 0.0 {
                continue;
            }
            for column in [2 * variable as usize, 2 * variable as usize + 1] {
                if !self.is_basic[column] {
                    let reduced = self.reduced_of(task, column);
                    self.change(column);
                    self.reduced[column] = reduced - step * entry * sign(column);
                }
            }
        }
        if let Some(column) = self.basis[leaving.row as usize] {
            self.reduced[column as usize] = if leaving.above { -step } else { step };
        }
    }

    /// Moves the columns that were passed over to their other bounds.
    fn flip(&mut self, task: &Task<'_, impl Movement>) {
        if self.candidates.is_empty() {
            return;
        }
        self.flipped.clear();
        for place in 0..self.candidates.len() {
            let column = self.candidates[place].column as usize;
            let by = if self.at_upper[column] { -task.upper(column) } else { task.upper(column) };
            self.change(column);
            self.at_upper[column] = !self.at_upper[column];
            for (row, entry) in task.matrix.column(column / 2) {
                *self.flipped.entry(*row) += entry * sign(column) * by;
            }
        }
        self.inverse.times(&mut self.flipped);
        for row in self.flipped.places() {
            *self.basic.entry(*row) -= self.flipped.at(*row);
        }
    }

    /// Takes the entering column into the basis; whether the pivot was large enough.
    fn pivot(&mut self, task: &Task<'_, impl Movement>, leaving: Leaving, entering: usize) -> bool {
        self.pivot_column.clear();
        for (row, entry) in task.matrix.column(entering / 2) {
            *self.pivot_column.entry(*row) += entry * sign(entering);
        }
        self.inverse.times(&mut self.pivot_column);
        let pivot = self.pivot_column.at(leaving.row);
        if pivot.abs() < PIVOT_MIN {
            return false;
        }
        let left = self.basis[leaving.row as usize];
        let bound = left.filter(|_| leaving.above).map_or(0.0, |left| task.upper(left as usize));
        let distance = (self.basic.at(leaving.row) - bound) / pivot;
        for row in self.pivot_column.places() {
            if *row != leaving.row {
                *self.basic.entry(*row) -= distance * self.pivot_column.at(*row);
            }
        }
        self.inverse.pivot(leaving.row, &self.pivot_column);
        let from = if self.at_upper[entering] { task.upper(entering) } else { 0.0 };
        *self.basic.entry(leaving.row) = from + distance;
        self.change(entering);
        self.is_basic[entering] = true;
        self.at_upper[entering] = false;
        self.reduced[entering] = 0.0;
        self.basis[leaving.row as usize] = Some(entering as u32);
        if let Some(left) = left {
            self.is_basic[left as usize] = false;
            self.at_upper[left as usize] = leaving.above;
        }
        true
    }

    fn read(&self, task: &Task<'_, impl Movement>) -> Vec<(usize, f64)> {
        let mut moved = task.moved.to_vec();
        for row in self.basic.places() {
            if let Some(column) = self.basis[*row as usize] {
                let column = column as usize;
                moved.push((column / 2, sign(column) * self.basic.at(*row) * task.unit));
            }
        }
        for column in &self.changed {
            let column = *column as usize;
            if self.at_upper[column] && !self.is_basic[column] {
                moved.push((column / 2, sign(column) * task.upper(column) * task.unit));
            }
        }
        moved.retain(|(_, by)| by.abs() > TOLERANCE * task.unit);
        moved.sort_unstable_by_key(|(variable, _)| *variable);
        moved.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 += later.1;
            }
            same
        });
        moved
    }
}
