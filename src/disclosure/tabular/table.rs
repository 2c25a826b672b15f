//! A table with all its margins, in whole numbers.
//!
//! Cells that must be equal, because a margin has a single part, are one cell under several names.
//! Absent rows are zeros, which are published.

use std::collections::BTreeMap;

use crate::disclosure::tabular::{error::TableError, hierarchy::Hierarchy};

/// Most cells of a table, margins included.
pub const CELLS_MAX: usize = 200_000;
/// Most units of the last decimal that one number may have: sums of all cells fit 64 bits, and the
/// solver tells them apart.
pub const UNITS_MAX: i64 = 1_000_000_000_000_000;

/// One row as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Code of each key.
    pub codes: Vec<String>,
    /// Distinct contributors.
    pub count: i64,
    /// The value, in units of its last decimal; the count itself in a table of counts.
    pub value: i64,
    /// The largest contribution.
    pub largest: Option<i64>,
}

/// One cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Distinct contributors.
    pub count: i64,
    /// The value.
    pub value: i64,
    /// The largest contribution, where it is known.
    pub largest: Option<i64>,
    /// Sum of the distances of its codes from their totals.
    pub depth: usize,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The keys.
    pub keys: Vec<Hierarchy>,
    /// The cells, each once.
    pub cells: Vec<Cell>,
    /// The cell of each combination of codes, the last key running fastest.
    pub names: Vec<usize>,
    /// `Σ coefficient × cell = 0`, one for each margin that is a cell of its own; the rest follows.
    pub equations: Vec<Vec<(usize, i64)>>,
}

impl Table {
    /// Adds margins up and checks those that are stated.
    pub fn new(keys: Vec<Hierarchy>, rows: &[Row], tolerance: i64) -> Result<Self, TableError> {
        if rows.is_empty() {
            return Err(TableError::Empty);
        }
        let cells = keys.iter().fold(1, |all: usize, key| all.saturating_mul(key.codes.len()));
        if cells > CELLS_MAX {
            return Err(TableError::TooLarge { cells, cells_max: CELLS_MAX });
        }
        let stated = stated(&keys, rows)?;
        let mut builder = Builder { keys: &keys, stated: &stated, tolerance, cells: Vec::new() };
        builder.add_up()?;
        let Builder { cells, .. } = builder;
        let (names, equations) = equations(&keys);
        let mut own = vec![None; cells.len()];
        let mut table = Self { cells: Vec::new(), names, equations, keys };
        for place in 0..cells.len() {
            let root = table.names[place];
            let cell = *own[root].get_or_insert_with(|| {
                table.cells.push(cells[root]);
                table.cells.len() - 1
            });
            // The coarsest name tells how deep a cell is.
            let known = &mut table.cells[cell];
            known.depth = known.depth.min(cells[place].depth);
            table.names[place] = cell;
        }
        for (cell, _) in table.equations.iter_mut().flatten() {
            *cell = own[*cell].unwrap_or_default();
        }
        Ok(table)
    }

    /// The codes of a place.
    pub fn codes(&self, place: usize) -> Vec<&str> {
        let at = coordinates(&self.keys, place);
        self.keys.iter().zip(at).map(|(key, code)| key.codes[code].as_str()).collect()
    }

    /// The first name of a cell, for messages.
    pub fn name(&self, cell: usize) -> String {
        let place = self.names.iter().position(|one| *one == cell).unwrap_or_default();
        self.codes(place).join("/")
    }
}

fn coordinates(keys: &[Hierarchy], mut place: usize) -> Vec<usize> {
    let mut at = vec![0; keys.len()];
    for (key, code) in keys.iter().zip(&mut at).rev() {
        *code = place % key.codes.len();
        place /= key.codes.len();
    }
    at
}

fn place(keys: &[Hierarchy], at: &[usize]) -> usize {
    keys.iter().zip(at).fold(0, |place, (key, code)| place * key.codes.len() + code)
}

/// The parts of a margin over its first key that has any; none for a cell without parts.
fn parts(keys: &[Hierarchy], at: &[usize], key: usize) -> Vec<usize> {
    let children = keys[key].children[at[key]].iter();
    let part = |child: &usize| {
        let mut at = at.to_vec();
        at[key] = *child;
        place(keys, &at)
    };
    children.map(part).collect()
}

