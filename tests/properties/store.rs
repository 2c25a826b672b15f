//! The stores behave like one ordered map, whatever is done to them.

use std::{collections::BTreeMap, ops::Bound};

use essaim::store::{
    Batch, Store,
    memory::MemoryStore,
    sled::{SledOptions, SledStore},
};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<(Vec<u8>, Option<Vec<u8>>)>),
    Range(Bound<Vec<u8>>, Bound<Vec<u8>>),
    Prefix(Vec<u8>),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![Just(0_u8), Just(b'a'), Just(u8::MAX)], 1..4)
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        Just(Bound::Unbounded),
        key().prop_map(Bound::Included),
        key().prop_map(Bound::Excluded),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let value = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..8));
    prop_oneof![
        proptest::collection::vec((key(), value), 0..6).prop_map(Step::Commit),
        (bound(), bound()).prop_map(|(from, to)| Step::Range(from, to)),
        key().prop_map(Step::Prefix),
    ]
}

/// Keys of the steps stand under `x`, apart from the store's own.
fn placed(key: &[u8]) -> Vec<u8> {
    [b"x", key].concat()
}

fn placed_bound(bound: Bound<Vec<u8>>, open: Bound<Vec<u8>>) -> Bound<Vec<u8>> {
    match bound {
        Bound::Included(key) => Bound::Included(placed(&key)),
        Bound::Excluded(key) => Bound::Excluded(placed(&key)),
        Bound::Unbounded => open,
    }
}

fn check(store: &dyn Store, steps: &[Step]) {
    let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let all = |pairs: essaim::store::Pairs<'_>| -> Vec<_> { pairs.map(Result::unwrap).collect() };
    for step in steps.iter().cloned() {
        match step {
            Step::Commit(operations) => {
                let mut batch = Batch::default();
                for (key, value) in operations {
                    let key = placed(&key);
                    match value {
                        Some(value) => {
                            batch.put(key.clone(), value.clone());
                            model.insert(key, value);
                        }
                        None => {
                            batch.remove(key.clone());
                            model.remove(&key);
                        }
                    }
                }
                store.commit(&batch).unwrap();
            }
            Step::Range(from, to) => {
                let from = placed_bound(from, Bound::Included(b"x".to_vec()));
                let to = placed_bound(to, Bound::Excluded(b"y".to_vec()));
                let found = all(store.range(from.clone(), to.clone()));
                let above = |key: &Vec<u8>| match &from {
                    Bound::Included(from) => key >= from,
                    Bound::Excluded(from) => key > from,
                    Bound::Unbounded => true,
                };
                let below = |key: &Vec<u8>| match &to {
                    Bound::Included(to) => key <= to,
                    Bound::Excluded(to) => key < to,
                    Bound::Unbounded => true,
                };
                let within = model.clone().into_iter().filter(|(key, _)| above(key) && below(key));
                assert_eq!(found, within.collect::<Vec<_>>());
            }
            Step::Prefix(start) => {
                let start = placed(&start);
                let found = all(store.scan_prefix(&start));
                let under = model.clone().into_iter().filter(|(key, _)| key.starts_with(&start));
                assert_eq!(found, under.collect::<Vec<_>>());
            }
        }
    }
    for (key, value) in &model {
        assert_eq!(store.get(key).unwrap().as_ref(), Some(value));
    }
}

proptest! {
    #[test]
    fn the_memory_store_is_an_ordered_map(steps in proptest::collection::vec(step(), 0..30)) {
        check(&MemoryStore::default(), &steps);
    }
}

proptest! {
    // Each case makes its own files and waits for the disk.
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn the_sled_store_is_an_ordered_map(steps in proptest::collection::vec(step(), 0..30)) {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::create(&SledOptions::in_folder(folder.path())).unwrap();
        check(&store, &steps);
    }
}
