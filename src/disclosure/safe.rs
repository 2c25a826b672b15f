//! What may leave the node: tables that passed the audit.

use crate::{
    disclosure::{audit::AuditReport, transcript::FrozenRelease},
    publication::release::Table,
};

/// A protected table that passed the audit. Its field is private: only `disclosure` makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeTable(Table);

impl SafeTable {
    /// The table as it may be published.
    pub fn table(&self) -> &Table {
        &self.0
    }

    pub(super) fn audited(table: Table) -> Self {
        Self(table)
    }
}

/// The outcome of protection and audit.
#[derive(Debug, Clone)]
pub struct Protected {
    /// The tables, in the order of the cubes.
    pub tables: Vec<SafeTable>,
    /// What the audit ran and found. Confidential: for the steward.
    pub report: AuditReport,
    /// What the release gives away, for the transcript. Confidential.
    pub frozen: FrozenRelease,
}
