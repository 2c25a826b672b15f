//! Differences that readers can compute, as cells of their own: between releases, and between the
//! two parts of a ratio.
//!
//! A year that is not the sum of its quarters tells, to whoever subtracts, the figure of what was
//! entered after its quarter had closed (or was corrected, or whose consent was given or withdrawn
//! since), though no table shows it. So each such difference is a cell. Its contributors are the
//! enterprises for which the equation does not hold, each with its own part of the difference; the
//! rules judge it like any other cell. A sensitive difference becomes a variable of the attackers'
//! system that must stay uncertain, in this release and in all later ones. Mostly the protector
//! then hides figures of the last quarter, which were not published yet, and the year stays.
//!
//! Protected, where at least one of the cells is new and their net difference is not zero:
//! - a year − those of its quarters that were released (their difference holds the others, too),
//!   for each cell and each measure that adds up over time;
//! - a stock − the stock before and the flows between.
//!
//! Whoever subtracts knows the net difference alone: where late and withdrawn records make up for
//! each other, the equation holds and nothing is seen. All sensitive differences stand in one
//! system, so they are not deduced from each other or from hidden cells either.
//!
//! The same within a release for the **complement of every ratio**: who reads that 7 of 8
//! enterprises are led by women reads that one is not, though no table counts it. Denominator −
//! numerator is a cell wherever both have one; its contributors are the enterprises with a part
//! in the denominator that is not in the numerator.
//!
//! Fails closed: where it is not known who contributed to an earlier release, the whole difference
//! counts as one enterprise's.
//!
//! Not here: releases are not revised yet, so there is one version (vintage) of each to subtract.
//! Other differences between populations or cells of one release are no cells of their own. What a
//! complement of zero (a ratio at 100 %) says of everybody is for [`crate::disclosure::group`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::{id::EnterpriseId, period::Frequency},
    codes::catalogue::{Catalogue, IndicatorKind, MeasureKind, MeasureRef},
    disclosure::{
        attack::Attack,
        counter_example,
        error::DisclosureError,
        rules::Rules,
        system::{Certainty, Comparison, System},
        transcript::{
            FrozenContribution, FrozenContributions, FrozenDifference, FrozenHolding, Transcript,
        },
    },
    indicators::cube::{Cube, Owner},
    publication::release::Table,
};

/// What each enterprise adds to the cells that are known.
pub type Parts<'a> = BTreeMap<usize, Vec<(EnterpriseId, &'a [i64])>>;

/// The holding group of each enterprise that has one.
pub type Holdings<'a> = BTreeMap<EnterpriseId, &'a str>;

/// A sum of variables of the system.
type Terms = Vec<(usize, i64)>;

/// The sensitive differences that the new release makes. `attack` has no differences yet.
pub fn sensitive(
    catalogue: &Catalogue,
    rules: &Rules,
    parts: &Parts<'_>,
    holdings: &Holdings<'_>,
    attack: &Attack,
) -> Result<Vec<FrozenDifference>, DisclosureError> {
    let candidates = candidates(catalogue, attack);
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (terms, kind) in candidates {
        let own = match own_parts(parts, holdings, &terms, attack) {
            Some(own) => own.into_iter().map(|(_, part)| part).collect(),
            None => vec![difference(&terms, attack)?],
        };
        let populations = attack.system.populations(&terms).into_iter();
        let populations = populations.map(|index| &*catalogue.populations[index].id);
        if let Some(protection) = rules.assess_difference(populations, kind, &own) {
            let number = |(variable, coefficient): (usize, i64)| (variable as u32, coefficient);
            let terms = terms.into_iter().map(number).collect();
            found.push(FrozenDifference { terms, protection, about: None });
        }
    }
    Ok(found)
}

/// The differences of earlier releases.
pub fn remembered(transcript: &Transcript) -> impl Iterator<Item = &FrozenDifference> {
    transcript.releases().iter().flat_map(|release| &release.differences)
}

/// The value of a sum.
fn difference(terms: &[(usize, i64)], attack: &Attack) -> Result<i64, DisclosureError> {
    let part = |(variable, coefficient): &(usize, i64)| {
        i128::from(attack.truth[*variable]) * i128::from(*coefficient)
    };
    i64::try_from(terms.iter().map(part).sum::<i128>())
        .map_err(|_| DisclosureError::Transcript("a difference does not fit 64 bits".into()))
}

