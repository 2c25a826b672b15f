//! Verdicts on made-up releases, and against all tables of whole numbers.

use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::{Checked, Known, Reason, Verdict, check};
use crate::{
    base::period::Period,
    codes::{catalogue::Catalogue, embedded::Codes},
    publication::release::{Cell, Dimension, Release, Table},
};

const PLAN: u16 = 1;

fn catalogue() -> Catalogue {
    Codes::embedded().catalogue().clone()
}

fn quarter(number: u8) -> Period {
    Period::quarterly(2026, number).unwrap()
}

/// A table of requests by filière, the total first; `None` is hidden.
fn by_filiere(period: Period, cells: &[Option<i64>]) -> Table {
    let codes = ["_T", "CEREA", "LAIT", "VIAND"].map(String::from);
    table(period, vec![("filiere", &codes[..cells.len()])], cells)
}

fn table(period: Period, by: Vec<(&str, &[String])>, cells: &[Option<i64>]) -> Table {
    let dimension = |(id, codes): (&str, &[String])| Dimension {
        id: id.into(),
        list_version: 1,
        codes: codes.to_vec(),
    };
    Table {
        population: "requests_received".into(),
        period,
        dimensions: by.into_iter().map(dimension).collect(),
        measures: vec!["requests".into()],
        cells: cells.iter().map(|value| Cell(value.map(|value| vec![value]))).collect(),
    }
}

fn release(period: Period, tables: Vec<Table>) -> Release {
    let member = "ML".parse().unwrap();
    let catalogue_version = catalogue().version;
    Release { member, area: "ML".into(), period, catalogue_version, plan_version: PLAN, tables }
}

fn outcomes(releases: &[Option<&Release>]) -> Vec<Checked> {
    check(Known { catalogue: &catalogue(), plan_version: PLAN }, releases)
}

fn verdicts(releases: &[&Release]) -> Vec<Verdict> {
    let releases: Vec<_> = releases.iter().map(|release| Some(*release)).collect();
    outcomes(&releases).into_iter().map(|one| one.verdict).collect()
}

/// The cells that a verdict says can be told, with what they are.
fn told(verdict: &Verdict) -> Vec<(&str, i64)> {
    match verdict {
        Verdict::Failed(told) => told.iter().map(|one| (&*one.cell, one.value)).collect(),
        Verdict::Verified => Vec::new(),
        Verdict::NotCheckable(reason) => panic!("{reason}"),
    }
}

/// A release with one table by filière.
fn simple(number: u8, cells: &[Option<i64>]) -> Release {
    release(quarter(number), vec![by_filiere(quarter(number), cells)])
}

#[test]
fn a_release_is_verified_if_every_hidden_cell_could_be_two_numbers() {
    let good = simple(1, &[Some(10), Some(5), None, None]);
    assert_eq!(verdicts(&[&good]), [Verdict::Verified]);
    let bare = simple(1, &[Some(10), Some(5), Some(3), Some(2)]);
    assert_eq!(verdicts(&[&bare]), [Verdict::Verified]);
    // Nothing bounds them but the total.
    let dark = simple(1, &[Some(10), None, None, None]);
    assert_eq!(verdicts(&[&dark]), [Verdict::Verified]);
    let all = simple(1, &[None, None, None, None]);
    assert_eq!(verdicts(&[&all]), [Verdict::Verified]);
}

