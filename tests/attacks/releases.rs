//! What an attacker makes of a hub's releases: one number for each measure of each population cell,
//! and all that binds them, over all tables, populations and periods. Derived from the published
//! tables and the catalogue anew, beside the program's own derivation.

use std::collections::{BTreeMap, BTreeSet};

use essaim::{
    base::period::{Frequency, Period},
    codes::{
        catalogue::{Catalogue, Describes, MeasureKind, MeasureRef},
        list::TOTAL,
    },
    indicators::cube::{Cube, CubeCell},
    publication::release::{Dimension, Table},
};

use crate::{knowledge::Knowledge, reals};

/// Dimensions other than the total with their codes.
pub type Codes = BTreeMap<String, String>;

/// A measure of a population cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub population: String,
    pub period: Period,
    pub codes: Codes,
    pub measure: String,
}

/// What is published, with the numbers' names.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    pub knowledge: Knowledge,
    pub number_of: BTreeMap<Name, usize>,
    /// Those that count something.
    counts: BTreeSet<Name>,
}

/// The population, period and dimensions whose cells hide their zeros together.
fn group(name: &Name) -> (String, Period, Vec<String>) {
    (name.population.clone(), name.period, name.codes.keys().cloned().collect())
}

/// What the hub knows of each cell: the figure, and how many contribute to the cell.
pub type Truth = BTreeMap<Name, (i64, usize)>;

/// The codes of each place of a table.
fn places(dimensions: &[Dimension]) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new()];
    for dimension in dimensions {
        let codes = 0..dimension.codes.len();
        let longer = |place: &Vec<usize>| {
            codes.clone().map(|code| [place.as_slice(), &[code]].concat()).collect::<Vec<_>>()
        };
        places = places.iter().flat_map(longer).collect();
    }
    places
}

fn codes(dimensions: &[Dimension], place: &[usize]) -> Codes {
    let named = dimensions.iter().zip(place).map(|(one, code)| (one.id.clone(), &one.codes[*code]));
    named.filter(|(_, code)| *code != TOTAL).map(|(id, code)| (id, code.clone())).collect()
}

/// The figures of a table in order, measure by measure; `None` for hidden ones.
pub fn names(table: &Table) -> Vec<(Name, Option<i64>)> {
    let mut names = Vec::new();
    for (place, cell) in places(&table.dimensions).iter().zip(&table.cells) {
        for measure in 0..table.measures.len() {
            let value = cell.0.as_ref().map(|values| values[measure]);
            names.push((Reading::name(table, place, measure), value));
        }
    }
    names
}

/// The cell that a name is of.
pub fn cell<'a>(releases: &'a [Vec<Cube>], name: &Name) -> &'a CubeCell {
    let own = |cube: &&Cube| cube.population == name.population && cube.period == name.period;
    let find = |cube: &'a Cube| {
        let mut places = places(&cube.dimensions).into_iter();
        let place = places.position(|place| codes(&cube.dimensions, &place) == name.codes)?;
        Some(&cube.cells[place])
    };
    releases.iter().flatten().filter(own).find_map(find).expect("every number has a cell")
}

/// The true figures of all releases.
pub fn truth(releases: &[Vec<Cube>]) -> Truth {
    let mut truth = Truth::new();
    for cube in releases.iter().flatten() {
        for (place, cell) in places(&cube.dimensions).iter().zip(&cube.cells) {
            let adds =
                cell.contributors.iter().filter(|one| one.values.iter().any(|own| *own != 0));
            let contributors = adds.count();
            for (measure, value) in cube.measures.iter().zip(&cell.values) {
                let name = Name {
                    population: cube.population.clone(),
                    period: cube.period,
                    codes: codes(&cube.dimensions, place),
                    measure: measure.clone(),
                };
                truth.insert(name, (*value, contributors));
            }
        }
    }
    truth
}

impl Reading {
    /// Reads all releases: an attacker keeps them.
    pub fn new(catalogue: &Catalogue, releases: &[Vec<Table>]) -> Self {
        let mut reading = Self::default();
        let tables: Vec<&Table> = releases.iter().flatten().collect();
        tables.iter().for_each(|table| reading.values(table));
        reading.zeros(catalogue);
        tables.iter().for_each(|table| reading.margins(catalogue, table));
        reading.populations(catalogue);
        reading.years(catalogue);
        reading.stocks(catalogue);
        reading
    }

    fn name(table: &Table, place: &[usize], measure: usize) -> Name {
        Name {
            population: table.population.clone(),
            period: table.period,
            codes: codes(&table.dimensions, place),
            measure: table.measures[measure].clone(),
        }
    }

