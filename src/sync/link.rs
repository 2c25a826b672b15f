//! The way to another node, as the pure part of sync sees it. `rpc::sync` has the real one.

use std::future::Future;

use futures_util::Stream;

use crate::sync::message::{Frame, PullRequest};

/// A way to one other node.
pub trait Link: Send {
    /// The frames of one answer. Dropping it ends the pull.
    type Frames: Stream<Item = Result<Frame, LinkError>> + Send + Unpin;

    /// Asks for news.
    fn pull(
        &mut self,
        request: PullRequest,
    ) -> impl Future<Output = Result<Self::Frames, LinkError>> + Send;
}

/// Why a link failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The other node could not be reached, or the link broke: try later.
    #[error("The link failed: {0}")]
    Broken(String),
    /// The other node refused us (certificate, role, roster).
    #[error("The other node refused: {0}")]
    Refused(String),
    /// The other node sent something that is no frame.
    #[error("The other node sent no frame of ours: {0}")]
    Garbled(String),
}
