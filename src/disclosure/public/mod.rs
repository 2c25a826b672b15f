//! What anyone can compute from published tables: intervals of hidden cells, and ([`check`])
//! whether these are hidden at all.
//!
//! Names only published types. A bound is proven by exact arithmetic and rounded outward, so the
//! true value always lies inside. Only relations are used that hold for certain: those within one
//! release. That the quarters of a year add up is left to attackers: a corrected record or a
//! withdrawn consent breaks it, and a reader's interval must not.

pub mod check;
mod search;

use crate::{
    codes::catalogue::{Catalogue, MeasureKind},
    disclosure::{
        error::DisclosureError,
        public::search::{Search, Task, Unsolved},
        rows::{self, Component, Interval},
        system::{Certainty, Relation, Shape, System, SystemCell},
    },
    publication::release::{Release, Table},
};

/// Work spent on solving, as entries looked at: a member that sends monstrous tables gets the
/// bounds that propagation proves. A real year takes less than a hundredth of it.
const SOLVING_WORK_MAX: u64 = 300_000_000;

/// What can be deduced about one measure of one hidden cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HiddenInterval {
    /// Index of the release in the input.
    pub release: usize,
    /// Index of the table in the release.
    pub table: usize,
    /// Index of the cell in the table.
    pub cell: usize,
    /// Index of the measure in the cell.
    pub measure: usize,
    /// Least possible value.
    pub lower: i64,
    /// Largest possible value; `None` where nothing published bounds it.
    pub upper: Option<i64>,
}

/// Intervals of every measure of every hidden cell of `releases`: all of **one** member, in any
/// order, the newest version of each period. Sorted by release, table, cell, measure.
///
/// Zeros are published, so a hidden count is at least 1, unless its whole group is hidden
/// ([`crate::disclosure::system`]).
pub fn intervals(
    catalogue: &Catalogue,
    releases: &[Release],
) -> Result<Vec<HiddenInterval>, DisclosureError> {
    let newer = releases.iter().find(|one| one.catalogue_version != catalogue.version);
    if let Some(Release { catalogue_version: found, .. }) = newer {
        return Err(DisclosureError::CatalogueVersion { found: *found, known: catalogue.version });
    }
    let shapes: Vec<Vec<_>> =
        releases.iter().map(|release| release.tables.iter().map(Shape::of).collect()).collect();
    let system = System::of(catalogue, &shapes)?;
    let tables: Vec<Vec<&Table>> =
        releases.iter().map(|release| release.tables.iter().collect()).collect();
    let published = published(catalogue, &system, &tables)?;
    let deduced = deduce(catalogue, &system, &published)?;
    let mut found = Vec::new();
    for (release, tables) in system.places.iter().enumerate() {
        for (table, places) in tables.iter().enumerate() {
            for (place, cell) in places.iter().enumerate() {
                if releases[release].tables[table].cells[place].0.is_some() {
                    continue;
                }
                let cell = &system.cells[*cell];
                for measure in 0..cell.measures {
                    let Interval { lower, upper } = deduced[cell.first_variable + measure];
                    found.push(HiddenInterval {
                        release,
                        table,
                        cell: place,
                        measure,
                        lower: i64::try_from(lower).unwrap_or(i64::MAX),
                        // Beyond 64 bits nothing is bounded.
                        upper: upper.and_then(|upper| i64::try_from(upper).ok()),
                    });
                }
            }
        }
    }
    Ok(found)
}

