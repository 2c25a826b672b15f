//! The tally: what the store holds, counted and hashed as it is written, so that a check can tell
//! whether anything is missing or older than it should be.
//!
//! The files under the store have checksums of their own; but when a piece of their log cannot be
//! read at a start, what it said is passed over in silence: pairs are missing, or stand as they
//! were before. The tally is written in the batch of every change, and a full reading of the store
//! ([`crate::store::sled::SledStore::inspect`]) compares.
//!
//! For each owner (first byte of the key) there is the number of its pairs and the exclusive or of
//! 16 bytes of a hash of each pair. That finds accidents; whoever can write the store can make the
//! tally fit.
//!
//! ```text
//! number of the batch (8 bytes) ‖ for each owner: first byte ‖ pairs (8 bytes) ‖ digest (16 bytes)
//! ```
//!
//! Frozen. Stores older than the tally hold the number alone.

use std::collections::BTreeMap;

use crate::store::prefix;

const OWNER_BYTES: usize = 1 + 8 + 16;

/// What one pair adds to its owner's digest: the first bytes of a hash of key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairDigest([u8; 16]);

impl PairDigest {
    /// The digest of a pair.
    pub fn of(key: &[u8], value: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(key.len() as u64).to_be_bytes()).update(key).update(value);
        let mut digest = [0; 16];
        hasher.finalize_xof().fill(&mut digest);
        Self(digest)
    }
}

/// Number of pairs and digest of one owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnerTally {
    /// Pairs held.
    pub pairs: u64,
    digest: [u8; 16],
}

impl OwnerTally {
    fn toggle(&mut self, pair: PairDigest) {
        for (byte, hashed) in self.digest.iter_mut().zip(pair.0) {
            *byte ^= hashed;
        }
    }
}

/// What each owner holds. Owners without pairs are not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<u8, OwnerTally>);

impl Tally {
    /// Counts a pair that was added. `key` is not empty.
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        let Some(owner) = key.first() else { return };
        let held = self.0.entry(*owner).or_default();
        held.toggle(PairDigest::of(key, value));
        held.pairs = held.pairs.saturating_add(1);
    }

    /// Counts a pair of `key` that was removed.
    pub fn remove(&mut self, key: &[u8], pair: PairDigest) {
        let Some(owner) = key.first() else { return };
        let held = self.0.entry(*owner).or_default();
        held.toggle(pair);
        held.pairs = held.pairs.saturating_sub(1);
        if *held == OwnerTally::default() {
            self.0.remove(owner);
        }
    }

    /// What `owner` holds.
    pub fn of(&self, owner: u8) -> OwnerTally {
        self.0.get(&owner).copied().unwrap_or_default()
    }

    /// Pairs of all owners.
    pub fn pairs(&self) -> u64 {
        self.0.values().map(|held| held.pairs).sum()
    }

    /// The bytes that are stored, beginning with the number of a batch.
    pub fn to_bytes(&self, number: u64) -> Vec<u8> {
        let mut bytes = number.to_be_bytes().to_vec();
        for (owner, held) in &self.0 {
            bytes.push(*owner);
            bytes.extend(held.pairs.to_be_bytes());
            bytes.extend(held.digest);
        }
        bytes
    }

    /// Reads the number of a batch and the tally; `None` in its place if the store is older than
    /// tallies, `None` for all if the bytes are of neither kind.
    pub fn from_bytes(bytes: &[u8]) -> Option<(u64, Option<Self>)> {
        let (number, rest) = bytes.split_first_chunk()?;
        let number = u64::from_be_bytes(*number);
        if rest.is_empty() {
            // A store with a tally always has an owner: its format version is a pair.
            return Some((number, None));
        }
        let (owners, rest) = rest.as_chunks::<OWNER_BYTES>();
        if !rest.is_empty() {
            return None;
        }
        let mut tally = BTreeMap::new();
        for owner in owners {
            let (pairs, digest) = owner[1..].split_first_chunk()?;
            let (pairs, digest) = (u64::from_be_bytes(*pairs), digest.try_into().ok()?);
            tally.insert(owner[0], OwnerTally { pairs, digest });
        }
        Some((number, Some(Self(tally))))
    }
}

/// Whose keys begin with this byte, in words.
pub fn owner_name(owner: u8) -> &'static str {
    match owner {
        prefix::RECORDS => "records",
        prefix::INTAKE => "quarantine and imports",
        prefix::LOG => "bodies of log entries",
        prefix::RELEASE => "releases",
        prefix::STATISTICS => "statistics",
        prefix::LIBRARY => "library",
        prefix::NODE => "node",
        _ => "nobody",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn the_tally_does_not_depend_on_the_way_that_led_there() {
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.add(b"ra", b"1");
        one.add(b"rb", b"2");
        one.add(b"ic", b"3");
        one.remove(b"ic", PairDigest::of(b"ic", b"3"));
        other.add(b"rb", b"1");
        other.remove(b"rb", PairDigest::of(b"rb", b"1"));
        other.add(b"rb", b"2");
        other.add(b"ra", b"1");
        assert_eq!(one, other);
        other.remove(b"ra", PairDigest::of(b"ra", b"1"));
        other.add(b"ra", b"0");
        assert_ne!(one, other);
        assert_eq!(one.of(b'r').pairs, other.of(b'r').pairs);
    }

    #[test]
    fn the_stored_bytes_are_frozen() {
        let mut tally = Tally::default();
        tally.add(b"ra", b"1");
        let bytes = tally.to_bytes(7);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = "0000000000000007720000000000000001bed81b2b9a195415f339fbab6992928d";
        assert_eq!(hex, expected);
        assert_eq!(Tally::from_bytes(&bytes), Some((7, Some(tally))));
        assert_eq!(Tally::from_bytes(&bytes[..8]), Some((7, None)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some((number, Some(tally))) = Tally::from_bytes(&bytes) {
                assert!(tally.to_bytes(number).len() <= bytes.len());
            }
        }
    }
}
