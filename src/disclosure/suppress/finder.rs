//! Looks for counter-examples: asks the solver for the cheapest movement of a variable, and makes
//! it exact.

use crate::disclosure::suppress::{
    deviation::{Deviation, Limits},
    dual::{Dual, Ended, Movement},
    problem::{Index, Insider, Variable},
};

/// What moving a hidden variable costs, as a part of the lowest price and times a weight of its
/// own: ties are broken always alike, and short ways are preferred, which more goals can share.
const HIDDEN_COST: f64 = 0.02;
/// How much further a movement is asked for that lost too much when it was made whole.
const ROUNDING_LOSS: i64 = 64;
/// Solves for one counter-example.
const ATTEMPTS_MAX: usize = 6;
/// Solves in which one fractional movement is made whole.
const ROUNDING_SOLVES_MAX: usize = 24;
/// How far a movement may be from a whole one.
const ROUNDING_MAX: f64 = 1e-6;
/// Variables by which the weights are moved from one attempt to the next.
const WEIGHTS_SHIFT: usize = 7;

/// How goals are met.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Whether more marks may be set.
    pub may_hide: bool,
    /// Iterations of one solve.
    pub iterations_max: usize,
    /// More set marks than these end the effort.
    pub hidden_max: usize,
}

impl Effort {
    /// With the marks as they are.
    pub fn without_hiding(iterations_max: usize) -> Self {
        Self { may_hide: false, iterations_max, hidden_max: usize::MAX }
    }
}

/// What some insiders know, so that it may not move in the current solve.
struct Held {
    known: Vec<bool>,
    limits: Limits,
}

impl Held {
    fn hold(&mut self, insider: &Insider) {
        insider.known.iter().for_each(|variable| self.known[*variable] = true);
        let Limits { down, up } = &mut self.limits;
        for (variable, most) in &insider.down {
            down[*variable] = down[*variable].min(*most);
        }
        for (variable, most) in &insider.up {
            up[*variable] = up[*variable].min(*most);
        }
    }

    fn release(&mut self, insider: &Insider) {
        insider.known.iter().for_each(|variable| self.known[*variable] = false);
        let Limits { down, up } = &mut self.limits;
        insider.down.iter().for_each(|(variable, _)| down[*variable] = i64::MAX);
        insider.up.iter().for_each(|(variable, _)| up[*variable] = i64::MAX);
    }
}

/// What may move in one solve.
struct Solve<'a> {
    index: &'a Index<'a>,
    /// By how many variables the weights are moved.
    shift: usize,
    hidden: &'a [bool],
    held: &'a Held,
    weights: &'a [f64],
    prices: &'a [f64],
    hidden_cost: f64,
    may_hide: bool,
}

impl Solve<'_> {
    fn moves(&self, variable: usize) -> bool {
        let may = match self.index.problem.variables[variable].mark {
            None => true,
            Some(mark) => {
                let mark = mark as usize;
                let can_be_set = self.may_hide && self.index.problem.marks[mark].price.is_some();
                self.hidden[mark] || can_be_set
            }
        };
        may && !self.held.known[variable]
    }
}

impl Movement for Solve<'_> {
    fn up(&self, variable: usize) -> f64 {
        let outsider = self.index.problem.variables[variable].up;
        match (self.moves(variable), self.held.limits.up[variable]) {
            (false, _) => 0.0,
            (true, i64::MAX) => outsider.map_or(f64::INFINITY, |up| up as f64),
            (true, most) => outsider.map_or(most, |up| up.min(most)) as f64,
        }
    }

    fn down(&self, variable: usize) -> f64 {
        let outsider = self.index.problem.variables[variable].down;
        match self.moves(variable) {
            true => outsider.min(self.held.limits.down[variable]) as f64,
            false => 0.0,
        }
    }

    fn cost(&self, variable: usize) -> f64 {
        let published = match self.index.problem.variables[variable].mark {
            Some(mark) if !self.hidden[mark as usize] => self.prices[mark as usize],
            _ => 0.0,
        };
        published + self.hidden_cost * self.weights[(variable + self.shift) % self.weights.len()]
    }
}

/// What a solve found.
pub struct Found {
    /// The variables that move.
    pub moved: Vec<usize>,
    /// Of these one reaches the target.
    pub deviations: Vec<Deviation>,
}

impl Found {
    fn along(
        index: &Index<'_>,
        held: &Held,
        movement: &[(usize, f64)],
        (variable, target): (usize, i64),
    ) -> Option<Self> {
        let deviations = Deviation::along(index, movement, &held.limits);
        let reaches = |one: &Deviation| one.reaches(one.numerator(variable), target);
        let moved = movement.iter().map(|(moved, _)| *moved);
        deviations.iter().any(reaches).then(|| Self { moved: moved.collect(), deviations })
    }
}

/// The solver with what it needs to know.
pub struct Finder<'a> {
    index: &'a Index<'a>,
    dual: Dual,
    /// Of each variable, between 0.1 and 1.
    weights: Vec<f64>,
    /// What setting each mark costs in the solver.
    prices: Vec<f64>,
    /// What moving a hidden variable costs, times its weight.
    hidden_cost: f64,
    held: Held,
}

