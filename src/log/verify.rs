//! Verification of what other nodes send and of what the disk gives back: pure, without store,
//! clock or async. [`Verified`] is made here only; what stores takes nothing else.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    base::id::MemberCode,
    keys::{KeyError, note::SignedNote, roster::Roster, signer::LogPublicKey},
    log::{
        batch::{BatchItem, EntryBatch},
        checkpoint::{Checkpoint, origin_line},
        header::leaf,
        merkle::{Frontier, Hash, PROOF_HASHES_MAX, verify_consistency},
    },
};

/// Something that was verified by a function of this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// What was verified.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What was verified, by value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// A checkpoint with the note that carries it and the key that signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The key.
    pub key: LogPublicKey,
    /// The note's original bytes.
    pub note: Vec<u8>,
}

/// Entries that follow on a log up to some size, under a checkpoint of that size or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Number of the first entry.
    pub first: u64,
    /// The entries.
    pub items: Vec<BatchItem>,
    /// The tree after them.
    pub frontier: Frontier,
    /// The checkpoint they were verified against.
    pub checkpoint: Verified<SignedCheckpoint>,
    /// Consistency proof from the tree after them to the checkpoint.
    pub proof: Vec<Hash>,
}

/// Evidence that an origin signed two histories: the tree of `newer` begins with `root_in_newer`
/// at the size of `older`, and `older` says otherwise. Anyone with the keys can check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The checkpoint of the smaller (or the same) size.
    pub older: SignedCheckpoint,
    /// The other one.
    pub newer: SignedCheckpoint,
    /// The root at the older one's size in the newer one's tree.
    pub root_in_newer: Hash,
    /// Consistency proof from that root to the newer checkpoint.
    pub proof: Vec<Hash>,
}

impl std::fmt::Display for Fork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (older, newer) = (&self.older.checkpoint, &self.newer.checkpoint);
        write!(
            f,
            "{}/{}: a signed checkpoint of {} entries has the root {}, and the signed checkpoint \
             of {} entries has {} there",
            older.origin,
            older.epoch,
            older.size,
            STANDARD.encode(older.root),
            newer.size,
            STANDARD.encode(self.root_in_newer),
        )
    }
}

