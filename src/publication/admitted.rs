//! The ticket that [`crate::log`] asks for before it appends.
//!
//! Only `release`, `library` and `node` may call the functions that make one; `tests/tidy.rs`
//! checks it. A released table reaches `release` only as a `SafeTable` of `disclosure`.

use crate::{
    base::limits::BODY_BYTES_MAX,
    publication::{note::Note, release::Release, withdrawal::Withdrawal},
};

/// What an entry is. Numbers are stored and signed; they may never change. Other numbers than these
/// belong to other programs: 3 to 5, 7 and 8 are spoken for by the design (calls, replies, reviews,
/// receipts, rosters).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKind(pub u16);

impl EntryKind {
    /// A release of indicator tables.
    pub const RELEASE: Self = Self(1);
    /// A technology note (fiche).
    pub const NOTE: Self = Self(2);
    /// A withdrawal of an earlier entry.
    pub const WITHDRAWAL: Self = Self(6);
}

/// A body that may be appended to the node's own log. Cannot be made from bytes.
#[derive(Debug, Clone)]
pub struct Admitted {
    kind: EntryKind,
    schema: u16,
    body: Vec<u8>,
    revises: Option<u64>,
}

/// Why a publication was not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// The body is over its limit.
    #[error("The publication takes {bytes} bytes; the limit is {bytes_max}. Split it")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A field breaks a rule.
    #[error("The publication is not valid: {0}")]
    Invalid(#[from] InvalidBody),
}

/// A body that breaks a rule of its type.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBody {
    /// The bytes are not the CBOR of this type and schema.
    #[error("The bytes are no {what}: {detail}")]
    Malformed {
        /// The expected type.
        what: &'static str,
        /// Where the decoder stopped.
        detail: String,
    },
    /// A field is missing, too long, or contradicts another.
    #[error("{field}: {problem}")]
    Field {
        /// The field's path.
        field: String,
        /// What is wrong and what is expected.
        problem: String,
    },
    /// A schema newer than this program.
    #[error("Schema {schema} of {what} needs newer software")]
    NewerSchema {
        /// The type.
        what: &'static str,
        /// The schema found.
        schema: u16,
    },
}

impl Admitted {
    /// Admits a release. `revises` is the sequence number of the release it supersedes.
    pub fn release(release: &Release, revises: Option<u64>) -> Result<Self, AdmissionError> {
        release.validate()?;
        Self::new(EntryKind::RELEASE, Release::SCHEMA, release.to_bytes(), revises)
    }

    /// Admits a note. `revises` is the sequence number of the version it supersedes.
    pub fn note(note: &Note, revises: Option<u64>) -> Result<Self, AdmissionError> {
        note.validate()?;
        Self::new(EntryKind::NOTE, Note::SCHEMA, note.to_bytes(), revises)
    }

    /// Admits a withdrawal.
    pub fn withdrawal(withdrawal: &Withdrawal) -> Result<Self, AdmissionError> {
        Self::new(EntryKind::WITHDRAWAL, Withdrawal::SCHEMA, withdrawal.to_bytes(), None)
    }

    fn new(
        kind: EntryKind,
        schema: u16,
        body: Vec<u8>,
        revises: Option<u64>,
    ) -> Result<Self, AdmissionError> {
        if body.len() > BODY_BYTES_MAX {
            let bytes = body.len();
            return Err(AdmissionError::TooLarge { bytes, bytes_max: BODY_BYTES_MAX });
        }
        Ok(Self { kind, schema, body, revises })
    }

    /// What it is.
    pub fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Schema version of the body.
    pub fn schema(&self) -> u16 {
        self.schema
    }

    /// The body's bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The entry it supersedes, in the same log and epoch.
    pub fn revises(&self) -> Option<u64> {
        self.revises
    }
}
