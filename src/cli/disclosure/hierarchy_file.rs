//! Hierarchy files: one path per row, from coarse to fine. A name repeated below itself is one
//! code, and a path may end early.

use std::path::PathBuf;

use anyhow::ensure;

use crate::{cli::disclosure::csv_file::CsvFile, disclosure::tabular::error::TableError};

/// Most levels of a hierarchy, the total not counted.
const LEVELS_MAX: usize = 32;

/// The paths of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HierarchyFile {
    /// The file, for messages.
    pub path: PathBuf,
    /// Codes from coarse to fine.
    pub paths: Vec<Vec<String>>,
    /// The line of each path.
    lines: Vec<usize>,
}

/// Reads the paths of a file.
pub fn read(file: &CsvFile) -> anyhow::Result<HierarchyFile> {
    ensure!(
        file.columns.len() <= LEVELS_MAX,
        "{} has more than {LEVELS_MAX} columns, which are levels from coarse to fine",
        file.path.display()
    );
    let (mut paths, mut lines) = (Vec::new(), Vec::new());
    for record in &file.records {
        let length = record.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
        let path = &record.cells[..length];
        ensure!(
            path.iter().all(|cell| !cell.is_empty()),
            "{}: a code has no parent, as the cell before it is empty; fill it in (a name may be \
             repeated)",
            file.at(record.line)
        );
        paths.push(path.to_vec());
        lines.push(record.line);
    }
    Ok(HierarchyFile { path: file.path.clone(), paths, lines })
}

impl HierarchyFile {
    /// What is wrong with the hierarchy, with the lines that say so.
    pub fn refusal(&self, error: &TableError) -> anyhow::Error {
        let lines: Vec<String> =
            error.paths().iter().map(|path| self.lines[*path].to_string()).collect();
        let lines = if lines.is_empty() { String::new() } else { at_lines(&lines) };
        anyhow::anyhow!("{}{lines}: {error}", self.path.display())
    }
}

/// Words for one line or two.
pub(super) fn at_lines(lines: &[String]) -> String {
    let word = if lines.len() == 1 { "line" } else { "lines" };
    format!(", {word} {}", lines.join(" and "))
}
