//! A stand for tests of the listeners: one national node (ML) with a real store in memory, real
//! logs on disk and real sockets; certificates of its people, of other members and of strangers.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use essaim::{
    base::{
        clock::{Clock, SharedClock, SystemClock},
        id::MemberCode,
    },
    codes::embedded::Codes,
    disclosure::rules::Rules,
    keys::{
        certificate::{self, Credentials, PairPaths},
        roster::{LogKey, Member, MemberKind, Roster, SpkiPin},
        signer::LogSigner,
    },
    library::notes::Library,
    log::logs::{Body, Log},
    publication::{admitted::EntryKind, note::Note},
    records::repository::Repository,
    release,
    rpc::{
        authorization::{Gate, Listener},
        client::{ConnectError, connect_person},
        common::Served,
        credentials::LiveCredentials,
        exchange::{self, ExchangeParts},
        hub::{self, HubParts, RecordsParts, node::Insight, release::ReleaseParts},
        identity::LiveRoster,
        meter::Meter,
        node::NodeParts,
        own_log::OwnLog,
        server::{ServerLimits, Serving, serve},
        sync::SyncParts,
    },
    statistics::projection::Statistics,
    store::{SharedStore, memory::MemoryStore},
};
use jiff::{ToSpan, civil::Date};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::transport::Channel;

pub fn code(text: &str) -> MemberCode {
    text.parse().unwrap()
}

fn today() -> Date {
    SystemClock.today()
}

/// Certificates in a temporary folder.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn paths(&self, name: &str) -> (PathBuf, PathBuf) {
        let path = |extension| self.folder.path().join(format!("{name}.{extension}"));
        (path("pem"), path("key"))
    }

    fn with<T>(&self, name: &str, work: impl FnOnce(PairPaths<'_>) -> T) -> T {
        let (certificate, key) = self.paths(name);
        work(PairPaths { certificate: &certificate, key: &key })
    }

    pub fn load(&self, name: &str) -> Credentials {
        self.with(name, |paths| Credentials::load(paths).unwrap())
    }

    /// A node's certificate.
    pub fn node(&self, name: &str, member: &str) -> SpkiPin {
        self.with(name, |paths| certificate::create_node(code(member), today(), paths).unwrap())
    }

    /// A member's root for its people.
    pub fn root(&self, name: &str, member: &str) -> Vec<u8> {
        // Old enough that certificates under it can have expired.
        let made = today().saturating_sub(100.days());
        self.with(name, |paths| certificate::create_people_root(code(member), made, paths).unwrap())
    }

    /// A certificate under `root` with these URIs, issued some days ago for ten days.
    pub fn issue(&self, root: &str, uris: &[&str], days_ago: i32) -> Credentials {
        let name = format!("person-{}", essaim::base::id::IdempotencyKey::random());
        let uris: Vec<String> = uris.iter().map(|uri| (*uri).to_owned()).collect();
        let issued = today().saturating_sub(days_ago.days());
        self.with(root, |root| {
            self.with(&name, |paths| certificate::issue(root, &uris, issued, 10, paths).unwrap())
        });
        self.load(&name)
    }

    /// A certificate as it should be.
    pub fn person(&self, uri: &str) -> Credentials {
        let member = uri.trim_start_matches("essaim://").split('/').next().unwrap();
        self.issue(&format!("{member}-root"), &[uri], 0)
    }

    /// The member with its node's certificate `CODE-node` and its people's root `CODE-root`.
    pub fn member(&self, member: &str, kind: MemberKind) -> Member {
        let node = self.node(&format!("{member}-node"), member);
        let root = self.root(&format!("{member}-root"), member);
        Member {
            code: code(member),
            kind,
            name: format!("Member {member}"),
            exchange_address: "127.0.0.1:1".into(),
            log_keys: Vec::new(),
            node_keys: vec![node],
            people_roots: vec![root],
            denied: Vec::new(),
        }
    }
}

/// The node of ML and its two listeners.
pub struct Stand {
    pub certificates: Certificates,
    pub roster: Arc<LiveRoster>,
    pub hub: Running,
    pub exchange: Running,
    pub library: Arc<Library>,
    _folder: tempfile::TempDir,
}

/// A running listener.
pub struct Running {
    pub address: SocketAddr,
    pub meter: Arc<Meter>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

pub fn limits() -> ServerLimits {
    ServerLimits {
        handshake_timeout: Duration::from_secs(2),
        shutdown_grace: Duration::from_millis(300),
        ..ServerLimits::default()
    }
}

/// Serves on a free port.
pub async fn listen(
    listener: Listener,
    roster: Arc<LiveRoster>,
    credentials: Credentials,
    served: Served,
    limits: ServerLimits,
) -> Running {
    served.set_serving(true).await;
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let clock: SharedClock = Arc::new(SystemClock);
    let gate = Arc::new(Gate {
        listener,
        own: code("ML"),
        roster,
        clock,
        quick_deadline: Duration::from_secs(30),
    });
    let meter = Arc::new(Meter::default());
    let serving = Serving {
        socket,
        credentials: Arc::new(LiveCredentials::new(credentials).unwrap()),
        gate,
        routes: served.routes,
        limits,
        meters: vec![Arc::clone(&meter)],
    };
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let stopped = async move { drop(stopped.await) };
        serve(serving, stopped).await.unwrap();
    });
    Running { address, meter, stop, task }
}

