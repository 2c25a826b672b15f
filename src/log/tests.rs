//! Behaviour of logs on a disk that crashes and rots.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

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
        LogError,
        batch::{BatchContent, EntryBatch},
        check,
        checkpoint::Checkpoint,
        logs::{Body, Log},
        single::{Base, HeadNews},
        verify::{self, VerifyError},
    },
    publication::{admitted::Admitted, note::Note},
    store::{Batch, SharedStore, Store, memory::MemoryStore, prefix},
};

struct Node {
    folder: tempfile::TempDir,
    store: Arc<MemoryStore>,
    log: Log,
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)))
}

fn open(folder: &Path, store: &Arc<MemoryStore>) -> Log {
    Log::open(folder, store.clone() as SharedStore, clock()).unwrap()
}

fn ml() -> MemberCode {
    "ML".parse().unwrap()
}

fn signer() -> LogSigner {
    LogSigner::from_seed([7; 32])
}

fn id(seq: u64) -> EntryId {
    EntryId { origin: ml(), epoch: 1, seq }
}

fn note(text: &str) -> Note {
    Note {
        member: ml(),
        language: "fr".into(),
        title: "Séchoir".into(),
        summary: "Sécher".into(),
        text: text.into(),
        authors: vec![],
        filieres: vec![],
        keywords: vec![],
        rights: "CC-BY-4.0".into(),
        published_on: Date::constant(2027, 1, 31),
    }
}

