//! The store: ordered keys and values with one atomic batch and one durable barrier.
//!
//! Everything the node keeps stands in **one** tree with prefixed keys, so that every commit is
//! one batch. The first byte of a key says whose it is ([`prefix`]); only the module named there
//! reads or writes such keys.
//!
//! `sled.rs` is the only file of the crate that names sled; `memory.rs` is its twin for tests.

use std::{collections::BTreeMap, ops::Bound};

use crate::{
    base::limits::{STORE_KEY_BYTES_MAX, STORE_VALUE_BYTES_MAX},
    store::tally::PairDigest,
};

pub mod chunks;
pub mod inspection;
mod mark;
pub mod memory;
mod quiet;
pub mod sled;
mod survey;
pub mod tally;

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;

/// First bytes of keys, one per owner.
pub mod prefix {
    /// `records`: coded parts, identifying parts, indexes, journal, idempotency.
    pub const RECORDS: u8 = b'r';
    /// `intake`: quarantine and import reports.
    pub const INTAKE: u8 = b'i';
    /// `log`: bodies in chunks.
    pub const LOG: u8 = b'l';
    /// `release`: drafts, transcript.
    pub const RELEASE: u8 = b'g';
    /// `statistics`: packed blocks.
    pub const STATISTICS: u8 = b's';
    /// `library`: notes.
    pub const LIBRARY: u8 = b'n';
    /// `node`: cursors of projections, store format version.
    pub const NODE: u8 = b'm';
}

/// Keys removed in one batch by [`remove_all`].
const REMOVE_KEYS_MAX: usize = 4096;

/// Removes every key that starts with `start`, whatever stands there, batch by batch. Durable with
/// the store's next barrier; a crash before it leaves some of them.
pub fn remove_all(store: &dyn Store, start: &[u8]) -> Result<(), StoreError> {
    loop {
        let mut batch = Batch::default();
        for pair in store.scan_prefix(start).take(REMOVE_KEYS_MAX) {
            batch.remove(pair?.0);
        }
        if batch.is_empty() {
            return Ok(());
        }
        store.apply(&batch)?;
    }
}

/// A change applied whole or not at all. Later operations on a key win over earlier ones.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    operations: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Digests of the pairs that stand until then (`None`: no pair), where the writer told them.
    replaced: BTreeMap<Vec<u8>, Option<PairDigest>>,
}

impl Batch {
    /// Sets `key` to `value`.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.operations.insert(key.into(), Some(value.into()));
    }

    /// Removes `key`.
    pub fn remove(&mut self, key: impl Into<Vec<u8>>) {
        self.operations.insert(key.into(), None);
    }

    /// Tells what `key` holds until the batch is applied, so that a store that needs to know does
    /// not read it again. Only for a writer that has read it and keeps other writers out.
    pub fn replaces(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.replaced.insert(key.to_vec(), value.map(|value| PairDigest::of(key, value)));
    }

    /// What [`Batch::replaces`] was told of `key`.
    pub(crate) fn replaced(&self, key: &[u8]) -> Option<Option<PairDigest>> {
        self.replaced.get(key).copied()
    }

    /// What the batch does to `key`: nothing (`None`), removes it (`Some(None)`), or sets it.
    pub fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.operations.get(key).map(Option::as_deref)
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Number of keys changed.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// The operations in key order: the value to set, or `None` to remove.
    pub fn operations(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.operations.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }
}

