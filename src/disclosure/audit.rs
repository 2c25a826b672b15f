//! The audit: trusts nothing of the protector. It builds the attackers' system from the tables as
//! they would be published, and asks for every sensitive measure, of this release and of all
//! earlier ones, for exact counter-examples. Candidates may come from anywhere; each is checked by
//! [`crate::disclosure::counter_example`] alone.
//!
//! Attackers, as in the SDC Handbook and beyond: A0, an outsider; A1, who knows that zeros are
//! published, so that a hidden count is at least 1; A2, who knows which cells are sensitive (but
//! not in groups that are hidden as a whole, where a cell that is not may be zero); A3, each single
//! contributor and each coalition that is smaller by two than the least number; A4, who knows that
//! counts are whole numbers; A5, who knows the bounds that the catalogue states; A6, who kept all
//! earlier releases, with the relations over time where they are true; A8, who puts counts and
//! values together. One counter-example must be possible for A0, A1, A2, A4, A5, A6 and A8 at once,
//! which is more than to ask each of them. A7, a member inside a federation total, knows nothing
//! besides: totals are sums of published cells.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::{
    codes::catalogue::{Catalogue, MeasureKind},
    disclosure::{
        attack::{Asked, Attack},
        attackers::{self, AttackerReport, Proven},
        counter_example::{self, Demand, Deviation, Insiders, Known, Open, Possible},
        error::{AuditFault, DisclosureError},
        linked,
        rules::Rules,
        suppress::problem::Insider,
        system::Relation,
        transcript::Transcript,
    },
    indicators::cube::Cube,
    publication::release::Table,
};

/// Version of what disclosure control demands: the rules' meaning, the attackers, what they know.
/// To be raised with every change after which a release might have to hide more than before: drafts
/// that were audited before it are outdated then.
pub const VERSION: u16 = 3;

/// The attackers by their names.
const ATTACKERS: [&str; 8] = ["A0", "A1", "A2", "A3", "A4", "A5", "A6", "A8"];

/// What the audit ran, for the steward's review. Confidential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuditReport {
    /// Attackers the release was audited against.
    #[n(0)]
    pub attackers: Vec<String>,
    /// Population cells in the release.
    #[n(1)]
    pub cells: u64,
    /// Hidden among them.
    #[n(2)]
    pub hidden: u64,
    /// Sensitive among them.
    #[n(3)]
    pub sensitive: u64,
    /// Demands proven: one per sensitive count, up to two per sensitive value, those of earlier
    /// releases included.
    #[n(4)]
    pub proven: u64,
    /// Demands that ask for less than the rule, because zeros and earlier releases alone bound the
    /// value from below, whatever is hidden.
    #[n(5)]
    pub lowered: u64,
    /// Counter-examples that prove them.
    #[n(6)]
    pub counter_examples: u64,
    /// Relations of the attackers' system.
    #[n(7)]
    pub relations: u64,
    /// Relations over time that the true values do not follow (late records, corrections,
    /// withdrawn consents).
    #[n(8)]
    pub relations_broken: u64,
    /// Cells of earlier releases that these alone leave open: incidents.
    #[cbor(n(9), default)]
    pub exposed: Vec<String>,
    /// Coalitions of contributors that each cell was tried against that they do not know.
    #[cbor(n(10), default)]
    pub insiders: u64,
    /// Counts that somebody who knows which cells are sensitive, and the rules, can tell, because
    /// zeros are published.
    #[cbor(n(11), default)]
    pub told_by_status: u64,
    /// What was tried against each attacker.
    #[cbor(n(12), default)]
    pub by_attacker: Vec<AttackerReport>,
}

