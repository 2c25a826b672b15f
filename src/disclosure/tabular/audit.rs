//! The audit of a pattern that any tool made: looks for counter-examples among the hidden cells as
//! they are, and believes only those that [`check`] bears out. A cell for which none is found is
//! open.
//!
//! Attackers are tried in their order, and each also knows what those before him know.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    base::dice::Dice,
    disclosure::{
        suppress::{
            deviation::Deviation,
            pattern::{Effort, Pattern},
            problem::Index,
        },
        tabular::{
            check,
            protect::{self, Options},
            rules::Attacker,
            table::Table,
        },
    },
};

/// Iterations of the search for one counter-example; a cell whose proof takes more is open.
const ITERATIONS_MAX: usize = 20_000;

/// What one attacker can do to a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Who.
    pub attacker: Attacker,
    /// Sensitive cells tried; for A3, pairs of a contributor and a cell that is not his.
    pub tried: u64,
    /// Sensitive cells that are not shown to be safe from him.
    pub open: Vec<usize>,
}

/// An audited pattern.
#[derive(Debug, Clone)]
pub struct Audited {
    /// Whether each cell is sensitive. For the one who protects: never published.
    pub sensitive: Vec<bool>,
    /// Least and largest value of each cell that an outsider can prove.
    pub intervals: Vec<(i64, Option<i64>)>,
    /// What each attacker can do.
    pub exposures: Vec<Exposure>,
}

impl Audited {
    /// Whether any cell is open to anybody.
    pub fn is_open(&self) -> bool {
        self.exposures.iter().any(|exposure| !exposure.open.is_empty())
    }
}

/// Audits the pattern `hidden` of the cells of `table`. Zeros count as known, hidden or not.
pub fn audit(table: &Table, options: &Options, hidden: &[bool]) -> Audited {
    let mut exposures: Vec<Exposure> = Vec::new();
    let mut known = Vec::new();
    for attacker in Attacker::ALL {
        if attacker != Attacker::A0 && !options.attackers.contains(&attacker) {
            continue;
        }
        known.push(attacker);
        let exposure = match exposures.last() {
            Some(before) if knows_nothing_more(attacker, options.counts) => {
                // Pairs are tried by A3 alone.
                let tried = exposures[0].tried;
                Exposure { attacker, tried, open: before.open.clone() }
            }
            _ => expose(table, &Options { attackers: known.clone(), ..options.clone() }, hidden),
        };
        exposures.push(exposure);
    }
    Audited {
        sensitive: table.cells.iter().map(|cell| options.rules.is_sensitive(cell)).collect(),
        intervals: protect::intervals(table, hidden),
        exposures,
    }
}

/// Whole numbers are taken for granted wherever cells are counted, and in a table of values nobody
/// knows more of a cell that he knows to be sensitive.
fn knows_nothing_more(attacker: Attacker, counts: bool) -> bool {
    attacker == Attacker::A4 || (attacker == Attacker::A2 && !counts)
}

/// What the last of the attackers can do.
fn expose(table: &Table, options: &Options, hidden: &[bool]) -> Exposure {
    let problem = protect::problem(table, options);
    let index = Index::new(&problem);
    let mut dice = Dice::new(options.seed, 0);
    let weights = table.cells.iter().map(|_| 0.1 + 0.9 * dice.fraction()).collect();
    let mut pattern = Pattern::new(&index, weights);
    pattern.set_hidden(hidden.to_vec());
    let goal_of = |cell: usize| index.goal_of[cell].filter(|_| hidden[cell]);
    let mut goals: Vec<u32> = (0..table.cells.len()).filter_map(goal_of).collect();
    goals.sort_unstable();
    let effort = Effort { may_hide: false, iterations_max: ITERATIONS_MAX, hidden_max: usize::MAX };
    let mut rest = &goals[..];
    while let Some(unmet) = pattern.meet(rest, effort) {
        rest = &rest[rest.partition_point(|goal| *goal <= unmet)..];
    }
    let shown: BTreeMap<usize, &[Rc<Deviation>]> = (0..table.cells.len())
        .filter_map(|cell| Some((cell, pattern.counter_examples(goal_of(cell)? as usize))))
        .collect();
    let examined = check::examine(table, options, hidden, &shown);
    let attacker = options.attackers.last().copied().unwrap_or(Attacker::A0);
    Exposure {
        attacker,
        tried: if attacker == Attacker::A3 { examined.pairs } else { examined.cells },
        open: examined.open.into_iter().map(|(cell, _)| cell).collect(),
    }
}
