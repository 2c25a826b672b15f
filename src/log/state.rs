//! What is known of one log, as it stands in its file `checkpoints`: text, replaced as a whole.
//!
//! ```text
//! essaim log 1
//! complete <key, base64> <bytes of the note>
//! <the note>
//! pending <key, base64> <bytes of the note> <entries held> <hashes>
//! <hash, base64>…
//! <the note>
//! ```
//!
//! `complete` is the newest checkpoint whose entries are all held; `pending` a longer one being
//! fetched, with the proof that the entries held so far lead to it. Each may be absent. The key is
//! the one that signed, so that the file can be verified without the roster of its time.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    base::id::MemberCode,
    keys::{note::NOTE_BYTES_MAX, signer::LogPublicKey},
    log::{
        merkle::{Frontier, Hash, PROOF_HASHES_MAX},
        verify::{self, Advance, Fork, SignedCheckpoint, Verified},
    },
};

const STATE_HEAD: &str = "essaim log 1";
const FORK_HEAD: &str = "essaim fork 1";

/// What is known of one log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The newest checkpoint held in full.
    pub complete: Option<Verified<SignedCheckpoint>>,
    /// A longer one being fetched.
    pub pending: Option<Pending>,
}

/// A checkpoint whose entries are held in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The checkpoint.
    pub checkpoint: Verified<SignedCheckpoint>,
    /// Entries held.
    pub held: u64,
    /// Consistency proof from those to the checkpoint.
    pub proof: Vec<Hash>,
}

impl State {
    /// Entries held in full under a checkpoint.
    pub fn size(&self) -> u64 {
        self.complete.as_ref().map_or(0, |signed| signed.get().checkpoint.size)
    }

    /// Entries held and verified.
    pub fn held(&self) -> u64 {
        self.pending.as_ref().map_or(self.size(), |pending| pending.held)
    }

    /// The longest checkpoint known.
    pub fn newest(&self) -> Option<&Verified<SignedCheckpoint>> {
        self.pending.as_ref().map(|pending| &pending.checkpoint).or(self.complete.as_ref())
    }

    /// The state after `advance`.
    pub fn after(&self, advance: &Verified<Advance>) -> Self {
        let Advance { frontier, checkpoint, proof, .. } = advance.get();
        let checkpoint = checkpoint.clone();
        match frontier.size() == checkpoint.get().checkpoint.size {
            true => Self { complete: Some(checkpoint), pending: None },
            false => {
                let pending = Pending { checkpoint, held: frontier.size(), proof: proof.clone() };
                Self { complete: self.complete.clone(), pending: Some(pending) }
            }
        }
    }

    /// Checks that `leaves` are what the checkpoints say; otherwise tells what differs. Returns
    /// the tree over the entries held.
    pub fn check(&self, leaves: &[Hash]) -> Result<Frontier, String> {
        let (size, held) = (self.size(), self.held());
        if (leaves.len() as u64) < held {
            return Err(format!("entry {} and what follows is missing", leaves.len()));
        }
        let mut frontier = Frontier::default();
        for (seq, leaf) in (0..held).zip(leaves) {
            if seq == size {
                self.check_complete(&frontier)?;
            }
            frontier.push(*leaf);
        }
        if held == size {
            self.check_complete(&frontier)?;
        }
        match &self.pending {
            Some(pending)
                if !verify::leads_to(
                    &frontier,
                    &pending.checkpoint.get().checkpoint,
                    &pending.proof,
                ) =>
            {
                Err("the headers do not lead to the checkpoint being fetched".into())
            }
            _ => Ok(frontier),
        }
    }

    fn check_complete(&self, frontier: &Frontier) -> Result<(), String> {
        let Some(signed) = &self.complete else { return Ok(()) };
        match verify::leads_to(frontier, &signed.get().checkpoint, &[]) {
            true => Ok(()),
            false => Err("the headers do not give the root that was signed".into()),
        }
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{STATE_HEAD}\n").into_bytes();
        if let Some(signed) = &self.complete {
            let SignedCheckpoint { key, note, .. } = signed.get();
            line(&mut bytes, format!("complete {key} {}", note.len()));
            bytes.extend_from_slice(note);
        }
        if let Some(Pending { checkpoint, held, proof }) = &self.pending {
            let SignedCheckpoint { key, note, .. } = checkpoint.get();
            line(&mut bytes, format!("pending {key} {} {held} {}", note.len(), proof.len()));
            proof.iter().for_each(|hash| line(&mut bytes, STANDARD.encode(hash)));
            bytes.extend_from_slice(note);
        }
        bytes
    }

