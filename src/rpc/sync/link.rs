//! A link to another node.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use futures_util::{Stream, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, transport::Channel};

use crate::{
    base::limits::MESSAGE_BYTES_MAX,
    rpc::{client::describe, meter::Meter},
    sync::{
        link::{Link, LinkError},
        message::{Frame, PullRequest},
    },
    wire::{
        generated::sync::sync_service_client::SyncServiceClient,
        sync::{frame_from_wire, request_to_wire},
    },
};

/// Fewer bytes than this within the longest silence are none: the answers to HTTP/2 pings, which
/// come from a node that is stuck, too.
const BYTES_HEARD_MIN: u64 = 1024;

/// A connection to another node.
pub struct NodeLink {
    client: SyncServiceClient<Channel>,
    hearing: Hearing,
}

/// Listens for bytes of one connection. A frame may take long on a slow link; it is given up only
/// when nothing of it comes.
#[derive(Clone)]
struct Hearing {
    /// Counts the bytes of the connection.
    meter: Arc<Meter>,
    /// Longest time without bytes.
    silence_max: Duration,
    /// Cancelled when the other end's key has left the roster.
    cut: CancellationToken,
}

impl Hearing {
    /// Waits for `work` as long as bytes come and the link is not cut.
    async fn until<T>(&self, work: impl Future<Output = T>) -> Result<T, LinkError> {
        let heard = self.cut.run_until_cancelled(self.while_heard(work)).await;
        heard.unwrap_or_else(|| {
            let words = "the roster no longer holds the key of the node at the other end";
            Err(LinkError::Broken(words.into()))
        })
    }

    async fn while_heard<T>(&self, work: impl Future<Output = T>) -> Result<T, LinkError> {
        tokio::pin!(work);
        loop {
            let before = self.meter.received_bytes();
            if let Ok(done) = tokio::time::timeout(self.silence_max, &mut work).await {
                return Ok(done);
            }
            if self.meter.received_bytes() - before < BYTES_HEARD_MIN {
                return Err(too_slow(self.silence_max));
            }
        }
    }
}

impl NodeLink {
    /// Pulls over `channel`, whose bytes `meter` counts, and gives up when none come for
    /// `silence_max`.
    pub fn new(channel: Channel, meter: Arc<Meter>, silence_max: Duration) -> Self {
        let client = SyncServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        let cut = CancellationToken::new();
        Self { client, hearing: Hearing { meter, silence_max, cut } }
    }

    /// The same, until `cut` is cancelled: then it fails, in the middle of a pull, too.
    #[must_use]
    pub fn until(mut self, cut: CancellationToken) -> Self {
        self.hearing.cut = cut;
        self
    }

    /// Whether it can be used no more.
    pub fn is_cut(&self) -> bool {
        self.hearing.cut.is_cancelled()
    }
}

impl Link for NodeLink {
    type Frames = Pin<Box<dyn Stream<Item = Result<Frame, LinkError>> + Send>>;

    async fn pull(&mut self, request: PullRequest) -> Result<Self::Frames, LinkError> {
        let hearing = self.hearing.clone();
        let answer = hearing.until(self.client.pull(request_to_wire(request))).await?;
        let messages = answer.map_err(|status| fault(&status))?.into_inner();
        let frames = stream::try_unfold((messages, hearing), |(mut messages, hearing)| async {
            let message = hearing.until(messages.message()).await?;
            let Some(message) = message.map_err(|status| fault(&status))? else { return Ok(None) };
            let frame = frame_from_wire(message);
            let frame = frame.map_err(|invalid| LinkError::Garbled(invalid.to_string()))?;
            Ok(Some((frame, (messages, hearing))))
        });
        Ok(Box::pin(frames))
    }
}

fn too_slow(silence_max: Duration) -> LinkError {
    LinkError::Broken(format!("no bytes came for {} s", silence_max.as_secs()))
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