/// Why something was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The bytes are malformed.
    #[error("The bytes are malformed: {0}")]
    Malformed(&'static str),
    /// A checkpoint is of another log than the one announced.
    #[error("The checkpoint is of another log than {origin}/{epoch}")]
    WrongLog {
        /// The log announced.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
    },
    /// No key that may sign this size did. The roster here may be older than the checkpoint.
    #[error("The roster has no key that signed {origin}/{epoch} at size {size}")]
    UnknownKey {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
        /// The checkpoint's size.
        size: u64,
    },
    /// The signature does not match.
    #[error("The signature of the checkpoint of {origin}/{epoch} does not match")]
    BadSignature {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
    },
    /// Entries do not lead to the checkpoint.
    #[error("The entries of {origin}/{epoch} from {first} on do not lead to the checkpoint")]
    NotInTree {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
        /// The first entry sent.
        first: u64,
    },
    /// A consistency proof proves nothing.
    #[error("The consistency proof of {origin}/{epoch} does not hold")]
    NotConsistent {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
    },
    /// A body is not the one its header commits to.
    #[error("The body of {0} is not the one its header commits to")]
    WrongBody(crate::base::id::EntryId),
    /// Frames came in another order than agreed, or more than asked for.
    #[error("The other node broke the protocol: {0}")]
    Protocol(&'static str),
}

/// Verifies a note as a checkpoint of (`origin`, `epoch`) by a key the roster allows at its size.
pub fn checkpoint(
    roster: &Roster,
    origin: MemberCode,
    epoch: u32,
    note: &[u8],
) -> Result<Verified<SignedCheckpoint>, VerifyError> {
    let (parsed, checkpoint) = parse(origin, epoch, note)?;
    let size = checkpoint.size;
    for key in roster.log_keys(origin, epoch, size) {
        if let Some(verified) = by_key(&parsed, checkpoint, note, &key.key)? {
            return Ok(verified);
        }
    }
    Err(VerifyError::UnknownKey { origin, epoch, size })
}

/// Verifies a note as a checkpoint of (`origin`, `epoch`) by exactly `key`: for what this node
/// signed or verified earlier.
pub fn checkpoint_by(
    key: &LogPublicKey,
    origin: MemberCode,
    epoch: u32,
    note: &[u8],
) -> Result<Verified<SignedCheckpoint>, VerifyError> {
    let (parsed, checkpoint) = parse(origin, epoch, note)?;
    let unknown = VerifyError::UnknownKey { origin, epoch, size: checkpoint.size };
    by_key(&parsed, checkpoint, note, key)?.ok_or(unknown)
}

fn parse(
    origin: MemberCode,
    epoch: u32,
    note: &[u8],
) -> Result<(SignedNote, Checkpoint), VerifyError> {
    let parsed = SignedNote::parse(note).map_err(|_| VerifyError::Malformed("signed note"))?;
    let checkpoint =
        Checkpoint::from_text(parsed.text()).ok_or(VerifyError::Malformed("checkpoint"))?;
    match (checkpoint.origin, checkpoint.epoch) == (origin, epoch) {
        true => Ok((parsed, checkpoint)),
        false => Err(VerifyError::WrongLog { origin, epoch }),
    }
}

fn by_key(
    parsed: &SignedNote,
    checkpoint: Checkpoint,
    note: &[u8],
    key: &LogPublicKey,
) -> Result<Option<Verified<SignedCheckpoint>>, VerifyError> {
    let Checkpoint { origin, epoch, .. } = checkpoint;
    match parsed.verify(&origin_line(origin, epoch), key) {
        Ok(()) => Ok(Some(Verified(SignedCheckpoint { checkpoint, key: *key, note: note.into() }))),
        Err(KeyError::NotSigned { .. }) => Ok(None),
        Err(_) => Err(VerifyError::BadSignature { origin, epoch }),
    }
}

/// Verifies that the entries of `batch` follow on the tree `before` and lead to `checkpoint`.
/// The bodies in it are verified by that too: their commitments stand in the headers.
pub fn advance(
    before: &Frontier,
    checkpoint: &Verified<SignedCheckpoint>,
    batch: EntryBatch,
) -> Result<Verified<Advance>, VerifyError> {
    let EntryBatch { origin, epoch, first, proof, items } = batch;
    let target = checkpoint.get().checkpoint;
    let not_in_tree = VerifyError::NotInTree { origin, epoch, first };
    if (target.origin, target.epoch) != (origin, epoch) {
        return Err(VerifyError::WrongLog { origin, epoch });
    }
    if first != before.size() || items.is_empty() {
        return Err(not_in_tree);
    }
    let mut frontier = before.clone();
    items.iter().for_each(|item| frontier.push(leaf(&item.header)));
    match leads_to(&frontier, &target, &proof) {
        true => {
            let checkpoint = checkpoint.clone();
            Ok(Verified(Advance { first, items, frontier, checkpoint, proof }))
        }
        false => Err(not_in_tree),
    }
}

/// Whether the tree `frontier` is a prefix of the one `target` tells.
pub fn leads_to(frontier: &Frontier, target: &Checkpoint, proof: &[Hash]) -> bool {
    leads(frontier.size(), &frontier.root(), target, proof)
}

/// Whether the tree with `root` at `size` is a prefix of the one `target` tells.
pub fn leads(size: u64, root: &Hash, target: &Checkpoint, proof: &[Hash]) -> bool {
    proof.len() <= PROOF_HASHES_MAX
        && verify_consistency((size, root), (target.size, &target.root), proof)
}

/// Verifies evidence of a fork. Both checkpoints were verified before.
pub fn fork(
    older: &Verified<SignedCheckpoint>,
    newer: &Verified<SignedCheckpoint>,
    root_in_newer: Hash,
    proof: Vec<Hash>,
) -> Result<Verified<Fork>, VerifyError> {
    let (older, newer) = (older.get().clone(), newer.get().clone());
    let (old, new) = (older.checkpoint, newer.checkpoint);
    let same_log = (old.origin, old.epoch) == (new.origin, new.epoch);
    let holds =
        same_log && root_in_newer != old.root && leads(old.size, &root_in_newer, &new, &proof);
    match holds {
        true => Ok(Verified(Fork { older, newer, root_in_newer, proof })),
        false => Err(VerifyError::NotConsistent { origin: new.origin, epoch: new.epoch }),
    }
}
