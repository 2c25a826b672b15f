//! What is wrong with a table.

/// Why a table cannot be protected. Names cells by their codes, and rows and paths by their places
/// among those given, for those who know the lines of the files they come from.
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
        /// The paths that say so.
        paths: [usize; 2],
    },
    /// A code stands above itself.
    #[error("The hierarchy of {key} puts {code} above itself")]
    Cycle {
        /// The key.
        key: String,
        /// The code.
        code: String,
        /// A path that says so.
        path: usize,
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
        /// The rows.
        rows: [usize; 2],
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
        /// The row.
        row: usize,
    },
    /// A cell contradicts itself.
    #[error("The cell {cell} {problem}")]
    Contradiction {
        /// The cell.
        cell: String,
        /// How.
        problem: &'static str,
        /// The row.
        row: usize,
    },
    /// A margin is stated, and nothing that it is made of.
    #[error(
        "The margin {cell} has a {what}, and the table has none of its parts: add their rows, or \
         leave the margin out"
    )]
    NoParts {
        /// The cell.
        cell: String,
        /// Which number.
        what: &'static str,
        /// The row.
        row: usize,
    },
    /// A margin is not the sum of its parts.
    #[error(
        "The {what} of {cell} is {stated}, and its parts add up to {added} (in units of the last \
         decimal): the difference is above the tolerance"
    )]
    Margin {
        /// The cell.
        cell: String,
        /// Which number.
        what: &'static str,
        /// As stated, in units of the last decimal.
        stated: i64,
        /// The sum of its parts.
        added: i64,
        /// The row.
        row: usize,
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
        /// The row; none for a margin that was made.
        row: Option<usize>,
    },
}

impl TableError {
    /// The rows that are wrong, by their places.
    pub fn rows(&self) -> &[usize] {
        match self {
            Self::Twice { rows, .. } => rows,
            Self::Negative { row, .. }
            | Self::Contradiction { row, .. }
            | Self::NoParts { row, .. }
            | Self::Margin { row, .. } => std::slice::from_ref(row),
            Self::Overflow { row, .. } => row.as_slice(),
            Self::Empty
            | Self::TooLarge { .. }
            | Self::TwoParents { .. }
            | Self::Cycle { .. }
            | Self::NoParent { .. } => &[],
        }
    }

    /// The paths of a hierarchy that are wrong, by their places.
    pub fn paths(&self) -> &[usize] {
        match self {
            Self::TwoParents { paths, .. } => paths,
            Self::Cycle { path, .. } => std::slice::from_ref(path),
            _ => &[],
        }
    }
}