impl Stand {
    pub async fn new() -> Self {
        Self::with_limits(limits()).await
    }

    pub async fn with_limits(limits: ServerLimits) -> Self {
        let certificates = Certificates::new();
        let signer = LogSigner::generate().unwrap();
        let mut members = vec![
            certificates.member("IER", MemberKind::Research),
            certificates.member("ML", MemberKind::National),
            certificates.member("SN", MemberKind::National),
            certificates.member("UEMOA", MemberKind::Coordinator),
        ];
        let key = signer.public();
        members[1].log_keys = vec![LogKey { epoch: 1, key, from_size: 0, to_size: None }];
        let roster = Arc::new(LiveRoster::new(Roster { version: 1, members }, Vec::new()));
        let folder = tempfile::tempdir().unwrap();
        let parts = Parts::new(folder.path(), Arc::clone(&roster), signer);
        let library = Arc::clone(&parts.library);
        let (hub, exchange) = parts.split();
        let node = || certificates.load("ML-node");
        let (first, second) = (Arc::clone(&roster), Arc::clone(&roster));
        let hub = listen(Listener::Hub, first, node(), hub::serve(hub), limits.clone()).await;
        let exchange =
            listen(Listener::Exchange, second, node(), exchange::serve(exchange), limits).await;
        Self { certificates, roster, hub, exchange, library, _folder: folder }
    }

    /// The pins of the node's certificate.
    pub fn pins(&self) -> BTreeSet<SpkiPin> {
        BTreeSet::from([self.certificates.load("ML-node").pin().unwrap()])
    }

    pub async fn connect_hub(&self, credentials: &Credentials) -> Result<Channel, ConnectError> {
        connect_person(&self.hub.address.to_string(), self.pins(), credentials).await
    }

    pub async fn connect_exchange(
        &self,
        credentials: &Credentials,
    ) -> Result<Channel, ConnectError> {
        connect_person(&self.exchange.address.to_string(), self.pins(), credentials).await
    }

    /// Puts a changed roster in force.
    pub fn change_roster(&self, change: impl FnOnce(&mut Roster)) {
        let mut roster = Roster::clone(&self.roster.roster());
        change(&mut roster);
        roster.version += 1;
        self.roster.replace(roster);
    }
}

/// What a national node serves.
struct Parts {
    node: NodeParts,
    store: SharedStore,
    codes: Arc<Codes>,
    library: Arc<Library>,
    own_log: Arc<OwnLog>,
}

impl Parts {
    fn new(folder: &Path, roster: Arc<LiveRoster>, signer: LogSigner) -> Self {
        let store: SharedStore = Arc::new(MemoryStore::default());
        let codes = Arc::new(Codes::embedded());
        let clock: SharedClock = Arc::new(SystemClock);
        let log = Arc::new(Log::open(folder, Arc::clone(&store), clock).unwrap());
        let library = Arc::new(Library::new(Arc::clone(&store)));
        // As a node does: what was appended is projected before the caller hears of it.
        let (projected, into) = (Arc::clone(&log), Arc::clone(&library));
        let on_append = Arc::new(move |id| {
            let entry = projected.entry(id).unwrap().unwrap();
            let Body::Present(body) = entry.body else { panic!("{id} has no body") };
            if entry.header.kind == EntryKind::NOTE {
                let note = Note::from_bytes(entry.header.schema, &body).unwrap();
                into.apply(id, entry.header.first_seq, &note).unwrap();
            }
        });
        let own_log = OwnLog::new(Arc::clone(&log), signer, code("ML"), 1, on_append);
        let meter = Arc::new(Meter::default());
        let node = NodeParts { member: code("ML"), roster, log, meter };
        Self { node, store, codes, library, own_log: Arc::new(own_log) }
    }

    fn split(self) -> (HubParts, ExchangeParts) {
        let Self { node, store, codes, library, own_log } = self;
        let clock: SharedClock = Arc::new(SystemClock);
        let (kept, timed) = (Arc::clone(&store), Arc::clone(&clock));
        let repository = Repository::new(kept, timed, codes.clone(), code("ML"));
        let records = RecordsParts {
            repository: Arc::new(repository),
            store: Arc::clone(&store),
            codes: Arc::clone(&codes),
            file_bytes_max: 1024 * 1024,
        };
        let rules = Rules::new(3, 15);
        let shared = Arc::clone(&store);
        let gate = release::gate::Gate::new(
            shared,
            Arc::clone(&codes),
            rules,
            code("ML"),
            Arc::clone(&clock),
        );
        let releases = ReleaseParts {
            gate: Arc::new(gate),
            repository: Arc::clone(&records.repository),
            own_log: Arc::clone(&own_log),
            closing_days: 30,
        };
        let statistics = Arc::new(Statistics::new(Arc::clone(&store), Arc::clone(&codes)).unwrap());
        let sync = SyncParts { log: Arc::clone(&node.log), roster: Arc::clone(&node.roster) };
        let exchange =
            ExchangeParts { node: node.clone(), statistics, library, own_log, codes, clock, sync };
        let hub = HubParts {
            node,
            readers: exchange.readers(),
            insight: Insight {
                store,
                peers: Arc::new(Vec::new),
                passed: Arc::new(|| Ok(Vec::new())),
                behind: Arc::new(|| false),
                badge: Arc::new(|_| None),
            },
            records: Some(records),
            releases: Some(releases),
        };
        (hub, exchange)
    }
}
