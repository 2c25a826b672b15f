//! News taken in while the store fails, and erasures that come before what they erase.

use std::{
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    keys::{
        roster::{LogKey, Member, MemberKind, Roster},
        signer::LogSigner,
    },
    log::logs::Body,
    node::{
        error::NodeError,
        rebuild,
        rebuild_tests::{Site, ml, note},
    },
    publication::{
        admitted::Admitted,
        withdrawal::{Withdrawal, WithdrawalReason},
    },
    store::{Batch, Pairs, Store, StoreError, memory::MemoryStore, prefix},
    sync::{
        message::Want,
        serve::Serve,
        session::{Outcome, Session, SessionLimits},
    },
};

/// What only the erased note holds.
const SECRET: &str = "Four-de-Awa";

/// Member ML, whose key signs these epochs.
fn roster(epochs: &[u32]) -> Arc<Roster> {
    let key = LogSigner::from_seed([7; 32]).public();
    let log_key = |&epoch| LogKey { epoch, key, from_size: 0, to_size: None };
    let member = Member {
        code: ml(),
        kind: MemberKind::National,
        name: "HUB ML".into(),
        exchange_address: "127.0.0.1:1".into(),
        log_keys: epochs.iter().map(log_key).collect(),
        node_keys: vec![],
        people_roots: vec![],
        denied: vec![],
    };
    Arc::new(Roster { version: 1, members: vec![member] })
}

/// What `site` gets from `other` of these epochs.
fn pull(site: &Site, other: &Site, epochs: &[u32], want: Want) -> Outcome {
    let limits = SessionLimits { budget_bytes: u64::MAX, want };
    let mut session = Session::new(site.log.clone(), ml(), roster(epochs), limits).unwrap();
    let request = session.request().unwrap();
    for frame in Serve::new(other.log.clone(), request).unwrap() {
        session.accept(frame.unwrap()).unwrap();
    }
    session.into_outcome()
}

fn memory() -> Site {
    Site::empty(Arc::new(MemoryStore::default()))
}

/// A note in epoch 1, and its erasure in epoch 2.
fn origin() -> Site {
    let origin = memory();
    let seq = origin.append(Admitted::note(&note(SECRET), None)).seq;
    let reason = WithdrawalReason::Legal;
    let withdrawal = Withdrawal { epoch: 1, seq, reason, erase: true };
    origin.append_in(2, Admitted::withdrawal(&withdrawal));
    origin
}

/// Nothing of the note is kept, shown, asked for or held to be a fault.
fn assert_erased(site: &Site) {
    let body = site.log.entry("ML/1/0".parse().unwrap()).unwrap().unwrap().body;
    assert_eq!(body, Body::Absent);
    let holds = |value: &[u8]| value.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    assert!(!site.store.scan_prefix(b"").any(|pair| holds(&pair.unwrap().1)));
    assert_eq!(site.log.missing_bodies(10).unwrap(), []);
    for _ in 0..2 {
        let node = site.start();
        assert!(node.titles().is_empty());
        assert_eq!(node.projections.passed().unwrap(), []);
        // All computed again comes to the same.
        rebuild::request(&*site.store).unwrap();
    }
}

#[test]
fn a_body_that_comes_after_its_erasure_is_erased() {
    let (site, origin) = (memory(), origin());
    let node = site.start();
    let outcome = pull(&site, &origin, &[2], Want::Bodies);
    node.projections.take_news(&outcome.filled).unwrap();
    let outcome = pull(&site, &origin, &[1, 2], Want::Bodies);
    assert_eq!(outcome.advanced.len(), 1);
    node.projections.take_news(&outcome.filled).unwrap();
    assert!(node.titles().is_empty());
    assert_erased(&site);
}

#[test]
fn a_body_that_was_not_fetched_before_its_erasure_is_never_fetched() {
    let (site, origin) = (memory(), origin());
    let node = site.start();
    pull(&site, &origin, &[1], Want::Headers);
    node.projections.take_news(&[]).unwrap();
    assert_eq!(node.projections.passed().unwrap().len(), 1);
    let outcome = pull(&site, &origin, &[2], Want::Bodies);
    node.projections.take_news(&outcome.filled).unwrap();
    let outcome = pull(&site, &origin, &[1, 2], Want::Bodies);
    assert_eq!(outcome.filled, []);
    assert_erased(&site);
}

/// A store whose disk is full, as far as the library goes.
#[derive(Default)]
struct FullStore {
    memory: MemoryStore,
    is_full: AtomicBool,
}

impl Store for FullStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.get(key)
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        self.memory.range(from, to)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let of_library = batch.operations().any(|(key, _)| key.starts_with(&[prefix::LIBRARY]));
        if of_library && self.is_full.load(Ordering::Relaxed) {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        self.memory.apply(batch)
    }

    fn barrier(&self) -> Result<(), StoreError> {
        self.memory.barrier()
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[test]
fn entries_that_cannot_be_taken_in_wait_and_the_node_says_so() {
    let store = Arc::new(FullStore::default());
    let (site, origin) = (Site::empty(store.clone()), memory());
    let node = site.start();
    origin.append(Admitted::note(&note("Séchoir"), None));
    pull(&site, &origin, &[1], Want::Headers);
    node.projections.take_news(&[]).unwrap();
    let outcome = pull(&site, &origin, &[1], Want::Bodies);
    site.append_in(2, Admitted::note(&note("Four"), None));

    store.is_full.store(true, Ordering::Relaxed);
    for news in [outcome.filled.as_slice(), &[]] {
        let failed = node.projections.take_news(news).unwrap_err();
        assert!(matches!(failed, NodeError::Store(StoreError::Io(_))), "{failed}");
        assert!(node.projections.is_behind());
    }
    store.is_full.store(false, Ordering::Relaxed);
    node.projections.take_news(&[]).unwrap();
    assert!(!node.projections.is_behind());
    assert_eq!(node.titles().len(), 2);
    assert_eq!(node.projections.passed().unwrap(), []);
}
