//! What was tried against each attacker, and the narrowest interval that was shown for him.
//!
//! The figures are read off the counter-examples, once they are checked: a cell is between the
//! lowest and the highest value that they give it, and every attacker must think all of these
//! possible. So an interval is *at least* as wide as is said here; how much wider, nobody had to
//! find out.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::disclosure::{
    counter_example::{Demand, Deviation, Insiders, Open, Possible},
    suppress::problem::Insider,
};

/// The attackers of whom one counter-example must be possible for all at once.
const OUTSIDERS: [&str; 6] = ["A0", "A1", "A4", "A5", "A6", "A8"];
/// The place among insiders of whoever knows which cells are sensitive.
const STATUS: u32 = 0;
/// Parts of a value that widths are told in: hundredths of a percent.
const BASIS_POINTS: u128 = 10_000;

/// What was tried against one attacker. Confidential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AttackerReport {
    /// His name: `A0`.
    #[n(0)]
    pub name: String,
    /// Demands proven against him; against each coalition, if he is several.
    #[n(1)]
    pub tried: u64,
    /// Sensitive figures among them, each once.
    #[n(2)]
    pub cells: u64,
    /// Width of the narrowest interval of a count; `None` if there was none to protect.
    #[n(3)]
    pub narrowest_count: Option<u64>,
    /// Width of the narrowest interval of a value, in its unit.
    #[n(4)]
    pub narrowest_value: Option<u64>,
    /// Width of the narrowest interval in hundredths of a percent of the true figure, rounded
    /// down; not always of the same cell as the other two.
    #[n(5)]
    pub narrowest_basis_points: Option<u64>,
}

/// What was proven, and of what.
pub struct Proven<'a> {
    /// What was demanded.
    pub demands: &'a [Demand],
    /// What of it nothing shows, and to whom.
    pub open: &'a [Open],
    /// The counter-examples.
    pub proofs: &'a [Deviation],
    /// Who knows more than outsiders: first whoever knows which cells are sensitive.
    pub insiders: &'a [Insider],
}

/// How far below and above its true figure a variable is shown to be possible.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    below: u64,
    above: u64,
}

impl Span {
    fn widen(&mut self, by: i64) {
        match by < 0 {
            true => self.below = self.below.max(by.unsigned_abs()),
            false => self.above = self.above.max(by.unsigned_abs()),
        }
    }

    fn width(self) -> u64 {
        self.below.saturating_add(self.above)
    }
}

impl AttackerReport {
    fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Takes in the interval of a figure, of which so much was demanded.
    fn note(&mut self, tried: u64, span: Span, truth: i64, is_value: bool) {
        self.tried += tried;
        self.cells += 1;
        let narrowest =
            if is_value { &mut self.narrowest_value } else { &mut self.narrowest_count };
        let width = span.width();
        *narrowest = Some(narrowest.map_or(width, |least| least.min(width)));
        // Nothing is a share of zero.
        if truth != 0 {
            let share = u128::from(width) * BASIS_POINTS / u128::from(truth.unsigned_abs());
            let share = u64::try_from(share).unwrap_or(u64::MAX);
            let least = self.narrowest_basis_points;
            self.narrowest_basis_points = Some(least.map_or(share, |least| least.min(share)));
        }
    }
}

/// What was tried against each attacker, given the true figures and whether each is a value
/// rather than a count. What is open is left out: it is reported by itself.
pub fn reports(
    proven: &Proven<'_>,
    truth: &[i64],
    is_value: impl Fn(usize) -> bool,
) -> Vec<AttackerReport> {
    let Proven { demands, open, proofs, insiders } = proven;
    let known = Insiders::new(insiders);
    let impossible_for = proofs.iter().map(|proof| known.impossible_for(proof)).collect();
    let open = open.iter().map(|one| (one.demand, one.insiders.as_slice())).collect();
    let mut tried = Tried {
        outsider: AttackerReport::default(),
        status: AttackerReport::new("A2"),
        contributors: AttackerReport::new("A3"),
        insiders: insiders.len() as u64,
        known,
        impossible_for,
        open,
    };
    let moving = moving(proofs);
    for (variable, demands) in by_variable(demands) {
        let shown = moving.get(&variable).map_or(&[][..], Vec::as_slice);
        tried.note(&demands, shown, truth[variable], is_value(variable));
    }
    let Tried { outsider, status, contributors, .. } = tried;
    let named = |name: &&str| AttackerReport { name: (*name).into(), ..outsider.clone() };
    let mut reports: Vec<_> = OUTSIDERS.iter().map(named).chain([status, contributors]).collect();
    reports.sort_by(|one, other| one.name.cmp(&other.name));
    reports
}

