//! Cells: many small values under one key of the store.
//!
//! sled keeps some 400 bytes of memory for each page of at most 16 keys, however short they are: a
//! million records under keys of their own would take more memory than the node may. Records whose
//! identifiers begin with the same two bytes therefore share two *buckets*: one for coded parts and
//! the index, one for identifying parts. With few records a bucket holds one record; with a million
//! it holds some fifteen. A cell that does not fit into its bucket stands *alone*, under a key of
//! its own, until it is removed; the bucket says that it has such cells.
//!
//! A cell is named `r ‖ letter ‖ identifier …`, the letter lower-case for what is coded:
//!
//! ```text
//! key of a bucket      r ‖ b (coded) or B (identifying) ‖ first 2 bytes of the identifier
//! key of a cell alone  key of its bucket ‖ letter ‖ rest of the identifier
//! bucket = version (1 byte) ‖ has cells that stand alone (1 byte) ‖ cell …, in the order of rests
//! cell   = length of rest (1 byte) ‖ rest: letter ‖ rest of the identifier …
//!          ‖ length of value (2 bytes) ‖ value
//! ```
//!
//! Frozen: a change is a new store format.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
};

use crate::{
    base::limits::STORE_VALUE_BYTES_MAX,
    records::error::RecordError,
    store::{Batch, Pair, Pairs, Store, StoreError, end_of_prefix},
};

/// Bytes of a bucket's key.
const BUCKET_KEY_BYTES: usize = 4;

/// Version of buckets.
const BUCKET_VERSION: u8 = 1;

/// A bucket's key, or the first bytes of several.
fn bucket_key(cell: &[u8]) -> Vec<u8> {
    let class = if cell[1].is_ascii_lowercase() { b'b' } else { b'B' };
    let id_start = cell.get(2..).unwrap_or_default();
    [&[cell[0], class], &id_start[..id_start.len().min(2)]].concat()
}

/// A cell's name within its bucket.
fn rest_of(cell: &[u8]) -> Vec<u8> {
    [&cell[1..2], &cell[BUCKET_KEY_BYTES..]].concat()
}

/// A cell's name from its bucket's key and its own rest.
fn cell_name(bucket_key: &[u8], rest: &[u8]) -> Vec<u8> {
    let (letter, rest) = rest.split_at(rest.len().min(1));
    [&bucket_key[..1], letter, &bucket_key[2..], rest].concat()
}

/// A bucket, read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Bucket<'b> {
    /// Whether cells of this bucket may stand alone.
    alone: bool,
    /// Values by the rest of their names.
    cells: BTreeMap<&'b [u8], &'b [u8]>,
}

/// Takes `count` bytes off the front of `bytes`.
fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// Takes one cell off the front of a bucket's bytes.
fn take_cell<'b>(bytes: &mut &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
    let key_bytes = take(bytes, 1)?[0];
    let key = take(bytes, key_bytes.into())?;
    let value_bytes = u16::from_be_bytes(take(bytes, 2)?.try_into().ok()?);
    Some((key, take(bytes, value_bytes.into())?))
}

/// Whether cells may stand alone, and the bytes of the cells.
fn open_bucket(bytes: &[u8]) -> Option<(bool, &[u8])> {
    match bytes {
        [BUCKET_VERSION, alone @ (0 | 1), cells @ ..] => Some((*alone == 1, cells)),
        _ => None,
    }
}

/// Bytes that a cell takes in its bucket.
fn cell_bytes((key, value): (&&[u8], &&[u8])) -> usize {
    3 + key.len() + value.len()
}

impl<'b> Bucket<'b> {
    fn read(bytes: &'b [u8]) -> Option<Self> {
        let (alone, mut rest) = open_bucket(bytes)?;
        let mut cells = BTreeMap::new();
        while !rest.is_empty() {
            let (key, value) = take_cell(&mut rest)?;
            cells.insert(key, value);
        }
        Some(Self { alone, cells })
    }

    fn bytes(&self) -> usize {
        2 + self.cells.iter().map(cell_bytes).sum::<usize>()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes());
        bytes.extend([BUCKET_VERSION, self.alone.into()]);
        for (key, value) in &self.cells {
            // Keys and values are within the limits of the store, which these lengths can hold.
            bytes.push(key.len() as u8);
            bytes.extend_from_slice(key);
            bytes.extend((value.len() as u16).to_be_bytes());
            bytes.extend_from_slice(value);
        }
        bytes
    }

    /// Takes cells out, the largest first, until the bucket fits into one value.
    fn take_what_does_not_fit(&mut self) -> Vec<(&'b [u8], &'b [u8])> {
        let mut bytes = self.bytes();
        let mut taken = Vec::new();
        while bytes > STORE_VALUE_BYTES_MAX
            && let Some(largest) = self.cells.iter().max_by_key(|(_, value)| value.len())
        {
            bytes -= cell_bytes(largest);
            let key = *largest.0;
            taken.extend(self.cells.remove_entry(key));
        }
        taken
    }
}

