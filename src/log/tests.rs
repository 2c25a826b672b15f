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

mod appending;
mod following;
mod forking;
mod verifying;

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
        self.log.consider(&roster(), (ml(), 1), &from.checkpoint(), Some(&base))
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