/// What went wrong in the store. Carries no value and no key text.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk refused (full, gone, read-only).
    #[error("The store could not read or write its files: {0}")]
    Io(#[from] std::io::Error),
    /// Bytes on disk are not what was written.
    #[error(
        "The store is damaged: {detail}. Stop the node and copy the folder of its store aside \
             before anything else; {remedy}"
    )]
    Corrupt {
        /// What was found, without any value.
        detail: String,
        /// What may help then.
        remedy: &'static str,
    },
    /// There is no store in the folder.
    #[error("There is no store in {folder}: `essaim init` creates one, or name the right folder")]
    Missing {
        /// The folder.
        folder: String,
    },
    /// The folder is taken: creation overwrites nothing.
    #[error("{folder} is not empty: a new store needs a folder of its own")]
    Exists {
        /// The folder.
        folder: String,
    },
    /// The folder has a store without a format version.
    #[error(
        "The store in {folder} has no format version: its creation was interrupted, or another \
             program made it. If it never held anything, remove the folder and create the store \
             again; else restore it from a copy"
    )]
    Unfinished {
        /// The folder.
        folder: String,
    },
    /// Another process holds the store.
    #[error("The store in {folder} is in use by another process")]
    Locked {
        /// The store's folder.
        folder: String,
    },
    /// A key or value is over its limit.
    #[error("A {what} of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// `key` or `value`.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The store was closed, or its committer thread died.
    #[error("The store is closed")]
    Closed,
    /// The folder was written by newer software.
    #[error("The store has format {found}; this program reads up to {known}")]
    Newer {
        /// Version found.
        found: u32,
        /// Newest version this program knows.
        known: u32,
    },
}

/// Version of the store's own layout: one tree, prefixes of keys, limits.
const FORMAT: u32 = 1;

/// Where the format version stands.
const FORMAT_KEY: &[u8] = &[prefix::NODE, b'f', b'o', b'r', b'm', b'a', b't'];

/// The batch that marks a new store.
pub(crate) fn format_batch() -> Batch {
    let mut batch = Batch::default();
    batch.put(FORMAT_KEY, FORMAT.to_be_bytes());
    batch
}

/// Refuses a store of another format. `folder` is for the message.
pub(crate) fn check_format(store: &dyn Store, folder: &str) -> Result<(), StoreError> {
    let found = store.get(FORMAT_KEY)?.and_then(|bytes| bytes.try_into().ok());
    match found.map(u32::from_be_bytes) {
        Some(FORMAT) => Ok(()),
        Some(found) if found > FORMAT => Err(StoreError::Newer { found, known: FORMAT }),
        _ => Err(StoreError::Unfinished { folder: folder.into() }),
    }
}

/// Refuses keys and values over their limits.
pub(crate) fn check_sizes(batch: &Batch) -> Result<(), StoreError> {
    let within = |what, bytes, bytes_max| match bytes <= bytes_max {
        true => Ok(()),
        false => Err(StoreError::TooLarge { what, bytes, bytes_max }),
    };
    for (key, value) in batch.operations() {
        within("key", key.len(), STORE_KEY_BYTES_MAX)?;
        within("value", value.map_or(0, <[u8]>::len), STORE_VALUE_BYTES_MAX)?;
    }
    Ok(())
}

/// Whether no key lies between the bounds (asking the trees for such a range would panic).
pub(crate) fn is_empty_range(from: &Bound<Vec<u8>>, to: &Bound<Vec<u8>>) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to))
        | (Bound::Excluded(from), Bound::Included(to)) => from >= to,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Iterator over pairs; an error ends nothing silently: callers must look at each item.
pub type Pairs<'a> = Box<dyn Iterator<Item = Result<Pair, StoreError>> + Send + 'a>;

/// Ordered keys and values. All methods block; call them from blocking threads.
pub trait Store: Send + Sync + 'static {
    /// The value of `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Pairs in key order between the bounds.
    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_>;

    /// Applies `batch` atomically. It is visible at once and survives the death of the process,
    /// but not a power cut until [`Store::barrier`] has returned.
    fn apply(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Returns when everything applied before is on the disk (`fdatasync`). Many callers share
    /// one sync.
    fn barrier(&self) -> Result<(), StoreError>;

    /// [`Store::apply`], then [`Store::barrier`].
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.apply(batch)?;
        self.barrier()
    }

    /// Pairs whose key starts with `start`, in key order.
    fn scan_prefix(&self, start: &[u8]) -> Pairs<'_> {
        self.range(Bound::Included(start.to_vec()), end_of_prefix(start))
    }

    /// Bytes the store takes on disk (0 in memory).
    fn disk_bytes(&self) -> Result<u64, StoreError>;
}

/// A store shared between modules.
pub type SharedStore = std::sync::Arc<dyn Store>;

/// The first key after all keys that start with `start`.
pub fn end_of_prefix(start: &[u8]) -> Bound<Vec<u8>> {
    let mut end = start.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}
