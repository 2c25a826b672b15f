//! Entries that a node holds and cannot use.

use crate::base::id::EntryId;

/// An entry of a log that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The entry.
    pub entry: EntryId,
    /// Why.
    pub reason: String,
}