fn admitted(text: &str) -> Admitted {
    Admitted::note(&note(text), None).unwrap()
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

impl Node {
    fn new() -> Self {
        let (folder, store) = (tempfile::tempdir().unwrap(), Arc::new(MemoryStore::default()));
        let log = open(folder.path(), &store);
        Self { folder, store, log }
    }

    fn with_entries(count: usize) -> Self {
        let node = Self::new();
        for number in 0..count {
            node.append(&format!("text {number}")).unwrap();
        }
        node
    }

    fn append(&self, text: &str) -> Result<EntryId, LogError> {
        self.log.append(&signer(), ml(), 1, admitted(text))
    }

    fn restart(&mut self) {
        self.log = open(self.folder.path(), &self.store);
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("ML-1").join(name)
    }

    fn size(&self) -> u64 {
        self.log.heads().first().map_or(0, |head| head.size)
    }

    fn held(&self) -> u64 {
        self.log.heads().first().map_or(0, |head| head.held)
    }

    fn batch(&self, from: u64) -> EntryBatch {
        self.log.snapshot(ml(), 1).unwrap().unwrap().batch(from, true).unwrap().unwrap()
    }

    /// The batch's first `count` entries, with the proof that belongs to them.
    fn part(&self, from: u64, count: usize) -> EntryBatch {
        let mut batch = self.batch(from);
        batch.items.truncate(count);
        let snapshot = self.log.snapshot(ml(), 1).unwrap().unwrap();
        batch.proof = snapshot.base(from + count as u64).unwrap().1;
        batch
    }

    fn checkpoint(&self) -> Vec<u8> {
        self.log.heads()[0].checkpoint.clone()
    }

    fn consider(&self, from: &Node) -> Result<HeadNews, LogError> {
        let at = self.log.position(ml(), 1).unwrap();
        let snapshot = from.log.snapshot(ml(), 1).unwrap().unwrap();
        let (root, proof) = snapshot.base(at.size).map_or((None, vec![]), |it| (Some(it.0), it.1));
        let base = Base { size: at.size, root, proof };
        self.log.consider(&roster(), (ml(), 1), &from.checkpoint(), &base)
    }

    fn receive(&self, from: &Node, batch: EntryBatch) -> Result<u64, LogError> {
        let note = from.checkpoint();
        let checkpoint = verify::checkpoint(&roster(), ml(), 1, &note).unwrap();
        self.log.receive(&checkpoint, batch)
    }

    fn texts(&self) -> Vec<String> {
        let text = |entry: Result<crate::log::logs::Entry, LogError>| match entry.unwrap().body {
            Body::Present(bytes) => Note::from_bytes(Note::SCHEMA, &bytes).unwrap().text,
            Body::Absent => "absent".into(),
        };
        self.log.entries(ml(), 1, 0).map(text).collect()
    }

    fn differences(&self) -> Vec<String> {
        let report = check::verify(self.folder.path(), &*self.store).unwrap();
        report.differences.iter().map(ToString::to_string).collect()
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_appended_is_there_after_a_power_cut() {
    let mut node = Node::with_entries(3);
    node.store.crash();
    node.restart();
    assert_eq!(node.texts(), ["text 0", "text 1", "text 2"]);
    assert_eq!(node.append("text 3").unwrap(), id(3));
    assert_eq!(node.differences(), [""; 0]);
}

#[test]
fn a_long_body_is_stored_in_chunks_and_comes_back_whole() {
    let long = "é".repeat(90_000);
    let node = Node::new();
    node.append(&long).unwrap();
    assert_eq!(node.texts(), [long]);
    let largest = node.store.scan_prefix(&[prefix::LOG]).map(|pair| pair.unwrap().1.len()).max();
    assert!(largest.unwrap() <= crate::base::limits::STORE_VALUE_BYTES_MAX);
}

#[test]
fn a_revision_keeps_the_name_of_its_resource() {
    let node = Node::with_entries(2);
    let revise = |seq| {
        let admitted = Admitted::note(&note("better"), Some(seq)).unwrap();
        node.log.append(&signer(), ml(), 1, admitted)
    };
    assert_eq!(revise(1).unwrap(), id(2));
    assert_eq!(revise(2).unwrap(), id(3));
    let header = node.log.entry(id(3)).unwrap().unwrap().header;
    assert_eq!((header.first_seq, header.supersedes), (1, Some(2)));
    assert!(matches!(revise(9), Err(LogError::NoSuchRevision { .. })));
    assert_eq!(node.log.entry(id(4)).unwrap(), None);
}

#[test]
fn headers_a_crash_left_after_the_signed_size_are_cut_off() {
    for extra in [1, 127, 128, 200] {
        let mut node = Node::with_entries(2);
        let mut bytes = fs::read(node.file("headers")).unwrap();
        bytes.extend(vec![0xAB; extra]);
        fs::write(node.file("headers"), bytes).unwrap();
        let report = check::verify(node.folder.path(), &*node.store).unwrap();
        assert_eq!((report.differences.len(), report.remarks.len()), (0, 1));
        node.restart();
        assert_eq!(fs::metadata(node.file("headers")).unwrap().len(), 256);
        assert_eq!(node.append("next").unwrap(), id(2));
        assert_eq!(node.differences(), [""; 0]);
    }
}

#[test]
fn a_body_a_crash_left_is_replaced_by_the_next_append() {
    let mut node = Node::with_entries(1);
    let headers = fs::read(node.file("headers")).unwrap();
    let checkpoints = fs::read(node.file("checkpoints")).unwrap();
    node.append(&"long ".repeat(5000)).unwrap();
    // As after step 1 of the second append.
    fs::write(node.file("headers"), headers).unwrap();
    fs::write(node.file("checkpoints"), checkpoints).unwrap();
    node.restart();
    node.append("short").unwrap();
    assert_eq!(node.texts(), ["text 0", "short"]);
    assert_eq!(node.differences(), [""; 0]);
    assert_eq!(node.store.scan_prefix(&[prefix::LOG]).count(), 2, "no stale chunk stays");
}

#[test]
fn a_failed_write_of_the_checkpoint_leaves_the_log_as_it_was() {
    let node = Node::with_entries(1);
    fs::create_dir(node.file("checkpoints.new")).unwrap();
    assert!(matches!(node.append("lost"), Err(LogError::File { .. })));
    fs::remove_dir(node.file("checkpoints.new")).unwrap();
    assert_eq!(node.texts(), ["text 0"]);
    assert_eq!(node.append("text 1").unwrap(), id(1));
    assert_eq!(node.differences(), [""; 0]);
}

#[test]
fn verify_names_the_entry_whose_header_was_changed() {
    for at in [2, 24, 33, 64, 90, 127] {
        let mut node = Node::with_entries(3);
        flip(&node.file("headers"), 128 + at);
        let differences = node.differences();
        assert!(differences[0].starts_with("ML/1/1: the header"), "{differences:?}");
        assert_eq!(differences.len(), 1);
        node.restart();
        assert!(matches!(node.append("more"), Err(LogError::Damaged { .. })));
        assert_eq!(node.log.damaged().len(), 1);
        assert!(node.log.snapshot(ml(), 1).unwrap().is_none(), "damage is not sent on");
    }
}

#[test]
fn verify_names_the_entry_whose_body_was_changed() {
    let node = Node::with_entries(1);
    node.append(&"long ".repeat(5000)).unwrap();
    let keys: Vec<_> = node.store.scan_prefix(&[prefix::LOG]).map(|pair| pair.unwrap().0).collect();
    for key in &keys[1..] {
        let good = node.store.get(key).unwrap().unwrap();
        for at in [0, 1, 40, 68, good.len() - 1] {
            let mut bad = good.clone();
            bad[at.min(good.len() - 1)] ^= 4;
            put(&node, key, bad);
            let differences = node.differences();
            assert_eq!(differences.len(), 1, "{differences:?}");
            assert!(differences[0].starts_with("ML/1/1: "), "{differences:?}");
        }
        put(&node, key, good);
    }
    assert_eq!(node.differences(), [""; 0]);
}

fn put(node: &Node, key: &[u8], value: Vec<u8>) {
    let mut batch = Batch::default();
    batch.put(key, value);
    node.store.commit(&batch).unwrap();
}

#[test]
fn verify_notices_any_changed_byte_of_the_checkpoint() {
    let node = Node::with_entries(2);
    let good = fs::read(node.file("checkpoints")).unwrap();
    for at in 0..good.len() {
        flip(&node.file("checkpoints"), at);
        assert!(!node.differences().is_empty(), "byte {at}");
        fs::write(node.file("checkpoints"), &good).unwrap();
    }
    fs::write(node.file("checkpoints"), &good[..good.len() - 7]).unwrap();
    assert!(!node.differences().is_empty());
    fs::remove_file(node.file("checkpoints")).unwrap();
    assert_eq!(node.differences(), [""; 0], "nothing signed, nothing to differ");
}

#[test]
fn verify_names_the_first_entry_that_was_cut_off() {
    let mut node = Node::with_entries(3);
    let headers = fs::read(node.file("headers")).unwrap();
    fs::write(node.file("headers"), &headers[..130]).unwrap();
    assert!(node.differences()[0].starts_with("ML/1/1: the header is missing"));
    node.restart();
    assert!(matches!(node.append("more"), Err(LogError::Damaged { .. })));
}

#[test]
fn a_followed_log_takes_parts_and_goes_on_after_a_restart() {
    let (origin, mut follower) = (Node::with_entries(7), Node::new());
    assert!(matches!(follower.consider(&origin).unwrap(), HeadNews::Newer(_)));
    follower.receive(&origin, origin.part(0, 3)).unwrap();
    assert_eq!((follower.size(), follower.held()), (0, 3));
    follower.restart();
    assert_eq!(follower.held(), 3);
    assert_eq!(follower.differences(), [""; 0]);
    // The same again is passed over, an overlap is taken from where it is new, a gap is refused.
    assert_eq!(follower.receive(&origin, origin.part(0, 2)).unwrap(), 0);
    assert!(follower.receive(&origin, origin.part(5, 2)).is_err());
    assert_eq!(follower.receive(&origin, origin.part(1, 6)).unwrap(), 4);
    assert_eq!((follower.size(), follower.held()), (7, 7));
    assert_eq!(follower.texts(), origin.texts());
    assert_eq!(follower.checkpoint(), origin.checkpoint());
}

#[test]
fn nothing_that_does_not_verify_is_stored() {
    let (origin, follower) = (Node::with_entries(4), Node::new());
    let tampered = |change: &dyn Fn(&mut EntryBatch)| {
        let mut batch = origin.part(0, 3);
        change(&mut batch);
        follower.receive(&origin, batch)
    };
    let changes: [&dyn Fn(&mut EntryBatch); 5] = [
        &|batch| batch.items[1].header[50] ^= 1,
        &|batch| batch.items.swap(0, 1),
        &|batch| batch.items.truncate(2),
        &|batch| batch.proof[0][0] ^= 1,
        &|batch| batch.proof.truncate(1),
    ];
    for change in changes {
        let refused = tampered(change);
        assert!(matches!(refused, Err(LogError::Refused(VerifyError::NotInTree { .. }))));
    }
    assert_eq!(follower.held(), 0);
    assert_eq!(follower.store.scan_prefix(&[prefix::LOG]).count(), 0);
}

#[test]
fn a_batch_survives_its_encoding() {
    let origin = Node::with_entries(4);
    let mut batch = origin.part(1, 3);
    batch.items[1].body = None;
    batch.items[2].body = None;
    batch.items[2].header[0] = 9;
    let content = BatchContent::Entries(batch);
    assert_eq!(BatchContent::from_bytes(&content.to_bytes()).unwrap(), content);
    let body = origin.log.sealed_body(id(0)).unwrap().unwrap();
    let content = BatchContent::Bodies(vec![(id(0), body)]);
    assert_eq!(BatchContent::from_bytes(&content.to_bytes()).unwrap(), content);
}

#[test]
fn an_absent_body_is_accepted_asked_for_and_filled_in() {
    let (origin, follower) = (Node::with_entries(3), Node::new());
    let mut batch = origin.batch(0);
    batch.items[1].body = None;
    follower.receive(&origin, batch).unwrap();
    assert_eq!(follower.texts(), ["text 0", "absent", "text 2"]);
    assert_eq!(follower.log.missing_bodies(10).unwrap(), [id(1)]);
    let (right, wrong) = (origin.log.sealed_body(id(1)), origin.log.sealed_body(id(2)));
    let (right, wrong) = (right.unwrap().unwrap(), wrong.unwrap().unwrap());
    assert!(follower.log.receive_bodies(vec![(id(1), wrong)]).is_err());
    assert_eq!(follower.log.receive_bodies(vec![(id(1), right)]).unwrap(), [id(1)]);
    assert_eq!(follower.texts(), origin.texts());
    assert!(follower.log.missing_bodies(10).unwrap().is_empty());
}

#[test]
fn an_erased_body_is_gone_with_its_nonce_and_the_log_still_verifies() {
    let node = Node::with_entries(3);
    node.log.erase_body(id(1)).unwrap();
    assert_eq!(node.texts(), ["text 0", "absent", "text 2"]);
    assert_eq!(node.differences(), ["ML/1/1: its body is erased, and no withdrawal asks so"]);
    assert!(node.log.missing_bodies(10).unwrap().is_empty(), "it is not asked for again");
    let follower = Node::new();
    follower.receive(&node, node.batch(0)).unwrap();
    assert_eq!(follower.texts(), ["text 0", "absent", "text 2"]);
}

#[test]
fn a_signed_header_that_cannot_be_read_is_kept_passed_over_and_sent_on() {
    let origin = Node::with_entries(3);
    let mut batch = origin.batch(0);
    batch.items[1].header[0] = 2;
    batch.items[1].body = None;
    batch.proof.clear();
    let mut frontier = crate::log::merkle::Frontier::default();
    batch.items.iter().for_each(|item| frontier.push(crate::log::header::leaf(&item.header)));
    let newer = Checkpoint { origin: ml(), epoch: 1, size: 3, root: frontier.root() };
    let note = newer.sign(&signer()).unwrap().to_bytes();
    let checkpoint = verify::checkpoint(&roster(), ml(), 1, &note).unwrap();
    let follower = Node::new();
    assert_eq!(follower.log.receive(&checkpoint, batch).unwrap(), 3);
    let entries: Vec<_> = follower.log.entries(ml(), 1, 0).collect();
    assert!(entries[0].is_ok() && entries[2].is_ok());
    assert!(matches!(entries[1], Err(LogError::Unreadable { .. })));
    assert_eq!(follower.differences(), [""; 0]);
    let third = Node::new();
    let content = BatchContent::Entries(follower.batch(0)).to_bytes();
    let BatchContent::Entries(batch) = BatchContent::from_bytes(&content).unwrap() else {
        panic!("entries");
    };
    assert_eq!(third.receive(&follower, batch).unwrap(), 3);
}

/// Two logs by the same key that share their first `common` entries.
fn forked(common: usize, left: usize, right: usize) -> (Node, Node) {
    let (a, b) = (Node::with_entries(common), Node::new());
    if common > 0 {
        b.receive(&a, a.batch(0)).unwrap();
    }
    for number in 0..left {
        a.append(&format!("left {number}")).unwrap();
    }
    for number in 0..right {
        b.append(&format!("right {number}")).unwrap();
    }
    (a, b)
}

#[test]
fn two_histories_of_any_lengths_are_a_fork_with_evidence() {
    for (common, left, right) in [(0, 1, 1), (3, 2, 2), (3, 1, 4), (3, 4, 1), (2, 2, 5), (0, 4, 9)]
    {
        let (a, b) = forked(common, left, right);
        let mut follower = Node::new();
        follower.receive(&a, a.batch(0)).unwrap();
        let news = follower.consider(&b).unwrap();
        assert!(matches!(news, HeadNews::Forked(_)), "{common} {left} {right}: {news:?}");
        assert_eq!(follower.log.position(ml(), 1), None, "nothing more is asked for");
        assert!(matches!(follower.receive(&b, b.batch(0)), Err(LogError::Frozen { .. })));
        follower.restart();
        assert!(follower.log.heads()[0].frozen, "a frozen epoch stays so");
        let forks = follower.log.forks().unwrap();
        assert_eq!(forks.len(), 1);
        let remarks = check::verify(follower.folder.path(), &*follower.store).unwrap().remarks;
        assert!(remarks[0].to_string().ends_with(&forks[0].to_string()), "{remarks:?}");
        assert_eq!(follower.texts(), a.texts(), "what was held is still shown");
        assert_eq!(follower.differences(), [""; 0]);
    }
}

#[test]
fn a_proof_that_holds_for_nothing_is_the_relays_fault_and_freezes_nothing() {
    let (a, follower) = (Node::with_entries(3), Node::new());
    follower.receive(&a, a.batch(0)).unwrap();
    a.append("more").unwrap();
    let at = follower.log.position(ml(), 1).unwrap();
    for root in [None, Some([3; 32]), Some(at.root)] {
        let base = Base { size: 3, root, proof: vec![[1; 32]; 2] };
        let news = follower.log.consider(&roster(), (ml(), 1), &a.checkpoint(), &base);
        assert!(matches!(news, Err(LogError::Refused(_))), "{news:?}");
    }
    assert!(matches!(follower.consider(&a).unwrap(), HeadNews::Newer(_)));
}

#[test]
fn a_shorter_log_of_the_same_history_is_no_news() {
    let (a, follower) = (Node::with_entries(2), Node::new());
    follower.receive(&a, a.batch(0)).unwrap();
    a.append("more").unwrap();
    follower.receive(&a, a.batch(2)).unwrap();
    let old = Node::with_entries(0);
    old.receive(&a, a.batch(0)).unwrap();
    assert_eq!(follower.consider(&old).unwrap(), HeadNews::Nothing);
}

#[test]
fn only_keys_of_the_roster_count_and_only_for_their_sizes() {
    let (a, follower) = (Node::with_entries(3), Node::new());
    let considered = |roster: &Roster| {
        let base = Base { size: 0, root: None, proof: vec![] };
        follower.log.consider(roster, (ml(), 1), &a.checkpoint(), &base)
    };
    let unknown = |news| matches!(news, Err(LogError::Refused(VerifyError::UnknownKey { .. })));
    assert!(unknown(considered(&Roster::default())));
    let mut short = roster();
    short.members[0].log_keys[0].to_size = Some(3);
    assert!(unknown(considered(&short)));
    short.members[0].log_keys[0].to_size = Some(4);
    assert!(matches!(considered(&short).unwrap(), HeadNews::Newer(_)));
}

#[test]
fn an_own_log_restored_from_a_backup_takes_nothing_until_it_caught_up() {
    let (own, friend) = (Node::with_entries(2), Node::new());
    let restored = Node::new();
    restored.receive(&own, own.batch(0)).unwrap();
    own.append("after the backup").unwrap();
    friend.receive(&own, own.batch(0)).unwrap();

    restored.log.ask_peers_first(ml(), 1, 2).unwrap();
    assert!(matches!(restored.append("fork"), Err(LogError::Unconfirmed { .. })));
    assert!(matches!(restored.consider(&friend).unwrap(), HeadNews::Newer(_)));
    restored.log.answered(ml(), 1, "BJ".parse().unwrap());
    restored.log.answered(ml(), 1, "BJ".parse().unwrap());
    let refused = restored.append("fork");
    assert!(matches!(refused, Err(LogError::Behind { .. })), "{refused:?}");
    restored.log.answered(ml(), 1, "SN".parse().unwrap());
    let refused = restored.append("fork");
    assert!(matches!(refused, Err(LogError::Behind { held: 2, known: 3, .. })), "{refused:?}");
    restored.receive(&friend, friend.batch(2)).unwrap();
    assert_eq!(restored.append("goes on").unwrap(), id(3));
    assert!(matches!(friend.consider(&restored).unwrap(), HeadNews::Newer(_)));
}

/// The folder `tests/fixtures/log-v1`, written by the first version and never again, with the
/// store's pairs beside it: an own log of three entries (the first erased, the second long, the
/// third a revision), and a followed one of which three of four entries are held, one without its
/// body.
#[test]
fn the_frozen_logs_of_version_1_open_and_verify() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/log-v1");
    let node = Node::new();
    for file in ["ML-1/headers", "ML-1/checkpoints", "BJ-1/headers", "BJ-1/checkpoints"] {
        let to = node.folder.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(frozen.join(file), to).unwrap();
    }
    for line in fs::read_to_string(frozen.join("pairs")).unwrap().lines() {
        let (key, value) = line.split_once(' ').unwrap();
        put(&node, &unhex(key), unhex(value));
    }
    let report = check::verify(node.folder.path(), &*node.store).unwrap();
    // Its first entry was erased before `log verify` looked for the withdrawal that asks so.
    let differences: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(differences, ["ML/1/0: its body is erased, and no withdrawal asks so"]);
    assert_eq!((report.entries, report.bodies), (6, 4));
    let mut node = node;
    node.restart();
    let heads = node.log.heads();
    let sizes: Vec<_> = heads.iter().map(|head| (head.size, head.held)).collect();
    assert_eq!(sizes, [(0, 3), (3, 3)]);
    assert_eq!(node.texts(), ["absent".into(), "long ".repeat(2000), "mieux".into()]);
    let missing = node.log.missing_bodies(9).unwrap();
    assert_eq!(missing, ["BJ/1/1".parse().unwrap()]);
    assert_eq!(node.append("goes on").unwrap(), id(3));
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}
