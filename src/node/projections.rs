//! From logs to what queries see: takes entries of all logs, in order, into the projections.
//!
//! A cursor per log says how far that has come; it moves only when what lies before it is durable.
//! Applying an entry again changes nothing, so a crash costs at most some work done twice. An
//! entry that cannot be used (unknown kind, wrong body, a fault of this program) is noted and
//! passed over: no log ever stops for one entry. When what is stored does not fit this program, or
//! is damaged, all is computed again ([`crate::node::rebuild`]). When the store fails, entries
//! wait: the node says that it is behind, and tries again.
//!
//! An erasure may come before what it erases: another epoch's log, or a body that was not fetched.
//! It is remembered, and the body is dropped when it comes.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    base::id::{EntryId, MemberCode},
    library::{error::LibraryError, notes::Library},
    log::{
        LogError,
        logs::{Body, Entry, Log},
    },
    node::error::NodeError,
    publication::{
        admitted::{EntryKind, InvalidBody},
        note::Note,
        passed::PassedOver,
        release::Release,
        withdrawal::Withdrawal,
    },
    statistics::{
        error::StatisticsError,
        projection::{Applied, Statistics},
    },
    store::{Batch, SharedStore, StoreError, prefix},
};

/// Most entries passed over that a start tries again.
const PASSED_MAX: usize = 10_000;
/// Most entries passed over that are shown.
const PASSED_SHOWN_MAX: usize = 200;
/// Entries taken in between two moves of the cursor.
const STEP_ENTRIES: u64 = 256;
/// Where cursors stand.
pub(super) const CURSORS: [u8; 2] = [prefix::NODE, b'c'];
/// Where the entries stand that were passed over.
pub(super) const PASSED: [u8; 2] = [prefix::NODE, b'p'];
/// Where the entries stand whose bodies are to be erased, whether they are held or not. Kept for
/// ever, as the erasures are.
const ERASED: [u8; 2] = [prefix::NODE, b'e'];

/// What entries are taken into.
pub struct Projections {
    pub(super) log: Arc<Log>,
    pub(super) store: SharedStore,
    pub(super) statistics: Arc<Statistics>,
    pub(super) library: Arc<Library>,
    /// Held while entries are taken in: one taker at a time.
    pub(super) taking: Mutex<()>,
    /// Whether something could not be taken in and must be tried again; changed only by who holds
    /// `taking`.
    behind: AtomicBool,
}

/// An attempt to take in what is new. Unless it is done at its end, be it a panic, the projections
/// are behind.
struct Attempt<'a> {
    behind: &'a AtomicBool,
    done: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.behind.store(!self.done, Ordering::Relaxed);
    }
}

/// Why an entry was passed over.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("kind {0} needs newer software")]
    Kind(u16),
    #[error("it was made with catalogue version {0}, which needs newer software")]
    Catalogue(u16),
    #[error("{0}")]
    Body(#[from] InvalidBody),
    #[error("it speaks for {0}, whose log this is not")]
    Foreign(MemberCode),
    #[error("{0}")]
    Statistics(StatisticsError),
    #[error("{0}")]
    Library(LibraryError),
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("the program failed on it; please report this")]
    Panic,
}

impl Projections {
    /// Projections of `log`; nothing is read yet.
    pub fn new(
        log: Arc<Log>,
        store: SharedStore,
        statistics: Arc<Statistics>,
        library: Arc<Library>,
    ) -> Self {
        let (taking, behind) = (Mutex::new(()), AtomicBool::new(false));
        Self { log, store, statistics, library, taking, behind }
    }

