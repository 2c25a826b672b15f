//! What was lost to releases that are out: no later release is held to it.

use crate::disclosure::{
    attack::Attack,
    counter_example::{Demand, Possible},
    error::DisclosureError,
    transcript::{FrozenExposure, Protection, Transcript},
};

impl Attack {
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
                Possible::Other => Protection::NotExact,
                Possible::Above(above) => Protection::Interval { below: 0, above },
                Possible::Below(below) => Protection::Interval { below, above: 0 },
            },
        }
    }
}
