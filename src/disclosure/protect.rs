//! Protection: hides what the rules and the transcript require, then more cells until every
//! sensitive one is safe, then publishes again what turns out not to be needed. Nobody has to
//! believe it: [`crate::disclosure::audit`] judges the tables it makes.
//!
//! Order and costs depend on public facts only, and every step is deterministic.

use std::collections::BTreeSet;

use crate::{
    codes::catalogue::Catalogue,
    disclosure::{
        attack::{Asked, Attack},
        audit,
        counter_example::{Demand, Deviation, Possible},
        difference,
        error::DisclosureError,
        marking::{Marked, Marking},
        public::check,
        rehearsal,
        rules::Rules,
        safe::{Protected, SafeTable},
        transcript::{FrozenRelease, FrozenTable, Transcript},
    },
    indicators::cube::Cube,
    publication::release::{Cell, Table},
};

/// Times that a pattern is made anew because receivers could tell hidden cells.
const TELLING_ROUNDS_MAX: usize = 6;

/// Hides what the rules and the transcript require, audits the result, and returns what may leave
/// the node. `cubes` are all tables of one release.
pub fn protect(
    catalogue: &Catalogue,
    rules: &Rules,
    cubes: &[Cube],
    transcript: &Transcript,
) -> Result<Protected, DisclosureError> {
    rules.validate()?;
    let attack = Attack::new(catalogue, rules, cubes, transcript)?;
    let (tables, pool) = hide(catalogue, &attack, cubes, transcript)?;
    let report = audit::audit(catalogue, rules, cubes, &tables, transcript, &pool)?;
    let needs = attack.needs.iter();
    let frozen = tables.iter().zip(cubes).zip(needs).map(|((table, cube), needs)| FrozenTable {
        table: table.clone(),
        truth: cube.cells.iter().map(|cell| cell.values.clone()).collect(),
        needs: needs.clone(),
    });
    let frozen = FrozenRelease {
        tables: frozen.collect(),
        counter_examples: hints(&attack, &pool, transcript),
        contributions: Some(difference::contributions(catalogue, cubes, &tables, &attack)),
        differences: attack.differences,
        exposures: Vec::new(),
    };
    Ok(Protected { tables: tables.into_iter().map(SafeTable::audited).collect(), report, frozen })
}

/// Tables that nobody can tell sensitive cells of, nor receivers any hidden one as far as that can
/// be had, with counter-examples.
fn hide(
    catalogue: &Catalogue,
    attack: &Attack,
    cubes: &[Cube],
    transcript: &Transcript,
) -> Result<(Vec<Table>, Vec<Deviation>), DisclosureError> {
    let remembered: Vec<Deviation> =
        remembered(transcript).filter_map(|deviation| attack.with_sums(&deviation)).collect();
    let mut asked = attack.asked(&attack.relations(catalogue)?, &remembered);
    let enlarged = rehearsal::rehearse(catalogue, attack, cubes, transcript)
        .filter(|_| !asked.demands.is_empty());
    let told_before = told(catalogue, transcript, &[]);
    let mut wished = BTreeSet::new();
    let mut rounds = 0..TELLING_ROUNDS_MAX;
    loop {
        let rehearsed = enlarged
            .as_ref()
            .and_then(|enlarged| pattern(catalogue, enlarged, &asked, &wished, &remembered).ok());
        // A guess about the rest of the year must not keep the quarter from being released.
        let (hidden, pool) = match rehearsed {
            Some(found) => found,
            None => pattern(catalogue, attack, &asked, &wished, &remembered)?,
        };
        let tables = tables(attack, cubes, &hidden);
        let told = told(catalogue, transcript, &tables);
        let above = |variable: &usize| Demand { variable: *variable, what: Possible::Above(1) };
        let mut more: Vec<Demand> = told.difference(&told_before).map(above).collect();
        more.retain(|wish| !asked.demands.contains(wish));
        if more.is_empty() || rounds.next().is_none() {
            return Ok((tables, pool));
        }
        wished.extend(&more);
        asked.demands.extend(more);
        asked.demands.sort_unstable();
    }
}

