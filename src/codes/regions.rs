//! Files of further regions, as nodes and commands read them.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    base::file::read_text,
    codes::embedded::{Codes, CodesError},
};

/// Largest file of regions, in bytes: long enough for the rows it may have.
const REGIONS_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Why a file of regions is not usable.
#[derive(Debug, thiserror::Error)]
pub enum RegionsError {
    /// There is none.
    #[error("There is no file of regions at {file}: put it there, or correct the name")]
    Missing {
        /// Where it should be.
        file: PathBuf,
    },
    /// It cannot be read.
    #[error("Cannot read the file of regions {file}: {cause}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// What it holds cannot be used.
    #[error("The file of regions {file} cannot be used: {cause}")]
    Faulty {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: CodesError,
    },
}

impl Codes {
    /// Adds the regions of a file; see [`Codes::with_regions`].
    pub fn with_regions_file(self, file: &Path) -> Result<Self, RegionsError> {
        let text = read_text(file, REGIONS_BYTES_MAX).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => RegionsError::Missing { file: file.into() },
            _ => RegionsError::Unreadable { file: file.into(), cause },
        })?;
        self.with_regions(&text).map_err(|cause| RegionsError::Faulty { file: file.into(), cause })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_of_regions_is_taken_whole_or_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("regions.csv");
        let read = || Codes::embedded().with_regions_file(&file);
        let told = || read().unwrap_err().to_string();
        assert!(told().contains("put it there"), "{}", told());
        let rows = "code,country,fr,en,pt,valid_from,valid_to,predecessors\nXK-1,XK,U,U,U,,,\n";
        fs::write(&file, rows).unwrap();
        assert!(read().unwrap().list("region").unwrap().get("XK-1").is_some());
        fs::write(&file, rows.replace("XK-1", "TG-C")).unwrap();
        assert!(told().contains("TG-C of the list region: exists already"), "{}", told());
        // As long as it may be, with a comment; the first row that does not fit is not dropped.
        let most = usize::try_from(REGIONS_BYTES_MAX).unwrap();
        let filled = format!("#{}\n{rows}", " ".repeat(most - rows.len() - 2));
        fs::write(&file, &filled).unwrap();
        assert!(read().unwrap().list("region").unwrap().get("XK-1").is_some());
        fs::write(&file, format!("{filled}XK-2,XK,D,T,D,,,\n")).unwrap();
        assert!(told().contains("more than 16777216 bytes"), "{}", told());
    }
}
