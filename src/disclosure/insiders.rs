//! What those know who contribute (attacker A3): each single contributor, and coalitions that are
//! smaller by two than the rules' least number, so that one who is missing from them still hides
//! behind another.
//!
//! A coalition knows every figure that only its members contribute to. Of all others it knows its
//! own part, so that it takes them to be at least as large.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::id::EnterpriseId,
    disclosure::{
        attack::Attack,
        difference::{self, Parts},
        rules::Rules,
        suppress::problem::Insider,
    },
};

/// The coalitions that know some figure by themselves.
pub fn insiders(rules: &Rules, attack: &Attack, parts: &Parts<'_>) -> Vec<Insider> {
    let together_max = (rules.contributors_min as usize).saturating_sub(2).max(1);
    let mut cells_of: BTreeMap<EnterpriseId, Vec<usize>> = BTreeMap::new();
    let mut coalitions: BTreeSet<Vec<EnterpriseId>> = BTreeSet::new();
    for (cell, parts) in parts.iter().filter(|(cell, _)| is_known(attack, **cell, parts)) {
        let mut members: Vec<EnterpriseId> = parts.iter().map(|(who, _)| *who).collect();
        members.sort_unstable();
        members.iter().for_each(|who| cells_of.entry(*who).or_default().push(*cell));
        if (1..=together_max).contains(&members.len()) {
            coalitions.insert(members);
        }
    }
    let differences = differences(attack, parts);
    let few = differences.values().filter(|members| members.len() <= together_max);
    coalitions.extend(few.cloned());
    let insider = |members: &Vec<EnterpriseId>| {
        let mut insider = insider(attack, parts, &cells_of, members);
        let is_known = |(_, own): &(&usize, &Vec<_>)| own.iter().all(|who| members.contains(who));
        insider.known.extend(differences.iter().filter(is_known).map(|(variable, _)| variable));
        insider
    };
    coalitions.iter().map(insider).collect()
}

/// The variables of sensitive differences, with those who make them; without those of which that is
/// not known.
fn differences(attack: &Attack, parts: &Parts<'_>) -> BTreeMap<usize, Vec<EnterpriseId>> {
    let contributors = |(variable, terms): (usize, &[(usize, i64)])| {
        let own = difference::own_parts(parts, terms, attack)?;
        Some((variable, own.into_iter().map(|(who, _)| who).collect()))
    };
    attack.difference_variables().filter_map(contributors).collect()
}

/// Whether all contributors of a cell are known.
fn is_known(attack: &Attack, cell: usize, parts: &Parts<'_>) -> bool {
    let sum = |measure: usize| -> i128 {
        let own = parts[&cell].iter().filter_map(|(_, values)| values.get(measure));
        own.map(|value| i128::from(*value)).sum()
    };
    let mut variables = attack.variables(cell).enumerate();
    variables.all(|(measure, variable)| sum(measure) == i128::from(attack.truth[variable]))
}

fn insider(
    attack: &Attack,
    parts: &Parts<'_>,
    cells_of: &BTreeMap<EnterpriseId, Vec<usize>>,
    members: &[EnterpriseId],
) -> Insider {
    let mut cells: Vec<usize> =
        members.iter().filter_map(|who| cells_of.get(who)).flatten().copied().collect();
    cells.sort_unstable();
    cells.dedup();
    let mut insider = Insider::default();
    for cell in cells {
        let is_own = |who: &EnterpriseId| members.contains(who);
        if parts[&cell].iter().all(|(who, _)| is_own(who)) {
            insider.known.extend(attack.variables(cell));
            continue;
        }
        for (measure, variable) in attack.variables(cell).enumerate() {
            let own = parts[&cell].iter().filter(|(who, _)| is_own(who));
            let own: i64 = own.filter_map(|(_, values)| values.get(measure)).sum();
            if own > attack.least(variable) {
                insider.down.push((variable, attack.truth[variable].saturating_sub(own)));
            }
        }
    }
    insider
}
