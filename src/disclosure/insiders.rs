//! What those know who contribute (attacker A3): each single contributor, and coalitions that are
//! smaller by two than the rules' least number, so that one who is missing from them still hides
//! behind another. The enterprises of a holding group are one contributor.
//!
//! A coalition knows every figure that only its members contribute to. Of all others it knows its
//! own part, so that it takes them to be at least as large.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::id::EnterpriseId,
    codes::catalogue::Catalogue,
    disclosure::{
        attack::Attack,
        difference::{self, Holdings, Parts},
        rules::Rules,
        suppress::problem::Insider,
    },
    indicators::cube::Owner,
};

/// Who contributes.
struct Contributors<'a> {
    attack: &'a Attack,
    /// The contributors of each cell of which all are known, with their parts of its measures.
    parts_of: BTreeMap<usize, BTreeMap<Owner<'a>, Vec<i64>>>,
    /// The cells of each.
    cells_of: BTreeMap<Owner<'a>, Vec<usize>>,
    /// The variables of sensitive differences, with those who make them; without those of which
    /// that is not known.
    differences: BTreeMap<usize, Vec<Owner<'a>>>,
}

/// The coalitions that know some figure by themselves.
pub fn insiders(
    catalogue: &Catalogue,
    rules: &Rules,
    attack: &Attack,
    parts: &Parts<'_>,
    holdings: &Holdings<'_>,
) -> Vec<Insider> {
    let difference = |(variable, terms): (usize, Vec<(usize, i64)>)| {
        let own = difference::own_parts(parts, holdings, &terms, attack)?;
        Some((variable, own.into_iter().map(|(who, _)| who).collect()))
    };
    let differences = attack.difference_variables().filter_map(difference).collect();
    let known = parts.iter().filter(|(cell, own)| are_known(attack, **cell, own));
    let parts_of = known.map(|(cell, own)| (*cell, by_owner(holdings, own))).collect();
    let mut contributors =
        Contributors { attack, parts_of, cells_of: BTreeMap::new(), differences };
    let together_max = |cell: usize| {
        let population = &catalogue.populations[attack.system.cells[cell].population];
        let contributors_min = rules.contributors_min(&population.id) as usize;
        contributors_min.saturating_sub(2).max(1)
    };
    let mut coalitions: BTreeSet<Vec<Owner<'_>>> = BTreeSet::new();
    for (cell, members) in &contributors.parts_of {
        for who in members.keys() {
            contributors.cells_of.entry(*who).or_default().push(*cell);
        }
        if (1..=together_max(*cell)).contains(&members.len()) {
            coalitions.insert(members.keys().copied().collect());
        }
    }
    for (variable, members) in &contributors.differences {
        if members.len() <= together_max(attack.system.cell_of[*variable]) {
            coalitions.insert(members.clone());
        }
    }
    coalitions.iter().map(|members| contributors.insider(members)).collect()
}

/// Whether all contributors of a cell are known.
fn are_known(attack: &Attack, cell: usize, parts: &[(EnterpriseId, &[i64])]) -> bool {
    let sum = |measure: usize| -> i128 {
        let own = parts.iter().filter_map(|(_, values)| values.get(measure));
        own.map(|value| i128::from(*value)).sum()
    };
    let mut variables = attack.variables(cell).enumerate();
    variables.all(|(measure, one)| sum(measure) == i128::from(attack.truth[one]))
}

/// What each contributor adds to a cell; the enterprises of a group together.
fn by_owner<'a>(
    holdings: &Holdings<'a>,
    parts: &[(EnterpriseId, &[i64])],
) -> BTreeMap<Owner<'a>, Vec<i64>> {
    let mut owners: BTreeMap<Owner<'a>, Vec<i64>> = BTreeMap::new();
    for (who, values) in parts {
        let owner = holdings.get(who).map_or(Owner::Alone(*who), |group| Owner::Group(group));
        let own = owners.entry(owner).or_insert_with(|| vec![0; values.len()]);
        own.iter_mut().zip(*values).for_each(|(own, value)| *own = own.saturating_add(*value));
    }
    owners
}

impl Contributors<'_> {
    fn insider(&self, members: &[Owner<'_>]) -> Insider {
        let mut cells: Vec<usize> =
            members.iter().filter_map(|who| self.cells_of.get(who)).flatten().copied().collect();
        cells.sort_unstable();
        cells.dedup();
        let mut insider = Insider::default();
        for cell in cells {
            match self.parts_of[&cell].keys().all(|who| members.contains(who)) {
                true => insider.known.extend(self.attack.variables(cell)),
                false => insider.down.extend(self.downs(cell, members)),
            }
        }
        let is_known = |(_, own): &(&usize, &Vec<_>)| own.iter().all(|who| members.contains(who));
        insider.known.extend(self.differences.iter().filter(is_known).map(|(one, _)| one));
        insider
    }

    /// How far below their true values the variables of a cell can be beside the members' own part.
    fn downs(&self, cell: usize, members: &[Owner<'_>]) -> Vec<(usize, i64)> {
        let own: Vec<&Vec<i64>> =
            members.iter().filter_map(|who| self.parts_of[&cell].get(who)).collect();
        let mut downs = Vec::new();
        for (measure, variable) in self.attack.variables(cell).enumerate() {
            let own: i64 = own.iter().filter_map(|values| values.get(measure)).sum();
            if own > self.attack.least(variable) {
                downs.push((variable, self.attack.truth[variable].saturating_sub(own)));
            }
        }
        downs
    }
}
