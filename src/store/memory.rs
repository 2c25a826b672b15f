//! The store's twin in memory, for tests: the same contract, and a power cut on demand.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Mutex, MutexGuard},
};

use crate::store::{Batch, Pairs, Store, StoreError, check_sizes, is_empty_range};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What stood under each key changed since the last barrier, oldest change first.
    undo: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl State {
    fn set(&mut self, key: &[u8], value: Option<&[u8]>) -> Option<Vec<u8>> {
        match value {
            Some(value) => self.pairs.insert(key.to_vec(), value.to_vec()),
            None => self.pairs.remove(key),
        }
    }
}

impl MemoryStore {
    /// A power cut: everything applied after the last barrier is gone.
    pub fn crash(&self) {
        let mut state = self.lock();
        while let Some((key, before)) = state.undo.pop() {
            state.set(&key, before.as_deref());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change below is complete before anything can panic, so a poisoned lock is sound.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().pairs.get(key).cloned())
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        let mut from = from;
        // One look-up per pair: writers may come in between, as they may in sled.
        Box::new(std::iter::from_fn(move || {
            if is_empty_range(&from, &to) {
                return None;
            }
            let state = self.lock();
            let (key, value) = state.pairs.range((from.clone(), to.clone())).next()?;
            from = Bound::Excluded(key.clone());
            Some(Ok((key.clone(), value.clone())))
        }))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        check_sizes(batch)?;
        let mut state = self.lock();
        for (key, value) in batch.operations() {
            let before = state.set(key, value);
            state.undo.push((key.to_vec(), before));
        }
        Ok(())
    }

    fn barrier(&self) -> Result<(), StoreError> {
        self.lock().undo.clear();
        Ok(())
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_cut_takes_what_no_barrier_followed_and_nothing_else() {
        let store = MemoryStore::default();
        let mut batch = Batch::default();
        batch.put(*b"a", *b"1");
        batch.put(*b"b", *b"1");
        store.commit(&batch).unwrap();
        let mut batch = Batch::default();
        batch.put(*b"a", *b"2");
        batch.remove(*b"b");
        batch.put(*b"c", *b"2");
        store.apply(&batch).unwrap();
        let mut again = Batch::default();
        again.put(*b"a", *b"3");
        store.apply(&again).unwrap();
        assert_eq!(store.get(b"a").unwrap().as_deref(), Some(b"3".as_slice()));
        store.crash();
        let pairs: Result<Vec<_>, _> = store.scan_prefix(b"").collect();
        let kept = [(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"1".to_vec())];
        assert_eq!(pairs.unwrap(), kept);
    }
}
