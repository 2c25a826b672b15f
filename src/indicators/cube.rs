//! A cube: the true values of one planned table, with the contributors of every cell.
//!
//! Confidential: a cube never leaves the node. Only `disclosure` turns it into what may.

use crate::{
    base::{id::EnterpriseId, period::Period},
    publication::release::Dimension,
};

/// The true values of one planned table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cube {
    /// Identifier of the population in the catalogue.
    pub population: String,
    /// The table's period.
    pub period: Period,
    /// Dimensions, `_T` first in each.
    pub dimensions: Vec<Dimension>,
    /// Measures, as in the catalogue's population.
    pub measures: Vec<String>,
    /// Cells in row-major order, the last dimension running fastest; margins included.
    pub cells: Vec<CubeCell>,
}

/// One cell of a cube.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CubeCell {
    /// One value per measure.
    pub values: Vec<i64>,
    /// The enterprises that contribute, in the order of their identifiers.
    pub contributors: Vec<Contribution>,
}

/// Who stands behind a contribution: whom the rules count, and protect others from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner<'a> {
    /// A holding group.
    Group(&'a str),
    /// An enterprise that belongs to none.
    Alone(EnterpriseId),
}

impl Contribution {
    /// The holding group, or the enterprise itself.
    pub fn owner(&self) -> Owner<'_> {
        self.holding.as_deref().map_or(Owner::Alone(self.enterprise), Owner::Group)
    }
}

/// What one enterprise adds to a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// Code of its holding group, if it has one.
    pub holding: Option<String>,
    /// Its part of each measure (1 in a distinct count).
    pub values: Vec<i64>,
}
