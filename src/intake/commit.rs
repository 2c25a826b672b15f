//! Batches of rows on their way into the records: one is applied while the disk still writes the
//! one before, and the next is being read. Each is settled only when it is on the disk.

use std::{io, sync::mpsc, thread};

use crate::records::{
    error::RecordError,
    import::{ImportRow, Outcome},
    repository::Repository,
};

/// Batches handed over and not yet settled, at most: one at the disk, one being applied.
pub(super) const UNDER_WAY_MAX: usize = 2;

type Outcomes = Result<Vec<Outcome>, RecordError>;

/// The two threads that commit. They end when this is dropped, or after a failure.
pub(super) struct Commits {
    batches: mpsc::SyncSender<Vec<ImportRow>>,
    outcomes: mpsc::Receiver<Outcomes>,
}

/// A committing thread has ended: by a panic, or by the failure it has told of before.
#[derive(Debug)]
pub(super) struct Ended;

impl Commits {
    /// Starts the threads.
    pub fn start<'scope, 'env>(
        scope: &'scope thread::Scope<'scope, 'env>,
        repository: &'env Repository,
        actor: &'env str,
    ) -> io::Result<Self> {
        let (batches, incoming) = mpsc::sync_channel::<Vec<ImportRow>>(UNDER_WAY_MAX);
        let (applied, syncing) = mpsc::sync_channel::<Outcomes>(UNDER_WAY_MAX);
        let (settled, outcomes) = mpsc::sync_channel(UNDER_WAY_MAX);
        let apply = move || {
            for rows in incoming {
                let outcomes = match rows.is_empty() {
                    true => Ok(Vec::new()),
                    false => repository.apply_import(actor, &rows),
                };
                let failed = outcomes.is_err();
                if applied.send(outcomes).is_err() || failed {
                    return;
                }
            }
        };
        let sync = move || {
            for outcomes in syncing {
                let outcomes = outcomes.and_then(|outcomes| {
                    repository.sync()?;
                    Ok(outcomes)
                });
                let failed = outcomes.is_err();
                if settled.send(outcomes).is_err() || failed {
                    return;
                }
            }
        };
        thread::Builder::new().name("import-apply".into()).spawn_scoped(scope, apply)?;
        thread::Builder::new().name("import-sync".into()).spawn_scoped(scope, sync)?;
        Ok(Self { batches, outcomes })
    }

    /// Has the rows committed, all at once, while the caller goes on.
    pub fn hand_over(&self, rows: Vec<ImportRow>) -> Result<(), Ended> {
        self.batches.send(rows).map_err(|_| Ended)
    }

    /// Waits for the oldest batch that is not settled: what has become of its rows.
    pub fn settle(&self) -> Result<Outcomes, Ended> {
        self.outcomes.recv().map_err(|_| Ended)
    }
}
