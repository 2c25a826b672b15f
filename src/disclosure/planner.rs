//! Proposes which cells to hide besides the sensitive ones: moves a sensitive cell at the least
//! cost in published cells. A heuristic; the audit judges the result.
//!
//! Costs follow from public facts only: the level of a cell, its period, and whether it stands on
//! its table's leading dimension. Margins cost more than what they sum.

use crate::{
    base::period::Frequency,
    disclosure::{
        attack::Attack,
        counter_example::{Demand, Deviation, Possible},
        mover::{Movable, Movement, Mover},
        search::whole,
        system::Relation,
    },
};

/// What moving a published cell costs beside a hidden one.
const PUBLISHED_COST: i64 = 1_000;

/// What hiding a cell costs. What is only expected may turn out otherwise: half.
pub fn cost(attack: &Attack, cell: usize) -> i64 {
    let expected = cell >= attack.known_cells;
    let cell = &attack.system.cells[cell];
    let annual = cell.period.frequency() == Frequency::Annual;
    let cost = match (cell.key.len(), annual, cell.leading) {
        (0, true, _) => 20_000,
        (0, false, _) => 3_000,
        (1, true, true) => 400,
        (1, true, false) => 120,
        (1, false, true) => 30,
        (1, false, false) => 20,
        _ => 2,
    };
    if expected { cost / 2 } else { cost }
}

/// All cells that may be hidden.
pub struct Planner<'a> {
    attack: &'a Attack,
    mover: Mover,
}

/// What to hide so that a demand can be met.
pub struct Proposal {
    /// Cells that are still published.
    pub cells: Vec<usize>,
    /// The deviation that the proposal is for, if it is whole.
    pub deviation: Option<Deviation>,
}

impl<'a> Planner<'a> {
    /// Prepares the plan. Zeros may be hidden in `dark` groups only.
    pub fn new(attack: &'a Attack, relations: &[&Relation], dark: &[bool]) -> Self {
        let system = &attack.system;
        let movable: Vec<bool> = system
            .cell_of
            .iter()
            .map(|cell| {
                let zero = attack.is_zero(*cell) && !dark[system.cells[*cell].group];
                attack.earlier[*cell] != Some(false) && !zero
            })
            .collect();
        let floors = attack.floors(dark);
        let movable = Movable { truth: &attack.truth, floors: &floors, movable: &movable };
        Self { attack, mover: Mover::new(movable, relations) }
    }

    /// Whether moving one variable can move the other.
    pub fn connected(&self, variable: usize, other: usize) -> bool {
        self.mover.connected(variable, other)
    }

    /// The cheapest cells to hide so that the demand can be met; `None` if none suffice.
    pub fn propose(&mut self, demand: &Demand, hidden: &[bool]) -> Option<Proposal> {
        let targets: &[i64] = match demand.what {
            Possible::Other => &[1, -1],
            Possible::Above(least) => &[least.max(1)],
            Possible::Below(least) => &[-least.max(1)],
        };
        let system = &self.attack.system;
        let cost = |variable: usize| {
            let cell = system.cell_of[variable];
            if hidden[cell] { 1 } else { PUBLISHED_COST * cost(self.attack, cell) }
        };
        let mut best: Option<(i64, Proposal)> = None;
        for target in targets {
            let moves = self.mover.moves(demand.variable, *target, cost, |_| false);
            for movement in moves.unwrap_or_default() {
                let (price, proposal) = proposal(self.attack, &movement, hidden);
                // The last movement is the whole one, if there is any.
                let better = best.as_ref().is_none_or(|(other, known)| {
                    let whole = proposal.deviation.is_some();
                    (!whole, price) < (known.deviation.is_none(), *other)
                });
                if better {
                    best = Some((price, proposal));
                }
            }
        }
        best.map(|(_, proposal)| proposal)
    }
}

/// A movement as a proposal with its price.
fn proposal(attack: &Attack, movement: &Movement, hidden: &[bool]) -> (i64, Proposal) {
    let system = &attack.system;
    let moved = movement.changes.iter().map(|(variable, _)| system.cell_of[*variable]);
    let mut cells: Vec<usize> = moved.filter(|cell| !hidden[*cell]).collect();
    cells.sort_unstable();
    cells.dedup();
    let price = cells.iter().map(|cell| cost(attack, *cell)).sum();
    let fractional = movement.changes.iter().any(|(_, change)| change % movement.denominator != 0);
    let deviation = if fractional { None } else { whole(movement) };
    (price, Proposal { cells, deviation })
}
