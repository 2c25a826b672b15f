//! Reading a store that may be damaged, without changing it.
//!
//! sled drops what it cannot read as soon as it opens its files. A damaged store is therefore
//! copied, and the copy opened; it stands beside the store, because it is as confidential.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::store::{
    StoreError,
    sled::{SledOptions, SledStore},
    survey::Survey,
    tally::Tally,
};

/// What the names of sled's snapshots begin with. A snapshot says where in the main file each page
/// stands, and up to where that was so; sled makes it again from the main file if there is none. It
/// refuses to start with one whose checksum does not fit, though nothing is lost with it.
const SNAPSHOT: &str = "snap.";
/// What the names of copies begin with.
const COPY: &str = "store-copy-";

/// A store opened to be read; a copy if it is damaged.
pub struct Reading {
    /// The store.
    pub store: SledStore,
    /// What the opening found.
    pub findings: Vec<Finding>,
    /// Goes after the store.
    _copy: Option<TempDir>,
}

impl Reading {
    /// Opens the store.
    pub fn open(options: &SledOptions) -> Result<Self, StoreError> {
        if SledStore::survey(options)? == Survey::Sound {
            match Self::in_place(options) {
                Err(StoreError::Corrupt { .. }) => {}
                opened => return opened,
            }
        } else {
            SledStore::check_unlocked(options)?;
        }
        Self::open_copy(options)
    }

    /// Opens a copy of the store; without sled's snapshots if it cannot be opened with them.
    pub(super) fn open_copy(options: &SledOptions) -> Result<Self, StoreError> {
        match Self::copy(options, true) {
            Err(StoreError::Corrupt { .. }) => {
                let mut reading = Self::copy(options, false)?;
                let folder = options.folder.display().to_string();
                reading.findings.insert(0, Finding::Snapshot { folder });
                Ok(reading)
            }
            opened => opened,
        }
    }

    /// Opens the store itself, whatever its damage: what cannot be read is gone from then on.
    pub fn in_place(options: &SledOptions) -> Result<Self, StoreError> {
        let (store, findings) = SledStore::open_damaged(options)?;
        Ok(Self { store, findings, _copy: None })
    }

    fn copy(options: &SledOptions, with_snapshots: bool) -> Result<Self, StoreError> {
        let beside = beside(&options.folder);
        let copy = tempfile::Builder::new().prefix(COPY).tempdir_in(beside)?;
        let opened = copy_files(&options.folder, copy.path(), with_snapshots)
            .map_err(StoreError::from)
            .and_then(|()| {
                let options = SledOptions { folder: copy.path().into(), ..options.clone() };
                SledStore::open_damaged(&options)
            });
        match opened {
            Ok((store, findings)) => Ok(Self { store, findings, _copy: Some(copy) }),
            Err(error) => Err(of_copy(error, copy.path(), &options.folder)),
        }
    }
}

/// An error met in a copy. What is damaged is said of the store, for the copy is gone when somebody
/// reads it; what the disk refused, of the copy.
fn of_copy(error: StoreError, copy: &Path, folder: &Path) -> StoreError {
    let (copy, folder) = (copy.display().to_string(), folder.display().to_string());
    let of_disk = |problem: &dyn std::fmt::Display, kind| {
        let text = format!("{problem} (in {copy}, where {folder} was copied to be read)");
        StoreError::Io(io::Error::new(kind, text))
    };
    match error {
        StoreError::Corrupt { detail, remedy } => {
            StoreError::Corrupt { detail: detail.replace(&copy, &folder), remedy }
        }
        StoreError::Io(error) => of_disk(&error, error.kind()),
        // The copy vanished under us: somebody cleaned up.
        StoreError::Missing { .. } => of_disk(&"the copy is gone", io::ErrorKind::NotFound),
        error => error,
    }
}

