//! A query of 224 cells over a million published ones against a bare tonic call, in one run.
//!
//! One node, as it is composed to serve the exchange: real store on disk, real listener with mutual
//! TLS, the gate and its counters. Its projection has taken in releases of eight members until they
//! hold a million cells; the newest year has hidden cells. The question is DEM01 of seven countries,
//! six filières and three quarters with all their totals: 8 × 7 × 4 = 224 cells.
//!
//! The bare call is tonic alone: a service that answers a ready-made `bytes` field as long as the
//! node's answer, without gate, limits or counters, over the same TLS settings on another loopback
//! port. Both are called by the same code, one call at a time, in turn. The node's answer is decoded
//! into its message, the bare one into its bytes. Besides, the node's own answer is served ready-made
//! by tonic alone: what is above that is the node's own work.

mod common;
#[allow(dead_code, reason = "the bench needs a part of the tests' stand")]
#[path = "../tests/it/stand.rs"]
mod stand;

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    process::ExitCode,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use common::{Figure, conclude, median, setting, spread};
use essaim::{
    base::{
        clock::{SharedClock, SystemClock},
        id::EntryId,
        period::Period,
    },
    codes::embedded::Codes,
    keys::{
        roster::{MemberKind, Roster},
        signer::LogSigner,
    },
    library::notes::Library,
    log::logs::Log,
    publication::release::{Cell, Dimension, Release, Table},
    rpc::{
        authorization::Listener,
        client::connect_person,
        credentials::LiveCredentials,
        exchange::{self, ExchangeParts},
        identity::LiveRoster,
        meter::Meter,
        node::NodeParts,
        own_log::OwnLog,
        server::ServerLimits,
        sync::SyncParts,
        tls::server_config,
    },
    statistics::projection::Statistics,
    store::{
        SharedStore,
        sled::{SledOptions, SledStore},
    },
    wire::generated::exchange::{Filter, QueryRequest, QueryResponse},
};
use http::uri::PathAndQuery;
use prost::Message;
use stand::{Certificates, code, listen};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Request, Response, Status,
    body::Body,
    server::{NamedService, UnaryService},
    transport::{Channel, Server, server::Connected},
};
use tonic_prost::ProstCodec;

const MEMBERS: [&str; 8] = ["BJ", "BF", "CI", "GW", "ML", "NE", "SN", "TG"];
/// The filières that process food, of which the question is.
const FILIERES: [&str; 6] = ["FRLEG", "CEREA", "SESAM", "LAIT", "VIAND", "CUEIL"];
/// Cells published at least.
const CELLS: u64 = 1_000_000;
/// The year that is asked for.
const YEAR: i16 = 2026;
/// Cells of the answer.
const ROWS: usize = 224;
/// Calls of a round, after those that warm up.
const CALLS: u64 = 2_000;
const CALLS_WARM: u64 = 200;
/// Rounds, unless `ESSAIM_BENCH_ROUNDS` says otherwise.
const ROUNDS: u64 = 5;
/// Most that the query's p99 may be, as a multiple of the bare call's.
const RATIO_MAX: f64 = 3.0;

const QUERY: &str = "/essaim.exchange.v1.StatisticsService/Query";

fn main() -> ExitCode {
    if !common::is_wanted() {
        return ExitCode::SUCCESS;
    }
    let folder = common::disk_folder();
    let codes = Arc::new(Codes::embedded());
    let options = SledOptions::in_folder(folder.path().join("store"));
    let store: SharedStore = Arc::new(SledStore::create(&options).expect("a new store"));
    let statistics = Arc::new(Statistics::new(Arc::clone(&store), codes).expect("an empty store"));
    let cells = publish(&statistics, setting("ESSAIM_BENCH_CELLS", CELLS));
    store.barrier().expect("the disk syncs");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let figures = runtime.block_on(measure(folder.path(), store, statistics));
    conclude(&format!("A query of {ROWS} cells over {cells} published ones"), figures)
}

