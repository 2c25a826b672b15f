//! By what each indicator can be asked for: which tables of the plan hold its measures.

use std::collections::BTreeSet;

use crate::{
    base::period::Frequency,
    codes::{
        catalogue::{Catalogue, Indicator, MeasureRef},
        embedded::Codes,
        list::CodeList,
        nearest::nearest,
        plan::PlannedTable,
    },
};

impl Indicator {
    /// Its measures: one, or numerator and denominator.
    pub fn measures(&self) -> impl Iterator<Item = &MeasureRef> {
        [Some(&self.numerator), self.denominator.as_ref()].into_iter().flatten()
    }
}

impl Codes {
    /// The tables of the plan that hold a measure of `indicator`, in plan order.
    pub fn tables_of(&self, indicator: &Indicator) -> Vec<PlannedTable<'_>> {
        let tables = [Frequency::Quarterly, Frequency::Annual]
            .into_iter()
            .flat_map(|frequency| self.plan().tables(frequency));
        let holds = |table: &PlannedTable<'_>| {
            indicator.measures().any(|measure| measure.population == table.population)
        };
        tables.filter(holds).collect()
    }

    /// The dimensions that `indicator` can be cut by at once, in periods of this length: of each
    /// such set every part can be asked for, too. One empty set: only the total. None: no table
    /// of this length holds it.
    pub fn cuts(&self, indicator: &Indicator, frequency: Frequency) -> Vec<Vec<&str>> {
        let tables = self.tables_of(indicator);
        // A ratio can be cut by what both of its measures are cut by.
        let sets = indicator.measures().map(|measure| {
            let of = |table: &&PlannedTable<'_>| {
                table.frequency == frequency && table.population == measure.population
            };
            let dimensions = tables.iter().filter(of).map(|table| table.dimensions);
            dimensions.filter_map(|dimensions| without_classes(indicator, dimensions)).collect()
        });
        let both = sets.reduce(|one: Vec<Vec<&str>>, other| {
            let pairs = one.iter().flat_map(|one| other.iter().map(move |other| (one, other)));
            pairs.map(|(one, other)| common(one, other)).collect()
        });
        largest(both.unwrap_or_default())
    }

    /// The indicator nearest to a code that the catalogue does not have.
    pub fn nearest_indicator(&self, written: &str) -> Option<&str> {
        let candidates = self.catalogue().indicators.iter().map(|one| {
            let spellings = [&one.code, &one.name.fr, &one.name.en, &one.name.pt];
            (one.code.as_str(), spellings.map(String::as_str))
        });
        nearest(written, candidates)
    }

    /// The list nearest to an identifier that none has.
    pub fn nearest_list(&self, written: &str) -> Option<&str> {
        nearest(written, self.lists().map(|list| (list.id.as_str(), [list.id.as_str()])))
    }
}

impl Catalogue {
    /// Whether tables may be cut by what the list `id` names.
    pub fn cuts_by(&self, id: &str) -> bool {
        self.dimensions.iter().any(|dimension| dimension.id == id)
    }
}

impl CodeList {
    /// The code nearest to one that the list does not have, by code or by label.
    pub fn nearest(&self, written: &str) -> Option<&str> {
        let candidates = self.codes.iter().map(|one| {
            let spellings = [&one.code, &one.label.fr, &one.label.en, &one.label.pt];
            (one.code.as_str(), spellings.map(String::as_str))
        });
        nearest(written, candidates)
    }
}

/// The dimensions that are left for rows; `None` for a table without the classes of a median.
fn without_classes<'a>(indicator: &Indicator, dimensions: &'a [String]) -> Option<Vec<&'a str>> {
    let classes = indicator.classes.as_deref();
    let has_them = classes.is_none_or(|id| dimensions.iter().any(|dimension| dimension == id));
    let rest = dimensions.iter().map(String::as_str).filter(|id| classes != Some(*id));
    has_them.then(|| rest.collect())
}

fn common<'a>(one: &[&'a str], other: &[&str]) -> Vec<&'a str> {
    one.iter().copied().filter(|id| other.contains(id)).collect()
}

/// The sets that are no part of another, in order.
fn largest(sets: Vec<Vec<&str>>) -> Vec<Vec<&str>> {
    let as_set = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let all: Vec<BTreeSet<String>> = sets.iter().map(|list| as_set(list)).collect();
    let kept = |index: usize| {
        let part = |(other, set): (usize, &BTreeSet<String>)| {
            // Of equal ones the first is kept.
            all[index].is_subset(set) && (all[index] != *set || other < index)
        };
        !all.iter().enumerate().any(|(other, set)| other != index && part((other, set)))
    };
    let kept: Vec<bool> = (0..all.len()).map(kept).collect();
    sets.into_iter().zip(kept).filter_map(|(set, kept)| kept.then_some(set)).collect()
}
