//! Counter-examples, and the check that alone has to be believed.
//!
//! A counter-example is an exact deviation from the true values that every attacker of the audit
//! must think possible: it moves hidden cells only, keeps every relation, and keeps every hidden
//! cell at or above what attackers know it to be at least. The check below is exact integer
//! arithmetic; no solver is trusted. Confidential: deviations never leave the node.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::{
    suppress::problem::Insider,
    system::{Comparison, Relation},
    transcript::Protection,
};

/// A deviation: variables with what is added to their true values, ascending, none zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deviation(Vec<(usize, i64)>);

/// What attackers know, and the truth that they do not.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The relations attackers use. All hold for the true values.
    pub relations: &'a [&'a Relation],
    /// The true value of each variable.
    pub truth: &'a [i64],
    /// What attackers know each hidden variable to be at least and at most.
    pub bounds: &'a Bounds,
    /// Whether each variable is hidden from them.
    pub hidden: &'a [bool],
    /// For each variable the places in `relations` of those that name it ([`touching`]).
    pub touching: &'a [Vec<usize>],
}

/// What attackers know variables to be at least and at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// At least.
    pub least: Vec<i64>,
    /// At most; `None` where they know no bound.
    pub most: Vec<Option<i64>>,
}

/// For each of `variables` variables, the places of the relations that name it.
pub fn touching(relations: &[&Relation], variables: usize) -> Vec<Vec<usize>> {
    let mut touching = vec![Vec::new(); variables];
    for (place, relation) in relations.iter().enumerate() {
        for (variable, _) in &relation.terms {
            touching[*variable].push(place);
        }
    }
    touching
}

/// What one counter-example must show about a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Demand {
    /// The variable.
    pub variable: usize,
    /// What must be possible.
    pub what: Possible,
}

/// What must be possible for a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Possible {
    /// Any other value.
    Other,
    /// A value at least this much larger.
    Above(i64),
    /// A value at least this much smaller.
    Below(i64),
    /// A value at least this much larger or smaller.
    Apart(i64),
}

impl Demand {
    /// The demands of a protection.
    pub fn of(variable: usize, protection: Protection) -> Vec<Self> {
        let mut demands = Vec::new();
        match protection {
            Protection::NotExact => demands.push(Possible::Other),
            Protection::Interval { below, above } => {
                demands.extend((above > 0).then_some(Possible::Above(above)));
                demands.extend((below > 0).then_some(Possible::Below(below)));
            }
        }
        demands.into_iter().map(|what| Self { variable, what }).collect()
    }

    /// Whether nothing meets this demand without meeting `other`.
    pub fn implies(&self, other: &Self) -> bool {
        self.variable == other.variable
            && match (self.what, other.what) {
                (_, Possible::Other) => true,
                (Possible::Above(own) | Possible::Below(own), Possible::Apart(least)) => {
                    own >= least
                }
                (Possible::Above(own), Possible::Above(least))
                | (Possible::Below(own), Possible::Below(least)) => own >= least,
                _ => false,
            }
    }

    /// Whether it is proven that nothing meets the demand, from how far below and above its true
    /// value the variable can be at most; `None` where no bound is proven.
    pub fn is_lost(&self, (below, above): (Option<i64>, Option<i64>)) -> bool {
        let within =
            |reach: Option<i64>, least: i64| reach.is_some_and(|reach| reach < least.max(1));
        match self.what {
            Possible::Above(least) => within(above, least),
            Possible::Below(least) => within(below, least),
            Possible::Other => within(below, 1) && within(above, 1),
            Possible::Apart(least) => within(below, least) && within(above, least),
        }
    }

    /// What can be asked for instead, the most first, if the variable can be no further below and
    /// above its true value than this, which is not far enough.
    pub fn less(&self, (below, above): (Option<i64>, Option<i64>)) -> Vec<Self> {
        let with = |what| Self { what, ..*self };
        let halves = |reach: Option<i64>| {
            std::iter::successors(reach, |reach| Some(reach / 2)).take_while(|reach| *reach > 0)
        };
        match self.what {
            Possible::Other => Vec::new(),
            Possible::Apart(_) => vec![with(Possible::Other)],
            Possible::Above(_) => halves(above).map(|reach| with(Possible::Above(reach))).collect(),
            Possible::Below(_) => halves(below).map(|reach| with(Possible::Below(reach))).collect(),
        }
    }