/// The value of each variable where a table publishes it.
fn published(
    catalogue: &Catalogue,
    system: &System,
    releases: &[Vec<&Table>],
) -> Result<Vec<Option<i128>>, DisclosureError> {
    let mut published = vec![None; system.cell_of.len()];
    for (tables, places) in releases.iter().zip(&system.places) {
        for (index, (table, places)) in tables.iter().zip(places).enumerate() {
            if table.cells.len() != places.len() {
                return Err(shape_error(index, table, "it has more or fewer cells"));
            }
            for (values, cell) in table.cells.iter().zip(places) {
                let Some(values) = &values.0 else { continue };
                let SystemCell { first_variable, measures, .. } = system.cells[*cell];
                if values.len() != measures {
                    return Err(shape_error(index, table, "a cell has more or fewer measures"));
                }
                for (value, known) in values.iter().zip(&mut published[first_variable..]) {
                    if known.replace(i128::from(*value)).is_some_and(|old| old != (*value).into()) {
                        let cell = system.name(catalogue, *cell);
                        return Err(DisclosureError::PublishedContradiction { cell });
                    }
                }
            }
        }
    }
    Ok(published)
}

fn shape_error(table: usize, found: &Table, problem: &'static str) -> DisclosureError {
    DisclosureError::Shape {
        table,
        population: found.population.clone(),
        period: found.period,
        problem,
    }
}

/// The interval of every variable.
fn deduce(
    catalogue: &Catalogue,
    system: &System,
    published: &[Option<i128>],
) -> Result<Vec<Interval>, DisclosureError> {
    let contradiction = |variable: usize| DisclosureError::PublishedContradiction {
        cell: system.name(catalogue, system.cell_of[variable]),
    };
    let broken = |relation: usize| contradiction(system.relations[relation].terms[0].0);
    let rows = rows::fill_in(certain(system), |one| published[one]).map_err(broken)?;
    let mut intervals = a_priori(catalogue, system, published);
    rows::propagate(&rows, &mut intervals).map_err(contradiction)?;
    let open = rows::unsettled(&rows, &intervals).map_err(broken)?;
    let mut work = SOLVING_WORK_MAX;
    for component in rows::components(&open, published.len()) {
        match narrow(&component, &mut intervals, &mut work) {
            Err(Unsolved::Contradiction(_)) => return Err(contradiction(component.variables[0])),
            // What propagation proved stays true.
            Ok(()) | Err(Unsolved::GivenUp) => {}
        }
    }
    Ok(intervals)
}

/// The relations that hold for certain, with their places.
fn certain(system: &System) -> impl Iterator<Item = (usize, &Relation)> {
    let relations = system.relations.iter().enumerate();
    relations.filter(|(_, relation)| relation.certainty == Certainty::Certain)
}

/// What is known of each variable before anything is deduced.
fn a_priori(catalogue: &Catalogue, system: &System, published: &[Option<i128>]) -> Vec<Interval> {
    let dark = system.dark_groups(|cell| published[system.cells[cell].first_variable].is_none());
    let known = |(variable, published): (usize, &Option<i128>)| match published {
        Some(value) => Interval { lower: *value, upper: Some(*value) },
        None => {
            let counts = system.kind(catalogue, variable) != MeasureKind::Value;
            let in_the_dark = dark[system.cells[system.cell_of[variable]].group];
            Interval { lower: i128::from(counts && !in_the_dark), upper: None }
        }
    };
    published.iter().enumerate().map(known).collect()
}

/// Looks for both ends of every variable of a component. Ends that a point already met reaches need
/// no search.
fn narrow(
    component: &Component,
    intervals: &mut [Interval],
    work: &mut u64,
) -> Result<(), Unsolved> {
    let task = Task::new(component, intervals).ok_or(Unsolved::GivenUp)?;
    let mut search = Search::new(&task, work)?;
    for (place, variable) in component.variables.iter().enumerate() {
        let Interval { lower, upper } = &mut intervals[*variable];
        if upper.is_none_or(|upper| search.reached(place).most < Some(upper))
            && let Some(most) = search.end(place, true, work)
        {
            *upper = Some(upper.map_or(most, |upper| upper.min(most)));
        }
        if search.reached(place).least.is_none_or(|least| least > *lower)
            && let Some(least) = search.end(place, false, work)
        {
            *lower = least.max(*lower);
        }
    }
    Ok(())
}