/// Sums that should be zero or are complements, are not zero, and have a new cell; each with the
/// kind of its measures.
fn candidates(catalogue: &Catalogue, attack: &Attack) -> Vec<(Terms, MeasureKind)> {
    let system = &attack.system;
    let equations = system.relations.iter().filter(|relation| {
        relation.comparison == Comparison::Zero && relation.certainty == Certainty::Assumed
    });
    let mut sums: Vec<Terms> = equations.map(|relation| relation.terms.clone()).collect();
    sums.extend(incomplete_years(catalogue, system));
    sums.extend(complements(catalogue, system));
    let truth = |variable: usize| i128::from(attack.truth[variable]);
    let is_new = |term: &(usize, i64)| attack.earlier[system.cell_of[term.0]].is_none();
    sums.retain(|terms| terms.iter().any(is_new) && counter_example::sum(terms, truth) != 0);
    let kind = |terms: &Terms| {
        let kind = |(variable, _): &(usize, i64)| system.kind(catalogue, *variable);
        let is_value = terms.iter().map(kind).any(|kind| kind == MeasureKind::Value);
        if is_value { MeasureKind::Value } else { MeasureKind::Count }
    };
    sums.into_iter().map(|terms| (terms.clone(), kind(&terms))).collect()
}

/// Years less their quarters, where only some of the quarters were released. Complete ones are
/// relations of the system.
fn incomplete_years(catalogue: &Catalogue, system: &System) -> Vec<Terms> {
    let index = system.index();
    let mut sums = Vec::new();
    for cell in system.cells.iter().filter(|cell| cell.period.frequency() == Frequency::Annual) {
        let quarters = cell.period.quarters();
        let count = quarters.len();
        let find = |quarter| index.get(&(cell.population, quarter, cell.key.as_slice()));
        let present: Vec<usize> = quarters.into_iter().filter_map(find).copied().collect();
        if present.is_empty() || present.len() == count {
            continue;
        }
        let measures = catalogue.populations[cell.population].measures.iter().enumerate();
        for (index, _) in measures.filter(|(_, measure)| measure.additive_over_time) {
            let quarter = |place: &usize| (system.cells[*place].first_variable + index, -1);
            let mut terms = vec![(cell.first_variable + index, 1)];
            terms.extend(present.iter().map(quarter));
            terms.sort_unstable();
            sums.push(terms);
        }
    }
    sums
}

/// Denominators less numerators, wherever both are cells.
fn complements(catalogue: &Catalogue, system: &System) -> Vec<Terms> {
    let index = system.index();
    let place = |reference: &MeasureRef| catalogue.place_of(reference);
    let mut sums = Vec::new();
    for indicator in catalogue.indicators.iter().filter(|one| one.kind == IndicatorKind::Ratio) {
        let whole = indicator.denominator.as_ref().and_then(place);
        let (Some(whole), Some(part)) = (whole, place(&indicator.numerator)) else { continue };
        for cell in system.cells.iter().filter(|cell| cell.population == whole.0) {
            let key = (part.0, cell.period, cell.key.as_slice());
            let Some(other) = index.get(&key) else { continue };
            let other = system.cells[*other].first_variable + part.1;
            let mut terms = vec![(cell.first_variable + whole.1, 1), (other, -1)];
            terms.sort_unstable();
            sums.push(terms);
        }
    }
    sums
}

/// What each enterprise or holding group adds to a difference, as groups are now; `None` if that is
/// not known for certain. What a group's members make up for between them is nothing.
pub fn own_parts<'a>(
    parts: &Parts<'_>,
    holdings: &Holdings<'a>,
    terms: &[(usize, i64)],
    attack: &Attack,
) -> Option<Vec<(Owner<'a>, i64)>> {
    let mut own: BTreeMap<Owner<'_>, i128> = BTreeMap::new();
    for (variable, coefficient) in terms {
        let cell = attack.system.cell_of[*variable];
        let measure = *variable - attack.system.cells[cell].first_variable;
        let mut sum = 0;
        for (enterprise, values) in parts.get(&cell).map_or(&[][..], Vec::as_slice) {
            let value = i128::from(*values.get(measure)?);
            sum += value;
            let owner = holdings.get(enterprise);
            let owner = owner.map_or(Owner::Alone(*enterprise), |group| Owner::Group(group));
            *own.entry(owner).or_default() += value * i128::from(*coefficient);
        }
        if sum != i128::from(attack.truth[*variable]) {
            return None;
        }
    }
    let own = own.into_iter().filter(|(_, part)| *part != 0);
    own.map(|(who, part)| Some((who, i64::try_from(part).ok()?))).collect()
}