/// The folder that holds `folder`.
fn beside(folder: &Path) -> &Path {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Copies that were left beside the store in `folder` when a reading was cut short. One that is
/// being read by another process is among them.
pub fn left_over(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(beside(folder))? {
        let entry = entry?;
        let is_copy = entry.file_name().to_string_lossy().starts_with(COPY);
        if is_copy && entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn copy_files(from: &Path, to: &Path, with_snapshots: bool) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let snapshot = entry.file_name().to_string_lossy().starts_with(SNAPSHOT);
        if entry.file_type()?.is_file() && (with_snapshots || !snapshot) {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// What a full reading of a store found.
#[derive(Debug, Default)]
pub struct Inspection {
    /// What is there.
    pub found: Tally,
    /// Everything that is not as it should be; empty if all is well.
    pub findings: Vec<Finding>,
}

/// Something that is not as it should be. Carries no value and no key text.
#[derive(Debug, thiserror::Error)]
pub enum Finding {
    /// A piece of a file is damaged. If it held what is held nowhere else, there are further
    /// findings.
    #[error(
        "the file {file} cannot be read at byte {at}; what was lost with the rest of that piece, \
         if anything, stands below"
    )]
    Passed {
        /// The file.
        file: &'static str,
        /// The byte.
        at: u64,
    },
    /// A snapshot is damaged. It holds nothing that the main file does not.
    #[error(
        "a file snap.* in {folder} is damaged, and the node does not start with it: move all of \
         them out of that folder. They are made again from the main file; what cannot be, if \
         anything, stands below"
    )]
    Snapshot {
        /// The store's folder.
        folder: String,
    },
    /// Acknowledged batches are gone.
    #[error("the last {batches} batches that had been acknowledged are gone")]
    Behind {
        /// How many.
        batches: u64,
    },
    /// Some pairs cannot be read.
    #[error("{owner}: not everything can be read: {error}")]
    Unreadable {
        /// Whose.
        owner: &'static str,
        /// What the store said.
        error: StoreError,
    },
    /// Pairs are missing or as they were before.
    #[error(
        "{owner}: there are {found} pairs, and there should be {pairs}; if the numbers are the \
         same, some are as they were before their last change"
    )]
    Differs {
        /// Whose.
        owner: &'static str,
        /// Pairs written.
        pairs: u64,
        /// Pairs found.
        found: u64,
    },
}

impl Finding {
    /// Whether the store is whole once this is put right as the finding says.
    pub fn is_of_snapshot(&self) -> bool {
        matches!(self, Self::Snapshot { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_met_in_a_copy_names_what_is_still_there() {
        let (copy, folder) = (Path::new("/data/store-copy-x"), Path::new("/data/store"));
        let told = |error| of_copy(error, copy, folder).to_string();
        let detail = "sled stopped while reading its files, in /data/store-copy-x".into();
        let damaged = told(StoreError::Corrupt { detail, remedy: "then wait" });
        assert!(damaged.contains("in /data/store.") && !damaged.contains("copy-x"), "{damaged}");
        let full = told(StoreError::Io(io::Error::other("no space")));
        let place = "(in /data/store-copy-x, where /data/store was copied to be read)";
        assert!(full.contains("no space") && full.ends_with(place), "{full}");
        let gone = told(StoreError::Missing { folder: copy.display().to_string() });
        assert!(gone.contains("the copy is gone") && gone.ends_with(place), "{gone}");
    }

    #[test]
    fn copies_left_beside_a_store_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        SledStore::create(&SledOptions::in_folder(&store)).unwrap();
        assert_eq!(left_over(&store).unwrap(), [] as [PathBuf; 0]);
        let reading = Reading::open_copy(&SledOptions::in_folder(&store)).unwrap();
        let found = left_over(&store).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].join("db").is_file());
        drop(reading);
        assert!(left_over(&store).unwrap().is_empty(), "no copy outlives its reading");
    }

    #[test]
    fn a_copy_of_a_store_that_vanishes_meanwhile_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let Err(error) = Reading::open_copy(&SledOptions::in_folder(&store)) else { panic!() };
        let told = error.to_string();
        assert!(told.contains(COPY) && told.contains(&store.display().to_string()), "{told}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no copy is left");
    }
}
