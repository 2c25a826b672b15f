//! What the library refuses.

use crate::{
    base::id::{EntryId, IdempotencyKey},
    publication::admitted::InvalidBody,
    store::StoreError,
};

/// Why the library could not take in, remove or find a note.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What this module wrote cannot be read again.
    #[error(
        "The stored note {entry} is damaged. Stop the node and run `essaim store rebuild` on its \
         folder: its next start computes the library again from the logs"
    )]
    Damaged {
        /// The entry.
        entry: EntryId,
    },
    /// A key of this module cannot be read.
    #[error(
        "A key of the library is damaged. Stop the node and run `essaim store rebuild` on its \
         folder: its next start computes the library again from the logs"
    )]
    DamagedKey,
    /// What is kept of a caller's number cannot be read.
    #[error(
        "What is kept of the publication numbered {number} is damaged or was written by newer \
         software: look whether the note is published, then publish it under another number"
    )]
    DamagedNumber {
        /// The number.
        number: IdempotencyKey,
    },
    /// The number was used for another publication.
    #[error("The number {number} was used for another publication: take a new one")]
    NumberReused {
        /// The number.
        number: IdempotencyKey,
    },
    /// The note breaks a rule of its type.
    #[error("The note is not valid: {0}")]
    Invalid(#[from] InvalidBody),
    /// The note names another member than the log it stands in.
    #[error("Entry {entry} carries a note of another member than its origin")]
    ForeignMember {
        /// The entry.
        entry: EntryId,
    },
    /// An entry that claims to revise a later one.
    #[error("Entry {entry} names entry {first_seq} as its first version, which comes later")]
    LaterFirst {
        /// The entry.
        entry: EntryId,
        /// The number it names.
        first_seq: u64,
    },
}
