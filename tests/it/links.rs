//! Pulls over bad links: slow ones, dead ones, and callers who want too much at once.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use essaim::{
    base::clock::{SharedClock, SystemClock},
    codes::embedded::Codes,
    library::notes::Library,
    log::logs::Log,
    node::{
        neighbours::{NeighbourParts, Neighbours},
        projections::Projections,
    },
    rpc::{client::connect_node, credentials::LiveCredentials, meter::Meter, sync::link::NodeLink},
    statistics::projection::Statistics,
    store::{SharedStore, memory::MemoryStore},
    sync::{
        link::{Link, LinkError},
        message::{Frame, KnownHead, PullRequest, Want},
        status::PeerStatus,
    },
    wire::generated::exchange::{
        Note, PublishNoteRequest, library_service_client::LibraryServiceClient,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::stand::{Stand, code};

/// How a relay passes on what the node sends.
#[derive(Clone, Copy)]
enum Relay {
    /// So many bytes every tenth of a second.
    Slow { bytes: usize },
    /// So many bytes, then nothing, though the connection stands.
    Dead { after_bytes: usize },
}

/// Passes connections on to `node`; everything sent to it at once, what it sends as told.
async fn relay(node: SocketAddr, manner: Relay) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((caller, _)) = socket.accept().await {
            let callee = TcpStream::connect(node).await.unwrap();
            let ((mut from, mut to), (mut back, mut out)) =
                (caller.into_split(), callee.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from, &mut out).await });
            tokio::spawn(async move {
                let mut passed = 0;
                let mut piece = vec![0; 4096];
                loop {
                    let bytes = match manner {
                        Relay::Slow { bytes } => bytes,
                        Relay::Dead { after_bytes } => after_bytes.saturating_sub(passed).min(4096),
                    };
                    if bytes == 0 {
                        return std::future::pending().await;
                    }
                    let Ok(read @ 1..) = back.read(&mut piece[..bytes]).await else { return };
                    if to.write_all(&piece[..read]).await.is_err() {
                        return;
                    }
                    passed += read;
                    if matches!(manner, Relay::Slow { .. }) {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            });
        }
    });
    address
}

/// Text that zstd cannot shorten much, so that a frame has the size it seems to have.
fn noise(seed: usize, bytes: usize) -> String {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ seed as u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + (state % 26) as u8)
    };
    (0..bytes).map(|_| letter()).collect()
}

/// A node that has published so many notes of `text_bytes`.
async fn stand_with_notes(count: usize, text_bytes: usize) -> Stand {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://ML/author/author-1");
    let mut client = LibraryServiceClient::new(stand.connect_exchange(&author).await.unwrap());
    for number in 0..count {
        let note = Note {
            title: format!("Séchoir {number}"),
            summary: "Sécher".into(),
            text: noise(number, text_bytes),
            language: "fr".into(),
            rights: "CC-BY-4.0".into(),
            ..Note::default()
        };
        let request = PublishNoteRequest { note: Some(note), ..PublishNoteRequest::default() };
        client.publish_note(request).await.unwrap();
    }
    stand
}

async fn link(stand: &Stand, address: SocketAddr, silence_max: Duration) -> NodeLink {
    let node = stand.certificates.load("SN-node");
    let (roster, meter) = (Arc::clone(&stand.roster), Arc::new(Meter::default()));
    let meters = vec![Arc::clone(&meter)];
    let channel = connect_node(&address.to_string(), code("ML"), roster, &node, meters).await;
    NodeLink::new(channel.unwrap(), meter, silence_max)
}

fn request() -> PullRequest {
    let known = vec![KnownHead { origin: code("ML"), epoch: 1, held: 0, size: 0, root: [0; 32] }];
    PullRequest { known, bodies: Vec::new(), budget_bytes: 1 << 20, want: Want::Bodies }
}

