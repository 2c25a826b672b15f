//! Eight nodes, each with a store in memory and its logs in a temporary folder.

use std::{fs, path::Path, sync::Arc};

use essaim::{
    base::{clock::ManualClock, id::MemberCode},
    keys::{
        roster::{LogKey, Member, MemberKind, Roster},
        signer::LogSigner,
    },
    log::{
        LogError, check,
        logs::{Body, Log},
    },
    publication::{admitted::Admitted, note::Note},
    store::{Batch, Store, memory::MemoryStore, prefix},
    sync::{
        SyncError,
        message::{Frame, Want},
        serve::Serve,
        session::{Outcome, Session, SessionLimits, Step},
    },
};
use jiff::civil::Date;

/// Number of nodes.
pub const NODES: usize = 8;
const CODES: [&str; NODES] = ["BF", "BJ", "CI", "GW", "ML", "NE", "SN", "TG"];
const DAY: Date = Date::constant(2027, 1, 31);

/// How a link fails.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// Not at all.
    Never,
    /// It breaks after so many frames.
    After(usize),
    /// It flips a bit of one frame.
    Garble {
        /// Which frame.
        after: usize,
        /// Which byte of it.
        byte: usize,
    },
}

/// One node.
struct Node {
    code: MemberCode,
    signer: LogSigner,
    folder: tempfile::TempDir,
    store: Arc<MemoryStore>,
    log: Arc<Log>,
}

/// What a backup of a node holds.
pub struct Backup {
    files: Vec<(String, Vec<u8>)>,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// All nodes.
pub struct Federation {
    nodes: Vec<Node>,
    roster: Arc<Roster>,
}

/// A temporary folder, in memory where the system offers that: a game syncs thousands of times.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

fn open(folder: &Path, store: &Arc<MemoryStore>) -> Arc<Log> {
    let clock = Arc::new(ManualClock::at_noon(DAY));
    Arc::new(Log::open(folder, store.clone(), clock).expect("logs that open"))
}

fn member(code: MemberCode, signer: &LogSigner) -> Member {
    Member {
        code,
        kind: MemberKind::National,
        name: code.to_string(),
        exchange_address: "127.0.0.1:1".into(),
        log_keys: vec![LogKey { epoch: 1, key: signer.public(), from_size: 0, to_size: None }],
        node_keys: vec![],
        people_roots: vec![],
        denied: vec![],
    }
}

fn note(member: MemberCode, text_bytes: usize) -> Note {
    Note {
        member,
        language: "fr".into(),
        title: "Séchoir".into(),
        summary: "Sécher".into(),
        text: "x".repeat(text_bytes + 1),
        authors: vec![],
        filieres: vec![],
        keywords: vec![],
        rights: "CC-BY-4.0".into(),
        published_on: DAY,
    }
}

impl Federation {
    /// Eight empty nodes that know each other.
    pub fn new() -> Self {
        let nodes: Vec<Node> = (1..)
            .zip(CODES)
            .map(|(seed, code)| {
                let folder = folder();
                let store = Arc::new(MemoryStore::default());
                let log = open(folder.path(), &store);
                let signer = LogSigner::from_seed([seed; 32]);
                Node { code: code.parse().expect("a code"), signer, folder, store, log }
            })
            .collect();
        let members = nodes.iter().map(|node| member(node.code, &node.signer)).collect();
        Self { nodes, roster: Arc::new(Roster { version: 1, members }) }
    }

    /// Appends a note to the node's own log.
    pub fn append(&mut self, node: usize, text_bytes: usize) {
        self.try_append(node, text_bytes).expect("an entry");
    }

    /// Appends a note, or tells why not.
    pub fn try_append(&mut self, node: usize, text_bytes: usize) -> Result<(), LogError> {
        let node = &self.nodes[node];
        let admitted = Admitted::note(&note(node.code, text_bytes), None).expect("a note");
        node.log.append(&node.signer, node.code, 1, admitted).map(drop)
    }

    /// A power cut, which leaves a torn tail of so many bytes, and a new start.
    pub fn restart(&mut self, node: usize, torn_bytes: usize) {
        let node = &mut self.nodes[node];
        node.store.crash();
        let headers = node.folder.path().join(format!("{}-1", node.code)).join("headers");
        if let Ok(mut bytes) = fs::read(&headers) {
            bytes.extend(vec![0x5A; torn_bytes]);
            fs::write(&headers, bytes).expect("a written file");
        }
        node.log = open(node.folder.path(), &node.store);
    }

