//! Table files: codes and numbers per row, and the table that they make.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::{anyhow, bail, ensure};

use crate::{
    cli::disclosure::{
        amount,
        arguments::Asked,
        csv_file::{CsvFile, Record},
        hierarchy_file::at_lines,
    },
    disclosure::tabular::{
        error::TableError,
        hierarchy::Hierarchy,
        table::{Row, Table, Tolerance},
    },
};

/// The rows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFile {
    /// The file, for messages.
    path: PathBuf,
    /// The rows, in their order.
    pub rows: Vec<Row>,
    /// The line of each row.
    lines: Vec<usize>,
    /// Whether the value of each row was rounded.
    rounded: Vec<bool>,
}

/// The columns of a file that are read.
struct Columns<'a> {
    keys: Vec<(usize, &'a str)>,
    count: (usize, &'a str),
    value: Option<(usize, &'a str)>,
    largest: Option<(usize, &'a str)>,
    /// The decimal mark.
    mark: char,
}

impl<'a> Columns<'a> {
    fn new(file: &CsvFile, asked: &'a Asked) -> anyhow::Result<Self> {
        let find = |name: &'a str| anyhow::Ok((file.column(name)?, name));
        let keys = asked.keys.iter().map(|key| find(key)).collect::<Result<_, _>>()?;
        let mut columns = Self {
            keys,
            count: find(&asked.count)?,
            value: asked.value.as_deref().map(find).transpose()?,
            largest: asked.largest.as_deref().map(find).transpose()?,
            mark: '.',
        };
        // A comma that parts no cells is a decimal mark; points would part thousands then.
        let numbers = [Some(columns.count), columns.value, columns.largest];
        let has_comma = |record: &Record| {
            numbers.iter().flatten().any(|(place, _)| record.cells[*place].contains(','))
        };
        if file.separator != ',' && file.records.iter().any(has_comma) {
            columns.mark = ',';
        }
        Ok(columns)
    }
}

/// Reads the rows of a file.
pub fn read(file: &CsvFile, asked: &Asked) -> anyhow::Result<TableFile> {
    let columns = Columns::new(file, asked)?;
    let path = file.path.clone();
    let mut table = TableFile { path, rows: vec![], lines: vec![], rounded: vec![] };
    let mut lines: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for record in &file.records {
        let (row, rounded) = row(file, record, &columns, asked)?;
        if let Some(first) = lines.insert(row.codes.clone(), record.line) {
            bail!(
                "{}, lines {first} and {}: both rows are of the cell {}. If another column tells \
                 them apart, add it to --keys; if rows are single records, sum them up first",
                file.path.display(),
                record.line,
                row.codes.join("/")
            );
        }
        table.rows.push(row);
        table.lines.push(record.line);
        table.rounded.push(rounded);
    }
    Ok(table)
}

/// A row, and whether its value was rounded.
fn row(
    file: &CsvFile,
    record: &Record,
    columns: &Columns<'_>,
    asked: &Asked,
) -> anyhow::Result<(Row, bool)> {
    let at = |column: &str| format!("{}, column {column}", file.at(record.line));
    let mut codes = Vec::with_capacity(columns.keys.len());
    for (place, key) in &columns.keys {
        let code = &record.cells[*place];
        ensure!(!code.is_empty(), "{}: the code is empty", at(key));
        codes.push(code.clone());
    }
    let amount = |(place, column): (usize, &str)| {
        amount::parse(&record.cells[place], columns.mark, asked.decimals)
            .map_err(|fault| anyhow!("{}: {fault}", at(column)))
    };
    let (place, column) = columns.count;
    let count = amount::parse_count(&record.cells[place], columns.mark, asked.decimals)
        .map_err(|fault| anyhow!("{}: {fault}", at(column)))?;
    let Some(value) = columns.value else {
        return Ok((Row { codes, count, value: count, largest: None }, false));
    };
    let value = amount(value)?;
    let largest = columns.largest.map(amount).transpose()?.map(|largest| largest.units);
    Ok((Row { codes, count, value: value.units, largest }, value.rounded))
}

impl TableFile {
    /// The table that the rows make, with its margins.
    pub fn table(&self, asked: &Asked) -> anyhow::Result<Table> {
        let keys = asked.keys.iter().enumerate();
        let keys: Vec<Hierarchy> =
            keys.map(|(place, key)| self.hierarchy(place, key, asked)).collect::<Result<_, _>>()?;
        let tolerance = match asked.tolerance {
            Some(units) => Tolerance::Units(units),
            None => Tolerance::Rounding(&self.rounded),
        };
        Table::checked(keys, &self.rows, tolerance).map_err(|error| self.refusal(&error, asked))
    }

    fn hierarchy(&self, place: usize, key: &str, asked: &Asked) -> anyhow::Result<Hierarchy> {
        let used: BTreeSet<String> = self.rows.iter().map(|row| row.codes[place].clone()).collect();
        let total = asked.total(key);
        let other = used.iter().find(|code| is_like_total(code)).filter(|_| !used.contains(total));
        if let Some(other) = other {
            bail!(
                "{}: no row has {total} for {key}, and {other} looks like a total: name it with \
                 --total {key}={other}",
                self.path.display()
            );
        }
        let file = asked.hierarchies.get(key);
        let paths = file.map(|file| &file.paths[..]);
        Hierarchy::new(key, total, paths, &used).map_err(|error| match (&error, file) {
            (TableError::NoParent { code, .. }, Some(file)) => anyhow!(
                "{}: {error}; add it to {}, or name it with --total {key}={code} if it is the \
                 total",
                self.at_code(place, code),
                file.path.display()
            ),
            (_, Some(file)) => file.refusal(&error),
            (_, None) => anyhow!("{}: {error}", self.path.display()),
        })
    }

    fn at_code(&self, place: usize, code: &str) -> String {
        let row = self.rows.iter().position(|row| row.codes[place] == code);
        let lines: Vec<String> = row.iter().map(|row| self.lines[*row].to_string()).collect();
        self.at(&lines)
    }

    fn at(&self, lines: &[String]) -> String {
        let lines = if lines.is_empty() { String::new() } else { at_lines(lines) };
        format!("{}{lines}", self.path.display())
    }

    fn refusal(&self, error: &TableError, asked: &Asked) -> anyhow::Error {
        let lines: Vec<String> =
            error.rows().iter().map(|row| self.lines[*row].to_string()).collect();
        let at = self.at(&lines);
        match error {
            TableError::Margin { cell, what, stated, added, .. } => {
                let decimals = if *what == "value" { asked.decimals_published() } else { 0 };
                let (stated, added) =
                    (amount::written(*stated, decimals), amount::written(*added, decimals));
                // Counts are never rounded.
                let allow = match *what == "value" && asked.value.is_some() {
                    true => ", or allow the difference with --tolerance",
                    false => "",
                };
                anyhow!(
                    "{at}: the {what} of {cell} is {stated}, and its parts add up to {added}: \
                     correct the row, leave it out so that the margin is made{allow}"
                )
            }
            _ => anyhow!("{at}: {error}"),
        }
    }
}

/// Whether a code begins with the word.
fn is_like_total(code: &str) -> bool {
    let (word, rest) = match code.get(..5) {
        Some(word) => (word, &code[5..]),
        None => return false,
    };
    word.eq_ignore_ascii_case("total") && !rest.starts_with(char::is_alphabetic)
}

#[cfg(test)]
#[path = "table_file_tests.rs"]
mod tests;
