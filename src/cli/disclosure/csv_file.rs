//! CSV files as records with their lines: comma, semicolon or tab, with or without quotes, with any
//! line ends, in UTF-8 with or without a mark.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::{
    base::{file, limits::NAME_BYTES_MAX},
    disclosure::tabular::table::CELLS_MAX,
};

/// Longest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most columns of a file.
const COLUMNS_MAX: usize = 1_000;
/// What may part cells; the first wins where the heading shows no difference.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// A file that was split into cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFile {
    /// Its name, for messages.
    pub path: PathBuf,
    /// The heading.
    pub columns: Vec<String>,
    /// Each record has as many cells as the heading.
    pub records: Vec<Record>,
    /// What parts its cells.
    pub separator: char,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Line of the file it stands on, from 1.
    pub line: usize,
    /// Its cells, without blanks around them.
    pub cells: Vec<String>,
}

impl CsvFile {
    /// The file and a line, for messages.
    pub fn at(&self, line: usize) -> String {
        format!("{}, line {line}", self.path.display())
    }

    /// The place of a column that must be there once.
    pub fn column(&self, name: &str) -> anyhow::Result<usize> {
        let mut places = self.columns.iter().enumerate().filter(|(_, column)| *column == name);
        let file = self.path.display();
        let Some((place, _)) = places.next() else {
            bail!("{file} has no column {name}; it has: {}", self.columns.join(", "));
        };
        ensure!(places.next().is_none(), "{file} has two columns {name}: rename one of them");
        Ok(place)
    }
}

/// Reads a file.
pub fn read(path: &Path) -> anyhow::Result<CsvFile> {
    let text = file::read_text(path, FILE_BYTES_MAX).with_context(|| {
        format!("Cannot read {} (a CSV file in UTF-8 is needed)", path.display())
    })?;
    parse(path, &text)
}

/// Splits the text of a file.
pub fn parse(path: &Path, text: &str) -> anyhow::Result<CsvFile> {
    // With one kind of line end, lines can be counted.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let heading = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = separator_of(heading);
    let mut file =
        CsvFile { path: path.into(), columns: Vec::new(), records: Vec::new(), separator };
    let mut reader = reader(&text, separator);
    let (mut line, mut counted_bytes) = (1, 0);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).with_context(|| file.at(line))? {
        let start = record.position().map_or(counted_bytes, |position| position.byte() as usize);
        // Blank lines before a record are taken for a part of it.
        let blank = text.as_bytes()[start..].iter().take_while(|byte| **byte == b'\n').count();
        let start = start + blank;
        line += text.as_bytes()[counted_bytes..start].iter().filter(|one| **one == b'\n').count();
        counted_bytes = start;
        let mut cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        refuse_broken(&file, line, &cells)?;
        if file.columns.is_empty() {
            file.columns = cells;
            continue;
        }
        let (found, columns) = (cells.len(), file.columns.len());
        // Spreadsheets leave separators behind the last cell.
        let has_more = cells.iter().skip(columns).any(|cell| !cell.is_empty());
        if found < columns || has_more {
            bail!("{}: {found} cells, and the heading has {columns}", file.at(line));
        }
        cells.truncate(columns);
        ensure!(
            file.records.len() < CELLS_MAX,
            "{} has more than {CELLS_MAX} rows",
            file.path.display()
        );
        file.records.push(Record { line, cells });
    }
    ensure!(!file.records.is_empty(), "{} has no rows below a heading", path.display());
    Ok(file)
}

fn refuse_broken(file: &CsvFile, line: usize, cells: &[String]) -> anyhow::Result<()> {
    let at = || file.at(line);
    ensure!(cells.len() <= COLUMNS_MAX, "{}: more than {COLUMNS_MAX} cells", at());
    for cell in cells {
        // A quote that is never closed takes the rest of the file for one cell.
        ensure!(!cell.contains('\n'), "{}: a cell goes over several lines; check the quotes", at());
        ensure!(
            cell.len() <= NAME_BYTES_MAX,
            "{}: a cell of {} bytes; at most {NAME_BYTES_MAX} are taken",
            at(),
            cell.len()
        );
        ensure!(!cell.contains(char::is_control), "{}: a cell has a control character", at());
    }
    Ok(())
}

/// The separator that parts the heading into most cells.
fn separator_of(heading: &str) -> char {
    let cells = |separator: char| {
        let mut records = reader(heading, separator).into_records();
        records.next().and_then(Result::ok).map_or(0, |record| record.len())
    };
    SEPARATORS.into_iter().rev().max_by_key(|separator| cells(*separator)).unwrap_or(',')
}

fn reader(text: &str, separator: char) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> anyhow::Result<CsvFile> {
        parse(Path::new("t.csv"), text)
    }

    fn refusal(text: &str) -> String {
        format!("{:#}", parsed(text).unwrap_err())
    }

    #[test]
    fn separators_marks_line_ends_quotes_and_blanks_make_no_difference() {
        let expected = parsed("A,B\n1,x\n2,y z\n").unwrap();
        for text in [
            "\u{feff}A;B\r\n1;x\r\n2;y z\r\n",
            "A\tB\n1\tx\n2\ty z",
            "\"A\",\"B\"\r\"1\",x\r2,\"y z\"",
            " A , B \n1 , x,\n2,y z,,\n",
        ] {
            let found = parsed(text).unwrap();
            assert_eq!((&found.columns, &found.records), (&expected.columns, &expected.records));
        }
        let quoted = parsed("A;B\n\"a;\"\"b\"\"\";2\n").unwrap();
        assert_eq!(quoted.records[0].cells, ["a;\"b\"", "2"]);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["", "A,B", "", "1,2", ",", "3,4", " ", "5,6"].join(end);
            let lines: Vec<usize> =
                parsed(&text).unwrap().records.iter().map(|record| record.line).collect();
            assert_eq!(lines, [4, 6, 8], "{end:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        assert_eq!(refusal(""), "t.csv has no rows below a heading");
        assert_eq!(refusal("A,B\n"), "t.csv has no rows below a heading");
        assert_eq!(refusal("A,B\n1,2\n3\n"), "t.csv, line 3: 1 cells, and the heading has 2");
        assert_eq!(refusal("A,B\n1,2,3\n"), "t.csv, line 2: 3 cells, and the heading has 2");
        let unclosed = refusal("A,B\n1,\"2\n3,4\n");
        assert_eq!(unclosed, "t.csv, line 2: a cell goes over several lines; check the quotes");
        let long = refusal(&format!("A,B\n1,{}\n", "x".repeat(NAME_BYTES_MAX + 1)));
        assert!(long.contains("line 2: a cell of 201 bytes"), "{long}");
        assert!(refusal("A,B\n1,\0\n").contains("line 2: a cell has a control character"));
    }

    #[test]
    fn columns_are_found_once() {
        let file = parsed("A,B,B\n1,2,3\n").unwrap();
        assert_eq!(file.column("A").unwrap(), 0);
        let missing = file.column("C").unwrap_err().to_string();
        assert_eq!(missing, "t.csv has no column C; it has: A, B, B");
        let twice = file.column("B").unwrap_err().to_string();
        assert_eq!(twice, "t.csv has two columns B: rename one of them");
    }
}
