//! Moves one variable of a system at the least cost in others, with the exact solver: the engine
//! behind the search for counter-examples and behind the planner. What it finds is a proposal.

use crate::disclosure::{
    component,
    exact::SimplexError,
    simplex::{Column, Outcome, Row, Simplex},
    system::Relation,
};

/// What reaching the target is worth beside all costs together.
const TARGET_WORTH: i64 = 1_000_000_000_000_000;
/// Solves spent on rounding one fractional movement.
const ROUNDING_SOLVES_MAX: usize = 24;

/// Which variables may move, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Movable<'a> {
    /// The value of each variable.
    pub truth: &'a [i64],
    /// The least value of each variable that may move.
    pub floors: &'a [i64],
    /// Whether each variable may move.
    pub movable: &'a [bool],
}

/// A movement that keeps all relations; fractions over one denominator.
#[derive(Debug, Clone)]
pub struct Movement {
    /// Variables that move, with the numerators of their changes.
    pub changes: Vec<(usize, i128)>,
    /// The common denominator.
    pub denominator: i128,
}

/// A system in components, each with a warm solver. The columns of a variable are its movements
/// up and down, so that both cost and both start at zero.
pub struct Mover {
    /// The component of each variable and its place there.
    places: Vec<Option<(usize, usize)>>,
    parts: Vec<Part>,
}

struct Part {
    variables: Vec<usize>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    solver: Option<Simplex>,
}

impl Mover {
    /// Prepares the system. All relations hold for the true values.
    pub fn new(movable: Movable<'_>, relations: &[&Relation]) -> Self {
        let Movable { truth, floors, movable } = movable;
        let value = |variable: usize| (!movable[variable]).then(|| i128::from(truth[variable]));
        // The true values satisfy every relation, so filling them in breaks none.
        let rows = component::fill_in(relations.iter().copied(), value).unwrap_or_default();
        let mut mover = Self { places: vec![None; truth.len()], parts: Vec::new() };
        for component in component::components(&rows, truth.len()) {
            let mut columns = Vec::with_capacity(2 * component.variables.len());
            for (local, variable) in component.variables.iter().enumerate() {
                mover.places[*variable] = Some((mover.parts.len(), local));
                let below = i128::from(truth[*variable]) - i128::from(floors[*variable]);
                columns.push(Column { lower: 0, upper: None, start: 0 });
                columns.push(Column { lower: 0, upper: Some(below.max(0)), start: 0 });
            }
            let at_truth = |local: usize| i128::from(truth[component.variables[local]]);
            let rows = component.rows.iter().map(|row| as_changes(row, at_truth)).collect();
            mover.parts.push(Part {
                variables: component.variables.clone(),
                columns,
                rows,
                solver: None,
            });
        }
        mover
    }

    /// Whether any relation binds the variable.
    pub fn binds(&self, variable: usize) -> bool {
        self.places[variable].is_some()
    }

    /// Whether moving one variable can move the other.
    pub fn connected(&self, variable: usize, other: usize) -> bool {
        let part = |variable: usize| self.places[variable].map(|(part, _)| part);
        part(variable).is_some() && part(variable) == part(other)
    }

    /// Moves `variable` by `target` at the least sum of `cost` × movement, without moving `held`
    /// variables: the cheapest movement, and where that is fractional a whole one if rounding
    /// finds it. Empty if the variable cannot be moved that far.
    pub fn moves(
        &mut self,
        variable: usize,
        target: i64,
        cost: impl Fn(usize) -> i64,
        held: impl Fn(usize) -> bool,
    ) -> Result<Vec<Movement>, SimplexError> {
        let Some((part, local)) = self.places[variable] else { return Ok(Vec::new()) };
        let Part { variables, columns, rows, solver } = &mut self.parts[part];
        let solver = match solver {
            Some(solver) => solver,
            none => none.insert(Simplex::new(columns.clone(), rows)?),
        };
        let own = if target > 0 { 2 * local } else { 2 * local + 1 };
        let end = i128::from(target).abs();
        if columns[own].upper.is_some_and(|upper| upper < end) {
            return Ok(Vec::new());
        }
        let mut costs = Vec::with_capacity(columns.len());
        for (place, other) in variables.iter().enumerate() {
            let cost = -cost(*other);
            costs.extend([(2 * place, cost), (2 * place + 1, cost)]);
            for column in [2 * place, 2 * place + 1] {
                let still = *other == variable || held(*other);
                let upper = if still { Some(0) } else { columns[column].upper };
                solver.set_bounds(column, 0, upper);
            }
        }
        round(solver, variables, &mut costs, vec![(own, end)])
    }

    /// How far below its true value a variable can be, in whole units; `None` if nothing binds it
    /// or the solver gave up.
    pub fn reach_below(&mut self, variable: usize) -> Option<i64> {
        self.reach(variable, 1)
    }