#[test]
fn a_release_fails_with_the_cells_that_can_be_told() {
    let alone = simple(1, &[Some(10), Some(5), Some(3), None]);
    let found = verdicts(&[&alone]);
    assert_eq!(told(&found[0]), [("requests_received 2026-Q1 filiere=VIAND", 2)]);
    let total = simple(1, &[None, Some(5), Some(3), Some(2)]);
    assert_eq!(told(&verdicts(&[&total])[0]), [("requests_received 2026-Q1", 10)]);
    // Zeros are published: two hidden cells of 2 are 1 each.
    let small = simple(1, &[Some(7), Some(5), None, None]);
    let found = verdicts(&[&small]);
    assert_eq!(told(&found[0]).iter().map(|(_, value)| *value).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn cells_that_hide_nothing_but_zeros_are_no_fault() {
    let nothing = simple(1, &[Some(0), None, None, None]);
    assert_eq!(verdicts(&[&nothing]), [Verdict::Verified]);
}

#[test]
fn what_another_release_publishes_is_told() {
    let first = simple(1, &[Some(10), Some(5), None, None]);
    let second = simple(1, &[Some(10), Some(5), Some(3), None]);
    let found = verdicts(&[&first, &second]);
    assert_eq!(told(&found[0]).len(), 2);
    assert_eq!(told(&found[1]).len(), 1);
}

#[test]
fn what_cannot_be_read_leaves_others_open_but_never_excuses_them() {
    let good = simple(1, &[Some(10), Some(5), None, None]);
    let bad = simple(2, &[Some(10), Some(5), Some(3), None]);
    let mut newer = simple(3, &[Some(10), Some(5), None, None]);
    newer.catalogue_version += 1;
    let found = outcomes(&[Some(&good), None, Some(&bad), Some(&newer)]);
    let reason = |at: usize| match &found[at].verdict {
        Verdict::NotCheckable(reason) => reason.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(0), Reason::OthersMissing { missing: 2 });
    assert_eq!(reason(1), Reason::BodyMissing);
    assert!(matches!(found[2].verdict, Verdict::Failed(_)));
    assert_eq!(reason(3), Reason::Version { catalogue: newer.catalogue_version, plan: PLAN });
    let mut other_plan = good.clone();
    other_plan.plan_version += 1;
    assert!(matches!(verdicts(&[&other_plan])[0], Verdict::NotCheckable(Reason::Version { .. })));
}

#[test]
fn figures_that_contradict_each_other_are_not_checkable() {
    let first = simple(1, &[Some(10), Some(5), None, None]);
    let revised = simple(1, &[Some(11), Some(5), None, None]);
    for verdict in verdicts(&[&first, &revised]) {
        assert!(matches!(verdict, Verdict::NotCheckable(Reason::Contradiction(_))), "{verdict:?}");
    }
    // The parts are more than their total whatever is hidden.
    let broken = simple(1, &[Some(4), Some(5), None, None]);
    let odd = verdicts(&[&broken]);
    assert!(matches!(odd[0], Verdict::NotCheckable(Reason::Contradiction(_))), "{odd:?}");
}

#[test]
fn a_contradiction_excuses_no_release_that_tells_a_cell() {
    let bad = simple(1, &[Some(10), Some(5), Some(3), None]);
    let expected = verdicts(&[&bad]);
    let odd = simple(2, &[Some(4), Some(5), None, None]);
    assert_eq!(verdicts(&[&bad, &odd])[0], expected[0]);
    // Two versions of a quarter, which are sound each for itself.
    let one = simple(3, &[Some(10), Some(5), None, None]);
    let other = simple(3, &[Some(11), Some(5), None, None]);
    let found = verdicts(&[&bad, &one, &other]);
    assert_eq!(found[0], expected[0]);
    for verdict in &found[1..] {
        assert!(matches!(verdict, Verdict::NotCheckable(Reason::Contradiction(_))), "{verdict:?}");
    }
}

#[test]
fn a_release_of_an_earlier_plan_is_checked() {
    let mut first = simple(1, &[Some(10), Some(5), None, None]);
    first.plan_version = PLAN - 1;
    assert_eq!(verdicts(&[&first]), [Verdict::Verified]);
}

#[test]
fn tables_that_are_not_what_they_declare_keep_no_other_release_from_failing() {
    let bad = simple(1, &[Some(10), Some(5), Some(3), None]);
    let mut short = simple(2, &[Some(10), Some(5), None, None]);
    short.tables[0].cells.pop();
    let found = verdicts(&[&bad, &short]);
    assert!(matches!(found[0], Verdict::Failed(_)));
    assert!(matches!(found[1], Verdict::NotCheckable(Reason::Tables(_))));
}

/// Four quarters with the year in the last: the second quarter's total is hidden.
fn year(quarters: [Option<i64>; 4], year: i64) -> Vec<Release> {
    let mut releases: Vec<Release> = (1..)
        .zip(quarters)
        .map(|(number, total)| simple(number, &[total, None, None, None]))
        .collect();
    let whole = quarter(4).whole_year();
    releases[3].tables.push(by_filiere(whole, &[Some(year), None, None, None]));
    releases
}

#[test]
fn what_needs_figures_to_add_up_over_time_is_a_guess_and_no_fault() {
    let releases = year([Some(10), None, Some(10), Some(10)], 37);
    let all: Vec<_> = releases.iter().map(Some).collect();
    let found = outcomes(&all);
    assert!(found.iter().all(|one| one.verdict == Verdict::Verified), "{found:?}");
    assert_eq!(found[1].guessed.len(), 1);
    assert_eq!(
        (&*found[1].guessed[0].cell, found[1].guessed[0].value),
        ("requests_received 2026-Q2", 7)
    );
    // What is published shows that they do not.
    let releases = year([Some(10), Some(9), Some(10), Some(10)], 37);
    let all: Vec<_> = releases.iter().map(Some).collect();
    assert!(outcomes(&all).iter().all(|one| one.guessed.is_empty()));
}

/// Two by two cells with their margins, from the inner cells.
fn with_margins([a, b, c, d]: [i64; 4]) -> [i64; 9] {
    [a + b + c + d, a + c, b + d, a + b, a, b, c + d, c, d]
}

/// The places of the cells over the same dimensions: the total, rows, columns, inner cells.
const GROUPS: [&[usize]; 4] = [&[0], &[1, 2], &[3, 6], &[4, 5, 7, 8]];
/// No more is tried for an inner cell: what can be larger could be several numbers below.
const INNER_MAX: i64 = 7;

/// The hidden places that have one number only in all tables that fit.
fn told_by_force(truth: &[i64; 9], hidden: &[bool]) -> Vec<usize> {
    let is_dark = |group: &&[usize]| group.iter().all(|place| hidden[*place]);
    let dark: Vec<usize> = GROUPS.into_iter().filter(is_dark).flatten().copied().collect();
    let mut seen: Vec<std::collections::BTreeSet<i64>> = vec![Default::default(); 9];
    let side = INNER_MAX + 1;
    for number in 0..side.pow(4) {
        let inner = [0, 1, 2, 3].map(|at| number / side.pow(at) % side);
        let tried = with_margins(inner);
        let fits = (0..9).all(|place| match hidden[place] {
            true => tried[place] >= i64::from(!dark.contains(&place)),
            false => tried[place] == truth[place],
        });
        if fits {
            seen.iter_mut().zip(tried).for_each(|(seen, value)| _ = seen.insert(value));
        }
    }
    let nothing = |place: &usize| dark.contains(place) && seen[*place].contains(&0);
    (0..9).filter(|place| hidden[*place] && seen[*place].len() == 1 && !nothing(place)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn verdicts_are_those_of_all_tables(inner in [0..4_i64, 0..4, 0..4, 0..4], marks in any::<u16>()) {
        let truth = with_margins(inner);
        // Zeros are hidden only with their whole group.
        let mut hidden: Vec<bool> = (0..9).map(|place| marks >> place & 1 == 1).collect();
        for group in GROUPS {
            if group.iter().all(|one| hidden[*one]) {
                continue;
            }
            group.iter().for_each(|place| hidden[*place] &= truth[*place] > 0);
        }
        let cells: Vec<Option<i64>> =
            truth.iter().zip(&hidden).map(|(value, hidden)| (!hidden).then_some(*value)).collect();
        let filieres = ["_T", "CEREA", "LAIT"].map(String::from);
        let regions = ["_T", "ML-1", "ML-2"].map(String::from);
        let by = vec![("filiere", &filieres[..]), ("region", &regions[..])];
        let one = release(quarter(1), vec![table(quarter(1), by, &cells)]);
        let expected: Vec<i64> =
            told_by_force(&truth, &hidden).into_iter().map(|place| truth[place]).collect();
        let found = verdicts(&[&one]);
        prop_assert!(!matches!(found[0], Verdict::NotCheckable(_)), "{found:?}");
        let mut values: Vec<i64> = told(&found[0]).into_iter().map(|(_, value)| value).collect();
        let mut expected = expected;
        values.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(values, expected, "{:?}", found);
    }
}
