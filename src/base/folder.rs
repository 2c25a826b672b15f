//! Folders on the disk.

use std::{fs::File, io, path::Path};

/// Makes the names in `folder` durable: a new or renamed file may be gone after a crash until its
/// folder is synced, too.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
