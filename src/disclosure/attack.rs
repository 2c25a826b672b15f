//! What is attacked: the published system of a release and all earlier ones, beside the true
//! values. Confidential. [`crate::disclosure::protect`] and [`crate::disclosure::audit`] each
//! build their own.

mod asked;
mod exposure;
mod sums;

pub use asked::Asked;
pub use exposure::{Lost, lost};
use sums::Sum;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::id::EnterpriseId,
    codes::catalogue::{Catalogue, MeasureKind},
    disclosure::{
        counter_example::{self, Bounds, Demand},
        difference,
        error::DisclosureError,
        group, insiders,
        rules::{self, Rules},
        suppress::problem::Insider,
        system::{Certainty, Relation, Shape, System},
        transcript::{FrozenDifference, FrozenNeed, Protection, Transcript},
    },
    indicators::cube::{Cube, CubeCell, Owner},
};

/// The system with the truth, and what each sensitive variable needs.
pub struct Attack {
    /// Cells and relations, the transcript's releases first, the new one last.
    pub system: System,
    /// The true value of each variable.
    pub truth: Vec<i64>,
    /// What attackers know a hidden variable to be at least where zeros are published (A1).
    bounds: Bounds,
    /// What is known to somebody who knows which cells are sensitive (A2), and to contributors
    /// (A3).
    pub insiders: Vec<Insider>,
    /// For each cell of earlier releases whether it was hidden; `None` for new cells.
    pub earlier: Vec<Option<bool>>,
    /// Cells from here on are only expected ([`crate::disclosure::rehearsal`]).
    pub known_cells: usize,
    /// Sensitive new cells.
    pub sensitive: BTreeSet<usize>,
    /// What must stay possible, in the order of variables.
    pub demands: Vec<Demand>,
    /// For each cube the protection its sensitive measures need.
    pub needs: Vec<Vec<FrozenNeed>>,
    /// Sensitive differences that the new release makes.
    pub differences: Vec<FrozenDifference>,
    /// The cells of all sensitive differences, those of earlier releases first; they stand behind
    /// the cells of tables. Always hidden.
    sums: Vec<Sum>,
    /// For each variable of a table the places in `sums` of those that it is a term of.
    sums_of: BTreeMap<usize, Vec<usize>>,
}

/// Cells that are not known yet, behind those of an attack.
pub struct Expected {
    /// The known cells and the expected ones.
    pub system: System,
    /// The true values, guessed for expected cells.
    pub truth: Vec<i64>,
    /// Known cells with expected ones that are sensitive if they are.
    pub likenesses: Vec<(usize, usize)>,
    /// Expected cells that are taken for published.
    pub settled: Vec<usize>,
}

impl Attack {
    /// Builds the system of the transcript and the cubes, and checks that they add up.
    pub fn new(
        catalogue: &Catalogue,
        rules: &Rules,
        cubes: &[Cube],
        transcript: &Transcript,
    ) -> Result<Self, DisclosureError> {
        let system = System::of(catalogue, &shapes(cubes, transcript))?;
        let bounds = bounds(catalogue, &system);
        let mut attack = Self {
            truth: vec![0; system.cell_of.len()],
            earlier: vec![None; system.cells.len()],
            known_cells: system.cells.len(),
            system,
            bounds,
            insiders: Vec::new(),
            sensitive: BTreeSet::new(),
            demands: Vec::new(),
            needs: Vec::new(),
            differences: Vec::new(),
            sums: Vec::new(),
            sums_of: BTreeMap::new(),
        };
        attack.remember(catalogue, transcript)?;
        attack.read(catalogue, rules, cubes)?;
        let parts = difference::all_parts(cubes, transcript, &attack.system)?;
        let holdings = difference::holdings(cubes, transcript)?;
        let mut differences = difference::sensitive(catalogue, rules, &parts, &holdings, &attack)?;
        differences.extend(group::sensitive(catalogue, rules, &parts, &holdings, &attack));
        for one in difference::remembered(transcript).chain(&differences) {
            attack.add_difference(one)?;
        }
        attack.differences = differences;
        attack.give_up(transcript)?;
        let status = attack.status(catalogue, rules, transcript);
        attack.insiders = vec![status];
        attack.insiders.extend(insiders::insiders(catalogue, rules, &attack, &parts, &holdings));
        attack.demands.extend(attack.apart());
        attack.demands.sort_unstable();
        attack.demands.dedup();
        Ok(attack)
    }

