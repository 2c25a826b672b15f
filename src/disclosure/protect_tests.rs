//! Where the protector stops looking.

use super::*;
use crate::{
    base::id::EnterpriseId,
    codes::{embedded::Codes, list::TOTAL},
    indicators::cube::{Contribution, CubeCell},
    publication::release::Dimension,
};

/// Requests received by filière, each from an enterprise of its own: two are too few to be shown.
fn cube() -> Cube {
    let filieres = [("KARITE", 2), ("LAIT", 5), ("CEREA", 6)];
    let from = |first: u8, count: u8| {
        let one = |number| Contribution {
            enterprise: EnterpriseId::from_bytes([number; 16]),
            holding: None,
            values: vec![1],
        };
        let contributors: Vec<_> = (first..first + count).map(one).collect();
        CubeCell { values: vec![i64::from(count)], contributors }
    };
    let mut cells = vec![from(0, filieres.iter().map(|(_, count)| count).sum())];
    for (_, count) in filieres {
        cells.push(from(cells.len() as u8 * 20, count));
    }
    // The total is of the same enterprises.
    cells[0].contributors = cells[1..].iter().flat_map(|cell| cell.contributors.clone()).collect();
    let codes = std::iter::once(TOTAL).chain(filieres.map(|(code, _)| code));
    Cube {
        population: "requests_received".into(),
        period: "2026-Q1".parse().unwrap(),
        dimensions: vec![Dimension {
            id: "filiere".into(),
            list_version: 1,
            codes: codes.map(String::from).collect(),
        }],
        measures: vec!["requests".into()],
        cells,
    }
}

#[test]
fn a_pattern_that_is_not_found_in_the_rounds_allowed_is_an_error_that_names_a_cell() {
    let codes = Codes::embedded();
    let catalogue = codes.catalogue();
    let rules = Rules::new(3, 15);
    let (cubes, transcript) = ([cube()], Transcript::default());
    let attack = Attack::new(catalogue, &rules, &cubes, &transcript).unwrap();
    let relations = attack.relations(catalogue).unwrap();
    let touching = counter_example::touching(&relations, attack.truth.len());
    let demands = attack.demands_in_reach(&relations);
    let complete = |rounds_max| {
        let mut pattern = Pattern::new(&attack, &relations, &touching, &demands);
        pattern.complete(catalogue, rounds_max).map(|()| pattern.hidden)
    };
    let hidden = complete(1).unwrap();
    assert!(hidden[1] && hidden.iter().filter(|hidden| **hidden).count() == 2, "{hidden:?}");
    let text = complete(0).unwrap_err().to_string();
    assert!(text.contains("requests_received 2026-Q1 filiere=KARITE"), "{text}");
    assert!(text.contains("0 rounds"), "{text}");
}