/// The measures of hidden cells that receivers would find to be one number only. None is sensitive,
/// or the audit would fail; but who can tell a hidden cell knows that it is not, and receivers
/// cannot know that this is no fault ([`public::check`]).
fn told(catalogue: &Catalogue, transcript: &Transcript, tables: &[Table]) -> BTreeSet<usize> {
    let frozen = transcript
        .releases()
        .iter()
        .map(|one| one.tables.iter().map(|frozen| &frozen.table).collect::<Vec<&Table>>());
    let releases: Vec<Vec<&Table>> = frozen.chain([tables.iter().collect()]).collect();
    check::told(catalogue, &releases)
}

/// The marks of the known cells, and counter-examples that show them to suffice; those that are
/// `remembered` are tried first. What is only `wished` for is given up where it cannot be had.
fn pattern(
    catalogue: &Catalogue,
    attack: &Attack,
    asked: &Asked,
    wished: &BTreeSet<Demand>,
    remembered: &[Deviation],
) -> Result<(Vec<bool>, Vec<Deviation>), DisclosureError> {
    let relations = attack.relations(catalogue)?;
    let mut marking = Marking::new(attack, &relations, asked);
    let mut pool = remembered.to_vec();
    // Each round gives up a demand or hides a group as a whole: there is an end to both.
    loop {
        match marking.protect(&pool) {
            Marked::Safe { mut hidden, shown } => {
                hidden.truncate(attack.known_cells);
                let shown = shown.iter().filter_map(|one| known_part(attack, one));
                return Ok((hidden, shown.collect()));
            }
            Marked::Open { demand, shown } => {
                let is_wish = wished.contains(&demand) && marking.leave_out(&demand);
                if !is_wish && !marking.give_up(&demand) && !marking.darken(&demand) {
                    let cell = attack.system.cell_of[demand.variable];
                    let cell = attack.system.name(catalogue, cell);
                    return Err(DisclosureError::CannotProtect { cell });
                }
                pool = shown;
            }
        }
    }
}

/// What a deviation says about known cells.
fn known_part(attack: &Attack, deviation: &Deviation) -> Option<Deviation> {
    let changes = deviation.changes().iter();
    let known =
        changes.filter(|(variable, _)| attack.system.cell_of[*variable] < attack.known_cells);
    Deviation::new(known.copied().collect())
}

/// Counter-examples for the transcript, those left out that it has already.
pub(super) fn hints(
    attack: &Attack,
    pool: &[Deviation],
    transcript: &Transcript,
) -> Vec<Vec<(u32, i64)>> {
    let known: BTreeSet<Deviation> = remembered(transcript).collect();
    let number = |(variable, change): &(usize, i64)| (*variable as u32, *change);
    let pool = pool.iter().filter_map(|deviation| attack.without_sums(deviation));
    let new = pool.filter(|deviation| !known.contains(deviation));
    new.map(|deviation| deviation.changes().iter().map(number).collect()).collect()
}

/// The counter-examples of earlier releases.
pub(super) fn remembered(transcript: &Transcript) -> impl Iterator<Item = Deviation> {
    let hints = transcript.releases().iter().flat_map(|release| &release.counter_examples);
    hints.filter_map(|hint| {
        let changes = hint.iter().map(|(variable, change)| (*variable as usize, *change));
        Deviation::new(changes.collect())
    })
}

/// The cubes as tables with the marks of `hidden` cells.
fn tables(attack: &Attack, cubes: &[Cube], hidden: &[bool]) -> Vec<Table> {
    let places = attack.system.places.last().map_or(&[][..], Vec::as_slice);
    let table = |(cube, places): (&Cube, &Vec<usize>)| Table {
        population: cube.population.clone(),
        period: cube.period,
        dimensions: cube.dimensions.clone(),
        measures: cube.measures.clone(),
        cells: cube
            .cells
            .iter()
            .zip(places)
            .map(|(cell, place)| Cell((!hidden[*place]).then(|| cell.values.clone())))
            .collect(),
    };
    cubes.iter().zip(places).map(table).collect()
}
