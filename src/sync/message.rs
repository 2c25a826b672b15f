//! What nodes say to each other, as plain types; `wire` alone turns them into protobuf.
//!
//! One pull is one request and one stream of frames: first [`Frame::Heads`], then any number of
//! [`Frame::Batch`], last [`Frame::End`]. A stream cut anywhere is no fault.

use crate::{
    base::id::{EntryId, MemberCode},
    log::merkle::Hash,
};

/// Most logs named in one request or one frame.
pub const HEADS_MAX: usize = 1024;
/// Most bodies asked for in one request.
pub const BODIES_MAX: usize = 1024;

/// Asks for news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Every log the caller follows, with what it has; logs not named are not sent.
    pub known: Vec<KnownHead>,
    /// Entries whose body the caller lacks.
    pub bodies: Vec<EntryId>,
    /// Bytes the caller will take in batches; at least one batch is always sent.
    pub budget_bytes: u64,
    /// Whether bodies are wanted.
    pub want: Want,
}

/// What is wanted of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Headers with their bodies.
    Bodies,
    /// Headers only (a metered link).
    Headers,
}

/// What the caller has of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHead {
    /// Whose log.
    pub origin: MemberCode,
    /// Its epoch.
    pub epoch: u32,
    /// Entries held, durably.
    pub held: u64,
    /// Size of the newest checkpoint known; 0 if none.
    pub size: u64,
    /// Its root; zeros if none.
    pub root: Hash,
}

/// A part of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The logs that differ from what the caller knows.
    Heads(Heads),
    /// Entries or bodies.
    Batch(PackedBatch),
    /// The last frame.
    End {
        /// Whether everything was sent; otherwise the budget ended it.
        complete: bool,
    },
}

/// What the sender holds, and knows of, beyond what the caller knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heads {
    /// Logs held whole, to be fetched.
    pub offered: Vec<OfferedHead>,
    /// Longer checkpoints of logs that are not held whole.
    pub seen: Vec<SeenCheckpoint>,
    /// Logs that the sender cannot speak for: damaged there, or shorter than they were.
    pub unsure: Vec<(MemberCode, u32)>,
}

/// A checkpoint that was signed, without the entries under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCheckpoint {
    /// Whose log.
    pub origin: MemberCode,
    /// Its epoch.
    pub epoch: u32,
    /// The signed note, as the origin signed it.
    pub checkpoint: Vec<u8>,
}

/// A log's newest checkpoint, and why it goes on from what the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedHead {
    /// Whose log.
    pub origin: MemberCode,
    /// Its epoch.
    pub epoch: u32,
    /// The checkpoint, a signed note, as the origin signed it.
    pub checkpoint: Vec<u8>,
    /// The sender's root at the size the caller knows; absent if the sender's log is shorter or
    /// the caller knows nothing.
    pub base_root: Option<Hash>,
    /// Consistency proof from that size.
    pub proof: Vec<Hash>,
}

/// A batch as it travels: a piece of the pull's one zstd stream, flushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedBatch {
    /// Size when unpacked.
    pub content_bytes: u32,
    /// The compressed bytes.
    pub zstd: Vec<u8>,
}

impl PullRequest {
    /// Its size on the wire, nearly: for budgets and status.
    pub fn bytes(&self) -> u64 {
        (self.known.len() * 60 + self.bodies.len() * 16 + 16) as u64
    }
}

impl Frame {
    /// Its size on the wire, nearly: for budgets and status.
    pub fn bytes(&self) -> u64 {
        let head = |head: &OfferedHead| head.checkpoint.len() + 34 * (head.proof.len() + 1) + 16;
        let bytes = match self {
            Self::Heads(Heads { offered, seen, unsure }) => {
                let seen = seen.iter().map(|seen| seen.checkpoint.len() + 16).sum::<usize>();
                offered.iter().map(head).sum::<usize>() + seen + unsure.len() * 12 + 8
            }
            Self::Batch(batch) => batch.zstd.len() + 16,
            Self::End { .. } => 8,
        };
        bytes as u64
    }
}
