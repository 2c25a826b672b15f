//! A pattern of hidden cells with the counter-examples that show it to suffice.

use std::rc::Rc;

use crate::disclosure::suppress::{
    deviation::Deviation,
    dual::{Dual, Ended, Movement},
    problem::{Goal, Index},
};

/// What moving a hidden cell costs beside a published one of price 1, times a weight of its own so
/// that ties are broken always alike.
const HIDDEN_COST: f64 = 1e-5;

/// How much further a movement is asked for that lost too much when it was made whole.
const ROUNDING_LOSS: i64 = 64;
/// Solves for one counter-example.
const ATTEMPTS_MAX: usize = 6;
/// Cells by which the weights are moved from one attempt to the next.
const WEIGHTS_SHIFT: usize = 7;

/// What was shown for one goal.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    counter_examples: Vec<Rc<Deviation>>,
    above: bool,
    below: bool,
    /// Attackers for whom nothing was shown yet; `None` while that is all of them.
    exposed_to: Option<Vec<u32>>,
}

/// What is still to be shown.
enum Missing {
    Above,
    Below,
    Against(Vec<u32>),
}

/// A pattern in the making.
pub struct Pattern<'a> {
    index: &'a Index<'a>,
    hidden: Vec<bool>,
    shown: Vec<Shown>,
    solver: Dual,
    /// Of each cell, between 0.1 and 1.
    weights: Vec<f64>,
    /// What hiding each cell costs in the solver.
    prices: Vec<f64>,
    /// Cells that may not move in the current solve.
    banned: Vec<bool>,
    /// Solves so far.
    pub solves: usize,
}

/// How goals are met.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Whether more cells may be hidden.
    pub may_hide: bool,
    /// Iterations of one solve.
    pub iterations_max: usize,
    /// More hidden cells than these end the effort.
    pub hidden_max: usize,
}

/// What may move in one solve.
struct Solve<'a> {
    index: &'a Index<'a>,
    /// By how many cells the weights are moved.
    shift: usize,
    hidden: &'a [bool],
    banned: &'a [bool],
    weights: &'a [f64],
    prices: &'a [f64],
    may_hide: bool,
}

impl Solve<'_> {
    fn moves(&self, cell: usize) -> bool {
        let may = self.hidden[cell] || (self.may_hide && self.index.problem.price[cell].is_some());
        may && !self.banned[cell]
    }
}

impl Movement for Solve<'_> {
    fn up(&self, cell: usize) -> f64 {
        match self.moves(cell) {
            true => self.index.problem.up[cell].map_or(f64::INFINITY, |up| up as f64),
            false => 0.0,
        }
    }

    fn down(&self, cell: usize) -> f64 {
        if self.moves(cell) { self.index.problem.down[cell] as f64 } else { 0.0 }
    }

    fn cost(&self, cell: usize) -> f64 {
        let published = if self.hidden[cell] { 0.0 } else { self.prices[cell] };
        let weight = self.weights[(cell + self.shift) % self.weights.len()];
        published + HIDDEN_COST * weight
    }
}

/// What a trial may have to put back.
pub struct Before {
    hidden: Vec<(usize, bool)>,
    shown: Vec<(u32, Shown)>,
}

impl<'a> Pattern<'a> {
    /// With only the sensitive cells hidden, and nothing shown. `weights` are the seed's.
    pub fn new(index: &'a Index<'a>, weights: Vec<f64>) -> Self {
        let mut hidden = vec![false; index.cells()];
        index.problem.goals.iter().for_each(|goal| hidden[goal.cell] = true);
        let prices = index.problem.price.iter().map(|price| f64::from(price.unwrap_or(0)));
        Self {
            hidden,
            shown: vec![Shown::default(); index.problem.goals.len()],
            solver: Dual::new(&index.matrix),
            weights,
            prices: prices.collect(),
            banned: vec![false; index.cells()],
            solves: 0,
            index,
        }
    }

    /// Whether each cell is hidden.
    pub fn hidden(&self) -> &[bool] {
        &self.hidden
    }

    /// Whether a cell is hidden without being sensitive.
    pub fn is_secondary(&self, cell: usize) -> bool {
        self.hidden[cell] && self.index.goal_of[cell].is_none()
    }

    /// The hidden cells that are not sensitive.
    pub fn secondary(&self) -> Vec<usize> {
        (0..self.hidden.len()).filter(|cell| self.is_secondary(*cell)).collect()
    }

