//! Which cells are sensitive, and how far each must stay from its true value.
//!
//! The parameters are the node's private configuration: publishing them would help an attacker.

mod limits;
mod reason;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    codes::catalogue::{Catalogue, Measure, MeasureKind, Population},
    disclosure::{error::DisclosureError, transcript::Protection},
    indicators::cube::{Contribution, CubeCell, Owner},
};

pub use limits::{LARGEST_COUNT_MAX, Largest, Limits};
pub use reason::Reason;

/// The rules of one member. There is no default: the configuration states them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// What holds for every population that has no limits of its own.
    pub general: Limits,
    /// Limits of single populations, instead of the general ones. Where a population has several
    /// (it is part of several indicators), all of them hold.
    pub exceptions: Vec<Exception>,
}

/// Limits of one population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its identifier in the catalogue.
    pub population: String,
    /// What its cells are held to.
    pub limits: Limits,
}

impl Rules {
    /// Rules with a least number of contributors and a p%-rule, the same for all populations.
    pub const fn new(contributors_min: u32, dominance_percent: u32) -> Self {
        Self { general: Limits::new(contributors_min, dominance_percent), exceptions: Vec::new() }
    }

    /// Checks the limits.
    pub fn validate(&self) -> Result<(), DisclosureError> {
        self.general.validate()?;
        self.exceptions.iter().try_for_each(|one| one.limits.validate())
    }

    /// All limits that a population's cells are held to.
    fn limits(&self, population: &str) -> Vec<Limits> {
        let own = self.exceptions.iter().filter(|one| one.population == population);
        let own: Vec<Limits> = own.map(|one| one.limits).collect();
        if own.is_empty() { vec![self.general] } else { own }
    }

    /// The least number of contributors that a population's cells are published with.
    pub fn contributors_min(&self, population: &str) -> u32 {
        let all = self.limits(population).into_iter().map(|one| one.contributors_min);
        all.max().unwrap_or(self.general.contributors_min)
    }

    /// Whether any limit asks for what [`Self::is_group_small`] tells.
    pub fn look_at_groups(&self) -> bool {
        let exceptions = self.exceptions.iter().map(|one| one.limits);
        exceptions.chain([self.general]).any(|one| one.group_contributors_min > 0)
    }

    /// Whether a figure of `populations` that says the same of `contributors` tells too much. The
    /// limits of all its populations hold.
    pub fn is_group_small<'a>(
        &self,
        populations: impl IntoIterator<Item = &'a str>,
        contributors: usize,
    ) -> bool {
        let limits = populations.into_iter().flat_map(|population| self.limits(population));
        limits.into_iter().any(|one| contributors < one.group_contributors_min as usize)
    }

    /// The protection each measure of the cell needs, in order; `None` if the cell is not
    /// sensitive. One mark covers the population cell: if one measure is sensitive, all are.
    pub fn assess(
        &self,
        catalogue: &Catalogue,
        population: &Population,
        cell: &CubeCell,
    ) -> Option<Vec<Protection>> {
        if cell.values.iter().all(|value| *value == 0) {
            return None;
        }
        let limits = self.limits(&population.id);
        // Whoever adds nothing hides nobody; a group is one contributor.
        let adds = |one: &&Contribution| one.values.iter().any(|value| *value != 0);
        let owners: BTreeSet<Owner<'_>> =
            cell.contributors.iter().filter(adds).map(Contribution::owner).collect();
        let few = limits.iter().any(|one| one.are_few(owners.len()));
        let level = |measure: usize| {
            let mut parts: BTreeMap<Owner<'_>, i128> = BTreeMap::new();
            for one in &cell.contributors {
                *parts.entry(one.owner()).or_default() += i128::from(one.values[measure]);
            }
            highest_level(&limits, &parts.into_values().collect::<Vec<_>>())
        };
        let dominated = population
            .measures
            .iter()
            .enumerate()
            .any(|(index, measure)| measure.kind == MeasureKind::Value && level(index) > 0);
        if !few && !dominated {
            return None;
        }
        let protection = |(index, measure): (usize, &Measure)| {
            if measure.kind != MeasureKind::Value {
                return Protection::NotExact;
            }
            // Never exact, whatever the rule: at least one unit.
            let above = level(index).max(1);
            let floor = value_floor(catalogue, population, &measure.id);
            let below = above.min(cell.values[index].saturating_sub(floor).max(0));
            Protection::Interval { below, above }
        };
        Some(population.measures.iter().enumerate().map(protection).collect())
    }

    /// The protection that a sum over cells of `populations` needs, to which owners add `parts`,
    /// none of them zero; `None` if it is not sensitive. The limits of all its populations hold.
    /// Parts may be negative: dominance looks at their sizes.
    pub fn assess_difference<'a>(
        &self,
        populations: impl IntoIterator<Item = &'a str>,
        kind: MeasureKind,
        parts: &[i64],
    ) -> Option<Protection> {
        let limits: Vec<Limits> =
            populations.into_iter().flat_map(|population| self.limits(population)).collect();
        let few = limits.iter().any(|one| one.are_few(parts.len()));
        let sizes: Vec<i128> = parts.iter().map(|part| i128::from(*part).abs()).collect();
        let above = highest_level(&limits, &sizes);
        match kind {
            MeasureKind::Value if few || above > 0 => {
                let level = above.max(1);
                Some(Protection::Interval { below: level, above: level })
            }
            MeasureKind::Count | MeasureKind::Distinct if few => Some(Protection::NotExact),
            _ => None,
        }
    }
}

