//! Printing answers: tables for people, JSON for programs. Everything goes to standard output;
//! a closed pipe is an error that `main` takes as success.

use std::io::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use crate::{base::language::Language, cli::args::Format, codes::messages};

/// What is printed of one thing: names of fields and their values, in order.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// A table being built: texts to the left, numbers to the right.
pub(super) struct Listing {
    table: Table,
}

impl Listing {
    /// A table with these headings.
    pub(super) fn new<T: AsRef<str>>(headings: &[T]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(headings.iter().map(|heading| heading.as_ref().to_uppercase()));
        Self { table }
    }

    /// A table whose headings stand in the message files, as `column-` and these names.
    pub(super) fn localized(language: Language, names: &[&str]) -> Self {
        let heading = |name: &&str| localized(language, "column", name);
        Self::new(&names.iter().map(heading).collect::<Vec<_>>())
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.table.add_row(cells.into_iter().map(|text| {
            let number = text.starts_with(|first: char| first.is_ascii_digit())
                && text.chars().all(|one| one.is_ascii_digit() || " .,%–+".contains(one));
            let alignment = if number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(text).set_alignment(alignment)
        }));
    }

    /// Prints the table.
    pub(super) fn print(&self) -> anyhow::Result<()> {
        line(&self.text())
    }

    /// The table as it is printed.
    pub(super) fn text(&self) -> String {
        self.table.trim_fmt()
    }
}

/// The word for the name of a column, a field, or one of a field's few values.
pub(super) fn localized(language: Language, kind: &str, name: &str) -> String {
    messages::text(language, &format!("{kind}-{}", name.replace('_', "-")), &[])
}

/// Prints a line of text.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Prints a JSON value.
pub(super) fn json(value: &Value) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Prints many things: in a table only `columns`, in JSON all fields.
pub(super) fn list(format: Format, rows: Vec<Fields>, columns: &[&str]) -> anyhow::Result<()> {
    match format {
        Format::Table => {
            let mut listing = Listing::new(columns);
            for row in rows {
                listing.row(columns.iter().map(|column| {
                    let found = row.iter().find(|(name, _)| name == column);
                    found.map(|(_, value)| shown(value)).unwrap_or_default()
                }));
            }
            listing.print()
        }
        Format::Json => json(&rows.into_iter().map(object).collect()),
    }
}

/// Says, if it is so, that a list has more rows than were asked for. Not on standard output, where
/// programs read.
pub(super) fn tell_more(rows_shown: usize, more: bool) {
    if more {
        eprintln!("These are the first {rows_shown}; there are more rows: use --rows");
    }
}

/// Prints one thing with all its fields; empty ones stay away from the table.
pub(super) fn one(format: Format, fields: Fields) -> anyhow::Result<()> {
    match format {
        Format::Table => {
            let mut listing = Listing::new(&["field", "value"]);
            for (name, value) in fields {
                let value = shown(&value);
                if !value.is_empty() {
                    listing.row([name.into(), value]);
                }
            }
            listing.print()
        }
        Format::Json => json(&object(fields)),
    }
}

/// The fields as a JSON object.
pub(super) fn object(fields: Fields) -> Value {
    let pairs = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// A value for people.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A number of bytes for people.
pub(super) fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}
