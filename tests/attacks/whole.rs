//! Every table of whole numbers that fits what is known: found by trying all of them. Whatever a
//! relation rules out is not tried, and that is all the cleverness there is.

use std::ops::ControlFlow;

use crate::knowledge::{Knowledge, Relation};

/// Numbers that nothing bounds are tried up to so many above the least they can be.
const UNBOUNDED_SPAN: i64 = 40;
/// Choices of one search. A search that needs more fails the test that asked for it.
const CHOICES_MAX: usize = 4_000_000;

type Bounds = Vec<(i64, Option<i64>)>;

/// Calls `each` with every possible table, until it breaks.
pub fn visit(
    knowledge: &Knowledge,
    each: &mut dyn FnMut(&[i64]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut bounds: Bounds =
        knowledge.least.iter().copied().zip(knowledge.most.iter().copied()).collect();
    if !narrow(&knowledge.relations, &mut bounds) {
        return ControlFlow::Continue(());
    }
    for (least, most) in &mut bounds {
        most.get_or_insert(*least + UNBOUNDED_SPAN);
    }
    let mut choices = 0;
    choose(&knowledge.relations, bounds, &mut choices, each)
}

fn choose(
    relations: &[Relation],
    mut bounds: Bounds,
    choices: &mut usize,
    each: &mut dyn FnMut(&[i64]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    *choices += 1;
    assert!(*choices <= CHOICES_MAX, "a search took more than {CHOICES_MAX} choices");
    if !narrow(relations, &mut bounds) {
        return ControlFlow::Continue(());
    }
    let span =
        |(least, most): &(i64, Option<i64>)| most.map_or(UNBOUNDED_SPAN, |most| most - least);
    let open = (0..bounds.len()).filter(|number| span(&bounds[*number]) > 0);
    let Some(number) = open.min_by_key(|number| span(&bounds[*number])) else {
        let values: Vec<i64> = bounds.iter().map(|(least, _)| *least).collect();
        return each(&values);
    };
    let (least, span) = (bounds[number].0, span(&bounds[number]));
    for value in least..=least + span {
        let mut chosen = bounds.clone();
        chosen[number] = (value, Some(value));
        choose(relations, chosen, choices, each)?;
    }
    ControlFlow::Continue(())
}

/// Takes away what a relation rules out by itself, until nothing changes; whether anything is left.
fn narrow(relations: &[Relation], bounds: &mut Bounds) -> bool {
    let mut changed = true;
    while changed {
        changed = false;
        for relation in relations {
            let signs = if relation.is_equation { &[1, -1][..] } else { &[1][..] };
            for own in 0..relation.terms.len() {
                for sign in signs {
                    let Some(others) = most_of_others(relation, own, *sign, bounds) else {
                        continue;
                    };
                    let (number, factor) = relation.terms[own];
                    let (least, most) = &mut bounds[number];
                    changed |= tighten((least, most), sign * factor, others);
                    if most.is_some_and(|most| most < *least) {
                        return false;
                    }
                }
            }
        }
    }
    true
}

/// The most that all of a relation but one term can be; `None` if nothing bounds it.
fn most_of_others(relation: &Relation, own: usize, sign: i64, bounds: &Bounds) -> Option<i64> {
    let mut sum = sign * relation.constant;
    for (place, (number, factor)) in relation.terms.iter().enumerate() {
        if place != own {
            let ((least, most), factor) = (bounds[*number], sign * factor);
            sum += factor * if factor > 0 { most? } else { least };
        }
    }
    Some(sum)
}

/// Makes `factor × number + others ≥ 0` true of the bounds of a number; whether they changed.
fn tighten((least, most): (&mut i64, &mut Option<i64>), factor: i64, others: i64) -> bool {
    if factor > 0 {
        let bound = -others.div_euclid(factor);
        let changed = bound > *least;
        *least = bound.max(*least);
        return changed;
    }
    let bound = others.div_euclid(-factor);
    let changed = most.is_none_or(|most| bound < most);
    if changed {
        *most = Some(bound);
    }
    changed
}

/// The numbers that this one is bound to, itself the first, as they are in a possible table in which
/// it is another one than `value`; `None` if there is none.
pub fn other_than(knowledge: &Knowledge, number: usize, value: i64) -> Option<Vec<(usize, i64)>> {
    let (numbers, part) = knowledge.around(number);
    let below = (part.least[0], part.most[0].map_or(value - 1, |most| most.min(value - 1)));
    let above = (part.least[0].max(value + 1), part.most[0]);
    for (least, most) in [(below.0, Some(below.1)), above] {
        if most.is_some_and(|most| most < least) {
            continue;
        }
        let mut part = part.clone();
        (part.least[0], part.most[0]) = (least, most);
        let mut found = None;
        let _ = visit(&part, &mut |values| {
            found = Some(values.to_vec());
            ControlFlow::Break(())
        });
        if let Some(values) = found {
            return Some(numbers.into_iter().zip(values).collect());
        }
    }
    None
}

/// What the number is in one possible table; `None` if there is no table.
pub fn first(knowledge: &Knowledge, number: usize) -> Option<i64> {
    let (_, part) = knowledge.around(number);
    all(&part, 1).first().map(|values| values[0])
}

/// Every possible table, at most so many.
pub fn all(knowledge: &Knowledge, tables_max: usize) -> Vec<Vec<i64>> {
    let mut tables = Vec::new();
    let _ = visit(knowledge, &mut |values| {
        tables.push(values.to_vec());
        match tables.len() < tables_max {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_found_once() {
        // Two rows and two columns with the sums 2, 1 and 2, 1.
        let mut knowledge = Knowledge::default();
        for _ in 0..4 {
            knowledge.add(0, None);
        }
        for (cells, sum) in [([0, 1], 2), ([2, 3], 1), ([0, 2], 2), ([1, 3], 1)] {
            let terms = cells.map(|cell| (cell, 1)).to_vec();
            knowledge.relations.push(Relation { constant: -sum, terms, is_equation: true });
        }
        assert_eq!(all(&knowledge, 10), [vec![1, 1, 1, 0], vec![2, 0, 0, 1]]);
        assert_eq!(other_than(&knowledge, 3, 1).unwrap()[0], (3, 0));
        knowledge.least[2] = 1;
        assert_eq!(other_than(&knowledge, 3, 0), None);
    }
}