    /// What hiding the secondary cells costs.
    pub fn cost(&self) -> u64 {
        let price = |cell: usize| u64::from(self.index.problem.price[cell].unwrap_or(0));
        self.secondary().into_iter().map(price).sum()
    }

    /// What hiding a cell costs in the solver from now on.
    pub fn reprice(&mut self, cell: usize, price: f64) {
        self.prices[cell] = price;
    }

    /// The counter-examples of a goal.
    pub fn counter_examples(&self, goal: usize) -> &[Rc<Deviation>] {
        &self.shown[goal].counter_examples
    }

    /// Meets the goals in turn; stops, with the pattern half done, at the first that is not met,
    /// and returns it.
    pub fn meet(&mut self, goals: &[u32], effort: Effort) -> Option<u32> {
        goals.iter().copied().find(|goal| !self.meet_one(*goal, goals, effort))
    }

    fn meet_one(&mut self, goal: u32, open: &[u32], effort: Effort) -> bool {
        let Goal { cell, above, below, other } = self.index.problem.goals[goal as usize];
        while let Some(missing) = self.missing(goal) {
            let found = match missing {
                Missing::Above => self.search(cell, above, &[], open, effort),
                Missing::Below => self.search(cell, -below, &[], open, effort),
                Missing::Against(attackers) => {
                    self.search(cell, other, &attackers, open, effort)
                        || self.search(cell, -other, &attackers, open, effort)
                        || self.search_halves(cell, other, attackers, open, effort)
                }
            };
            if !found {
                return false;
            }
        }
        true
    }

    /// Looks for separate counter-examples where one for all attackers is not found.
    fn search_halves(
        &mut self,
        cell: usize,
        other: i64,
        mut attackers: Vec<u32>,
        open: &[u32],
        effort: Effort,
    ) -> bool {
        while attackers.len() > 1 {
            attackers.truncate(attackers.len() / 2);
            if self.search(cell, other, &attackers, open, effort)
                || self.search(cell, -other, &attackers, open, effort)
            {
                return true;
            }
        }
        false
    }

    fn missing(&self, goal: u32) -> Option<Missing> {
        let Goal { above, below, .. } = self.index.problem.goals[goal as usize];
        let shown = &self.shown[goal as usize];
        if above > 0 && !shown.above {
            return Some(Missing::Above);
        }
        if below > 0 && !shown.below {
            return Some(Missing::Below);
        }
        match &shown.exposed_to {
            None => Some(Missing::Against(Vec::new())),
            Some(exposed) if exposed.is_empty() => None,
            Some(exposed) => Some(Missing::Against(exposed.clone())),
        }
    }

    /// Looks for a counter-example that moves a cell this far without what some attackers know, and
    /// offers it to all open goals. Whether one was found for this cell.
    fn search(
        &mut self,
        cell: usize,
        target: i64,
        attackers: &[u32],
        open: &[u32],
        effort: Effort,
    ) -> bool {
        let index = self.index;
        let known = attackers.iter().flat_map(|one| &index.problem.attackers[*one as usize]);
        known.clone().for_each(|cell| self.banned[*cell] = true);
        let (mut found, mut more) = (Vec::new(), Vec::new());
        let mut solve = Solve {
            index,
            shift: 0,
            hidden: &self.hidden,
            banned: &self.banned,
            weights: &self.weights,
            prices: &self.prices,
            may_hide: effort.may_hide,
        };
        let mut useful = false;
        for attempt in 0..ATTEMPTS_MAX {
            // A fractional corner loses a little when it is made whole: what lies beyond need not,
            // and other weights lead to other corners.
            let ask = if attempt == 1 { beyond(target) } else { target };
            solve.shift = attempt * WEIGHTS_SHIFT;
            self.solves += 1;
            let most = effort.iterations_max;
            let Ended::Reached(movement) =
                self.solver.solve(&index.matrix, &solve, cell, ask as f64, most)
            else {
                break;
            };
            let deviations = Deviation::along(index, &movement);
            useful = deviations.iter().any(|one| one.reaches(one.numerator(cell), target));
            if useful {
                found = deviations;
                more.extend(movement.iter().map(|(cell, _)| *cell));
                break;
            }
        }
        known.for_each(|cell| self.banned[*cell] = false);
        more.into_iter().for_each(|cell| self.hidden[cell] = true);
        found.into_iter().for_each(|deviation| self.offer(Rc::new(deviation), open));
        useful && (!effort.may_hide || self.hidden_count() <= effort.hidden_max)
    }

