//! A release as published: protected tables of one member for one period.
//!
//! The CBOR layout below is signed; fields are only ever added, with a new index and schema.
//! A hidden cell is one null: nothing says why it is hidden, and its bytes depend on nothing else.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::{
    base::{
        id::MemberCode,
        limits::{DIMENSION_CODES_MAX, RELEASE_TABLES_MAX, TABLE_CELLS_MAX},
        period::{Frequency, Period},
    },
    codes::list::TOTAL,
    publication::{admitted::InvalidBody, limited},
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
    #[cbor(n(5), decode_with = "limited::list::<_, _, RELEASE_TABLES_MAX>")]
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
    #[cbor(n(2), decode_with = "limited::list::<_, _, TABLE_DIMENSIONS_MAX>")]
    pub dimensions: Vec<Dimension>,
    /// Measures, as in the catalogue's population.
    #[cbor(n(3), decode_with = "limited::list::<_, _, TABLE_MEASURES_MAX>")]
    pub measures: Vec<String>,
    /// One cell per combination of codes, the last dimension running fastest.
    #[cbor(n(4), decode_with = "limited::list::<_, _, TABLE_CELLS_MAX>")]
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
    #[cbor(n(2), decode_with = "limited::list::<_, _, DIMENSION_CODES_MAX>")]
    pub codes: Vec<String>,
}

/// One cell: its measures, or hidden (all of them together).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Cell(
    #[cbor(n(0), decode_with = "limited::cell::<_, TABLE_MEASURES_MAX>")] pub Option<Vec<i64>>,
);

/// Most dimensions of one table.
pub const TABLE_DIMENSIONS_MAX: usize = 4;
/// Most measures of one table.
pub const TABLE_MEASURES_MAX: usize = 8;
/// Largest value: a million billions, so that sums over cells, members and time cannot overflow.
pub const VALUE_MAX: i64 = 1_000_000_000_000_000;
/// Longest identifier or code, in bytes.
pub const CODE_BYTES_MAX: usize = 64;

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

    /// Checks shapes, limits and that member, area and periods agree (not the numbers: receivers
    /// do that against the catalogue).
    pub fn validate(&self) -> Result<(), InvalidBody> {
        if self.area != self.member.as_str() {
            return Err(super::field("area", format!("must be the member, {}", self.member)));
        }
        if self.period.frequency() != Frequency::Quarterly {
            return Err(super::field("period", format!("{} is no quarter", self.period)));
        }
        if self.tables.len() > RELEASE_TABLES_MAX {
            return Err(super::field("tables", format!("more than {RELEASE_TABLES_MAX}")));
        }
        let mut seen = BTreeSet::new();
        for (index, table) in self.tables.iter().enumerate() {
            let path = format!("tables[{index}]");
            let year = self.period.ends_year().then(|| self.period.whole_year());
            if table.period != self.period && Some(table.period) != year {
                let problem = format!("{} has no place in {}", table.period, self.period);
                return Err(super::field(&format!("{path}.period"), problem));
            }
            let dimensions: Vec<_> = table.dimensions.iter().map(|one| &one.id).collect();
            if !seen.insert((&table.population, table.period, dimensions)) {
                return Err(super::field(&path, "repeats an earlier table".into()));
            }
            table.validate(&path)?;
        }
        Ok(())
    }
}

impl Table {
    fn validate(&self, path: &str) -> Result<(), InvalidBody> {
        identifier(&format!("{path}.population"), &self.population)?;
        at_most(&format!("{path}.dimensions"), self.dimensions.len(), TABLE_DIMENSIONS_MAX)?;
        let ids = self.dimensions.iter().map(|dimension| &dimension.id);
        identifiers(&format!("{path}.dimensions"), ids)?;
        for (index, dimension) in self.dimensions.iter().enumerate() {
            dimension.validate(&format!("{path}.dimensions[{index}].codes"))?;
        }
        at_most(&format!("{path}.measures"), self.measures.len(), TABLE_MEASURES_MAX)?;
        identifiers(&format!("{path}.measures"), self.measures.iter())?;
        self.validate_cells(path)
    }

    fn validate_cells(&self, path: &str) -> Result<(), InvalidBody> {
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
                values.len() == measures
                    && values.iter().all(|value| (0..=VALUE_MAX).contains(value))
            })
        };
        match self.cells.iter().position(|cell| !fits(cell)) {
            Some(index) => Err(super::field(
                &format!("{path}.cells[{index}]"),
                format!("needs {measures} values from 0 to {VALUE_MAX}, or null"),
            )),
            None => Ok(()),
        }
    }
}

impl Dimension {
    fn validate(&self, path: &str) -> Result<(), InvalidBody> {
        if self.codes.first().map(String::as_str) != Some(TOTAL) {
            return Err(super::field(path, "must begin with the total".into()));
        }
        at_most(path, self.codes.len(), DIMENSION_CODES_MAX)?;
        identifiers(path, self.codes.iter())
    }
}

fn at_most(path: &str, length: usize, length_max: usize) -> Result<(), InvalidBody> {
    match length <= length_max {
        true => Ok(()),
        false => Err(super::field(path, format!("more than {length_max}"))),
    }
}

/// All are identifiers, and none is repeated.
fn identifiers<'a>(path: &str, texts: impl Iterator<Item = &'a String>) -> Result<(), InvalidBody> {
    let mut seen = BTreeSet::new();
    for text in texts {
        identifier(path, text)?;
        if !seen.insert(text) {
            return Err(super::field(path, format!("{text} is repeated")));
        }
    }
    Ok(())
}

/// Printable ASCII without spaces: identifiers reach terminals and file names.
fn identifier(path: &str, text: &str) -> Result<(), InvalidBody> {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    match printable && (1..=CODE_BYTES_MAX).contains(&text.len()) {
        true => Ok(()),
        false => {
            let problem = format!("needs 1 to {CODE_BYTES_MAX} printable ASCII characters");
            Err(super::field(path, problem))
        }
    }
}