#[tokio::test]
async fn a_frame_that_takes_longer_than_the_longest_silence_arrives() {
    let stand = stand_with_notes(1, 100_000).await;
    // About 40 kB/s: the frame of some 60 kB takes well over a second.
    let address = relay(stand.exchange.address, Relay::Slow { bytes: 4096 }).await;
    let mut link = link(&stand, address, Duration::from_millis(500)).await;
    let began = tokio::time::Instant::now();
    let frames: Vec<_> = link.pull(request()).await.unwrap().collect().await;
    let frames: Vec<_> = frames.into_iter().map(Result::unwrap).collect();
    assert!(began.elapsed() > Duration::from_secs(1), "the relay was not slow");
    assert!(matches!(
        frames[..],
        [Frame::Heads(_), Frame::Batch(_), Frame::End { complete: true }]
    ));
}

#[tokio::test]
async fn a_link_that_goes_silent_is_given_up() {
    let stand = stand_with_notes(1, 100_000).await;
    let address = relay(stand.exchange.address, Relay::Dead { after_bytes: 20_000 }).await;
    let mut link = link(&stand, address, Duration::from_millis(500)).await;
    let frames: Vec<_> = link.pull(request()).await.unwrap().collect().await;
    let Some(Err(LinkError::Broken(words))) = frames.last() else { panic!("it went on") };
    assert!(words.contains("no bytes"), "{words}");
}

#[tokio::test]
async fn one_member_cannot_take_all_the_pulls() {
    // More than HTTP/2 lets a node send to one that does not read: a pull that goes on.
    let stand = stand_with_notes(40, 200_000).await;
    let request = || PullRequest { budget_bytes: 1 << 30, ..request() };
    let (address, long) = (stand.exchange.address, Duration::from_secs(60));
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut link = link(&stand, address, long).await;
        let mut frames = link.pull(request()).await.unwrap();
        assert!(matches!(frames.next().await, Some(Ok(Frame::Heads(_)))));
        held.push((link, frames));
    }
    let mut third = link(&stand, address, long).await;
    let Err(LinkError::Broken(words)) = third.pull(request()).await else { panic!("served") };
    assert!(words.contains("pulls"), "{words}");
    // Another member is served all the same.
    let node = stand.certificates.load("UEMOA-node");
    let (roster, meter) = (Arc::clone(&stand.roster), Arc::new(Meter::default()));
    let address = stand.exchange.address.to_string();
    let channel = connect_node(&address, code("ML"), roster, &node, Vec::new()).await.unwrap();
    let frames = NodeLink::new(channel, meter, long).pull(request()).await.unwrap();
    let frames: Vec<_> = frames.collect().await;
    assert!(matches!(frames.last(), Some(Ok(Frame::End { complete: true }))));
}

#[tokio::test]
async fn a_member_that_loses_its_place_or_its_key_while_it_pulls_gets_no_further_frame() {
    let new_key = |stand: &Stand| stand.certificates.node("SN-node-2", "SN");
    for is_removed in [true, false] {
        let stand = stand_with_notes(40, 200_000).await;
        let mut link = link(&stand, stand.exchange.address, Duration::from_secs(5)).await;
        let request = PullRequest { budget_bytes: 1 << 30, ..request() };
        let mut frames = link.pull(request).await.unwrap();
        assert!(matches!(frames.next().await, Some(Ok(Frame::Heads(_)))));
        let pin = new_key(&stand);
        stand.change_roster(|roster| match is_removed {
            true => roster.members.retain(|member| member.code != code("SN")),
            false => roster.members[2].node_keys = vec![pin],
        });
        let rest: Vec<_> = frames.collect().await;
        assert!(matches!(rest.last(), Some(Err(LinkError::Refused(_)))), "{rest:?}");
    }
}

