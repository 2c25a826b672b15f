//! Reading a store that may be damaged, without changing it.
//!
//! sled drops what it cannot read as soon as it opens its files. A damaged store is therefore
//! copied, and the copy opened; it stands beside the store, because it is as confidential.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::store::{
    StoreError,
    sled::{SledOptions, SledStore},
    survey::Survey,
    tally::Tally,
};

/// What the names of sled's snapshots begin with. They can be made again from the main file.
const SNAPSHOT: &str = "snap.";

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

    /// Opens a copy of the store.
    pub(super) fn open_copy(options: &SledOptions) -> Result<Self, StoreError> {
        match Self::copy(options, true) {
            Err(StoreError::Corrupt { .. }) => Self::copy(options, false),
            opened => opened,
        }
    }

    /// Opens the store itself, whatever its damage: what cannot be read is gone from then on.
    pub fn in_place(options: &SledOptions) -> Result<Self, StoreError> {
        let (store, findings) = SledStore::open_damaged(options)?;
        Ok(Self { store, findings, _copy: None })
    }

    fn copy(options: &SledOptions, with_snapshots: bool) -> Result<Self, StoreError> {
        let beside = options.folder.parent().unwrap_or(Path::new("."));
        let copy = tempfile::Builder::new().prefix("store-copy-").tempdir_in(beside)?;
        copy_files(&options.folder, copy.path(), with_snapshots)?;
        let options = SledOptions { folder: copy.path().into(), ..options.clone() };
        let (store, findings) = SledStore::open_damaged(&options)?;
        Ok(Self { store, findings, _copy: Some(copy) })
    }
}

fn copy_files(from: &Path, to: &Path, with_snapshots: bool) -> Result<(), StoreError> {
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
