//! Values of any length, kept as pieces within the limit of a value.
//!
//! Piece `n` stands under `key ‖ n` (two bytes, big-endian); the first begins with the length of
//! the whole (four bytes, big-endian). This layout is stored; it may never change.

use crate::{
    base::limits::STORE_VALUE_BYTES_MAX,
    store::{Batch, Store, StoreError},
};

const LENGTH_BYTES: usize = 4;

fn piece_key(key: &[u8], piece: usize) -> Vec<u8> {
    let mut piece_key = key.to_vec();
    piece_key.extend((piece as u16).to_be_bytes());
    piece_key
}

/// Number of pieces of a value of `bytes` bytes.
fn pieces(bytes: usize) -> usize {
    (LENGTH_BYTES + bytes).div_ceil(STORE_VALUE_BYTES_MAX)
}

/// The length and the first piece, if the key is there.
fn first(store: &dyn Store, key: &[u8]) -> Result<Option<(usize, Vec<u8>)>, StoreError> {
    let Some(piece) = store.get(&piece_key(key, 0))? else { return Ok(None) };
    let (length, _) = piece.split_first_chunk().ok_or_else(|| damaged("a first piece is short"))?;
    let bytes = u32::from_be_bytes(*length) as usize;
    if pieces(bytes) > usize::from(u16::MAX) {
        return Err(damaged("a length is out of range"));
    }
    Ok(Some((bytes, piece)))
}

fn damaged(detail: &str) -> StoreError {
    StoreError::Corrupt {
        detail: detail.into(),
        remedy: "Restore the folder from a backup, or rebuild the store from the logs",
    }
}

/// Reads a value.
pub fn get(store: &dyn Store, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let Some((bytes, mut whole)) = first(store, key)? else { return Ok(None) };
    for piece in 1..pieces(bytes) {
        let next = store.get(&piece_key(key, piece))?;
        whole.extend(next.ok_or_else(|| damaged("a piece is missing"))?);
    }
    match whole.len() == LENGTH_BYTES + bytes {
        true => Ok(Some(whole.split_off(LENGTH_BYTES))),
        false => Err(damaged("pieces do not add up to their length")),
    }
}

/// Adds to `batch` what sets `key` to `value`, and removes pieces of a longer value before it.
pub fn put(
    store: &dyn Store,
    batch: &mut Batch,
    key: &[u8],
    value: &[u8],
) -> Result<(), StoreError> {
    remove(store, batch, key)?;
    // Bodies are far below 4 GiB: their own limit is 1 MiB.
    let mut whole = (value.len() as u32).to_be_bytes().to_vec();
    whole.extend(value);
    for (piece, bytes) in whole.chunks(STORE_VALUE_BYTES_MAX).enumerate() {
        batch.put(piece_key(key, piece), bytes);
    }
    Ok(())
}

/// Adds to `batch` what removes `key`.
pub fn remove(store: &dyn Store, batch: &mut Batch, key: &[u8]) -> Result<(), StoreError> {
    if let Some((bytes, _)) = first(store, key)? {
        (0..pieces(bytes)).for_each(|piece| batch.remove(piece_key(key, piece)));
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

    fn batch_of_nothing_left(store: &MemoryStore) -> Batch {
        let mut batch = Batch::default();
        store.scan_prefix(b"").for_each(|pair| batch.remove(pair.unwrap().0));
        batch
    }
}
