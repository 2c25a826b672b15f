//! The exact solver against microlp, which computes in floating point.

use microlp::{ComparisonOp, OptimizationDirection, Problem};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, proptest};

use super::{Column, Outcome, Row, Simplex};
use crate::disclosure::exact::SimplexError;

/// A random problem: rows hold at a random point when `feasible`.
fn problem() -> impl Strategy<Value = (Vec<Column>, Vec<Row>, Vec<i64>)> {
    (any::<u64>(), 1..7_usize, 0..6_usize, any::<bool>()).prop_map(
        |(seed, columns, rows, feasible)| {
            let mut state = seed;
            let mut roll = |from: i64, to: i64| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                from + ((state >> 33) as i64) % (to - from + 1)
            };
            let columns: Vec<Column> = (0..columns)
                .map(|_| {
                    let lower = i128::from(roll(-5, 5));
                    let upper = (roll(0, 2) > 0).then(|| lower + i128::from(roll(0, 9)));
                    let room = upper.unwrap_or(lower + 9) - lower;
                    let start = lower + i128::from(roll(0, room as i64));
                    Column { lower, upper, start }
                })
                .collect();
            let rows = (0..rows)
                .map(|_| {
                    let terms: Vec<_> = (0..columns.len())
                        .map(|column| (column, roll(-2, 2)))
                        .filter(|(_, coefficient)| *coefficient != 0)
                        .collect();
                    let at_start: i128 = terms
                        .iter()
                        .map(|(column, coefficient)| {
                            columns[*column].start * i128::from(*coefficient)
                        })
                        .sum();
                    let at_least = roll(0, 1) == 0;
                    let off = if feasible { 0 } else { i128::from(roll(-3, 3)) };
                    let slack = if at_least { i128::from(roll(0, 4)) } else { 0 };
                    Row { terms, constant: at_start + off - slack, at_least }
                })
                .collect();
            let costs = columns.iter().map(|_| roll(-3, 3)).collect();
            (columns, rows, costs)
        },
    )
}

fn by_microlp(columns: &[Column], rows: &[Row], costs: &[i64]) -> Result<f64, microlp::Error> {
    let mut problem = Problem::new(OptimizationDirection::Maximize);
    let variables: Vec<_> = columns
        .iter()
        .zip(costs)
        .map(|(column, cost)| {
            let upper = column.upper.map_or(f64::INFINITY, |upper| upper as f64);
            problem.add_var(*cost as f64, (column.lower as f64, upper))
        })
        .collect();
    for row in rows {
        let terms: Vec<_> = row
            .terms
            .iter()
            .map(|(column, coefficient)| (variables[*column], *coefficient as f64))
            .collect();
        let comparison = if row.at_least { ComparisonOp::Ge } else { ComparisonOp::Eq };
        problem.add_constraint(terms.as_slice(), comparison, row.constant as f64);
    }
    let solved = problem.solve()?;
    Ok(solved.solution().expect("no limit was set").objective())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn optima_are_those_of_another_solver((columns, rows, costs) in problem()) {
        let other = by_microlp(&columns, &rows, &costs);
        let mut simplex = match Simplex::new(columns.clone(), &rows) {
            Ok(simplex) => simplex,
            Err(error) => {
                prop_assert!(error == SimplexError::Infeasible);
                prop_assert!(matches!(other, Err(microlp::Error::Infeasible)), "{other:?}");
                return Ok(());
            }
        };
        // Warm solves end where cold ones do.
        for warm in [1, -1, 1] {
            let objective: Vec<_> = costs.iter().map(|cost| cost * warm).enumerate().collect();
            let other = by_microlp(&columns, &rows, &objective.iter().map(|(_, c)| *c).collect::<Vec<_>>());
            match simplex.solve(&objective) {
                Ok(Outcome::Unbounded) => {
                    prop_assert!(matches!(other, Err(microlp::Error::Unbounded)), "{other:?}");
                }
                Ok(Outcome::Optimal) => {
                    let mut value = 0;
                    for (column, cost) in &objective {
                        value += simplex.numerator(*column).unwrap() * i128::from(*cost);
                    }
                    let value = value as f64 / simplex.denominator() as f64;
                    prop_assert!(other.as_ref().is_ok_and(|other| (other - value).abs() < 1e-6), "{other:?} {value}");
                    for row in &rows {
                        let mut sum = 0;
                        for (column, coefficient) in &row.terms {
                            sum += simplex.numerator(*column).unwrap() * i128::from(*coefficient);
                        }
                        let constant = row.constant * simplex.denominator();
                        let holds = sum == constant || (row.at_least && sum > constant);
                        prop_assert!(holds, "a row is broken");
                    }
                }
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }
}

#[test]
fn a_tableau_beyond_the_limit_is_refused_before_it_is_made() {
    let columns = vec![Column { lower: 0, upper: None, start: 0 }; 8];
    let row = Row { terms: vec![(0, 1)], constant: 0, at_least: true };
    let refused = Simplex::new(columns, &vec![row; 9_000]);
    assert_eq!(refused.err(), Some(SimplexError::TooLarge));
}
