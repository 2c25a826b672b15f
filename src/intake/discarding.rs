//! What a dry run writes to.

use std::ops::Bound;

use crate::store::{Batch, Pairs, SharedStore, Store, StoreError};

/// The store under a dry run: it reads, and drops what is written.
pub(super) struct Discarding(pub(super) SharedStore);

impl Store for Discarding {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key)
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        self.0.range(from, to)
    }

    fn apply(&self, _: &Batch) -> Result<(), StoreError> {
        Ok(())
    }

    fn barrier(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.0.disk_bytes()
    }
}