/// Takes in releases of all members, year by year backwards, until there are enough cells.
fn publish(statistics: &Statistics, cells_min: u64) -> u64 {
    let codes = Codes::embedded();
    let mut releases = Vec::new();
    let mut cells = 0;
    for year in (1900..=YEAR).rev() {
        for member in MEMBERS {
            for quarter in Period::quarterly(year, 1).expect("a year").quarters() {
                let release = release(&codes, member, quarter);
                cells += release.tables.iter().map(|table| table.cells.len() as u64).sum::<u64>();
                let entry = EntryId { origin: code(member), epoch: 1, seq: releases.len() as u64 };
                releases.push((entry, quarter.last_day(), release));
            }
        }
        if cells >= cells_min {
            break;
        }
    }
    statistics.rebuild(releases).expect("valid releases");
    cells
}

/// A member's release for a quarter, after the table plan.
fn release(codes: &Codes, member: &str, quarter: Period) -> Release {
    let mut tables = tables(codes, member, quarter, 1);
    if quarter.ends_year() {
        tables.extend(self::tables(codes, member, quarter.whole_year(), 4));
    }
    Release {
        member: code(member),
        area: member.into(),
        period: quarter,
        catalogue_version: codes.catalogue().version,
        plan_version: codes.plan().version,
        tables,
    }
}

fn tables(codes: &Codes, area: &str, period: Period, times: i64) -> Vec<Table> {
    let planned = codes.plan().tables(period.frequency());
    let table = |planned: essaim::codes::plan::PlannedTable<'_>| {
        let population = codes.catalogue().population(planned.population).expect("planned");
        let measures: Vec<_> = population.measures.iter().map(|one| one.id.clone()).collect();
        let dimension = |id: &String| Dimension {
            id: id.clone(),
            list_version: 1,
            codes: codes.dimension(id, area, period.last_day()).expect("a list"),
        };
        let dimensions: Vec<_> = planned.dimensions.iter().map(dimension).collect();
        let population = planned.population.to_owned();
        let mut table = Table { population, period, dimensions, measures, cells: Vec::new() };
        table.cells = (0..table.cells_expected()).map(|place| cell(&table, place, times)).collect();
        table
    };
    planned.map(table).collect()
}

/// A cell, the same in every table that shows it: each code of each dimension has a weight, the
/// total has the sum of them, and a cell the product, so that all margins add up. Two cells in five
/// of the year that is asked for are hidden, but no total.
fn cell(table: &Table, place: usize, times: i64) -> Cell {
    let (mut rest, mut value, mut places, mut is_detail) = (place, times, 0, true);
    let weight = |code: usize| 1 + (code as i64 % 3);
    for dimension in table.dimensions.iter().rev() {
        let code = rest % dimension.codes.len();
        rest /= dimension.codes.len();
        value *= match code {
            0 => (1..dimension.codes.len()).map(weight).sum(),
            code => weight(code),
        };
        places += code;
        is_detail &= code > 0;
    }
    let hidden = is_detail && places > 0 && table.period.year() == YEAR && places % 5 < 2;
    Cell((!hidden).then(|| vec![value; table.measures.len()]))
}