/// Audits `tables`, made from `cubes`, together with the transcript. `candidates` are
/// counter-examples to try before searching.
pub fn audit(
    catalogue: &Catalogue,
    rules: &Rules,
    cubes: &[Cube],
    tables: &[Table],
    transcript: &Transcript,
    candidates: &[Deviation],
) -> Result<AuditReport, DisclosureError> {
    if let Some(table) = (0..tables.len().max(cubes.len()))
        .find(|table| tables.get(*table).is_none() || cubes.get(*table).is_none())
    {
        return Err(DisclosureError::Unpaired { table });
    }
    let attack = Attack::new(catalogue, rules, cubes, transcript)?;
    let hidden = marks(catalogue, &attack, cubes, tables)?;
    let relations = attack.relations(catalogue)?;
    let hidden_variables = attack.hidden_variables(&hidden);
    let dark = attack.dark_groups(|cell| hidden[cell]);
    let bounds = attack.bounds(&dark);
    let touching = counter_example::touching(&relations, hidden_variables.len());
    let known = Known {
        touching: &touching,
        relations: &relations,
        truth: &attack.truth,
        bounds: &bounds,
        hidden: &hidden_variables,
    };
    let asked = attack.asked(&relations, candidates);
    let insiders = asked.insiders(&attack, &dark);
    let (proofs, open) = prove(&known, &insiders, &asked.demands, candidates);
    let demands: Vec<Demand> = open.iter().map(|open| open.demand).collect();
    let before = attack.open_before(&relations, &asked, &demands);
    let new = open.iter().filter(|open| !before.iter().any(|one| one.open.covers(open)));
    // What was left to hide before this release must be left after it.
    let left: Vec<Demand> = before.iter().filter_map(|one| one.left).collect();
    let (_, taken) = prove(&known, &[], &left, &proofs);
    // What is open to everybody comes first.
    match new.chain(&taken).min_by_key(|open| !open.insiders.is_empty()) {
        Some(open) => Err(fault(catalogue, &attack, open)),
        None => {
            let mut report = report(&attack, &hidden, &asked, &proofs, open.len(), &relations);
            report.exposed = names(catalogue, &attack, &demands);
            let (demands, open, proofs) = (&asked.demands, &open, &proofs);
            let proven = Proven { demands, open, proofs, insiders: &insiders };
            report.by_attacker = by_attacker(catalogue, &attack, &proven);
            Ok(report)
        }
    }
}

/// The cells that demands are about, each once.
pub(super) fn names(catalogue: &Catalogue, attack: &Attack, demands: &[Demand]) -> Vec<String> {
    let cells: BTreeSet<usize> =
        demands.iter().map(|demand| attack.system.cell_of[demand.variable]).collect();
    cells.iter().map(|cell| attack.system.name(catalogue, *cell).to_string()).collect()
}

/// Looks for a counter-example to every demand, among the candidates first. Returns those that show
/// something, and the demands that are open.
pub(super) fn prove(
    known: &Known<'_>,
    insiders: &[Insider],
    demands: &[Demand],
    candidates: &[Deviation],
) -> (Vec<Deviation>, Vec<Open>) {
    let mut proofs = linked::search(known, insiders, demands, candidates);
    proofs.retain(|proof| known.allows(proof));
    let open = counter_example::open(demands, &proofs, &Insiders::new(insiders));
    (proofs, open)
}

/// What was run. `demands` are those in reach, of which `open` were not proven.
pub(super) fn report(
    attack: &Attack,
    hidden: &[bool],
    asked: &Asked,
    proofs: &[Deviation],
    open: usize,
    relations: &[&Relation],
) -> AuditReport {
    let in_reach: BTreeSet<&Demand> = asked.demands.iter().collect();
    let new = |cell: &usize| attack.earlier[*cell].is_none();
    let cells: Vec<usize> = (0..hidden.len()).filter(new).collect();
    AuditReport {
        attackers: ATTACKERS.map(String::from).to_vec(),
        cells: cells.len() as u64,
        hidden: cells.iter().filter(|cell| hidden[**cell]).count() as u64,
        sensitive: attack.sensitive.iter().filter(|cell| new(cell)).count() as u64,
        proven: (asked.demands.len() - open) as u64,
        lowered: attack.demands.iter().filter(|demand| !in_reach.contains(demand)).count() as u64,
        counter_examples: proofs.len() as u64,
        relations: relations.len() as u64,
        relations_broken: (attack.system.relations.len() - relations.len()) as u64,
        exposed: Vec::new(),
        insiders: attack.insiders.len() as u64 - 1,
        told_by_status: asked.told_by_status.len() as u64,
        by_attacker: Vec::new(),
    }
}

