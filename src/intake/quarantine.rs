//! Quarantine: rows that were not imported, kept in the store until they pass or are discarded.
//!
//! Keys: `i` `q` source length, source, then the row's identifier (16 bytes): the digest of its
//! key, the digest of its text. A row that is imported after all removes the entries that earlier
//! imports left under its key. Values are CBOR behind one byte with the version of their layout.
//! Confidential: rows stand here as typed.

use std::{collections::BTreeSet, fmt, ops::Bound, str::FromStr};

use minicbor::{Decode, Encode};

use crate::{
    base::limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX},
    intake::{error::IntakeError, fault::Fault},
    store::{Batch, Store, StoreError, end_of_prefix, prefix},
};

/// Version of the stored layout.
const LAYOUT_VERSION: u8 = 1;
/// Most bytes of a row's text that are kept. With [`ROW_FAULTS_MAX`] reasons of at most some 500
/// bytes, an entry stays one value of the store.
pub const ROW_TEXT_BYTES_MAX: usize = 1_500;
/// Most reasons kept per row.
pub const ROW_FAULTS_MAX: usize = 4;
/// Most rows discarded at once.
pub const DISCARD_ROWS_MAX: usize = 500;
/// Most rows of one source kept in quarantine.
pub const QUARANTINE_ROWS_MAX: usize = 100_000;

/// Names a quarantined row: its source, the digest of its key, the digest of its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuarantineId {
    source: String,
    row: [u8; 16],
}

/// A quarantined row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedRow {
    /// Its name.
    pub id: QuarantineId,
    /// What it is.
    pub entry: QuarantineEntry,
}

/// What is kept of a quarantined row.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct QuarantineEntry {
    /// Line of the file, from 1, as it was last imported.
    #[n(0)]
    pub line: u64,
    /// The row as typed, cut to [`ROW_TEXT_BYTES_MAX`].
    #[n(1)]
    pub text: String,
    /// Why it was not imported.
    #[n(2)]
    pub faults: Vec<Fault>,
    /// Further rows of the file with the same key and text.
    #[cbor(n(3), default)]
    pub repetitions: u64,
}

impl QuarantineEntry {
    /// What is kept of a row met for the first time.
    pub(super) fn new(line: u64, text: String, faults: Vec<Fault>) -> Self {
        Self { line, text, faults, repetitions: 0 }
    }
}

impl fmt::Display for QuarantineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, uuid::Uuid::from_bytes(self.row).simple())
    }
}

/// A text that names no quarantined row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("This names no row in quarantine: write SOURCE/NUMBER as the list shows it")]
pub struct InvalidQuarantineId;

impl FromStr for QuarantineId {
    type Err = InvalidQuarantineId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (source, row) = text.split_once('/').ok_or(InvalidQuarantineId)?;
        let row = uuid::Uuid::try_parse(row).map_err(|_| InvalidQuarantineId)?.into_bytes();
        let id = Self { source: source.into(), row };
        let valid = (1..=crate::intake::mapping::SOURCE_BYTES_MAX).contains(&source.len());
        (valid && id.to_string() == text).then_some(id).ok_or(InvalidQuarantineId)
    }
}

impl QuarantineId {
    /// The name of a row of `source` with this key (empty if it has none) and text.
    pub(super) fn new(source: &str, key: &str, text: &str) -> Self {
        let mut row = [0; 16];
        row[..8].copy_from_slice(&key_digest(key));
        row[8..].copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..8]);
        Self { source: source.into(), row }
    }

    /// The source it came from.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn store_key(&self) -> Vec<u8> {
        let mut key = source_prefix(&self.source);
        key.extend(self.row);
        key
    }

    fn from_store_key(key: &[u8]) -> Option<Self> {
        let [prefix::INTAKE, b'q', length, rest @ ..] = key else { return None };
        let (source, row) = rest.split_at_checked(usize::from(*length))?;
        let source = std::str::from_utf8(source).ok()?.into();
        Some(Self { source, row: row.try_into().ok()? })
    }
}

fn key_digest(key: &str) -> [u8; 8] {
    let mut digest = [0; 8];
    digest.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..8]);
    digest
}

fn source_prefix(source: &str) -> Vec<u8> {
    // Mappings keep sources far below 256 bytes.
    let mut key = vec![prefix::INTAKE, b'q', u8::try_from(source.len()).unwrap_or(u8::MAX)];
    key.extend(source.as_bytes());
    key
}

fn encode(entry: &QuarantineEntry) -> Vec<u8> {
    let mut bytes = vec![LAYOUT_VERSION];
    // Writing CBOR to a Vec cannot fail.
    bytes.extend(minicbor::to_vec(entry).unwrap_or_default());
    bytes
}

fn decode(bytes: &[u8]) -> Option<QuarantineEntry> {
    let (version, bytes) = bytes.split_first()?;
    (*version == LAYOUT_VERSION).then(|| minicbor::decode(bytes).ok())?
}

/// Rows in quarantine, in the order of their names, after `after`; `size` as in other lists.
/// A page with fewer rows than asked for is the last. One whose stored bytes are damaged is listed
/// as such, so that it can be discarded.
pub fn list(
    store: &dyn Store,
    size: usize,
    after: Option<&QuarantineId>,
) -> Result<Vec<QuarantinedRow>, StoreError> {
    let size = if size == 0 { PAGE_SIZE_DEFAULT } else { size.min(PAGE_SIZE_MAX) };
    let all = vec![prefix::INTAKE, b'q'];
    let end = end_of_prefix(&all);
    let start = after.map_or(Bound::Included(all), |id| Bound::Excluded(id.store_key()));
    let row = |pair: Result<(Vec<u8>, Vec<u8>), StoreError>| {
        let (key, value) = pair?;
        let id = QuarantineId::from_store_key(&key).ok_or_else(damaged)?;
        Ok(QuarantinedRow { id, entry: decode(&value).unwrap_or_else(unreadable) })
    };
    store.range(start, end).take(size).map(row).collect()
}

