//! The numbers of a release for the engine of [`crate::disclosure::suppress`]: every measure of
//! every cell is a variable, and behind them every inequality has one for the difference between
//! its sides, which nothing publishes. Confidential.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    base::dice::Dice,
    disclosure::{
        counter_example::{self, Bounds, Demand, Deviation, Known, Possible},
        rows::{self, Component},
        suppress::{
            self,
            finder::Effort,
            pattern::Pattern,
            problem::{Goal, Index, Insider, Mark, Problem, Variable},
            protect,
            reach::{self, Ranges, Reach},
        },
        system::{Comparison, Relation},
    },
};

/// Iterations of one solve.
const ITERATIONS_MAX: usize = 5_000;
/// What chance starts from: the same release gives the same bytes everywhere.
pub const SEED: u64 = 1;

/// How a variable may move.
#[derive(Debug, Clone, Copy)]
pub enum Moves {
    /// It is published.
    Not,
    /// It is hidden.
    Freely,
    /// If its mark is set.
    Marked(u32),
}

/// The system around the true values. `moves` says of each variable of a cell how it may move.
pub fn problem(
    relations: &[&Relation],
    truth: &[i64],
    bounds: &Bounds,
    moves: impl Fn(usize) -> Moves,
    marks: Vec<Mark>,
) -> Problem {
    let variable = |place: usize| variable(truth, bounds, place, moves(place));
    let mut variables: Vec<Variable> = (0..truth.len()).map(variable).collect();
    let mut rows = Vec::with_capacity(relations.len());
    for relation in relations {
        let mut row = relation.terms.clone();
        if relation.comparison == Comparison::AtLeastZero {
            let room = counter_example::sum(&row, |one| i128::from(truth[one]));
            add_room(&mut row, &mut variables, room);
        }
        rows.push(row);
    }
    Problem { rows, variables, marks, whole: true, ..Problem::default() }
}

/// A variable around its true value.
fn variable(truth: &[i64], bounds: &Bounds, place: usize, moves: Moves) -> Variable {
    let down = truth[place].saturating_sub(bounds.least[place]).max(0);
    let up = bounds.most[place].map(|most| most.saturating_sub(truth[place]).max(0));
    match moves {
        Moves::Not => Variable { up: Some(0), down: 0, mark: None },
        Moves::Freely => Variable { up, down, mark: None },
        Moves::Marked(mark) => Variable { up, down, mark: Some(mark) },
    }
}

/// Makes an equation of an inequality, with a variable for the difference between its sides.
fn add_room(row: &mut Vec<(usize, i64)>, variables: &mut Vec<Variable>, room: i128) {
    let down = i64::try_from(room.max(0)).unwrap_or(i64::MAX);
    row.push((variables.len(), -1));
    variables.push(Variable { up: None, down, mark: None });
}

/// What the engine is to show.
pub fn goal(demand: &Demand) -> Goal {
    let none = Goal { variable: demand.variable, above: 0, below: 0, other: 0 };
    match demand.what {
        Possible::Other => Goal { other: 1, ..none },
        Possible::Apart(least) => Goal { other: least.max(1), ..none },
        Possible::Above(above) => Goal { above: above.max(1), ..none },
        Possible::Below(below) => Goal { below: below.max(1), ..none },
    }
}

/// A deviation of cells, with what it makes of the differences between the sides of inequalities.
pub fn with_rooms(
    index: &Index<'_>,
    deviation: &Deviation,
    cells_end: usize,
) -> Option<suppress::deviation::Deviation> {
    let mut changes = deviation.changes().to_vec();
    let rows = deviation.changes().iter().flat_map(|(variable, _)| &index.rows_of[*variable]);
    let mut rows: Vec<u32> = rows.copied().collect();
    rows.sort_unstable();
    rows.dedup();
    for row in rows {
        let row = &index.problem.rows[row as usize];
        let Some(((room, _), sides)) = row.split_last().filter(|((last, _), _)| *last >= cells_end)
        else {
            continue;
        };
        let change = counter_example::sum(sides, |one| i128::from(deviation.at(one)));
        changes.push((*room, i64::try_from(change).ok()?));
    }
    changes.retain(|(_, by)| *by != 0);
    suppress::deviation::Deviation::whole(changes)
}

/// What a deviation of the engine says about cells; `None` if it is not whole.
pub fn of_cells(deviation: &suppress::deviation::Deviation, cells_end: usize) -> Option<Deviation> {
    if deviation.denominator() != 1 {
        return None;
    }
    let own = |(variable, by): &(u32, i64)| (*variable as usize, *by);
    let changes = deviation.changes().iter().map(own);
    Deviation::new(changes.filter(|(variable, _)| *variable < cells_end).collect())
}