    /// Reads the file of (`origin`, `epoch`); verifies the signatures and nothing else.
    pub fn from_bytes(origin: MemberCode, epoch: u32, bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader { bytes, origin, epoch };
        reader.head(STATE_HEAD)?;
        let mut state = Self::default();
        while !reader.bytes.is_empty() {
            let words = reader.words()?;
            match words.as_slice() {
                ["complete", key, length] if state == Self::default() => {
                    state.complete = Some(reader.note(key, length)?);
                }
                ["pending", key, length, held, hashes] if state.pending.is_none() => {
                    let held = number(held)?;
                    let proof = reader.hashes(number(hashes)?)?;
                    let checkpoint = reader.note(key, length)?;
                    state.pending = Some(Pending { checkpoint, held, proof });
                }
                _ => return Err("a line is none of this file".into()),
            }
        }
        let pending = state.pending.as_ref();
        let ordered = pending.is_none_or(|pending| {
            state.size() <= pending.held && pending.held < pending.checkpoint.get().checkpoint.size
        });
        match ordered && state.to_bytes() == bytes {
            true => Ok(state),
            false => Err("the file contradicts itself".into()),
        }
    }
}

/// The bytes of the file `fork`: text like that of `checkpoints`.
pub fn fork_to_bytes(fork: &Verified<Fork>) -> Vec<u8> {
    let Fork { older, newer, root_in_newer, proof } = fork.get();
    let mut bytes = format!("{FORK_HEAD}\n").into_bytes();
    line(&mut bytes, format!("older {} {}", older.key, older.note.len()));
    bytes.extend_from_slice(&older.note);
    let (length, hashes) = (newer.note.len(), proof.len() + 1);
    line(&mut bytes, format!("newer {} {length} {hashes}", newer.key));
    line(&mut bytes, STANDARD.encode(root_in_newer));
    proof.iter().for_each(|hash| line(&mut bytes, STANDARD.encode(hash)));
    bytes.extend_from_slice(&newer.note);
    bytes
}

/// Reads and verifies evidence of a fork of (`origin`, `epoch`).
pub fn fork_from_bytes(
    origin: MemberCode,
    epoch: u32,
    bytes: &[u8],
) -> Result<Verified<Fork>, String> {
    let mut reader = Reader { bytes, origin, epoch };
    reader.head(FORK_HEAD)?;
    let words = reader.words()?;
    let ["older", key, length] = words.as_slice() else {
        return Err("the older checkpoint is missing".into());
    };
    let older = reader.note(key, length)?;
    let words = reader.words()?;
    let ["newer", key, length, hashes] = words.as_slice() else {
        return Err("the newer checkpoint is missing".into());
    };
    let mut hashes = reader.hashes(number(hashes)?)?;
    let newer = reader.note(key, length)?;
    if hashes.is_empty() {
        return Err("the other root is missing".into());
    }
    let root_in_newer = hashes.remove(0);
    verify::fork(&older, &newer, root_in_newer, hashes).map_err(|error| error.to_string())
}

fn line(bytes: &mut Vec<u8>, line: String) {
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a number is none".into())
}

/// Reads lines and notes from the start of `bytes`.
struct Reader<'a> {
    bytes: &'a [u8],
    origin: MemberCode,
    epoch: u32,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Result<&'a str, String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n').ok_or("a line is open")?;
        let line = std::str::from_utf8(&self.bytes[..end]).map_err(|_| "a line is not UTF-8")?;
        self.bytes = &self.bytes[end + 1..];
        Ok(line)
    }

    fn head(&mut self, head: &str) -> Result<(), String> {
        match self.line()? == head {
            true => Ok(()),
            false => Err("the file is of another kind or needs newer software".into()),
        }
    }

    fn words(&mut self) -> Result<Vec<&'a str>, String> {
        Ok(self.line()?.split(' ').collect())
    }

    fn hashes(&mut self, count: u64) -> Result<Vec<Hash>, String> {
        if count > PROOF_HASHES_MAX as u64 + 1 {
            return Err("a proof is too long".into());
        }
        let hash = |_| {
            let bytes = STANDARD.decode(self.line()?).map_err(|_| "a hash is not base64")?;
            bytes.try_into().map_err(|_| "a hash has another length".to_owned())
        };
        (0..count).map(hash).collect()
    }

    fn note(&mut self, key: &str, length: &str) -> Result<Verified<SignedCheckpoint>, String> {
        let length = usize::try_from(number(length)?).unwrap_or(usize::MAX);
        if length > NOTE_BYTES_MAX || length > self.bytes.len() {
            return Err("a note is cut off".into());
        }
        let (note, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        let key = LogPublicKey::from_text(key).map_err(|error| error.to_string())?;
        verify::checkpoint_by(&key, self.origin, self.epoch, note)
            .map_err(|error| error.to_string())
    }
}
