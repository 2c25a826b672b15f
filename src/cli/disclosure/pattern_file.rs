//! Pattern files: which cells are published and which suppressed, and what an outsider can tell of
//! each. Nothing in them parts sensitive cells from those hidden for their sake.
//!
//! The rows are those of the table in its order; then come the margins that it does not state and
//! that are not zero, in the order of the hierarchies, the last key running fastest.

use std::{collections::BTreeMap, io::Write, path::Path};

use anyhow::{Context, bail};

use crate::{
    cli::disclosure::{amount, arguments::Asked, csv_file::CsvFile, table_file::TableFile},
    disclosure::tabular::{protect::Protected, table::Table},
};

const STATUS: &str = "status";
const PUBLISHED: &str = "published";
const SUPPRESSED: &str = "suppressed";

/// The places of a table that stand in its pattern.
pub fn places(table: &Table, file: &TableFile) -> Vec<usize> {
    let mut places: Vec<usize> =
        file.rows.iter().filter_map(|row| table.place(&row.codes)).collect();
    let mut stands = vec![false; table.names.len()];
    places.iter().for_each(|place| stands[*place] = true);
    let is_zero = |place: usize| table.cells[table.names[place]].count == 0;
    places.extend((0..table.names.len()).filter(|place| !stands[*place] && !is_zero(*place)));
    places
}

/// The text of a pattern.
pub fn text(table: &Table, protected: &Protected, places: &[usize], asked: &Asked) -> String {
    let mut heading: Vec<&str> = asked.keys.iter().map(String::as_str).collect();
    heading.extend([STATUS, "lower", "upper"]);
    let decimals = asked.decimals_published();
    let rows = places.iter().map(|place| {
        let cell = table.names[*place];
        let (lower, upper) = protected.intervals[cell];
        let mut row: Vec<String> = table.codes(*place).into_iter().map(String::from).collect();
        row.push(if protected.hidden[cell] { SUPPRESSED } else { PUBLISHED }.into());
        row.push(amount::written(lower, decimals));
        row.push(upper.map_or(String::new(), |upper| amount::written(upper, decimals)));
        row
    });
    let mut text = line(&heading);
    rows.for_each(|row| text += &line(&row));
    text
}

fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let quoted = |cell: &T| {
        let cell = cell.as_ref();
        match cell.contains([',', ';', '"', '\n', '\r', '\t']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.to_owned(),
        }
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// Writes a pattern whole or not at all.
pub fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let context = || format!("Cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)?;
    file.as_file().sync_all().with_context(context)?;
    match force {
        true => file.persist(path).with_context(context)?,
        false => match file.persist_noclobber(path) {
            Ok(file) => file,
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                bail!(in_the_way(path))
            }
            Err(error) => return Err(error).with_context(context),
        },
    };
    Ok(())
}

/// Words for a file that would be replaced.
pub(super) fn in_the_way(path: &Path) -> String {
    format!("{} is there already: name another file, or say --force to replace it", path.display())
}

/// Which cells of a table a pattern hides. All rows of the table must stand in it. A cell under two
/// names is known if one of them is published. A margin that neither the table nor the pattern has
/// is published nowhere.
pub fn hidden(
    pattern: &CsvFile,
    keys: &[String],
    table: &Table,
    file: &TableFile,
) -> anyhow::Result<Vec<bool>> {
    let columns: Vec<usize> =
        keys.iter().map(|key| pattern.column(key)).collect::<Result<_, _>>()?;
    let status = pattern.column(STATUS)?;
    let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
    let mut hidden: Vec<bool> = table.cells.iter().map(|cell| cell.count > 0).collect();
    for record in &pattern.records {
        let at = || pattern.at(record.line);
        let codes: Vec<String> = columns.iter().map(|at| record.cells[*at].clone()).collect();
        let Some(place) = table.place(&codes) else {
            bail!("{}: the table has no cell {}", at(), codes.join("/"));
        };
        if let Some(first) = lines.insert(place, record.line) {
            let (file, line) = (pattern.path.display(), record.line);
            bail!("{file}, lines {first} and {line}: both are of the cell {}", codes.join("/"));
        }
        match record.cells[status].as_str() {
            // The last letters are those of sdcTable.
            PUBLISHED | "s" | "z" => hidden[table.names[place]] = false,
            SUPPRESSED | "u" | "x" => {}
            _ => bail!(
                "{}, column {STATUS}: write {PUBLISHED} or {SUPPRESSED} (or as sdcTable, s, z, u \
                 or x)",
                at()
            ),
        }
    }
    for row in &file.rows {
        let place = table.place(&row.codes);
        if place.is_none_or(|place| !lines.contains_key(&place)) {
            let (file, cell) = (pattern.path.display(), row.codes.join("/"));
            bail!("{file} has no row of {cell}, which the table has: say whether it is published");
        }
    }
    Ok(hidden)
}