    /// Whether entries wait because they could not be taken in. The next
    /// [`Projections::take_news`] tries again.
    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    /// Takes in everything that is new in the logs, and the entries `filled`, whose bodies came
    /// after they did; and what an earlier call could not take in.
    pub fn take_news(&self, filled: &[EntryId]) -> Result<(), NodeError> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        let was_behind = self.is_behind();
        let mut attempt = Attempt { behind: &self.behind, done: false };
        self.catch_up()?;
        self.fill(filled)?;
        if was_behind {
            // Among them are those whose bodies had come when it failed.
            self.retry_passed()?;
        }
        attempt.done = true;
        Ok(())
    }

    /// Takes in everything that is new in the logs. The caller holds `taking`.
    pub(super) fn catch_up(&self) -> Result<(), NodeError> {
        let mut result = Ok(());
        for head in self.log.heads() {
            // One log that cannot be read does not keep the others back.
            result = result.and(self.follow(head.origin, head.epoch, head.held));
        }
        result
    }

    /// The entries that were passed over, and why; the first [`PASSED_SHOWN_MAX`] of them.
    pub fn passed(&self) -> Result<Vec<PassedOver>, StoreError> {
        let mut passed = Vec::new();
        for pair in self.store.scan_prefix(&PASSED).take(PASSED_SHOWN_MAX) {
            let (key, reason) = pair?;
            let reason = String::from_utf8_lossy(&reason).into_owned();
            passed.extend(passed_id(&key).map(|entry| PassedOver { entry, reason }));
        }
        Ok(passed)
    }

    /// Tries the entries again that were passed over: their bodies may have come, or this program
    /// may know more than the last one. The caller holds `taking`.
    pub(super) fn retry_passed(&self) -> Result<(), NodeError> {
        let mut passed = Vec::new();
        for pair in self.store.scan_prefix(&PASSED).take(PASSED_MAX) {
            passed.extend(passed_id(&pair?.0));
        }
        for id in passed {
            match self.log.entry(id) {
                Ok(Some(entry)) => self.take_or_pass(&entry)?,
                Ok(None) | Err(LogError::Unreadable { .. } | LogError::DamagedBody { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes in entries whose bodies came after they did.
    fn fill(&self, filled: &[EntryId]) -> Result<(), NodeError> {
        for id in filled {
            // Entries the cursor has not reached yet are taken in their turn.
            if id.seq >= self.cursor(id.origin, id.epoch)? {
                continue;
            }
            if let Some(entry) = self.log.entry(*id)? {
                self.take_or_pass(&entry)?;
            }
        }
        self.store.barrier()?;
        Ok(())
    }

    fn follow(&self, origin: MemberCode, epoch: u32, held: u64) -> Result<(), NodeError> {
        let mut next = self.cursor(origin, epoch)?;
        while next < held {
            let end = held.min(next + STEP_ENTRIES);
            let count = usize::try_from(end - next).unwrap_or(usize::MAX);
            for entry in self.log.entries(origin, epoch, next).take(count) {
                match entry {
                    Ok(entry) => self.take_or_pass(&entry)?,
                    Err(LogError::Unreadable { id, problem }) => self.pass(id, problem)?,
                    // The log asks other nodes for it; it is taken in when it comes.
                    Err(LogError::DamagedBody { id }) => {
                        if !self.erase_if_withdrawn(id)? {
                            self.pass(id, "its body is damaged")?;
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            // What was taken in comes before the cursor in the store's one sequence of batches, so
            // one barrier makes both durable, in that order.
            let mut batch = Batch::default();
            batch.put(cursor_key(origin, epoch), end.to_be_bytes());
            self.store.commit(&batch)?;
            next = end;
        }
        Ok(())
    }

    fn take_or_pass(&self, entry: &Entry) -> Result<(), NodeError> {
        let result = self.take_in(entry);
        // Also if its body is not here, or goes: what is missing is part of what is found. Only
        // now, or a check that is quick would find what has gone since.
        if [EntryKind::RELEASE, EntryKind::WITHDRAWAL].contains(&entry.header.kind) {
            self.statistics.checks().ask(entry.id.origin);
        }
        result
    }

    fn take_in(&self, entry: &Entry) -> Result<(), NodeError> {
        if self.erase_if_withdrawn(entry.id)? {
            return Ok(());
        }
        let Body::Present(body) = &entry.body else {
            return self.pass(entry.id, "its body is not here");
        };
        let taken = catch_unwind(AssertUnwindSafe(|| self.take(entry, body)));
        let unusable = match taken {
            Ok(Ok(())) => return self.unpass(entry.id),
            Ok(Err(Unusable::Statistics(StatisticsError::Store(error)))) => {
                return Err(error.into());
            }
            Ok(Err(Unusable::Library(LibraryError::Store(error)))) => return Err(error.into()),
            Ok(Err(Unusable::Log(error))) => return Err(error.into()),
            Ok(Err(unusable)) => unusable,
            Err(_) => Unusable::Panic,
        };
        self.pass(entry.id, &unusable.to_string())
    }

    fn take(&self, entry: &Entry, body: &[u8]) -> Result<(), Unusable> {
        let (id, schema) = (entry.id, entry.header.schema);
        match entry.header.kind {
            EntryKind::RELEASE => {
                let release = Release::from_bytes(schema, body)?;
                speaks_for_itself(id, release.member)?;
                let day = entry.header.created_on;
                let applied = self.statistics.apply(id, day, &release);
                if applied.map_err(Unusable::Statistics)? == Applied::NeedsNewerSoftware {
                    return Err(Unusable::Catalogue(release.catalogue_version));
                }
            }
            EntryKind::NOTE => {
                let note = Note::from_bytes(schema, body)?;
                speaks_for_itself(id, note.member)?;
                let first_seq = entry.header.first_seq;
                self.library.apply(id, first_seq, &note).map_err(Unusable::Library)?;
            }
            EntryKind::WITHDRAWAL => {
                let withdrawal = Withdrawal::from_bytes(schema, body)?;
                let target =
                    EntryId { origin: id.origin, epoch: withdrawal.epoch, seq: withdrawal.seq };
                self.statistics.withdraw(target).map_err(Unusable::Statistics)?;
                self.library.withdraw(target).map_err(Unusable::Library)?;
                if withdrawal.erase {
                    self.erase(target)?;
                }
            }
            kind => return Err(Unusable::Kind(kind.0)),
        }
        Ok(())
    }

    /// Drops a body for good, here or yet to come.
    fn erase(&self, id: EntryId) -> Result<(), LogError> {
        let mut batch = Batch::default();
        batch.put(entry_key(&ERASED, id), []);
        // That its body is not here is no fault any more.
        batch.remove(entry_key(&PASSED, id));
        self.store.apply(&batch)?;
        self.log.erase_body(id)
    }

    /// Drops the body of an entry that was withdrawn before it came; `false` if it was not.
    fn erase_if_withdrawn(&self, id: EntryId) -> Result<bool, NodeError> {
        if self.store.get(&entry_key(&ERASED, id))?.is_none() {
            return Ok(false);
        }
        self.log.erase_body(id)?;
        self.unpass(id)?;
        Ok(true)
    }

    /// Notes that an entry was passed over, and why.
    fn pass(&self, id: EntryId, problem: &str) -> Result<(), NodeError> {
        let key = entry_key(&PASSED, id);
        if self.store.get(&key)?.as_deref() == Some(problem.as_bytes()) {
            return Ok(());
        }
        tracing::warn!(entry = %id, problem, "an entry is passed over");
        let mut batch = Batch::default();
        batch.put(key, problem.as_bytes());
        Ok(self.store.apply(&batch)?)
    }

    /// Forgets that an entry was passed over.
    fn unpass(&self, id: EntryId) -> Result<(), NodeError> {
        let key = entry_key(&PASSED, id);
        if self.store.get(&key)?.is_some() {
            let mut batch = Batch::default();
            batch.remove(key);
            self.store.apply(&batch)?;
        }
        Ok(())
    }

    fn cursor(&self, origin: MemberCode, epoch: u32) -> Result<u64, NodeError> {
        let stored = self.store.get(&cursor_key(origin, epoch))?;
        // A cursor that is not readable only costs work: everything is taken in again.
        Ok(stored.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
    }
}

/// A member publishes in its own log and for itself.
fn speaks_for_itself(id: EntryId, member: MemberCode) -> Result<(), Unusable> {
    if member == id.origin { Ok(()) } else { Err(Unusable::Foreign(member)) }
}

/// `m c ORIGIN EPOCH` → the sequence number of the next entry to take in (big endian).
fn cursor_key(origin: MemberCode, epoch: u32) -> Vec<u8> {
    [&CURSORS, &origin.to_padded()[..], &epoch.to_be_bytes()].concat()
}

/// `m p ORIGIN EPOCH SEQ` → why the entry was passed over; `m e ORIGIN EPOCH SEQ` → nothing.
fn entry_key(start: &[u8; 2], id: EntryId) -> Vec<u8> {
    let (origin, epoch, seq) =
        (id.origin.to_padded(), id.epoch.to_be_bytes(), id.seq.to_be_bytes());
    [start, &origin[..], &epoch, &seq].concat()
}

/// The entry a key of [`entry_key`] names.
fn passed_id(key: &[u8]) -> Option<EntryId> {
    let (origin, rest) = key.get(2..)?.split_first_chunk::<8>()?;
    let (epoch, seq) = rest.split_first_chunk::<4>()?;
    Some(EntryId {
        origin: MemberCode::from_padded(*origin).ok()?,
        epoch: u32::from_be_bytes(*epoch),
        seq: u64::from_be_bytes(seq.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_entries_are_what_they_always_were() {
        let id = EntryId { origin: "ML".parse().unwrap(), epoch: 7, seq: 0x0102 };
        let rest = *b"ML\0\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x01\x02";
        for (start, kind) in [(PASSED, [prefix::NODE, b'p']), (ERASED, [prefix::NODE, b'e'])] {
            let key = entry_key(&start, id);
            assert_eq!(key, [&kind[..], &rest].concat());
            assert_eq!(passed_id(&key), Some(id));
        }
    }
}
