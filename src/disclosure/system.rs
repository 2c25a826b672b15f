//! The system of equations and inequalities behind published tables: what an attacker, a reader
//! and the audit all start from. Derived from the shapes of the tables and the catalogue alone;
//! a system sent along is never trusted, and no value of a cell is looked at.
//!
//! A cell is named by its population, period and codes other than the total, so that margins
//! shared by several tables of a population are one cell. Every measure of a cell is a variable.
//!
//! Zeros are published, with one exception that everybody can see: where **all** cells over the
//! same dimensions are hidden (a *group*; a country's total is one by itself), zeros may be among
//! them. So a hidden cell is at least 1 unless its whole group is hidden.

mod relations;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::period::Period,
    codes::{
        catalogue::{Catalogue, MeasureKind, MeasureRef, Population},
        list::TOTAL,
    },
    disclosure::error::{CellName, DisclosureError},
    publication::release::{Dimension, Table},
};

/// Most cells of all tables together. Ten years of a national hub have a tenth of it.
const CELLS_MAX: usize = 200_000;

/// The shape of one table: everything but its values.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    /// Identifier of the population.
    pub population: &'a str,
    /// The table's period.
    pub period: Period,
    /// Dimensions, the total first in each.
    pub dimensions: &'a [Dimension],
    /// Measures of each cell.
    pub measures: &'a [String],
}

impl<'a> Shape<'a> {
    /// The shape of a published table.
    pub fn of(table: &'a Table) -> Self {
        Self {
            population: &table.population,
            period: table.period,
            dimensions: &table.dimensions,
            measures: &table.measures,
        }
    }
}

/// Whether a relation holds for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It follows from how one release is counted.
    Certain,
    /// It holds over several releases unless records arrived late, were corrected, or a consent
    /// was withdrawn. An attacker may guess that it does; a reader must not.
    Assumed,
}

/// How the sum of a relation's terms compares with zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The sum is zero.
    Zero,
    /// The sum is at least zero.
    AtLeastZero,
}

/// `Σ coefficient × variable` is zero, or at least zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Variables with their coefficients; no variable twice.
    pub terms: Vec<(usize, i64)>,
    /// Zero or at least zero.
    pub comparison: Comparison,
    /// Whether a reader may rely on it.
    pub certainty: Certainty,
    /// What it says, in words.
    pub words: &'static str,
}

/// One cell of one or several tables.
#[derive(Debug, Clone)]
pub struct SystemCell {
    /// Index of the population in the catalogue.
    pub population: usize,
    /// The period.
    pub period: Period,
    /// Dimensions other than the total, by identifier, with their codes.
    pub key: Vec<(String, String)>,
    /// Index of the release it first stands in.
    pub release: usize,
    /// Whether its first dimension is the first of the table it first stands in.
    pub leading: bool,
    /// Its group: the cells of its population and period over the same dimensions.
    pub group: usize,
    /// Its first variable; one per measure follows.
    pub first_variable: usize,
    /// Number of measures.
    pub measures: usize,
}

/// The relations between the cells of some tables.
#[derive(Debug, Clone, Default)]
pub struct System {
    /// Cells, in the order they are first met.
    pub cells: Vec<SystemCell>,
    /// For each release, table and place in the table: the cell.
    pub places: Vec<Vec<Vec<usize>>>,
    /// The cells of each group.
    pub groups: Vec<Vec<usize>>,
    /// The cell of each variable.
    pub cell_of: Vec<usize>,
    /// What binds the variables.
    pub relations: Vec<Relation>,
}

/// Cells by population, period and key.
pub type CellIndex<'a> = BTreeMap<(usize, Period, &'a [(String, String)]), usize>;

type Key<'a> = (usize, Period, Vec<(&'a str, &'a str)>);

struct Builder<'a> {
    catalogue: &'a Catalogue,
    system: System,
    index: BTreeMap<Key<'a>, usize>,
    groups: BTreeMap<(usize, Period, Vec<&'a str>), usize>,
    seen: BTreeSet<(Vec<(usize, i64)>, bool)>,
}

