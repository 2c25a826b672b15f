//! What was lost to releases that are out: no later release is held to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::{
    attack::{Asked, Attack},
    counter_example::{self, Demand, Insiders, Known, Open, Possible},
    error::DisclosureError,
    linked,
    suppress::{problem::Insider, reach::Reach},
    system::Relation,
    transcript::{FrozenExposure, Protection, Transcript},
};

impl Attack {
    /// Those of the open demands that are open, too, if everything new is hidden, zeros included:
    /// earlier releases alone leave them open, be it that an attacker was not known then, that a
    /// solver got better, or that contributors know more now. That is an incident, and no reason to
    /// refuse what adds nothing to it.
    ///
    /// That no counter-example was found proves nothing: it must be proven to be lost. What is left
    /// of it is not lost, and still asked for.
    pub fn open_before(
        &self,
        relations: &[&Relation],
        asked: &Asked,
        open: &[Demand],
    ) -> Vec<Lost> {
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
        let mut lost = lost(&known, &insiders, &open);
        keep_what_is_left(&known, &mut lost);
        lost
    }

    /// Leaves out demands about what was known exactly by the time a release was withheld: no later
    /// release can mend that. Of what was only bounded too closely something is left, which is
    /// looked for anew ([`Self::open_before`]).
    pub(super) fn give_up(&mut self, transcript: &Transcript) -> Result<(), DisclosureError> {
        let mut lost = BTreeSet::new();
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
            let variable = variable.ok_or_else(damaged)?;
            if *impossible == Protection::NotExact {
                lost.insert(variable);
            }
        }
        self.demands.retain(|demand| !lost.contains(&demand.variable));
        Ok(())
    }

    /// A demand that is lost, as a transcript keeps it; `None` for one that is derived from
    /// others.
    pub fn exposure(&self, demand: &Demand) -> Option<FrozenExposure> {
        let sum = self.sums.iter().find(|sum| sum.variable == demand.variable);
        let terms = sum.map_or_else(|| vec![(demand.variable, 1)], |sum| sum.terms.clone());
        let impossible = match demand.what {
            Possible::Other => Protection::NotExact,
            Possible::Above(above) => Protection::Interval { below: 0, above },
            Possible::Below(below) => Protection::Interval { below, above: 0 },
            Possible::Apart(_) => return None,
        };
        let terms = terms.into_iter().map(|(one, factor)| (one as u32, factor)).collect();
        Some(FrozenExposure { terms, impossible })
    }
}

/// A demand that earlier releases alone leave open.
pub struct Lost {
    /// Which, and to whom.
    pub open: Open,
    /// What can still be asked for, instead; `None` where nothing can.
    pub left: Option<Demand>,
    /// How far the variable can be below and above its true value, where it is lost to everybody.
    reach: Reach,
}

/// Finds out what is left of demands that are lost to everybody.
fn keep_what_is_left(known: &Known<'_>, lost: &mut [Lost]) {
    let all: Vec<Demand> = lost.iter().flat_map(|one| one.open.demand.less(one.reach)).collect();
    let shown = linked::search(known, &[], &all, &[]);
    let is_met = |demand: &Demand| shown.iter().any(|one| known.allows(one) && demand.met_by(one));
    for one in lost.iter_mut().filter(|one| one.open.insiders.is_empty()) {
        one.left = one.open.demand.less(one.reach).into_iter().find(is_met);
    }
}

/// Those of the open demands that are proven to be lost: to everybody, or to some of the insiders.
pub fn lost(known: &Known<'_>, insiders: &[Insider], open: &[Open]) -> Vec<Lost> {
    let mut lost: BTreeMap<Demand, (Vec<u32>, Reach)> = BTreeMap::new();
    let open_to_all = open.iter().filter(|one| one.insiders.is_empty());
    let open_to_all: Vec<Demand> = open_to_all.map(|one| one.demand).collect();
    let reaches = linked::reach(known, &variables(&open_to_all));
    let lost_to_all = open_to_all.into_iter().zip(reaches);
    let lost_to_all = lost_to_all.filter(|(demand, reach)| demand.is_lost(*reach));
    lost.extend(lost_to_all.map(|(demand, reach)| (demand, (Vec::new(), reach))));
    let mut open_to: BTreeMap<u32, Vec<Demand>> = BTreeMap::new();
    for one in open {
        one.insiders.iter().for_each(|who| open_to.entry(*who).or_default().push(one.demand));
    }
    for (who, open) in open_to {
        let reaches = linked::reach_for(known, &insiders[who as usize], &variables(&open));
        let lost_to = open.into_iter().zip(reaches).filter(|(one, reach)| one.is_lost(*reach));
        lost_to.for_each(|(demand, _)| lost.entry(demand).or_default().0.push(who));
    }
    let one =
        |(demand, (insiders, reach))| Lost { open: Open { demand, insiders }, left: None, reach };
    lost.into_iter().map(one).collect()
}

fn variables(demands: &[Demand]) -> Vec<usize> {
    demands.iter().map(|demand| demand.variable).collect()
}
