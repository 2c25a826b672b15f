//! What was lost to releases that are out: no later release is held to it.

use std::collections::BTreeMap;

use crate::disclosure::{
    attack::{Asked, Attack},
    counter_example::{self, Demand, Insiders, Known, Open, Possible},
    error::DisclosureError,
    linked,
    suppress::reach::Reach,
    system::Relation,
    transcript::{FrozenExposure, Protection, Transcript},
};

impl Attack {
    /// Those of the open demands that are open, too, if everything new is hidden, zeros included:
    /// earlier releases alone leave them open, be it that an attacker was not known then, that a
    /// solver got better, or that contributors know more now. That is an incident, and no reason to
    /// refuse what adds nothing to it.
    ///
    /// That no counter-example was found proves nothing: what is open to everybody must be proven
    /// to be lost. What is open to contributors alone need not be, yet.
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
        let mut open = counter_example::open(open, &shown, &Insiders::new(&insiders));
        let to_everybody = open.iter().filter(|one| one.insiders.is_empty());
        let variables: Vec<usize> = to_everybody.map(|one| one.demand.variable).collect();
        let reaches = linked::reach(&known, &variables);
        let reach_of: BTreeMap<usize, Reach> = variables.into_iter().zip(reaches).collect();
        open.retain(|one| match reach_of.get(&one.demand.variable) {
            Some(reach) if one.insiders.is_empty() => one.demand.is_lost(*reach),
            _ => true,
        });
        open
    }

    /// Leaves out demands that were lost to releases by the time one was withheld: no later release
    /// can mend them. That a value is not known exactly is still demanded, as long as it is not.
    pub(super) fn give_up(&mut self, transcript: &Transcript) -> Result<(), DisclosureError> {
        let mut lost = Vec::new();
        let exposures = transcript.releases().iter().flat_map(|release| &release.exposures);
        for FrozenExposure { terms, impossible } in exposures {
            let own = |(variable, coefficient): &(u32, i64)| (*variable as usize, *coefficient);
            let terms: Vec<(usize, i64)> = terms.iter().map(own).collect();
            let variable = match *terms {
                [(variable, 1)] => self.system.cell_of.get(variable).map(|_| variable),
                _ => self.sums.iter().find(|sum| sum.terms == terms).map(|sum| sum.variable),
            };
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