impl System {
    /// The system of `releases`, each the shapes of its tables.
    pub fn of(catalogue: &Catalogue, releases: &[Vec<Shape<'_>>]) -> Result<Self, DisclosureError> {
        Self::with_sums(catalogue, releases, releases.len(), &[])
    }

    /// The same, with the cells of `sums` ([`System::add_sum`]) behind those of the first `known`
    /// releases.
    pub fn with_sums(
        catalogue: &Catalogue,
        releases: &[Vec<Shape<'_>>],
        known: usize,
        sums: &[Vec<(usize, i64)>],
    ) -> Result<Self, DisclosureError> {
        let extent = |shape: &Shape<'_>| {
            shape
                .dimensions
                .iter()
                .fold(1, |cells: usize, dimension| cells.saturating_mul(dimension.codes.len()))
        };
        let all = releases.iter().flatten().map(extent);
        let cells = all.fold(0, |sum: usize, cells| sum.saturating_add(cells));
        if cells > CELLS_MAX {
            return Err(DisclosureError::TooManyCells { cells, cells_max: CELLS_MAX });
        }
        let mut builder = Builder {
            catalogue,
            system: Self::default(),
            index: BTreeMap::new(),
            groups: BTreeMap::new(),
            seen: BTreeSet::new(),
        };
        for (release, shapes) in releases.iter().enumerate() {
            let mut tables = Vec::with_capacity(shapes.len());
            for (table, shape) in shapes.iter().enumerate() {
                tables.push(builder.table(release, table, shape)?);
            }
            builder.system.places.push(tables);
            if release + 1 == known {
                sums.iter().for_each(|terms| _ = builder.system.add_sum(terms));
            }
        }
        builder.subsets();
        for relation in &catalogue.bounds {
            let least = [(&relation.value, 1), (&relation.count, -relation.least)];
            builder.same_cell(least, "a sum is at least its number times the least");
            let most = [(&relation.count, relation.most), (&relation.value, -1)];
            builder.same_cell(most, "a sum is at most its number times the most");
        }
        builder.slices();
        builder.over_time();
        builder.stocks();
        Ok(builder.system)
    }

    /// The cells by what names them.
    pub fn index(&self) -> CellIndex<'_> {
        let cells = self.cells.iter().enumerate();
        cells
            .map(|(place, cell)| ((cell.population, cell.period, cell.key.as_slice()), place))
            .collect()
    }

    /// The kind of measure that a variable of a table's cell is.
    pub fn kind(&self, catalogue: &Catalogue, variable: usize) -> MeasureKind {
        let cell = &self.cells[self.cell_of[variable]];
        catalogue.populations[cell.population].measures[variable - cell.first_variable].kind
    }

    /// The populations, by their places in the catalogue, that the terms of a sum belong to.
    pub fn populations(&self, terms: &[(usize, i64)]) -> BTreeSet<usize> {
        terms.iter().map(|(variable, _)| self.cells[self.cell_of[*variable]].population).collect()
    }

    /// Adds a cell that no table shows, of one measure: a sum of variables, which are there
    /// already. Its key is like no other's, so that nothing else binds it. Returns the cell.
    pub fn add_sum(&mut self, terms: &[(usize, i64)]) -> Option<usize> {
        let like = terms.iter().map(|(variable, _)| self.cell_of[*variable]).max()?;
        let SystemCell { population, period, release, .. } = self.cells[like];
        let (cell, variable) = (self.cells.len(), self.cell_of.len());
        let mut key = self.cells[like].key.clone();
        key.push(("difference".into(), variable.to_string()));
        self.cells.push(SystemCell {
            population,
            period,
            key,
            release,
            leading: false,
            group: self.groups.len(),
            first_variable: variable,
            measures: 1,
        });
        self.groups.push(vec![cell]);
        self.cell_of.push(cell);
        self.relations.push(Relation {
            terms: terms.iter().copied().chain([(variable, -1)]).collect(),
            comparison: Comparison::Zero,
            certainty: Certainty::Certain,
            words: "a difference is what its cells make it",
        });
        Some(cell)
    }

