//! Keys of the projection in the store. The first byte is the module's, the second says what.
//!
//! ```text
//! s b member(8) population 0 period 0            piece    a block
//! s v member(8) period 0 epoch(4) seq(8)                  a release: day, catalogue version
//! s c member(8) epoch(4) seq(8)                  piece    its bytes
//! s w member(8) epoch(4) seq(8)                           a withdrawal
//! ```

use jiff::civil::Date;

use crate::{
    base::{
        date,
        id::{EntryId, MemberCode},
        period::Period,
    },
    statistics::error::StatisticsError,
    store::prefix::STATISTICS,
};

const BLOCK: u8 = b'b';
const VINTAGE: u8 = b'v';
const CONTENT: u8 = b'c';
const WITHDRAWN: u8 = b'w';

fn start(what: u8, member: MemberCode) -> Vec<u8> {
    let mut key = vec![STATISTICS, what];
    key.extend(member.to_padded());
    key
}

fn entry_key(what: u8, entry: EntryId) -> Vec<u8> {
    let mut key = start(what, entry.origin);
    key.extend(entry.epoch.to_be_bytes());
    key.extend(entry.seq.to_be_bytes());
    key
}

pub(super) fn block(member: MemberCode, population: &str, period: Period) -> Vec<u8> {
    let mut key = start(BLOCK, member);
    for part in [population, &period.to_string()] {
        key.extend(part.as_bytes());
        key.push(0);
    }
    key
}

pub(super) fn vintage(entry: EntryId, period: Period) -> Vec<u8> {
    let mut key = start(VINTAGE, entry.origin);
    key.extend(period.to_string().as_bytes());
    key.push(0);
    key.extend(entry.epoch.to_be_bytes());
    key.extend(entry.seq.to_be_bytes());
    key
}

pub(super) fn vintages() -> [u8; 2] {
    [STATISTICS, VINTAGE]
}

pub(super) fn content(entry: EntryId) -> Vec<u8> {
    entry_key(CONTENT, entry)
}

pub(super) fn withdrawn(entry: EntryId) -> Vec<u8> {
    entry_key(WITHDRAWN, entry)
}

/// Reads the key of a vintage.
pub(super) fn read_vintage(key: &[u8]) -> Result<(EntryId, Period), StatisticsError> {
    let read = || {
        let rest = key.strip_prefix(&vintages())?;
        let (origin, rest) = rest.split_first_chunk()?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let period = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
        let (epoch, rest) = rest[end + 1..].split_first_chunk()?;
        let seq = u64::from_be_bytes(rest.try_into().ok()?);
        let origin = MemberCode::from_padded(*origin).ok()?;
        Some((EntryId { origin, epoch: u32::from_be_bytes(*epoch), seq }, period))
    };
    read().ok_or(StatisticsError::Damaged { what: "the key of a release" })
}

/// What is kept of a release beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vintage {
    pub(super) released_on: Date,
    pub(super) catalogue_version: u16,
}

const VINTAGE_VERSION: u8 = 1;

impl Vintage {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![VINTAGE_VERSION];
        bytes.extend(date::to_days(self.released_on).to_be_bytes());
        bytes.extend(self.catalogue_version.to_be_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, StatisticsError> {
        let read = || {
            let rest = bytes.strip_prefix(&[VINTAGE_VERSION])?;
            let (days, rest) = rest.split_first_chunk()?;
            let catalogue_version = u16::from_be_bytes(rest.try_into().ok()?);
            let released_on = date::from_days(i32::from_be_bytes(*days))?;
            Some(Self { released_on, catalogue_version })
        };
        read().ok_or(StatisticsError::Damaged { what: "the day of a release" })
    }
}
