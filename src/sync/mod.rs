//! Replication between nodes: pull only, over any [`link::Link`]. Any node passes on any log; what
//! arrives is verified before it is stored, and a session resumes where the last one stopped,
//! because the cursor is the size of the stored log itself.
//!
//! [`session::Session`] and [`peer::Peer`] are pure state machines: they open no socket, read no
//! clock and draw no random number. [`serve::Serve`] is the other end. [`pull::pull`] is the thin
//! driver between a session and a link.

pub mod link;
pub mod message;
pub mod packing;
pub mod peer;
pub mod pull;
pub mod serve;
pub mod session;
pub mod status;

use crate::{
    log::{LogError, verify::VerifyError},
    sync::link::LinkError,
};

/// Why a session ended early.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The link failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What the other node sent does not verify or breaks the protocol.
    #[error("The other node was refused: {0}")]
    Refused(#[from] VerifyError),
    /// The own logs failed.
    #[error(transparent)]
    Log(LogError),
    /// The stream ended before its last frame.
    #[error("The link ended before the last frame; what was received is kept")]
    CutOff,
    /// The thread that stored a frame died.
    #[error("A frame could not be stored: its thread died")]
    Panicked,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The other node is wrong: leave it alone for a while, take from others.
    Reject,
    /// It may go better next time.
    Retry,
}

impl SyncError {
    /// What follows from it.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Refused(_) | Self::Link(LinkError::Garbled(_) | LinkError::Refused(_)) => {
                Verdict::Reject
            }
            Self::Link(LinkError::Broken(_)) | Self::CutOff | Self::Panicked => Verdict::Retry,
            Self::Log(error) => match error {
                LogError::Refused(_) => Verdict::Reject,
                // Only that log stands still, and says so; the others go on.
                LogError::Damaged { .. }
                | LogError::Frozen { .. }
                | LogError::File { .. }
                | LogError::Store(_)
                | LogError::Key(_)
                | LogError::DamagedBody { .. }
                | LogError::Unreadable { .. }
                | LogError::Behind { .. }
                | LogError::Unconfirmed { .. }
                | LogError::NoSuchRevision { .. }
                | LogError::NoRandomness => Verdict::Retry,
            },
        }
    }
}

impl From<LogError> for SyncError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Refused(error) => Self::Refused(error),
            error => Self::Log(error),
        }
    }
}

#[cfg(test)]
mod tests;
