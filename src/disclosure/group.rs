//! Group disclosure: figures that say the same of everybody they are about, as cells of their own
//! (Hundepool et al., Statistical Disclosure Control, 2012, section 5.2: where all units of a row
//! stand in one cell, whoever is known to be in the row is known to be in the cell).
//!
//! A release says so where
//! - a ratio is 100 % or 0 %: the numerator is all of the denominator, or none of it;
//! - all scores stand at a bound of their scale;
//! - all of a margin has one code of a dimension that the catalogue calls confidential.
//!
//! Each is a sum of cells that is zero: the complement of the numerator, the numerator, what the
//! scores lack to their bound, the sum of all other codes. Where fewer enterprises stand behind the
//! figure than the rules ask for, that sum must possibly be another. Hiding one of the two parts
//! of a ratio does for the complement; what rests on zeros needs a group that is hidden as a whole,
//! for zeros are published else. So it costs much in small hubs, and is asked for only by members
//! who state it.
//!
//! Left out is what the one exception learns: where seven of eight enterprises are led by women,
//! the eighth knows the same of all others.
//!
//! Fails closed: where it is not known who stands behind a figure, they are few.

use std::collections::BTreeMap;

use crate::{
    codes::catalogue::{Bounds, Catalogue, IndicatorKind, MeasureRef},
    disclosure::{
        attack::Attack,
        difference::{self, Holdings, Parts},
        rules::Rules,
        system::{CellIndex, System, SystemCell},
        transcript::{FrozenDifference, Protection},
    },
};

/// A sum that is zero, as nobody may know for certain.
struct Same {
    /// The sum.
    terms: Vec<(usize, i64)>,
    /// The variable that counts those of whom it says something.
    about: usize,
}

/// The sums that the new release must leave uncertain.
pub fn sensitive(
    catalogue: &Catalogue,
    rules: &Rules,
    parts: &Parts<'_>,
    holdings: &Holdings<'_>,
    attack: &Attack,
) -> Vec<FrozenDifference> {
    if !rules.look_at_groups() {
        return Vec::new();
    }
    let look = Look { catalogue, attack, index: attack.system.index() };
    // One sum may say it of several groups: of the smallest, then.
    let mut small: BTreeMap<Vec<(usize, i64)>, (usize, usize)> = BTreeMap::new();
    for Same { terms, about } in look.ratios().chain(look.scores()).chain(look.codes()) {
        let own = difference::own_parts(parts, holdings, &[(about, 1)], attack);
        let contributors = own.map_or(0, |own| own.len());
        let mut variables = terms.clone();
        variables.push((about, 1));
        let populations = attack.system.populations(&variables).into_iter();
        let populations = populations.map(|index| &*catalogue.populations[index].id);
        if rules.is_group_small(populations, contributors) {
            let found = small.entry(terms).or_insert((contributors, about));
            *found = (*found).min((contributors, about));
        }
    }
    let frozen = |(terms, (_, about)): (Vec<(usize, i64)>, (usize, usize))| FrozenDifference {
        terms: terms.into_iter().map(|(variable, by)| (variable as u32, by)).collect(),
        protection: Protection::NotExact,
        about: Some(about as u32),
    };
    small.into_iter().map(frozen).collect()
}

/// Looks through the cells of a release.
struct Look<'a> {
    catalogue: &'a Catalogue,
    attack: &'a Attack,
    index: CellIndex<'a>,
}

impl Look<'_> {
    fn system(&self) -> &System {
        &self.attack.system
    }

    /// Ratios at 100 or 0 %.
    fn ratios(&self) -> impl Iterator<Item = Same> {
        let ratios = self.catalogue.indicators.iter();
        let ratios = ratios.filter(|one| one.kind == IndicatorKind::Ratio);
        ratios
            .filter_map(|one| Some((one.denominator.as_ref()?, &one.numerator)))
            .flat_map(|(whole, part)| self.pairs(whole, part))
            .filter_map(|(whole, part)| {
                let truth = &self.attack.truth;
                let terms = match truth[part] {
                    0 => vec![(part, 1)],
                    all if all == truth[whole] => vec![(whole, 1), (part, -1)],
                    _ => return None,
                };
                self.same(terms, whole)
            })
    }

    /// Scores that all stand at a bound.
    fn scores(&self) -> impl Iterator<Item = Same> {
        self.catalogue.bounds.iter().flat_map(|one| {
            let Bounds { value, count, least, most } = one;
            let at_bound = |(count, value): (usize, usize)| {
                let truth = |variable: usize| i128::from(self.attack.truth[variable]);
                let terms = if truth(value) == truth(count) * i128::from(*most) {
                    vec![(count, *most), (value, -1)]
                } else if truth(value) == truth(count) * i128::from(*least) {
                    vec![(count, -least), (value, 1)]
                } else {
                    return None;
                };
                self.same(terms, count)
            };
            self.pairs(count, value).filter_map(at_bound).collect::<Vec<_>>()
        })
    }

    /// Margins that have one code of a confidential dimension only.
    fn codes(&self) -> impl Iterator<Item = Same> {
        // Several dimensions may lead to one margin.
        let mut rows: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
        for (place, cell) in self.system().cells.iter().enumerate() {
            for at in 0..cell.key.len() {
                if !self.catalogue.is_confidential(&cell.key[at].0) {
                    continue;
                }
                let mut key = cell.key.clone();
                key.remove(at);
                let margin = self.index.get(&(cell.population, cell.period, key.as_slice()));
                if let Some(margin) = margin {
                    rows.entry((*margin, &cell.key[at].0)).or_default().push(place);
                }
            }
        }
        rows.into_iter().filter_map(|((margin, _), cells)| {
            let (zeros, others): (Vec<usize>, Vec<usize>) =
                cells.into_iter().partition(|cell| self.attack.is_zero(*cell));
            let variable = |cell: usize| self.system().cells[cell].first_variable;
            let terms = zeros.into_iter().map(|cell| (variable(cell), 1)).collect();
            (others.len() == 1).then(|| self.same(terms, variable(margin)))?
        })
    }

    /// The variables of two measures, wherever both have one.
    fn pairs(
        &self,
        first: &MeasureRef,
        second: &MeasureRef,
    ) -> impl Iterator<Item = (usize, usize)> {
        let place = |one: &MeasureRef| self.catalogue.place_of(one);
        let places = place(first).zip(place(second));
        places.into_iter().flat_map(move |((population, measure), other)| {
            let cells = self.system().cells.iter();
            cells.filter(move |cell| cell.population == population).filter_map(move |cell| {
                let SystemCell { period, key, first_variable, .. } = cell;
                let found = *self.index.get(&(other.0, *period, key.as_slice()))?;
                let found = self.system().cells[found].first_variable + other.1;
                Some((first_variable + measure, found))
            })
        })
    }

    /// The sum, if it speaks of somebody and the new release has part in it.
    fn same(&self, mut terms: Vec<(usize, i64)>, about: usize) -> Option<Same> {
        let is_new =
            |variable: usize| self.attack.earlier[self.system().cell_of[variable]].is_none();
        let speaks = self.attack.truth[about] > 0 && !terms.is_empty();
        let is_new = is_new(about) || terms.iter().any(|(variable, _)| is_new(*variable));
        terms.sort_unstable();
        (speaks && is_new).then_some(Same { terms, about })
    }
}
