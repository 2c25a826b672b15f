//! A link to another node.

use std::{pin::Pin, time::Duration};

use futures_util::Stream;
use tokio_stream::StreamExt;
use tonic::{Code, Status, transport::Channel};

use crate::{
    base::limits::MESSAGE_BYTES_MAX,
    rpc::client::describe,
    sync::{
        link::{Link, LinkError},
        message::{Frame, PullRequest},
    },
    wire::{
        generated::sync::sync_service_client::SyncServiceClient,
        sync::{frame_from_wire, request_to_wire},
    },
};

/// Longest wait for the next frame.
const FRAME_TIMEOUT: Duration = Duration::from_secs(120);

/// A connection to another node.
pub struct NodeLink {
    client: SyncServiceClient<Channel>,
}

impl NodeLink {
    /// Pulls over `channel`.
    pub fn new(channel: Channel) -> Self {
        let client = SyncServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Self { client }
    }
}

impl Link for NodeLink {
    type Frames = Pin<Box<dyn Stream<Item = Result<Frame, LinkError>> + Send>>;

    async fn pull(&mut self, request: PullRequest) -> Result<Self::Frames, LinkError> {
        let answer = self.client.pull(request_to_wire(request));
        let answer = tokio::time::timeout(FRAME_TIMEOUT, answer).await;
        let answer = answer.map_err(|_| too_slow())?.map_err(|status| fault(&status))?;
        let frames = answer.into_inner().timeout(FRAME_TIMEOUT).map(|timed| {
            let message = timed.map_err(|_| too_slow())?.map_err(|status| fault(&status))?;
            frame_from_wire(message).map_err(|invalid| LinkError::Garbled(invalid.to_string()))
        });
        Ok(Box::pin(frames))
    }
}

fn too_slow() -> LinkError {
    LinkError::Broken(format!("no frame came within {} s", FRAME_TIMEOUT.as_secs()))
}

fn fault(status: &Status) -> LinkError {
    let words = describe(status);
    match status.code() {
        Code::PermissionDenied | Code::Unauthenticated | Code::Unimplemented => {
            LinkError::Refused(words)
        }
        Code::OutOfRange | Code::InvalidArgument => LinkError::Garbled(words),
        _ => LinkError::Broken(words),
    }
}