/// The reports in the making.
struct Tried<'a> {
    outsider: AttackerReport,
    status: AttackerReport,
    contributors: AttackerReport,
    /// How many there are, whoever knows which cells are sensitive included.
    insiders: u64,
    known: Insiders,
    /// For each counter-example the insiders who know that it is not so.
    impossible_for: Vec<BTreeSet<u32>>,
    open: BTreeMap<Demand, &'a [u32]>,
}

impl Tried<'_> {
    /// Takes in what is demanded of one variable, and what is shown of it.
    fn note(&mut self, demands: &[Demand], shown: &[(usize, i64)], truth: i64, is_value: bool) {
        let open_to = |demand: &Demand| self.open.get(demand).copied();
        if demands.iter().filter_map(open_to).any(<[u32]>::is_empty) {
            return;
        }
        let mut span = Span::default();
        shown.iter().for_each(|(_, by)| span.widen(*by));
        let of_outsiders = |demand: &&Demand| !matches!(demand.what, Possible::Apart(_));
        let asked = demands.iter().filter(of_outsiders).count();
        self.outsider.note(asked as u64, span, truth, is_value);
        let of_insiders =
            |demand: &&Demand| matches!(demand.what, Possible::Other | Possible::Apart(_));
        let asked: Vec<&Demand> = demands.iter().filter(of_insiders).collect();
        let excused = asked.iter().filter_map(|demand| open_to(demand)).flatten().copied();
        let known = demands.iter().flat_map(|demand| self.known.knowing(demand.variable));
        let spared: BTreeSet<u32> = excused.chain(known).collect();
        if asked.is_empty() {
            return;
        }
        let asked = asked.len() as u64;
        let hindered = spans(shown, &self.impossible_for);
        if self.insiders > 0 && !spared.contains(&STATUS) {
            let own = hindered.get(&STATUS).copied().unwrap_or(span);
            self.status.note(asked, own, truth, is_value);
        }
        let spared_coalitions = spared.iter().filter(|who| **who != STATUS).count() as u64;
        let coalitions = self.insiders.saturating_sub(1 + spared_coalitions);
        if coalitions > 0 {
            let others = hindered.iter();
            let others = others.filter(|(who, _)| **who != STATUS && !spared.contains(who));
            let narrowest = others.map(|(_, span)| *span).min_by_key(|span| span.width());
            self.contributors.note(coalitions * asked, narrowest.unwrap_or(span), truth, is_value);
        }
    }
}

/// By variable the counter-examples that move it, and by how much.
fn moving(proofs: &[Deviation]) -> BTreeMap<usize, Vec<(usize, i64)>> {
    let mut moving: BTreeMap<usize, Vec<(usize, i64)>> = BTreeMap::new();
    for (place, proof) in proofs.iter().enumerate() {
        for (variable, by) in proof.changes() {
            moving.entry(*variable).or_default().push((place, *by));
        }
    }
    moving
}

fn by_variable(demands: &[Demand]) -> BTreeMap<usize, Vec<Demand>> {
    let mut sorted: BTreeMap<usize, Vec<Demand>> = BTreeMap::new();
    for demand in demands {
        sorted.entry(demand.variable).or_default().push(*demand);
    }
    sorted
}

