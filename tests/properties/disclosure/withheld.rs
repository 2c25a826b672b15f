//! Hubs that withhold one of their quarters, and what is kept of it.

use std::sync::LazyLock;

use essaim::{
    codes::{catalogue::Catalogue, plan::TablePlan},
    disclosure::{
        protect::protect,
        public,
        transcript::{
            FrozenDifference, FrozenExposure, FrozenRelease, FrozenTable, Protection, Transcript,
        },
        withhold::withhold,
    },
    publication::release::Release,
};
use proptest::{
    prelude::{ProptestConfig, any, prop_assert, prop_assert_eq},
    proptest,
};

use super::{
    RULES,
    hub::{self, Hub},
    release, small,
};
use crate::damage::{damaged, damages};

/// Quarters of a hub: a year and a half.
const QUARTERS: usize = 6;

/// What became of a hub's quarters.
struct Outcome {
    releases: Vec<Release>,
    /// What each of them gave away.
    frozen: Vec<FrozenRelease>,
    /// Cells that were said to be given away, or not shown to be safe.
    exposed: usize,
    unproven: usize,
}

/// Releases the quarters of a hub but one, which it withholds.
fn live(hub: &Hub, withheld: usize) -> Outcome {
    let (catalogue, plan): (Catalogue, TablePlan) = (hub::catalogue(), hub::plan());
    let mut transcript = Transcript::default();
    let mut outcome = Outcome { releases: Vec::new(), frozen: Vec::new(), exposed: 0, unproven: 0 };
    for quarter in 0..QUARTERS {
        let cubes = hub.release(&catalogue, &plan, quarter);
        if quarter == withheld {
            let found = withhold(&catalogue, &RULES, &cubes, &transcript).unwrap();
            assert!(found.tables.iter().flat_map(|table| &table.cells).all(|one| one.0.is_none()));
            (outcome.exposed, outcome.unproven) = (found.exposed.len(), found.unproven.len());
            transcript.append(found.frozen);
        } else {
            let found = protect(&catalogue, &RULES, &cubes, &transcript);
            let found = found.unwrap_or_else(|error| panic!("quarter {quarter}: {error}"));
            let tables = found.tables.iter().map(|safe| safe.table().clone()).collect();
            outcome.releases.push(release(quarter, tables));
            outcome.frozen.push(found.frozen.clone());
            transcript.append(found.frozen);
        }
        transcript = Transcript::from_bytes(&transcript.to_bytes()).unwrap();
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn a_hub_that_withholds_a_quarter_goes_on_and_gives_no_sensitive_cell_away(
        seed in any::<u64>(),
        withheld in 0..QUARTERS,
    ) {
        let outcome = live(&Hub::new(seed, small(seed)), withheld);
        prop_assert_eq!((outcome.exposed, outcome.unproven), (0, 0));
        prop_assert_eq!(outcome.releases.len(), QUARTERS - 1);
        for one in public::intervals(&hub::catalogue(), &outcome.releases).unwrap() {
            let needs = &outcome.frozen[one.release].tables[one.table].needs;
            let sensitive = needs.iter().any(|need| {
                need.cell as usize == one.cell && need.measure as usize == one.measure
            });
            prop_assert!(!sensitive || one.upper != Some(one.lower), "{one:?}");
        }
    }
}

/// A release with something in every field, and the next quarter of its hub.
static KEPT: LazyLock<(FrozenRelease, Hub)> = LazyLock::new(|| {
    let hub = Hub::new(1, small(1));
    let cubes = hub.release(&hub::catalogue(), &hub::plan(), 0);
    let found = withhold(&hub::catalogue(), &RULES, &cubes, &Transcript::default()).unwrap();
    let mut frozen = found.frozen;
    let is_small = |one: &FrozenTable| one.table.cells.len() <= 6;
    // Few tables, so that damage hits what stands behind them often enough.
    frozen.tables.retain(is_small);
    frozen.counter_examples.clear();
    frozen.contributions.as_mut().unwrap().contributions.truncate(4);
    frozen.differences = vec![FrozenDifference {
        about: None,
        terms: vec![(0, 1), (1, -1)],
        protection: Protection::Interval { below: 9, above: 1_000 },
    }];
    frozen.exposures = vec![
        FrozenExposure { terms: vec![(0, 1)], impossible: Protection::NotExact },
        FrozenExposure {
            terms: vec![(0, 1), (1, -1)],
            impossible: Protection::Interval { below: 0, above: 1_000 },
        },
    ];
    (frozen, hub)
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Fields that are not known are passed over, so that they may be added: bytes that are not
    /// those that were kept are refused by their digest, which stands in the release's card. What
    /// is read here has one meaning all the same, and nothing that is made of it panics.
    #[test]
    fn a_release_that_was_damaged_where_it_is_kept_is_refused_or_read_as_one_that_could_be(
        damages in damages(),
        deep in 0..32_u8,
    ) {
        let (frozen, hub) = &*KEPT;
        let whole = frozen.to_bytes();
        prop_assert_eq!(&FrozenRelease::from_bytes(&whole).unwrap(), frozen);
        let Ok(read) = FrozenRelease::from_bytes(&damaged(&whole, &damages)) else { return Ok(()) };
        let again = read.to_bytes();
        prop_assert_eq!(FrozenRelease::from_bytes(&again).unwrap().to_bytes(), again);
        // To protect takes a while.
        if deep == 0 {
            let mut transcript = Transcript::default();
            transcript.append(read);
            let cubes = hub.release(&hub::catalogue(), &hub::plan(), 1);
            let _ = protect(&hub::catalogue(), &RULES, &cubes, &transcript);
        }
    }
}

/// A hub for which no counter-example was found once, though contributors know a whole year.
#[test]
fn a_hub_that_was_hard_to_protect_is_protected_whatever_it_withholds() {
    const SEED: u64 = 17724949000516649422;
    for withheld in 0..QUARTERS {
        let outcome = live(&Hub::new(SEED, small(SEED)), withheld);
        assert_eq!((outcome.exposed, outcome.unproven), (0, 0), "{withheld}");
    }
}
