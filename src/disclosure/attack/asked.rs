//! What is asked for, and against whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    codes::catalogue::{Catalogue, MeasureKind},
    disclosure::{
        attack::Attack,
        counter_example::{self, Demand, Deviation, Insiders, Known, Open, Possible},
        linked,
        rules::Rules,
        suppress::problem::Insider,
        system::Relation,
        transcript::Transcript,
    },
};

/// An insider recovers a value that he knows to within one part in so many.
const EXACT_PARTS: i64 = 10_000;

/// What is asked for.
pub struct Asked {
    /// What must stay possible.
    pub demands: Vec<Demand>,
    /// For whom, besides outsiders: first whoever knows which cells are sensitive, then those who
    /// contribute.
    insiders: Vec<Insider>,
    /// Variables that somebody who knows which cells are sensitive can tell, whatever is hidden
    /// but zeros.
    pub told_by_status: Vec<usize>,
}

impl Asked {
    /// What insiders know where these groups are hidden as a whole: in them nobody is taken to know
    /// which cells are sensitive, for one that is not may be zero.
    pub fn insiders(&self, attack: &Attack, dark: &[bool]) -> Vec<Insider> {
        let mut insiders = self.insiders.clone();
        let system = &attack.system;
        let is_bright =
            |(variable, _): &(usize, i64)| !dark[system.cells[system.cell_of[*variable]].group];
        if let Some(status) = insiders.first_mut() {
            status.down.retain(is_bright);
            status.up.retain(is_bright);
        }
        insiders
    }
}

impl Attack {
    /// What is asked for, as far as it could be reached if everything but zeros were hidden: a year
    /// with two quarters that are not zero is at least 2, and a sensitive count of two parts of 1
    /// is 2 for whoever knows that it is below 3.
    ///
    /// What one of the `candidates` shows need not be searched for. It changes nothing of what is
    /// asked: less is asked only where it is proven that no counter-example can be found.
    pub fn asked(&self, relations: &[&Relation], candidates: &[Deviation]) -> Asked {
        let hidden: Vec<bool> = self
            .system
            .cell_of
            .iter()
            .map(|cell| self.earlier[*cell].unwrap_or(!self.is_zero(*cell)))
            .collect();
        let bounds = self.bounds(&vec![false; self.system.groups.len()]);
        let touching = counter_example::touching(relations, hidden.len());
        let truth = &self.truth;
        let known =
            Known { relations, truth, bounds: &bounds, hidden: &hidden, touching: &touching };
        let demands = self.in_reach(&known, candidates);
        let mut insiders = self.insiders.clone();
        let told_by_status = told_by_status(&known, &insiders[0], &demands, candidates);
        insiders[0].known = told_by_status.clone();
        Asked { demands, insiders, told_by_status }
    }

    /// The demands, with those for smaller values lowered.
    fn in_reach(&self, known: &Known<'_>, candidates: &[Deviation]) -> Vec<Demand> {
        let is_below = |demand: &&Demand| matches!(demand.what, Possible::Below(_));
        let below: Vec<Demand> = self.demands.iter().filter(is_below).copied().collect();
        let shown = linked::search(known, &[], &below, candidates);
        let open = counter_example::open(&below, &shown, &Insiders::default());
        let open: Vec<usize> = open.iter().map(|open| open.demand.variable).collect();
        let reaches = linked::reach(known, &open);
        let reach_of: BTreeMap<usize, Option<i64>> =
            open.into_iter().zip(reaches.into_iter().map(|(below, _)| below)).collect();
        let lowered = |demand: &Demand| {
            let (Possible::Below(below), Some(Some(reach))) =
                (demand.what, reach_of.get(&demand.variable))
            else {
                return Some(*demand);
            };
            let below = below.min(*reach);
            (below > 0).then_some(Demand { what: Possible::Below(below), ..*demand })
        };
        self.demands.iter().filter_map(lowered).collect()
    }

    /// What somebody knows who knows which cells are sensitive (A2): the others have at least as
    /// many contributors as the rules ask for, and those that are have fewer where nothing but
    /// their number can be the reason.
    pub(super) fn status(
        &self,
        catalogue: &Catalogue,
        rules: &Rules,
        transcript: &Transcript,
    ) -> Insider {
        let mut sensitive: BTreeSet<usize> = self.sensitive.clone();
        for (release, places) in transcript.releases().iter().zip(&self.system.places) {
            for (table, places) in release.tables.iter().zip(places) {
                let needs = table.needs.iter();
                sensitive.extend(needs.filter_map(|need| places.get(need.cell as usize)));
            }
        }
        let tables_end = self.sums.first().map_or(self.truth.len(), |sum| sum.variable);
        let mut status = Insider::default();
        for variable in 0..tables_end {
            let cell = self.system.cell_of[variable];
            if self.earlier[cell] == Some(false) || self.is_zero(cell) {
                continue;
            }
            let truth = self.truth[variable];
            let population = &catalogue.populations[self.system.cells[cell].population];
            let contributors_min = i64::from(rules.contributors_min(&population.id));
            let only_counts = population.measures.iter().all(|one| one.kind != MeasureKind::Value);
            match self.system.kind(catalogue, variable) {
                MeasureKind::Value => {}
                _ if !sensitive.contains(&cell) => {
                    status.down.push((variable, (truth - contributors_min).max(0)));
                }
                MeasureKind::Distinct if only_counts && truth < contributors_min => {
                    status.up.push((variable, contributors_min - 1 - truth));
                }
                MeasureKind::Distinct | MeasureKind::Count => {}
            }
        }
        status
    }

    /// For each value that must stay away from what can be told of it, that no insider recovers it.
    pub(super) fn apart(&self) -> Vec<Demand> {
        let is_interval =
            |demand: &&Demand| matches!(demand.what, Possible::Above(_) | Possible::Below(_));
        let apart = |demand: &Demand| {
            let least = self.truth[demand.variable].abs() / EXACT_PARTS + 1;
            Demand { what: Possible::Apart(least), ..*demand }
        };
        self.demands.iter().filter(is_interval).map(apart).collect()
    }
}

/// The variables that are proven to have one value only for whoever knows which cells are
/// sensitive.
fn told_by_status(
    known: &Known<'_>,
    status: &Insider,
    demands: &[Demand],
    candidates: &[Deviation],
) -> Vec<usize> {
    // That something is none at all is told to everybody, by zeros.
    let is_exact =
        |demand: &&Demand| demand.what == Possible::Other && known.truth[demand.variable] != 0;
    let exact: Vec<Demand> = demands.iter().filter(is_exact).copied().collect();
    let insiders = std::slice::from_ref(status);
    let shown = linked::search(known, insiders, &exact, candidates);
    let open = counter_example::open(&exact, &shown, &Insiders::new(insiders));
    let open: Vec<usize> = open.iter().map(|Open { demand, .. }| demand.variable).collect();
    let reaches = linked::reach_for(known, status, &open);
    let is_told = |reach: &Option<i64>| reach.is_some_and(|reach| reach < 1);
    let told = open.into_iter().zip(reaches);
    told.filter(|(_, (below, above))| is_told(below) && is_told(above))
        .map(|(variable, _)| variable)
        .collect()
}