/// What was tried against each attacker.
pub(super) fn by_attacker(
    catalogue: &Catalogue,
    attack: &Attack,
    proven: &Proven<'_>,
) -> Vec<AttackerReport> {
    // A difference is a cell of its own, of no measure that the catalogue has.
    let differences: BTreeSet<usize> =
        attack.difference_variables().map(|(variable, _)| variable).collect();
    let is_interval = |demand: &&Demand| !matches!(demand.what, Possible::Other);
    let intervals: BTreeSet<usize> =
        proven.demands.iter().filter(is_interval).map(|demand| demand.variable).collect();
    let is_value = |variable: usize| match differences.contains(&variable) {
        true => intervals.contains(&variable),
        false => attack.system.kind(catalogue, variable) == MeasureKind::Value,
    };
    attackers::reports(proven, &attack.truth, is_value)
}

fn fault(catalogue: &Catalogue, attack: &Attack, open: &Open) -> DisclosureError {
    let demand = open.demand;
    let fault = match demand.what {
        _ if !open.insiders.is_empty() => AuditFault::OpenToContributor,
        Possible::Other | Possible::Apart(_) => AuditFault::CountPinned,
        Possible::Above(_) | Possible::Below(_) => AuditFault::ValueBounded,
    };
    let cell = attack.system.name(catalogue, attack.system.cell_of[demand.variable]);
    DisclosureError::AuditFailed { cell, fault }
}

/// The mark of each cell as published, and the plain rules: sensitive cells hidden, zeros
/// published, one mark per cell in all tables, published values true.
fn marks(
    catalogue: &Catalogue,
    attack: &Attack,
    cubes: &[Cube],
    tables: &[Table],
) -> Result<Vec<bool>, DisclosureError> {
    let mut marks = attack.earlier.clone();
    let places = attack.system.places.last().map_or(&[][..], Vec::as_slice);
    let failed = |cell: usize, fault| {
        Err(DisclosureError::AuditFailed { cell: attack.system.name(catalogue, cell), fault })
    };
    for ((cube, table), places) in cubes.iter().zip(tables).zip(places) {
        let same_shape = cube.population == table.population
            && cube.period == table.period
            && cube.dimensions == table.dimensions
            && cube.measures == table.measures
            && table.cells.len() == places.len();
        if !same_shape {
            return failed(places[0], AuditFault::ValueChanged);
        }
        for (cell, published) in places.iter().zip(&table.cells) {
            let hidden = published.0.is_none();
            if marks[*cell].replace(hidden).is_some_and(|other| other != hidden) {
                return failed(*cell, AuditFault::SeveralMarks);
            }
            match &published.0 {
                Some(_) if attack.sensitive.contains(cell) => {
                    return failed(*cell, AuditFault::SensitivePublished);
                }
                Some(values) if attack.truth[attack.variables(*cell)] != **values => {
                    return failed(*cell, AuditFault::ValueChanged);
                }
                _ => {}
            }
        }
    }
    // Every cell stands in an earlier release or in one of these tables.
    let marks: Vec<bool> = marks.into_iter().map(|mark| mark.unwrap_or(false)).collect();
    let dark = attack.dark_groups(|cell| marks[cell]);
    let zero_hidden = (0..marks.len()).find(|cell| {
        marks[*cell] && attack.is_zero(*cell) && !dark[attack.system.cells[*cell].group]
    });
    match zero_hidden {
        Some(cell) => failed(cell, AuditFault::ZeroHidden),
        None => Ok(marks),
    }
}
