//! Which rule makes a cell sensitive, for the hub's own eyes: whoever is told that knows more of
//! the cell than the rules allow.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    codes::catalogue::{MeasureKind, Population},
    disclosure::rules::Rules,
    indicators::cube::{Contribution, CubeCell, Owner},
};

/// A rule that makes a cell sensitive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Too few enterprises contribute.
    FewEnterprises,
    /// Enough enterprises do, but too few holding groups stand behind them.
    FewGroups,
    /// One contributor could estimate another's part of this measure too closely (p %).
    Ratio {
        /// The measure.
        measure: String,
    },
    /// The largest contributors have too much of this measure (n, k).
    Share {
        /// The measure.
        measure: String,
    },
}

impl Rules {
    /// All rules that make the cell sensitive; none exactly where [`Rules::assess`] finds that it
    /// is not.
    pub fn reasons(&self, population: &Population, cell: &CubeCell) -> Vec<Reason> {
        if cell.values.iter().all(|value| *value == 0) {
            return Vec::new();
        }
        let limits = self.limits(&population.id);
        let adds = |one: &&Contribution| one.values.iter().any(|value| *value != 0);
        let adding = cell.contributors.iter().filter(adds);
        let owners: BTreeSet<Owner<'_>> = adding.clone().map(Contribution::owner).collect();
        let enterprises = adding.count();
        let mut reasons = Vec::new();
        if limits.iter().any(|one| one.are_few(enterprises)) {
            reasons.push(Reason::FewEnterprises);
        } else if limits.iter().any(|one| one.are_few(owners.len())) {
            reasons.push(Reason::FewGroups);
        }
        for (index, measure) in population.measures.iter().enumerate() {
            if measure.kind != MeasureKind::Value {
                continue;
            }
            let mut parts: BTreeMap<Owner<'_>, i128> = BTreeMap::new();
            for one in &cell.contributors {
                *parts.entry(one.owner()).or_default() += i128::from(one.values[index]);
            }
            let parts: Vec<i128> = parts.into_values().collect();
            if limits.iter().any(|one| one.level_by_ratio(&parts) > 0) {
                reasons.push(Reason::Ratio { measure: measure.id.clone() });
            }
            if limits.iter().any(|one| one.level_by_share(&parts).is_some_and(|level| level > 0)) {
                reasons.push(Reason::Share { measure: measure.id.clone() });
            }
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::id::EnterpriseId,
        codes::catalogue::Catalogue,
        disclosure::rules::{Largest, Limits},
    };

    /// The reasons of a cell of amounts, by enterprise with its group.
    fn reasons(rules: &Rules, parts: &[(i64, Option<&str>)]) -> Vec<Reason> {
        let catalogue: Catalogue =
            toml::from_str(include_str!("../../codes/catalogue.toml")).unwrap();
        let contributor = |(number, (value, group)): (usize, &(i64, Option<&str>))| Contribution {
            enterprise: EnterpriseId::from_bytes([number as u8; 16]),
            holding: group.map(str::to_owned),
            values: vec![i64::from(*value > 0), *value],
        };
        let contributors: Vec<_> = parts.iter().enumerate().map(contributor).collect();
        let sum = |measure: usize| contributors.iter().map(|one| one.values[measure]).sum();
        let cell = CubeCell { values: vec![sum(0), sum(1)], contributors };
        let population = catalogue.population("funding").unwrap();
        let found = rules.reasons(population, &cell);
        let sensitive = rules.assess(&catalogue, population, &cell).is_some();
        assert_eq!(!found.is_empty(), sensitive, "{parts:?}: {found:?}");
        found
    }

    #[test]
    fn each_rule_is_named_where_it_speaks_and_nowhere_else() {
        let rules = Rules::new(3, 15);
        let share = Limits { largest: Some(Largest { count: 2, percent: 80 }), ..rules.general };
        let with_share = Rules { general: share, ..rules.clone() };
        let amount = || "amount".to_owned();
        let (ratio, by_share) =
            (Reason::Ratio { measure: amount() }, Reason::Share { measure: amount() });
        let alone = [(500, None); 4];
        assert_eq!(reasons(&rules, &alone), []);
        assert_eq!(reasons(&rules, &[]), []);
        let grouped = [(500, Some("G")), (500, Some("G")), (500, Some("H")), (500, Some("H"))];
        assert_eq!(reasons(&rules, &grouped), [Reason::FewGroups, ratio.clone()]);
        assert_eq!(reasons(&rules, &alone[..2]), [Reason::FewEnterprises, ratio.clone()]);
        // Whoever adds nothing is nobody.
        let idle = [(500, None), (500, None), (0, None)];
        assert_eq!(reasons(&rules, &idle), [Reason::FewEnterprises, ratio.clone()]);
        let uneven = [(1000, None), (600, None), (100, None), (20, None)];
        assert_eq!(reasons(&rules, &uneven), std::slice::from_ref(&ratio));
        assert_eq!(reasons(&with_share, &uneven), [ratio, by_share.clone()]);
        let two_large = [(1000, None), (600, None), (151, None), (0, None)];
        assert_eq!(reasons(&with_share, &two_large), [by_share]);
    }
}
