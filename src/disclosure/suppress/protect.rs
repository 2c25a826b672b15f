//! Finds a pattern: sets the cheapest marks that let every goal be met, takes those back that turn
//! out not to be needed, and then improves the pattern by taking it apart in places. A heuristic:
//! nobody has to believe it.
//!
//! Order and costs depend on public facts only. The same problem and settings give the same pattern
//! on every machine: floating point is used without reordering, and chance comes from the seed.

use crate::{
    base::dice::Dice,
    disclosure::suppress::{
        finder::Effort,
        pattern::{Before, Pattern},
        problem::Index,
    },
};

/// Iterations of a solve that sets marks.
const HIDING_ITERATIONS_MAX: usize = 5_000;
/// Iterations of a solve with the marks as they are: a mark whose proof takes more stays set.
const PROOF_ITERATIONS_MAX: usize = 400;
/// Marks taken apart at once.
const APART_MAX: usize = 7;
/// How many marks above the best pattern a trial may go before it is given up.
const SLACK: usize = 2;
/// How much dearer the first trials may make the pattern, in lowest prices, beside the last ones.
const THRESHOLD_FIRST: f64 = 1.25;
/// How much dearer the last trials may make it, in lowest prices.
const THRESHOLD_LAST: f64 = 0.1;
/// Trials without success, for each secondary mark, after which no more are made.
const IN_VAIN_PER_MARK_MAX: usize = 200;
/// How often a trial looks at every mark.
const PASSES: usize = 8;
/// How much dearer a trial may make a mark that it took away, as a part of its price.
const APART_SPREAD: f64 = 0.6;
/// How much dearer a trial may make any other.
const SPREAD: f64 = 0.2;

/// How long a pattern is improved, in work as the solver counts it: the same on all machines.
#[derive(Debug, Clone, Copy)]
pub struct SearchLimit {
    /// At least so much.
    pub work: u64,
    /// And so many percent of what the first pattern took.
    pub percent: u32,
}

/// Meets all goals of a new pattern and improves it; the first goal that no pattern meets is the
/// error.
pub fn protect<'a>(
    index: &'a Index<'a>,
    seed: u64,
    search: SearchLimit,
) -> Result<Pattern<'a>, u32> {
    let mut dice = Dice::new(seed, 0);
    let mut pattern = start(index, &mut dice);
    complete(&mut pattern, index)?;
    improve(&mut pattern, index, search, &mut dice);
    Ok(pattern)
}

/// A pattern in which nothing is shown yet.
pub fn start<'a>(index: &'a Index<'a>, dice: &mut Dice) -> Pattern<'a> {
    let weights = (0..index.problem.variables.len()).map(|_| 0.1 + 0.9 * dice.fraction());
    Pattern::new(index, weights.collect())
}

/// Sets marks until all goals are met.
pub fn complete(pattern: &mut Pattern<'_>, index: &Index<'_>) -> Result<(), u32> {
    let all: Vec<u32> = (0..index.problem.goals.len() as u32).collect();
    let effort =
        Effort { may_hide: true, iterations_max: HIDING_ITERATIONS_MAX, hidden_max: usize::MAX };
    pattern.meet(&all, effort).map_or(Ok(()), Err)
}

/// Takes marks back that no goal needs, the dearest first, and searches for cheaper patterns by
/// threshold accepting (Dueck and Scheuer, Journal of Computational Physics 90, 1990): what a trial
/// may cost more than the pattern before it grows less and less.
pub fn improve(pattern: &mut Pattern<'_>, index: &Index<'_>, search: SearchLimit, dice: &mut Dice) {
    let mut marks = pattern.secondary();
    marks.sort_by_key(|mark| std::cmp::Reverse(index.problem.marks[*mark].price));
    clean_up(pattern, &marks);
    let lowest_price = index.problem.marks.iter().filter_map(|mark| mark.price).min();
    let lowest_price = f64::from(lowest_price.unwrap_or(0));
    let (start, work) =
        (pattern.work(), search.work + pattern.work() / 100 * u64::from(search.percent));
    let (mut now, mut best, mut best_state) = (pattern.cost(), pattern.cost(), pattern.state());
    let mut in_vain = 0;
    while pattern.work() - start < work {
        let secondary = pattern.secondary();
        if in_vain >= IN_VAIN_PER_MARK_MAX * secondary.len() {
            break;
        }
        in_vain += 1;
        let left = 1.0 - (pattern.work() - start) as f64 / work as f64;
        let threshold = lowest_price * (THRESHOLD_LAST + THRESHOLD_FIRST * left);
        let first = *dice.pick(&secondary);
        let Some(cost) = trial(pattern, index, first, now + threshold as u64, dice) else {
            continue;
        };
        now = cost;
        if now < best {
            (best, best_state, in_vain) = (now, pattern.state(), 0);
        }
    }
    pattern.set_state(best_state);
}

