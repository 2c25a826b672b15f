//! What is remembered of differences between releases.

use super::*;
use crate::{
    codes::{embedded::Codes, list::TOTAL},
    disclosure::protect::protect,
    indicators::cube::{Contribution, CubeCell},
    publication::release::Dimension,
};

const CEREA: [u8; 5] = [10, 11, 12, 13, 14];
const LAIT: [u8; 5] = [20, 21, 22, 23, 24];
const ALONE: u8 = 20;

/// A cell of one request from each of these enterprises, as often as they stand here.
fn cell(enterprises: &[u8]) -> CubeCell {
    let mut own: BTreeMap<u8, i64> = BTreeMap::new();
    enterprises.iter().for_each(|number| *own.entry(*number).or_default() += 1);
    let one = |(number, requests)| Contribution {
        enterprise: EnterpriseId::from_bytes([number; 16]),
        holding: None,
        values: vec![requests],
    };
    CubeCell {
        values: vec![enterprises.len() as i64],
        contributors: own.into_iter().map(one).collect(),
    }
}

/// Requests received by filière.
fn requests(period: &str, cerea: &[u8], lait: &[u8]) -> Cube {
    Cube {
        population: "requests_received".into(),
        period: period.parse().unwrap(),
        dimensions: vec![Dimension {
            id: "filiere".into(),
            list_version: 1,
            codes: [TOTAL, "CEREA", "LAIT"].map(String::from).into(),
        }],
        measures: vec!["requests".into()],
        cells: vec![cell(&[cerea, lait].concat()), cell(cerea), cell(lait)],
    }
}

/// The year's table is published, and of its cells nobody's parts would be kept: yet who sent the
/// request that came late is known later on, too, and is not taken for somebody who learns of it.
#[test]
fn whoever_makes_a_difference_is_remembered_as_the_one_who_knows_it() {
    let (codes, rules) = (Codes::embedded(), Rules::new(3, 15));
    let mut history = Transcript::default();
    let quarter = |period: &str| requests(period, &CEREA, &LAIT);
    let year =
        requests("2025", &CEREA.repeat(4), &[LAIT.repeat(3), vec![ALONE], vec![ALONE]].concat());
    let releases = [
        vec![quarter("2025-Q1")],
        vec![quarter("2025-Q2")],
        vec![quarter("2025-Q3")],
        vec![requests("2025-Q4", &CEREA, &[ALONE]), year],
        vec![quarter("2026-Q1")],
    ];
    for cubes in &releases {
        let protected = protect(codes.catalogue(), &rules, cubes, &history).unwrap();
        assert_eq!(protected.report.exposed, [""; 0], "{}", cubes[0].period);
        history.append(protected.frozen);
    }
    assert!(remembered(&history).next().is_some(), "what came late is a difference");
}
