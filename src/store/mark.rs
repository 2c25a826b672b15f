//! The mark: the number of the last batch that somebody was told is durable, in a file beside the
//! main one. A store that holds less has lost something.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// The file. It may be lost: the store is then not checked against it. It is not synced, so that
/// after a power cut it may only be too low.
const FILE: &str = "acknowledged";

/// The number of the last acknowledged batch.
pub(super) struct Mark(File);

impl Mark {
    /// Opens the mark of the store in `folder`, or makes it.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Self(options.open(folder.join(FILE))?))
    }

    /// The number; 0 if the file is new or unreadable.
    pub(super) fn acknowledged(&self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        match self.0.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(u64::from_be_bytes(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Notes a number.
    pub(super) fn set(&self, number: u64) -> io::Result<()> {
        self.0.write_all_at(&number.to_be_bytes(), 0)
    }
}
