//! What anyone can compute from published tables: intervals of hidden cells.
//!
//! Names only published types. A bound is proven by exact arithmetic and rounded outward, so the
//! true value always lies inside. Only relations are used that hold for certain: those within one
//! release. That the quarters of a year add up is left to attackers: a corrected record or a
//! withdrawn consent breaks it, and a reader's interval must not.

use crate::{
    codes::catalogue::{Catalogue, MeasureKind},
    disclosure::{
        component::{self, Component, Interval},
        error::DisclosureError,
        exact::SimplexError,
        simplex::{Column, Outcome, Row, Simplex},
        system::{Certainty, Shape, System, SystemCell},
    },
    publication::release::{Release, Table},
};

/// Work spent on solving, as rows × columns × variables over all components: a member that sends
/// monstrous tables gets the bounds that propagation proves. A real year takes a tenth of it.
const SOLVING_WORK_MAX: usize = 3_000_000_000;
/// Most entries of one tableau that is solved for a reader: 32 MB, on small machines. Those of a
/// real year have less than a tenth of it.
const SOLVING_ENTRIES_MAX: usize = 4 << 20;

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
    let published = published(catalogue, &system, releases)?;
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
    releases: &[Release],
) -> Result<Vec<Option<i128>>, DisclosureError> {
    let mut published = vec![None; system.cell_of.len()];
    for (release, tables) in releases.iter().zip(&system.places) {
        for (index, (table, places)) in release.tables.iter().zip(tables).enumerate() {
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
    let certain =
        || system.relations.iter().filter(|relation| relation.certainty == Certainty::Certain);
    let rows = component::fill_in(certain(), |variable| published[variable]).map_err(|index| {
        contradiction(certain().nth(index).map_or(0, |relation| relation.terms[0].0))
    })?;
    let dark = system.dark_groups(|cell| published[system.cells[cell].first_variable].is_none());
    let mut intervals: Vec<Interval> = (0..published.len())
        .map(|variable| a_priori(catalogue, system, &dark, variable, published[variable]))
        .collect();
    component::propagate(&rows, &mut intervals).map_err(contradiction)?;
    let open = fix(&rows, &intervals).map_err(contradiction)?;
    let mut work_left = SOLVING_WORK_MAX;
    for component in component::components(&open, published.len()) {
        let Component { variables, rows } = &component;
        let columns = variables.len() + rows.len();
        let work = rows.len().saturating_mul(columns).saturating_mul(variables.len());
        let Some(left) = work_left.checked_sub(work) else { continue };
        if rows.len().saturating_mul(columns) > SOLVING_ENTRIES_MAX {
            continue;
        }
        work_left = left;
        match narrow(&component, &mut intervals) {
            Err(SimplexError::Infeasible) => return Err(contradiction(component.variables[0])),
            // What propagation proved stays true.
            Ok(())
            | Err(SimplexError::TooLarge | SimplexError::Overflow | SimplexError::Stalled) => {}
        }
    }
    Ok(intervals)
}

fn a_priori(
    catalogue: &Catalogue,
    system: &System,
    dark: &[bool],
    variable: usize,
    published: Option<i128>,
) -> Interval {
    if let Some(value) = published {
        return Interval { lower: value, upper: Some(value) };
    }
    let cell = &system.cells[system.cell_of[variable]];
    let measure = &catalogue.populations[cell.population].measures[variable - cell.first_variable];
    let lower = i128::from(measure.kind != MeasureKind::Value && !dark[cell.group]);
    Interval { lower, upper: None }
}

/// The rows over what is not yet settled. The error is a variable of a row that is broken.
fn fix(rows: &[Row], intervals: &[Interval]) -> Result<Vec<Row>, usize> {
    let mut open = Vec::new();
    for row in rows {
        let mut left = Row { terms: Vec::new(), ..*row };
        for (variable, coefficient) in &row.terms {
            let Interval { lower, upper } = intervals[*variable];
            match upper == Some(lower) {
                true => left.constant -= lower * i128::from(*coefficient),
                false => left.terms.push((*variable, *coefficient)),
            }
        }
        if left.terms.is_empty() {
            let holds = if left.at_least { left.constant <= 0 } else { left.constant == 0 };
            if !holds {
                return Err(row.terms[0].0);
            }
            continue;
        }
        open.push(left);
    }
    Ok(open)
}

/// Solves for both ends of every variable of a component, continuing from the last basis. Ends
/// that a point already met reaches need no solve.
fn narrow(component: &Component, intervals: &mut [Interval]) -> Result<(), SimplexError> {
    let bounds = |variable: &usize| intervals[*variable];
    let columns = component
        .variables
        .iter()
        .map(bounds)
        .map(|Interval { lower, upper }| Column { lower, upper, start: lower })
        .collect();
    let mut simplex = Simplex::new(columns, &component.rows)?;
    let mut reached = Reached::new(component.variables.len());
    reached.note(&simplex)?;
    for (place, variable) in component.variables.iter().enumerate() {
        let Interval { lower, upper } = intervals[*variable];
        if upper.is_none_or(|upper| reached.most[place] < Some(upper))
            && simplex.solve(&[(place, 1)])? == Outcome::Optimal
        {
            reached.note(&simplex)?;
            let most = component::floor_div(simplex.numerator(place)?, simplex.denominator());
            intervals[*variable].upper = Some(upper.map_or(most, |upper| upper.min(most)));
        }
        if reached.least[place].is_none_or(|least| least > lower) {
            simplex.solve(&[(place, -1)])?;
            reached.note(&simplex)?;
            let least = component::ceil_div(simplex.numerator(place)?, simplex.denominator());
            intervals[*variable].lower = lower.max(least);
        }
    }
    Ok(())
}

/// The least and largest integers known to be reached by feasible points.
struct Reached {
    least: Vec<Option<i128>>,
    most: Vec<Option<i128>>,
}

impl Reached {
    fn new(columns: usize) -> Self {
        Self { least: vec![None; columns], most: vec![None; columns] }
    }

    fn note(&mut self, simplex: &Simplex) -> Result<(), SimplexError> {
        let denominator = simplex.denominator();
        for place in 0..self.least.len() {
            let value = simplex.numerator(place)?;
            // Rounded inward: only what the point itself covers counts as reached.
            let least = component::ceil_div(value, denominator);
            let most = component::floor_div(value, denominator);
            self.least[place] = Some(self.least[place].map_or(least, |known| known.min(least)));
            self.most[place] = Some(self.most[place].map_or(most, |known| known.max(most)));
        }
        Ok(())
    }
}
