//! Health and metrics over HTTP, on a listener of their own (loopback unless configured).
//!
//! Nothing counted from records may stand here, not even the bytes they take: a count tells as
//! much as a table does.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text::encode},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Connections at once; further ones wait.
const CONNECTIONS_MAX: usize = 32;
/// Longest a caller may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after a failed accept (mostly: no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Longest that open requests may take after the signal to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);
/// The text format of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What `/healthz` says of a node that serves and is behind: it is up all the same.
const SERVING_BEHIND: &str =
    "ok, but behind: entries wait that could not be taken in; see the log\n";

/// Whether the node is up, as `/healthz` says, and whether it is behind.
#[derive(Clone)]
pub struct Health {
    serving: Arc<AtomicBool>,
    behind: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Health {
    /// The health of a node that does not serve yet. `behind` tells whether entries wait that
    /// could not be taken in; it must not block.
    pub fn new(behind: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { serving: Arc::default(), behind: Arc::new(behind) }
    }

    /// Says that the node serves, or that it does not (yet, or any more).
    pub fn set_serving(&self, serving: bool) {
        self.serving.store(serving, Ordering::Relaxed);
    }

    /// Whether it serves.
    pub fn is_serving(&self) -> bool {
        self.serving.load(Ordering::Relaxed)
    }
}

/// What may be told of a node at any moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Bytes received on the exchange.
    pub received_bytes: u64,
    /// Bytes sent on the exchange.
    pub sent_bytes: u64,
    /// Logs held.
    pub logs: u64,
    /// Logs whose files differ from what was signed.
    pub logs_damaged: u64,
    /// Logs whose origin signed two histories.
    pub logs_frozen: u64,
    /// Entries that could not be used, as far as they are listed.
    pub entries_passed: u64,
    /// Whether entries wait to be taken in because that failed.
    pub behind: bool,
    /// Neighbours whose last session failed.
    pub peers_failing: u64,
    /// Neighbours.
    pub peers: u64,
    /// Version of the roster in force.
    pub roster_version: u64,
    /// Checks made of what members' releases give away.
    pub disclosure_checks: u64,
    /// Members whose releases give nothing away.
    pub disclosure_verified: u64,
    /// Members whose releases give hidden cells away.
    pub disclosure_failed: u64,
    /// Members of whose releases that cannot be said.
    pub disclosure_not_checkable: u64,
}

/// Takes a [`Snapshot`]; it may block.
pub type Source = Arc<dyn Fn() -> Snapshot + Send + Sync>;

struct Site {
    health: Health,
    registry: Registry,
}

/// The metrics of a node: taken anew at each scrape.
struct NodeCollector {
    source: Source,
    scrapes: AtomicU64,
}

impl std::fmt::Debug for NodeCollector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeCollector").finish_non_exhaustive()
    }
}

impl Collector for NodeCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Snapshot {
            received_bytes,
            sent_bytes,
            logs,
            logs_damaged,
            logs_frozen,
            entries_passed,
            behind,
            peers_failing,
            peers,
            roster_version,
            disclosure_checks,
            disclosure_verified,
            disclosure_failed,
            disclosure_not_checkable,
        } = (self.source)();
        let counters = [
            ("exchange_received", "Bytes received on the exchange", received_bytes, Unit::Bytes),
            ("exchange_sent", "Bytes sent on the exchange", sent_bytes, Unit::Bytes),
        ];
        for (name, help, value, unit) in counters {
            let counter = ConstCounter::new(value);
            let kind = counter.metric_type();
            counter.encode(encoder.encode_descriptor(name, help, Some(&unit), kind)?)?;
        }
        let scrapes = self.scrapes.fetch_add(1, Ordering::Relaxed) + 1;
        let counters = [
            ("scrapes", "Scrapes answered", scrapes),
            ("disclosure_checks", "Checks of what members give away", disclosure_checks),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            let kind = counter.metric_type();
            counter.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        let gauges = [
            ("logs", "Logs held", logs),
            ("logs_damaged", "Logs that differ from what was signed", logs_damaged),
            ("logs_frozen", "Logs whose origin signed two histories", logs_frozen),
            ("entries_passed", "Entries that could not be used", entries_passed),
            ("behind", "1 while entries wait that could not be taken in", behind.into()),
            ("peers", "Neighbours", peers),
            ("peers_failing", "Neighbours whose last session failed", peers_failing),
            ("roster_version", "Version of the roster in force", roster_version),
            ("disclosure_verified", "Members who give nothing away", disclosure_verified),
            ("disclosure_failed", "Members who give hidden cells away", disclosure_failed),
            (
                "disclosure_not_checkable",
                "Members of whom that cannot be said",
                disclosure_not_checkable,
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let kind = gauge.metric_type();
            gauge.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        Ok(())
    }
}

/// Serves `/healthz` and `/metrics` until `shutdown` completes. Each connection carries one
/// request.
pub async fn serve(
    socket: TcpListener,
    health: Health,
    source: Source,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let mut registry = Registry::with_prefix("essaim");
    registry.register_collector(Box::new(NodeCollector { source, scrapes: AtomicU64::new(0) }));
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(Site { health, registry }));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = socket.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(answer(stream, router.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_GRACE, ended).await.is_err() {
        tracing::debug!("idle connections were cut");
    }
}

async fn answer(stream: TcpStream, router: Router) {
    let answered = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = answered.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn healthz(State(site): State<Arc<Site>>) -> Response {
    match (site.health.is_serving(), (site.health.behind)()) {
        (true, false) => (StatusCode::OK, "ok\n").into_response(),
        (true, true) => (StatusCode::OK, SERVING_BEHIND).into_response(),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "not serving\n").into_response(),
    }
}

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let encoded = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        encode(&mut text, &site.registry).map(|()| text)
    });
    match encoded.await {
        Ok(Ok(text)) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
    };

    use super::*;

    async fn get(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn health_and_metrics_are_served_and_stop() {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let behind = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&behind);
        let health = Health::new(move || told.load(Ordering::Relaxed));
        let source: Source = Arc::new(|| Snapshot {
            sent_bytes: 17,
            logs: 3,
            behind: true,
            disclosure_checks: 5,
            disclosure_failed: 1,
            ..Snapshot::default()
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve(socket, health.clone(), source, async move { drop(stopped.await) });
        let task = tokio::spawn(serving);
        assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 503"));
        health.set_serving(true);
        assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
        assert!(get(address, "/healthz").await.ends_with("\r\n\r\nok\n"));
        behind.store(true, Ordering::Relaxed);
        let answer = get(address, "/healthz").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(SERVING_BEHIND), "{answer}");
        let metrics = get(address, "/metrics").await;
        for line in [
            "essaim_exchange_sent_bytes_total 17\n",
            "essaim_logs 3\n",
            "essaim_behind 1\n",
            "essaim_disclosure_checks_total 5\n",
            "essaim_disclosure_failed 1\n",
            "# EOF",
        ] {
            assert!(metrics.contains(line), "{metrics}");
        }
        assert!(get(address, "/").await.starts_with("HTTP/1.1 404"));
        // An idle connection does not hold up the end.
        let _idle = TcpStream::connect(address).await.unwrap();
        stop.send(()).unwrap();
        let ended = tokio::time::timeout(SHUTDOWN_GRACE * 3, task).await;
        ended.unwrap().unwrap();
    }
}
