//! From a table and its rules to a pattern that was checked.

use std::{collections::BTreeMap, rc::Rc};

use crate::disclosure::{
    suppress::{
        deviation::Deviation,
        problem::{Goal, Index, Insider, Mark, Problem, Variable},
        protect::{self, SearchLimit},
        reach::{self, Ranges},
    },
    tabular::{
        check::{self, Verdict},
        rules::{Attacker, Rules},
        table::{Cell, Table},
    },
};

/// An insider recovers a cell if he knows it to within one part in so many.
pub const EXACT_PARTS: i64 = 10_000;
/// How long a pattern is improved: well under a second for hundreds of cells.
const SEARCH: SearchLimit = SearchLimit { work: 50_000_000, percent: 150 };
/// What hiding a cell costs at unit cost.
const UNIT_PRICE: u32 = 10_000;
/// By how much less at each level further down: among as many cells margins are kept.
const LEVEL_PRICE: u32 = 50;
/// Levels that are told apart.
const LEVELS_MAX: usize = 10;

/// What hiding a cell costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cost {
    /// As much as any other.
    #[default]
    Unit,
    /// One and the logarithm of its value.
    Log,
}

/// How a table is protected.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rules.
    pub rules: Rules,
    /// Whom it is protected against; A0 always is.
    pub attackers: Vec<Attacker>,
    /// What hiding costs.
    pub cost: Cost,
    /// What chance starts from.
    pub seed: u64,
    /// Whether values are counts.
    pub counts: bool,
    /// Units of the last decimal in one: a hidden value is taken to be at least one.
    pub units_per_one: i64,
}

/// A protected table.
#[derive(Debug, Clone)]
pub struct Protected {
    /// Whether each cell is hidden.
    pub hidden: Vec<bool>,
    /// Whether each cell is sensitive. For the one who protects: never published.
    pub sensitive: Vec<bool>,
    /// Least and largest value of each cell that an outsider can prove.
    pub intervals: Vec<(i64, Option<i64>)>,
    /// What was checked.
    pub verdicts: Vec<Verdict>,
}

/// Why no pattern was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtectionError {
    /// A cell stays open whatever is hidden.
    #[error("No pattern protects the cell {cell}")]
    Open {
        /// The cell.
        cell: String,
    },
    /// The check did not bear the pattern out.
    #[error("The pattern was refused by the check: the cell {cell} is open to {attacker}")]
    Refused {
        /// The cell.
        cell: String,
        /// To whom.
        attacker: Attacker,
    },
}

/// Protects a table and checks the result.
pub fn protect(table: &Table, options: &Options) -> Result<Protected, ProtectionError> {
    let problem = problem(table, options);
    let index = Index::new(&problem);
    let pattern = protect::protect(&index, options.seed, SEARCH).map_err(|goal| {
        let cell = table.name(problem.goals[goal as usize].variable);
        ProtectionError::Open { cell }
    })?;
    let hidden = pattern.hidden().to_vec();
    let shown: BTreeMap<usize, &[Rc<Deviation>]> = problem
        .goals
        .iter()
        .enumerate()
        .map(|(goal, one)| (one.variable, pattern.counter_examples(goal)))
        .collect();
    let verdicts = check::check(table, options, &hidden, &shown)?;
    let sensitive = table.cells.iter().map(|cell| options.rules.is_sensitive(cell)).collect();
    let intervals = intervals(table, &hidden);
    Ok(Protected { hidden, sensitive, intervals, verdicts })
}

/// What must be protected, as numbers: each cell is a variable with a mark of its own.
pub(super) fn problem(table: &Table, options: &Options) -> Problem {
    let cells = &table.cells;
    let mut names = vec![0; cells.len()];
    table.names.iter().for_each(|cell| names[*cell] += 1);
    let variable = |(place, cell): (usize, &Cell)| {
        let (least, most) = check::range(options, cell);
        let (up, down) = (most.map(|most| most - cell.value), cell.value - least);
        Variable { up, down, mark: Some(place as u32) }
    };
    let variables: Vec<Variable> = cells.iter().enumerate().map(variable).collect();
    let mark = |(cell, names): (&Cell, &u32)| Mark {
        price: price(options, cell).map(|price| price.saturating_mul(*names)),
        is_set: options.rules.is_sensitive(cell),
    };
    let mut order: Vec<usize> =
        (0..cells.len()).filter(|cell| options.rules.is_sensitive(&cells[*cell])).collect();
    order.sort_by_key(|cell| (cells[*cell].depth, *cell));
    let goal = |cell: usize| goal(options, cell, cells[cell].value, variables[cell].down);
    Problem {
        excused: Vec::new(),
        rows: table.equations.clone(),
        goals: order.into_iter().map(goal).collect(),
        marks: cells.iter().zip(&names).map(mark).collect(),
        whole: options.counts,
        insiders: match options.attackers.contains(&Attacker::A3) {
            true => check::insiders(table, &options.rules)
                .into_iter()
                .map(|known| Insider { known, ..Insider::default() })
                .collect(),
            false => Vec::new(),
        },
        variables,
    }
}

/// What hiding a cell costs under one of its names; zeros are published.
fn price(options: &Options, cell: &Cell) -> Option<u32> {
    match options.cost {
        _ if cell.count == 0 => None,
        Cost::Unit => Some(UNIT_PRICE - LEVEL_PRICE * cell.depth.min(LEVELS_MAX) as u32),
        Cost::Log => {
            let value = cell.value as f64 / options.units_per_one as f64;
            Some((f64::from(UNIT_PRICE) * (1.0 + value.ln_1p())) as u32)
        }
    }
}

fn goal(options: &Options, variable: usize, value: i64, down: i64) -> Goal {
    if options.counts {
        return Goal { variable, above: 0, below: 0, other: 1 };
    }
    let level = options.rules.protection(value);
    Goal { variable, above: level, below: level.min(down), other: value / EXACT_PARTS + 1 }
}

/// What an outsider can prove of each cell.
pub(super) fn intervals(table: &Table, hidden: &[bool]) -> Vec<(i64, Option<i64>)> {
    let cells: Vec<usize> = (0..hidden.len()).filter(|cell| hidden[*cell]).collect();
    let value = |cell: usize| table.cells[cell].value;
    let down: Vec<i64> =
        (0..hidden.len()).map(|cell| if hidden[cell] { value(cell) } else { 0 }).collect();
    let up: Vec<Option<i64>> =
        hidden.iter().map(|hidden| if *hidden { None } else { Some(0) }).collect();
    let ranges = Ranges { rows: &table.equations, down: &down, up: &up };
    let mut intervals: Vec<_> =
        table.cells.iter().map(|cell| (cell.value, Some(cell.value))).collect();
    for (cell, (below, above)) in cells.iter().zip(reach::reach(ranges, &cells)) {
        let value = value(*cell);
        let below = below.unwrap_or(value).min(value);
        intervals[*cell] = (value - below, above.map(|above: i64| value + above));
    }
    intervals
}
