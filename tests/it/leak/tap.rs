//! A recording man in the middle. The test holds every key of its federation, so a tap can stand
//! before any listener: it answers with that listener's certificate, calls on with the caller's,
//! and keeps what it hears after TLS and HTTP/2: heads, bodies and trailers of both directions.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use essaim::{
    base::clock::SystemClock,
    keys::{certificate::Credentials, roster::SpkiPin},
    rpc::{
        credentials::LiveCredentials,
        identity::LiveRoster,
        tls::{Expected, client_config, server_config},
    },
};
use http::{HeaderMap, Request, Response};
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    client::conn::http2::SendRequest,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Most bytes of bodies that are kept; a test that carries more must raise it, not miss some.
const RECORDED_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Who holds which key: everybody in the federation.
pub type Keyring = BTreeMap<SpkiPin, (String, Arc<Credentials>)>;

/// Everything that was heard.
#[derive(Default)]
pub struct Record {
    calls: Mutex<Vec<Arc<Call>>>,
    bytes: AtomicUsize,
}

/// One call.
pub struct Call {
    /// Who called: `node-ML`, `ML-steward-1`, …
    pub from: String,
    /// What was called: `ML exchange`, …
    pub to: String,
    /// The path in HTTP/2.
    pub method: String,
    pub request: Arc<Mutex<Half>>,
    pub answer: Arc<Mutex<Half>>,
}

/// One direction of a call.
#[derive(Debug, Clone, Default)]
pub struct Half {
    pub head: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, Vec<u8>)>,
}

impl Record {
    /// The calls so far, those still running included.
    pub fn calls(&self) -> Vec<Arc<Call>> {
        assert!(self.bytes.load(Ordering::Relaxed) < RECORDED_BYTES_MAX, "the record is full");
        self.calls.lock().unwrap().clone()
    }

    fn begin(&self, from: &str, to: &str, request: &Request<Incoming>) -> Arc<Call> {
        let half = Half { head: listed(request.headers()), ..Half::default() };
        let call = Arc::new(Call {
            from: from.into(),
            to: to.into(),
            method: request.uri().to_string(),
            request: Arc::new(Mutex::new(half)),
            answer: Arc::default(),
        });
        self.calls.lock().unwrap().push(Arc::clone(&call));
        call
    }
}

fn listed(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// A tap before one listener.
pub struct Tap {
    pub address: SocketAddr,
    upstream: watch::Sender<Option<SocketAddr>>,
}

/// What a tap works with.
pub struct TapParts {
    /// What it stands before, as calls are labelled.
    pub name: String,
    /// The certificate of the node behind it.
    pub credentials: Arc<LiveCredentials>,
    pub roster: Arc<LiveRoster>,
    pub keyring: Arc<Keyring>,
    pub record: Arc<Record>,
}

impl Tap {
    /// A tap on a free port; callers wait until it knows where the listener is.
    pub async fn start(parts: TapParts) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (upstream, known) = watch::channel(None);
        let parts = Arc::new(parts);
        tokio::spawn(async move {
            // Ends with the test's runtime.
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(carry(Arc::clone(&parts), stream, known.clone()));
            }
        });
        Self { address, upstream }
    }

    /// Tells where the listener behind it is.
    pub fn before(&self, listener: SocketAddr) {
        self.upstream.send(Some(listener)).unwrap();
    }
}

/// Carries one connection. What fails ends it; both sides see a broken link.
async fn carry(
    parts: Arc<TapParts>,
    stream: TcpStream,
    mut known: watch::Receiver<Option<SocketAddr>>,
) {
    let Some(listener) = known.wait_for(Option::is_some).await.ok().and_then(|known| *known) else {
        return;
    };
    stream.set_nodelay(true).unwrap();
    let clock = Arc::new(SystemClock);
    let config =
        server_config(Arc::clone(&parts.credentials), Arc::clone(&parts.roster), clock).unwrap();
    let Ok(tls) = TlsAcceptor::from(config).accept(stream).await else { return };
    let presented = tls.get_ref().1.peer_certificates().unwrap()[0].clone();
    let pin = essaim::keys::certificate::spki_pin(&presented).unwrap();
    let (caller, credentials) = parts.keyring.get(&pin).expect("a caller of this federation");
    let Some(sender) = call_on(&parts, listener, credentials).await else { return };
    let (caller, parts) = (Arc::new(caller.clone()), Arc::clone(&parts));
    let service = service_fn(move |request| {
        let (parts, caller, sender) = (Arc::clone(&parts), Arc::clone(&caller), sender.clone());
        async move { relay(&parts, &caller, sender, request).await }
    });
    let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(tls), service);
    drop(served.await);
}

/// A connection to the listener in the caller's name.
async fn call_on(
    parts: &TapParts,
    listener: SocketAddr,
    credentials: &Credentials,
) -> Option<SendRequest<Recording>> {
    let pins = [parts.credentials.current().pin().unwrap()].into();
    let config = client_config(credentials, Expected::Pins(pins)).unwrap();
    let tcp = TcpStream::connect(listener).await.ok()?;
    tcp.set_nodelay(true).unwrap();
    let name = ServerName::try_from("tap").unwrap();
    let tls = TlsConnector::from(config).connect(name, tcp).await.ok()?;
    let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(tls))
        .await
        .ok()?;
    tokio::spawn(connection);
    Some(sender)
}

async fn relay(
    parts: &TapParts,
    caller: &str,
    mut sender: SendRequest<Recording>,
    request: Request<Incoming>,
) -> hyper::Result<Response<Recording>> {
    let call = parts.record.begin(caller, &parts.name, &request);
    let recording = |body, half: &Arc<Mutex<Half>>| Recording {
        body,
        half: Arc::clone(half),
        record: Arc::clone(&parts.record),
    };
    let request = request.map(|body| recording(body, &call.request));
    let answer = sender.send_request(request).await?;
    call.answer.lock().unwrap().head = listed(answer.headers());
    Ok(answer.map(|body| recording(body, &call.answer)))
}

/// A body on its way through, copied as it passes.
struct Recording {
    body: Incoming,
    half: Arc<Mutex<Half>>,
    record: Arc<Record>,
}

impl Body for Recording {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            let mut half = self.half.lock().unwrap();
            if let Some(data) = frame.data_ref() {
                let before = self.record.bytes.fetch_add(data.len(), Ordering::Relaxed);
                if before < RECORDED_BYTES_MAX {
                    half.body.extend_from_slice(data);
                }
            }
            if let Some(trailers) = frame.trailers_ref() {
                half.trailers = listed(trailers);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
