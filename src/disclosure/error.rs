//! What disclosure control refuses. Errors name the cell, never its value.

use crate::base::period::Period;

/// A cell of a table, in words: `requests_received 2026-Q4 filiere=karite`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellName {
    /// Identifier of the population.
    pub population: String,
    /// The period.
    pub period: Period,
    /// Dimension and code, totals left out.
    pub key: Vec<(String, String)>,
}

impl std::fmt::Display for CellName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.population, self.period)?;
        self.key.iter().try_for_each(|(dimension, code)| write!(f, " {dimension}={code}"))
    }
}

/// Why tables could not be protected, audited or read.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    /// The rules are outside their limits.
    #[error("The disclosure rules are not valid: {0}")]
    InvalidRules(&'static str),
    /// A table of a population that the catalogue does not have.
    #[error("The catalogue has no population {population}; take a newer catalogue")]
    UnknownPopulation {
        /// The population named.
        population: String,
    },
    /// A table whose shape is not what its population and dimensions say.
    #[error("Table {table} ({population}, {period}) has another shape than it declares: {problem}")]
    Shape {
        /// The table's place in its release.
        table: usize,
        /// Its population.
        population: String,
        /// Its period.
        period: Period,
        /// What differs.
        problem: &'static str,
    },
    /// The release follows another catalogue than the one at hand.
    #[error("The release follows catalogue {found}; this program has {known}")]
    CatalogueVersion {
        /// The release's version.
        found: u16,
        /// Our version.
        known: u16,
    },
    /// The true values break an equation or inequality that must hold.
    #[error(
        "The cubes contradict themselves at {cell}: {relation}. Correct the records or the cube"
    )]
    CubeContradiction {
        /// The cell where it shows.
        cell: CellName,
        /// The relation that does not hold.
        relation: &'static str,
    },
    /// A published figure contradicts others of the same member.
    #[error("The published tables contradict themselves at {cell}")]
    PublishedContradiction {
        /// A cell where it shows.
        cell: CellName,
    },
    /// A cell recurs with another value than in an earlier release.
    #[error("{cell} was released before with other values; revisions are not released yet")]
    Recurs {
        /// The cell.
        cell: CellName,
    },
    /// No pattern protects the cell.
    #[error("No pattern found that protects {cell}; leave its table out or coarsen the plan")]
    CannotProtect {
        /// The cell.
        cell: CellName,
    },
    /// The audit found a cell that is open to an attacker, or published against the rules.
    #[error("The audit failed at {cell}: {fault}. Nothing may be published")]
    AuditFailed {
        /// The cell.
        cell: CellName,
        /// What is wrong with it.
        fault: AuditFault,
    },
    /// A table without its cube, or a cube without its table.
    #[error("Table {table} and its cube do not come in pairs; audit all tables of a release")]
    Unpaired {
        /// The place without a partner.
        table: usize,
    },
    /// More cells than are looked at together.
    #[error("The tables have {cells} cells together; at most {cells_max} are looked at at once")]
    TooManyCells {
        /// Cells found.
        cells: usize,
        /// The limit.
        cells_max: usize,
    },
    /// The stored transcript cannot be read.
    #[error("The transcript is damaged: {0}. Restore it from a backup; nothing may be published")]
    Transcript(String),
    /// A newer program stored the transcript.
    #[error(
        "The transcript is kept in layout {found}; this program reads up to {known}. Start the \
         node with the program that wrote it, or a newer one"
    )]
    NewerTranscript {
        /// The layout found.
        found: u8,
        /// Newest layout this program knows.
        known: u8,
    },
}

impl DisclosureError {
    /// Whether the tables are as they should be, and no way was found to protect them.
    pub fn is_unprotectable(&self) -> bool {
        match self {
            Self::CannotProtect { .. } | Self::AuditFailed { .. } => true,
            Self::InvalidRules(_)
            | Self::UnknownPopulation { .. }
            | Self::Shape { .. }
            | Self::CatalogueVersion { .. }
            | Self::CubeContradiction { .. }
            | Self::PublishedContradiction { .. }
            | Self::Recurs { .. }
            | Self::Unpaired { .. }
            | Self::TooManyCells { .. }
            | Self::Transcript(_)
            | Self::NewerTranscript { .. } => false,
        }
    }
}

/// What the audit found wrong with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// A sensitive cell is published.
    #[error("it is sensitive and published")]
    SensitivePublished,
    /// A zero is hidden where others of its group are not, which attackers take as impossible.
    #[error("it is zero and hidden, and its group is not hidden as a whole")]
    ZeroHidden,
    /// A published value is not the true one.
    #[error("its published value is not the true one")]
    ValueChanged,
    /// One mark must cover all occurrences of a cell.
    #[error("it is hidden in one table and published in another")]
    SeveralMarks,
    /// A count has no second feasible integer that could be shown.
    #[error("its count could be deduced exactly")]
    CountPinned,
    /// A contributor could deduce another's part.
    #[error("a contributor to other cells could deduce it exactly")]
    OpenToContributor,
    /// A value can be bounded within its protection interval.
    #[error("its value could be bounded within the protection interval")]
    ValueBounded,
}
