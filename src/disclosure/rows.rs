//! Relations with the published values filled in, propagated bounds, and the parts of a system
//! that have nothing to do with each other.

use std::collections::BTreeMap;

use crate::disclosure::system::{Comparison, Relation};

/// Visits of a row while bounds are propagated, per row; bounds stay sound when it stops early.
const VISITS_PER_ROW_MAX: usize = 50;

/// `Σ coefficient × variable = constant`, or `≥ constant`.
#[derive(Debug, Clone)]
pub struct Row {
    /// Variables with their coefficients; no variable twice.
    pub terms: Vec<(usize, i64)>,
    /// The right-hand side.
    pub constant: i128,
    /// Whether the sum may exceed the constant.
    pub at_least: bool,
    /// The place of the relation that says so.
    pub relation: usize,
}

/// Bounds of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Least value.
    pub lower: i128,
    /// Largest value, if bounded.
    pub upper: Option<i128>,
}

/// Variables and rows that belong together. Rows name variables by their place in `variables`.
#[derive(Debug, Clone, Default)]
pub struct Component {
    /// The variables, ascending.
    pub variables: Vec<usize>,
    /// The rows between them.
    pub rows: Vec<Row>,
}

/// The relations with known values filled in, over the unknown variables; those without unknowns
/// are left out. The error is the place of a relation that the known values break.
pub fn fill_in<'a>(
    relations: impl IntoIterator<Item = (usize, &'a Relation)>,
    known: impl Fn(usize) -> Option<i128>,
) -> Result<Vec<Row>, usize> {
    let mut rows = Vec::new();
    for (place, relation) in relations {
        let at_least = relation.comparison == Comparison::AtLeastZero;
        let mut row = Row { terms: Vec::new(), constant: 0, at_least, relation: place };
        for (variable, coefficient) in &relation.terms {
            match known(*variable) {
                // Values and coefficients are 64 bits wide: the sum cannot leave 128.
                Some(value) => row.constant -= value * i128::from(*coefficient),
                None => row.terms.push((*variable, *coefficient)),
            }
        }
        let holds = if at_least { row.constant <= 0 } else { row.constant == 0 };
        match row.terms.is_empty() {
            true if !holds => return Err(place),
            true => {}
            false => rows.push(row),
        }
    }
    Ok(rows)
}

/// Narrows `intervals` (one per variable) by every row in turn until nothing changes. The error is
/// a variable that no value is left for.
pub fn propagate(rows: &[Row], intervals: &mut [Interval]) -> Result<(), usize> {
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        for (variable, _) in &row.terms {
            rows_of.entry(*variable).or_default().push(index);
        }
    }
    let mut waiting: std::collections::VecDeque<usize> = (0..rows.len()).collect();
    let mut queued = vec![true; rows.len()];
    let mut visits_left = rows.len() * VISITS_PER_ROW_MAX;
    while let Some(index) = waiting.pop_front() {
        queued[index] = false;
        visits_left -= 1;
        if visits_left == 0 {
            break;
        }
        for variable in narrow(&rows[index], intervals)? {
            for other in &rows_of[&variable] {
                if !std::mem::replace(&mut queued[*other], true) {
                    waiting.push_back(*other);
                }
            }
        }
    }
    Ok(())
}

/// Narrows the variables of one row; returns those that changed.
fn narrow(row: &Row, intervals: &mut [Interval]) -> Result<Vec<usize>, usize> {
    let mut changed = narrow_one_way(row, 1, intervals)?;
    if !row.at_least {
        changed.extend(narrow_one_way(row, -1, intervals)?);
    }
    Ok(changed)
}

