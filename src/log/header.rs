//! The header of an entry: 128 bytes, signed, kept for ever. This layout may never change; a
//! later version is a new number in the first byte, which this program relays and passes over.
//!
//! ```text
//!   0  1 version = 1          16  4 epoch            48  4 body length, rounded up
//!   1  1 flags = 0            20  4 created, day     52 12 zero
//!   2  2 kind                 24  8 seq              64 32 commitment to the body
//!   4  2 schema of the body   32  8 first_seq        96 32 zero
//!   6  2 zero                 40  8 supersedes
//!   8  8 origin, zero padded     (all ones: nothing)
//! ```
//!
//! Numbers are big-endian; days count from 1970-01-01. The zero bytes leave room for attachments.

use jiff::civil::Date;

use crate::{
    base::{
        date,
        id::{EntryId, MemberCode},
        limits::BODY_BYTES_MAX,
    },
    log::merkle::{self, Hash},
    publication::admitted::EntryKind,
};

/// Size of a header, in bytes.
pub const HEADER_BYTES: usize = 128;

/// A header's bytes, as signed.
pub type HeaderBytes = [u8; HEADER_BYTES];

/// The version written by this program.
const VERSION: u8 = 1;
const NOTHING: u64 = u64::MAX;

/// What is said of an entry for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Which entry it is.
    pub id: EntryId,
    /// What its body is; kinds unknown to this program are relayed.
    pub kind: EntryKind,
    /// Schema version of the body.
    pub schema: u16,
    /// First entry of the same resource; itself for a new one. A resource is named by (origin,
    /// epoch, `first_seq`).
    pub first_seq: u64,
    /// The entry of the same resource that this one supersedes.
    pub supersedes: Option<u64>,
    /// Day of writing, by the origin's clock (informative).
    pub created_on: Date,
    /// Length of the body, rounded up by [`round_up`] so that it tells little after an erasure.
    pub body_bytes_rounded: u32,
    /// Commitment to the body; see [`crate::log::bodies`].
    pub body_commit: Hash,
}

impl Header {
    /// The signed bytes.
    pub fn to_bytes(&self) -> HeaderBytes {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0] = VERSION;
        bytes[2..4].copy_from_slice(&self.kind.0.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.schema.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.id.origin.to_padded());
        bytes[16..20].copy_from_slice(&self.id.epoch.to_be_bytes());
        bytes[20..24].copy_from_slice(&date::to_days(self.created_on).to_be_bytes());
        bytes[24..32].copy_from_slice(&self.id.seq.to_be_bytes());
        bytes[32..40].copy_from_slice(&self.first_seq.to_be_bytes());
        bytes[40..48].copy_from_slice(&self.supersedes.unwrap_or(NOTHING).to_be_bytes());
        bytes[48..52].copy_from_slice(&self.body_bytes_rounded.to_be_bytes());
        bytes[64..96].copy_from_slice(&self.body_commit);
        bytes
    }

    /// Reads the header that stands at `id`'s place. A header that cannot be read is still
    /// authentic if the tree says so: it is kept, relayed and passed over.
    pub fn from_bytes(id: EntryId, bytes: &HeaderBytes) -> Result<Self, &'static str> {
        if bytes[0] != VERSION {
            return Err("its header needs newer software");
        }
        let supersedes = u64::from_be_bytes(part(bytes, 40));
        let day = i32::from_be_bytes(part(bytes, 20));
        let header = Self {
            id: EntryId {
                origin: MemberCode::from_padded(part(bytes, 8))
                    .map_err(|_| "its origin is no member code")?,
                epoch: u32::from_be_bytes(part(bytes, 16)),
                seq: u64::from_be_bytes(part(bytes, 24)),
            },
            kind: EntryKind(u16::from_be_bytes(part(bytes, 2))),
            schema: u16::from_be_bytes(part(bytes, 4)),
            first_seq: u64::from_be_bytes(part(bytes, 32)),
            supersedes: Some(supersedes).filter(|seq| *seq != NOTHING),
            created_on: date::from_days(day).ok_or("its day is out of range")?,
            body_bytes_rounded: u32::from_be_bytes(part(bytes, 48)),
            body_commit: part(bytes, 64),
        };
        if header.id != id {
            return Err("its header names another entry");
        }
        header.check()?;
        match header.to_bytes() == *bytes {
            true => Ok(header),
            false => Err("its header has bytes that must be zero"),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        let seq = self.id.seq;
        let new = self.supersedes.is_none() && self.first_seq == seq;
        let later = self.supersedes.is_some_and(|old| self.first_seq <= old && old < seq);
        if !new && !later {
            return Err("its header contradicts itself about what it supersedes");
        }
        match usize::try_from(self.body_bytes_rounded) {
            Ok(bytes) if bytes <= BODY_BYTES_MAX && round_up(bytes) == bytes => Ok(()),
            _ => Err("its header tells a length that no body has"),
        }
    }
}

/// The leaf of a header in its log's tree.
pub fn leaf(bytes: &HeaderBytes) -> Hash {
    merkle::leaf_hash(bytes)
}

/// `bytes` rounded up to a power of two of at least 256.
pub fn round_up(bytes: usize) -> usize {
    bytes.max(256).next_power_of_two()
}

/// `N` bytes of the header from `at` on, both constants within it.
fn part<const N: usize>(bytes: &HeaderBytes, at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}