fn damaged(bucket_key: &[u8]) -> RecordError {
    let id = bucket_key.iter().map(|byte| format!("{byte:02x}")).collect();
    RecordError::Undecodable { what: "group of records", id }
}

/// The value of a cell, where `read` reads the store.
pub(crate) fn get<B: AsRef<[u8]>>(
    cell: &[u8],
    read: impl Fn(&[u8]) -> Result<Option<B>, StoreError>,
) -> Result<Option<Vec<u8>>, RecordError> {
    let (bucket_key, wanted) = (bucket_key(cell), rest_of(cell));
    let Some(bucket) = read(&bucket_key)? else { return Ok(None) };
    let (alone, mut cells) = open_bucket(bucket.as_ref()).ok_or_else(|| damaged(&bucket_key))?;
    while !cells.is_empty() {
        let (rest, value) = take_cell(&mut cells).ok_or_else(|| damaged(&bucket_key))?;
        if rest == wanted {
            return Ok(Some(value.to_vec()));
        }
    }
    // A cell moves out of its bucket and never back, so that a reader finds it in one of the two
    // places whatever writers do in between.
    let found = if alone { read(&[bucket_key, wanted].concat())? } else { None };
    Ok(found.map(|value| value.as_ref().to_vec()))
}

/// Drafts `changes` of cells: values to set, or `None` to remove.
pub(crate) fn write<B: AsRef<[u8]>>(
    batch: &mut Batch,
    changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    read: impl Fn(&[u8]) -> Result<Option<B>, StoreError>,
) -> Result<(), RecordError> {
    let mut by_bucket: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (cell, value) in changes {
        by_bucket.entry(bucket_key(cell)).or_default().push((rest_of(cell), value));
    }
    for (bucket_key, changes) in by_bucket {
        let stored = read(&bucket_key)?;
        let mut bucket = match &stored {
            Some(bytes) => Bucket::read(bytes.as_ref()).ok_or_else(|| damaged(&bucket_key))?,
            None => Bucket::default(),
        };
        for (rest, value) in &changes {
            let alone_key = || [bucket_key.as_slice(), rest].concat();
            let stands_alone = bucket.alone && read(&alone_key())?.is_some();
            match (stands_alone, value) {
                (true, Some(value)) => batch.put(alone_key(), value.as_slice()),
                (true, None) => batch.remove(alone_key()),
                (false, Some(value)) => drop(bucket.cells.insert(rest, value)),
                (false, None) => drop(bucket.cells.remove(rest.as_slice())),
            }
        }
        for (rest, value) in bucket.take_what_does_not_fit() {
            bucket.alone = true;
            batch.put([bucket_key.as_slice(), rest].concat(), value);
        }
        batch.replaces(&bucket_key, stored.as_ref().map(AsRef::as_ref));
        match bucket == Bucket::default() {
            true => batch.remove(bucket_key),
            false => batch.put(bucket_key, bucket.to_bytes()),
        }
    }
    Ok(())
}

/// The cells whose names start with `prefix`, which is at least `r ‖ letter`, in the order of their
/// names, from the one after `after`.
pub(crate) fn scan<'a>(
    store: &'a dyn Store,
    prefix: &[u8],
    after: Option<Vec<u8>>,
) -> impl Iterator<Item = Result<Pair, RecordError>> + 'a {
    let start = bucket_key(after.as_deref().unwrap_or(prefix));
    let pairs = store.range(Bound::Included(start), end_of_prefix(&bucket_key(prefix)));
    let letter = prefix[1];
    let prefix = prefix.to_vec();
    let wanted = move |cell: &[u8]| {
        cell.starts_with(&prefix) && after.as_deref().is_none_or(|after| cell > after)
    };
    Scan { pairs: pairs.peekable(), letter, group: VecDeque::new() }.filter(
        move |pair| match pair {
            Ok((cell, _)) => wanted(cell),
            Err(_) => true,
        },
    )
}

/// Reads a bucket and the cells that stand alone beside it, then the next.
struct Scan<'a> {
    pairs: std::iter::Peekable<Pairs<'a>>,
    letter: u8,
    group: VecDeque<Pair>,
}

