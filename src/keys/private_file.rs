//! Reading files that hold private keys: only as much as a key can be, and only if nobody but their
//! owner may read or change them.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// Permissions of group and others: a private file gives them none.
const OTHERS: u32 = 0o077;

/// Why a file is not read.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It could not be read.
    Unreadable(io::Error),
    /// It is longer than it may be.
    TooLong,
    /// Others than its owner may read or change it.
    Exposed {
        /// Its permissions.
        mode: u32,
    },
}

/// Reads a private text file of at most `bytes_max` bytes.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<String, Unfit> {
    let mut file = File::open(path).map_err(Unfit::Unreadable)?;
    // Asked of the open file: the name may point to another one a moment later.
    let mode = file.metadata().map_err(Unfit::Unreadable)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(Unfit::Exposed { mode });
    }
    read_bounded(&mut file, bytes_max)
}

/// Reads a text of at most `bytes_max` bytes, whatever length the file claims to have.
pub(super) fn read_bounded(file: &mut File, bytes_max: u64) -> Result<String, Unfit> {
    let mut text = String::new();
    let read = file.take(bytes_max + 1).read_to_string(&mut text).map_err(Unfit::Unreadable)?;
    if read as u64 > bytes_max { Err(Unfit::TooLong) } else { Ok(text) }
}