/// Removes rows from quarantine, all at once; how many were there.
pub fn discard(store: &dyn Store, ids: &BTreeSet<QuarantineId>) -> Result<usize, StoreError> {
    let mut batch = Batch::default();
    let mut found = 0;
    for id in ids {
        if store.get(&id.store_key())?.is_some() {
            batch.remove(id.store_key());
            found += 1;
        }
    }
    if found > 0 {
        store.commit(&batch)?;
    }
    Ok(found)
}

/// Stands for an entry that cannot be read.
fn unreadable() -> QuarantineEntry {
    QuarantineEntry::new(0, String::new(), vec![Fault::of_row("intake-row-damaged")])
}

fn damaged() -> StoreError {
    let remedy = "then restore it from a copy";
    StoreError::Corrupt { detail: "the name of a row in quarantine cannot be read".into(), remedy }
}

/// The quarantine of one source during an import.
pub(super) struct Session<'a> {
    store: &'a dyn Store,
    source: &'a str,
    /// Entries of earlier imports that this one has not met again.
    stale: BTreeSet<[u8; 16]>,
    /// Entries this import has put, at most as many as may be kept.
    kept: BTreeSet<[u8; 16]>,
    batch: Batch,
}

impl<'a> Session<'a> {
    /// Takes note of what earlier imports left.
    pub fn open(store: &'a dyn Store, source: &'a str) -> Result<Self, StoreError> {
        let mut stale = BTreeSet::new();
        for pair in store.scan_prefix(&source_prefix(source)) {
            let id = QuarantineId::from_store_key(&pair?.0).ok_or_else(damaged)?;
            stale.insert(id.row);
        }
        Ok(Self { store, source, stale, kept: BTreeSet::new(), batch: Batch::default() })
    }

    /// Keeps a row that was not imported. Past the limit there is no place to keep it, and the
    /// import must stop.
    pub fn put(&mut self, key: &str, entry: &QuarantineEntry) -> Result<(), IntakeError> {
        let id = QuarantineId::new(self.source, key, &entry.text);
        if self.kept.contains(&id.row) {
            return Ok(self.count_repetition(&id)?);
        }
        let known = self.stale.remove(&id.row);
        if self.stale.len() + self.kept.len() >= QUARANTINE_ROWS_MAX {
            return Err(IntakeError::QuarantineFull { rows_max: QUARANTINE_ROWS_MAX });
        }
        self.kept.insert(id.row);
        let (store_key, value) = (id.store_key(), encode(entry));
        let same = known && self.store.get(&store_key)?.is_some_and(|old| old == value);
        if !same {
            self.batch.put(store_key, value);
        }
        Ok(())
    }

    /// A row like an earlier one of the file: the reason that counts is the earlier one's.
    fn count_repetition(&mut self, id: &QuarantineId) -> Result<(), StoreError> {
        let store_key = id.store_key();
        let kept = match self.batch.get(&store_key) {
            Some(drafted) => drafted.map(<[u8]>::to_vec),
            None => self.store.get(&store_key)?,
        };
        // A dry run has kept nothing.
        if let Some(mut entry) = kept.as_deref().and_then(decode) {
            entry.repetitions = entry.repetitions.saturating_add(1);
            self.batch.put(store_key, encode(&entry));
        }
        Ok(())
    }

    /// A row with this key was imported: what earlier imports left under it is gone.
    pub fn passed(&mut self, key: &str) {
        if self.stale.is_empty() {
            return;
        }
        let (mut first, mut last) = ([0; 16], [u8::MAX; 16]);
        first[..8].copy_from_slice(&key_digest(key));
        last[..8].copy_from_slice(&key_digest(key));
        let gone: Vec<_> = self.stale.range(first..=last).copied().collect();
        for row in gone {
            self.stale.remove(&row);
            self.batch.remove(QuarantineId { source: self.source.into(), row }.store_key());
        }
    }

    /// Writes what has been noted so far.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if !self.batch.is_empty() {
            self.store.commit(&std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{QUARANTINE_ROWS_MAX, QuarantineEntry, Session};
    use crate::{intake::error::IntakeError, store::memory::MemoryStore};

    #[test]
    fn a_full_quarantine_stops_the_import_rather_than_losing_a_row() {
        let store = MemoryStore::default();
        let entry = |number: usize| QuarantineEntry::new(1, number.to_string(), Vec::new());
        let mut session = Session::open(&store, "s").unwrap();
        for number in 0..QUARANTINE_ROWS_MAX {
            session.put("", &entry(number)).unwrap();
        }
        let one_more = session.put("", &entry(QUARANTINE_ROWS_MAX));
        assert!(matches!(one_more, Err(IntakeError::QuarantineFull { .. })));
        // One like a row that waits already takes no further place, now or in the next import.
        session.put("", &entry(7)).unwrap();
        session.flush().unwrap();
        let mut session = Session::open(&store, "s").unwrap();
        session.put("", &entry(7)).unwrap();
        assert!(session.put("", &entry(QUARANTINE_ROWS_MAX)).is_err());
    }
}
