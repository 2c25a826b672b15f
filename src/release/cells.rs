//! The cells of a release, for the steward who reviews it: which are published, and which are
//! hidden for what reason. Never a value. The reasons stay on the hub: whoever knows why a cell is
//! hidden knows more of it than the rules allow.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::period::Period,
    codes::list::TOTAL,
    disclosure::transcript::{FrozenRelease, FrozenTable},
};

/// Whether a cell is published, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellMark {
    /// Its values are published.
    Published,
    /// Hidden because the rules find it sensitive.
    HiddenPrimary,
    /// Hidden so that others cannot be deduced, or with its release as a whole.
    HiddenSecondary,
}

/// A cell and its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellReview {
    /// Its population.
    pub population: String,
    /// Its period.
    pub period: Period,
    /// Dimensions with their codes, totals left out.
    pub key: Vec<(String, String)>,
    /// Its mark.
    pub mark: CellMark,
}

/// A cell that one or several tables of a release show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known<'a> {
    pub population: &'a str,
    pub period: Period,
    /// Dimensions with their codes, totals left out, in the order of the dimensions' names.
    pub key: Key<'a>,
    pub mark: CellMark,
    /// The true values.
    pub values: &'a [i64],
    /// Table and place where it stands: the first that knows why it is hidden.
    pub at: (usize, usize),
}

/// Dimensions with their codes.
pub(super) type Key<'a> = Vec<(&'a str, &'a str)>;

impl Known<'_> {
    pub fn is_zero(&self) -> bool {
        self.values.iter().all(|value| *value == 0)
    }

    /// In words, the period left out: `visits filiere=LAIT`.
    pub fn name(&self) -> String {
        let codes = self.key.iter().map(|(dimension, code)| format!(" {dimension}={code}"));
        codes.fold(self.population.to_owned(), |name, code| name + &code)
    }
}

/// The cells in the order of their tables. One that several tables share is listed once.
pub(super) fn distinct(frozen: &FrozenRelease) -> Vec<Known<'_>> {
    let mut known = BTreeMap::new();
    let mut cells: Vec<Known<'_>> = Vec::new();
    for (number, FrozenTable { table, truth, needs }) in frozen.tables.iter().enumerate() {
        let sensitive: BTreeSet<usize> = needs.iter().map(|need| need.cell as usize).collect();
        for (place, cell) in table.cells.iter().enumerate() {
            let mark = match (&cell.0, sensitive.contains(&place)) {
                (Some(_), _) => CellMark::Published,
                (None, true) => CellMark::HiddenPrimary,
                (None, false) => CellMark::HiddenSecondary,
            };
            let codes = table.dimensions.iter().map(|one| one.id.as_str()).zip(table.key(place));
            let mut key: Key<'_> = codes.filter(|(_, code)| *code != TOTAL).collect();
            key.sort_unstable();
            let (population, period) = (table.population.as_str(), table.period);
            let values = truth.get(place).map_or(&[][..], Vec::as_slice);
            let at = *known.entry((population, period, key.clone())).or_insert(cells.len());
            match cells.get_mut(at) {
                // Where two tables show a cell, the sharper reason is the reason.
                Some(before) if mark < before.mark => {
                    (before.mark, before.at) = (mark, (number, place));
                }
                Some(_) => {}
                None => {
                    cells.push(Known { population, period, key, mark, values, at: (number, place) })
                }
            }
        }
    }
    cells
}

/// The cells with their marks.
pub(super) fn all(frozen: &FrozenRelease) -> Vec<CellReview> {
    let owned = |cell: Known<'_>| CellReview {
        population: cell.population.into(),
        period: cell.period,
        key: owned_key(&cell.key),
        mark: cell.mark,
    };
    distinct(frozen).into_iter().map(owned).collect()
}

pub(super) fn owned_key(key: &Key<'_>) -> Vec<(String, String)> {
    key.iter().map(|(dimension, code)| ((*dimension).into(), (*code).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disclosure::transcript::{FrozenNeed, Protection},
        publication::release::{Cell, Dimension, Table},
    };

    fn frozen(dimensions: &[&str], marks: &[bool], sensitive: &[u32]) -> FrozenTable {
        let dimension = |id: &&str| Dimension {
            id: (*id).into(),
            list_version: 1,
            codes: vec![TOTAL.into(), "A".into(), "B".into()],
        };
        FrozenTable {
            table: Table {
                population: "visits".into(),
                period: "2026-Q1".parse().unwrap(),
                dimensions: dimensions.iter().map(dimension).collect(),
                measures: vec!["visits".into()],
                cells: marks.iter().map(|shown| Cell(shown.then(|| vec![9]))).collect(),
            },
            truth: vec![vec![9]; marks.len()],
            needs: sensitive
                .iter()
                .map(|cell| FrozenNeed {
                    cell: *cell,
                    measure: 0,
                    protection: Protection::NotExact,
                })
                .collect(),
        }
    }

    #[test]
    fn every_cell_is_listed_once_with_the_reason_why_it_is_hidden() {
        let release = FrozenRelease {
            tables: vec![
                frozen(&["filiere"], &[true, false, false], &[1]),
                frozen(&["region"], &[true, true, true], &[]),
            ],
            ..FrozenRelease::default()
        };
        let listed: Vec<_> = all(&release)
            .into_iter()
            .map(|cell| {
                let key: Vec<_> =
                    cell.key.iter().map(|(id, code)| format!("{id}={code}")).collect();
                (key.join(" "), cell.mark)
            })
            .collect();
        let expected = [
            ("", CellMark::Published),
            ("filiere=A", CellMark::HiddenPrimary),
            ("filiere=B", CellMark::HiddenSecondary),
            ("region=A", CellMark::Published),
            ("region=B", CellMark::Published),
        ];
        assert_eq!(listed, expected.map(|(key, mark)| (key.to_owned(), mark)));
    }
}