    /// The same attack with expected cells behind the known ones.
    pub fn enlarged(&self, catalogue: &Catalogue, expected: Expected) -> Self {
        let Expected { system, truth, likenesses, settled } = expected;
        let mut earlier = self.earlier.clone();
        earlier.resize(system.cells.len(), None);
        settled.iter().for_each(|cell| earlier[*cell] = Some(false));
        let alike = likenesses.iter().filter(|(like, _)| self.sensitive.contains(like));
        let mut bounds = bounds(catalogue, &system);
        let known = self.truth.len();
        bounds.least[..known].copy_from_slice(&self.bounds.least);
        bounds.most[..known].copy_from_slice(&self.bounds.most);
        Self {
            truth,
            bounds,
            insiders: self.insiders.clone(),
            earlier,
            known_cells: self.known_cells,
            sensitive: self.sensitive.iter().copied().chain(alike.map(|(_, cell)| *cell)).collect(),
            demands: self.demands.clone(),
            needs: self.needs.clone(),
            differences: self.differences.clone(),
            sums: self.sums.clone(),
            sums_of: self.sums_of.clone(),
            system,
        }
    }

    /// Takes over truth, marks and needs of earlier releases.
    fn remember(
        &mut self,
        catalogue: &Catalogue,
        transcript: &Transcript,
    ) -> Result<(), DisclosureError> {
        for (index, release) in transcript.releases().iter().enumerate() {
            for (table, frozen) in release.tables.iter().enumerate() {
                let places = self.system.places[index][table].clone();
                let whole =
                    frozen.truth.len() == places.len() && frozen.table.cells.len() == places.len();
                if !whole {
                    let problem = "a frozen table has more or fewer cells than its shape";
                    return Err(DisclosureError::Transcript(problem.into()));
                }
                for ((cell, values), mark) in
                    places.iter().zip(&frozen.truth).zip(&frozen.table.cells)
                {
                    self.set_truth(catalogue, *cell, values)?;
                    let hidden = self.earlier[*cell].unwrap_or(mark.0.is_none());
                    self.earlier[*cell] = Some(hidden);
                }
                for need in &frozen.needs {
                    self.demand(places.get(need.cell as usize).copied(), need)?;
                }
            }
        }
        Ok(())
    }

    fn demand(&mut self, cell: Option<usize>, need: &FrozenNeed) -> Result<(), DisclosureError> {
        let cell = cell.map(|cell| &self.system.cells[cell]);
        let Some(cell) = cell.filter(|cell| (need.measure as usize) < cell.measures) else {
            return Err(DisclosureError::Transcript("a need names no cell".into()));
        };
        let variable = cell.first_variable + need.measure as usize;
        self.demands.extend(Demand::of(variable, need.protection));
        Ok(())
    }

    /// Sets the true values of a cell; a cell met before must have the same.
    fn set_truth(
        &mut self,
        catalogue: &Catalogue,
        cell: usize,
        values: &[i64],
    ) -> Result<(), DisclosureError> {
        let known = &self.system.cells[cell];
        let own = known.first_variable..known.first_variable + known.measures;
        let before = self.earlier[cell].is_some();
        if values.len() != own.len() || (before && self.truth[own.clone()] != *values) {
            return Err(DisclosureError::Recurs { cell: self.system.name(catalogue, cell) });
        }
        self.truth[own].copy_from_slice(values);
        Ok(())
    }

