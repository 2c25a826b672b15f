//! Replication over gRPC: the service that answers pulls, and the link that asks for them.

pub mod link;

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::Stream;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::id::MemberCode,
    keys::roster::SpkiPin,
    log::logs::Log,
    rpc::{
        authorization::refused,
        call::caller,
        identity::{LiveRoster, Presented, Refusal},
    },
    sync::{
        message::{Frame, PullRequest},
        serve::Serve,
    },
    wire::{
        generated::sync::{self as pb, sync_service_server::SyncService},
        status,
        sync::{frame_to_wire, request_from_wire},
    },
};

/// Pulls served at once; further ones are told to come again.
const PULLS_MAX: usize = 16;
/// Pulls of one member served at once: one that goes on and one that follows a broken link.
const PULLS_PER_MEMBER_MAX: usize = 2;
/// Longest a pull may go on; its caller is told to pull again.
const PULL_TIME_MAX: Duration = Duration::from_secs(60 * 60);
/// Frames that may wait for the network.
const FRAMES_WAITING: usize = 2;
/// Longest a frame may wait for the caller to take it.
const FRAME_TIMEOUT: Duration = Duration::from_secs(120);

/// What is replicated.
pub struct SyncParts {
    /// The logs.
    pub log: Arc<Log>,
    /// Who may have them.
    pub roster: Arc<LiveRoster>,
}

/// The sync service.
pub struct SyncServer {
    parts: SyncParts,
    pulls: Arc<Semaphore>,
    /// By member: as many as were ever in the roster.
    by_member: Mutex<BTreeMap<MemberCode, Arc<Semaphore>>>,
}

/// Leave to be served, given back when it is dropped.
type Leave = [OwnedSemaphorePermit; 2];

impl SyncServer {
    pub(super) fn new(parts: SyncParts) -> Self {
        let pulls = Arc::new(Semaphore::new(PULLS_MAX));
        Self { parts, pulls, by_member: Mutex::default() }
    }

    fn leave(&self, member: MemberCode) -> Option<Leave> {
        let own = {
            let mut all = self.by_member.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Semaphore::new(PULLS_PER_MEMBER_MAX));
            Arc::clone(all.entry(member).or_insert_with(new))
        };
        let own = own.try_acquire_owned().ok()?;
        Some([own, Arc::clone(&self.pulls).try_acquire_owned().ok()?])
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
        let member = caller(&request)?.member();
        let presented = request.extensions().get::<Arc<Presented>>();
        let pin = presented.ok_or_else(|| refused(Refusal::UnknownCertificate))?.pin;
        let request = request_from_wire(request.into_inner())?;
        let leave = self.leave(member).ok_or_else(|| status::busy("pulls"))?;
        let (frames, waiting) = mpsc::channel(FRAMES_WAITING);
        let sending = Sending {
            roster: Arc::clone(&self.parts.roster),
            pin,
            frames,
            handle: Handle::current(),
            until: tokio::time::Instant::now() + PULL_TIME_MAX,
            _leave: leave,
        };
        let log = Arc::clone(&self.parts.log);
        tokio::task::spawn_blocking(move || sending.send(log, request));
        Ok(Response::new(Box::pin(ReceiverStream::new(waiting))))
    }
}

/// One answer on its way.
struct Sending {
    roster: Arc<LiveRoster>,
    /// The key of the caller's connection.
    pin: SpkiPin,
    frames: mpsc::Sender<Answer>,
    handle: Handle,
    until: tokio::time::Instant,
    _leave: Leave,
}

impl Sending {
    /// Sends the frames that answer `request` until they end or the caller is gone. Blocks.
    fn send(&self, log: Arc<Log>, request: PullRequest) {
        let serve = match Serve::new(log, request) {
            Ok(serve) => serve,
            Err(error) => {
                self.put(Err(error.into()));
                return;
            }
        };
        for frame in serve {
            let answer = frame.map(frame_to_wire).map_err(Status::from);
            let last = answer.is_err();
            if !self.put(answer) || last {
                return;
            }
            if let Some(end) = self.end() {
                self.put(end);
                return;
            }
        }
    }

    /// What ends the answer early, if anything does.
    fn end(&self) -> Option<Answer> {
        // The gate looked when the pull began; rosters change while it goes on.
        if let Err(refusal) = self.roster.identify_node(&self.pin) {
            return Some(Err(refused(refusal)));
        }
        let late = tokio::time::Instant::now() > self.until;
        late.then(|| Ok(frame_to_wire(Frame::End { complete: false })))
    }

    fn put(&self, answer: Answer) -> bool {
        let sent = tokio::time::timeout(FRAME_TIMEOUT, self.frames.send(answer));
        self.handle.block_on(sent).is_ok_and(|sent| sent.is_ok())
    }
}
