//! A pattern of marks with the counter-examples that show it to suffice.

use std::rc::Rc;

use crate::disclosure::suppress::{
    deviation::Deviation,
    finder::{Effort, Finder, Found},
    problem::{Goal, Index},
};

/// Comparisons in which a variable is found in a counter-example.
const SEARCH_COMPARISONS: usize = 4;

/// What was shown for one goal.
#[derive(Debug, Clone, Default)]
struct Shown {
    counter_examples: Vec<Rc<Deviation>>,
    above: bool,
    below: bool,
    /// Insiders for whom nothing was shown yet; `None` while that is everybody.
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
    /// Whether each mark hides.
    hidden: Vec<bool>,
    shown: Vec<Shown>,
    finder: Finder<'a>,
}

/// Marks with what was shown under them.
pub struct State {
    hidden: Vec<bool>,
    shown: Vec<Shown>,
}

/// What a trial may have to put back.
pub struct Before {
    hidden: Vec<(usize, bool)>,
    shown: Vec<(u32, Shown)>,
}

impl<'a> Pattern<'a> {
    /// With only those marks set that must be, and nothing shown. `weights` are the seed's.
    pub fn new(index: &'a Index<'a>, weights: Vec<f64>) -> Self {
        Self {
            hidden: index.problem.marks.iter().map(|mark| mark.is_set).collect(),
            shown: vec![Shown::default(); index.problem.goals.len()],
            finder: Finder::new(index, weights),
            index,
        }
    }

    /// Whether each mark hides.
    pub fn hidden(&self) -> &[bool] {
        &self.hidden
    }

    /// Whether a mark is set that need not be for its own sake.
    pub fn is_secondary(&self, mark: usize) -> bool {
        self.hidden[mark] && !self.index.problem.marks[mark].is_set
    }

    /// The marks set that need not be for their own sake.
    pub fn secondary(&self) -> Vec<usize> {
        (0..self.hidden.len()).filter(|mark| self.is_secondary(*mark)).collect()
    }

    /// What the secondary marks cost.
    pub fn cost(&self) -> u64 {
        let price = |mark: usize| u64::from(self.index.problem.marks[mark].price.unwrap_or(0));
        self.secondary().into_iter().map(price).sum()
    }

    /// Counts work done outside the solver, in entries looked at.
    pub fn count_work(&mut self, entries: usize) {
        self.finder.count_work(entries);
    }

    /// Work so far, as the solver counts it.
    pub fn work(&self) -> u64 {
        self.finder.work()
    }

