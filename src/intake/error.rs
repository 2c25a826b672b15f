//! Why an import stops before the end of its file.

use std::fmt;

use crate::{
    base::language::Language,
    codes::messages,
    intake::{commit::Ended, mapping::MappingFault},
    records::error::RecordError,
    store::StoreError,
};

/// Why an import stopped. Rows that [`crate::intake::import::Progress`] told as settled before it
/// stay imported; importing the file again is safe.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The mapping names what does not exist.
    Mapping(Vec<MappingFault>),
    /// The file cannot be read on.
    Io(#[from] std::io::Error),
    /// The temporary file, which tells repeated rows, failed.
    Temporary(#[source] std::io::Error),
    /// The file has no text at all.
    Empty,
    /// The file is UTF-16.
    Utf16,
    /// The file is written in two encodings, and the mapping declares none.
    MixedEncodings {
        /// The first line in UTF-8.
        utf8_line: u64,
        /// The first line that is not.
        windows_line: u64,
    },
    /// The file is a workbook or an archive.
    Workbook,
    /// No line looks like the heading.
    NoHeading {
        /// Lines looked at.
        lines: usize,
        /// Columns that the best line lacks, as the mapping writes them.
        missing: String,
    },
    /// Two columns have the heading that the mapping names.
    ColumnTwice {
        /// The heading.
        column: String,
    },
    /// Too many rows.
    TooManyRows {
        /// The limit.
        rows_max: u64,
    },
    /// Too many lines that cannot be split into cells.
    TooManyBrokenLines {
        /// The limit.
        lines_max: u64,
    },
    /// Too many rows that cannot be imported.
    QuarantineFull {
        /// The limit.
        rows_max: usize,
    },
    /// The repository failed.
    Records(#[from] RecordError),
    /// The store failed.
    Store(#[from] StoreError),
}

impl From<Ended> for IntakeError {
    /// It has failed before with an error that says more, or a panic is on its way.
    fn from(Ended: Ended) -> Self {
        Self::Store(StoreError::Closed)
    }
}

impl IntakeError {
    /// What stopped the import and what to do about it, in `language`. Faults of the mapping, of
    /// the records and of the store are in English in any case.
    pub fn text(&self, language: Language) -> String {
        let (key, arguments) = match self {
            Self::Mapping(faults) => {
                let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                ("mapping-faults", vec![("faults", faults.join("; "))])
            }
            Self::Io(error) => ("broke-off", vec![("error", error.to_string())]),
            Self::Temporary(error) => ("temporary", vec![("error", error.to_string())]),
            Self::Empty => ("empty", Vec::new()),
            Self::Utf16 => ("utf-16", Vec::new()),
            Self::MixedEncodings { utf8_line, windows_line } => (
                "mixed-encodings",
                vec![
                    ("utf8_line", utf8_line.to_string()),
                    ("windows_line", windows_line.to_string()),
                ],
            ),
            Self::Workbook => ("workbook", Vec::new()),
            Self::NoHeading { lines, missing } => {
                ("no-heading", vec![("lines", lines.to_string()), ("missing", missing.clone())])
            }
            Self::ColumnTwice { column } => ("column-twice", vec![("column", column.clone())]),
            Self::TooManyRows { rows_max } => {
                ("too-many-rows", vec![("rows_max", rows_max.to_string())])
            }
            Self::TooManyBrokenLines { lines_max } => {
                ("too-many-broken-lines", vec![("lines_max", lines_max.to_string())])
            }
            Self::QuarantineFull { rows_max } => {
                ("quarantine-full", vec![("rows_max", rows_max.to_string())])
            }
            Self::Records(error) => return error.to_string(),
            Self::Store(error) => return error.to_string(),
        };
        messages::text(language, &format!("intake-file-{key}"), &arguments)
    }
}

impl fmt::Display for IntakeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text(Language::En))
    }
}