    /// Takes each figure wherever it is published.
    fn values(&mut self, table: &Table) {
        for (place, cell) in places(&table.dimensions).iter().zip(&table.cells) {
            for measure in 0..table.measures.len() {
                let name = Self::name(table, place, measure);
                let knowledge = &mut self.knowledge;
                let number = *self.number_of.entry(name).or_insert_with(|| knowledge.add(0, None));
                if let Some(values) = &cell.0 {
                    knowledge.learn(number, values[measure]);
                }
            }
        }
    }

    /// Zeros are published, but where all cells over the same dimensions are hidden.
    fn zeros(&mut self, catalogue: &Catalogue) {
        let mut known = BTreeSet::new();
        for (name, number) in &self.number_of {
            if self.knowledge.is_known(*number) {
                known.insert(group(name));
            }
        }
        for (name, number) in &self.number_of {
            let population = catalogue.population(&name.population).unwrap();
            let measure = population.measures.iter().find(|one| one.id == name.measure).unwrap();
            if measure.kind == MeasureKind::Value {
                continue;
            }
            self.counts.insert(name.clone());
            if known.contains(&group(name)) && !self.knowledge.is_known(*number) {
                self.knowledge.least[*number] = 1;
            }
        }
    }

    fn margins(&mut self, catalogue: &Catalogue, table: &Table) {
        let population = catalogue.population(&table.population).unwrap();
        for place in places(&table.dimensions) {
            for (measure, definition) in population.measures.iter().enumerate() {
                let number = |place: &[usize]| self.number_of[&Self::name(table, place, measure)];
                let totals = (0..place.len()).filter(|dimension| place[*dimension] == 0);
                let parts = |dimension: usize| -> Vec<usize> {
                    let part = |code: usize| {
                        let mut place = place.clone();
                        place[dimension] = code;
                        number(&place)
                    };
                    (1..table.dimensions[dimension].codes.len()).map(part).collect()
                };
                let own = number(&place);
                let all: Vec<(usize, Vec<usize>)> =
                    totals.map(|dimension| (dimension, parts(dimension))).collect();
                for (dimension, parts) in all {
                    let id = &table.dimensions[dimension].id;
                    let of_enterprise = catalogue
                        .dimensions
                        .iter()
                        .any(|one| one.id == *id && one.describes == Describes::Enterprise);
                    let sum = |sign: i64| -> Vec<(usize, i64)> {
                        let parts = parts.iter().map(|part| (*part, sign));
                        [(own, -sign)].into_iter().chain(parts).collect()
                    };
                    if definition.kind != MeasureKind::Distinct || of_enterprise {
                        self.knowledge.equation(sum(1));
                        continue;
                    }
                    self.knowledge.at_least_zero(sum(1));
                    for part in &parts {
                        self.knowledge.at_least_zero(vec![(own, 1), (*part, -1)]);
                    }
                }
            }
        }
    }

    fn find(&self, like: &Name, measure: &MeasureRef, period: Period) -> Option<usize> {
        let name = Name {
            population: measure.population.clone(),
            measure: measure.measure.clone(),
            period,
            codes: like.codes.clone(),
        };
        self.number_of.get(&name).copied()
    }

    fn all_of(&self, measure: &MeasureRef) -> Vec<(Name, usize)> {
        let is_one =
            |name: &Name| name.population == measure.population && name.measure == measure.measure;
        let all = self.number_of.iter().filter(|(name, _)| is_one(name));
        all.map(|(name, number)| (name.clone(), *number)).collect()
    }

    /// Subsets, sums with bounds, and populations that are cells of others.
    fn populations(&mut self, catalogue: &Catalogue) {
        for one in &catalogue.subset_of {
            for (name, subset) in self.all_of(&one.subset) {
                let Some(of) = self.find(&name, &one.of, name.period) else { continue };
                self.knowledge.at_least_zero(vec![(of, 1), (subset, -1)]);
            }
        }
        for one in &catalogue.bounds {
            for (name, value) in self.all_of(&one.value) {
                let Some(count) = self.find(&name, &one.count, name.period) else { continue };
                self.knowledge.at_least_zero(vec![(value, 1), (count, -one.least)]);
                self.knowledge.at_least_zero(vec![(count, one.most), (value, -1)]);
            }
        }
        for one in &catalogue.slice_of {
            for (name, slice) in self.all_of(&one.slice) {
                let part = |code: &String| {
                    let mut like = name.clone();
                    like.codes.insert(one.dimension.clone(), code.clone());
                    self.find(&like, &one.of, name.period)
                };
                let parts: Option<Vec<usize>> = one.codes.iter().map(part).collect();
                let Some(parts) = parts else { continue };
                let parts = parts.into_iter().map(|part| (part, -1));
                self.knowledge.equation([(slice, 1)].into_iter().chain(parts).collect());
            }
        }
    }

