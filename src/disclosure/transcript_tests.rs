//! The bytes of what releases gave away. They are stored, and set in stone.

use super::*;
use crate::publication::release::{Cell, Dimension};

/// With something in every field.
fn full() -> FrozenRelease {
    let dimension = Dimension {
        id: "filiere".into(),
        list_version: 1,
        codes: ["_T", "CEREA", "LAIT"].map(String::from).into(),
    };
    let table = Table {
        population: "funding".into(),
        period: "2026-Q1".parse().unwrap(),
        dimensions: vec![dimension],
        measures: ["grants", "amount"].map(String::from).into(),
        cells: vec![Cell(Some(vec![7, 900_000])), Cell(None), Cell(None)],
    };
    let interval = Protection::Interval { below: 40, above: 150_000 };
    FrozenRelease {
        tables: vec![FrozenTable {
            table,
            truth: vec![vec![7, 900_000], vec![5, 600_000], vec![2, 300_000]],
            needs: vec![
                FrozenNeed { cell: 2, measure: 0, protection: Protection::NotExact },
                FrozenNeed { cell: 2, measure: 1, protection: interval },
            ],
        }],
        counter_examples: vec![vec![(2, 1), (4, -1)], vec![(3, -150_000), (5, 150_000)]],
        differences: vec![FrozenDifference {
            about: None,
            terms: vec![(0, 1), (6, -1)],
            protection: Protection::Interval { below: 9, above: 9 },
        }],
        contributions: Some(FrozenContributions {
            enterprises: vec![EnterpriseId::from_bytes([0xab; 16])],
            holdings: vec![FrozenHolding { enterprise: 0, holding: "G7".into() }],
            contributions: vec![FrozenContribution {
                table: 0,
                cell: 2,
                enterprise: 0,
                values: vec![1, 200_000],
            }],
        }),
        exposures: vec![
            FrozenExposure { terms: vec![(2, 1)], impossible: Protection::NotExact },
            FrozenExposure {
                terms: vec![(0, 1), (6, -1)],
                impossible: Protection::Interval { below: 0, above: 9 },
            },
        ],
    }
}

/// As it is kept.
const FULL: &str = "01a50081a300a5006766756e64696e670167323032362d51310281a3006766696c69657265010102\
     83625f54654345524541644c4149540382666772616e747366616d6f756e74048382071a000dbba0\
     f6f6018382071a000dbba082051a000927c082021a000493e00282a30002010002820080a3000201\
     010282018218281a000249f00182828202018204208282033a000249ef82051a000249f00281a200\
     8282000182062001820182090903a3008150abababababababababababababababab018184000200\
     82011a00030d40028182006247370482a2008182020101820080a200828200018206200182018200\
     09";
/// The same, kept before holding groups were noted.
const WITHOUT_GROUPS: &str = "01a50081a300a5006766756e64696e670167323032362d51310281a3006766696c69657265010102\
     83625f54654345524541644c4149540382666772616e747366616d6f756e74048382071a000dbba0\
     f6f6018382071a000dbba082051a000927c082021a000493e00282a30002010002820080a3000201\
     010282018218281a000249f00182828202018204208282033a000249ef82051a000249f00281a200\
     8282000182062001820182090903a2008150abababababababababababababababab018184000200\
     82011a00030d400482a2008182020101820080a20082820001820620018201820009";
/// What was kept before differences, contributions and exposures were noted.
const FIRST: &str = "01a20081a300a5006766756e64696e670167323032362d51310281a3006766696c69657265010102\
     83625f54654345524541644c4149540382666772616e747366616d6f756e74048382071a000dbba0\
     f6f6018382071a000dbba082051a000927c082021a000493e00282a30002010002820080a3000201\
     010282018218281a000249f00182828202018204208282033a000249ef82051a000249f0";

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_was_given_away_is_kept_in_these_bytes() {
    assert_eq!(hex(&full().to_bytes()), FULL, "a change of what is written is a new layout");
    assert_eq!(FrozenRelease::from_bytes(&unhex(FULL)).unwrap(), full());
}

#[test]
fn what_was_kept_with_less_is_read() {
    let first =
        FrozenRelease { differences: vec![], contributions: None, exposures: vec![], ..full() };
    assert_eq!(FrozenRelease::from_bytes(&unhex(FIRST)).unwrap(), first);
    let mut without_groups = full();
    without_groups.contributions.iter_mut().for_each(|one| one.holdings.clear());
    assert_eq!(FrozenRelease::from_bytes(&unhex(WITHOUT_GROUPS)).unwrap(), without_groups);
}

#[test]
fn what_a_release_gave_away_is_cut_nowhere() {
    let whole = unhex(FULL);
    for length in 0..whole.len() {
        let cut = FrozenRelease::from_bytes(&whole[..length]);
        assert!(matches!(cut, Err(DisclosureError::Transcript(_))), "{length} bytes: {cut:?}");
    }
    let longer = [&whole[..], &[0xf6]].concat();
    assert!(matches!(FrozenRelease::from_bytes(&longer), Err(DisclosureError::Transcript(_))));
}