fn stated<'a>(keys: &[Hierarchy], rows: &'a [Row]) -> Result<BTreeMap<usize, &'a Row>, TableError> {
    let mut stated = BTreeMap::new();
    for row in rows {
        let cell = || row.codes.join("/");
        let mut at = Vec::with_capacity(keys.len());
        for (key, code) in keys.iter().zip(&row.codes) {
            let unknown = || TableError::NoParent { key: key.key.clone(), code: code.clone() };
            at.push(key.place(code).ok_or_else(unknown)?);
        }
        for (what, number) in
            [("count", Some(row.count)), ("value", Some(row.value)), ("largest", row.largest)]
        {
            match number {
                Some(number) if number < 0 => {
                    return Err(TableError::Negative { cell: cell(), what });
                }
                Some(number) if number > UNITS_MAX => {
                    return Err(TableError::Overflow { cell: cell(), what, most: UNITS_MAX });
                }
                _ => {}
            }
        }
        if row.count == 0 && row.value > 0 {
            let problem = "has a value and no contributor";
            return Err(TableError::Contradiction { cell: cell(), problem });
        }
        if row.largest.is_some_and(|largest| largest > row.value) {
            let problem = "has a largest contribution above its value";
            return Err(TableError::Contradiction { cell: cell(), problem });
        }
        if stated.insert(place(keys, &at), row).is_some() {
            return Err(TableError::Twice { cell: cell() });
        }
    }
    Ok(stated)
}

struct Builder<'a> {
    keys: &'a [Hierarchy],
    stated: &'a BTreeMap<usize, &'a Row>,
    tolerance: i64,
    cells: Vec<Cell>,
}

impl Builder<'_> {
    /// Fills the cells, parts before their margins.
    fn add_up(&mut self) -> Result<(), TableError> {
        let count = self.keys.iter().map(|key| key.codes.len()).product();
        self.cells = vec![Cell::default(); count];
        // Children stand behind their parents in every key: backwards, parts come first.
        for place in (0..count).rev() {
            let at = coordinates(self.keys, place);
            let depth = self.keys.iter().zip(&at).map(|(key, code)| key.depths[*code]).sum();
            let own = self.stated.get(&place);
            let margin = (0..at.len()).find(|key| !self.keys[*key].children[at[*key]].is_empty());
            let cell = match margin {
                None => own.map_or(Cell::default(), |row| Cell {
                    count: row.count,
                    value: row.value,
                    largest: row.largest,
                    depth,
                }),
                Some(key) => self.margin(&parts(self.keys, &at, key), own.copied())?,
            };
            self.cells[place] = Cell { depth, ..cell };
        }
        Ok(())
    }

    fn margin(&self, parts: &[usize], own: Option<&Row>) -> Result<Cell, TableError> {
        let sum = |number: fn(&Cell) -> i64| -> i64 {
            parts.iter().map(|part| number(&self.cells[*part])).fold(0, i64::saturating_add)
        };
        let (count, value) = (sum(|cell| cell.count), sum(|cell| cell.value));
        let largest = parts.iter().filter_map(|part| self.cells[*part].largest).max();
        if let Some(row) = own {
            let cell = || row.codes.join("/");
            for (what, stated, added, tolerance) in
                [("count", row.count, count, 0), ("value", row.value, value, self.tolerance)]
            {
                if stated.abs_diff(added) > tolerance.unsigned_abs() {
                    let (stated, added) = (stated.to_string(), added.to_string());
                    return Err(TableError::Margin { cell: cell(), what, stated, added });
                }
            }
        }
        // One enterprise may contribute to several parts: what is stated of the margin is its own.
        let largest = own.and_then(|row| row.largest).or(largest);
        Ok(Cell { count, value, largest, depth: 0 })
    }
}

/// For each place the first that must be equal to it, and the equations of the others.
fn equations(keys: &[Hierarchy]) -> (Vec<usize>, Vec<Vec<(usize, i64)>>) {
    let count: usize = keys.iter().map(|key| key.codes.len()).product();
    let mut same: Vec<usize> = (0..count).collect();
    // Margins stand before their parts: their names are settled when their parts are reached.
    for place in 0..count {
        let at = coordinates(keys, place);
        for key in 0..keys.len() {
            if let [part] = parts(keys, &at, key)[..] {
                let (one, other) = (root(&same, place), root(&same, part));
                same[one.max(other)] = one.min(other);
            }
        }
    }
    let names: Vec<usize> = (0..count).map(|place| root(&same, place)).collect();
    let mut has_equation = vec![false; count];
    let mut equations = Vec::new();
    for place in 0..count {
        let at = coordinates(keys, place);
        let margin = (0..at.len()).find(|key| keys[*key].children[at[*key]].len() > 1);
        let Some(key) = margin else { continue };
        if !std::mem::replace(&mut has_equation[names[place]], true) {
            let mut terms = vec![(names[place], 1)];
            terms.extend(parts(keys, &at, key).into_iter().map(|part| (names[part], -1)));
            equations.push(terms);
        }
    }
    (names, equations)
}

fn root(same: &[usize], mut place: usize) -> usize {
    while same[place] != place {
        place = same[place];
    }
    place
}