/// Uses `sign × Σ ≥ sign × constant`: no term may be smaller than what the others leave at most.
fn narrow_one_way(row: &Row, sign: i128, intervals: &mut [Interval]) -> Result<Vec<usize>, usize> {
    let largest = |variable: usize, coefficient: i128, intervals: &[Interval]| {
        let Interval { lower, upper } = intervals[variable];
        match coefficient > 0 {
            true => upper?.checked_mul(coefficient),
            false => lower.checked_mul(coefficient),
        }
    };
    let coefficient = |term: &(usize, i64)| sign * i128::from(term.1);
    let (mut sum, mut unbounded) = (0_i128, 0);
    for term in &row.terms {
        match largest(term.0, coefficient(term), intervals) {
            Some(most) => sum = sum.saturating_add(most),
            None => unbounded += 1,
        }
    }
    let mut changed = Vec::new();
    for term in &row.terms {
        let own = coefficient(term);
        let most = largest(term.0, own, intervals);
        let others = match (unbounded, most) {
            (0, Some(most)) => sum.saturating_sub(most),
            (1, None) => sum,
            _ => continue,
        };
        // own × x ≥ needed
        let needed = (sign * row.constant).saturating_sub(others);
        let interval = &mut intervals[term.0];
        let before = *interval;
        if own > 0 {
            interval.lower = interval.lower.max(ceil_div(needed, own));
        } else {
            let upper = floor_div(-needed, -own);
            interval.upper = Some(interval.upper.map_or(upper, |known| known.min(upper)));
        }
        if interval.upper.is_some_and(|upper| upper < interval.lower) {
            return Err(term.0);
        }
        if *interval != before {
            changed.push(term.0);
        }
    }
    Ok(changed)
}

/// Rounds towards −∞; `by` is positive.
pub fn floor_div(value: i128, by: i128) -> i128 {
    value.div_euclid(by)
}

/// Rounds towards +∞; `by` is positive.
pub fn ceil_div(value: i128, by: i128) -> i128 {
    -(-value).div_euclid(by)
}

/// The rows over what is not yet settled. The error is the place of a relation that is broken.
pub fn unsettled(rows: &[Row], intervals: &[Interval]) -> Result<Vec<Row>, usize> {
    let mut open = Vec::new();
    for row in rows {
        let mut left = Row { terms: Vec::new(), ..*row };
        for (variable, coefficient) in &row.terms {
            let Interval { lower, upper } = intervals[*variable];
            match upper == Some(lower) {
                true => left.constant -= lower * i128::from(*coefficient),
                false => left.terms.push((*variable, *coefficient)),
            }
        }
        if left.terms.is_empty() {
            let holds = if left.at_least { left.constant <= 0 } else { left.constant == 0 };
            if !holds {
                return Err(row.relation);
            }
            continue;
        }
        open.push(left);
    }
    Ok(open)
}

/// Splits rows into components, by their first variable.
pub fn components(rows: &[Row], variables: usize) -> Vec<Component> {
    let mut parents: Vec<usize> = (0..variables).collect();
    for row in rows {
        for pair in row.terms.windows(2) {
            let (first, second) = (root(&mut parents, pair[0].0), root(&mut parents, pair[1].0));
            parents[first.max(second)] = first.min(second);
        }
    }
    let mut components: BTreeMap<usize, Component> = BTreeMap::new();
    let mut place = vec![None; variables];
    let mut named: Vec<usize> =
        rows.iter().flat_map(|row| row.terms.iter().map(|(variable, _)| *variable)).collect();
    named.sort_unstable();
    named.dedup();
    for variable in named {
        let component = components.entry(root(&mut parents, variable)).or_default();
        place[variable] = Some(component.variables.len());
        component.variables.push(variable);
    }
    for row in rows {
        let component = components.entry(root(&mut parents, row.terms[0].0)).or_default();
        let local = |(variable, coefficient): &(usize, i64)| {
            place[*variable].map(|place| (place, *coefficient))
        };
        let terms = row.terms.iter().filter_map(local).collect();
        component.rows.push(Row { terms, ..*row });
    }
    components.into_values().collect()
}

fn root(parents: &mut [usize], mut variable: usize) -> usize {
    while parents[variable] != variable {
        parents[variable] = parents[parents[variable]];
        variable = parents[variable];
    }
    variable
}