/// The upper protection level that the strictest of the limits asks for; zero or less if none does.
fn highest_level(limits: &[Limits], parts: &[i128]) -> i64 {
    limits.iter().map(|one| one.level(parts)).max().unwrap_or_default()
}

/// What a hidden value is known to be at least: the least per record where the catalogue bounds it
/// by a count (a hidden count is at least 1), else zero.
pub fn value_floor(catalogue: &Catalogue, population: &Population, measure: &str) -> i64 {
    let bound = catalogue
        .bounds
        .iter()
        .find(|bound| bound.value.population == population.id && bound.value.measure == measure);
    bound.map_or(0, |bound| bound.least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::EnterpriseId;

    fn catalogue() -> Catalogue {
        toml::from_str(include_str!("../../codes/catalogue.toml")).unwrap()
    }

    fn funding(parts: &[i64]) -> CubeCell {
        let contributors: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(index, value)| Contribution {
                enterprise: EnterpriseId::from_bytes([index as u8; 16]),
                holding: None,
                values: vec![1, *value],
            })
            .collect();
        CubeCell { values: vec![parts.len() as i64, parts.iter().sum()], contributors }
    }

    fn check(parts: &[i64], expected: Option<(i64, i64)>) {
        let catalogue = catalogue();
        let rules = Rules::new(3, 15);
        let population = catalogue.population("funding").unwrap();
        let found = rules.assess(&catalogue, population, &funding(parts));
        let expected = expected.map(|(below, above)| {
            vec![Protection::NotExact, Protection::Interval { below, above }]
        });
        assert_eq!(found, expected, "{parts:?}");
    }

    #[test]
    fn few_enterprises_or_one_that_dominates_make_a_cell_sensitive() {
        check(&[], None);
        check(&[1000, 500, 500], None);
        check(&[1000, 500], Some((150, 150)));
        check(&[1000], Some((150, 150)));
        check(&[1000, 500, 149], Some((1, 1)));
        check(&[1000, 500, 150], None);
        check(&[3, 3, 0], Some((1, 1)));
    }

    #[test]
    fn enterprises_that_add_nothing_do_not_count() {
        let catalogue = catalogue();
        let rules = Rules::new(4, 15);
        let population = catalogue.population("funding").unwrap();
        let mut cell = funding(&[1000, 900, 800, 700]);
        assert_eq!(rules.assess(&catalogue, population, &cell), None);
        cell.contributors[3].values = vec![0, 0];
        assert!(rules.assess(&catalogue, population, &cell).is_some());
    }

    #[test]
    fn enterprises_of_one_holding_group_are_one_contributor() {
        let catalogue = catalogue();
        let rules = Rules::new(3, 15);
        let population = catalogue.population("funding").unwrap();
        let level = |parts: &[i64], groups: &[(usize, &str)]| {
            let mut cell = funding(parts);
            for (place, group) in groups {
                cell.contributors[*place].holding = Some((*group).into());
            }
            rules.assess(&catalogue, population, &cell).map(|found| match found[1] {
                Protection::Interval { above, .. } => above,
                Protection::NotExact => 0,
            })
        };
        let even = [500, 500, 500, 500];
        assert_eq!(level(&even, &[]), None);
        assert_eq!(level(&even, &[(0, "G1")]), None);
        // Three groups are as many as the rule asks for, two are not.
        assert_eq!(level(&even, &[(0, "G1"), (1, "G1")]), None);
        assert_eq!(level(&even, &[(0, "G1"), (1, "G1"), (2, "G2"), (3, "G2")]), Some(150));
        // Together the largest have 1800: 15 % of that is 270, and the third has 200.
        let uneven = [900, 900, 500, 200];
        assert_eq!(level(&uneven, &[]), None);
        assert_eq!(level(&uneven, &[(0, "G1"), (1, "G1")]), Some(70));
    }

    #[test]
    fn a_population_is_held_to_all_limits_of_its_own_and_others_to_the_general_ones() {
        let catalogue = catalogue();
        let funding_cell = funding(&[1000, 900, 800, 700]);
        let population = catalogue.population("funding").unwrap();
        let other = |limits: Limits| Exception { population: "visits".into(), limits };
        let own = |limits: Limits| Exception { population: "funding".into(), limits };
        let general = Rules::new(3, 15).general;
        let few = Limits { contributors_min: 5, ..general };
        let share = Limits { largest: Some(Largest { count: 2, percent: 50 }), ..general };
        let level = |exceptions: Vec<Exception>| {
            let rules = Rules { exceptions, ..Rules::new(3, 15) };
            let found = rules.assess(&catalogue, population, &funding_cell)?;
            let Protection::Interval { above, .. } = found[1] else { return None };
            Some(above)
        };
        assert_eq!(level(vec![]), None);
        assert_eq!(level(vec![other(few), other(share)]), None);
        assert_eq!(level(vec![own(few)]), Some(1));
        // 1900 of 3400 are more than half: 3800 − 3400.
        assert_eq!(level(vec![own(share)]), Some(400));
        assert_eq!(level(vec![own(few), own(share)]), Some(400));
        assert_eq!(level(vec![own(general)]), None);
    }

    #[test]
    fn a_sum_is_held_to_the_limits_of_all_its_populations() {
        let limits = Limits { contributors_min: 5, ..Rules::new(3, 15).general };
        let exceptions = vec![Exception { population: "visits".into(), limits }];
        let rules = Rules { exceptions, ..Rules::new(3, 15) };
        let parts = [1, 1, 1, 1];
        let assess = |populations: &[&str]| {
            let populations = populations.iter().copied();
            rules.assess_difference(populations, MeasureKind::Count, &parts)
        };
        assert_eq!(assess(&["answers"]), None);
        assert_eq!(assess(&["answers", "visits"]), Some(Protection::NotExact));
    }

    #[test]
    fn limits_of_single_populations_are_checked_too() {
        let limits = Limits { contributors_min: 1, ..Rules::new(3, 15).general };
        let exceptions = vec![Exception { population: "visits".into(), limits }];
        assert!(Rules { exceptions, ..Rules::new(3, 15) }.validate().is_err());
    }
}
