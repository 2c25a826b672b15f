//! What became of the rows of a file, for people.

use crate::{
    base::language::Language,
    codes::messages,
    intake::{fault::Fault, quarantine::QuarantineEntry},
};

/// Most quarantined rows a report shows; all are counted, and listed by `quarantine::list`.
pub const REPORT_ROWS_MAX: usize = 100;

/// What became of the rows of a file. Every row is exactly one of created, updated, unchanged and
/// quarantined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Rows of the file, without what stands above the heading, the heading and blank lines.
    pub rows: u64,
    /// New records.
    pub created: u64,
    /// Records that changed.
    pub updated: u64,
    /// Rows whose record says the same already, and repetitions of a row within the file.
    pub unchanged: u64,
    /// Rows that were not imported.
    pub quarantined_count: u64,
    /// The first of them, at most [`REPORT_ROWS_MAX`].
    pub quarantined: Vec<QuarantineEntry>,
    /// Columns of the file that the mapping does not use.
    pub columns_unused: Vec<String>,
    /// The encoding that was found: `UTF-8` or `Windows-1252`.
    pub encoding: &'static str,
    /// The delimiter that was found.
    pub delimiter: char,
}

impl Report {
    /// The report in words, one line per fact.
    pub fn render(&self, language: Language) -> String {
        let head = if self.dry_run { "intake-report-dry-run" } else { "intake-report" };
        let number = |name: &'static str, number: u64| (name, number.to_string());
        let counts = [
            number("rows", self.rows),
            number("created", self.created),
            number("updated", self.updated),
            number("unchanged", self.unchanged),
            number("quarantined", self.quarantined_count),
        ];
        let mut text = messages::text(language, head, &counts);
        text.push('\n');
        if !self.columns_unused.is_empty() {
            let columns = [("columns", self.columns_unused.join(", "))];
            text += &messages::text(language, "intake-columns-unused", &columns);
            text.push('\n');
        }
        for entry in &self.quarantined {
            for fault in &entry.faults {
                text += &line(language, entry.line, fault);
                text.push('\n');
            }
        }
        let shown = self.quarantined.len() as u64;
        if shown < self.quarantined_count {
            let further = [("count", (self.quarantined_count - shown).to_string())];
            text += &messages::text(language, "intake-report-further", &further);
            text.push('\n');
        }
        text
    }
}

/// One reason with its place and remedy, on one line.
pub fn line(language: Language, line: u64, fault: &Fault) -> String {
    let key = if fault.column.is_empty() { "intake-place-line" } else { "intake-place-cell" };
    let place = [("line", line.to_string()), ("column", fault.column.clone())];
    let parts = [
        ("place", messages::text(language, key, &place)),
        ("reason", fault.reason(language)),
        ("remedy", fault.remedy(language)),
    ];
    messages::text(language, "intake-fault", &parts)
}
