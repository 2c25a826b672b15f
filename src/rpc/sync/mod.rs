//! Replication over gRPC: the service that answers pulls, and the link that asks for them.

pub mod link;

use std::{pin::Pin, sync::Arc, time::Duration};

use futures_util::Stream;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, async_trait};

use crate::{
    log::logs::Log,
    sync::{message::PullRequest, serve::Serve},
    wire::{
        generated::sync::{self as pb, sync_service_server::SyncService},
        status,
        sync::{frame_to_wire, request_from_wire},
    },
};

/// Pulls served at once; further ones are told to come again.
const PULLS_MAX: usize = 16;
/// Frames that may wait for the network.
const FRAMES_WAITING: usize = 2;
/// Longest a frame may wait for the caller to take it.
const FRAME_TIMEOUT: Duration = Duration::from_secs(120);

/// What is replicated.
pub struct SyncParts {
    /// The logs.
    pub log: Arc<Log>,
}

/// The sync service.
pub struct SyncServer {
    log: Arc<Log>,
    pulls: Arc<Semaphore>,
}

impl SyncServer {
    pub(super) fn new(parts: SyncParts) -> Self {
        Self { log: parts.log, pulls: Arc::new(Semaphore::new(PULLS_MAX)) }
    }
}

type Answer = Result<pb::PullResponse, Status>;

#[async_trait]
impl SyncService for SyncServer {
    type PullStream = Pin<Box<dyn Stream<Item = Answer> + Send>>;

    async fn pull(
        &self,
        request: Request<pb::PullRequest>,
    ) -> Result<Response<Self::PullStream>, Status> {
        let request = request_from_wire(request.into_inner())?;
        let permit = Arc::clone(&self.pulls).try_acquire_owned();
        let permit = permit.map_err(|_| status::busy("pulls"))?;
        let (frames, waiting) = mpsc::channel(FRAMES_WAITING);
        let (log, handle) = (Arc::clone(&self.log), Handle::current());
        tokio::task::spawn_blocking(move || send(log, request, &frames, &handle, permit));
        Ok(Response::new(Box::pin(ReceiverStream::new(waiting))))
    }
}

/// Sends the frames that answer `request` until they end or the caller is gone. Blocks.
fn send(
    log: Arc<Log>,
    request: PullRequest,
    frames: &mpsc::Sender<Answer>,
    handle: &Handle,
    _permit: OwnedSemaphorePermit,
) {
    let put = |answer: Answer| {
        let sent = tokio::time::timeout(FRAME_TIMEOUT, frames.send(answer));
        handle.block_on(sent).is_ok_and(|sent| sent.is_ok())
    };
    let serve = match Serve::new(log, request) {
        Ok(serve) => serve,
        Err(error) => {
            put(Err(error.into()));
            return;
        }
    };
    for frame in serve {
        let answer = frame.map(frame_to_wire).map_err(Status::from);
        let failed = answer.is_err();
        if !put(answer) || failed {
            return;
        }
    }
}
