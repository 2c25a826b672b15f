//! What `log verify` makes of records that were changed in the store: each state a body can be in
//! must fit the header, the index of missing bodies and the withdrawals.

use std::{fs, sync::Arc};

use jiff::civil::Date;

use crate::{
    base::{
        clock::ManualClock,
        id::{EntryId, MemberCode},
    },
    keys::{
        roster::{LogKey, Member, MemberKind, Roster},
        signer::LogSigner,
    },
    log::{
        bodies::{self, StoredBody},
        check::{self, VerifyReport},
        checkpoint::Checkpoint,
        header::leaf,
        logs::Log,
        merkle::Frontier,
        verify,
    },
    publication::{
        admitted::Admitted,
        note::Note,
        withdrawal::{Withdrawal, WithdrawalReason},
    },
    store::{Batch, SharedStore, Store, memory::MemoryStore, prefix},
};

const TODAY: Date = Date::constant(2027, 1, 31);

/// A log with a body in each state, numbered by [`PRESENT`] and so on.
struct Site {
    folder: tempfile::TempDir,
    store: Arc<MemoryStore>,
    log: Log,
}

const PRESENT: u64 = 0;
const ERASED: u64 = 1;
const MISSING: u64 = 2;
const PASSED: u64 = 3;
/// Asks that [`ERASED`] be erased.
const WITHDRAWAL: u64 = 4;
const ENTRIES: u64 = 5;

fn ml() -> MemberCode {
    "ML".parse().unwrap()
}

fn id(seq: u64) -> EntryId {
    EntryId { origin: ml(), epoch: 1, seq }
}

fn signer() -> LogSigner {
    LogSigner::from_seed([7; 32])
}

fn note(text: &str) -> Admitted {
    let note = Note {
        member: ml(),
        language: "fr".into(),
        title: "Séchoir".into(),
        summary: "Sécher".into(),
        text: text.into(),
        authors: vec![],
        filieres: vec![],
        keywords: vec![],
        rights: "CC-BY-4.0".into(),
        published_on: TODAY,
    };
    Admitted::note(&note, None).unwrap()
}

fn withdrawal_of(seq: u64) -> Admitted {
    let withdrawal = Withdrawal { epoch: 1, seq, reason: WithdrawalReason::Request, erase: true };
    Admitted::withdrawal(&withdrawal).unwrap()
}

fn roster() -> Roster {
    let key = LogKey { epoch: 1, key: signer().public(), from_size: 0, to_size: None };
    let member = Member {
        code: ml(),
        kind: MemberKind::National,
        name: "HUB ML".into(),
        exchange_address: "127.0.0.1:1".into(),
        log_keys: vec![key],
        node_keys: vec![],
        people_roots: vec![],
        denied: vec![],
    };
    Roster { version: 1, members: vec![member] }
}

impl Site {
    fn new() -> Self {
        let (folder, store) = (tempfile::tempdir().unwrap(), Arc::new(MemoryStore::default()));
        let clock = Arc::new(ManualClock::at_noon(TODAY));
        let log = Log::open(folder.path(), store.clone() as SharedStore, clock).unwrap();
        Self { folder, store, log }
    }

    fn append(&self, admitted: Admitted) -> EntryId {
        self.log.append(&signer(), ml(), 1, admitted).unwrap()
    }

    /// What another member wrote, as it comes here: without the body of [`MISSING`], and with a
    /// header of a later version at [`PASSED`].
    fn with_all_states() -> Self {
        let origin = Self::new();
        for text in ["stays", "goes", "late", "newer"] {
            origin.append(note(&text.repeat(2_000)));
        }
        origin.append(withdrawal_of(ERASED));
        let snapshot = origin.log.snapshot(ml(), 1).unwrap().unwrap();
        let mut batch = snapshot.batch(0, true).unwrap().unwrap();
        batch.items[MISSING as usize].body = None;
        batch.items[PASSED as usize].body = None;
        batch.items[PASSED as usize].header[0] = 2;
        batch.proof.clear();
        let mut frontier = Frontier::default();
        batch.items.iter().for_each(|item| frontier.push(leaf(&item.header)));
        let checkpoint =
            Checkpoint { origin: ml(), epoch: 1, size: ENTRIES, root: frontier.root() };
        let signed = checkpoint.sign(&signer()).unwrap().to_bytes();
        let site = Self::new();
        let signed = verify::checkpoint(&roster(), ml(), 1, &signed).unwrap();
        assert_eq!(site.log.receive(&signed, batch).unwrap(), ENTRIES);
        site.log.erase_body(id(ERASED)).unwrap();
        site
    }

    fn report(&self) -> VerifyReport {
        check::verify(self.folder.path(), &*self.store).unwrap()
    }

    fn differences(&self) -> Vec<String> {
        self.report().differences.iter().map(ToString::to_string).collect()
    }

