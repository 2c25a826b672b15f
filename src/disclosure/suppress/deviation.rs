//! From what the solver proposes to exact counter-examples.

use crate::disclosure::suppress::problem::Index;

/// Common denominators that are tried to make a movement whole.
const DENOMINATOR_MAX: i64 = 60;
/// How far a multiple of a solver's number may be from a whole one.
const ROUNDING_MAX: f64 = 1e-3;
/// Numbers beyond this are not told apart well enough by floating point.
const MAGNITUDE_MAX: f64 = 1e15;
/// How far a direction that nothing bounds is followed.
const UNBOUNDED_CHANGE: i64 = 1 << 50;

/// How far each variable may go in the current solve, where that is less far than for an outsider;
/// `i64::MAX` where it is not.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Downwards.
    pub down: Vec<i64>,
    /// Upwards.
    pub up: Vec<i64>,
}

/// Variables with what is added to their true values, as numerators over one denominator:
/// ascending, none zero, every row kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    changes: Vec<(u32, i64)>,
    denominator: i64,
}

impl Deviation {
    /// From whole changes, none zero; `None` if a variable is named twice. Whether it is possible
    /// is for others to check.
    pub fn whole(changes: Vec<(usize, i64)>) -> Option<Self> {
        let own = |(variable, by): (usize, i64)| (variable as u32, by);
        let mut changes: Vec<(u32, i64)> = changes.into_iter().map(own).collect();
        changes.sort_unstable();
        let distinct = changes.windows(2).all(|pair| pair[0].0 != pair[1].0);
        distinct.then_some(Self { changes, denominator: 1 })
    }

    /// The variables with the numerators of their changes.
    pub fn changes(&self) -> &[(u32, i64)] {
        &self.changes
    }

    /// The numerator of what is added to a variable.
    pub fn numerator(&self, variable: usize) -> i64 {
        at(&self.changes, variable)
    }

    /// What the changes are divided by.
    pub fn denominator(&self) -> i64 {
        self.denominator
    }

    /// Whether a variable with this numerator is moved by at least so much, upwards if `least` is
    /// positive, else downwards.
    pub fn reaches(&self, numerator: i64, least: i64) -> bool {
        let (moved, least) = (i128::from(numerator), i128::from(least));
        let least = least * i128::from(self.denominator);
        if least > 0 { moved >= least } else { moved <= least }
    }

    /// Whether a variable with this numerator is moved by no more than so much: upwards or
    /// downwards.
    pub fn stays_within(&self, numerator: i64, most: i64, up: bool) -> bool {
        let (moved, most) = (i128::from(numerator), i128::from(most));
        let most = most * i128::from(self.denominator);
        if up { moved <= most } else { moved >= -most }
    }

    /// The largest deviations along `movement` and against it that stay within the bounds, and
    /// within narrower limits; none if the movement cannot be made exact.
    pub fn along(index: &Index<'_>, movement: &[(usize, f64)], held: &Limits) -> Vec<Self> {
        let Some((direction, denominator)) = direction(index, movement) else {
            return Vec::new();
        };
        let whole = index.problem.whole;
        let scaled = |sign: i64| {
            let least = if whole { 1 } else { denominator };
            let (steps, denominator) = steps(index, &direction, sign, least, held)?;
            let change =
                |(variable, by): &(u32, i64)| Some((*variable, by.checked_mul(sign * steps)?));
            let changes = direction.iter().map(change).collect::<Option<_>>()?;
            Some(Self { changes, denominator })
        };
        [1, -1].into_iter().filter_map(scaled).collect()
    }
}

fn at(changes: &[(u32, i64)], variable: usize) -> i64 {
    let found = changes.binary_search_by_key(&(variable as u32), |(variable, _)| *variable);
    found.map_or(0, |place| changes[place].1)
}

/// The smallest whole direction of a movement, and a denominator of the movement along it.
fn direction(index: &Index<'_>, movement: &[(usize, f64)]) -> Option<(Vec<(u32, i64)>, i64)> {
    if movement.iter().any(|(_, by)| by.abs() > MAGNITUDE_MAX) {
        return None;
    }
    let whole = |times: i64| Some((whole(index, movement, times)?, times));
    (1..=DENOMINATOR_MAX).find_map(whole)
}

fn whole(index: &Index<'_>, movement: &[(usize, f64)], times: i64) -> Option<Vec<(u32, i64)>> {
    let mut changes = Vec::with_capacity(movement.len());
    for (variable, by) in movement {
        let multiple = by * times as f64;
        if (multiple - multiple.round()).abs() > ROUNDING_MAX {
            return None;
        }
        let rounded = multiple.round() as i64;
        if rounded != 0 {
            changes.push((*variable as u32, rounded));
        }
    }
    let divisor = changes.iter().fold(0, |divisor, (_, by)| gcd(divisor, by.abs()));
    changes.iter_mut().for_each(|(_, by)| *by /= divisor.max(1));
    keeps_rows(index, &changes).then_some(changes)
}

/// Whether every row's sum stays what it is.
fn keeps_rows(index: &Index<'_>, changes: &[(u32, i64)]) -> bool {
    let mut rows: Vec<u32> = changes
        .iter()
        .flat_map(|(variable, _)| index.rows_of[*variable as usize].iter().copied())
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows.iter().all(|row| {
        let terms = index.problem.rows[*row as usize].iter();
        let term =
            |(variable, one): &(usize, i64)| i128::from(*one) * i128::from(at(changes, *variable));
        terms.map(term).sum::<i128>() == 0
    })
}

/// How often the direction can be taken, in steps of one over the denominator that comes with it:
/// whole ones if that is possible, else those of `denominator`; none if not at all.
fn steps(
    index: &Index<'_>,
    direction: &[(u32, i64)],
    sign: i64,
    denominator: i64,
    held: &Limits,
) -> Option<(i64, i64)> {
    let most = |denominator: i64| {
        let mut steps = i64::MAX;
        for (variable, by) in direction {
            let variable = *variable as usize;
            let own = &index.problem.variables[variable];
            let range = match by * sign > 0 {
                true if held.up[variable] < i64::MAX => {
                    Some(held.up[variable].min(own.up.unwrap_or(i64::MAX)))
                }
                true => own.up,
                false => Some(own.down.min(held.down[variable])),
            };
            if let Some(range) = range {
                steps = steps.min(range.saturating_mul(denominator) / by.abs());
            }
        }
        let longest = direction.iter().map(|(_, by)| by.abs()).max()?;
        let steps = if steps == i64::MAX { UNBOUNDED_CHANGE / longest } else { steps };
        (steps > 0).then_some((steps, denominator))
    };
    most(denominator).filter(|_| denominator > 1).or_else(|| most(1))
}

fn gcd(first: i64, second: i64) -> i64 {
    let (mut first, mut second) = (first, second);
    while second != 0 {
        (first, second) = (second, first % second);
    }
    first
}