    /// Years and the quarters that are published of them.
    fn years(&mut self, catalogue: &Catalogue) {
        let years: Vec<(Name, usize)> = self
            .number_of
            .iter()
            .filter(|(name, _)| name.period.frequency() == Frequency::Annual)
            .map(|(name, number)| (name.clone(), *number))
            .collect();
        for (name, year) in years {
            let own =
                MeasureRef { population: name.population.clone(), measure: name.measure.clone() };
            let quarter = |period: &Period| self.find(&name, &own, *period);
            let quarters: Vec<usize> = name.period.quarters().iter().filter_map(quarter).collect();
            let last = quarter(&name.period.quarters()[3]);
            let population = catalogue.population(&name.population).unwrap();
            let measure = population.measures.iter().find(|one| one.id == name.measure).unwrap();
            let distinct = catalogue.distinct_over.iter().find(|one| one.measure == own);
            if distinct.is_some_and(|one| one.longer_window) {
                last.into_iter()
                    .for_each(|last| self.knowledge.equation(vec![(year, 1), (last, -1)]));
                continue;
            }
            if distinct.is_none() && !measure.additive_over_time {
                continue;
            }
            for quarter in &quarters {
                self.knowledge.at_least_zero(vec![(year, 1), (*quarter, -1)]);
            }
            let sum = |sign: i64| -> Vec<(usize, i64)> {
                let quarters = quarters.iter().map(|quarter| (*quarter, -sign));
                [(year, sign)].into_iter().chain(quarters).collect()
            };
            let is_whole = quarters.len() == 4;
            match distinct {
                Some(_) if is_whole => self.knowledge.at_least_zero(sum(-1)),
                None if is_whole => self.knowledge.equation(sum(1)),
                None => self.knowledge.at_least_zero(sum(1)),
                Some(_) => {}
            }
        }
    }

    fn stocks(&mut self, catalogue: &Catalogue) {
        for one in &catalogue.stock_of {
            for (name, before) in self.all_of(&one.stock) {
                let next = name.period.next();
                let find = |measure: &MeasureRef| self.find(&name, measure, next);
                let outflows: Option<Vec<usize>> = one.outflows.iter().map(find).collect();
                let (Some(end), Some(inflow), Some(outflows)) =
                    (find(&one.stock), find(&one.inflow), outflows)
                else {
                    continue;
                };
                let outflows = outflows.into_iter().map(|outflow| (outflow, 1));
                let known = [(end, 1), (before, -1), (inflow, -1)];
                self.knowledge.equation(known.into_iter().chain(outflows).collect());
            }
        }
    }

    /// Leaves out relations over time that late records broke, and takes hidden counts for at least
    /// one where no zero is hidden with them: this attacker guesses right.
    pub fn guess(&mut self, truth: &Truth) {
        let mut values = vec![0; self.number_of.len()];
        for (name, number) in &self.number_of {
            values[*number] = truth[name].0;
        }
        self.knowledge.relations.retain(|relation| {
            let sum: i64 = relation.terms.iter().map(|(one, factor)| values[*one] * factor).sum();
            if relation.is_equation { sum == 0 } else { sum >= 0 }
        });
        let is_hidden = |number: usize| !self.knowledge.is_known(number);
        let with_zero: BTreeSet<_> = self
            .number_of
            .iter()
            .filter(|(name, number)| truth[name].0 == 0 && is_hidden(**number))
            .map(|(name, _)| group(name))
            .collect();
        let lit: Vec<usize> = self
            .number_of
            .iter()
            .filter(|(name, number)| is_hidden(**number) && !with_zero.contains(&group(name)))
            .filter(|(name, _)| self.counts.contains(*name))
            .map(|(_, number)| *number)
            .collect();
        lit.into_iter().for_each(|number| self.knowledge.least[number] = 1);
    }

    /// The hidden figures to which fewer than so many contribute, not being zero.
    pub fn sensitive(&self, truth: &Truth, few: usize) -> Vec<(Name, usize)> {
        let is_few = |name: &Name| truth[name].0 != 0 && truth[name].1 < few;
        let all = self.number_of.iter().filter(|(name, _)| is_few(name));
        all.map(|(name, number)| (name.clone(), *number)).collect()
    }

    /// The sensitive figures that are recovered exactly.
    pub fn recovered(&self, truth: &Truth, few: usize) -> Vec<Name> {
        let sensitive = self.sensitive(truth, few);
        let asked: Vec<usize> = sensitive
            .iter()
            .map(|(_, number)| *number)
            .filter(|number| !self.knowledge.is_known(*number))
            .collect();
        let had: BTreeMap<usize, f64> =
            reals::recovered(&self.knowledge, &asked, 0.0).into_iter().collect();
        let is_had = |number: &usize| self.knowledge.is_known(*number) || had.contains_key(number);
        let lost = sensitive.into_iter().filter(|(_, number)| is_had(number));
        lost.map(|(name, number)| {
            let value = had.get(&number).map_or(truth[&name].0, |value| value.round() as i64);
            assert_eq!(value, truth[&name].0, "the attack does not guess: {name:?}");
            name
        })
        .collect()
    }
}