/// What each enterprise adds to each cell, as far as it was kept.
pub fn all_parts<'a>(
    cubes: &'a [Cube],
    transcript: &'a Transcript,
    system: &System,
) -> Result<Parts<'a>, DisclosureError> {
    let mut parts = Parts::new();
    for (release, places) in transcript.releases().iter().zip(&system.places) {
        let Some(FrozenContributions { enterprises, contributions, holdings: _ }) =
            &release.contributions
        else {
            continue;
        };
        let mut own: BTreeMap<usize, (u32, Vec<_>)> = BTreeMap::new();
        for FrozenContribution { table, cell, enterprise, values } in contributions {
            let place = places.get(*table as usize).and_then(|table| table.get(*cell as usize));
            let (Some(place), Some(who)) = (place, enterprises.get(*enterprise as usize)) else {
                let problem = "a contribution names no cell or no enterprise";
                return Err(DisclosureError::Transcript(problem.into()));
            };
            // A cell that several tables or releases share has its contributions from one of them.
            let (first, own) = own.entry(*place).or_insert_with(|| (*table, Vec::new()));
            if first == table {
                own.push((*who, values.as_slice()));
            }
        }
        for (cell, (_, own)) in own {
            parts.entry(cell).or_insert(own);
        }
    }
    let places = system.places.last().map_or(&[][..], Vec::as_slice);
    for (cube, places) in cubes.iter().zip(places) {
        for (place, cell) in places.iter().zip(&cube.cells) {
            let own = || cell.contributors.iter().map(|one| (one.enterprise, &*one.values));
            parts.entry(*place).or_insert_with(|| own().collect());
        }
    }
    Ok(parts)
}

/// The holding groups as they were stated last.
pub fn holdings<'a>(
    cubes: &'a [Cube],
    transcript: &'a Transcript,
) -> Result<Holdings<'a>, DisclosureError> {
    let mut holdings = BTreeMap::new();
    for frozen in transcript.releases().iter().filter_map(|one| one.contributions.as_ref()) {
        for FrozenHolding { enterprise, holding } in &frozen.holdings {
            let Some(who) = frozen.enterprises.get(*enterprise as usize) else {
                let problem = "a holding group names no enterprise";
                return Err(DisclosureError::Transcript(problem.into()));
            };
            holdings.insert(*who, holding.as_str());
        }
    }
    for one in cubes.iter().flat_map(|cube| &cube.cells).flat_map(|cell| &cell.contributors) {
        match &one.holding {
            Some(holding) => holdings.insert(one.enterprise, holding.as_str()),
            None => holdings.remove(&one.enterprise),
        };
    }
    Ok(holdings)
}

/// Who contributed what to the cells of `cubes` that later releases may be subtracted from, to
/// those that `tables` hide, and to the terms of sensitive differences, or those of whom one says
/// the same: who makes one knows it, and must not be taken for somebody to whom it is open.
pub fn contributions(
    catalogue: &Catalogue,
    cubes: &[Cube],
    tables: &[Table],
    attack: &Attack,
) -> FrozenContributions {
    let mut known: BTreeMap<EnterpriseId, u32> = BTreeMap::new();
    let mut kept = FrozenContributions::default();
    let differences = attack.differences.iter();
    let variables = differences
        .flat_map(|one| one.terms.iter().map(|(variable, _)| *variable).chain(one.about));
    let terms: BTreeSet<usize> =
        variables.map(|variable| attack.system.cell_of[variable as usize]).collect();
    let places = attack.system.places.last().map_or(&[][..], Vec::as_slice);
    for (table, ((cube, marks), places)) in cubes.iter().zip(tables).zip(places).enumerate() {
        let is_kept = is_kept(catalogue, cube);
        let kept_cells = cube.cells.iter().enumerate().filter(|(place, _)| {
            is_kept || marks.cells[*place].0.is_none() || terms.contains(&places[*place])
        });
        for (place, cell) in kept_cells {
            for contribution in &cell.contributors {
                let next = kept.enterprises.len() as u32;
                let enterprise = *known.entry(contribution.enterprise).or_insert(next);
                if enterprise == next {
                    kept.enterprises.push(contribution.enterprise);
                    let holding = contribution.holding.clone();
                    kept.holdings
                        .extend(holding.map(|holding| FrozenHolding { enterprise, holding }));
                }
                kept.contributions.push(FrozenContribution {
                    table: table as u32,
                    cell: place as u32,
                    enterprise,
                    values: contribution.values.clone(),
                });
            }
        }
    }
    kept
}

/// Whether figures of a cube are terms of an equation over several releases.
fn is_kept(catalogue: &Catalogue, cube: &Cube) -> bool {
    let flows = catalogue.stock_of.iter().any(|one| {
        let mut measures = [&one.stock, &one.inflow].into_iter().chain(&one.outflows);
        measures.any(|measure| measure.population == cube.population)
    });
    let adds_up = catalogue
        .population(&cube.population)
        .is_some_and(|one| one.measures.iter().any(|measure| measure.additive_over_time));
    cube.period.frequency() != Frequency::Annual && (flows || adds_up)
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod difference_tests;
