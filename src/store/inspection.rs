//! What a full reading of a store found.

use crate::store::{StoreError, tally::Tally};

/// What a full reading of a store found.
#[derive(Debug, Default)]
pub struct Inspection {
    /// What is there.
    pub found: Tally,
    /// Everything that is not as it should be; empty if all is well.
    pub findings: Vec<Finding>,
}

/// Something that is not as it should be. Carries no value and no key text.
#[derive(Debug, thiserror::Error)]
pub enum Finding {
    /// A piece of a file is damaged; a start passes over it. What it held may be lost: then there
    /// are further findings.
    #[error(
        "the file {file} is damaged at byte {at}, and the rest of that piece was passed over; \
         what it lost, if anything, stands below"
    )]
    Passed {
        /// The file.
        file: &'static str,
        /// The byte.
        at: u64,
    },
    /// Acknowledged batches are gone.
    #[error("the last {batches} batches that had been acknowledged are gone")]
    Behind {
        /// How many.
        batches: u64,
    },
    /// Some pairs cannot be read.
    #[error("{owner}: not everything can be read: {error}")]
    Unreadable {
        /// Whose.
        owner: &'static str,
        /// What the store said.
        error: StoreError,
    },
    /// Pairs are missing or as they were before.
    #[error(
        "{owner}: there are {found} pairs, and there should be {pairs}; if the numbers are the \
         same, some are as they were before their last change"
    )]
    Differs {
        /// Whose.
        owner: &'static str,
        /// Pairs written.
        pairs: u64,
        /// Pairs found.
        found: u64,
    },
}