/// The spans of those insiders who know that some of what is shown of a variable is not so; for
/// all others, all of it is possible.
fn spans(shown: &[(usize, i64)], impossible_for: &[BTreeSet<u32>]) -> BTreeMap<u32, Span> {
    let hindered = shown.iter().flat_map(|(proof, _)| &impossible_for[*proof]);
    let mut spans: BTreeMap<u32, Span> = hindered.map(|who| (*who, Span::default())).collect();
    for is_above in [true, false] {
        let mut farthest: Vec<&(usize, i64)> =
            shown.iter().filter(|(_, by)| (*by > 0) == is_above).collect();
        farthest.sort_by_key(|(_, by)| std::cmp::Reverse(by.unsigned_abs()));
        // Whoever is not met in one counter-example is settled by it: few are left after some.
        let mut waiting: BTreeSet<u32> = spans.keys().copied().collect();
        for (proof, by) in farthest {
            let (left, settled): (BTreeSet<u32>, BTreeSet<u32>) =
                waiting.into_iter().partition(|who| impossible_for[*proof].contains(who));
            for who in settled {
                if let Some(span) = spans.get_mut(&who) {
                    span.widen(*by);
                }
            }
            waiting = left;
            if waiting.is_empty() {
                break;
            }
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(changes: &[(usize, i64)]) -> Deviation {
        Deviation::new(changes.to_vec()).unwrap()
    }

    fn demand(variable: usize, what: Possible) -> Demand {
        Demand { variable, what }
    }

    /// Reports on a count (variable 0, true figure 4) and a value (variable 1, true figure 200).
    fn told(insiders: &[Insider], open: &[Open]) -> BTreeMap<String, AttackerReport> {
        let demands = [
            demand(0, Possible::Other),
            demand(1, Possible::Above(30)),
            demand(1, Possible::Below(20)),
            demand(1, Possible::Apart(1)),
        ];
        let proofs = [
            deviation(&[(0, 1), (1, 30)]),
            deviation(&[(0, -2), (1, -20)]),
            deviation(&[(0, 1), (1, 2)]),
        ];
        let proven = Proven { demands: &demands, open, proofs: &proofs, insiders };
        let reports = reports(&proven, &[4, 200], |variable| variable == 1);
        reports.into_iter().map(|one| (one.name.clone(), one)).collect()
    }

    fn narrowest(report: &AttackerReport) -> [Option<u64>; 3] {
        let AttackerReport { narrowest_count, narrowest_value, narrowest_basis_points, .. } =
            report;
        [*narrowest_count, *narrowest_value, *narrowest_basis_points]
    }

    #[test]
    fn outsiders_see_all_that_is_shown_and_insiders_what_they_do_not_know_to_be_otherwise() {
        let knows_less_above = Insider { up: vec![(1, 10)], ..Insider::default() };
        let only_above = Insider { down: vec![(0, 1)], ..Insider::default() };
        let knows_the_count = Insider { known: vec![0], ..Insider::default() };
        let told = told(&[knows_less_above, only_above, knows_the_count], &[]);
        // From 2 to 5, and from 180 to 230: a quarter of 200.
        assert_eq!(narrowest(&told["A0"]), [Some(3), Some(50), Some(2_500)]);
        assert_eq!((told["A0"].tried, told["A0"].cells), (3, 2));
        for name in OUTSIDERS {
            assert_eq!(AttackerReport { name: "A0".into(), ..told[name].clone() }, told["A0"]);
        }
        // The first counter-example is impossible for the first insider.
        assert_eq!(narrowest(&told["A2"]), [Some(3), Some(22), Some(1_100)]);
        assert_eq!((told["A2"].tried, told["A2"].cells), (2, 2));
        // The second is for one coalition; all three are for the other, who knows the count: of
        // the value he is shown nothing.
        assert_eq!(narrowest(&told["A3"]), [Some(1), Some(0), Some(0)]);
        assert_eq!((told["A3"].tried, told["A3"].cells), (3, 2));
    }

    #[test]
    fn what_is_open_is_left_out_for_those_it_is_open_to() {
        let knows_the_count = Insider { known: vec![0], ..Insider::default() };
        let insiders = [Insider::default(), knows_the_count];
        let to_contributor = Open { demand: demand(1, Possible::Apart(1)), insiders: vec![1] };
        let told_apart = told(&insiders, &[to_contributor]);
        assert_eq!((told_apart["A3"].tried, narrowest(&told_apart["A3"])), (0, [None; 3]));
        assert_eq!(narrowest(&told_apart["A0"]), [Some(3), Some(50), Some(2_500)]);
        let to_everybody = Open { demand: demand(1, Possible::Above(30)), insiders: vec![] };
        let told_open = told(&insiders, &[to_everybody]);
        assert_eq!(narrowest(&told_open["A0"]), [Some(3), None, Some(7_500)]);
        assert_eq!((told_open["A0"].tried, told_open["A2"].cells), (1, 1));
    }

    #[test]
    fn nothing_to_protect_gives_no_interval() {
        let nothing = Proven { demands: &[], open: &[], proofs: &[], insiders: &[] };
        let told = reports(&nothing, &[], |_| false);
        assert_eq!(told.len(), OUTSIDERS.len() + 2);
        assert!(told.iter().all(|one| one.tried == 0 && narrowest(one) == [None; 3]));
    }
}