    /// The groups that are hidden as a whole, so that zeros may be among their cells.
    pub fn dark_groups(&self, hidden: impl Fn(usize) -> bool) -> Vec<bool> {
        let whole = |group: &Vec<usize>| group.iter().all(|cell| hidden(*cell));
        self.groups.iter().map(whole).collect()
    }

    /// The name of a cell, for messages.
    pub fn name(&self, catalogue: &Catalogue, cell: usize) -> CellName {
        let cell = &self.cells[cell];
        CellName {
            population: catalogue.populations[cell.population].id.clone(),
            period: cell.period,
            key: cell.key.clone(),
        }
    }
}

impl<'a> Builder<'a> {
    /// Adds a table: its cells and the equations of its margins. Returns the cell of each place.
    fn table(
        &mut self,
        release: usize,
        table: usize,
        shape: &Shape<'a>,
    ) -> Result<Vec<usize>, DisclosureError> {
        let catalogue = self.catalogue;
        let population =
            catalogue.populations.iter().position(|one| one.id == shape.population).ok_or_else(
                || DisclosureError::UnknownPopulation { population: shape.population.into() },
            )?;
        if let Some(problem) = shape_problem(&catalogue.populations[population], shape) {
            return Err(DisclosureError::Shape {
                table,
                population: shape.population.into(),
                period: shape.period,
                problem,
            });
        }
        let known = self.system.cells.len();
        let extents: Vec<usize> = shape.dimensions.iter().map(|one| one.codes.len()).collect();
        let count = extents.iter().product();
        let mut places = Vec::with_capacity(count);
        for place in 0..count {
            places.push(self.cell(release, population, shape, &coordinates(place, &extents)));
        }
        // A table repeated whole would only repeat its equations.
        if places.iter().any(|cell| *cell >= known) {
            for place in 0..count {
                self.margin(population, shape, &extents, place, &places);
            }
        }
        Ok(places)
    }

    fn cell(
        &mut self,
        release: usize,
        population: usize,
        shape: &Shape<'a>,
        at: &[usize],
    ) -> usize {
        let mut key: Vec<(&str, &str)> = shape
            .dimensions
            .iter()
            .zip(at)
            .filter(|(_, code)| **code > 0)
            .map(|(dimension, code)| (dimension.id.as_str(), dimension.codes[*code].as_str()))
            .collect();
        key.sort_unstable();
        let key = (population, shape.period, key);
        if let Some(cell) = self.index.get(&key) {
            return *cell;
        }
        let cell = self.system.cells.len();
        let owned = |(dimension, code): &(&str, &str)| ((*dimension).into(), (*code).into());
        let over = key.2.iter().map(|(dimension, _)| *dimension).collect();
        let next = self.system.groups.len();
        let group = *self.groups.entry((population, shape.period, over)).or_insert(next);
        if group == next {
            self.system.groups.push(Vec::new());
        }
        self.system.groups[group].push(cell);
        self.system.cells.push(SystemCell {
            population,
            period: shape.period,
            key: key.2.iter().map(owned).collect(),
            release,
            leading: at.first().is_some_and(|code| *code > 0),
            group,
            first_variable: self.system.cell_of.len(),
            measures: shape.measures.len(),
        });
        self.system.cell_of.extend(std::iter::repeat_n(cell, shape.measures.len()));
        self.index.insert(key, cell);
        cell
    }