/// Serves, calls, and compares.
async fn measure(folder: &Path, store: SharedStore, statistics: Arc<Statistics>) -> Vec<Figure> {
    let certificates = Certificates::new();
    let members = MEMBERS.map(|member| certificates.member(member, MemberKind::National)).to_vec();
    let roster = Arc::new(LiveRoster::new(Roster { version: 1, members }, Vec::new()));
    let parts = exchange_parts(folder, store, statistics, Arc::clone(&roster));
    let credentials = || certificates.load("ML-node");
    let served = exchange::serve(parts);
    let limits = ServerLimits::default();
    let node = listen(Listener::Exchange, Arc::clone(&roster), credentials(), served, limits).await;

    let analyst = certificates.person("essaim://ML/analyst/bench");
    let pins = std::collections::BTreeSet::from([credentials().pin().expect("a pin")]);
    let connect = async |address: SocketAddr| {
        let channel = connect_person(&address.to_string(), pins.clone(), &analyst).await;
        tonic::client::Grpc::new(channel.expect("a connection"))
    };
    let mut node = connect(node.address).await;
    let answer: QueryResponse = call(&mut node, QUERY).await;
    assert_eq!(answer.rows.len(), ROWS, "rows of the answer");
    let hidden = answer.rows.iter().filter(|row| row.value.is_none()).count();
    let message = answer.encode_to_vec();
    // A `bytes` field has a key and a length before it.
    let bytes = vec![0_u8; message.len() - 1 - prost::length_delimiter_len(message.len())];
    let live = LiveCredentials::new(credentials()).expect("a key pair");
    let tls = server_config(Arc::new(live), roster, Arc::new(SystemClock)).expect("TLS");
    let twin: SocketAddr = serve_bare(Arc::clone(&tls), answer).await;
    let bare: SocketAddr = serve_bare(tls, bytes).await;
    let (mut twin, mut bare) = (connect(twin).await, connect(bare).await);

    let mut rounds: Vec<[Spent; 3]> = Vec::new();
    for _ in 0..setting("ESSAIM_BENCH_ROUNDS", ROUNDS) {
        let mut spent: [Vec<Duration>; 3] = Default::default();
        for index in 0..CALLS_WARM + CALLS {
            let one = [
                timed::<QueryResponse>(&mut node, QUERY).await,
                timed::<Vec<u8>>(&mut bare, BARE).await,
                timed::<QueryResponse>(&mut twin, BARE).await,
            ];
            if index >= CALLS_WARM {
                spent.iter_mut().zip(one).for_each(|(all, one)| all.push(one));
            }
        }
        rounds.push(spent.map(Spent::of));
    }
    let mut figures = vec![
        Figure::told("bytes of the answer", message.len().to_string()),
        Figure::told("rows without a value", hidden.to_string()),
    ];
    figures.extend(compare(&rounds));
    figures
}

/// Times of many calls in microseconds.
struct Spent {
    p50: f64,
    p99: f64,
}

impl Spent {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort();
        let at = |percent: usize| all[all.len() * percent / 100].as_secs_f64() * 1e6;
        Self { p50: at(50), p99: at(99) }
    }
}

fn compare(rounds: &[[Spent; 3]]) -> Vec<Figure> {
    let told = |name: &str, which: usize| {
        let p50: Vec<_> = rounds.iter().map(|round| round[which].p50).collect();
        let p99: Vec<_> = rounds.iter().map(|round| round[which].p99).collect();
        [
            Figure::told(&format!("{name}, p50, µs"), spread(&p50, 0)),
            Figure::told(&format!("{name}, p99, µs"), spread(&p99, 0)),
        ]
    };
    let ratios = |of: fn(&Spent) -> f64, to: usize| -> Vec<f64> {
        rounds.iter().map(|round| of(&round[0]) / of(&round[to])).collect()
    };
    let p99 = ratios(|spent| spent.p99, 1);
    let required = format!("at most {RATIO_MAX}");
    let met = median(p99.clone()) <= RATIO_MAX;
    let mut figures = Vec::new();
    figures.extend(told("query", 0));
    figures.extend(told("bare call, as many bytes", 1));
    figures.extend(told("bare call, the same message", 2));
    figures.push(Figure::told("query ÷ bare call, p50", spread(&ratios(|spent| spent.p50, 1), 2)));
    figures.push(Figure::told(
        "query ÷ bare call of the same message, p99",
        spread(&ratios(|spent| spent.p99, 2), 2),
    ));
    figures.push(Figure::required("query ÷ bare call, p99", spread(&p99, 2), &required, met));
    figures
}

