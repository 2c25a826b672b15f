//! The files of logs: the only place of `log` that touches the disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::{
    base::{folder::sync_folder, id::MemberCode},
    log::{
        LogError,
        header::{HEADER_BYTES, HeaderBytes, leaf},
        merkle::Hash,
    },
};

/// Largest `checkpoints` or `fork` file read, in bytes.
const SMALL_FILE_BYTES_MAX: u64 = 128 * 1024;
/// Headers read at once.
const READ_HEADERS: usize = 512;

/// The folder of one log.
#[derive(Debug, Clone)]
pub struct LogFolder {
    path: PathBuf,
}

impl LogFolder {
    /// The folder of (`origin`, `epoch`) under `logs`.
    pub fn new(logs: &Path, origin: MemberCode, epoch: u32) -> Self {
        Self { path: logs.join(format!("{origin}-{epoch}")) }
    }

    /// Whose folders stand under `logs`, in order; other names are passed over. None if there is
    /// no such folder.
    pub fn list(logs: &Path) -> Result<Vec<(MemberCode, u32)>, LogError> {
        let entries = match fs::read_dir(logs) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|cause| file_error(logs, cause))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry.map_err(|cause| file_error(logs, cause))?.file_name();
            let parse = |name: &str| {
                let (origin, epoch) = name.split_once('-')?;
                let (origin, epoch) = (origin.parse().ok()?, epoch.parse().ok()?);
                (name == format!("{origin}-{epoch}")).then_some((origin, epoch))
            };
            found.extend(name.to_str().and_then(parse));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Makes the folder, durably, if it is not there.
    pub fn create(&self) -> Result<(), LogError> {
        if self.exists() {
            return Ok(());
        }
        let made = fs::create_dir_all(&self.path).and_then(|()| sync_folder(&self.path));
        let parent = self.path.parent().map_or(Ok(()), sync_folder);
        made.and(parent).map_err(|cause| file_error(&self.path, cause))
    }

    /// Number of whole headers in the file, and of the bytes after them.
    pub fn header_count(&self) -> Result<(u64, u64), LogError> {
        let path = self.headers();
        match fs::metadata(&path) {
            Ok(metadata) => {
                let bytes = HEADER_BYTES as u64;
                Ok((metadata.len() / bytes, metadata.len() % bytes))
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok((0, 0)),
            Err(cause) => Err(file_error(&path, cause)),
        }
    }

    /// Up to `count` headers from number `from` on; fewer if the file ends before.
    pub fn read_headers(&self, from: u64, count: usize) -> Result<Vec<HeaderBytes>, LogError> {
        let path = self.headers();
        let (present, _) = self.header_count()?;
        let rest = usize::try_from(present.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut headers = vec![[0; HEADER_BYTES]; count.min(rest)];
        if headers.is_empty() {
            return Ok(headers);
        }
        let file = File::open(&path).map_err(|cause| file_error(&path, cause))?;
        let bytes = headers.as_flattened_mut();
        file.read_exact_at(bytes, from * HEADER_BYTES as u64)
            .map_err(|cause| file_error(&path, cause))?;
        Ok(headers)
    }

    /// The leaves of the first `count` headers, read from the disk; fewer if the file ends before.
    pub fn read_leaves(&self, count: u64) -> Result<Vec<Hash>, LogError> {
        let mut leaves = Vec::new();
        while (leaves.len() as u64) < count {
            let rest = usize::try_from(count - leaves.len() as u64).unwrap_or(usize::MAX);
            let headers = self.read_headers(leaves.len() as u64, rest.min(READ_HEADERS))?;
            if headers.is_empty() {
                break;
            }
            leaves.extend(headers.iter().map(leaf));
        }
        Ok(leaves)
    }

    /// Writes `headers` from number `at` on, in place of anything there, and syncs them.
    pub fn write_headers(&self, at: u64, headers: &[HeaderBytes]) -> Result<(), LogError> {
        let path = self.headers();
        let write = || {
            let is_new = !path.exists();
            let mut options = OpenOptions::new();
            let file = options.write(true).create(true).truncate(false).open(&path)?;
            let offset = at * HEADER_BYTES as u64;
            file.set_len(offset)?;
            file.write_all_at(headers.as_flattened(), offset)?;
            file.sync_all()?;
            if is_new { sync_folder(&self.path) } else { Ok(()) }
        };
        write().map_err(|cause| file_error(&path, cause))
    }

    /// The file `checkpoints`, if there is one.
    pub fn read_checkpoints(&self) -> Result<Option<Vec<u8>>, LogError> {
        self.read_small("checkpoints")
    }

    /// Replaces the file `checkpoints`, whole or not at all.
    pub fn write_checkpoints(&self, bytes: &[u8]) -> Result<(), LogError> {
        self.write_atomic("checkpoints", bytes)
    }

    /// The evidence of a fork, if there is any.
    pub fn read_fork(&self) -> Result<Option<Vec<u8>>, LogError> {
        self.read_small("fork")
    }

    /// Keeps evidence of a fork.
    pub fn write_fork(&self, bytes: &[u8]) -> Result<(), LogError> {
        self.write_atomic("fork", bytes)
    }

    fn headers(&self) -> PathBuf {
        self.path.join("headers")
    }

    fn read_small(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        let path = self.path.join(name);
        let mut bytes = Vec::new();
        let read = File::open(&path)
            .and_then(|file| file.take(SMALL_FILE_BYTES_MAX).read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(file_error(&path, cause)),
        }
    }

    /// A crash leaves the old file or the new one, and at worst a stray `.new` file that the next
    /// write replaces.
    fn write_atomic(&self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        let path = self.path.join(name);
        let new = self.path.join(format!("{name}.new"));
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            sync_folder(&self.path)
        };
        write().map_err(|cause| file_error(&path, cause))
    }
}

pub(super) fn file_error(path: &Path, cause: io::Error) -> LogError {
    LogError::File { path: path.display().to_string(), cause }
}
