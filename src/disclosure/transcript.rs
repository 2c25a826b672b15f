//! What earlier releases gave away: tables as published, with the true values and the protection
//! each sensitive cell needs. Confidential, append-only, part of every later audit.
//!
//! It names enterprises by their random identifiers, for as long as later figures may be
//! subtracted from earlier ones: without them nobody could tell whose difference it is.

use minicbor::{Decode, Encode};

use crate::{
    base::id::EnterpriseId, disclosure::error::DisclosureError, publication::release::Table,
};

/// Version of the stored layout: the first byte of what is stored, before the CBOR. It changes when
/// a program that knows only this one would misread the bytes; fields may be added without.
const LAYOUT: u8 = 1;

/// The frozen memory of all earlier releases of this node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Transcript {
    #[n(0)]
    releases: Vec<FrozenRelease>,
}

/// What one release gave away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FrozenRelease {
    /// Its tables.
    #[n(0)]
    pub tables: Vec<FrozenTable>,
    /// Counter-examples that the audit used, as numbers of variables with their changes. The
    /// variables of a transcript are numbered from its beginning, so the numbers stay. Only hints:
    /// every later audit checks what it uses.
    #[n(1)]
    pub counter_examples: Vec<Vec<(u32, i64)>>,
    /// Sensitive differences between its figures and those of earlier releases.
    #[cbor(n(2), default)]
    pub differences: Vec<FrozenDifference>,
    /// Who contributed what to figures that later ones may be subtracted from; `None` if that was
    /// not kept.
    #[n(3)]
    pub contributions: Option<FrozenContributions>,
    /// Of a release that was withheld: what was lost to earlier ones by then.
    #[cbor(n(4), default)]
    pub exposures: Vec<FrozenExposure>,
}

/// Something that releases made impossible, though it was demanded. No later release is held to it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FrozenExposure {
    /// The variable, numbered from the transcript's beginning, with the factor 1; or the terms of a
    /// sensitive difference.
    #[n(0)]
    pub terms: Vec<(u32, i64)>,
    /// What is impossible.
    #[n(1)]
    pub impossible: Protection,
}

/// A sum of variables that must stay uncertain, though tables publish it nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FrozenDifference {
    /// Variables, numbered from the transcript's beginning, with what they are multiplied by.
    #[n(0)]
    pub terms: Vec<(u32, i64)>,
    /// How it must be protected.
    #[n(1)]
    pub protection: Protection,
    /// The variable that counts those of whom the sum says something, where it is one that says the
    /// same of them all.
    #[n(2)]
    pub about: Option<u32>,
}

/// Who contributed what to a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FrozenContributions {
    /// The enterprises, each once.
    #[n(0)]
    pub enterprises: Vec<EnterpriseId>,
    /// What they contributed.
    #[n(1)]
    pub contributions: Vec<FrozenContribution>,
    /// The holding groups of those that have one, by their index.
    #[cbor(n(2), default)]
    pub holdings: Vec<FrozenHolding>,
}

/// The holding group of one enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FrozenHolding {
    /// Index of the enterprise.
    #[n(0)]
    pub enterprise: u32,
    /// Code of its group.
    #[n(1)]
    pub holding: String,
}

/// What one enterprise contributed to one cell.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FrozenContribution {
    /// Index of the table in the release.
    #[n(0)]
    pub table: u32,
    /// Index of the cell in the table.
    #[n(1)]
    pub cell: u32,
    /// Index of the enterprise.
    #[n(2)]
    pub enterprise: u32,
    /// Its part of each measure.
    #[n(3)]
    pub values: Vec<i64>,
}

/// One table of a release.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FrozenTable {
    /// As published.
    #[n(0)]
    pub table: Table,
    /// The true values of every cell.
    #[n(1)]
    pub truth: Vec<Vec<i64>>,
    /// What must stay hidden.
    #[n(2)]
    pub needs: Vec<FrozenNeed>,
}

/// The protection one measure of a sensitive cell needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FrozenNeed {
    /// Index of the cell in the table.
    #[n(0)]
    pub cell: u32,
    /// Index of the measure.
    #[n(1)]
    pub measure: u32,
    /// How it must be protected.
    #[n(2)]
    pub protection: Protection,
}

/// How a sensitive measure must be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Protection {
    /// At least two feasible integers.
    #[n(0)]
    NotExact,
    /// The interval from `value − below` to `value + above` must be feasible.
    #[n(1)]
    Interval {
        /// How far below the true value.
        #[n(0)]
        below: i64,
        /// How far above the true value.
        #[n(1)]
        above: i64,
    },
}

impl Transcript {
    /// The releases, oldest first.
    pub fn releases(&self) -> &[FrozenRelease] {
        &self.releases
    }

    /// Adds a release; there is no way to take one out.
    pub fn append(&mut self, release: FrozenRelease) {
        self.releases.push(release);
    }

    /// The stored bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// Reads stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DisclosureError> {
        read(bytes)
    }
}

impl FrozenRelease {
    /// The stored bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// Reads stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DisclosureError> {
        read(bytes)
    }
}

fn write<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = vec![LAYOUT];
    // Writing CBOR to a Vec cannot fail.
    let Ok(()) = minicbor::encode(value, &mut bytes) else { return Vec::new() };
    bytes
}

fn read<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, DisclosureError> {
    let damaged = |detail: String| DisclosureError::Transcript(detail);
    let cbor = match bytes.split_first() {
        Some((&LAYOUT, cbor)) => cbor,
        Some((&found, _)) if found > LAYOUT => {
            return Err(DisclosureError::NewerTranscript { found, known: LAYOUT });
        }
        _ => return Err(damaged("it has no version".into())),
    };
    let mut decoder = minicbor::Decoder::new(cbor);
    let value = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    match decoder.position() == cbor.len() {
        true => Ok(value),
        false => Err(damaged("bytes follow it".into())),
    }
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
