//! Keys of the library in the store. The first byte is the module's, the second says what.
//!
//! ```text
//! n r entry                     number of the resource's first version
//! n v resource seq(8)           a version that is there
//! n c entry            piece    its bytes
//! n h resource                  number and day of the version shown
//! n d !day(4) resource          number of the version shown: the list, newest first
//! n w entry                     a withdrawal
//! n i number(16)                what was published under a caller's number; no projection
//! ```
//! Entries and resources are written as member(8) epoch(4) seq(8), big-endian.

use jiff::civil::Date;

use crate::{
    base::{
        date,
        id::{EntryId, IdempotencyKey, MemberCode},
    },
    library::error::LibraryError,
    store::prefix::LIBRARY,
};

fn key(what: u8, entry: EntryId) -> Vec<u8> {
    let mut key = vec![LIBRARY, what];
    extend(&mut key, entry);
    key
}

fn extend(key: &mut Vec<u8>, entry: EntryId) {
    key.extend(entry.origin.to_padded());
    key.extend(entry.epoch.to_be_bytes());
    key.extend(entry.seq.to_be_bytes());
}

pub(super) fn resource_of(entry: EntryId) -> Vec<u8> {
    key(b'r', entry)
}

pub(super) fn versions(resource: EntryId) -> Vec<u8> {
    key(b'v', resource)
}

pub(super) fn version(resource: EntryId, seq: u64) -> Vec<u8> {
    let mut key = versions(resource);
    key.extend(seq.to_be_bytes());
    key
}

/// The number of a version, from its key.
pub(super) fn read_version(key: &[u8]) -> Result<u64, LibraryError> {
    let seq = key.last_chunk().ok_or(LibraryError::DamagedKey)?;
    Ok(u64::from_be_bytes(*seq))
}

pub(super) fn content(entry: EntryId) -> Vec<u8> {
    key(b'c', entry)
}

pub(super) fn shown(resource: EntryId) -> Vec<u8> {
    key(b'h', resource)
}

pub(super) fn withdrawn(entry: EntryId) -> Vec<u8> {
    key(b'w', entry)
}

/// Everything that is computed from the logs.
pub(super) fn projected() -> [[u8; 2]; 6] {
    [b'r', b'v', b'c', b'h', b'd', b'w'].map(|what| [LIBRARY, what])
}

pub(super) fn number(number: IdempotencyKey) -> Vec<u8> {
    [&[LIBRARY, b'i'][..], number.as_bytes()].concat()
}

pub(super) fn all_listed() -> [u8; 2] {
    [LIBRARY, b'd']
}

pub(super) fn listed(day: Date, resource: EntryId) -> Vec<u8> {
    let mut key = all_listed().to_vec();
    // Later days first: signed order turned round.
    let descending = !(date::to_days(day) as u32 ^ 1 << 31);
    key.extend(descending.to_be_bytes());
    extend(&mut key, resource);
    key
}

/// The day and resource of a key of the list.
pub(super) fn read_listed(key: &[u8]) -> Result<(Date, EntryId), LibraryError> {
    let read = || {
        let rest = key.strip_prefix(&all_listed())?;
        let (descending, rest) = rest.split_first_chunk()?;
        let (origin, rest) = rest.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let seq = u64::from_be_bytes(rest.try_into().ok()?);
        let days = (!u32::from_be_bytes(*descending) ^ 1 << 31) as i32;
        let origin = MemberCode::from_padded(*origin).ok()?;
        let epoch = u32::from_be_bytes(*epoch);
        Some((date::from_days(days)?, EntryId { origin, epoch, seq }))
    };
    read().ok_or(LibraryError::DamagedKey)
}
