//! From a query to what must be read: measures, columns, restrictions, members, periods.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::{
        id::MemberCode,
        period::{Frequency, Period},
    },
    codes::{
        catalogue::{Catalogue, Indicator, IndicatorKind, MeasureKind, MeasureRef},
        embedded::Codes,
        list::TOTAL,
        nearest::nearest,
    },
    statistics::{
        error::{Place, QueryError},
        query::{COLUMNS_MAX, COUNTRY, PERIOD, PERIODS_MAX, Query, too_large},
    },
};

/// A query checked against catalogue and code lists.
pub(super) struct Resolved<'a> {
    pub(super) indicator: &'a Indicator,
    /// The measure; or numerator and denominator.
    pub(super) parts: Vec<Part<'a>>,
    pub(super) columns: Vec<Column>,
    /// The dimensions among the columns.
    pub(super) axes: Vec<&'a str>,
    /// Restrictions on dimensions.
    pub(super) filters: BTreeMap<&'a str, Vec<&'a str>>,
    pub(super) members: Vec<MemberCode>,
    /// In order, of one length.
    pub(super) periods: Vec<Period>,
    pub(super) over_time: OverTime,
}

/// One measure that the indicator is made from.
pub(super) struct Part<'a> {
    /// Place of its population in the catalogue.
    pub(super) population: usize,
    pub(super) population_id: &'a str,
    pub(super) measure: &'a str,
    pub(super) kind: MeasureKind,
}

/// A column of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Country,
    Period,
    /// A dimension, by its place among the axes.
    Axis(usize),
}

/// What several periods come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OverTime {
    /// Their sum.
    Sum,
    /// The last one: a stock.
    Last,
    /// Nothing: distinct counts and cohorts are answered period by period.
    Each,
}

/// Checks a query.
pub(super) fn resolve<'a>(codes: &'a Codes, query: &'a Query) -> Result<Resolved<'a>, QueryError> {
    let catalogue = codes.catalogue();
    let unknown = || QueryError::UnknownIndicator {
        code: query.indicator.clone(),
        nearest: codes.nearest_indicator(&query.indicator).map(str::to_owned),
    };
    let indicator = catalogue.indicator(&query.indicator).ok_or_else(unknown)?;
    let (parts, additive): (Vec<_>, Vec<_>) = indicator
        .measures()
        .map(|reference| part(catalogue, reference))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(unknown)?
        .into_iter()
        .unzip();
    let periods = periods(&query.periods)?;
    let over_time = match indicator.kind {
        IndicatorKind::Stock => OverTime::Last,
        _ if additive.iter().all(|additive| *additive) => OverTime::Sum,
        _ => OverTime::Each,
    };
    let (mut columns, axes) = columns(codes, indicator, &query.by)?;
    let by_period = columns.contains(&Column::Period);
    if over_time == OverTime::Each && periods.len() > 1 && !by_period {
        columns.push(Column::Period);
    }
    let filters = filters(codes, indicator, query)?;
    let members = members(query, filters.get(COUNTRY))?;
    let filters = filters.into_iter().filter(|(dimension, _)| *dimension != COUNTRY).collect();
    Ok(Resolved { indicator, parts, columns, axes, filters, members, periods, over_time })
}

fn part<'a>(catalogue: &'a Catalogue, reference: &MeasureRef) -> Option<(Part<'a>, bool)> {
    let index = catalogue.populations.iter().position(|one| one.id == reference.population)?;
    let population = &catalogue.populations[index];
    let measure = &population.measures[population.measure_index(&reference.measure)?];
    let part = Part {
        population: index,
        population_id: &population.id,
        measure: &measure.id,
        kind: measure.kind,
    };
    Some((part, measure.additive_over_time))
}

fn periods(asked: &[Period]) -> Result<Vec<Period>, QueryError> {
    let periods: BTreeSet<Period> = asked.iter().copied().collect();
    let frequencies: BTreeSet<Frequency> =
        periods.iter().map(|period| period.frequency()).collect();
    match (periods.len(), frequencies.len()) {
        (0, _) => Err(QueryError::NoPeriod),
        (_, 2..) => Err(QueryError::MixedPeriods),
        (asked, _) if asked > PERIODS_MAX => Err(too_large("periods", asked, PERIODS_MAX)),
        _ => Ok(periods.into_iter().collect()),
    }
}

