//! Blocks: what one member released on one population for one period, with bounds for all cells.
//!
//! A block is stored as CBOR in pieces. Its bytes are the node's own; when [`BLOCK_VERSION`]
//! changes, the node computes them again from the logs, so that the layout may change with it.

use minicbor::{Decode, Encode};

use crate::{
    base::id::EntryId,
    publication::release::{Dimension, Table},
    statistics::{error::StatisticsError, interval::Interval},
};

/// Version of the stored layout.
pub(super) const BLOCK_VERSION: u8 = 1;
/// How an open upper bound is kept. No published value reaches it.
const UPPER_OPEN: i64 = i64::MAX;

/// One member's tables on one population for one period.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The release they stand in.
    pub(super) entry: EntryId,
    pub(super) tables: Vec<BlockTable>,
}

/// One table with bounds for every cell.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct BlockTable {
    #[n(0)]
    pub(super) dimensions: Vec<Dimension>,
    #[n(1)]
    pub(super) measures: Vec<String>,
    /// Least values, the measures of a cell beside each other.
    #[n(2)]
    lower: Vec<i64>,
    /// Largest values in the same order.
    #[n(3)]
    upper: Vec<i64>,
    /// One mark per cell.
    #[n(4)]
    hidden: Vec<bool>,
}

/// What is known of one measure of one cell, or of a sum of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) interval: Interval,
    /// Whether a hidden cell is in it.
    pub(super) hidden: bool,
}

impl Known {
    pub(super) const ZERO: Self = Self { interval: Interval::ZERO, hidden: false };

    pub(super) fn plus(self, other: Self) -> Self {
        let interval = self.interval.plus(other.interval);
        Self { interval, hidden: self.hidden || other.hidden }
    }

    pub(super) fn without(self, part: Self) -> Self {
        let interval = self.interval.without(part.interval);
        Self { interval, hidden: self.hidden || part.hidden }
    }

    /// The narrower of two ways to the same figure. A published way wins over hidden cells.
    pub(super) fn narrower(self, other: Self) -> Self {
        match (self.hidden, other.hidden) {
            (false, _) => self,
            (true, false) => other,
            (true, true) => {
                let interval = self.interval.meet(other.interval).unwrap_or(self.interval);
                Self { interval, hidden: true }
            }
        }
    }
}

impl BlockTable {
    /// A table as released: published cells are exact, hidden ones unknown.
    pub(super) fn new(table: &Table) -> Self {
        let measures = table.measures.len();
        let mut lower = Vec::with_capacity(table.cells.len() * measures);
        let mut upper = Vec::with_capacity(table.cells.len() * measures);
        for cell in &table.cells {
            match &cell.0 {
                Some(values) => {
                    lower.extend(values);
                    upper.extend(values);
                }
                None => {
                    lower.extend(std::iter::repeat_n(0, measures));
                    upper.extend(std::iter::repeat_n(UPPER_OPEN, measures));
                }
            }
        }
        let hidden = table.cells.iter().map(|cell| cell.0.is_none()).collect();
        let (dimensions, measures) = (table.dimensions.clone(), table.measures.clone());
        Self { dimensions, measures, lower, upper, hidden }
    }

    pub(super) fn cells(&self) -> usize {
        self.hidden.len()
    }

    pub(super) fn interval(&self, cell: usize, measure: usize) -> Interval {
        let place = cell * self.measures.len() + measure;
        let upper = self.upper[place];
        Interval { lower: self.lower[place], upper: (upper != UPPER_OPEN).then_some(upper) }
    }

    pub(super) fn known(&self, cell: usize, measure: usize) -> Known {
        Known { interval: self.interval(cell, measure), hidden: self.hidden[cell] }
    }

    pub(super) fn is_hidden(&self, cell: usize) -> bool {
        self.hidden[cell]
    }

    /// Narrows a cell; `false` if that contradicts what is known.
    pub(super) fn narrow(&mut self, cell: usize, measure: usize, interval: Interval) -> bool {
        let Some(met) = self.interval(cell, measure).meet(interval) else { return false };
        let place = cell * self.measures.len() + measure;
        self.lower[place] = met.lower;
        self.upper[place] = met.upper.unwrap_or(UPPER_OPEN);
        true
    }

    /// How far apart neighbours in each dimension are.
    pub(super) fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.dimensions.len()];
        for index in (1..strides.len()).rev() {
            strides[index - 1] = strides[index] * self.dimensions[index].codes.len();
        }
        strides
    }

    /// The codes of a dimension, if the table has it.
    pub(super) fn codes(&self, id: &str) -> Option<&[String]> {
        let dimension = self.dimensions.iter().find(|dimension| dimension.id == id)?;
        Some(&dimension.codes)
    }

    /// Whether the lists have the lengths the dimensions span: bytes from the disk may not.
    fn is_sound(&self) -> bool {
        let cells = self.dimensions.iter().try_fold(1_usize, |cells, dimension| {
            cells.checked_mul(dimension.codes.len()).filter(|cells| *cells > 0)
        });
        let numbers = self.hidden.len().checked_mul(self.measures.len());
        cells == Some(self.hidden.len())
            && numbers == Some(self.lower.len())
            && numbers == Some(self.upper.len())
    }
}

impl Block {
    /// The smallest table that has all `dimensions` and the measure.
    pub(super) fn covering(&self, dimensions: &[&str], measure: &str) -> Option<&BlockTable> {
        let covers = |table: &&BlockTable| {
            dimensions.iter().all(|id| table.codes(id).is_some())
                && table.measures.iter().any(|id| id == measure)
        };
        self.tables.iter().filter(covers).min_by_key(|table| table.cells())
    }

    /// Roughly what the block takes in memory.
    pub(super) fn bytes(&self) -> usize {
        let table_bytes = |table: &BlockTable| {
            let codes = table.dimensions.iter().flat_map(|dimension| &dimension.codes);
            let texts: usize = codes.map(|code| code.len() + size_of::<String>()).sum();
            texts + 16 * table.lower.len() + table.hidden.len() + size_of::<BlockTable>()
        };
        self.tables.iter().map(table_bytes).sum::<usize>() + size_of::<Self>()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let entry = (self.entry.origin, self.entry.epoch, self.entry.seq);
        // Writing CBOR to a Vec cannot fail.
        minicbor::to_vec((BLOCK_VERSION, entry, &self.tables)).unwrap_or_default()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, StatisticsError> {
        let damaged = || StatisticsError::Damaged { what: "a block" };
        let (version, (origin, epoch, seq), tables): (u8, _, Vec<BlockTable>) =
            minicbor::decode(bytes).map_err(|_| damaged())?;
        let sound = version == BLOCK_VERSION && tables.iter().all(BlockTable::is_sound);
        match sound {
            true => Ok(Self { entry: EntryId { origin, epoch, seq }, tables }),
            false => Err(damaged()),
        }
    }
}