    /// What setting a mark costs in the solver from now on.
    pub fn reprice(&mut self, mark: usize, price: f64) {
        self.finder.reprice(mark, price);
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

    /// Meets all goals that can be met; the others.
    pub fn meet_all(&mut self, goals: &[u32], effort: Effort) -> Vec<u32> {
        let mut unmet = Vec::new();
        let mut from = 0;
        while let Some(goal) = self.meet(&goals[from..], effort) {
            unmet.push(goal);
            from = goals.partition_point(|one| *one <= goal);
        }
        unmet
    }

    /// Sets marks besides those that are.
    pub fn hide(&mut self, marks: impl IntoIterator<Item = usize>) {
        marks.into_iter().for_each(|mark| self.hidden[mark] = true);
    }

    fn meet_one(&mut self, goal: u32, open: &[u32], effort: Effort) -> bool {
        let Goal { variable, above, below, other } = self.index.problem.goals[goal as usize];
        while let Some(missing) = self.missing(goal) {
            let found = match missing {
                Missing::Above => self.search(variable, above, &[], open, effort),
                Missing::Below => self.search(variable, -below, &[], open, effort),
                Missing::Against(insiders) if insiders.is_empty() => {
                    self.search(variable, other, &[], open, effort)
                        || self.search(variable, -other, &[], open, effort)
                }
                Missing::Against(insiders) => return self.meet_for(goal, &insiders, open, effort),
            };
            if !found {
                return false;
            }
        }
        true
    }

    /// Meets a goal for insiders: with one counter-example for all, or where there is none, with
    /// separate ones for either half. Where nothing may be hidden, all those are met that can be.
    fn meet_for(&mut self, goal: u32, insiders: &[u32], open: &[u32], effort: Effort) -> bool {
        let Goal { variable, other, .. } = self.index.problem.goals[goal as usize];
        let is_exposed = |this: &Self, one: &u32| {
            this.shown[goal as usize].exposed_to.as_ref().is_none_or(|all| all.contains(one))
        };
        let left: Vec<u32> = insiders.iter().copied().filter(|one| is_exposed(self, one)).collect();
        if left.is_empty() {
            return true;
        }
        if self.search(variable, other, &left, open, effort)
            || self.search(variable, -other, &left, open, effort)
        {
            return !left.iter().any(|one| is_exposed(self, one));
        }
        if left.len() == 1 {
            return false;
        }
        let (first, second) = left.split_at(left.len() / 2);
        let is_met = self.meet_for(goal, first, open, effort);
        if !is_met && effort.may_hide {
            return false;
        }
        self.meet_for(goal, second, open, effort) && is_met
    }

    fn missing(&self, goal: u32) -> Option<Missing> {
        let Goal { above, below, other, .. } = self.index.problem.goals[goal as usize];
        let shown = &self.shown[goal as usize];
        if above > 0 && !shown.above {
            return Some(Missing::Above);
        }
        if below > 0 && !shown.below {
            return Some(Missing::Below);
        }
        match &shown.exposed_to {
            _ if other == 0 => None,
            None => Some(Missing::Against(Vec::new())),
            Some(exposed) if exposed.is_empty() => None,
            Some(exposed) => Some(Missing::Against(exposed.clone())),
        }
    }

    /// Looks for a counter-example that moves a variable this far without what some insiders know,
    /// and offers it to all open goals. Whether one was found for this variable.
    fn search(
        &mut self,
        variable: usize,
        target: i64,
        insiders: &[u32],
        open: &[u32],
        effort: Effort,
    ) -> bool {
        let index = self.index;
        let found = self.finder.find(&self.hidden, variable, target, insiders, effort);
        let Some(Found { moved, deviations }) = found else { return false };
        for variable in moved {
            if let Some(mark) = index.problem.variables[variable].mark {
                self.hidden[mark as usize] = true;
            }
        }
        deviations.into_iter().for_each(|deviation| self.offer(&Rc::new(deviation), open));
        !effort.may_hide || self.hidden_count() <= effort.hidden_max
    }

    fn hidden_count(&self) -> usize {
        self.hidden.iter().filter(|hidden| **hidden).count()
    }

    /// Gives a counter-example that is possible to every open goal that it helps.
    pub fn offer(&mut self, deviation: &Rc<Deviation>, open: &[u32]) {
        let index = self.index;
        let mut touched: Option<Vec<u32>> = None;
        for (variable, by) in deviation.changes() {
            for goal in &index.goals_of[*variable as usize] {
                if open.binary_search(goal).is_ok() {
                    let touched = touched.get_or_insert_with(|| touched_insiders(index, deviation));
                    self.take(*goal, *by, touched, deviation);
                }
            }
        }
    }

    fn take(&mut self, goal: u32, by: i64, touched: &[u32], deviation: &Rc<Deviation>) {
        let Goal { variable, above, below, other } = self.index.problem.goals[goal as usize];
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
        if other > 0 && (deviation.reaches(by, other) || deviation.reaches(by, -other)) {
            let own = &self.index.insiders_of[variable];
            let excused = &self.index.excused_of[goal as usize];
            let is_left =
                |one: &&u32| own.binary_search(one).is_err() && excused.binary_search(one).is_err();
            match &mut shown.exposed_to {
                None => {
                    shown.exposed_to = Some(touched.iter().filter(is_left).copied().collect());
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

    /// Whether publishing what a mark hides would leave a row with a single hidden variable:
    /// nothing to try then.
    pub fn would_pin(&self, mark: usize) -> bool {
        let index = self.index;
        let problem = index.problem;
        let rows = index.variables_of[mark].iter().flat_map(|one| &index.rows_of[*one as usize]);
        let stays_hidden = |variable: usize| {
            let own = problem.variables[variable].mark == Some(mark as u32);
            !own && index.is_hidden(&self.hidden, variable)
        };
        rows.into_iter().any(|row| {
            let terms = problem.rows[*row as usize].iter();
            let mut others = terms.filter(|(variable, _)| stays_hidden(*variable));
            others.next().is_some() && others.next().is_none()
        })
    }

    /// Takes `marks` away and drops what rested on them; what can be put back, and the goals to be
    /// met again.
    pub fn publish(&mut self, marks: &[usize]) -> (Before, Vec<u32>) {
        let mut before = Before { hidden: Vec::new(), shown: Vec::new() };
        for mark in marks {
            before.hidden.push((*mark, self.hidden[*mark]));
            self.hidden[*mark] = false;
        }
        let variables = marks.iter().flat_map(|mark| &self.index.variables_of[*mark]);
        let variables: Vec<usize> = variables.map(|variable| *variable as usize).collect();
        let rests =
            |one: &Rc<Deviation>| variables.iter().any(|variable| one.numerator(*variable) != 0);
        let mut goals = Vec::new();
        let mut looked_at = 0;
        for goal in 0..self.shown.len() {
            looked_at += self.shown[goal].counter_examples.len() * variables.len();
            if self.shown[goal].counter_examples.iter().any(rests) {
                before.shown.push((goal as u32, std::mem::take(&mut self.shown[goal])));
                goals.push(goal as u32);
            }
        }
        self.count_work(looked_at * SEARCH_COMPARISONS);
        for (goal, shown) in &before.shown {
            for one in shown.counter_examples.iter().filter(|one| !rests(one)) {
                self.offer(one, std::slice::from_ref(goal));
            }
        }
        (before, goals)
    }

    /// Takes back what a trial changed.
    pub fn put_back(&mut self, before: Before) {
        for (mark, hidden) in before.hidden {
            self.hidden[mark] = hidden;
        }
        for (goal, shown) in before.shown {
            self.shown[goal as usize] = shown;
        }
    }

    /// The marks with what is shown, to be returned to.
    pub fn state(&self) -> State {
        State { hidden: self.hidden.clone(), shown: self.shown.clone() }
    }

    /// Returns to an earlier state.
    pub fn set_state(&mut self, state: State) {
        (self.hidden, self.shown) = (state.hidden, state.shown);
    }

    /// Sets all marks as they were.
    pub fn set_hidden(&mut self, hidden: Vec<bool>) {
        self.hidden = hidden;
    }
}

/// The insiders who know better than the deviation, ascending.
fn touched_insiders(index: &Index<'_>, deviation: &Deviation) -> Vec<u32> {
    let mut touched = Vec::new();
    for (variable, by) in deviation.changes() {
        let variable = *variable as usize;
        touched.extend(&index.insiders_of[variable]);
        let downs = index.downs_of[variable].iter();
        let too_far = downs.filter(|(_, down)| !deviation.stays_within(*by, *down, false));
        touched.extend(too_far.map(|(insider, _)| insider));
        let ups = index.ups_of[variable].iter();
        let too_far = ups.filter(|(_, up)| !deviation.stays_within(*by, *up, true));
        touched.extend(too_far.map(|(insider, _)| insider));
    }
    touched.sort_unstable();
    touched.dedup();
    touched
}
