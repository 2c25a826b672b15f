//! One log as it is sent: everything under its newest complete checkpoint. Reads without the
//! log's lock, because headers under a checkpoint never change.

use crate::{
    base::{
        id::EntryId,
        limits::{BATCH_BYTES_MAX, BATCH_HEADERS_MAX},
    },
    log::{
        LogError,
        batch::{BatchItem, EntryBatch},
        bodies::{self, SealedBody, StoredBody},
        files::LogFolder,
        header::{HEADER_BYTES, Header, HeaderBytes},
        merkle::{Hash, consistency_proof, root},
        verify::SignedCheckpoint,
    },
    store::{SharedStore, Store},
};

/// One log as it is sent.
pub struct Snapshot {
    folder: LogFolder,
    store: SharedStore,
    signed: SignedCheckpoint,
    leaves: Vec<Hash>,
}

impl Snapshot {
    pub(super) fn read(
        folder: LogFolder,
        store: SharedStore,
        signed: SignedCheckpoint,
    ) -> Result<Self, LogError> {
        let checkpoint = signed.checkpoint;
        let leaves = folder.read_leaves(checkpoint.size)?;
        if leaves.len() as u64 != checkpoint.size || root(&leaves) != checkpoint.root {
            let (origin, epoch) = (checkpoint.origin, checkpoint.epoch);
            let detail = "the headers no longer give the root that was signed".into();
            return Err(LogError::Damaged { origin, epoch, detail });
        }
        Ok(Self { folder, store, signed, leaves })
    }

    /// The checkpoint everything here stands under.
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The root at `size`, and the proof that the log goes on from there; `None` if it is shorter.
    pub fn base(&self, size: u64) -> Option<(Hash, Vec<Hash>)> {
        let size = usize::try_from(size).ok()?;
        let proof = consistency_proof(&self.leaves, size)?;
        Some((root(&self.leaves[..size]), proof))
    }

    /// The next batch from entry `first` on; `None` if there is none. It holds at least one entry.
    pub fn batch(&self, first: u64, with_bodies: bool) -> Result<Option<EntryBatch>, LogError> {
        let size = self.signed.checkpoint.size;
        let rest = usize::try_from(size.saturating_sub(first)).unwrap_or(usize::MAX);
        let headers = self.folder.read_headers(first, rest.min(BATCH_HEADERS_MAX))?;
        let (mut items, mut bytes): (Vec<BatchItem>, usize) = (Vec::new(), 0);
        for (seq, header) in (first..).zip(headers) {
            let body = if with_bodies { self.body(seq, &header)? } else { None };
            bytes += HEADER_BYTES + body.as_ref().map_or(0, |body| body.bytes.len());
            if bytes > BATCH_BYTES_MAX && !items.is_empty() {
                break;
            }
            items.push(BatchItem { header, body });
        }
        let end = first.saturating_add(items.len() as u64);
        let Some((_, proof)) = self.base(end).filter(|_| !items.is_empty()) else {
            return Ok(None);
        };
        let (origin, epoch) = (self.signed.checkpoint.origin, self.signed.checkpoint.epoch);
        Ok(Some(EntryBatch { origin, epoch, first, proof, items }))
    }

    fn body(&self, seq: u64, header: &HeaderBytes) -> Result<Option<SealedBody>, LogError> {
        let (origin, epoch) = (self.signed.checkpoint.origin, self.signed.checkpoint.epoch);
        fitting_body(&*self.store, EntryId { origin, epoch, seq }, header)
    }
}

/// The body of an entry, if it is here; one that does not fit its header is never sent.
pub(super) fn fitting_body(
    store: &dyn Store,
    id: EntryId,
    header: &HeaderBytes,
) -> Result<Option<SealedBody>, LogError> {
    let Ok(header) = Header::from_bytes(id, header) else { return Ok(None) };
    let record = bodies::read(store, id)?;
    Ok(match record.map(|record| record.body) {
        Some(StoredBody::Present(body)) if body.belongs_to(&header) => Some(body),
        _ => None,
    })
}
