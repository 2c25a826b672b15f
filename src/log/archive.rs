//! Reads the logs of a stopped node, one entry after the other, and changes nothing.
//!
//! What differs from what was signed is for [`crate::log::check`] to find; here a body that does
//! not belong to its header is as good as none.

use std::path::Path;

use crate::{
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

/// Headers read at once.
const READ_HEADERS: u64 = 512;

/// Calls `visit` with every entry of all logs in `folder` whose header can be read, log by log in
/// their order. The bodies are those in `store`.
pub fn read(
    folder: &Path,
    store: &dyn Store,
    visit: &mut impl FnMut(Entry),
) -> Result<(), LogError> {
    for (origin, epoch) in LogFolder::list(folder)? {
        let log = SingleLog::load(folder, store, origin, epoch)?;
        let (present, _) = log.folder.header_count()?;
        let held = log.held().min(present);
        for from in (0..held).step_by(READ_HEADERS as usize) {
            let count = (held - from).min(READ_HEADERS);
            let headers = log.folder.read_headers(from, count as usize)?;
            for (seq, bytes) in (from..).zip(headers) {
                let id = log.id(seq);
                let Ok(header) = Header::from_bytes(id, &bytes) else { continue };
                let record = bodies::read(store, id)?;
                let body = match record.map(|record| record.body) {
                    Some(StoredBody::Present(body)) if body.belongs_to(&header) => {
                        Body::Present(body.bytes)
                    }
                    _ => Body::Absent,
                };
                visit(Entry { id, header, body });
            }
        }
    }
    Ok(())
}