    /// Whether the deviation shows it.
    pub fn met_by(&self, deviation: &Deviation) -> bool {
        self.met_by_change(deviation.at(self.variable))
    }

    /// Whether a deviation shows it that moves the variable by so much.
    pub fn met_by_change(&self, moved: i64) -> bool {
        match self.what {
            Possible::Other => moved != 0,
            Possible::Above(least) => moved >= least.max(1),
            Possible::Below(least) => moved <= -least.max(1),
            Possible::Apart(least) => moved.unsigned_abs() >= least.max(1).unsigned_abs(),
        }
    }
}

impl Deviation {
    /// From variables and changes; zeros are left out. `None` if a variable is named twice.
    pub fn new(mut changes: Vec<(usize, i64)>) -> Option<Self> {
        changes.retain(|(_, change)| *change != 0);
        changes.sort_unstable();
        let distinct = changes.windows(2).all(|pair| pair[0].0 != pair[1].0);
        distinct.then_some(Self(changes))
    }

    /// What is added to a variable.
    pub fn at(&self, variable: usize) -> i64 {
        let found = self.0.binary_search_by_key(&variable, |(variable, _)| *variable);
        found.map_or(0, |place| self.0[place].1)
    }

    /// The changes.
    pub fn changes(&self) -> &[(usize, i64)] {
        &self.0
    }
}

impl Known<'_> {
    /// Whether attackers must think `deviation` possible. Relations that it does not touch hold as
    /// they do for the true values.
    pub fn allows(&self, deviation: &Deviation) -> bool {
        let moves_hidden = deviation.0.iter().all(|(variable, change)| {
            let Some(true) = self.hidden.get(*variable) else { return false };
            let value = i128::from(self.truth[*variable]) + i128::from(*change);
            let most = self.bounds.most[*variable];
            value >= i128::from(self.bounds.least[*variable])
                && most.is_none_or(|most| value <= i128::from(most))
        });
        let value =
            |variable: usize| i128::from(self.truth[variable]) + i128::from(deviation.at(variable));
        moves_hidden
            && deviation.0.iter().all(|(variable, _)| {
                let mut touched = self.touching[*variable].iter();
                touched.all(|place| holds(self.relations[*place], value))
            })
    }
}

/// A demand that nothing shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Which.
    pub demand: Demand,
    /// To which insiders; to everybody if there are none.
    pub insiders: Vec<u32>,
}

impl Open {
    /// Whether whoever the other is open to, this one is, too.
    pub fn covers(&self, other: &Self) -> bool {
        let to_all = self.insiders.is_empty();
        let to_those = || other.insiders.iter().all(|one| self.insiders.contains(one));
        self.demand == other.demand && (to_all || (!other.insiders.is_empty() && to_those()))
    }
}

/// The demands that are open, given what is `shown`, which must all be possible for outsiders. That
/// a value could be another must be possible for every insider, too, who does not know it.
pub fn open(demands: &[Demand], shown: &[Deviation], insiders: &Insiders) -> Vec<Open> {
    let mut moving: BTreeMap<usize, Vec<(usize, i64)>> = BTreeMap::new();
    for (place, deviation) in shown.iter().enumerate() {
        for (variable, by) in &deviation.0 {
            moving.entry(*variable).or_default().push((place, *by));
        }
    }
    let impossible_for: Vec<BTreeSet<u32>> =
        shown.iter().map(|one| insiders.impossible_for(one)).collect();
    let mut open = Vec::new();
    for demand in demands {
        let all = moving.get(&demand.variable).into_iter().flatten();
        let mut meeting = all.filter(|(_, by)| demand.met_by_change(*by)).map(|(place, _)| *place);
        let Some(first) = meeting.next() else {
            open.push(Open { demand: *demand, insiders: Vec::new() });
            continue;
        };
        if matches!(demand.what, Possible::Above(_) | Possible::Below(_)) {
            continue;
        }
        let mut exposed = impossible_for[first].clone();
        exposed.retain(|insider| !insiders.knows(*insider, demand.variable));
        for place in meeting {
            exposed.retain(|insider| impossible_for[place].contains(insider));
        }
        if !exposed.is_empty() {
            open.push(Open { demand: *demand, insiders: exposed.into_iter().collect() });
        }
    }
    open
}

