//! What was lost to releases that are out: no later release is held to it.

use std::collections::BTreeMap;

use crate::disclosure::{
    attack::{Asked, Attack},
    counter_example::{self, Demand, Insiders, Known, Open, Possible},
    error::DisclosureError,
    linked,
    suppress::problem::Insider,
    system::Relation,
    transcript::{FrozenExposure, Protection, Transcript},
};

impl Attack {
    /// Those of the open demands that are open, too, if everything new is hidden, zeros included:
    /// earlier releases alone leave them open, be it that an attacker was not known then, that a
    /// solver got better, or that contributors know more now. That is an incident, and no reason to
    /// refuse what adds nothing to it.
    ///
    /// That no counter-example was found proves nothing: it must be proven to be lost. Each with
    /// the insiders to whom it is, none if it is lost to everybody.
    pub fn open_before(
        &self,
        relations: &[&Relation],
        asked: &Asked,
        open: &[Demand],
    ) -> Vec<Open> {
        if open.is_empty() {
            return Vec::new();
        }
        let hidden: Vec<bool> = self.earlier.iter().map(|mark| mark.unwrap_or(true)).collect();
        let touching = counter_example::touching(relations, self.truth.len());
        let dark = self.dark_groups(|cell| hidden[cell]);
        let insiders = asked.insiders(self, &dark);
        let known = Known {
            relations,
            truth: &self.truth,
            bounds: &self.bounds(&dark),
            hidden: &self.hidden_variables(&hidden),
            touching: &touching,
        };
        let mut shown = linked::search(&known, &insiders, open, &[]);
        shown.retain(|one| known.allows(one));
        let open = counter_example::open(open, &shown, &Insiders::new(&insiders));
        lost(&known, &insiders, &open)
    }

    /// Leaves out demands that were lost to releases by the time one was withheld: no later release
    /// can mend them. That a value is not known exactly is still demanded, as long as it is not.
    pub(super) fn give_up(&mut self, transcript: &Transcript) -> Result<(), DisclosureError> {
        let mut lost = Vec::new();
        let exposures = transcript.releases().iter().flat_map(|release| &release.exposures);
        for FrozenExposure { terms, impossible } in exposures {
            let own = |(variable, coefficient): &(u32, i64)| (*variable as usize, *coefficient);
            let terms: Vec<(usize, i64)> = terms.iter().map(own).collect();
            let sum = self.sums.iter().find(|sum| sum.terms == terms).map(|sum| sum.variable);
            let variable = sum.or(match *terms {
                [(variable, 1)] => self.system.cell_of.get(variable).map(|_| variable),
                _ => None,
            });
            let damaged = || DisclosureError::Transcript("an exposure names nothing".into());
            lost.extend(Demand::of(variable.ok_or_else(damaged)?, *impossible));
        }
        let is_lost = |demand: &Demand| lost.iter().any(|one| demand.implies(one));
        for demand in self.demands.iter_mut().filter(|demand| is_lost(demand)) {
            demand.what = Possible::Other;
        }
        self.demands.retain(|demand| !is_lost(demand));
        Ok(())
    }

    /// A demand that is lost, as a transcript keeps it.
    pub fn exposure(&self, demand: &Demand) -> FrozenExposure {
        let sum = self.sums.iter().find(|sum| sum.variable == demand.variable);
        let terms = sum.map_or_else(|| vec![(demand.variable, 1)], |sum| sum.terms.clone());
        FrozenExposure {
            terms: terms.into_iter().map(|(one, factor)| (one as u32, factor)).collect(),
            impossible: match demand.what {
                Possible::Other | Possible::Apart(_) => Protection::NotExact,
                Possible::Above(above) => Protection::Interval { below: 0, above },
                Possible::Below(below) => Protection::Interval { below, above: 0 },
            },
        }
    }
}

/// Those of the open demands that are proven to be lost: to everybody, or to some of the insiders.
pub fn lost(known: &Known<'_>, insiders: &[Insider], open: &[Open]) -> Vec<Open> {
    let mut lost: BTreeMap<Demand, Vec<u32>> = BTreeMap::new();
    let open_to_all = open.iter().filter(|one| one.insiders.is_empty());
    let open_to_all: Vec<Demand> = open_to_all.map(|one| one.demand).collect();
    let reaches = linked::reach(known, &variables(&open_to_all));
    let lost_to_all = open_to_all.into_iter().zip(reaches);
    let lost_to_all = lost_to_all.filter(|(demand, reach)| demand.is_lost(*reach));
    lost.extend(lost_to_all.map(|(demand, _)| (demand, Vec::new())));
    let mut open_to: BTreeMap<u32, Vec<Demand>> = BTreeMap::new();
    for one in open {
        one.insiders.iter().for_each(|who| open_to.entry(*who).or_default().push(one.demand));
    }
    for (who, open) in open_to {
        let reaches = linked::reach_for(known, &insiders[who as usize], &variables(&open));
        let lost_to = open.into_iter().zip(reaches).filter(|(one, reach)| one.is_lost(*reach));
        lost_to.for_each(|(demand, _)| lost.entry(demand).or_default().push(who));
    }
    lost.into_iter().map(|(demand, insiders)| Open { demand, insiders }).collect()
}

fn variables(demands: &[Demand]) -> Vec<usize> {
    demands.iter().map(|demand| demand.variable).collect()
}