/// All counter-examples of a pattern, each once.
pub fn counter_examples(pattern: &Pattern<'_>, goals: usize, cells_end: usize) -> Vec<Deviation> {
    let mut all: Vec<Deviation> = (0..goals)
        .flat_map(|goal| pattern.counter_examples(goal))
        .filter_map(|one| of_cells(one, cells_end))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Looks for a counter-example to every demand, the `candidates` first. Those found, each once;
/// what they show is for the caller to check.
pub fn search(
    known: &Known<'_>,
    insiders: &[Insider],
    demands: &[Demand],
    candidates: &[Deviation],
) -> Vec<Deviation> {
    let moves = |variable: usize| if known.hidden[variable] { Moves::Freely } else { Moves::Not };
    let mut problem = problem(known.relations, known.truth, known.bounds, moves, Vec::new());
    problem.goals = demands.iter().map(goal).collect();
    problem.insiders = insiders.to_vec();
    let index = Index::new(&problem);
    let mut pattern = protect::start(&index, &mut Dice::new(SEED, 0));
    let goals: Vec<u32> = (0..demands.len() as u32).collect();
    let cells_end = known.truth.len();
    for candidate in candidates.iter().filter(|candidate| known.allows(candidate)) {
        if let Some(deviation) = with_rooms(&index, candidate, cells_end) {
            pattern.offer(&Rc::new(deviation), &goals);
        }
    }
    pattern.meet_all(&goals, Effort::without_hiding(ITERATIONS_MAX));
    counter_examples(&pattern, demands.len(), cells_end)
}

/// How far each of `variables` can be below and above its true value; `None` where no bound was
/// proven. Each part of the system that has nothing to do with the others is solved by itself, and
/// only where one of the variables is in it: a long history costs no more than what is asked of it.
pub fn reach(known: &Known<'_>, variables: &[usize]) -> Vec<Reach> {
    let published =
        |variable: usize| (!known.hidden[variable]).then(|| i128::from(known.truth[variable]));
    // All relations hold for the true values. If one did not, nothing would be proven.
    let Ok(rows) = rows::fill_in(known.relations.iter().copied().enumerate(), published) else {
        return vec![(None, None); variables.len()];
    };
    let mut reach_of: BTreeMap<usize, Reach> =
        variables.iter().map(|variable| (*variable, alone(known, *variable))).collect();
    for part in rows::components(&rows, known.truth.len()) {
        let is_wanted = |place: &usize| reach_of.contains_key(&part.variables[*place]);
        let wanted: Vec<usize> = (0..part.variables.len()).filter(is_wanted).collect();
        if wanted.is_empty() {
            continue;
        }
        for (place, reach) in wanted.iter().zip(within(known, &part, &wanted)) {
            reach_of.insert(part.variables[*place], reach);
        }
    }
    variables.iter().map(|variable| reach_of[variable]).collect()
}

/// How far a variable can be that no relation binds.
fn alone(known: &Known<'_>, variable: usize) -> Reach {
    let Variable { up, down, .. } = around(known, variable);
    (Some(down), up)
}

/// A variable around its true value.
fn around(known: &Known<'_>, variable: usize) -> Variable {
    let moves = if known.hidden[variable] { Moves::Freely } else { Moves::Not };
    self::variable(known.truth, known.bounds, variable, moves)
}

/// How far some variables of a part can be, by their places in it.
fn within(known: &Known<'_>, part: &Component, wanted: &[usize]) -> Vec<Reach> {
    let mut variables: Vec<Variable> =
        part.variables.iter().map(|variable| around(known, *variable)).collect();
    let mut rows = Vec::with_capacity(part.rows.len());
    for row in &part.rows {
        let mut terms = row.terms.clone();
        if row.at_least {
            let truth = |place: usize| i128::from(known.truth[part.variables[place]]);
            let room = counter_example::sum(&terms, truth) - row.constant;
            add_room(&mut terms, &mut variables, room);
        }
        rows.push(terms);
    }
    let down: Vec<i64> = variables.iter().map(|one| one.down).collect();
    let up: Vec<Option<i64>> = variables.iter().map(|one| one.up).collect();
    reach::reach(Ranges { rows: &rows, down: &down, up: &up }, wanted)
}

/// The same for an insider, by what he knows besides.
pub fn reach_for(known: &Known<'_>, insider: &Insider, variables: &[usize]) -> Vec<Reach> {
    let mut bounds = known.bounds.clone();
    for (variable, down) in &insider.down {
        let least = &mut bounds.least[*variable];
        *least = (*least).max(known.truth[*variable].saturating_sub(*down));
    }
    for (variable, up) in &insider.up {
        let own = known.truth[*variable].saturating_add(*up);
        let most = &mut bounds.most[*variable];
        *most = Some(most.map_or(own, |known| known.min(own)));
    }
    let mut hidden = known.hidden.to_vec();
    insider.known.iter().for_each(|variable| hidden[*variable] = false);
    reach(&Known { bounds: &bounds, hidden: &hidden, ..*known }, variables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::{
        counter_example::{Insiders, Open, open, touching},
        system::Certainty,
    };

    #[test]
    fn one_insider_who_can_tell_does_not_keep_others_from_being_looked_at() {
        let total = Relation {
            terms: vec![(0, 1), (1, -1), (2, -1), (3, -1)],
            comparison: Comparison::Zero,
            certainty: Certainty::Certain,
            words: "",
        };
        let known = Known {
            relations: &[&total],
            truth: &[9, 3, 3, 3],
            bounds: &Bounds { least: vec![1; 4], most: vec![None; 4] },
            hidden: &[false, true, true, true],
            touching: &touching(&[&total], 4),
        };
        let knows = |known: &[usize]| Insider { known: known.to_vec(), ..Insider::default() };
        let insiders = [knows(&[2, 3]), knows(&[2]), knows(&[3])];
        let demand = Demand { variable: 1, what: Possible::Other };
        let shown = search(&known, &insiders, &[demand], &[]);
        let left = open(&[demand], &shown, &Insiders::new(&insiders));
        assert_eq!(left, [Open { demand, insiders: vec![0] }]);
    }
}