/// The node's side of the exchange.
fn exchange_parts(
    folder: &Path,
    store: SharedStore,
    statistics: Arc<Statistics>,
    roster: Arc<LiveRoster>,
) -> ExchangeParts {
    let clock: SharedClock = Arc::new(SystemClock);
    let logs = folder.join("logs");
    let log = Log::open(&logs, Arc::clone(&store), Arc::clone(&clock)).expect("new logs");
    let log = Arc::new(log);
    let signer = LogSigner::generate().expect("a key");
    let own_log = OwnLog::new(Arc::clone(&log), signer, code("ML"), 1, Arc::new(|_| {}));
    let meter = Arc::new(Meter::default());
    let sync = SyncParts { log: Arc::clone(&log), roster: Arc::clone(&roster) };
    ExchangeParts {
        node: NodeParts { member: code("ML"), roster, log, meter },
        statistics,
        library: Arc::new(Library::new(store)),
        own_log: Arc::new(own_log),
        codes: Arc::new(Codes::embedded()),
        clock,
        sync,
    }
}

type Client = tonic::client::Grpc<Channel>;

/// The question.
fn question() -> QueryRequest {
    QueryRequest {
        indicator: "DEM01".into(),
        by: ["country", "filiere", "period"].map(String::from).to_vec(),
        periods: vec![format!("{YEAR}-Q1..{YEAR}-Q3")],
        filters: vec![filter("country", &MEMBERS[..7]), filter("filiere", &FILIERES)],
        ..QueryRequest::default()
    }
}

fn filter(dimension: &str, codes: &[&str]) -> Filter {
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    Filter { dimension: dimension.into(), codes }
}

/// One call, its answer decoded.
async fn call<M: Message + Default + 'static>(client: &mut Client, path: &'static str) -> M {
    client.ready().await.expect("a connection");
    let codec = ProstCodec::<QueryRequest, M>::default();
    let path = PathAndQuery::from_static(path);
    client.unary(Request::new(question()), path, codec).await.expect("an answer").into_inner()
}

async fn timed<M: Message + Default + 'static>(
    client: &mut Client,
    path: &'static str,
) -> Duration {
    let start = common::now();
    let answer: M = call(client, path).await;
    let spent = start.elapsed();
    drop(answer);
    spent
}

const BARE: &str = "/bench.Bare/Query";

/// A service that answers one message to everything.
struct Bare<M>(Arc<M>);

impl<M> Clone for Bare<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> NamedService for Bare<M> {
    const NAME: &'static str = "bench.Bare";
}

impl<M: Message + Clone + 'static> UnaryService<QueryRequest> for Bare<M> {
    type Response = M;
    type Future = Ready<Result<Response<M>, Status>>;

    fn call(&mut self, _: Request<QueryRequest>) -> Self::Future {
        ready(Ok(Response::new(M::clone(&self.0))))
    }
}

impl<M: Message + Clone + Default + 'static> tower::Service<http::Request<Body>> for Bare<M> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let codec = ProstCodec::<M, QueryRequest>::default();
            Ok(tonic::server::Grpc::new(codec).unary(service, request).await)
        })
    }
}

/// Serves one message with tonic alone, over TLS.
async fn serve_bare<M: Message + Clone + Default + 'static>(
    tls: Arc<rustls::ServerConfig>,
    message: M,
) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = socket.local_addr().expect("an address");
    let (ready, accepted) = tokio::sync::mpsc::channel::<io::Result<Plain>>(1);
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(tls);
        while let Ok((stream, _)) = socket.accept().await {
            stream.set_nodelay(true).expect("a socket");
            let stream = acceptor.accept(stream).await.map(Plain);
            if ready.send(stream).await.is_err() {
                return;
            }
        }
    });
    let service = Bare(Arc::new(message));
    let server = Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(ReceiverStream::new(accepted)));
    address
}

/// A TLS connection that tonic can serve.
struct Plain(TlsStream<TcpStream>);

impl Connected for Plain {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Plain {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Plain {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
