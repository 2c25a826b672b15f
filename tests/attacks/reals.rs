//! What real numbers fit what is known: intervals by linear programming (microlp), and what adding
//! up alone gives away, by elimination modulo a prime.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem};

use crate::knowledge::Knowledge;

/// Solutions that differ by less are the same, in parts of the number.
pub const TOLERANCE: f64 = 1e-7;
/// A prime above all sums of test tables, so that what is found modulo it is the number itself.
const PRIME: i128 = (1 << 61) - 1;

/// A solution at one end of a number; `None` if there is no end.
fn end(knowledge: &Knowledge, number: usize, direction: OptimizationDirection) -> Option<Vec<f64>> {
    let mut problem = Problem::new(direction);
    let variables: Vec<_> = (0..knowledge.least.len())
        .map(|one| {
            let most = knowledge.most[one].map_or(f64::INFINITY, |most| most as f64);
            problem.add_var(f64::from(one == number), (knowledge.least[one] as f64, most))
        })
        .collect();
    for relation in &knowledge.relations {
        let terms: Vec<_> = relation
            .terms
            .iter()
            .map(|(number, factor)| (variables[*number], *factor as f64))
            .collect();
        let comparison = if relation.is_equation { ComparisonOp::Eq } else { ComparisonOp::Ge };
        problem.add_constraint(terms, comparison, -relation.constant as f64);
    }
    match problem.solve() {
        Ok(outcome) => {
            let solution = outcome.into_solution().expect("no limit was set");
            Some(variables.iter().map(|variable| solution.var_value(*variable)).collect())
        }
        Err(Error::Unbounded) => None,
        Err(error) => panic!("what is published contradicts itself, or microlp failed: {error}"),
    }
}

/// The least and largest value of a number.
pub fn range(knowledge: &Knowledge, number: usize) -> (f64, f64) {
    let (_, part) = knowledge.around(number);
    let least = end(&part, 0, OptimizationDirection::Minimize);
    let most = end(&part, 0, OptimizationDirection::Maximize);
    (least.map_or(f64::NEG_INFINITY, |all| all[0]), most.map_or(f64::INFINITY, |all| all[0]))
}

/// Those of `asked` of which any two possible values are nearer to each other than `near` of the
/// larger one, each with a possible value.
pub fn recovered(knowledge: &Knowledge, asked: &[usize], near: f64) -> Vec<(usize, f64)> {
    let mut seen: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let is_apart = |(least, most): (f64, f64)| {
        most.is_infinite() || most - least > near * most.abs() + TOLERANCE
    };
    let mut recovered = Vec::new();
    for number in asked {
        if seen.get(number).is_some_and(|seen| is_apart(*seen)) {
            continue;
        }
        let (numbers, part) = knowledge.around(*number);
        for direction in [OptimizationDirection::Minimize, OptimizationDirection::Maximize] {
            let Some(values) = end(&part, 0, direction) else {
                seen.insert(*number, (f64::NEG_INFINITY, f64::INFINITY));
                break;
            };
            for (number, value) in numbers.iter().zip(values) {
                let (least, most) = seen.entry(*number).or_insert((value, value));
                (*least, *most) = (least.min(value), most.max(value));
            }
        }
        if !is_apart(seen[number]) {
            recovered.push((*number, seen[number].1));
        }
    }
    recovered
}

/// The unknown numbers that follow from the equations alone, with what they are.
pub fn eliminated(knowledge: &Knowledge) -> Vec<(usize, i64)> {
    let modulo = |number: i128| number.rem_euclid(PRIME);
    let mut rows: Vec<(BTreeMap<usize, i128>, i128)> = knowledge
        .relations
        .iter()
        .filter(|relation| relation.is_equation)
        .map(|relation| {
            let left = knowledge.put_in(relation);
            let terms =
                left.terms.iter().map(|(number, factor)| (*number, modulo((*factor).into())));
            (terms.collect(), modulo(-i128::from(left.constant)))
        })
        .collect();
    for pivot in 0..rows.len() {
        let Some((column, entry)) = rows[pivot].0.first_key_value().map(|(at, one)| (*at, *one))
        else {
            continue;
        };
        let inverse = power(entry, PRIME - 2);
        let (terms, sum) = &mut rows[pivot];
        terms.values_mut().for_each(|one| *one = modulo(*one * inverse));
        *sum = modulo(*sum * inverse);
        let (terms, sum) = rows[pivot].clone();
        for (place, (others, other_sum)) in rows.iter_mut().enumerate() {
            let Some(factor) = others.get(&column).copied().filter(|_| place != pivot) else {
                continue;
            };
            for (at, one) in &terms {
                let entry = others.entry(*at).or_insert(0);
                *entry = modulo(*entry - factor * one);
                if *entry == 0 {
                    others.remove(at);
                }
            }
            *other_sum = modulo(*other_sum - factor * sum);
        }
    }
    let single = |(terms, sum): &(BTreeMap<usize, i128>, i128)| {
        let (number, _) = terms.first_key_value().filter(|_| terms.len() == 1)?;
        Some((*number, *sum as i64))
    };
    rows.iter().filter_map(single).collect()
}

fn power(base: i128, mut exponent: i128) -> i128 {
    let (mut result, mut square) = (1, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * square % PRIME;
        }
        square = square * square % PRIME;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_up_gives_a_single_gap_away_and_intervals_hold_the_rest() {
        let mut knowledge = Knowledge::default();
        let total = knowledge.add(12, Some(12));
        let parts: Vec<usize> = (0..3).map(|_| knowledge.add(0, None)).collect();
        let mut terms = vec![(total, 1)];
        terms.extend(parts.iter().map(|part| (*part, -1)));
        knowledge.equation(terms);
        knowledge.learn(parts[0], 5);
        assert_eq!(range(&knowledge, parts[1]), (0.0, 7.0));
        assert!(recovered(&knowledge, &parts[1..], 0.0).is_empty());
        assert!(eliminated(&knowledge).is_empty());
        knowledge.learn(parts[1], 3);
        assert_eq!(recovered(&knowledge, &parts[2..], 0.0), [(parts[2], 4.0)]);
        assert_eq!(eliminated(&knowledge), [(parts[2], 4)]);
    }
}
