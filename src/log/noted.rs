//! How long each log was, as the store notes it: a second witness beside the file `checkpoints`,
//! so that a file that was lost or put back in an older state is not taken for a short log, whose
//! later headers a start would cut off, and which its own node would sign a second time.
//!
//! Key, under the store's prefix of logs: `n` ‖ origin (8) ‖ epoch (4) → entries held (8,
//! big-endian) ‖ the most that ever were (8). It is written after the checkpoint that covers the
//! entries, so a crash can leave it smaller than what the files hold, and never larger.

use std::collections::BTreeMap;

use crate::{
    base::id::MemberCode,
    log::LogError,
    store::{Batch, Store, StoreError, prefix},
};

const NOTED: u8 = b'n';

/// Logs with what is noted of them.
pub type NotedLogs = BTreeMap<(MemberCode, u32), Result<Noted, String>>;

/// What the store notes of one log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noted {
    /// Entries the log's folder held.
    pub held: u64,
    /// The most it ever held: more than `held` while a folder that was moved away is fetched again.
    pub longest: u64,
}

impl Noted {
    /// What the store notes, zeros if it never noted anything; inside, why it cannot be told.
    pub fn read(
        store: &dyn Store,
        origin: MemberCode,
        epoch: u32,
    ) -> Result<Result<Self, String>, StoreError> {
        let bytes = store.get(&key(origin, epoch))?;
        Ok(bytes.map_or(Ok(Self::default()), |bytes| Self::from_bytes(&bytes)))
    }

    /// The logs of which anything is noted; inside, what cannot be told.
    pub fn logs(store: &dyn Store) -> Result<NotedLogs, StoreError> {
        let mut logs = BTreeMap::new();
        for pair in store.scan_prefix(&[prefix::LOG, NOTED]) {
            let (key, value) = pair?;
            if let Some(log) = log_of(&key) {
                logs.insert(log, Self::from_bytes(&value));
            }
        }
        Ok(logs)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let number = |at: usize| bytes.get(at..at + 8).and_then(|it| it.try_into().ok());
        match (number(0), number(8), bytes.len()) {
            (Some(held), Some(longest), 16) => {
                Ok(Self { held: u64::from_be_bytes(held), longest: u64::from_be_bytes(longest) })
            }
            _ => Err(format!(
                "the store's note of how long it was has {} bytes and not 16",
                bytes.len()
            )),
        }
    }

    /// Notes it. Becomes durable with the next barrier: losing it makes the witness late by what
    /// was written since, and the next start notes it again.
    pub fn write(self, store: &dyn Store, origin: MemberCode, epoch: u32) -> Result<(), LogError> {
        Ok(store.apply(&self.batch(origin, epoch))?)
    }

    /// Notes it durably.
    pub fn commit(self, store: &dyn Store, origin: MemberCode, epoch: u32) -> Result<(), LogError> {
        Ok(store.commit(&self.batch(origin, epoch))?)
    }

    fn batch(self, origin: MemberCode, epoch: u32) -> Batch {
        let mut batch = Batch::default();
        let value = [self.held.to_be_bytes(), self.longest.to_be_bytes()].concat();
        batch.put(key(origin, epoch), value);
        batch
    }
}

fn log_of(key: &[u8]) -> Option<(MemberCode, u32)> {
    let (origin, epoch) = key.get(2..)?.split_first_chunk()?;
    let origin = MemberCode::from_padded(*origin).ok()?;
    Some((origin, u32::from_be_bytes(epoch.try_into().ok()?)))
}

fn key(origin: MemberCode, epoch: u32) -> Vec<u8> {
    [&[prefix::LOG, NOTED], &origin.to_padded()[..], &epoch.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    #[test]
    fn a_note_is_kept_as_it_always_was() {
        let store = MemoryStore::default();
        let origin = "ML".parse().unwrap();
        Noted { held: 3, longest: 0x0102 }.write(&store, origin, 7).unwrap();
        let pairs: Vec<_> = store.scan_prefix(&[]).map(Result::unwrap).collect();
        let key = b"lnML\0\0\0\0\0\0\0\0\0\x07".to_vec();
        let value = b"\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\x01\x02".to_vec();
        assert_eq!(pairs, [(key, value)]);
        let noted = Noted { held: 3, longest: 0x0102 };
        assert_eq!(Noted::read(&store, origin, 7).unwrap(), Ok(noted));
        assert_eq!(Noted::logs(&store).unwrap(), BTreeMap::from([((origin, 7), Ok(noted))]));
    }

    #[test]
    fn a_note_of_another_length_is_told_of() {
        for length in (0..40).filter(|length| *length != 16) {
            let problem = Noted::from_bytes(&vec![0xff; length]).unwrap_err();
            assert!(problem.contains(&format!("has {length} bytes")), "{problem}");
        }
    }
}