    fn hidden_count(&self) -> usize {
        self.hidden.iter().filter(|hidden| **hidden).count()
    }

    /// Gives a counter-example to every open goal that it helps.
    fn offer(&mut self, deviation: Rc<Deviation>, open: &[u32]) {
        let index = self.index;
        let mut touched: Option<Vec<u32>> = None;
        for (cell, by) in deviation.changes() {
            let Some(goal) = index.goal_of[*cell as usize] else { continue };
            if open.binary_search(&goal).is_err() {
                continue;
            }
            let touched = touched.get_or_insert_with(|| touched_attackers(index, &deviation));
            self.take(goal, *by, touched, &deviation);
        }
    }

    fn take(&mut self, goal: u32, by: i64, touched: &[u32], deviation: &Rc<Deviation>) {
        let Goal { cell, above, below, other } = self.index.problem.goals[goal as usize];
        let shown = &mut self.shown[goal as usize];
        let mut helps = false;
        if above > 0 && !shown.above && deviation.reaches(by, above) {
            shown.above = true;
            helps = true;
        }
        if below > 0 && !shown.below && deviation.reaches(by, -below) {
            shown.below = true;
            helps = true;
        }
        if deviation.reaches(by, other) || deviation.reaches(by, -other) {
            let own = &self.index.attackers_of[cell];
            match &mut shown.exposed_to {
                None => {
                    let exposed = touched.iter().filter(|one| !own.contains(one));
                    shown.exposed_to = Some(exposed.copied().collect());
                    helps = true;
                }
                Some(exposed) => {
                    let before = exposed.len();
                    exposed.retain(|one| touched.binary_search(one).is_ok());
                    helps |= exposed.len() < before;
                }
            }
        }
        if helps {
            shown.counter_examples.push(Rc::clone(deviation));
        }
    }

    /// Whether publishing a cell would leave a row with a single hidden one: nothing to try then.
    pub fn would_pin(&self, cell: usize) -> bool {
        self.index.rows_of[cell].iter().any(|row| {
            let terms = self.index.problem.rows[*row as usize].iter();
            let mut others = terms.filter(|(one, _)| *one != cell && self.hidden[*one]);
            others.next().is_some() && others.next().is_none()
        })
    }

    /// Publishes `cells` and drops what rested on them; what can be put back, and the goals to be
    /// met again.
    pub fn publish(&mut self, cells: &[usize]) -> (Before, Vec<u32>) {
        let mut before = Before { hidden: Vec::new(), shown: Vec::new() };
        for cell in cells {
            before.hidden.push((*cell, self.hidden[*cell]));
            self.hidden[*cell] = false;
        }
        let mut goals = Vec::new();
        for goal in 0..self.shown.len() {
            let rests = |one: &Rc<Deviation>| cells.iter().any(|cell| one.numerator(*cell) != 0);
            if self.shown[goal].counter_examples.iter().any(rests) {
                before.shown.push((goal as u32, std::mem::take(&mut self.shown[goal])));
                goals.push(goal as u32);
            }
        }
        for (goal, shown) in &before.shown {
            for one in &shown.counter_examples {
                if cells.iter().all(|cell| one.numerator(*cell) == 0) {
                    self.offer(Rc::clone(one), std::slice::from_ref(goal));
                }
            }
        }
        (before, goals)
    }

    /// Notes what a trial that hides cells may have to put back.
    pub fn put_back(&mut self, before: Before) {
        for (cell, hidden) in before.hidden {
            self.hidden[cell] = hidden;
        }
        for (goal, shown) in before.shown {
            self.shown[goal as usize] = shown;
        }
    }

    /// Marks of all cells, to be put back by [`Pattern::set_hidden`].
    pub fn set_hidden(&mut self, hidden: Vec<bool>) {
        self.hidden = hidden;
    }
}

fn beyond(target: i64) -> i64 {
    target + target / 100 + target.signum() * ROUNDING_LOSS
}

/// The attackers who know a cell that the deviation moves, ascending.
fn touched_attackers(index: &Index<'_>, deviation: &Deviation) -> Vec<u32> {
    let cells = deviation.changes().iter();
    let mut touched: Vec<u32> =
        cells.flat_map(|(cell, _)| index.attackers_of[*cell as usize].iter().copied()).collect();
    touched.sort_unstable();
    touched.dedup();
    touched
}