    /// How far above; `None` also if there is no end to it.
    pub fn reach_above(&mut self, variable: usize) -> Option<i64> {
        self.reach(variable, 0)
    }

    /// How far the variable's own column 0 (up) or 1 (down) can go.
    fn reach(&mut self, variable: usize, side: usize) -> Option<i64> {
        let (part, local) = self.places[variable]?;
        let Part { columns, rows, solver, .. } = &mut self.parts[part];
        let solver = match solver {
            Some(solver) => solver,
            none => none.insert(Simplex::new(columns.clone(), rows).ok()?),
        };
        for (index, column) in columns.iter().enumerate() {
            solver.set_bounds(index, column.lower, column.upper);
        }
        let (own, other) = (2 * local + side, 2 * local + 1 - side);
        solver.set_bounds(other, 0, Some(0));
        solver.reset().ok()?;
        if solver.solve(&[(own, 1)]).ok()? == Outcome::Unbounded {
            return None;
        }
        let reach = solver.numerator(own).ok()?.div_euclid(solver.denominator());
        i64::try_from(reach).ok()
    }
}

/// The cheapest movement that reaches all `targets` (columns with their values), and if it is
/// fractional a whole one, if branching on fractional columns finds one: depth first, the nearer
/// side first.
fn round(
    solver: &mut Simplex,
    variables: &[usize],
    costs: &mut [(usize, i64)],
    targets: Vec<(usize, i128)>,
) -> Result<Vec<Movement>, SimplexError> {
    let mut found = Vec::new();
    let mut open = vec![targets];
    for _ in 0..ROUNDING_SOLVES_MAX {
        let Some(targets) = open.pop() else { break };
        let reached = reach(solver, costs, &targets)?;
        if reached == Reached::Whole || (found.is_empty() && reached != Reached::Not) {
            found.push(read(solver, variables)?);
        }
        let (column, value) = match reached {
            Reached::Not => continue,
            Reached::Whole => break,
            Reached::Fractional { column, value } => (column, value),
        };
        let denominator = solver.denominator();
        let down = value.div_euclid(denominator);
        let nearer_up = 2 * value.rem_euclid(denominator) > denominator;
        let branch = |end: i128| {
            let mut targets = targets.clone();
            targets.push((column, end));
            targets
        };
        // The last one is taken first.
        let ends = if nearer_up { [down, down + 1] } else { [down + 1, down] };
        open.extend(ends.map(branch));
    }
    Ok(found)
}

/// How a solve for some targets ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// The targets cannot be reached together.
    Not,
    /// Reached by whole movements.
    Whole,
    /// Reached; the first column that moves by a fraction, with its numerator.
    Fractional { column: usize, value: i128 },
}

/// Solves for the cheapest movement with each target column at its value.
fn reach(
    solver: &mut Simplex,
    costs: &mut [(usize, i64)],
    targets: &[(usize, i128)],
) -> Result<Reached, SimplexError> {
    let before: Vec<_> = targets
        .iter()
        .map(|(column, _)| (*column, costs[*column].1, solver.bounds(*column)))
        .collect();
    for (column, end) in targets {
        solver.set_bounds(*column, 0, Some(*end));
        costs[*column].1 = TARGET_WORTH;
    }
    let solved = solver.reset().and_then(|()| solver.solve(costs));
    for (column, cost, (lower, upper)) in before.into_iter().rev() {
        solver.set_bounds(column, lower, upper);
        costs[column].1 = cost;
    }
    solved?;
    let denominator = solver.denominator();
    for (column, end) in targets {
        if solver.numerator(*column)? != end * denominator {
            return Ok(Reached::Not);
        }
    }
    for column in 0..costs.len() {
        let value = solver.numerator(column)?;
        if value % denominator != 0 {
            return Ok(Reached::Fractional { column, value });
        }
    }
    Ok(Reached::Whole)
}

/// A row over values as one over movements up and down.
fn as_changes(row: &Row, truth: impl Fn(usize) -> i128) -> Row {
    let mut changes = Row { terms: Vec::with_capacity(2 * row.terms.len()), ..*row };
    for (local, coefficient) in &row.terms {
        changes.constant -= truth(*local) * i128::from(*coefficient);
        changes.terms.extend([(2 * local, *coefficient), (2 * local + 1, -coefficient)]);
    }
    changes
}

fn read(solver: &Simplex, variables: &[usize]) -> Result<Movement, SimplexError> {
    let mut changes = Vec::new();
    for (place, variable) in variables.iter().enumerate() {
        let change = solver.numerator(2 * place)? - solver.numerator(2 * place + 1)?;
        if change != 0 {
            changes.push((*variable, change));
        }
    }
    Ok(Movement { changes, denominator: solver.denominator() })
}