/// SN's pulls from the node of the stand, which its roster finds at `address`.
struct Follower {
    neighbours: Arc<Neighbours>,
    log: Arc<Log>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Follower {
    fn new(stand: &Stand, address: SocketAddr) -> Self {
        stand.change_roster(|roster| roster.members[1].exchange_address = address.to_string());
        let folder = tempfile::tempdir().unwrap();
        let store: SharedStore = Arc::new(MemoryStore::default());
        let clock: SharedClock = Arc::new(SystemClock);
        let opened = Log::open(folder.path(), Arc::clone(&store), Arc::clone(&clock));
        let log = Arc::new(opened.unwrap());
        let codes = Arc::new(Codes::embedded());
        let statistics = Arc::new(Statistics::new(Arc::clone(&store), codes).unwrap());
        let library = Arc::new(Library::new(Arc::clone(&store)));
        let projections = Projections::new(Arc::clone(&log), store, statistics, library);
        let node = stand.certificates.load("SN-node");
        // Only what a test asks for happens: waits are longer than it lasts.
        let neighbours = Arc::new(Neighbours::new(NeighbourParts {
            own: code("SN"),
            chosen: Some(vec![code("ML")]),
            interval: Duration::from_secs(24 * 60 * 60),
            budget_bytes: 1 << 30,
            silence_max: Duration::from_secs(24 * 60 * 60),
            roster: Arc::clone(&stand.roster),
            log: Arc::clone(&log),
            projections: Arc::new(projections),
            credentials: Arc::new(LiveCredentials::new(node).unwrap()),
            meter: Arc::new(Meter::default()),
            clock,
        }));
        let stop = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(&neighbours).run(stop.clone()));
        Self { neighbours, log, stop, task, _folder: folder }
    }

    /// Waits until its only neighbour stands so.
    async fn until(&self, is_so: impl Fn(&PeerStatus) -> bool) -> PeerStatus {
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                let status = self.neighbours.status().remove(0);
                if is_so(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        match waited.await {
            Ok(status) => status,
            Err(_) => panic!("{:?}", self.neighbours.status()),
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Gives ML another key in the roster than its node has, beside that or in its place.
fn change_key(stand: &Stand, follower: &Follower, is_kept: bool) {
    let new_key = stand.certificates.node(&format!("ML-node-{is_kept}"), "ML");
    stand.change_roster(|roster| {
        let keys = &mut roster.members[1].node_keys;
        keys.retain(|_| is_kept);
        keys.push(new_key);
    });
    follower.neighbours.follow_roster();
}

#[tokio::test]
async fn a_link_that_stands_ends_when_the_roster_drops_the_key_it_was_made_with() {
    let stand = Stand::new().await;
    let follower = Follower::new(&stand, stand.exchange.address);
    let first = follower.until(|status| status.last_contact.is_some()).await;
    // A further key changes nothing but that it pulls at once.
    change_key(&stand, &follower, true);
    let second = follower.until(|status| status.last_contact > first.last_contact).await;
    assert_eq!(second.failures, 0);
    change_key(&stand, &follower, false);
    let status = follower.until(|status| status.failures > 0).await;
    let words = status.last_failure.unwrap();
    assert!(words.contains("does not hold the key that the roster"), "{words}");
    follower.stop().await;
}

#[tokio::test]
async fn a_link_that_stands_ends_when_the_roster_denies_the_key_it_was_made_with() {
    let stand = Stand::new().await;
    let follower = Follower::new(&stand, stand.exchange.address);
    follower.until(|status| status.last_contact.is_some()).await;
    // That the key still stands among the node's, too, does not help it.
    stand.change_roster(|roster| {
        let peer = &mut roster.members[1];
        peer.denied.clone_from(&peer.node_keys);
    });
    follower.neighbours.follow_roster();
    let status = follower.until(|status| status.failures > 0).await;
    let words = status.last_failure.unwrap();
    assert!(words.contains("does not hold the key that the roster"), "{words}");
    follower.stop().await;
}

#[tokio::test]
async fn a_pull_that_goes_on_ends_when_the_roster_drops_the_key_of_its_link() {
    let stand = stand_with_notes(1, 100_000).await;
    // What follows the first bytes never comes, and nothing but a new roster ends the wait.
    let address = relay(stand.exchange.address, Relay::Dead { after_bytes: 20_000 }).await;
    let follower = Follower::new(&stand, address);
    let pulled = tokio::time::timeout(Duration::from_secs(60), async {
        while follower.log.position(code("ML"), 1).is_none_or(|at| at.size == 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    pulled.await.expect("the heads come");
    change_key(&stand, &follower, false);
    let status = follower.until(|status| status.failures > 0).await;
    let words = status.last_failure.unwrap();
    assert!(words.contains("no longer holds the key"), "{words}");
    follower.stop().await;
}