impl<'a> Finder<'a> {
    /// At the marks' own prices.
    pub fn new(index: &'a Index<'a>, weights: Vec<f64>) -> Self {
        let problem = index.problem;
        let variables = problem.variables.len();
        let lowest_price = problem.marks.iter().filter_map(|mark| mark.price).min();
        Self {
            hidden_cost: HIDDEN_COST * f64::from(lowest_price.unwrap_or(1).max(1)),
            dual: Dual::new(&index.matrix),
            weights,
            prices: problem.marks.iter().map(|mark| mark.price.unwrap_or(0).into()).collect(),
            held: Held {
                known: vec![false; variables],
                limits: Limits { down: vec![i64::MAX; variables], up: vec![i64::MAX; variables] },
            },
            index,
        }
    }

    /// What setting a mark costs from now on.
    pub fn reprice(&mut self, mark: usize, price: f64) {
        self.prices[mark] = price;
    }

    /// Work so far, in entries looked at.
    pub fn work(&self) -> u64 {
        self.dual.work
    }

    /// Counts work done elsewhere.
    pub fn count_work(&mut self, entries: usize) {
        self.dual.work += entries as u64;
    }

    /// A counter-example that moves a variable this far and moves nothing that these insiders know.
    pub fn find(
        &mut self,
        hidden: &[bool],
        variable: usize,
        target: i64,
        insiders: &[u32],
        effort: Effort,
    ) -> Option<Found> {
        let index = self.index;
        let insiders = insiders.iter().map(|one| &index.problem.insiders[*one as usize]);
        insiders.clone().for_each(|one| self.held.hold(one));
        let found = self.solve(hidden, variable, target, effort);
        insiders.for_each(|one| self.held.release(one));
        found
    }

    /// The variables of a movement, and the deviations along it, of which one reaches the target.
    fn solve(
        &mut self,
        hidden: &[bool],
        variable: usize,
        target: i64,
        effort: Effort,
    ) -> Option<Found> {
        let own = &self.index.problem.variables[variable];
        let Limits { down, up } = &self.held.limits;
        let within = match target > 0 {
            true => own.up.unwrap_or(i64::MAX).min(up[variable]),
            false => own.down.min(down[variable]),
        };
        if self.held.known[variable] || within < target.abs() {
            return None;
        }
        let mut fractional = None;
        for attempt in 0..ATTEMPTS_MAX {
            // A fractional corner loses a little when it is made whole: what lies beyond need not,
            // and other weights lead to other corners.
            let ask = if attempt == 1 { beyond(target) } else { target };
            let Some(movement) = self.move_by(hidden, &[(variable, ask)], attempt, effort) else {
                break;
            };
            match Found::along(self.index, &self.held, &movement, (variable, target)) {
                Some(found) => return Some(found),
                None => fractional = fractional.or(Some(movement)),
            }
        }
        let mut left = ROUNDING_SOLVES_MAX;
        self.round(hidden, &fractional?, &mut vec![(variable, target)], effort, &mut left)
    }

    /// The cheapest movement that moves these variables by these amounts.
    fn move_by(
        &mut self,
        hidden: &[bool],
        moved: &[(usize, i64)],
        attempt: usize,
        effort: Effort,
    ) -> Option<Vec<(usize, f64)>> {
        let known: Vec<bool> = moved.iter().map(|(one, _)| self.held.known[*one]).collect();
        moved.iter().for_each(|(variable, _)| self.held.known[*variable] = true);
        let solve = Solve {
            index: self.index,
            shift: attempt * WEIGHTS_SHIFT,
            hidden,
            held: &self.held,
            weights: &self.weights,
            prices: &self.prices,
            hidden_cost: self.hidden_cost,
            may_hide: effort.may_hide,
        };
        let amounts: Vec<(usize, f64)> = moved.iter().map(|(one, by)| (*one, *by as f64)).collect();
        let most = effort.iterations_max;
        let ended = self.dual.solve(&self.index.matrix, &solve, &amounts, most);
        for ((variable, _), known) in moved.iter().zip(known) {
            self.held.known[*variable] = known;
        }
        match ended {
            Ended::Reached(movement) => Some(movement),
            Ended::Infeasible | Ended::Unknown => None,
        }
    }

    /// Makes a movement whole by moving one variable after the other by a whole amount.
    fn round(
        &mut self,
        hidden: &[bool],
        movement: &[(usize, f64)],
        moved: &mut Vec<(usize, i64)>,
        effort: Effort,
        left: &mut usize,
    ) -> Option<Found> {
        let is_fractional = |(_, by): &&(usize, f64)| (by - by.round()).abs() > ROUNDING_MAX;
        // What stands behind follows from what stands before: rooms from cells, totals from parts.
        let (variable, by) = *movement.iter().find(is_fractional)?;
        let near = by.round() as i64;
        let far = if by > by.round() { near + 1 } else { near - 1 };
        let Variable { up, down, .. } = self.index.problem.variables[variable];
        let Limits { down: held_down, up: held_up } = &self.held.limits;
        let (down, held_up) = (down.min(held_down[variable]), held_up[variable]);
        for whole in [near, far] {
            if whole < -down || whole > up.unwrap_or(i64::MAX).min(held_up) {
                continue;
            }
            *left = left.checked_sub(1)?;
            moved.push((variable, whole));
            if let Some(movement) = self.move_by(hidden, moved, 0, effort) {
                let found = Found::along(self.index, &self.held, &movement, moved[0])
                    .or_else(|| self.round(hidden, &movement, moved, effort, left));
                if found.is_some() {
                    return found;
                }
            }
            moved.pop();
        }
        None
    }
}

fn beyond(target: i64) -> i64 {
    target + target / 100 + target.signum() * ROUNDING_LOSS
}