    fn put(&self, key: &[u8], value: &[u8]) {
        let mut batch = Batch::default();
        batch.put(key, value);
        self.store.commit(&batch).unwrap();
    }

    fn remove(&self, key: &[u8]) {
        let mut batch = Batch::default();
        batch.remove(key);
        self.store.commit(&batch).unwrap();
    }
}

fn key(kind: u8, seq: u64) -> Vec<u8> {
    let (origin, epoch) = (ml().to_padded(), 1_u32.to_be_bytes());
    [&[prefix::LOG, kind], origin.as_slice(), &epoch, &seq.to_be_bytes()].concat()
}

fn chunk_key(seq: u64, number: u16) -> Vec<u8> {
    [key(b'b', seq), number.to_be_bytes().to_vec()].concat()
}

#[test]
fn bodies_in_every_state_verify() {
    let site = Site::with_all_states();
    let report = site.report();
    assert_eq!((report.differences, report.remarks), (vec![], vec![]));
    assert_eq!((report.entries, report.bodies, report.bodies_absent), (5, 2, 3));
}

#[test]
fn every_changed_bit_of_a_state_is_a_difference() {
    let site = Site::with_all_states();
    for seq in 0..ENTRIES {
        let key = chunk_key(seq, 0);
        let good = site.store.get(&key).unwrap().unwrap();
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[0] ^= 1 << bit;
            site.put(&key, &bad);
            let differences = site.differences();
            let named = differences.iter().any(|it| it.starts_with(&format!("{}: ", id(seq))));
            assert!(named, "entry {seq}, bit {bit}: {differences:?}");
        }
        site.put(&key, &good);
    }
    assert_eq!(site.differences(), [""; 0]);
}

#[test]
fn a_state_put_in_place_of_another_is_a_difference() {
    let site = Site::with_all_states();
    let header = |seq: u64| {
        let bytes = fs::read(site.folder.path().join("ML-1/headers")).unwrap();
        let at = seq as usize * 128;
        bytes[at..at + 128].try_into().unwrap()
    };
    for (seq, state) in [
        (PRESENT, StoredBody::Erased),
        (PRESENT, StoredBody::Passed),
        (MISSING, StoredBody::Erased),
        (MISSING, StoredBody::Passed),
        (ERASED, StoredBody::Passed),
        (PASSED, StoredBody::Missing),
        (PASSED, StoredBody::Erased),
        // A withdrawal that is erased, although nothing asks so, does not vouch for what is gone.
        (WITHDRAWAL, StoredBody::Erased),
    ] {
        let before: Vec<_> = site.store.scan_prefix(b"").map(Result::unwrap).collect();
        let mut batch = Batch::default();
        bodies::put(&*site.store, &mut batch, id(seq), &leaf(&header(seq)), &state).unwrap();
        site.store.commit(&batch).unwrap();
        let differences = site.differences();
        let named = differences.iter().any(|it| it.starts_with(&format!("{}: ", id(seq))));
        assert!(named, "entry {seq} as {state:?}: {differences:?}");
        let now: Vec<_> = site.store.scan_prefix(b"").map(Result::unwrap).collect();
        now.iter().for_each(|(key, _)| site.remove(key));
        before.iter().for_each(|(key, value)| site.put(key, value));
    }
    assert_eq!(site.differences(), [""; 0]);
}

#[test]
fn bytes_after_what_a_record_holds_are_a_difference() {
    let site = Site::with_all_states();
    for seq in 0..ENTRIES {
        for number in [2, 9, u16::MAX] {
            let key = chunk_key(seq, number);
            let before = site.store.get(&key).unwrap();
            if before.is_some() {
                continue;
            }
            site.put(&key, &[1]);
            let differences = site.differences();
            assert_eq!(differences.len(), 1, "entry {seq}, chunk {number}: {differences:?}");
            assert!(differences[0].starts_with(&format!("{}: ", id(seq))), "{differences:?}");
            site.remove(&key);
        }
    }
    assert_eq!(site.differences(), [""; 0]);
}

#[test]
fn a_missing_body_that_nothing_asks_for_is_a_difference() {
    let site = Site::with_all_states();
    site.remove(&key(b'm', MISSING));
    let expected =
        format!("{}: its body is missing, and nothing asks other nodes for it", id(MISSING));
    assert_eq!(site.differences(), [expected]);
}

#[test]
fn what_an_erased_withdrawal_asked_for_is_a_remark() {
    let site = Site::new();
    let gone = site.append(note("gone"));
    let first = site.append(withdrawal_of(gone.seq));
    site.append(withdrawal_of(first.seq));
    site.log.erase_body(gone).unwrap();
    assert_eq!((site.differences(), site.report().remarks.len()), (vec![], 0));
    site.log.erase_body(first).unwrap();
    let report = site.report();
    assert_eq!((report.differences.len(), report.remarks.len()), (0, 1));
    assert_eq!(report.remarks[0].entry, Some(gone));
}