fn columns<'a>(
    codes: &Codes,
    indicator: &Indicator,
    by: &'a [String],
) -> Result<(Vec<Column>, Vec<&'a str>), QueryError> {
    if by.len() > COLUMNS_MAX {
        return Err(too_large("columns", by.len(), COLUMNS_MAX));
    }
    let mut columns = Vec::new();
    let mut axes = Vec::new();
    let mut seen = BTreeSet::new();
    for id in by {
        if !seen.insert(id) {
            return Err(QueryError::RepeatedDimension(id.clone()));
        }
        not_the_classes(indicator, Place::Rows, id)?;
        columns.push(match id.as_str() {
            COUNTRY => Column::Country,
            PERIOD => Column::Period,
            _ if codes.list(id).is_none() => return Err(no_dimension(codes, Place::Rows, id)),
            _ => {
                axes.push(id.as_str());
                Column::Axis(axes.len() - 1)
            }
        });
    }
    Ok((columns, axes))
}

fn filters<'a>(
    codes: &Codes,
    indicator: &Indicator,
    query: &'a Query,
) -> Result<BTreeMap<&'a str, Vec<&'a str>>, QueryError> {
    let mut filters = BTreeMap::new();
    for filter in &query.filters {
        let dimension = filter.dimension.as_str();
        let unknown = dimension != COUNTRY && codes.list(dimension).is_none();
        if unknown {
            return Err(no_dimension(codes, Place::Filter, dimension));
        }
        if filter.codes.is_empty() {
            return Err(QueryError::EmptyFilter(dimension.into()));
        }
        let chosen: BTreeSet<&str> = filter.codes.iter().map(String::as_str).collect();
        if chosen.contains(TOTAL) {
            return Err(QueryError::FilterOnTotal(dimension.into()));
        }
        not_the_classes(indicator, Place::Filter, dimension)?;
        if filters.insert(dimension, chosen.into_iter().collect()).is_some() {
            return Err(QueryError::RepeatedFilter(dimension.into()));
        }
    }
    Ok(filters)
}

fn no_dimension(codes: &Codes, place: Place, dimension: &str) -> QueryError {
    let dimensions = codes.catalogue().dimensions.iter().map(|one| one.id.as_str());
    let candidates = match place {
        Place::Rows => [COUNTRY, PERIOD].as_slice(),
        Place::Filter => &[COUNTRY],
    };
    let candidates = candidates.iter().copied().chain(dimensions);
    let nearest = nearest(dimension, candidates.map(|id| (id, [id]))).map(str::to_owned);
    QueryError::UnknownDimension { place, dimension: dimension.into(), nearest }
}

/// A median has no rows for its own classes.
fn not_the_classes(indicator: &Indicator, place: Place, dimension: &str) -> Result<(), QueryError> {
    match indicator.classes.as_deref() == Some(dimension) {
        true => Err(QueryError::ClassesOfMedian { place, dimension: dimension.into() }),
        false => Ok(()),
    }
}

/// The expected members that pass the filter on countries, in the query's order.
fn members(query: &Query, countries: Option<&Vec<&str>>) -> Result<Vec<MemberCode>, QueryError> {
    let expected = &query.members_expected;
    for code in countries.into_iter().flatten() {
        if !expected.iter().any(|member| member.as_str() == *code) {
            let candidates = expected.iter().map(|member| (member.as_str(), [member.as_str()]));
            let nearest = nearest(code, candidates).map(str::to_owned);
            let (dimension, code) = (COUNTRY.into(), (*code).into());
            return Err(QueryError::UnknownCode { dimension, code, nearest });
        }
    }
    let mut seen = BTreeSet::new();
    let passes = |member: &&MemberCode| {
        countries.is_none_or(|countries| countries.contains(&member.as_str()))
            && seen.insert(**member)
    };
    Ok(expected.iter().filter(passes).copied().collect())
}
