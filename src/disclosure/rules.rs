//! Which cells are sensitive, and how far each must stay from its true value.
//!
//! The parameters are the node's private configuration: publishing them would help an attacker.

use crate::{
    codes::catalogue::{Catalogue, MeasureKind, Population},
    disclosure::{error::DisclosureError, transcript::Protection},
    indicators::cube::{Contribution, CubeCell},
};

/// The rules of one member. There is no default: the configuration states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A cell with fewer distinct enterprises is sensitive. At least 2.
    pub contributors_min: u32,
    /// p of the p%-rule: a value is sensitive if what the others contribute, without the two
    /// largest, is less than p % of the largest. 1 to 100.
    pub dominance_percent: u32,
}

impl Rules {
    /// Checks the limits.
    pub fn validate(&self) -> Result<(), DisclosureError> {
        if self.contributors_min < 2 {
            return Err(DisclosureError::InvalidRules(
                "contributors_min must be at least 2, or single enterprises are published",
            ));
        }
        if !(1..=100).contains(&self.dominance_percent) {
            return Err(DisclosureError::InvalidRules("dominance_percent must be 1 to 100"));
        }
        Ok(())
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
        // Whoever adds nothing hides nobody.
        let adds = |one: &&Contribution| one.values.iter().any(|value| *value != 0);
        let contributors = cell.contributors.iter().filter(adds).count();
        let few = contributors < self.contributors_min as usize;
        let dominated = population.measures.iter().enumerate().any(|(index, measure)| {
            measure.kind == MeasureKind::Value && self.missing(cell, index) > 0
        });
        if !few && !dominated {
            return None;
        }
        let protection = |(index, measure): (usize, &crate::codes::catalogue::Measure)| {
            if measure.kind != MeasureKind::Value {
                return Protection::NotExact;
            }
            // Never exact, whatever the rule: at least one unit.
            let above = self.missing(cell, index).max(1);
            let floor = value_floor(catalogue, population, &measure.id);
            let below = above.min(cell.values[index].saturating_sub(floor).max(0));
            Protection::Interval { below, above }
        };
        Some(population.measures.iter().enumerate().map(protection).collect())
    }

    /// The protection that a difference needs to which enterprises add `parts`, none of them zero;
    /// `None` if it is not sensitive. Parts may be negative: the p%-rule looks at their sizes.
    pub fn assess_difference(&self, kind: MeasureKind, parts: &[i64]) -> Option<Protection> {
        let few = parts.len() < self.contributors_min as usize;
        let above = self.missing_in(parts.iter().map(|part| i128::from(*part).abs()));
        match kind {
            MeasureKind::Value if few || above > 0 => {
                let level = above.max(1);
                Some(Protection::Interval { below: level, above: level })
            }
            MeasureKind::Count | MeasureKind::Distinct if few => Some(Protection::NotExact),
            _ => None,
        }
    }

    /// How much the others' contributions fall short of p % of the largest: the upper protection
    /// level of the p%-rule, rounded up. Zero or less where the rule holds.
    fn missing(&self, cell: &CubeCell, measure: usize) -> i64 {
        self.missing_in(cell.contributors.iter().map(|one| i128::from(one.values[measure])))
    }

    fn missing_in(&self, parts: impl Iterator<Item = i128>) -> i64 {
        let (mut largest, mut second, mut sum) = (0_i128, 0_i128, 0_i128);
        for value in parts {
            sum += value;
            if value > largest {
                (largest, second) = (value, largest);
            } else {
                second = second.max(value);
            }
        }
        let missing = largest * i128::from(self.dominance_percent) - 100 * (sum - largest - second);
        i64::try_from(-(-missing).div_euclid(100)).unwrap_or(i64::MAX)
    }
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
        toml::from_str(include_str!("../codes/catalogue.toml")).unwrap()
    }

    fn funding(parts: &[i64]) -> CubeCell {
        let contributors: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(index, value)| Contribution {
                enterprise: EnterpriseId::from_bytes([index as u8; 16]),
                values: vec![1, *value],
            })
            .collect();
        CubeCell { values: vec![parts.len() as i64, parts.iter().sum()], contributors }
    }

    fn check(parts: &[i64], expected: Option<(i64, i64)>) {
        let catalogue = catalogue();
        let rules = Rules { contributors_min: 3, dominance_percent: 15 };
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
        let rules = Rules { contributors_min: 4, dominance_percent: 15 };
        let population = catalogue.population("funding").unwrap();
        let mut cell = funding(&[1000, 900, 800, 700]);
        assert_eq!(rules.assess(&catalogue, population, &cell), None);
        cell.contributors[3].values = vec![0, 0];
        assert!(rules.assess(&catalogue, population, &cell).is_some());
    }

    #[test]
    fn rules_that_protect_nobody_are_refused() {
        for (contributors_min, dominance_percent) in [(0, 15), (1, 15), (3, 0), (3, 101)] {
            assert!(Rules { contributors_min, dominance_percent }.validate().is_err());
        }
    }
}
