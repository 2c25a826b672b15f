//! Decoded blocks, kept within a number of bytes. Absent blocks are kept too: a member that has
//! not released a period is asked for as often as one that has.

use std::{collections::HashMap, sync::Arc};

use crate::{
    base::{id::MemberCode, period::Period},
    statistics::block::Block,
};

/// Bytes of decoded blocks kept.
pub(super) const CACHE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What an entry takes beside its block.
const ENTRY_BYTES: usize = 128;

/// Names a block: member, place of the population in the catalogue, period.
pub(super) type BlockKey = (MemberCode, usize, Period);

struct Held {
    block: Option<Arc<Block>>,
    bytes: usize,
    used: u64,
}

/// The cache. The projection holds it under its own lock.
#[derive(Default)]
pub(super) struct Cache {
    held: HashMap<BlockKey, Held>,
    bytes: usize,
    uses: u64,
    generation: u64,
}

impl Cache {
    /// The block, or that there is none, if that is known.
    pub(super) fn get(&mut self, key: &BlockKey) -> Option<Option<Arc<Block>>> {
        self.uses += 1;
        let held = self.held.get_mut(key)?;
        held.used = self.uses;
        Some(held.block.clone())
    }

    /// Changes with every release taken in.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Keeps what was read while the cache was at `generation`; drops it if it may be outdated.
    pub(super) fn insert(&mut self, generation: u64, key: BlockKey, block: Option<Arc<Block>>) {
        if generation != self.generation {
            return;
        }
        let bytes = ENTRY_BYTES + block.as_ref().map_or(0, |block| block.bytes());
        if self.bytes + bytes > CACHE_BYTES_MAX {
            self.evict(CACHE_BYTES_MAX / 4 * 3);
        }
        self.bytes += bytes;
        let held = Held { block, bytes, used: self.uses };
        if let Some(before) = self.held.insert(key, held) {
            self.bytes -= before.bytes;
        }
    }

    /// Forgets the blocks of a member's year.
    pub(super) fn forget(&mut self, member: MemberCode, year: i16) {
        self.generation += 1;
        self.held.retain(|key, held| {
            let keep = key.0 != member || key.2.year() != year;
            self.bytes -= if keep { 0 } else { held.bytes };
            keep
        });
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.generation += 1;
        self.held.clear();
        self.bytes = 0;
    }

    /// Drops the blocks not used for longest until `bytes_max` are left.
    fn evict(&mut self, bytes_max: usize) {
        let mut by_use: Vec<_> = self.held.iter().map(|(key, held)| (held.used, *key)).collect();
        by_use.sort();
        for (_, key) in by_use {
            if self.bytes <= bytes_max {
                return;
            }
            if let Some(held) = self.held.remove(&key) {
                self.bytes -= held.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_release_arrived_is_not_kept() {
        let (member, period) = ("ML".parse().unwrap(), "2026-Q1".parse().unwrap());
        let mut cache = Cache::default();
        let generation = cache.generation();
        cache.forget(member, 2026);
        cache.insert(generation, (member, 0, period), None);
        assert!(cache.get(&(member, 0, period)).is_none());
        cache.insert(cache.generation(), (member, 0, period), None);
        assert_eq!(cache.get(&(member, 0, period)), Some(None));
    }

    #[test]
    fn the_cache_stays_within_its_bytes_and_drops_what_was_not_used_for_longest() {
        let member = "ML".parse().unwrap();
        let first: Period = "1900-Q1".parse().unwrap();
        let mut cache = Cache::default();
        let mut period = first;
        for population in 0..CACHE_BYTES_MAX / ENTRY_BYTES + 10 {
            cache.insert(cache.generation(), (member, population, period), None);
            assert!(cache.get(&(member, 0, first)).is_some());
            period = if period.year() < 2199 { period.next() } else { first };
        }
        assert!(cache.bytes <= CACHE_BYTES_MAX);
        assert!(cache.held.len() > CACHE_BYTES_MAX / ENTRY_BYTES / 2);
    }
}
