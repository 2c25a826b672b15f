//! What is wrong with a table.

/// Why a table cannot be protected. Names cells by their codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// There is nothing in it.
    #[error("The table has no rows")]
    Empty,
    /// It has more cells than are handled, margins included.
    #[error(
        "The table has {cells} cells with its margins; at most {cells_max} can be protected. \
         Leave out a key, or take coarser codes"
    )]
    TooLarge {
        /// Cells, margins included.
        cells: usize,
        /// The limit.
        cells_max: usize,
    },
    /// A code has two parents.
    #[error(
        "The hierarchy of {key} puts {code} under {parent} and under {other}: give each code one \
         place"
    )]
    TwoParents {
        /// The key.
        key: String,
        /// The code.
        code: String,
        /// One parent.
        parent: String,
        /// The other.
        other: String,
    },
    /// A code stands above itself.
    #[error("The hierarchy of {key} puts {code} above itself")]
    Cycle {
        /// The key.
        key: String,
        /// The code.
        code: String,
    },
    /// A code of the table is missing from its hierarchy.
    #[error("{code} of {key} stands in the table and not in its hierarchy")]
    NoParent {
        /// The key.
        key: String,
        /// The code.
        code: String,
    },
    /// Two rows are of one cell.
    #[error("Two rows are of the cell {cell}")]
    Twice {
        /// The cell.
        cell: String,
    },
    /// A number is negative.
    #[error(
        "The cell {cell} has a negative {what}: only tables of counts and amounts from zero are \
         protected"
    )]
    Negative {
        /// The cell.
        cell: String,
        /// Which number.
        what: &'static str,
    },
    /// A cell contradicts itself.
    #[error("The cell {cell} {problem}")]
    Contradiction {
        /// The cell.
        cell: String,
        /// How.
        problem: &'static str,
    },
    /// A margin is not the sum of its parts.
    #[error(
        "The {what} of {cell} is {stated}, and its parts add up to {added}: the difference is \
         above the tolerance"
    )]
    Margin {
        /// The cell.
        cell: String,
        /// Which number.
        what: &'static str,
        /// As stated, in the table's unit.
        stated: String,
        /// The sum of its parts.
        added: String,
    },
    /// Numbers outgrew what is handled.
    #[error(
        "The {what} of {cell} is too large: at most {most} units of the last decimal are handled"
    )]
    Overflow {
        /// The cell.
        cell: String,
        /// Which number.
        what: &'static str,
        /// The limit.
        most: i64,
    },
}
