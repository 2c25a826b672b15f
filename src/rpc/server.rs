//! One listener: accepts connections, shakes hands, serves, and stops within a deadline.
//!
//! tonic's own TLS cannot tell callers apart as we must, so connections are accepted here. A
//! connection that does not finish its handshake in time, or comes when too many are waiting, is
//! dropped. At shutdown tonic waits for its connections for ever; after the grace period each of
//! them is cut here.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{
    service::Routes,
    transport::{Server, server::Connected},
};

use crate::rpc::{
    authorization::{Gate, GateLayer},
    credentials::LiveCredentials,
    identity::Presented,
    meter::{Meter, Metered},
    tls::{TlsError, server_config, unix_time},
};

/// Limits of one listener; the operator may change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// Longest a handshake may take.
    pub handshake_timeout: Duration,
    /// Most handshakes at once; further connections are dropped.
    pub handshakes_pending_max: usize,
    /// Most connections at once; further ones are dropped.
    pub connections_max: usize,
    /// Most calls of one connection that run at once; further ones are refused.
    pub calls_per_connection_max: usize,
    /// Most HTTP/2 streams of one connection.
    pub streams_max: u32,
    /// How often an idle connection is pinged.
    pub keepalive_interval: Duration,
    /// How long a ping may go unanswered.
    pub keepalive_timeout: Duration,
    /// HTTP/2 window of one stream, in bytes: what may be on the way and lost by a cancel.
    pub stream_window_bytes: u32,
    /// HTTP/2 window of one connection, in bytes.
    pub connection_window_bytes: u32,
    /// How long running calls may go on after the signal to stop.
    pub shutdown_grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            handshakes_pending_max: 64,
            connections_max: 512,
            calls_per_connection_max: 32,
            streams_max: 64,
            keepalive_interval: Duration::from_secs(60),
            keepalive_timeout: Duration::from_secs(20),
            stream_window_bytes: 512 * 1024,
            connection_window_bytes: 1024 * 1024,
            shutdown_grace: Duration::from_secs(5),
        }
    }
}

/// Largest header list of a request, in bytes.
const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;
/// Pause after a failed accept (mostly: no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a listener could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The HTTP/2 server failed.
    #[error("The listener failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// What a listener is served with.
pub struct Serving {
    /// The bound socket.
    pub socket: TcpListener,
    /// The node's certificate and key.
    pub credentials: Arc<LiveCredentials>,
    /// Who may call what.
    pub gate: Arc<Gate>,
    /// The services.
    pub routes: Routes,
    /// Limits.
    pub limits: ServerLimits,
    /// Counters of the bytes of all its connections.
    pub meters: Vec<Arc<Meter>>,
}

/// Serves until `shutdown` completes, then lets running calls end for the grace period.
pub async fn serve(
    serving: Serving,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let Serving { socket, credentials, gate, routes, limits, meters } = serving;
    let tls = server_config(credentials, Arc::clone(&gate.roster), Arc::clone(&gate.clock))?;
    let stop = CancellationToken::new();
    let cut = CancellationToken::new();
    let (ready, accepted) = mpsc::channel(1);
    let acceptor = Acceptor {
        tls: TlsAcceptor::from(tls),
        gate: Arc::clone(&gate),
        handshakes: Arc::new(Semaphore::new(limits.handshakes_pending_max)),
        connections: Arc::new(Semaphore::new(limits.connections_max)),
        timeout: limits.handshake_timeout,
        meters,
        cut: cut.clone(),
        ready,
    };
    let accepting = tokio::spawn(acceptor.run(socket, stop.clone()));
    let server = server(&limits).layer(GateLayer(gate)).add_routes(routes);
    let stopped = stop.clone();
    let served = server.serve_with_incoming_shutdown(ReceiverStream::new(accepted), async move {
        stopped.cancelled().await
    });
    tokio::pin!(served);
    let result = tokio::select! {
        result = &mut served => result,
        () = shutdown => {
            stop.cancel();
            match tokio::time::timeout(limits.shutdown_grace, &mut served).await {
                Ok(result) => result,
                Err(_) => {
                    tracing::warn!("calls still ran at the end of the grace period and were cut");
                    Ok(())
                }
            }
        }
    };
    stop.cancel();
    cut.cancel();
    if accepting.await.is_err() {
        tracing::error!("the accepting task panicked");
    }
    Ok(result?)
}

fn server(limits: &ServerLimits) -> Server {
    Server::builder()
        .concurrency_limit_per_connection(limits.calls_per_connection_max)
        .load_shed(true)
        .max_concurrent_streams(limits.streams_max)
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .initial_stream_window_size(limits.stream_window_bytes)
        .initial_connection_window_size(limits.connection_window_bytes)
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
}

type Accepted = Result<Connection, io::Error>;

#[derive(Clone)]
struct Acceptor {
    tls: TlsAcceptor,
    gate: Arc<Gate>,
    handshakes: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    timeout: Duration,
    meters: Vec<Arc<Meter>>,
    cut: CancellationToken,
    ready: mpsc::Sender<Accepted>,
}

impl Acceptor {
    async fn run(self, socket: TcpListener, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = socket.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok((stream, peer)) => (stream, peer),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let permits = (
                Arc::clone(&self.handshakes).try_acquire_owned(),
                Arc::clone(&self.connections).try_acquire_owned(),
            );
            let (Ok(handshake), Ok(connection)) = permits else {
                tracing::warn!("a connection was dropped: too many at once");
                continue;
            };
            let acceptor = self.clone();
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = acceptor.admit(stream, peer, handshake, connection) => {}
                }
            });
        }
    }

    /// Shakes hands and passes the connection on. A failed handshake has sent its alert.
    async fn admit(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        handshake: OwnedSemaphorePermit,
        connection: OwnedSemaphorePermit,
    ) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let metered = Metered::new(stream, self.meters.clone());
        let tls = match tokio::time::timeout(self.timeout, self.tls.accept(metered)).await {
            Ok(Ok(tls)) => tls,
            Ok(Err(error)) => return tracing::info!(%peer, %error, "a TLS handshake failed"),
            Err(_) => return tracing::info!(%peer, "a TLS handshake took too long"),
        };
        drop(handshake);
        let certificates = tls.get_ref().1.peer_certificates();
        let Some(certificate) = certificates.and_then(|chain| chain.first()) else { return };
        // Once more, to keep what the verifier found out; the roster may have changed since.
        let presented = match self.gate.roster.verify(certificate, unix_time(&self.gate.clock)) {
            Ok(presented) => Arc::new(presented),
            Err(error) => return tracing::info!(%peer, %error, "a certificate ceased to be valid"),
        };
        let cut = Box::pin(self.cut.clone().cancelled_owned());
        let connection = Connection { tls, presented, cut, _permit: connection };
        // The receiver is gone only when the listener stops.
        let _ = self.ready.send(Ok(connection)).await;
    }
}

/// A connection after its handshake.
struct Connection {
    tls: TlsStream<Metered<TcpStream>>,
    presented: Arc<Presented>,
    /// Completes when the connection must end at once.
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Held as long as the connection stands.
    _permit: OwnedSemaphorePermit,
}

impl Connected for Connection {
    type ConnectInfo = Arc<Presented>;

    fn connect_info(&self) -> Self::ConnectInfo {
        Arc::clone(&self.presented)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.tls).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