    /// Reads the cubes of the new release.
    fn read(
        &mut self,
        catalogue: &Catalogue,
        rules: &Rules,
        cubes: &[Cube],
    ) -> Result<(), DisclosureError> {
        let places = self.system.places.last().cloned().unwrap_or_default();
        let mut met: BTreeSet<usize> = BTreeSet::new();
        let mut owners: BTreeMap<EnterpriseId, Owner<'_>> = BTreeMap::new();
        for (cube, places) in cubes.iter().zip(places) {
            if cube.cells.len() != places.len() {
                return Err(self.contradiction(catalogue, places[0], "a cell is missing"));
            }
            let mut needs = Vec::new();
            for (place, (cell, values)) in places.iter().zip(&cube.cells).enumerate() {
                if !have_one_group_each(&mut owners, values) {
                    let relation = "an enterprise stands in two holding groups";
                    return Err(self.contradiction(catalogue, *cell, relation));
                }
                if !met.insert(*cell) {
                    self.same_again(catalogue, *cell, values)?;
                } else {
                    self.check_cell(catalogue, *cell, values)?;
                    self.set_truth(catalogue, *cell, &values.values)?;
                }
                let population = &catalogue.populations[self.system.cells[*cell].population];
                let Some(protections) = rules.assess(catalogue, population, values) else {
                    continue;
                };
                // What was published before stays published; what is new is protected.
                if self.earlier[*cell] == Some(false) {
                    continue;
                }
                self.sensitive.insert(*cell);
                needs.extend(frozen_needs(place, &protections));
                for need in frozen_needs(place, &protections) {
                    self.demand(Some(*cell), &need)?;
                }
            }
            self.needs.push(needs);
        }
        Ok(())
    }

    fn same_again(
        &self,
        catalogue: &Catalogue,
        cell: usize,
        values: &CubeCell,
    ) -> Result<(), DisclosureError> {
        let known = &self.system.cells[cell];
        let own = known.first_variable..known.first_variable + known.measures;
        match self.truth[own] == *values.values {
            true => Ok(()),
            false => Err(self.contradiction(catalogue, cell, "two tables give it other values")),
        }
    }

    /// A cell must be what its contributors add up to.
    fn check_cell(
        &self,
        catalogue: &Catalogue,
        cell: usize,
        values: &CubeCell,
    ) -> Result<(), DisclosureError> {
        let measures = self.system.cells[cell].measures;
        let population = &catalogue.populations[self.system.cells[cell].population];
        let fault = |relation| Err(self.contradiction(catalogue, cell, relation));
        let complete = values.values.len() == measures
            && values.contributors.iter().all(|one| one.values.len() == measures);
        if !complete {
            return fault("a measure is missing");
        }
        let distinct: BTreeSet<_> = values.contributors.iter().map(|one| one.enterprise).collect();
        if distinct.len() != values.contributors.len() {
            return fault("an enterprise contributes twice");
        }
        let zero = values.values.iter().all(|value| *value == 0);
        for (index, measure) in population.measures.iter().enumerate() {
            let parts = values.contributors.iter().map(|one| i128::from(one.values[index]));
            if values.contributors.iter().any(|one| one.values[index] < 0) {
                return fault("a contribution is negative");
            }
            if parts.sum::<i128>() != i128::from(values.values[index]) {
                return fault("contributions do not add up to the cell");
            }
            if !zero && measure.kind != MeasureKind::Value && values.values[index] == 0 {
                return fault("a cell with a value counts nothing");
            }
        }
        Ok(())
    }

    fn contradiction(
        &self,
        catalogue: &Catalogue,
        cell: usize,
        relation: &'static str,
    ) -> DisclosureError {
        DisclosureError::CubeContradiction { cell: self.system.name(catalogue, cell), relation }
    }

    /// The relations that hold for the true values. A certain one that does not is an error; an
    /// assumed one misleads whoever assumes it, and is left out.
    pub fn relations(&self, catalogue: &Catalogue) -> Result<Vec<&Relation>, DisclosureError> {
        let truth = |variable: usize| i128::from(self.truth[variable]);
        let mut holding = Vec::with_capacity(self.system.relations.len());
        for relation in &self.system.relations {
            if counter_example::holds(relation, truth) {
                holding.push(relation);
            } else if relation.certainty == Certainty::Certain {
                let cell = self.system.cell_of[relation.terms[0].0];
                return Err(self.contradiction(catalogue, cell, relation.words));
            }
        }
        Ok(holding)
    }

