//! Reads the logs of a stopped node, one entry after the other, and changes nothing.
//!
//! What differs from what was signed is for [`crate::log::check`] to find; here a body that does
//! not belong to its header is as good as none.

use std::path::Path;

use crate::{
    base::id::EntryId,
    log::{
        LogError,
        bodies::{self, StoredBody},
        files::LogFolder,
        header::Header,
        logs::{Body, Entry},
        single::SingleLog,
    },
    store::Store,
};

/// Most entries of one log that are named as missing.
const MISSING_MAX: usize = 1_000;
/// Headers read at once.
const READ_HEADERS: u64 = 512;

/// Calls `visit` with every entry of all logs in `folder`, log by log in their order; with its
/// identifier alone where its header cannot be read, or is missing though the log held it
/// (the first [`MISSING_MAX`]). The bodies are those in `store`.
pub fn read(
    folder: &Path,
    store: &dyn Store,
    visit: &mut impl FnMut(Result<Entry, EntryId>),
) -> Result<(), LogError> {
    for (origin, epoch) in LogFolder::list(folder)? {
        let log = SingleLog::load(folder, store, origin, epoch)?;
        let (present, _) = log.folder.header_count()?;
        let signed = log.state.held();
        // Of a damaged log whatever is there is looked at, and something is missing in any case.
        let read = if log.damage.is_some() { present } else { signed.min(present) };
        for from in (0..read).step_by(READ_HEADERS as usize) {
            let count = (read - from).min(READ_HEADERS);
            let headers = log.folder.read_headers(from, count as usize)?;
            for (seq, bytes) in (from..).zip(headers) {
                let id = log.id(seq);
                let Ok(header) = Header::from_bytes(id, &bytes) else {
                    visit(Err(id));
                    continue;
                };
                let record = bodies::read(store, id)?;
                let body = match record.map(|record| record.body) {
                    Some(StoredBody::Present(body)) if body.belongs_to(&header) => {
                        Body::Present(body.bytes)
                    }
                    _ => Body::Absent,
                };
                visit(Ok(Entry { id, header, body }));
            }
        }
        let end = if log.damage.is_some() { signed.max(read + 1) } else { signed };
        (read..end).take(MISSING_MAX).for_each(|seq| visit(Err(log.id(seq))));
    }
    Ok(())
}