/// What insiders know, by variable.
#[derive(Debug, Clone, Default)]
pub struct Insiders {
    known: BTreeMap<usize, BTreeSet<u32>>,
    down: BTreeMap<usize, Vec<(u32, i64)>>,
    up: BTreeMap<usize, Vec<(u32, i64)>>,
}

impl Insiders {
    /// By variable.
    pub fn new(insiders: &[Insider]) -> Self {
        let mut by_variable = Self::default();
        for (place, insider) in insiders.iter().enumerate() {
            let place = place as u32;
            for variable in &insider.known {
                by_variable.known.entry(*variable).or_default().insert(place);
            }
            for (variable, down) in &insider.down {
                by_variable.down.entry(*variable).or_default().push((place, *down));
            }
            for (variable, up) in &insider.up {
                by_variable.up.entry(*variable).or_default().push((place, *up));
            }
        }
        by_variable
    }

    fn knows(&self, insider: u32, variable: usize) -> bool {
        self.known.get(&variable).is_some_and(|known| known.contains(&insider))
    }

    /// The insiders who know a variable.
    pub fn knowing(&self, variable: usize) -> impl Iterator<Item = u32> {
        self.known.get(&variable).into_iter().flatten().copied()
    }

    /// The insiders who know that the deviation is not so.
    pub fn impossible_for(&self, deviation: &Deviation) -> BTreeSet<u32> {
        let mut impossible = BTreeSet::new();
        for (variable, by) in &deviation.0 {
            impossible.extend(self.known.get(variable).into_iter().flatten());
            let down = self.down.get(variable).into_iter().flatten();
            let too_far = down.filter(|(_, down)| i128::from(*by) < -i128::from(*down));
            impossible.extend(too_far.map(|(insider, _)| *insider));
            let up = self.up.get(variable).into_iter().flatten();
            let too_far = up.filter(|(_, up)| i128::from(*by) > i128::from(*up));
            impossible.extend(too_far.map(|(insider, _)| *insider));
        }
        impossible
    }
}

/// `Σ coefficient × value`. Products of 64-bit numbers summed over at most a few thousand terms
/// stay within 128 bits.
pub fn sum(terms: &[(usize, i64)], value: impl Fn(usize) -> i128) -> i128 {
    terms.iter().map(|(variable, coefficient)| value(*variable) * i128::from(*coefficient)).sum()
}

/// Whether a relation holds for these values.
pub fn holds(relation: &Relation, value: impl Fn(usize) -> i128) -> bool {
    let sum = sum(&relation.terms, value);
    match relation.comparison {
        Comparison::Zero => sum == 0,
        Comparison::AtLeastZero => sum >= 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::system::Certainty;

    fn allows(hidden: [bool; 3], changes: &[(usize, i64)]) -> bool {
        let total = Relation {
            terms: vec![(0, 1), (1, -1), (2, -1)],
            comparison: Comparison::Zero,
            certainty: Certainty::Certain,
            words: "",
        };
        let touching = touching(&[&total], 3);
        let known = Known {
            touching: &touching,
            relations: &[&total],
            truth: &[5, 2, 3],
            bounds: &Bounds { least: vec![1; 3], most: vec![None, None, Some(4)] },
            hidden: &hidden,
        };
        known.allows(&Deviation::new(changes.to_vec()).unwrap())
    }

    #[test]
    fn only_deviations_that_keep_every_fact_are_possible() {
        let parts_hidden = [false, true, true];
        assert!(allows(parts_hidden, &[(1, 1), (2, -1)]));
        assert!(!allows(parts_hidden, &[(1, 1)]), "breaks the sum");
        assert!(!allows(parts_hidden, &[(0, 1), (1, 1)]), "moves a published cell");
        assert!(!allows(parts_hidden, &[(1, -2), (2, 2)]), "makes a hidden cell zero");
        assert!(!allows([true; 3], &[(0, 2), (2, 2)]), "makes a cell larger than it can be");
    }

    #[test]
    fn a_demand_is_met_only_by_a_large_enough_move_its_way() {
        let deviation = Deviation::new(vec![(4, -3), (5, 2)]).unwrap();
        let met = |variable, what| Demand { variable, what }.met_by(&deviation);
        assert!(
            met(4, Possible::Other) && met(4, Possible::Below(3)) && met(5, Possible::Above(2))
        );
        assert!(!met(4, Possible::Below(4)) && !met(4, Possible::Above(1)));
        assert!(!met(6, Possible::Other));
    }
}
