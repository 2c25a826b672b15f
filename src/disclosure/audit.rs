//! The audit: trusts nothing of the protector. It builds the attackers' system from the tables as
//! they would be published, and asks for every sensitive measure, of this release and of all
//! earlier ones, for exact counter-examples. Candidates may come from anywhere; each is checked by
//! [`crate::disclosure::counter_example`] alone.
//!
//! Attackers: A0, an outsider; A1, who also knows that zeros are published, so that a hidden count
//! is at least 1; both with the relations over time where they are true, and with the transcript.
//! What A1 must think possible, A0 must, too: one set of counter-examples serves both.

use minicbor::{Decode, Encode};

use crate::{
    codes::catalogue::Catalogue,
    disclosure::{
        attack::Attack,
        counter_example::{self, Demand, Deviation, Known, Possible},
        error::{AuditFault, DisclosureError},
        rules::Rules,
        search::Search,
        transcript::Transcript,
    },
    indicators::cube::Cube,
    publication::release::Table,
};

/// Version of what disclosure control demands: the rules' meaning, the attackers, what they know.
/// To be raised with every change after which a release might have to hide more than before: drafts
/// that were audited before it are outdated then.
pub const VERSION: u16 = 2;

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
    let floors = attack.floors(&attack.dark_groups(|cell| hidden[cell]));
    let touching = counter_example::touching(&relations, hidden_variables.len());
    let known = Known {
        touching: &touching,
        relations: &relations,
        truth: &attack.truth,
        floors: &floors,
        hidden: &hidden_variables,
    };
    let demands = attack.demands_in_reach(&relations);
    let (proofs, open) = prove(&known, &mut Search::new(known), &demands, candidates, 1);
    match open.first() {
        Some(demand) => Err(fault(catalogue, &attack, demand)),
        None => Ok(report(&attack, &hidden, &demands, &proofs, 0, relations.len())),
    }
}

/// Looks for a counter-example to every demand, among the candidates first. Returns those found,
/// and the demands that none was found for; it stops at `open_max` of these.
pub(super) fn prove(
    known: &Known<'_>,
    search: &mut Search<'_>,
    demands: &[Demand],
    candidates: &[Deviation],
    open_max: usize,
) -> (Vec<Deviation>, Vec<Demand>) {
    let (mut proofs, mut open): (Vec<Deviation>, Vec<Demand>) = (Vec::new(), Vec::new());
    let mut untried: Vec<&Deviation> =
        candidates.iter().filter(|candidate| known.allows(candidate)).collect();
    for demand in demands {
        if proofs.iter().any(|proof| demand.met_by(proof)) {
            continue;
        }
        let candidate = untried.iter().position(|candidate| demand.met_by(candidate));
        let found = match candidate {
            Some(place) => Some(untried.remove(place).clone()),
            None => search.find(demand, &[]),
        };
        match found.filter(|proof| known.allows(proof) && demand.met_by(proof)) {
            Some(proof) => proofs.push(proof),
            None => open.push(*demand),
        }
        if open.len() >= open_max {
            break;
        }
    }
    (proofs, open)
}

/// What was run. `demands` are those in reach, of which `open` were not proven.
pub(super) fn report(
    attack: &Attack,
    hidden: &[bool],
    demands: &[Demand],
    proofs: &[Deviation],
    open: usize,
    relations: usize,
) -> AuditReport {
    let new = |cell: &usize| attack.earlier[*cell].is_none();
    let cells: Vec<usize> = (0..hidden.len()).filter(new).collect();
    AuditReport {
        attackers: vec!["A0".into(), "A1".into()],
        cells: cells.len() as u64,
        hidden: cells.iter().filter(|cell| hidden[**cell]).count() as u64,
        sensitive: attack.sensitive.iter().filter(|cell| new(cell)).count() as u64,
        proven: (demands.len() - open) as u64,
        lowered: attack.demands.iter().filter(|demand| !demands.contains(demand)).count() as u64,
        counter_examples: proofs.len() as u64,
        relations: relations as u64,
        relations_broken: (attack.system.relations.len() - relations) as u64,
    }
}

fn fault(catalogue: &Catalogue, attack: &Attack, demand: &Demand) -> DisclosureError {
    let fault = match demand.what {
        Possible::Other => AuditFault::CountPinned,
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