    /// The groups that hide zeros among the marks `hidden`. Elsewhere attackers may guess that a
    /// hidden cell is not zero, even where its whole group is hidden, and be right.
    pub fn dark_groups(&self, hidden: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut dark = self.system.dark_groups(hidden);
        for (dark, cells) in dark.iter_mut().zip(&self.system.groups) {
            *dark &= cells.iter().any(|cell| self.is_zero(*cell));
        }
        dark
    }

    /// What attackers know each hidden variable to be at least and at most: nothing in `dark`
    /// groups, where zeros are hidden.
    pub fn bounds(&self, dark: &[bool]) -> Bounds {
        let mut bounds = self.bounds.clone();
        for (variable, cell) in self.system.cell_of.iter().enumerate() {
            if dark[self.system.cells[*cell].group] {
                (bounds.least[variable], bounds.most[variable]) = (0, None);
            }
        }
        bounds
    }

    /// What attackers know a hidden variable to be at least, where no group is dark.
    pub fn least(&self, variable: usize) -> i64 {
        self.bounds.least[variable]
    }

    /// Whether the cell is zero in all measures.
    pub fn is_zero(&self, cell: usize) -> bool {
        self.variables(cell).all(|variable| self.truth[variable] == 0)
    }

    /// The variables of a cell.
    pub fn variables(&self, cell: usize) -> std::ops::Range<usize> {
        let cell = &self.system.cells[cell];
        cell.first_variable..cell.first_variable + cell.measures
    }

    /// Marks of cells as marks of variables.
    pub fn hidden_variables(&self, hidden_cells: &[bool]) -> Vec<bool> {
        self.system.cell_of.iter().map(|cell| hidden_cells[*cell]).collect()
    }
}

/// The shapes of all releases, the new one last.
pub fn shapes<'a>(cubes: &'a [Cube], transcript: &'a Transcript) -> Vec<Vec<Shape<'a>>> {
    let releases = transcript.releases().iter();
    let frozen = releases
        .map(|release| release.tables.iter().map(|frozen| Shape::of(&frozen.table)).collect());
    frozen.chain([cubes.iter().map(shape).collect()]).collect()
}

fn shape(cube: &Cube) -> Shape<'_> {
    Shape {
        population: &cube.population,
        period: cube.period,
        dimensions: &cube.dimensions,
        measures: &cube.measures,
    }
}

fn bounds(catalogue: &Catalogue, system: &System) -> Bounds {
    let floor = |(variable, cell): (usize, &usize)| {
        let cell = &system.cells[*cell];
        let population = &catalogue.populations[cell.population];
        let measure = &population.measures[variable - cell.first_variable];
        match measure.kind {
            MeasureKind::Value => rules::value_floor(catalogue, population, &measure.id),
            MeasureKind::Count | MeasureKind::Distinct => 1,
        }
    };
    let least: Vec<i64> = system.cell_of.iter().enumerate().map(floor).collect();
    Bounds { most: vec![None; least.len()], least }
}

/// Whether no contributor stands in another holding group than before.
fn have_one_group_each<'a>(
    owners: &mut BTreeMap<EnterpriseId, Owner<'a>>,
    cell: &'a CubeCell,
) -> bool {
    cell.contributors.iter().all(|one| {
        let owner = one.owner();
        *owners.entry(one.enterprise).or_insert(owner) == owner
    })
}

fn frozen_needs(place: usize, protections: &[Protection]) -> Vec<FrozenNeed> {
    let need = |(measure, protection): (usize, &Protection)| FrozenNeed {
        cell: place as u32,
        measure: measure as u32,
        protection: *protection,
    };
    protections.iter().enumerate().map(need).collect()
}
