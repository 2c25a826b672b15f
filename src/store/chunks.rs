//! Values of any length, kept as pieces within the limit of a value.
//!
//! Piece `n` stands under `key ‖ n` (two bytes, big-endian); the first begins with the length of
//! the whole (four bytes, big-endian). This layout is stored; it may never change.

use std::ops::Bound;

use crate::{
    base::limits::STORE_VALUE_BYTES_MAX,
    store::{Batch, Store, StoreError},
};

const LENGTH_BYTES: usize = 4;
/// Most pieces of a value: as many as two bytes can number.
const PIECES_MAX: usize = u16::MAX as usize;
/// Longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = PIECES_MAX * STORE_VALUE_BYTES_MAX - LENGTH_BYTES;

fn piece_key(key: &[u8], piece: u16) -> Vec<u8> {
    let mut piece_key = key.to_vec();
    piece_key.extend(piece.to_be_bytes());
    piece_key
}

/// Number of pieces of a value of `bytes` bytes.
fn pieces(bytes: usize) -> usize {
    (LENGTH_BYTES + bytes).div_ceil(STORE_VALUE_BYTES_MAX)
}

fn damaged(detail: &str) -> StoreError {
    StoreError::Corrupt {
        detail: detail.into(),
        // Other keepers of values in pieces say by themselves what helps.
        remedy: "then run `essaim store rebuild` on the node's folder: its next start computes \
                 statistics and library again from the logs",
    }
}

/// Reads a value.
pub fn get(store: &dyn Store, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut whole) = store.get(&piece_key(key, 0))? else { return Ok(None) };
    let (length, _) = whole.split_first_chunk().ok_or_else(|| damaged("a first piece is short"))?;
    let bytes = u32::from_be_bytes(*length) as usize;
    let pieces = u16::try_from(pieces(bytes)).map_err(|_| damaged("a length is out of range"))?;
    for piece in 1..pieces {
        let next = store.get(&piece_key(key, piece))?;
        whole.extend(next.ok_or_else(|| damaged("a piece is missing"))?);
    }
    match whole.len() == LENGTH_BYTES + bytes {
        true => Ok(Some(whole.split_off(LENGTH_BYTES))),
        false => Err(damaged("pieces do not add up to their length")),
    }
}

/// Adds to `batch` what sets `key` to `value`, and removes whatever pieces stand there.
pub fn put(
    store: &dyn Store,
    batch: &mut Batch,
    key: &[u8],
    value: &[u8],
) -> Result<(), StoreError> {
    let too_large = || StoreError::TooLarge {
        what: "value in pieces",
        bytes: value.len(),
        bytes_max: VALUE_BYTES_MAX,
    };
    if value.len() > VALUE_BYTES_MAX {
        return Err(too_large());
    }
    remove(store, batch, key)?;
    let length = u32::try_from(value.len()).map_err(|_| too_large())?;
    let mut whole = length.to_be_bytes().to_vec();
    whole.extend(value);
    for (bytes, piece) in whole.chunks(STORE_VALUE_BYTES_MAX).zip(0..) {
        batch.put(piece_key(key, piece), bytes);
    }
    Ok(())
}

/// Adds to `batch` what removes `key`, damaged or not.
pub fn remove(store: &dyn Store, batch: &mut Batch, key: &[u8]) -> Result<(), StoreError> {
    let (first, last) = (piece_key(key, 0), piece_key(key, u16::MAX));
    let key_bytes = first.len();
    for pair in store.range(Bound::Included(first), Bound::Included(last)) {
        // Longer keys may begin like one of ours.
        let (key, _) = pair?;
        if key.len() == key_bytes {
            batch.remove(key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    fn set(store: &MemoryStore, value: &[u8]) {
        let mut batch = Batch::default();
        put(store, &mut batch, b"k", value).unwrap();
        store.apply(&batch).unwrap();
    }

    #[test]
    fn values_of_any_length_are_read_back_and_leave_nothing_behind() {
        let store = MemoryStore::default();
        for bytes in [0, 1, 4091, 4092, 4093, 8188, 8189, 20_000, 5] {
            let value: Vec<u8> = (0..bytes).map(|byte| byte as u8).collect();
            set(&store, &value);
            assert_eq!(get(&store, b"k").unwrap(), Some(value));
            assert_eq!(store.scan_prefix(b"").count(), pieces(bytes));
        }
        let mut batch = Batch::default();
        remove(&store, &mut batch, b"k").unwrap();
        store.apply(&batch).unwrap();
        assert_eq!(store.scan_prefix(b"").count(), 0);
    }

    #[test]
    fn a_missing_or_changed_piece_is_reported() {
        let store = MemoryStore::default();
        for (piece, value) in
            [(1, None), (1, Some(vec![0; 3])), (0, Some(vec![0; 2])), (0, Some(vec![255; 9]))]
        {
            set(&store, &[7; 6000]);
            let mut batch = Batch::default();
            match value {
                Some(value) => batch.put(piece_key(b"k", piece), value),
                None => batch.remove(piece_key(b"k", piece)),
            }
            store.apply(&batch).unwrap();
            assert!(matches!(get(&store, b"k"), Err(StoreError::Corrupt { .. })));
            store.apply(&batch_of_nothing_left(&store)).unwrap();
        }
    }

    #[test]
    fn a_value_too_long_to_be_read_is_not_written() {
        let store = MemoryStore::default();
        let too_long = vec![0; VALUE_BYTES_MAX + 1];
        let mut batch = Batch::default();
        let refused = put(&store, &mut batch, b"k", &too_long);
        assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
        assert!(batch.is_empty());
        assert_eq!(pieces(VALUE_BYTES_MAX), usize::from(u16::MAX));
    }

    #[test]
    fn a_damaged_value_can_be_replaced_and_removed_and_its_neighbours_stay() {
        let store = MemoryStore::default();
        let mut batch = Batch::default();
        // Keys of others that begin with this one's, and the last piece there can be.
        for key in [b"k\0\0\0".as_slice(), b"k", b"k\xff\xff\xff"] {
            batch.put(key, b"another's");
        }
        store.apply(&batch).unwrap();
        for damaged in [vec![255; 9], vec![0; 2]] {
            set(&store, &[7; 6000]);
            let mut batch = Batch::default();
            batch.put(piece_key(b"k", 0), damaged);
            batch.put(piece_key(b"k", u16::MAX), [1]);
            store.apply(&batch).unwrap();
            set(&store, b"new");
            assert_eq!(get(&store, b"k").unwrap(), Some(b"new".to_vec()));
            assert_eq!(store.scan_prefix(b"").count(), 3 + 1);
        }
    }

    fn batch_of_nothing_left(store: &MemoryStore) -> Batch {
        let mut batch = Batch::default();
        store.scan_prefix(b"").for_each(|pair| batch.remove(pair.unwrap().0));
        batch
    }
}
