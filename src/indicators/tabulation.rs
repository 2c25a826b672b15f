//! One table in the making: facts are sorted into inner cells, margins follow at the end.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::{
    base::id::EnterpriseId,
    codes::{
        catalogue::{Measure, MeasureKind},
        embedded::{Codes, REGION},
        plan::PlannedTable,
    },
    indicators::{
        cube::{Contribution, Cube, CubeCell},
        facts::{Fact, Window},
    },
    publication::release::Dimension,
};

/// What each enterprise adds to one cell.
type Parts = BTreeMap<EnterpriseId, Vec<i64>>;

/// A dimension and where each code stands in it.
struct Axis {
    dimension: Dimension,
    places: HashMap<String, usize>,
    /// Where what fits no code goes.
    rest: usize,
    day: Date,
}

/// One table in the making.
pub(super) struct Tabulation<'a> {
    population: &'a str,
    window: Window,
    measures: &'a [Measure],
    axes: Vec<Axis>,
    /// Inner cells by the place in each axis.
    inner: BTreeMap<Vec<usize>, Parts>,
    /// The holding groups of enterprises that have one.
    holdings: BTreeMap<EnterpriseId, String>,
}

impl<'a> Tabulation<'a> {
    /// An empty table; `None` if the population or a dimension is not in `codes`.
    pub fn new(
        codes: &'a Codes,
        area: &str,
        table: &PlannedTable<'a>,
        window: Window,
    ) -> Option<Self> {
        let day = window.period.last_day();
        let axes = table.dimensions.iter().map(|id| Axis::new(codes, area, id, day));
        Some(Self {
            population: table.population,
            window,
            measures: &codes.catalogue().population(table.population)?.measures,
            axes: axes.collect::<Option<_>>()?,
            inner: BTreeMap::new(),
            holdings: BTreeMap::new(),
        })
    }

    /// Counts `fact` if it belongs here.
    pub fn add(&mut self, codes: &Codes, fact: &Fact<'_>) {
        let Some(values) = fact.values(self.population, self.window) else { return };
        let place = self.axes.iter().map(|axis| axis.place(codes, fact)).collect();
        let value_of = |measure: &Measure| {
            values.iter().find(|(id, _)| *id == measure.id).map_or(0, |(_, value)| *value)
        };
        let values: Vec<i64> = self.measures.iter().map(value_of).collect();
        let parts = self.inner.entry(place).or_default();
        join(self.measures, parts, fact.enterprise.id, &values);
        if let Some(holding) = &fact.enterprise.holding {
            self.holdings.insert(fact.enterprise.id, holding.clone());
        }
    }

    /// The table with its margins.
    pub fn finish(self) -> Cube {
        let lengths: Vec<usize> = self.axes.iter().map(|axis| axis.dimension.codes.len()).collect();
        let mut parts: Vec<Parts> = vec![Parts::new(); lengths.iter().product()];
        for (place, inner) in &self.inner {
            for cell in cells_above(place, &lengths) {
                for (enterprise, values) in inner {
                    join(self.measures, &mut parts[cell], *enterprise, values);
                }
            }
        }
        let width = self.measures.len();
        Cube {
            population: self.population.into(),
            period: self.window.period,
            dimensions: self.axes.into_iter().map(|axis| axis.dimension).collect(),
            measures: self.measures.iter().map(|measure| measure.id.clone()).collect(),
            cells: parts.into_iter().map(|parts| cell(parts, width, &self.holdings)).collect(),
        }
    }
}

impl Axis {
    fn new(codes: &Codes, area: &str, id: &str, day: Date) -> Option<Self> {
        let in_force = codes.dimension(id, area, day)?;
        let places: HashMap<_, _> =
            in_force.iter().enumerate().map(|(place, code)| (code.clone(), place)).collect();
        let rest = *places.get(&codes.list(id)?.rest()?.code)?;
        let list_version = codes.dimension_list_version(id)?;
        let dimension = Dimension { id: id.into(), list_version, codes: in_force };
        Some(Self { dimension, places, rest, day })
    }

    fn place(&self, codes: &Codes, fact: &Fact<'_>) -> usize {
        let code = fact.code(&self.dimension.id);
        let code = match self.dimension.id == REGION {
            true => code.and_then(|region| codes.region_on(region, self.day)),
            false => code,
        };
        code.and_then(|code| self.places.get(code)).copied().unwrap_or(self.rest)
    }
}

/// Adds what one enterprise counts for: once in a distinct count, as often as it comes otherwise.
fn join(measures: &[Measure], parts: &mut Parts, enterprise: EnterpriseId, values: &[i64]) {
    let own = parts.entry(enterprise).or_insert_with(|| vec![0; measures.len()]);
    for ((own, value), measure) in own.iter_mut().zip(values).zip(measures) {
        *own = match measure.kind {
            MeasureKind::Distinct => (*own).max(*value),
            MeasureKind::Count | MeasureKind::Value => own.saturating_add(*value),
        };
    }
}

/// The indexes of an inner cell and of every margin it belongs to.
fn cells_above(place: &[usize], lengths: &[usize]) -> Vec<usize> {
    place.iter().zip(lengths).fold(vec![0], |cells, (place, length)| {
        cells.iter().flat_map(|cell| [cell * length, cell * length + place]).collect()
    })
}

fn cell(parts: Parts, width: usize, holdings: &BTreeMap<EnterpriseId, String>) -> CubeCell {
    let mut values = vec![0_i64; width];
    for own in parts.values() {
        for (value, own) in values.iter_mut().zip(own) {
            *value = value.saturating_add(*own);
        }
    }
    let contributors = parts.into_iter().map(|(enterprise, values)| Contribution {
        enterprise,
        holding: holdings.get(&enterprise).cloned(),
        values,
    });
    CubeCell { values, contributors: contributors.collect() }
}
