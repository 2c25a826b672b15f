//! How far hidden cells can be from their true values, proven: from the multipliers of the primal
//! solver, made fractions of small denominator, follows a bound in exact arithmetic for whatever
//! numbers they are (Neumaier and Shcherbina, Safe bounds in linear and mixed-integer linear
//! programming, Mathematical Programming 99, 2004).

use std::collections::BTreeMap;

use crate::disclosure::suppress::{
    basis::Sparse,
    matrix::Matrix,
    primal::{End, Primal},
};

/// Steps of one search.
const STEPS_MAX: usize = 20_000;
/// Denominators tried for multipliers.
const DENOMINATOR_MAX: i64 = 60;
/// How far a multiple of a multiplier may be from a whole number to be taken for it.
const ROUNDING_MAX: f64 = 1e-6;

/// What is public about a system, around the true values.
#[derive(Debug, Clone, Copy)]
pub struct Ranges<'a> {
    /// `Σ coefficient × cell = 0`.
    pub rows: &'a [Vec<(usize, i64)>],
    /// How far each cell may be below its true value: 0 if it is published.
    pub down: &'a [i64],
    /// How far above; `None` if nothing bounds it.
    pub up: &'a [Option<i64>],
}

/// How far a cell can be below and above its true value; `None` where no bound was proven.
pub type Reach = (Option<i64>, Option<i64>);

/// The reach of each of `cells`.
pub fn reach(ranges: Ranges<'_>, cells: &[usize]) -> Vec<Reach> {
    let matrix = Matrix::new(ranges.down.len(), ranges.rows);
    let lower = ranges.down.iter().map(|down| -(*down as f64)).collect();
    let upper = ranges.up.iter().map(|up| up.map_or(f64::INFINITY, |up| up as f64)).collect();
    let mut primal = Primal::new(&matrix, lower, upper);
    let mut end = |cell: usize, up: bool| match primal.reach(cell, up, STEPS_MAX) {
        End::At(_) => proven(ranges, cell, up, primal.multipliers()),
        End::Unbounded | End::Unknown => None,
    };
    cells.iter().map(|cell| (end(*cell, false), end(*cell, true))).collect()
}

/// How far the cell's movement can go at most, up if `up`, else down, as it follows from
/// multipliers; `None` if nothing does. True whatever the multipliers are.
pub fn proven(ranges: Ranges<'_>, cell: usize, up: bool, multipliers: &Sparse) -> Option<i64> {
    (1..=DENOMINATOR_MAX).find_map(|denominator| {
        let whole = whole(multipliers, denominator)?;
        let bound = bound(ranges, cell, up, denominator, &whole)?;
        i64::try_from(bound.div_euclid(i128::from(denominator))).ok()
    })
}

/// The multipliers times the denominator, if that makes them whole.
fn whole(multipliers: &Sparse, denominator: i64) -> Option<Vec<(u32, i64)>> {
    let mut whole = Vec::with_capacity(multipliers.places().len());
    for row in multipliers.places() {
        let multiple = multipliers.at(*row) * denominator as f64;
        if (multiple - multiple.round()).abs() > ROUNDING_MAX {
            return None;
        }
        if multiple.round() != 0.0 {
            whole.push((*row, multiple.round() as i64));
        }
    }
    Some(whole)
}

/// The most that `denominator` × the cell's movement can be: it stays what it is when multiples of
/// the rows are taken away, which are zero, and then each cell is as far as its own range lets it.
fn bound(
    ranges: Ranges<'_>,
    cell: usize,
    up: bool,
    denominator: i64,
    multipliers: &[(u32, i64)],
) -> Option<i128> {
    let mut left: BTreeMap<usize, i128> = BTreeMap::from([(cell, i128::from(denominator))]);
    for (row, multiplier) in multipliers {
        for (cell, coefficient) in &ranges.rows[*row as usize] {
            let entry = left.entry(*cell).or_insert(0);
            *entry -= i128::from(*multiplier) * i128::from(*coefficient);
        }
    }
    let mut most = 0;
    for (cell, coefficient) in left {
        let coefficient = if up { coefficient } else { -coefficient };
        let part = match coefficient.signum() {
            1 => coefficient.checked_mul(i128::from(ranges.up[cell]?))?,
            -1 => coefficient.abs().checked_mul(i128::from(ranges.down[cell]))?,
            _ => 0,
        };
        most = i128::checked_add(most, part)?;
    }
    Some(most)
}
