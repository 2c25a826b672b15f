//! The repository: one writer at a time, one atomic batch per write.

use std::sync::{Arc, Mutex};

use jiff::civil::Date;

use crate::{
    base::{
        clock::SharedClock,
        id::{IdempotencyKey, MemberCode},
        limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX},
    },
    codes::embedded::Codes,
    records::{
        cells,
        draft::{Draft, load, not_found},
        error::RecordError,
        idempotency::{HandedOut, Parts},
        journal,
        layout::{Identifier, Kind, id_at_end},
        types::Revised,
    },
    store::SharedStore,
};

/// The node's records. Make one per store: it is what keeps writers apart.
pub struct Repository {
    pub(crate) store: SharedStore,
    pub(crate) codes: Arc<Codes>,
    /// The country whose hub keeps the records.
    pub(crate) area: MemberCode,
    clock: SharedClock,
    /// Held from the first read of a write until its batch is applied, so that read, check and
    /// write are one step. The wait for the disk is outside it, so that writers share one sync.
    writer: Mutex<()>,
}

/// Who writes, and whether the write may have been tried before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteContext {
    /// The identity the journal names.
    pub actor: String,
    /// The caller's own number for the write. A write repeated with the same number is not done
    /// twice: the record it made is handed out again, as it stands.
    pub idempotency_key: Option<IdempotencyKey>,
}

impl WriteContext {
    /// A write of `actor` without a number.
    pub fn of(actor: &str) -> Self {
        Self { actor: actor.into(), idempotency_key: None }
    }
}

/// A page of a list, in the order of identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<I> {
    /// Records wanted: 0 for the default, at most [`PAGE_SIZE_MAX`]. A page with fewer records
    /// than that is the last.
    pub size: usize,
    /// The last identifier of the page before.
    pub after: Option<I>,
}

impl<I> Page<I> {
    /// The first page, of the default size.
    pub fn first() -> Self {
        Self { size: 0, after: None }
    }

    /// The number of records the page holds at most.
    pub fn size_coerced(&self) -> usize {
        match self.size {
            0 => PAGE_SIZE_DEFAULT,
            size => size.min(PAGE_SIZE_MAX),
        }
    }
}

impl Repository {
    /// The records of the hub of `area` in `store`. Reads nothing yet.
    pub fn new(
        store: SharedStore,
        clock: SharedClock,
        codes: Arc<Codes>,
        area: MemberCode,
    ) -> Self {
        Self { store, codes, area, clock, writer: Mutex::new(()) }
    }

    /// The country whose hub keeps the records.
    pub fn area(&self) -> MemberCode {
        self.area
    }

    /// The day that steps are dated with when the caller names none.
    pub fn today(&self) -> Date {
        self.clock.today()
    }

    /// Does one write: `change` reads, checks and drafts under the lock; what it drafted is applied
    /// with its journal entry in one batch, and is on the disk when this returns.
    pub(crate) fn write<T>(
        &self,
        actor: &str,
        action: &'static str,
        change: impl FnOnce(&mut Draft<'_>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let done = self.apply(actor, action, change)?;
        // Also when nothing was drafted: what this answer rests on may be another writer's batch
        // that has not reached the disk yet.
        self.sync()?;
        Ok(done)
    }

    /// [`Repository::write`] without the wait for the disk.
    pub(crate) fn apply<T>(
        &self,
        actor: &str,
        action: &'static str,
        change: impl FnOnce(&mut Draft<'_>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        // A poisoned lock guards no state of its own: what counts is in the store.
        let _writer = self.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut draft = Draft::new(self);
        let done = change(&mut draft)?;
        journal::append(&mut draft, actor, action, self.today())?;
        let batch = draft.into_batch()?;
        if !batch.is_empty() {
            self.store.apply(&batch)?;
        }
        Ok(done)
    }

    /// Returns when all that was written before is on the disk.
    pub fn sync(&self) -> Result<(), RecordError> {
        Ok(self.store.barrier()?)
    }

    /// The record `id`.
    pub(crate) fn fetch<K: Kind>(&self, id: K::Id) -> HandedOut<K> {
        let stored = load::<K>(&self.store, id)?.ok_or_else(|| not_found::<K>(id))?;
        Ok(stored.handed_out())
    }

    /// A page of the records that `keep` accepts, among those whose keys start with `prefix`.
    /// `stem` is what stands before the identifier in these keys.
    pub(crate) fn page<K: Kind>(
        &self,
        stem: &[u8],
        prefix: &[u8],
        page: &Page<K::Id>,
        keep: impl Fn(&K) -> bool,
    ) -> Result<Vec<Revised<Parts<K>>>, RecordError> {
        let after = page.after.map(|after| [stem, after.bytes()].concat());
        let mut records = Vec::new();
        for pair in cells::scan(&*self.store, prefix, after) {
            if records.len() == page.size_coerced() {
                break;
            }
            let (key, _) = pair?;
            let Some(id) = id_at_end::<K::Id>(&key) else { continue };
            if let Some(stored) = load::<K>(&self.store, id)?
                && keep(&stored.record.coded)
            {
                records.push(stored.handed_out());
            }
        }
        Ok(records)
    }
}
