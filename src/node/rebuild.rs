//! Statistics and library computed again from the logs.
//!
//! A stamp in the store says by which catalogue and in which layouts they were computed: `m v` →
//! layout of the stamp (1), version of the catalogue (2), layouts of statistics and library (1
//! each), schemas of releases and notes (2 each), numbers big-endian. A start that finds another
//! stamp, or none, drops what was computed and takes in all logs from their beginning; `essaim
//! store rebuild` removes the stamp.
//!
//! The order, and what a crash after each step leaves:
//! 1. the stamp is removed, durably → the next start begins here;
//! 2. cursors, statistics and library are dropped, and releases taken in, a member's year at once →
//!    the same;
//! 3. the new stamp is written, durably → the logs are followed from their beginning, as at any
//!    start. Releases that are there already change nothing; withdrawals are repeated.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError},
};

use jiff::civil::Date;

use crate::{
    base::id::EntryId,
    codes::embedded::Codes,
    library::{error::LibraryError, notes::Library},
    log::logs::{Body, Entry},
    node::{
        error::NodeError,
        projections::{CURSORS, PASSED, Projections},
    },
    publication::{admitted::EntryKind, note::Note, release::Release},
    statistics::{error::StatisticsError, projection::Statistics},
    store::{Batch, SharedStore, Store, StoreError, prefix, remove_all},
};

/// Where the stamp stands.
const STAMP: [u8; 2] = [prefix::NODE, b'v'];
/// Version of the stamp's own layout.
const STAMP_LAYOUT: u8 = 1;

/// Has the next start compute statistics and library again; durable when it returns.
pub fn request(store: &dyn Store) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    batch.remove(STAMP);
    store.commit(&batch)
}

/// Opens the statistics; damaged ones are dropped, to be computed again.
pub(super) fn statistics(store: &SharedStore, codes: &Arc<Codes>) -> Result<Statistics, NodeError> {
    let open = || Statistics::new(Arc::clone(store), Arc::clone(codes));
    match open() {
        Err(error @ StatisticsError::Damaged { .. }) => {
            tracing::warn!(%error, "the stored statistics are dropped");
            request(&**store)?;
            Statistics::clear(&**store)?;
            Ok(open()?)
        }
        opened => Ok(opened?),
    }
}

impl Projections {
    /// Brings statistics and library up to the logs: by what is new in them, or, if what is stored
    /// was computed by another program or is damaged, from their beginning.
    pub fn start(&self) -> Result<(), NodeError> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        if self.store.get(&STAMP)?.as_deref() != Some(&self.stamp()) {
            self.rebuild("they were not computed by this version of the program")?;
        }
        match self.follow_logs() {
            Err(error) if is_damage(&error) => {
                self.rebuild(&error.to_string())?;
                self.follow_logs()
            }
            done => done,
        }
    }

    fn follow_logs(&self) -> Result<(), NodeError> {
        self.catch_up()?;
        self.retry_passed()
    }

    fn stamp(&self) -> Vec<u8> {
        let mut stamp = vec![STAMP_LAYOUT];
        stamp.extend(self.statistics.catalogue_version().to_be_bytes());
        stamp.extend([Statistics::LAYOUT, Library::LAYOUT]);
        stamp.extend(Release::SCHEMA.to_be_bytes());
        stamp.extend(Note::SCHEMA.to_be_bytes());
        stamp
    }

    fn rebuild(&self, reason: &str) -> Result<(), NodeError> {
        tracing::info!(reason, "statistics and library are computed again from the logs");
        // 1.
        request(&*self.store)?;
        // 2.
        remove_all(&*self.store, &CURSORS)?;
        remove_all(&*self.store, &PASSED)?;
        self.library.rebuild([])?;
        let computed = catch_unwind(AssertUnwindSafe(|| self.statistics.rebuild(self.releases())));
        match computed {
            Ok(Ok(())) => {}
            Ok(Err(StatisticsError::Store(error))) => return Err(error.into()),
            // One of them is not usable. Taken in one after the other, it is passed over.
            Ok(Err(_)) | Err(_) => self.statistics.rebuild([])?,
        }
        // 3.
        let mut batch = Batch::default();
        batch.put(STAMP, self.stamp());
        Ok(self.store.commit(&batch)?)
    }

    /// The releases in all logs that can be shown; why others cannot is found out when the logs
    /// are followed.
    fn releases(&self) -> impl Iterator<Item = (EntryId, Date, Release)> {
        let heads = self.log.heads().into_iter();
        let entries = heads.flat_map(|head| self.log.entries(head.origin, head.epoch, 0));
        let usable = |(id, _, release): &(EntryId, Date, Release)| {
            self.statistics.check(*id, release).is_ok()
        };
        entries.filter_map(|entry| release(&entry.ok()?)).filter(usable)
    }
}

fn release(entry: &Entry) -> Option<(EntryId, Date, Release)> {
    let Body::Present(body) = &entry.body else { return None };
    if entry.header.kind != EntryKind::RELEASE {
        return None;
    }
    let release = Release::from_bytes(entry.header.schema, body).ok()?;
    Some((entry.id, entry.header.created_on, release))
}

/// Whether what is computed from the logs cannot be read any more.
fn is_damage(error: &NodeError) -> bool {
    match error {
        NodeError::Store(error)
        | NodeError::Statistics(StatisticsError::Store(error))
        | NodeError::Library(LibraryError::Store(error)) => {
            matches!(error, StoreError::Corrupt { .. })
        }
        NodeError::Statistics(error) => matches!(
            error,
            StatisticsError::Damaged { .. } | StatisticsError::DamagedRelease { .. }
        ),
        NodeError::Library(error) => {
            matches!(error, LibraryError::Damaged { .. } | LibraryError::DamagedKey)
        }
        _ => false,
    }
}