    /// The equations of one margin: over one dimension only, since the others are implied.
    fn margin(
        &mut self,
        population: usize,
        shape: &Shape<'a>,
        extents: &[usize],
        place: usize,
        places: &[usize],
    ) {
        let at = coordinates(place, extents);
        let totals = || (0..at.len()).filter(|dimension| at[*dimension] == 0);
        let parts = |dimension: usize| -> Vec<usize> {
            let stride: usize = extents[dimension + 1..].iter().product();
            (1..extents[dimension]).map(|code| places[place + code * stride]).collect()
        };
        let catalogue = self.catalogue;
        for (index, measure) in catalogue.populations[population].measures.iter().enumerate() {
            let variable = |cell: usize, system: &System| system.cells[cell].first_variable + index;
            let total = variable(places[place], &self.system);
            let adds_up = |dimension: &usize| {
                catalogue.adds_up(measure.kind, &shape.dimensions[*dimension].id)
            };
            if let Some(dimension) = totals().find(adds_up) {
                let mut terms = vec![(total, 1)];
                terms.extend(
                    parts(dimension).iter().map(|cell| (variable(*cell, &self.system), -1)),
                );
                self.relate(terms, Comparison::Zero, Certainty::Certain, "parts add up to margins");
                continue;
            }
            for dimension in totals() {
                let variables: Vec<_> =
                    parts(dimension).iter().map(|cell| variable(*cell, &self.system)).collect();
                let mut terms = vec![(total, -1)];
                terms.extend(variables.iter().map(|variable| (*variable, 1)));
                let words = "a distinct count is at most the sum of its parts";
                self.relate(terms, Comparison::AtLeastZero, Certainty::Certain, words);
                for part in variables {
                    let words = "a distinct count is at least each of its parts";
                    let terms = vec![(total, 1), (part, -1)];
                    self.relate(terms, Comparison::AtLeastZero, Certainty::Certain, words);
                }
            }
        }
    }

    fn relate(
        &mut self,
        mut terms: Vec<(usize, i64)>,
        comparison: Comparison,
        certainty: Certainty,
        words: &'static str,
    ) {
        terms.sort_unstable();
        // Tables that share margins share their equations, too.
        if !self.seen.insert((terms.clone(), comparison == Comparison::Zero)) {
            return;
        }
        self.system.relations.push(Relation { terms, comparison, certainty, words });
    }

    fn measure(&self, reference: &MeasureRef) -> Option<(usize, usize)> {
        self.catalogue.place_of(reference)
    }

    /// The variable of a measure with the period and codes of another cell.
    fn variable(&self, measure: (usize, usize), period: Period, like: usize) -> Option<usize> {
        let cell = self.find(measure.0, period, &borrowed(&self.system.cells[like].key))?;
        Some(self.system.cells[cell].first_variable + measure.1)
    }

    fn find(&self, population: usize, period: Period, key: &[(&str, &str)]) -> Option<usize> {
        // A map of longer-lived keys read as one of keys that live as long as this one.
        let index: &BTreeMap<Key<'_>, usize> = &self.index;
        index.get(&(population, period, key.to_vec())).copied()
    }

    /// The cells of a population, in order.
    fn cells_of(&self, population: usize) -> Vec<usize> {
        let cells = self.system.cells.iter().enumerate();
        cells.filter(|(_, cell)| cell.population == population).map(|(index, _)| index).collect()
    }

    /// Certain within one release, assumed over several.
    fn certainty(&self, variables: &[usize]) -> Certainty {
        let release = |variable: &usize| self.system.cells[self.system.cell_of[*variable]].release;
        match variables.windows(2).all(|pair| release(&pair[0]) == release(&pair[1])) {
            true => Certainty::Certain,
            false => Certainty::Assumed,
        }
    }
}

fn borrowed(key: &[(String, String)]) -> Vec<(&str, &str)> {
    key.iter().map(|(dimension, code)| (dimension.as_str(), code.as_str())).collect()
}

/// The code index in each dimension of the cell at `place`, the last running fastest.
fn coordinates(place: usize, extents: &[usize]) -> Vec<usize> {
    let mut rest = place;
    let mut at = vec![0; extents.len()];
    for (coordinate, extent) in at.iter_mut().zip(extents).rev() {
        *coordinate = rest % extent;
        rest /= extent;
    }
    at
}

fn shape_problem(population: &Population, shape: &Shape<'_>) -> Option<&'static str> {
    let measures = population.measures.iter().map(|measure| &measure.id);
    if !measures.eq(shape.measures) {
        return Some("its measures are not those of its population");
    }
    for (index, dimension) in shape.dimensions.iter().enumerate() {
        if dimension.codes.first().map(String::as_str) != Some(TOTAL) {
            return Some("a dimension does not begin with the total");
        }
        if shape.dimensions[..index].iter().any(|other| other.id == dimension.id) {
            return Some("a dimension is repeated");
        }
    }
    None
}
