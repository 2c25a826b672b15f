//! Looks for counter-examples among hidden cells. What it finds is only a proposal: it is checked
//! here, and by whoever keeps it.

use crate::disclosure::{
    counter_example::{Demand, Deviation, Known, Possible},
    mover::{Movable, Movement, Mover},
};

/// Steps beyond the demand that are tried when no whole movement is found.
const STEPS_BEYOND_MAX: i64 = 5;
/// Ways to weigh what else moves: each may lead to another, more often whole, corner.
const WEIGHTS: [fn(usize) -> i64; 3] =
    [|_| 1, |variable| 1 + (variable % 7) as i64, |variable| 1 + (variable % 11 * 3 % 11) as i64];

/// The hidden variables of a system.
pub struct Search<'a> {
    known: Known<'a>,
    mover: Mover,
}

impl<'a> Search<'a> {
    /// Prepares the search. All relations must hold for the true values.
    pub fn new(known: Known<'a>) -> Self {
        let Known { relations, truth, floors, hidden, .. } = known;
        let mover = Mover::new(Movable { truth, floors, movable: hidden }, relations);
        Self { known, mover }
    }

    /// A deviation that meets the demand and moves none of the `fixed` variables, if one is found.
    pub fn find(&mut self, demand: &Demand, fixed: &[usize]) -> Option<Deviation> {
        let variable = demand.variable;
        let targets = demand.targets(STEPS_BEYOND_MAX);
        if !self.mover.binds(variable) {
            let mut free =
                targets.iter().filter_map(|target| Deviation::new(vec![(variable, *target)]));
            return free.find(|deviation| self.known.allows(deviation));
        }
        let held = |other: usize| fixed.contains(&other);
        // What cannot be moved by the least cannot be moved by more.
        let mut stuck = [false; 2];
        for weight in WEIGHTS {
            for target in &targets {
                let stuck = &mut stuck[usize::from(*target > 0)];
                if *stuck {
                    continue;
                }
                let moves = self.mover.moves(variable, *target, weight, held).unwrap_or_default();
                *stuck = moves.is_empty();
                let whole = moves
                    .iter()
                    .filter_map(whole)
                    .find(|deviation| demand.met_by(deviation) && self.known.allows(deviation));
                if whole.is_some() {
                    return whole;
                }
            }
        }
        None
    }

    /// Whether the exact solver finds that nothing meets the demand. `false` proves nothing.
    pub fn is_lost(&mut self, demand: &Demand) -> bool {
        let variable = demand.variable;
        if !self.known.hidden[variable] {
            return true;
        }
        let least = match demand.what {
            Possible::Other => 1,
            Possible::Above(least) | Possible::Below(least) => least.max(1),
        };
        let mut is_lost = |above: bool| {
            let reach = match above {
                // Nothing bounds from above what no relation binds.
                true => self.mover.reach_above(variable),
                false => self.reach_below(variable),
            };
            reach.is_some_and(|reach| reach < least)
        };
        match demand.what {
            Possible::Above(_) => is_lost(true),
            Possible::Below(_) => is_lost(false),
            Possible::Other => is_lost(true) && is_lost(false),
        }
    }

    /// How far below its true value a variable can be, in whole units; `None` if unknown.
    pub fn reach_below(&mut self, variable: usize) -> Option<i64> {
        if !self.mover.binds(variable) {
            return self.known.truth[variable].checked_sub(self.known.floors[variable]);
        }
        self.mover.reach_below(variable)
    }
}

impl Demand {
    /// Changes that would meet the demand, nearest first.
    fn targets(&self, beyond_max: i64) -> Vec<i64> {
        let (directions, least): (&[i64], i64) = match self.what {
            Possible::Other => (&[1, -1], 1),
            Possible::Above(least) => (&[1], least.max(1)),
            Possible::Below(least) => (&[-1], least.max(1)),
        };
        let steps = (0..=beyond_max).filter_map(|beyond| least.checked_add(beyond));
        steps.flat_map(|step| directions.iter().map(move |direction| direction * step)).collect()
    }
}

/// A movement as a deviation: where it is fractional, its smallest whole multiple.
pub fn whole(movement: &Movement) -> Option<Deviation> {
    let divisor = movement
        .changes
        .iter()
        .fold(movement.denominator, |divisor, (_, change)| gcd(divisor, *change));
    let change = |(variable, change): &(usize, i128)| {
        Some((*variable, i64::try_from(change / divisor).ok()?))
    };
    Deviation::new(movement.changes.iter().map(change).collect::<Option<_>>()?)
}

fn gcd(first: i128, second: i128) -> i128 {
    let (mut first, mut second) = (first.abs(), second.abs());
    while second != 0 {
        (first, second) = (second, first % second);
    }
    first.max(1)
}
