//! Why an import stops before the end of its file.

use crate::{
    intake::{commit::Ended, mapping::MappingFault},
    records::error::RecordError,
    store::StoreError,
};

/// Why an import stopped. Rows that [`crate::intake::import::Progress`] told as settled before it
/// stay imported; importing the file again is safe.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The mapping names what does not exist.
    #[error(
        "The mapping has faults: {}",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Mapping(Vec<MappingFault>),
    /// The file cannot be read on.
    #[error("The file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The temporary file, which tells repeated rows, failed.
    #[error(
        "The import's temporary file failed: {0}. Look at the space and the rights of the folder \
             for temporary files (TMPDIR)"
    )]
    Temporary(std::io::Error),
    /// The file is UTF-16.
    #[error("The file is written in UTF-16: save it as \"CSV UTF-8\"")]
    Utf16,
    /// The file is written in two encodings, and the mapping declares none.
    #[error(
        "The file is in UTF-8 (line {utf8_line}) and in Windows-1252 (line {windows_line}): save \
             it as \"CSV UTF-8\", or declare in the mapping the encoding of the lines to import"
    )]
    MixedEncodings {
        /// The first line in UTF-8.
        utf8_line: u64,
        /// The first line that is not.
        windows_line: u64,
    },
    /// The file is a workbook or an archive.
    #[error("The file is a workbook or archive, no CSV file: save the sheet as \"CSV UTF-8\"")]
    Workbook,
    /// No line looks like the heading.
    #[error("None of the first {lines} lines has the columns of the mapping; missing: {missing}")]
    NoHeading {
        /// Lines looked at.
        lines: usize,
        /// Columns that the best line lacks, by their headings in the mapping.
        missing: String,
    },
    /// Two columns have the heading that the mapping names.
    #[error("Two columns have the heading {column}: rename one of them")]
    ColumnTwice {
        /// The heading.
        column: String,
    },
    /// Too many rows.
    #[error("The file has more than {rows_max} rows: split it")]
    TooManyRows {
        /// The limit.
        rows_max: u64,
    },
    /// Too many lines that cannot be split into cells.
    #[error("More than {lines_max} lines cannot be split into cells: check quotes and delimiter")]
    TooManyBrokenLines {
        /// The limit.
        lines_max: u64,
    },
    /// Too many rows that cannot be imported.
    #[error(
        "More than {rows_max} rows of this source would wait in quarantine: mend the file or its \
             mapping, or discard rows that wait, then import it again"
    )]
    QuarantineFull {
        /// The limit.
        rows_max: usize,
    },
    /// The repository failed.
    #[error(transparent)]
    Records(#[from] RecordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Ended> for IntakeError {
    /// It has failed before with an error that says more, or a panic is on its way.
    fn from(Ended: Ended) -> Self {
        Self::Store(StoreError::Closed)
    }
}