impl Scan<'_> {
    /// The cells of the next bucket; there may be none.
    fn read_group(&mut self) -> Result<VecDeque<Pair>, RecordError> {
        let mut group = BTreeMap::new();
        let Some(first) = self.pairs.next() else { return Ok(VecDeque::new()) };
        let (key, value) = first?;
        let Some((bucket_key, rest)) = key.split_at_checked(BUCKET_KEY_BYTES) else {
            return Err(damaged(&key));
        };
        if rest.is_empty() {
            let (_, mut cells) = open_bucket(&value).ok_or_else(|| damaged(bucket_key))?;
            while !cells.is_empty() {
                let (rest, value) = take_cell(&mut cells).ok_or_else(|| damaged(bucket_key))?;
                if rest.first() == Some(&self.letter) {
                    group.insert(cell_name(bucket_key, rest), value.to_vec());
                }
            }
        } else {
            group.insert(cell_name(bucket_key, rest), value);
        }
        let beside = |pair: &Result<Pair, StoreError>| match pair {
            Ok((key, _)) => key.len() > BUCKET_KEY_BYTES && key.starts_with(bucket_key),
            Err(_) => true,
        };
        while let Some(pair) = self.pairs.next_if(beside) {
            let (key, value) = pair?;
            group.insert(cell_name(bucket_key, &key[BUCKET_KEY_BYTES..]), value);
        }
        Ok(group.into_iter().collect())
    }
}

impl Iterator for Scan<'_> {
    type Item = Result<Pair, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.group.is_empty() {
            self.pairs.peek()?;
            match self.read_group() {
                Ok(group) => self.group = group,
                Err(error) => return Some(Err(error)),
            }
        }
        self.group.pop_front().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, proptest};

    use super::*;
    use crate::store::memory::MemoryStore;

    type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

    /// Few keys in two buckets, and values of which two or three fill one.
    fn changes() -> impl Strategy<Value = Changes> {
        let key = (proptest::sample::select(b"evE".as_slice()), 0_u8..2, 0_u8..6)
            .prop_map(|(letter, bucket, cell)| vec![b'r', letter, 9, bucket, cell]);
        let value = (any::<u8>(), 0_usize..2_000).prop_map(|(byte, bytes)| vec![byte; bytes]);
        proptest::collection::btree_map(key, proptest::option::of(value), 0..6)
    }

    fn apply(store: &MemoryStore, changes: &Changes) {
        let mut batch = Batch::default();
        write(&mut batch, changes, |key| store.get(key)).unwrap();
        store.commit(&batch).unwrap();
    }

    proptest! {
        #[test]
        fn cells_are_an_ordered_map(
            steps in proptest::collection::vec(changes(), 0..12),
            after in 0_u8..6,
        ) {
            let store = MemoryStore::default();
            let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
            for changes in &steps {
                apply(&store, changes);
                for (key, value) in changes {
                    match value {
                        Some(value) => model.insert(key.clone(), value.clone()),
                        None => model.remove(key),
                    };
                }
            }
            let scanned = |prefix: &[u8], after: Option<Vec<u8>>| -> Vec<_> {
                scan(&store, prefix, after).map(Result::unwrap).collect()
            };
            for letter in *b"evE" {
                let under = |prefix: &[u8]| -> Vec<_> {
                    let of_prefix = model.iter().filter(|(cell, _)| cell.starts_with(prefix));
                    of_prefix.map(|(cell, value)| (cell.clone(), value.clone())).collect()
                };
                assert_eq!(scanned(&[b'r', letter], None), under(&[b'r', letter]));
                for bucket in 0..2 {
                    let prefix = [b'r', letter, 9, bucket];
                    let after = [prefix.as_slice(), &[after]].concat();
                    let rest: Vec<_> =
                        under(&prefix).into_iter().filter(|(cell, _)| *cell > after).collect();
                    assert_eq!(scanned(&prefix, Some(after)), rest);
                    for cell in 0..6 {
                        let cell = [prefix.as_slice(), &[cell]].concat();
                        let found = get(&cell, |key| store.get(key)).unwrap();
                        assert_eq!(found.as_ref(), model.get(&cell));
                    }
                }
            }
        }

        #[test]
        fn no_bytes_make_reading_a_bucket_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let bytes = [[BUCKET_VERSION, 1].as_slice(), &bytes].concat();
            if let Some(bucket) = Bucket::read(&bytes) {
                assert_eq!(Bucket::read(&bucket.to_bytes()), Some(bucket));
            }
            let _ = get(b"re12345", |_| Ok(Some(bytes.clone())));
        }
    }

    #[test]
    fn cells_with_one_beginning_share_one_key_of_the_store() {
        let store = MemoryStore::default();
        let cell = |last: u8| (vec![b'r', b'e', 1, 2, last], Some(vec![last; 3]));
        apply(&store, &(0..10).map(cell).collect());
        let pairs: Vec<_> = store.scan_prefix(b"").map(Result::unwrap).collect();
        assert_eq!(pairs.len(), 1);
        // Frozen.
        let start = [1, 0, 2, b'e', 0, 0, 3, 0, 0, 0, 2, b'e', 1, 0, 3, 1, 1, 1];
        assert_eq!((&pairs[0].0[..], &pairs[0].1[..18]), (&[b'r', b'b', 1, 2][..], &start[..]));
        apply(&store, &(0..10).map(|last| (cell(last).0, None)).collect());
        assert_eq!(store.scan_prefix(b"").count(), 0);
    }
}