/// Takes those of `marks` away that no goal needs; what can be put back.
fn clean_up(pattern: &mut Pattern<'_>, marks: &[usize]) -> Vec<Before> {
    let mut undo = Vec::new();
    for mark in marks {
        if pattern.would_pin(*mark) {
            continue;
        }
        let (before, goals) = pattern.publish(&[*mark]);
        match pattern.meet(&goals, Effort::without_hiding(PROOF_ITERATIONS_MAX)) {
            None => undo.push(before),
            Some(_) => pattern.put_back(before),
        }
    }
    undo
}

/// Takes the pattern apart around one mark, protects what is open again at other prices, and keeps
/// what costs no more than `cost_max`: how much that is.
fn trial(
    pattern: &mut Pattern<'_>,
    index: &Index<'_>,
    first: usize,
    cost_max: u64,
    dice: &mut Dice,
) -> Option<u64> {
    let (apart, near) = neighbours(pattern, index, first, dice);
    let hidden = pattern.hidden().to_vec();
    let hidden_max = hidden.iter().filter(|hidden| **hidden).count() + SLACK;
    let (before, goals) = pattern.publish(&apart);
    pattern.count_work(PASSES * hidden.len());
    for (mark, one) in index.problem.marks.iter().enumerate() {
        let spread = if apart.contains(&mark) { APART_SPREAD } else { SPREAD };
        let price = f64::from(one.price.unwrap_or(0));
        pattern.reprice(mark, price * (1.0 + spread * dice.fraction()));
    }
    let effort = Effort { may_hide: true, iterations_max: PROOF_ITERATIONS_MAX, hidden_max };
    let mut undo = vec![before];
    if pattern.meet(&goals, effort).is_none() {
        let changed = |mark: &usize| !hidden[*mark] || apart.contains(mark) || near.contains(mark);
        let mut marks: Vec<usize> = pattern.secondary().into_iter().filter(changed).collect();
        dice.shuffle(&mut marks);
        undo.extend(clean_up(pattern, &marks));
        let cost = pattern.cost();
        if cost <= cost_max {
            return Some(cost);
        }
    }
    undo.into_iter().rev().for_each(|before| pattern.put_back(before));
    pattern.set_hidden(hidden);
    None
}

/// Up to [`APART_MAX`] secondary marks around one, and others beside them.
fn neighbours(
    pattern: &Pattern<'_>,
    index: &Index<'_>,
    first: usize,
    dice: &mut Dice,
) -> (Vec<usize>, Vec<usize>) {
    let problem = index.problem;
    let around = |mark: usize| {
        let rows = index.variables_of[mark].iter().flat_map(|one| &index.rows_of[*one as usize]);
        let variables = rows.flat_map(|row| &problem.rows[*row as usize]);
        let marks = variables.filter_map(|(one, _)| problem.variables[*one].mark);
        marks.map(|mark| mark as usize).filter(|mark| pattern.is_secondary(*mark))
    };
    let size = 2 + dice.below(APART_MAX - 1);
    let mut apart = vec![first];
    let mut near: Vec<usize> = around(first).collect();
    while apart.len() < size && !near.is_empty() {
        let mark = near.swap_remove(dice.below(near.len()));
        if !apart.contains(&mark) {
            apart.push(mark);
            near.extend(around(mark));
        }
    }
    (apart, near)
}
