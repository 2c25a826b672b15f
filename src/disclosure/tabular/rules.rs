//! Which cells of a table are sensitive, how far each must stay from its value, and whom it is
//! protected against.

use std::{fmt, str::FromStr};

use crate::disclosure::tabular::table::Cell;

/// The rules. They are never part of what is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A cell with fewer contributors, but any, is sensitive.
    pub contributors_min: i64,
    /// A cell of which one contributor has more than so many percent is sensitive.
    pub dominance_percent: Option<u32>,
    /// How far a sensitive value must stay from what can be told of it, in percent of it.
    pub protection_percent: u32,
}

impl Rules {
    /// Whether the cell is sensitive.
    pub fn is_sensitive(&self, cell: &Cell) -> bool {
        let few = cell.count < self.contributors_min;
        let dominated =
            self.dominance_percent.zip(cell.largest).is_some_and(|(percent, largest)| {
                i128::from(largest) * 100 > i128::from(cell.value) * i128::from(percent)
            });
        cell.count > 0 && (few || dominated)
    }

    /// How far the value must stay from what can be told of it; at least one unit.
    pub fn protection(&self, value: i64) -> i64 {
        let level = i128::from(value) * i128::from(self.protection_percent);
        i64::try_from(level.div_euclid(100) + i128::from(level % 100 != 0))
            .unwrap_or(i64::MAX)
            .max(1)
    }
}

/// Whom a table is protected against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attacker {
    /// An outsider who adds up.
    A0,
    /// One who knows that zeros are published, so that a hidden cell is none.
    A1,
    /// One who knows which cells are sensitive.
    A2,
    /// Each single contributor, who knows the cells he is alone in, and coalitions of contributors
    /// that are smaller by two than the rules' least number.
    A3,
    /// One who knows that counts are whole numbers.
    A4,
}

impl Attacker {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::A0, Self::A1, Self::A2, Self::A3, Self::A4];
}

impl fmt::Display for Attacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl FromStr for Attacker {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|one| one.to_string() == text);
        found.ok_or_else(|| format!("{text} is none of A0, A1, A2, A3, A4"))
    }
}
