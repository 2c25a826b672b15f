//! A table with all its margins, in whole numbers.
//!
//! Cells that must be equal, because a margin has a single part, are one cell under several names.
//! Absent rows are zeros, which are published.

use std::collections::BTreeMap;

use crate::disclosure::tabular::{error::TableError, hierarchy::Hierarchy};

/// Most cells of a table, margins included.
pub const CELLS_MAX: usize = 200_000;
/// Most units of the last decimal that one number may have, margins included: the solver tells
/// them apart.
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

impl Row {
    /// Its codes, for messages.
    fn name(&self) -> String {
        self.codes.join("/")
    }
}

/// How far a margin may be from the sum of its parts.
#[derive(Debug, Clone, Copy)]
pub enum Tolerance<'a> {
    /// So many units of the last decimal.
    Units(i64),
    /// As far as rounding explains: half a unit for the margin and for each inner cell under it
    /// whose row was rounded when it was read.
    Rounding(&'a [bool]),
}

impl Tolerance<'_> {
    /// What a number of a row may be off by, in units of the last decimal.
    fn of_row(&self, row: usize) -> i64 {
        match self {
            Self::Units(units) => *units,
            Self::Rounding(rounded) => i64::from(rounded.get(row).is_some_and(|one| *one)),
        }
    }
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
    /// Adds margins up and checks those that are stated to within so many units.
    pub fn new(keys: Vec<Hierarchy>, rows: &[Row], tolerance: i64) -> Result<Self, TableError> {
        Self::checked(keys, rows, Tolerance::Units(tolerance))
    }

    /// Adds margins up and checks those that are stated.
    pub fn checked(
        keys: Vec<Hierarchy>,
        rows: &[Row],
        tolerance: Tolerance<'_>,
    ) -> Result<Self, TableError> {
        if rows.is_empty() {
            return Err(TableError::Empty);
        }
        let cells = keys.iter().fold(1, |all: usize, key| all.saturating_mul(key.codes.len()));
        if cells > CELLS_MAX {
            return Err(TableError::TooLarge { cells, cells_max: CELLS_MAX });
        }
        let stated = stated(&keys, rows, tolerance)?;
        let cells = Builder::new(&keys, rows, &stated, tolerance).add_up()?;
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

    /// The place of a combination of codes.
    pub fn place(&self, codes: &[String]) -> Option<usize> {
        let at: Option<Vec<usize>> =
            self.keys.iter().zip(codes).map(|(key, code)| key.place(code)).collect();
        at.map(|at| place(&self.keys, &at))
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

/// The row of each place that has one.
fn stated(
    keys: &[Hierarchy],
    rows: &[Row],
    tolerance: Tolerance<'_>,
) -> Result<BTreeMap<usize, usize>, TableError> {
    let mut stated = BTreeMap::new();
    for (place_of_row, row) in rows.iter().enumerate() {
        let mut at = Vec::with_capacity(keys.len());
        for (key, code) in keys.iter().zip(&row.codes) {
            let unknown = || TableError::NoParent { key: key.key.clone(), code: code.clone() };
            at.push(key.place(code).ok_or_else(unknown)?);
        }
        refuse_impossible(row, place_of_row, tolerance)?;
        if let Some(first) = stated.insert(place(keys, &at), place_of_row) {
            let rows = [first, place_of_row];
            return Err(TableError::Twice { cell: row.name(), rows });
        }
    }
    Ok(stated)
}

fn refuse_impossible(row: &Row, place: usize, tolerance: Tolerance<'_>) -> Result<(), TableError> {
    for (what, number) in
        [("count", Some(row.count)), ("value", Some(row.value)), ("largest", row.largest)]
    {
        match number {
            Some(number) if number < 0 => {
                return Err(TableError::Negative { cell: row.name(), what, row: place });
            }
            Some(number) if number > UNITS_MAX => {
                let (cell, row) = (row.name(), Some(place));
                return Err(TableError::Overflow { cell, what, most: UNITS_MAX, row });
            }
            _ => {}
        }
    }
    let noise = tolerance.of_row(place);
    // None of the others contributes more; each may be off by the noise, and their sum, too.
    let at_most = |largest: i64| {
        let (count, noise) = (i128::from(row.count), i128::from(noise));
        count * (i128::from(largest) + noise) + noise
    };
    let problem = match row.largest {
        _ if row.count == 0 && row.value > 0 => "has a value and no contributor",
        Some(largest) if largest > row.value.saturating_add(noise) => {
            "has a largest contribution above its value: are both in the same unit?"
        }
        Some(largest) if at_most(largest) < i128::from(row.value) => {
            "has a value above what its contributors can add up to, if none has more than the \
             largest contribution: are both in the same unit?"
        }
        _ => return Ok(()),
    };
    Err(TableError::Contradiction { cell: row.name(), problem, row: place })
}

struct Builder<'a> {
    keys: &'a [Hierarchy],
    rows: &'a [Row],
    /// The row of each place that has one.
    stated: &'a BTreeMap<usize, usize>,
    tolerance: Tolerance<'a>,
    cells: Vec<Cell>,
    /// Of each place the inner cells at and under it that have a row, and those that were rounded.
    inner: Vec<(u32, u32)>,
}

impl<'a> Builder<'a> {
    fn new(
        keys: &'a [Hierarchy],
        rows: &'a [Row],
        stated: &'a BTreeMap<usize, usize>,
        tolerance: Tolerance<'a>,
    ) -> Self {
        let count = keys.iter().map(|key| key.codes.len()).product();
        let (cells, inner) = (vec![Cell::default(); count], vec![(0, 0); count]);
        Self { keys, rows, stated, tolerance, cells, inner }
    }

    /// Fills the cells, parts before their margins.
    fn add_up(mut self) -> Result<Vec<Cell>, TableError> {
        // Children stand behind their parents in every key: backwards, parts come first.
        for place in (0..self.cells.len()).rev() {
            let at = coordinates(self.keys, place);
            let depth = self.keys.iter().zip(&at).map(|(key, code)| key.depths[*code]).sum();
            let own = self.stated.get(&place).copied();
            let margin = (0..at.len()).find(|key| !self.keys[*key].children[at[*key]].is_empty());
            let cell = match margin {
                None => self.inner_cell(place, own),
                Some(key) => {
                    let parts = parts(self.keys, &at, key);
                    let sum = |one: fn(&(u32, u32)) -> u32| -> u32 {
                        parts.iter().map(|part| one(&self.inner[*part])).sum()
                    };
                    self.inner[place] = (sum(|inner| inner.0), sum(|inner| inner.1));
                    self.margin(place, &parts, own)?
                }
            };
            self.cells[place] = Cell { depth, ..cell };
        }
        Ok(self.cells)
    }

    fn inner_cell(&mut self, place: usize, own: Option<usize>) -> Cell {
        let Some(own) = own else { return Cell::default() };
        self.inner[place] = (1, u32::from(self.is_rounded(own)));
        let Row { count, value, largest, .. } = self.rows[own];
        Cell { count, value, largest: largest.map(|largest| largest.min(value)), depth: 0 }
    }

    fn is_rounded(&self, row: usize) -> bool {
        matches!(self.tolerance, Tolerance::Rounding(_)) && self.tolerance.of_row(row) > 0
    }

    fn margin(
        &self,
        place: usize,
        parts: &[usize],
        own: Option<usize>,
    ) -> Result<Cell, TableError> {
        let sum = |number: fn(&Cell) -> i64| -> i64 {
            parts.iter().map(|part| number(&self.cells[*part])).fold(0, i64::saturating_add)
        };
        let (count, value) = (sum(|cell| cell.count), sum(|cell| cell.value));
        for (what, number) in [("count", count), ("value", value)] {
            if number > UNITS_MAX {
                let codes = coordinates(self.keys, place);
                let code = |(key, code): (&Hierarchy, usize)| key.codes[code].clone();
                let cell = self.keys.iter().zip(codes).map(code).collect::<Vec<_>>().join("/");
                return Err(TableError::Overflow { cell, what, most: UNITS_MAX, row: own });
            }
        }
        let largest = parts.iter().filter_map(|part| self.cells[*part].largest).max();
        if let Some(own) = own {
            self.compare(place, own, count, value)?;
        }
        // One enterprise may contribute to several parts: what is stated of the margin is its own.
        let stated = own.and_then(|own| Some((own, self.rows[own].largest?)));
        if let (Some((own, stated)), Some(largest)) = (stated, largest) {
            self.compare_largest(own, stated, largest)?;
        }
        let largest = stated.map(|(_, stated)| stated).or(largest);
        Ok(Cell { count, value, largest: largest.map(|largest| largest.min(value)), depth: 0 })
    }

    /// Refuses a margin whose largest contribution is below one of its parts'.
    fn compare_largest(&self, own: usize, stated: i64, largest: i64) -> Result<(), TableError> {
        // Either may be rounded.
        let noise = if let Tolerance::Units(units) = self.tolerance { units } else { 2 };
        if stated.saturating_add(noise) >= largest {
            return Ok(());
        }
        let problem = "has a largest contribution below that of one of its parts: correct it, or \
                       leave it out so that it is made";
        Err(TableError::Contradiction { cell: self.rows[own].name(), problem, row: own })
    }

    /// Refuses a stated margin that is not the sum of its parts.
    fn compare(&self, place: usize, own: usize, count: i64, value: i64) -> Result<(), TableError> {
        let row = &self.rows[own];
        let tolerance = match self.tolerance {
            Tolerance::Units(units) => units,
            Tolerance::Rounding(_) => {
                (i64::from(self.inner[place].1) + i64::from(self.is_rounded(own))) / 2
            }
        };
        for (what, stated, added, tolerance) in
            [("count", row.count, count, 0), ("value", row.value, value, tolerance)]
        {
            if self.inner[place].0 == 0 && stated > 0 {
                return Err(TableError::NoParts { cell: row.name(), what, row: own });
            }
            if stated.abs_diff(added) > tolerance.unsigned_abs() {
                let cell = row.name();
                return Err(TableError::Margin { cell, what, stated, added, row: own });
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A table by region and size; a largest contribution of 0 is none.
    fn table(
        rows: &[(&str, &str, i64, i64, i64)],
        tolerance: Tolerance<'_>,
    ) -> Result<Table, TableError> {
        let rows: Vec<Row> = rows
            .iter()
            .map(|(region, size, count, value, largest)| Row {
                codes: vec![(*region).into(), (*size).into()],
                count: *count,
                value: *value,
                largest: (*largest != 0).then_some(*largest),
            })
            .collect();
        let key = |(place, key): (usize, &str)| {
            let used = rows.iter().map(|row| row.codes[place].clone()).collect();
            Hierarchy::new(key, "Total", None, &used)
        };
        let keys = ["REGION", "SIZE"].into_iter().enumerate().map(key).collect::<Result<_, _>>()?;
        Table::checked(keys, &rows, tolerance)
    }

    fn cell(table: &Table, codes: [&str; 2]) -> Cell {
        table.cells[table.names[table.place(&codes.map(String::from)).unwrap()]]
    }

    #[test]
    fn margins_that_are_missing_are_made_and_absent_rows_are_zeros() {
        let rows = [("N", "small", 2, 20, 15), ("N", "big", 1, 50, 50), ("S", "small", 3, 9, 4)];
        let table = table(&rows, Tolerance::Units(0)).unwrap();
        let Cell { count, value, largest, .. } = cell(&table, ["Total", "Total"]);
        assert_eq!((count, value, largest), (6, 79, Some(50)));
        assert_eq!(cell(&table, ["S", "big"]).count, 0);
        assert_eq!(cell(&table, ["N", "Total"]).value, 70);
    }

    #[test]
    fn a_margin_may_differ_by_what_rounding_explains_and_no_more() {
        let rows = |total: i64, rounded: usize| {
            let rows = [("N", "Total", 3, total, 0), ("N", "a", 1, 10, 0), ("N", "b", 2, 20, 0)];
            table(&rows, Tolerance::Rounding(&[rounded > 0, rounded > 1, rounded > 2]))
        };
        assert_eq!(cell(&rows(31, 2).unwrap(), ["N", "Total"]).value, 30);
        assert!(rows(31, 3).is_ok());
        for (total, rounded) in [(31, 1), (32, 3), (29, 0)] {
            let refused = rows(total, rounded).unwrap_err();
            let expected = (total, 30, &[0][..]);
            let TableError::Margin { stated, added, .. } = refused else { panic!("{refused}") };
            assert_eq!((stated, added, refused.rows()), expected, "{rounded}");
        }
    }

    #[test]
    fn a_margin_without_parts_is_no_zero() {
        let rows = [("Total", "a", 2, 7, 0), ("N", "b", 1, 5, 0)];
        let refused = table(&rows, Tolerance::Units(100)).unwrap_err();
        assert!(matches!(refused, TableError::NoParts { row: 0, .. }), "{refused}");
        let counted = [("Total", "a", 2, 0, 0), ("N", "b", 1, 5, 0)];
        assert!(table(&counted, Tolerance::Units(100)).is_err());
        let zero = [("Total", "a", 0, 0, 0), ("N", "b", 1, 5, 0)];
        assert!(table(&zero, Tolerance::Units(0)).is_ok());
    }

    #[test]
    fn a_largest_contribution_above_the_value_by_noise_is_the_value() {
        let rows = [("N", "a", 1, 10, 11), ("N", "b", 3, 20, 9)];
        let table_of = |tolerance| table(&rows, tolerance);
        let known = table_of(Tolerance::Rounding(&[true, false])).unwrap();
        assert_eq!(cell(&known, ["N", "a"]).largest, Some(10));
        assert!(table_of(Tolerance::Units(1)).is_ok());
        for tolerance in [Tolerance::Rounding(&[false, true]), Tolerance::Units(0)] {
            let refused = table_of(tolerance).unwrap_err();
            assert!(matches!(refused, TableError::Contradiction { row: 0, .. }), "{refused}");
        }
    }

    #[test]
    fn a_largest_contribution_in_another_unit_is_refused() {
        let refused = |rows: &[(&str, &str, i64, i64, i64)], row: usize| {
            let refused = table(rows, Tolerance::Units(0)).unwrap_err();
            assert!(matches!(refused, TableError::Contradiction { .. }), "{refused}");
            assert_eq!(refused.rows(), [row], "{refused}");
        };
        let possible = ("N", "a", 4, 1000, 250);
        refused(&[possible, ("N", "b", 4, 1000, 249)], 1);
        refused(&[("N", "a", 1, 1000, 999)], 0);
        // A margin has at least the largest of its parts, and may have a larger one.
        let other = ("N", "b", 2, 400, 300);
        assert!(
            table(&[possible, other, ("N", "Total", 6, 1400, 500)], Tolerance::Units(0)).is_ok()
        );
        refused(&[possible, other, ("N", "Total", 6, 1400, 299)], 2);
    }

    #[test]
    fn what_cannot_be_a_cell_is_named() {
        let refused =
            |rows: &[(&str, &str, i64, i64, i64)]| table(rows, Tolerance::Units(0)).unwrap_err();
        let negative = refused(&[("N", "a", 1, 1, 0), ("N", "b", 1, -1, 0)]);
        assert!(matches!(negative, TableError::Negative { row: 1, what: "value", .. }));
        let nobody = refused(&[("N", "a", 0, 1, 0)]);
        assert!(nobody.to_string().contains("N/a has a value and no contributor"), "{nobody}");
        let twice = refused(&[("N", "a", 1, 1, 0), ("N", "b", 1, 1, 0), ("N", "a", 2, 2, 0)]);
        assert_eq!(twice.rows(), [0, 2]);
        let large = refused(&[("N", "a", 1, UNITS_MAX + 1, 0)]);
        assert!(matches!(large, TableError::Overflow { row: Some(0), .. }), "{large}");
        let sum = refused(&[("N", "a", 1, UNITS_MAX, 0), ("N", "b", 1, 1, 0)]);
        assert!(sum.to_string().contains("The value of N/Total is too large"), "{sum}");
        assert_eq!(refused(&[]), TableError::Empty);
    }
}
