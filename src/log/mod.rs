//! The logs: append-only, signed, one per member and epoch. Own ones are appended to, others' are
//! followed; both are stored alike and verified by the same functions.
//!
//! On disk, per (origin, epoch), a folder `ML-1` with
//! - `headers`: fixed headers of 128 bytes, entry `seq` at `seq × 128`, never rewritten;
//! - `checkpoints`: the newest checkpoint held in full, and the one being fetched, if any; see
//!   [`state`];
//! - `fork`: evidence that the origin signed two histories, if it ever did.
//!
//! Bodies stand in the store, in chunks, and may be erased; headers stay for ever. The folder may
//! never roll back while its key signs, and the store notes how long each log was ([`noted`]) to
//! notice it; the whole folder may be lost if another node holds the log.

pub mod archive;
pub mod batch;
pub mod bodies;
pub mod check;
pub mod checkpoint;
pub mod files;
pub mod header;
pub mod logs;
pub mod merkle;
pub mod noted;
pub mod single;
pub mod snapshot;
pub mod state;
pub mod verify;

use crate::{
    base::id::{EntryId, MemberCode},
    keys::KeyError,
    log::verify::VerifyError,
    store::StoreError,
};

/// What went wrong in a log. Carries identifiers and places, never a body's bytes.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file could not be read or written.
    #[error("The log file {path} could not be used: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key or note is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Bytes on disk are not what was signed.
    #[error(
        "The log of {origin}, epoch {epoch}, is damaged: {detail}. Run `essaim log verify` on the \
         node's folder"
    )]
    Damaged {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
        /// What differs, and where.
        detail: String,
    },
    /// The stored body of an entry is not the one its header commits to.
    #[error("The body of {id} is damaged; another node may still hold it")]
    DamagedBody {
        /// The entry.
        id: EntryId,
    },
    /// The entry is authentic, but this program cannot read it; pass it over.
    #[error("The entry {id} is passed over: {problem}")]
    Unreadable {
        /// The entry.
        id: EntryId,
        /// Why.
        problem: &'static str,
    },
    /// Another node holds a longer log of ours than we do: ours was restored from a backup.
    #[error(
        "The own log {origin}, epoch {epoch}, has {held} entries, but {known} were signed. \
         Nothing is appended until the missing ones are pulled back from another node. If no node \
         holds them, the log goes on in a new epoch: a higher `log_epoch` with a new key in the \
         roster"
    )]
    Behind {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
        /// Entries held.
        held: u64,
        /// Entries signed.
        known: u64,
    },
    /// Too few other nodes have said how long they know our log to be.
    #[error(
        "The own log {origin}, epoch {epoch}, takes no entry until {needed} other nodes have said \
         how long they know that log to be; {answered} have. Nothing was published; try again when \
         the link is up. If it is, the others' copies of the log may be damaged, which \
         `essaim log verify` tells there"
    )]
    Unconfirmed {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
        /// How many answers it takes.
        needed: usize,
        /// How many have come.
        answered: usize,
    },
    /// The origin signed two histories.
    #[error("The log of {origin}, epoch {epoch}, is forked and frozen; it goes on in a new epoch")]
    Frozen {
        /// Whose log.
        origin: MemberCode,
        /// Its epoch.
        epoch: u32,
    },
    /// The superseded entry does not exist, or is of another kind.
    #[error("The entry {id} cannot be superseded: there is none of that kind")]
    NoSuchRevision {
        /// The entry named.
        id: EntryId,
    },
    /// The operating system gave no random bytes.
    #[error("The operating system gave no random bytes")]
    NoRandomness,
    /// What another node sent does not verify.
    #[error(transparent)]
    Refused(#[from] VerifyError),
}

#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod tests;
