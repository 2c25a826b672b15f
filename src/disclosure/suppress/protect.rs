//! Finds a pattern: hides the cheapest cells that let every goal be met, publishes again what is
//! not needed, and then improves the pattern by taking it apart in places. A heuristic: nobody has
//! to believe it.
//!
//! Order and costs depend on public facts only. The same problem and settings give the same pattern
//! on every machine: floating point is used without reordering, and chance comes from the seed.

use crate::{
    base::dice::Dice,
    disclosure::suppress::{
        pattern::{Effort, Pattern},
        problem::Index,
    },
};

/// Iterations of a solve that hides cells.
const HIDING_ITERATIONS_MAX: usize = 5_000;
/// Iterations of a solve among hidden cells: a cell whose proof takes more stays hidden.
const PROOF_ITERATIONS_MAX: usize = 400;
/// Cells taken apart at once.
const APART_MAX: usize = 7;
/// How far above the best pattern a trial may go before it is given up.
const SLACK: usize = 2;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// What chance starts from.
    pub seed: u64,
    /// Trials of the local search.
    pub trials: usize,
}

/// A pattern that meets all goals, or the place of the first goal that none meets.
pub fn protect<'a>(index: &'a Index<'a>, settings: Settings) -> Result<Pattern<'a>, usize> {
    let mut dice = Dice::new(settings.seed, 0);
    let weights = (0..index.cells()).map(|_| 0.1 + 0.9 * dice.fraction()).collect();
    let mut pattern = Pattern::new(index, weights);
    let all: Vec<u32> = (0..index.problem.goals.len() as u32).collect();
    let effort =
        Effort { may_hide: true, iterations_max: HIDING_ITERATIONS_MAX, hidden_max: usize::MAX };
    if let Some(goal) = pattern.meet(&all, effort) {
        return Err(goal as usize);
    }
    let mut cells = pattern.secondary();
    cells.sort_by_key(|cell| std::cmp::Reverse(index.problem.price[*cell]));
    clean_up(&mut pattern, &cells);
    search(&mut pattern, index, settings.trials, &mut dice);
    Ok(pattern)
}

/// Publishes those of `cells` that no goal needs.
fn clean_up(pattern: &mut Pattern<'_>, cells: &[usize]) {
    let effort =
        Effort { may_hide: false, iterations_max: PROOF_ITERATIONS_MAX, hidden_max: usize::MAX };
    for cell in cells {
        if pattern.would_pin(*cell) {
            continue;
        }
        let (before, goals) = pattern.publish(&[*cell]);
        if pattern.meet(&goals, effort).is_some() {
            pattern.put_back(before);
        }
    }
}

/// Takes the pattern apart around one hidden cell after another, protects what is open again at
/// other prices, and keeps what is no dearer.
fn search(pattern: &mut Pattern<'_>, index: &Index<'_>, trials: usize, dice: &mut Dice) {
    let mut best = pattern.cost();
    for _ in 0..trials {
        let secondary = pattern.secondary();
        if secondary.is_empty() {
            return;
        }
        let first = dice.pick(&secondary);
        let (apart, near) = neighbours(pattern, index, *first, dice);
        let hidden = pattern.hidden().to_vec();
        let hidden_max = hidden.iter().filter(|hidden| **hidden).count() + SLACK;
        let (before, mut goals) = pattern.publish(&apart);
        for cell in 0..index.cells() {
            let spread = if apart.contains(&cell) { 0.6 } else { 0.2 };
            let price = f64::from(index.problem.price[cell].unwrap_or(0));
            pattern.reprice(cell, price * (1.0 + spread * dice.fraction()));
        }
        let iterations_max = PROOF_ITERATIONS_MAX;
        let met =
            pattern.meet(&goals, Effort { may_hide: true, iterations_max, hidden_max }).is_none();
        let mut undo = vec![before];
        if met {
            let changed =
                |cell: &usize| !hidden[*cell] || apart.contains(cell) || near.contains(cell);
            let mut cells: Vec<usize> = pattern.secondary().into_iter().filter(changed).collect();
            dice.shuffle(&mut cells);
            for cell in cells {
                if pattern.would_pin(cell) {
                    continue;
                }
                let (before, open) = pattern.publish(&[cell]);
                let effort = Effort { may_hide: false, iterations_max, hidden_max: usize::MAX };
                if pattern.meet(&open, effort).is_none() {
                    undo.push(before);
                } else {
                    pattern.put_back(before);
                }
            }
        }
        let now = pattern.cost();
        if met && now <= best {
            best = now;
        } else {
            undo.into_iter().rev().for_each(|before| pattern.put_back(before));
            pattern.set_hidden(hidden);
        }
        goals.clear();
    }
}

/// Up to [`APART_MAX`] secondary cells around one, and others beside them.
fn neighbours(
    pattern: &Pattern<'_>,
    index: &Index<'_>,
    first: usize,
    dice: &mut Dice,
) -> (Vec<usize>, Vec<usize>) {
    let around = |cell: usize| {
        let rows = index.rows_of[cell].iter().flat_map(|row| &index.problem.rows[*row as usize]);
        rows.map(|(cell, _)| *cell).filter(|cell| pattern.is_secondary(*cell))
    };
    let size = 2 + dice.below(APART_MAX - 1);
    let mut apart = vec![first];
    let mut near: Vec<usize> = around(first).collect();
    while apart.len() < size && !near.is_empty() {
        let cell = near.swap_remove(dice.below(near.len()));
        if !apart.contains(&cell) {
            apart.push(cell);
            near.extend(around(cell));
        }
    }
    (apart, near)
}
