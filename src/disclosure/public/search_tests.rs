//! What is searched against microlp, and against all whole points.

use microlp::{ComparisonOp, OptimizationDirection, Problem};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, proptest};

use super::{Search, Task, Unsolved};
use crate::disclosure::rows::{Component, Interval, Row};

const WORK: u64 = 1 << 30;

/// A random component with bounds: rows hold at a random point when `feasible`. Determinants stay
/// below the denominators that are tried for multipliers.
fn problem() -> impl Strategy<Value = (Component, Vec<Interval>)> {
    (any::<u64>(), 1..7_usize, 1..6_usize, any::<bool>()).prop_map(
        |(seed, columns, rows, feasible)| {
            let mut state = seed;
            let mut roll = |from: i64, to: i64| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                from + ((state >> 33) as i64) % (to - from + 1)
            };
            let mut intervals = Vec::new();
            let mut point = Vec::new();
            for _ in 0..columns {
                let lower = i128::from(roll(-5, 5));
                let upper = (roll(0, 2) > 0).then(|| lower + i128::from(roll(1, 9)));
                let room = upper.unwrap_or(lower + 9) - lower;
                point.push(lower + i128::from(roll(0, room as i64)));
                intervals.push(Interval { lower, upper });
            }
            let rows = (0..rows).map(|_| {
                let mut terms: Vec<_> = (0..columns).map(|column| (column, roll(-1, 1))).collect();
                terms.retain(|(_, factor)| *factor != 0);
                let at_point: i128 =
                    terms.iter().map(|(at, factor)| point[*at] * i128::from(*factor)).sum();
                let at_least = roll(0, 1) == 0;
                let off = if feasible { 0 } else { i128::from(roll(-3, 3)) };
                let slack = if at_least { i128::from(roll(0, 4)) } else { 0 };
                Row { terms, constant: at_point + off - slack, at_least, relation: 0 }
            });
            let rows = rows.filter(|row| !row.terms.is_empty()).collect();
            (Component { variables: (0..columns).collect(), rows }, intervals)
        },
    )
}

fn by_microlp(
    component: &Component,
    intervals: &[Interval],
    place: usize,
    up: bool,
) -> Result<f64, microlp::Error> {
    let direction =
        if up { OptimizationDirection::Maximize } else { OptimizationDirection::Minimize };
    let mut problem = Problem::new(direction);
    let variables: Vec<_> = intervals
        .iter()
        .enumerate()
        .map(|(at, Interval { lower, upper })| {
            let upper = upper.map_or(f64::INFINITY, |upper| upper as f64);
            problem.add_var(f64::from(u8::from(at == place)), (*lower as f64, upper))
        })
        .collect();
    for row in &component.rows {
        let terms: Vec<_> =
            row.terms.iter().map(|(at, factor)| (variables[*at], *factor as f64)).collect();
        let comparison = if row.at_least { ComparisonOp::Ge } else { ComparisonOp::Eq };
        problem.add_constraint(terms.as_slice(), comparison, row.constant as f64);
    }
    let solved = problem.solve()?;
    Ok(solved.solution().expect("no limit was set").objective())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn bounds_are_those_of_another_solver_rounded_outward((component, intervals) in problem()) {
        let task = Task::new(&component, &intervals).unwrap();
        let mut work = WORK;
        let mut search = match Search::new(&task, &mut work) {
            Ok(search) => search,
            Err(unsolved) => {
                let other = by_microlp(&component, &intervals, 0, true);
                prop_assert!(matches!(other, Err(microlp::Error::Infeasible)), "{other:?}");
                prop_assert!(matches!(unsolved, Unsolved::Contradiction(_)), "{unsolved:?}");
                return Ok(());
            }
        };
        for place in 0..intervals.len() {
            let bound = search.end(place, true, &mut work);
            match by_microlp(&component, &intervals, place, true) {
                Err(microlp::Error::Unbounded) => prop_assert!(bound.is_none()),
                Ok(most) => {
                    let expected = (most + 1e-6).floor() as i128;
                    prop_assert!(bound == Some(expected), "{bound:?} {most}");
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
            let bound = search.end(place, false, &mut work);
            let least = by_microlp(&component, &intervals, place, false).unwrap();
            prop_assert!(bound == Some((least - 1e-6).ceil() as i128), "{bound:?} {least}");
            // What was met is what is possible.
            let reached = search.reached(place);
            prop_assert!(reached.least.is_none_or(|met| met as f64 >= least - 1e-6));
        }
    }
}

/// `a + b = 10` and `a ≥ b`, each at least 1.
fn pair() -> Component {
    let sum = Row { terms: vec![(0, 1), (1, 1)], constant: 10, at_least: false, relation: 0 };
    let order = Row { terms: vec![(0, 1), (1, -1)], constant: 0, at_least: true, relation: 1 };
    Component { variables: vec![0, 1], rows: vec![sum, order] }
}

#[test]
fn ends_are_proven_and_points_are_kept() {
    let component = pair();
    let task = Task::new(&component, &[Interval { lower: 1, upper: None }; 2]).unwrap();
    let mut work = WORK;
    let mut search = Search::new(&task, &mut work).unwrap();
    let mut ends = |place| [false, true].map(|up| search.end(place, up, &mut work));
    assert_eq!([ends(0), ends(1)], [[Some(5), Some(9)], [Some(1), Some(5)]]);
    assert!(search.reached(0).is_open() && search.reached(1).is_open());
    assert!(work < WORK, "it was counted");
}

#[test]
fn without_work_left_nothing_is_said() {
    let component = pair();
    let task = Task::new(&component, &[Interval { lower: 1, upper: None }; 2]).unwrap();
    assert_eq!(Search::new(&task, &mut 0).err(), Some(Unsolved::GivenUp));
}

#[test]
fn numbers_that_floating_point_would_blur_are_left_alone() {
    let component = pair();
    let wide = Interval { lower: 1, upper: Some(1 << 60) };
    assert!(Task::new(&component, &[wide; 2]).is_none());
}
