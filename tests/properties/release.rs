//! What the gate reads back from the store: whatever stands there, an answer or an error.

use std::sync::Arc;

use essaim::{
    base::{clock::ManualClock, id::EntryId},
    codes::embedded::Codes,
    disclosure::rules::Rules,
    publication::admitted::Admitted,
    records::repository::Repository,
    release::{
        counted::Source,
        gate::{Gate, Outlet},
        review::ReleaseId,
    },
    store::{Batch, Store, memory::MemoryStore},
};
use jiff::civil::date;
use proptest::prelude::{any, prop_assert, proptest};

/// A log that is not to be asked.
struct NeverAsked;

impl Outlet for NeverAsked {
    type Error = &'static str;

    fn check(&self) -> Result<(), Self::Error> {
        Err("asked")
    }

    fn find(&self, _: &Admitted) -> Result<Option<EntryId>, Self::Error> {
        Err("asked")
    }

    fn releases(&self) -> Result<Vec<EntryId>, Self::Error> {
        Err("asked")
    }

    fn append(&self, _: Admitted) -> Result<EntryId, Self::Error> {
        Err("asked")
    }
}

proptest! {
    #[test]
    fn bytes_in_the_store_that_are_no_release_are_refused(
        kind in proptest::sample::select(b"ndbfx".to_vec()),
        rest in proptest::collection::vec(any::<u8>(), 0..16),
        value in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let store = Arc::new(MemoryStore::default());
        let mut batch = Batch::default();
        batch.put([&[b'g', kind], rest.as_slice()].concat(), value);
        store.commit(&batch).unwrap();
        let rules = Rules { contributors_min: 3, dominance_percent: 15 };
        let clock = Arc::new(ManualClock::at_noon(date(2026, 5, 1)));
        let codes = Arc::new(Codes::embedded());
        let (kept, timed) = (store.clone(), clock.clone());
        let gate = Gate::new(kept, codes.clone(), rules, "ML".parse().unwrap(), timed);
        let records = Repository::new(store, clock, codes, "ML".parse().unwrap());
        let nothing = Source { records: &records, closing_days: 30 };
        let listed = gate.list();
        prop_assert!(kind == b'd' || listed.is_ok_and(|releases| releases.is_empty()));
        prop_assert!(gate.show(ReleaseId(1)).is_err());
        prop_assert!(gate.approve("awa", ReleaseId(1), &nothing).is_err());
        let recovered = gate.recover(&NeverAsked);
        prop_assert!(kind == b'd' || recovered.is_ok_and(|found| found.is_empty()));
    }
}
