//! Withholding: the last resort for a release that could not be protected, so that the releases
//! after it need not wait for ever.
//!
//! To leave such a release out would give it away: a stock after it less the stock before and the
//! flows since is what flowed in it, a year less its other quarters is the quarter. So it becomes
//! part of the transcript with every cell hidden, zeros included. Its equations with what was
//! released before and will be after stay in the attackers' system, what is sensitive in it stays
//! demanded, and later releases are protected with both in view. Nothing of it is published, and no
//! [`crate::disclosure::safe::SafeTable`] is made of it.
//!
//! The demands are tried all the same, for who decides must know how things stand. With everything
//! new hidden, one that cannot be met is lost to *earlier* releases. That is an incident, and no
//! reason to refuse: to withhold gives nothing away. Two kinds are told apart:
//! - *exposed*: bounds in exact arithmetic prove that no value that is asked for is left. No later
//!   release can mend that, and none is held to it any more; what is left (that a value is not
//!   known exactly) is still asked for;
//! - *unproven*: no counter-example was found, which proves nothing. Later releases are held to it.

use std::collections::BTreeSet;

use crate::{
    codes::catalogue::Catalogue,
    disclosure::{
        attack::{self, Attack},
        attackers::Proven,
        audit::{self, AuditReport},
        counter_example::{self, Demand, Known, Open, Possible},
        difference,
        error::{CellName, DisclosureError},
        linked, protect,
        rules::Rules,
        transcript::{FrozenRelease, FrozenTable, Transcript},
    },
    indicators::cube::Cube,
    publication::release::{Cell, Table},
};

/// A release that is given away in nothing. Confidential.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// The shapes of its tables, every cell hidden.
    pub tables: Vec<Table>,
    /// What was tried.
    pub report: AuditReport,
    /// Cells that earlier releases alone give away, or bound closer than the rules allow.
    pub exposed: Vec<CellName>,
    /// Cells whose protection could not be shown.
    pub unproven: Vec<CellName>,
    /// What it gives away, for the transcript.
    pub frozen: FrozenRelease,
}

/// Hides every cell of `cubes`, which are all tables of one release.
pub fn withhold(
    catalogue: &Catalogue,
    rules: &Rules,
    cubes: &[Cube],
    transcript: &Transcript,
) -> Result<Withheld, DisclosureError> {
    rules.validate()?;
    let attack = Attack::new(catalogue, rules, cubes, transcript)?;
    let relations = attack.relations(catalogue)?;
    let hidden: Vec<bool> = attack.earlier.iter().map(|earlier| earlier.unwrap_or(true)).collect();
    let remembered = protect::remembered(transcript);
    // Nothing that is remembered speaks of the differences by itself.
    let candidates: Vec<_> =
        remembered.filter_map(|deviation| attack.with_sums(&deviation)).collect();
    let asked = attack.asked(&relations, &candidates);
    let touching = counter_example::touching(&relations, attack.truth.len());
    let dark = attack.dark_groups(|cell| hidden[cell]);
    let known = Known {
        relations: &relations,
        truth: &attack.truth,
        bounds: &attack.bounds(&dark),
        hidden: &attack.hidden_variables(&hidden),
        touching: &touching,
    };
    let insiders = asked.insiders(&attack, &dark);
    let (proofs, open) = audit::prove(&known, &insiders, &asked.demands, &candidates);
    let mut report = audit::report(&attack, &hidden, &asked, &proofs, open.len(), &relations);
    let proven =
        Proven { demands: &asked.demands, open: &open, proofs: &proofs, insiders: &insiders };
    report.by_attacker = audit::by_attacker(catalogue, &attack, &proven);
    let (to_insiders, open): (Vec<Open>, Vec<Open>) =
        open.into_iter().partition(|open| !open.insiders.is_empty());
    let lost_to_insiders = attack::lost(&known, &insiders, &to_insiders);
    let (exposed, mut unproven) = sort(&known, &open);
    let is_unproven = |open: &&Open| !lost_to_insiders.iter().any(|lost| lost.open.covers(open));
    unproven.extend(to_insiders.iter().filter(is_unproven).map(|open| open.demand));
    let to_insiders: Vec<Demand> = lost_to_insiders.iter().map(|lost| lost.open.demand).collect();
    let tables: Vec<Table> = cubes.iter().map(all_hidden).collect();
    let frozen =
        tables.iter().zip(cubes).zip(&attack.needs).map(|((table, cube), needs)| FrozenTable {
            table: table.clone(),
            truth: cube.cells.iter().map(|cell| cell.values.clone()).collect(),
            needs: needs.clone(),
        });
    let frozen = FrozenRelease {
        tables: frozen.collect(),
        counter_examples: protect::hints(&attack, &proofs, transcript),
        contributions: Some(difference::contributions(catalogue, cubes, &tables, &attack)),
        differences: attack.differences.clone(),
        exposures: exposed.iter().filter_map(|demand| attack.exposure(demand)).collect(),
    };
    let name = |cell: &usize| attack.system.name(catalogue, *cell);
    let cells = |demands: &[Demand]| -> BTreeSet<usize> {
        demands.iter().map(|demand| attack.system.cell_of[demand.variable]).collect()
    };
    Ok(Withheld {
        report: AuditReport { exposed: audit::names(catalogue, &attack, &to_insiders), ..report },
        exposed: cells(&exposed).iter().map(name).collect(),
        unproven: cells(&unproven).iter().map(name).collect(),
        tables,
        frozen,
    })
}

/// Demands that no counter-example was found for: those that are lost, and the others.
fn sort(known: &Known<'_>, open: &[Open]) -> (Vec<Demand>, Vec<Demand>) {
    let variables: Vec<usize> = open.iter().map(|open| open.demand.variable).collect();
    let reaches = linked::reach(known, &variables);
    let (mut exposed, mut unproven) = (Vec::new(), Vec::new());
    for (Open { demand, .. }, reach) in open.iter().zip(reaches) {
        // What can be no other value cannot be a distant one either.
        let exact = Demand { what: Possible::Other, ..*demand };
        match [exact, *demand].into_iter().find(|demand| demand.is_lost(reach)) {
            Some(lost) => exposed.push(lost),
            None => unproven.push(*demand),
        }
    }
    (exposed, unproven)
}

fn all_hidden(cube: &Cube) -> Table {
    Table {
        population: cube.population.clone(),
        period: cube.period,
        dimensions: cube.dimensions.clone(),
        measures: cube.measures.clone(),
        cells: vec![Cell(None); cube.cells.len()],
    }
}

#[cfg(test)]
#[path = "withhold_tests.rs"]
mod withhold_tests;
