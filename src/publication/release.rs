//! A release as published: protected tables of one member for one period.
//!
//! The CBOR layout below is signed; fields are only ever added, with a new index and schema.
//! A hidden cell is one null: nothing says why it is hidden, and its bytes depend on nothing else.

use minicbor::{Decode, Encode};

use crate::{
    base::{
        id::MemberCode,
        limits::{DIMENSION_CODES_MAX, RELEASE_TABLES_MAX, TABLE_CELLS_MAX},
        period::Period,
    },
    publication::admitted::InvalidBody,
};

/// One member's protected tables for one period.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Release {
    /// The member that publishes; a national hub.
    #[n(0)]
    pub member: MemberCode,
    /// Reference area: for national hubs the country, the same text as `member`.
    #[n(1)]
    pub area: String,
    /// The period that was closed: a quarter. A fourth quarter also carries the year's tables.
    #[n(2)]
    pub period: Period,
    /// Version of the indicator catalogue the figures follow.
    #[n(3)]
    pub catalogue_version: u16,
    /// Version of the table plan.
    #[n(4)]
    pub plan_version: u16,
    /// The tables, in plan order.
    #[n(5)]
    pub tables: Vec<Table>,
}

/// One table with all its margins, dense and in row-major order.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Table {
    /// Identifier of the population in the catalogue.
    #[n(0)]
    pub population: String,
    /// The table's period: the release's quarter, or its year.
    #[n(1)]
    pub period: Period,
    /// Dimensions; none for a country total.
    #[n(2)]
    pub dimensions: Vec<Dimension>,
    /// Measures, as in the catalogue's population.
    #[n(3)]
    pub measures: Vec<String>,
    /// One cell per combination of codes, the last dimension running fastest.
    #[n(4)]
    pub cells: Vec<Cell>,
}

/// The codes of one dimension. The first is always the total `_T`; the others are all codes in
/// force on the period's last day, in code list order, whether anything was counted or not.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dimension {
    /// Identifier of the dimension (`filiere`, `region`, …).
    #[n(0)]
    pub id: String,
    /// Version of the code list.
    #[n(1)]
    pub list_version: u16,
    /// Codes; `_T` first.
    #[n(2)]
    pub codes: Vec<String>,
}

/// One cell: its measures, or hidden (all of them together).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Cell(#[n(0)] pub Option<Vec<i64>>);

impl Table {
    /// Number of cells the dimensions span.
    pub fn cells_expected(&self) -> usize {
        self.dimensions
            .iter()
            .fold(1, |cells: usize, dimension| cells.saturating_mul(dimension.codes.len()))
    }

    /// The codes of the cell at `index`, one per dimension. `index` must be below
    /// [`Table::cells_expected`].
    pub fn key(&self, index: usize) -> Vec<&str> {
        let mut rest = index;
        let mut key = vec![""; self.dimensions.len()];
        for (place, dimension) in key.iter_mut().zip(&self.dimensions).rev() {
            *place = &dimension.codes[rest % dimension.codes.len()];
            rest /= dimension.codes.len();
        }
        key
    }

    /// The index of the cell with these codes, one per dimension.
    pub fn index_of(&self, key: &[&str]) -> Option<usize> {
        if key.len() != self.dimensions.len() {
            return None;
        }
        let mut index = 0;
        for (code, dimension) in key.iter().zip(&self.dimensions) {
            let place = dimension.codes.iter().position(|candidate| candidate == code)?;
            index = index * dimension.codes.len() + place;
        }
        Some(index)
    }
}

impl Release {
    /// Schema version of the encoding.
    pub const SCHEMA: u16 = 1;

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing CBOR to a Vec cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads and validates bytes from another member.
    pub fn from_bytes(schema: u16, bytes: &[u8]) -> Result<Self, InvalidBody> {
        let release: Self = super::decode("release", Self::SCHEMA, schema, bytes)?;
        release.validate()?;
        Ok(release)
    }

    /// Checks shapes and limits (not the numbers: receivers do that against the catalogue).
    pub fn validate(&self) -> Result<(), InvalidBody> {
        if self.tables.len() > RELEASE_TABLES_MAX {
            return Err(super::field("tables", format!("more than {RELEASE_TABLES_MAX}")));
        }
        for (index, table) in self.tables.iter().enumerate() {
            table.validate(&format!("tables[{index}]"))?;
        }
        Ok(())
    }
}

impl Table {
    fn validate(&self, path: &str) -> Result<(), InvalidBody> {
        for (index, dimension) in self.dimensions.iter().enumerate() {
            let path = format!("{path}.dimensions[{index}].codes");
            if dimension.codes.first().map(String::as_str) != Some(crate::codes::list::TOTAL) {
                return Err(super::field(&path, "must begin with the total".into()));
            }
            if dimension.codes.len() > DIMENSION_CODES_MAX {
                return Err(super::field(&path, format!("more than {DIMENSION_CODES_MAX}")));
            }
            let distinct: std::collections::BTreeSet<_> = dimension.codes.iter().collect();
            if distinct.len() != dimension.codes.len() {
                return Err(super::field(&path, "a code is repeated".into()));
            }
        }
        let expected = self.cells_expected();
        if self.cells.len() != expected || expected > TABLE_CELLS_MAX {
            let problem = format!(
                "{} cells where the dimensions span {expected} (at most {TABLE_CELLS_MAX})",
                self.cells.len()
            );
            return Err(super::field(&format!("{path}.cells"), problem));
        }
        let measures = self.measures.len();
        let fits = |cell: &Cell| {
            cell.0.as_ref().is_none_or(|values| {
                values.len() == measures && values.iter().all(|value| *value >= 0)
            })
        };
        match self.cells.iter().position(|cell| !fits(cell)) {
            Some(index) => Err(super::field(
                &format!("{path}.cells[{index}]"),
                format!("needs {measures} values of at least 0, or null"),
            )),
            None => Ok(()),
        }
    }
}