    /// `one` pulls from `other`.
    pub fn pull(
        &mut self,
        one: usize,
        other: usize,
        budget_bytes: u64,
        want: Want,
        cut: Cut,
    ) -> (Outcome, Result<(), SyncError>) {
        let limits = SessionLimits { budget_bytes, want };
        let log = self.nodes[one].log.clone();
        let peer = self.nodes[other].code;
        let mut session = Session::new(log, peer, self.roster.clone(), limits).expect("a session");
        let request = session.request().expect("a request");
        let frames = Serve::new(self.nodes[other].log.clone(), request).expect("an answer");
        let result = Self::carry(&mut session, frames, cut);
        (session.into_outcome(), result)
    }

    fn carry(session: &mut Session, frames: Serve, cut: Cut) -> Result<(), SyncError> {
        for (number, frame) in frames.enumerate() {
            let mut frame = frame.expect("a frame");
            match cut {
                Cut::After(count) if number >= count => return Err(SyncError::CutOff),
                Cut::Garble { after, byte } if number == after => garble(&mut frame, byte),
                _ => {}
            }
            if session.accept(frame)? == Step::Done {
                return Ok(());
            }
        }
        Err(SyncError::CutOff)
    }

    /// Lets everyone pull from its neighbours until nothing new comes.
    pub fn settle(&mut self) {
        for _ in 0..2 * NODES {
            let mut news = false;
            for one in 0..NODES {
                for other in [(one + 1) % NODES, (one + NODES - 1) % NODES] {
                    let (outcome, result) =
                        self.pull(one, other, u64::MAX, Want::Bodies, Cut::Never);
                    result.expect("a session that ends well");
                    assert!(outcome.complete);
                    news |= outcome.brought_anything();
                }
            }
            if !news {
                return;
            }
        }
        panic!("news never ends");
    }

    /// Sizes of all logs of a node, in order.
    pub fn sizes(&self, node: usize) -> Vec<u64> {
        self.nodes[node].log.heads().iter().map(|head| head.held).collect()
    }

    /// All nodes hold the same logs, whole, with `entries` entries and every body.
    pub fn assert_same(&self, entries: usize) {
        for (number, node) in self.nodes.iter().enumerate() {
            self.assert_whole(number);
            assert_eq!(node.log.heads(), self.nodes[0].log.heads(), "{}", node.code);
            let heads = node.log.heads();
            let all = heads.iter().flat_map(|head| node.log.entries(head.origin, head.epoch, 0));
            let bodies = all.map(|entry| entry.expect("an entry").body);
            assert_eq!(bodies.filter(|body| matches!(body, Body::Present(_))).count(), entries);
        }
    }

    /// Everything the node holds verifies.
    pub fn assert_whole(&self, node: usize) {
        let node = &self.nodes[node];
        let report = check::verify_against(node.folder.path(), &*node.store, &self.roster);
        assert_eq!(report.expect("a report").differences, []);
    }

    /// A copy of all a node holds.
    pub fn back_up(&self, node: usize) -> Backup {
        let node = &self.nodes[node];
        let folder = node.folder.path().join(format!("{}-1", node.code));
        let file = |name: &str| (name.to_owned(), fs::read(folder.join(name)).expect("a file"));
        let pairs = node.store.scan_prefix(&[prefix::LOG]).map(|pair| pair.expect("a pair"));
        Backup { files: ["headers", "checkpoints"].map(file).into(), pairs: pairs.collect() }
    }

    /// Puts a node back to what it was, and starts it as one must after that: it appends nothing
    /// until `needed` others have answered.
    pub fn restore(&mut self, node: usize, backup: Backup, needed: usize) {
        let node = &mut self.nodes[node];
        node.folder = folder();
        let folder = node.folder.path().join(format!("{}-1", node.code));
        fs::create_dir(&folder).expect("a folder");
        for (name, bytes) in backup.files {
            fs::write(folder.join(name), bytes).expect("a written file");
        }
        node.store = Arc::new(MemoryStore::default());
        let mut batch = Batch::default();
        backup.pairs.into_iter().for_each(|(key, value)| batch.put(key, value));
        node.store.commit(&batch).expect("a commit");
        node.log = open(node.folder.path(), &node.store);
        node.log.ask_peers_first(node.code, 1, needed).expect("a log");
    }
}

fn garble(frame: &mut Frame, byte: usize) {
    let flip = |bytes: &mut [u8]| {
        let at = byte % bytes.len().max(1);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << (at % 8);
        }
    };
    match frame {
        Frame::Heads(heads) => {
            heads.offered.iter_mut().for_each(|head| flip(&mut head.checkpoint));
            heads.seen.iter_mut().for_each(|seen| flip(&mut seen.checkpoint));
        }
        Frame::Batch(batch) => flip(&mut batch.zstd),
        Frame::End { complete } => *complete = false,
    }
}
