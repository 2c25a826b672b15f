//! The indicator catalogue as typed data (`catalogue.toml`). Its version is published with every
//! release; a change of meaning is a new version, never an edit.

use serde::Deserialize;

use crate::base::language::Label;

/// The catalogue: populations, the relations that bind them, indicators.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Version of the catalogue, published with every release.
    pub version: u16,
    /// What amounts are reckoned in.
    pub currency: Currency,
    /// What tables may be cut by.
    #[serde(rename = "dimension")]
    pub dimensions: Vec<CutBy>,
    /// What is counted.
    #[serde(rename = "population")]
    pub populations: Vec<Population>,
    /// Measures that never exceed another, cell by cell.
    pub subset_of: Vec<SubsetOf>,
    /// Stocks explained by flows.
    pub stock_of: Vec<StockOf>,
    /// Values bounded by multiples of a count.
    pub bounds: Vec<Bounds>,
    /// Distinct counts whose year is bounded by its quarters.
    pub distinct_over: Vec<DistinctOver>,
    /// Populations that are cells of another one.
    pub slice_of: Vec<SliceOf>,
    /// The published figures.
    #[serde(rename = "indicator")]
    pub indicators: Vec<Indicator>,
}

/// The one currency that amounts are added up and compared in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    /// Its ISO 4217 code; the unit of indicators that are sums of amounts.
    pub code: String,
    /// The countries that use it.
    pub countries: Vec<String>,
}

impl Currency {
    /// Whether it is the currency of `country`.
    pub fn is_used_in(&self, country: &str) -> bool {
        self.countries.iter().any(|other| other == country)
    }
}

/// A dimension of tables.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutBy {
    /// Identifier of the dimension and of its code list.
    pub id: String,
    /// What its codes say something about.
    pub describes: Describes,
    /// Whether it says of the enterprise what it keeps to itself, so that members may ask that no
    /// few enterprises stand under one code together (group disclosure).
    #[serde(default)]
    pub confidential: bool,
}

/// What a dimension describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Describes {
    /// The enterprise: each has one code in a period.
    Enterprise,
    /// A visit, request or answer: one enterprise may stand under several codes.
    Event,
}

/// A set of things counted over one set of contributors; its cells share one suppression mark.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Stable identifier, snake case.
    pub id: String,
    /// What the cells hold, in order.
    pub measures: Vec<Measure>,
    /// What is counted, in words.
    pub definition: Label,
}

/// One integer that each cell of a population holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Identifier within the population.
    pub id: String,
    /// How it is counted.
    pub kind: MeasureKind,
    /// Whether the quarters of a year add up to the year.
    pub additive_over_time: bool,
}

/// How a measure is counted. All kinds are sums over enterprises, on purpose: the least or the most
/// of several enterprises is one enterprise's own figure, whatever else is hidden. There is no kind
/// for these, and a catalogue that names one is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// Number of records.
    Count,
    /// Number of distinct enterprises; adds up only over attributes of the enterprise.
    Distinct,
    /// Sum of a non-negative integer (francs, score points): needs the p%-rule.
    Value,
}

/// `population.measure`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct MeasureRef {
    /// The population's identifier.
    pub population: String,
    /// The measure's identifier.
    pub measure: String,
}

impl TryFrom<String> for MeasureRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (population, measure) = text
            .split_once('.')
            .ok_or_else(|| format!("{text:?} is not of the form population.measure"))?;
        Ok(Self { population: population.into(), measure: measure.into() })
    }
}

/// `subset ≤ of`, cell by cell.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubsetOf {
    /// The smaller.
    pub subset: MeasureRef,
    /// The larger.
    pub of: MeasureRef,
}

/// `stock(end) = stock(before) + inflow − Σ outflows`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockOf {
    /// The stock.
    pub stock: MeasureRef,
    /// What enters it in the period.
    pub inflow: MeasureRef,
    /// What leaves it in the period, each in one of these ways.
    pub outflows: Vec<MeasureRef>,
}

/// `least × count ≤ value ≤ most × count`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The bounded sum.
    pub value: MeasureRef,
    /// The count it is bounded by.
    pub count: MeasureRef,
    /// Least per record.
    pub least: i64,
    /// Most per record.
    pub most: i64,
}

/// `largest quarter ≤ year ≤ sum of the quarters`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistinctOver {
    /// The distinct count.
    pub measure: MeasureRef,
    /// The measure looks back over twelve months, so that the year equals its fourth quarter
    /// instead.
    #[serde(default)]
    pub longer_window: bool,
}

/// `slice = sum of the cells of of with these codes`, wherever both are tabulated alike otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceOf {
    /// The slice.
    pub slice: MeasureRef,
    /// What it is a slice of.
    pub of: MeasureRef,
    /// The dimension that is cut.
    pub dimension: String,
    /// The codes whose cells add up to the slice.
    pub codes: Vec<String>,
}

/// One published figure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Stable code (`DEM01`).
    pub code: String,
    /// How the figure is made from its measures.
    pub kind: IndicatorKind,
    /// Name.
    pub name: Label,
    /// Unit.
    pub unit: Label,
    /// The measure, or the numerator of a ratio or mean.
    pub numerator: MeasureRef,
    /// The denominator of a ratio or mean.
    #[serde(default)]
    pub denominator: Option<MeasureRef>,
    /// The dimension whose classes a median class is taken over.
    #[serde(default)]
    pub classes: Option<String>,
}

/// How an indicator is made from its measures. No kind is a minimum, a maximum or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// A count.
    Count,
    /// A sum of amounts.
    Value,
    /// A level at the end of the period.
    Stock,
    /// Numerator over denominator, as a share between 0 and 1 (shown in percent).
    Ratio,
    /// Sum over number.
    Mean,
    /// The class that holds the median.
    MedianClass,
}

impl Catalogue {
    /// The indicator with this code.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.code == code)
    }

    /// The population with this identifier.
    pub fn population(&self, id: &str) -> Option<&Population> {
        self.populations.iter().find(|population| population.id == id)
    }

    /// Whether an indicator is a sum of amounts of money that stand in this population.
    pub fn adds_amounts(&self, population: &str) -> bool {
        self.indicators.iter().any(|indicator| {
            indicator.kind == IndicatorKind::Value && indicator.numerator.population == population
        })
    }

    /// The places of a measure's population and of the measure in it.
    pub fn place_of(&self, measure: &MeasureRef) -> Option<(usize, usize)> {
        let population = self.populations.iter().position(|one| one.id == measure.population)?;
        Some((population, self.populations[population].measure_index(&measure.measure)?))
    }

    /// Whether a dimension says of enterprises what they keep to themselves.
    pub fn is_confidential(&self, dimension: &str) -> bool {
        self.dimensions.iter().any(|one| one.id == dimension && one.confidential)
    }

    /// Whether the cells of a measure add up to their margin over a dimension.
    pub fn adds_up(&self, kind: MeasureKind, dimension: &str) -> bool {
        let describes = |one: &CutBy| one.id == dimension && one.describes == Describes::Enterprise;
        kind != MeasureKind::Distinct || self.dimensions.iter().any(describes)
    }
}

impl Population {
    /// The place of a measure in the cells.
    pub fn measure_index(&self, id: &str) -> Option<usize> {
        self.measures.iter().position(|measure| measure.id == id)
    }
}
