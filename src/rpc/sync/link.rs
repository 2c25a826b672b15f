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

/// A connection to another node.
pub struct NodeLink {
    client: SyncServiceClient<Channel>,
    /// Longest wait for the next frame.
    silence_max: Duration,
}

impl NodeLink {
    /// Pulls over `channel`, and gives up when no frame comes for `silence_max`.
    pub fn new(channel: Channel, silence_max: Duration) -> Self {
        let client = SyncServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Self { client, silence_max }
    }
}

impl Link for NodeLink {
    type Frames = Pin<Box<dyn Stream<Item = Result<Frame, LinkError>> + Send>>;

    async fn pull(&mut self, request: PullRequest) -> Result<Self::Frames, LinkError> {
        let silence_max = self.silence_max;
        let answer = self.client.pull(request_to_wire(request));
        let answer = tokio::time::timeout(silence_max, answer).await;
        let answer = answer.map_err(|_| too_slow(silence_max))?.map_err(|status| fault(&status))?;
        let frames = answer.into_inner().timeout(silence_max).map(move |timed| {
            let message =
                timed.map_err(|_| too_slow(silence_max))?.map_err(|status| fault(&status))?;
            frame_from_wire(message).map_err(|invalid| LinkError::Garbled(invalid.to_string()))
        });
        Ok(Box::pin(frames))
    }
}

fn too_slow(silence_max: Duration) -> LinkError {
    LinkError::Broken(format!("no frame came within {} s", silence_max.as_secs()))
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
