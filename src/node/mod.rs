//! The composition root: a node starts here, step by step, and stops in the reverse order.
//!
//! Start: keys, roster and code lists; store; logs; projections; records and gate ([`open`]); then
//! listeners; then pulls from the other nodes, and looks for new rosters and certificates
//! ([`reload`]). Stop: pulls end; listeners take no new calls and
//! give running ones their grace; then the store is synced and let go.

pub mod checks;
pub mod error;
pub mod neighbours;
pub mod open;
pub mod projections;
pub mod rebuild;
mod reload;
mod rosters;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    task::{JoinError, JoinHandle},
};
use tokio_util::sync::CancellationToken;

use crate::{
    base::clock::{SharedClock, SystemClock},
    config::Config,
    node::{
        checks::Checker,
        error::NodeError,
        neighbours::{NeighbourParts, Neighbours},
        open::{Parts, open},
        projections::Projections,
        reload::{LOOK_INTERVAL, Reloader},
    },
    rpc::{
        authorization::{Gate, Listener},
        common::Served,
        exchange::{self, ExchangeParts, Readers},
        hub::{self, HubParts, RecordsParts, node::Insight, release::ReleaseParts},
        meter::Meter,
        node::NodeParts,
        server::{ServerLimits, Serving, serve},
        sync::SyncParts,
    },
    statistics::checks::BadgeState,
    store::SharedStore,
    web,
};

/// Time after the deadline in which connections that were cut are let go.
const CUT_TIME: Duration = Duration::from_secs(1);
/// Longest wait for the last sync of the store.
const STORE_SYNC_MAX: Duration = Duration::from_secs(10);

/// A way to start nodes.
pub struct Node;

/// A node that runs. Dropping it without [`Running::shutdown`] is like a crash.
pub struct Running {
    /// Address of the hub listener.
    pub hub: SocketAddr,
    /// Address of the exchange listener.
    pub exchange: SocketAddr,
    /// Address of the web listener, if there is one.
    pub web: Option<SocketAddr>,
    neighbours: Arc<Neighbours>,
    reloader: Arc<Reloader>,
    stop: Stop,
    tasks: Vec<JoinHandle<Result<(), NodeError>>>,
    pulls: JoinHandle<()>,
    reloads: JoinHandle<()>,
    store: SharedStore,
    deadline: Duration,
}

/// The switches of a node that runs.
struct Stop {
    health: Vec<Served>,
    web_health: web::Health,
    pulls: CancellationToken,
    listeners: CancellationToken,
}

/// The bound sockets of a node.
struct Sockets {
    hub: TcpListener,
    exchange: TcpListener,
    web: Option<TcpListener>,
}

impl Node {
    /// Starts a node. `clock` gives the days of records, releases and notes; certificates and
    /// schedules go by the system's clock.
    pub async fn start(config: Config, clock: SharedClock) -> Result<Running, NodeError> {
        let sockets = bind(&config).await?;
        let (opened, business) = (config.clone(), Arc::clone(&clock));
        let parts = tokio::task::spawn_blocking(move || open(&opened, &business))
            .await
            .map_err(|_| NodeError::Panicked)??;
        Running::start(&config, clock, parts, sockets).await
    }
}

async fn bind(config: &Config) -> Result<Sockets, NodeError> {
    let listeners = &config.listeners;
    let web = match listeners.web {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    Ok(Sockets {
        hub: listen(listeners.hub).await?,
        exchange: listen(listeners.exchange).await?,
        web,
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, NodeError> {
    TcpListener::bind(address).await.map_err(|cause| NodeError::Listen { address, cause })
}

fn address_of(socket: &TcpListener) -> Result<SocketAddr, NodeError> {
    let unbound = SocketAddr::from(([0, 0, 0, 0], 0));
    socket.local_addr().map_err(|cause| NodeError::Listen { address: unbound, cause })
}

impl Running {
    async fn start(
        config: &Config,
        clock: SharedClock,
        parts: Parts,
        sockets: Sockets,
    ) -> Result<Self, NodeError> {
        let real_clock: SharedClock = Arc::new(SystemClock);
        let meter = Arc::new(Meter::default());
        let neighbours = Arc::new(neighbours(config, &parts, &meter, &real_clock));
        let node = NodeParts {
            member: config.member,
            roster: Arc::clone(&parts.roster),
            log: Arc::clone(&parts.log),
            meter: Arc::clone(&meter),
        };
        let (hub, exchange) = (address_of(&sockets.hub)?, address_of(&sockets.exchange)?);
        let web = sockets.web.as_ref().map(address_of).transpose()?;
        let exchange_parts = exchange_parts(&parts, node.clone(), clock);
        let readers = exchange_parts.readers();
        let health = vec![
            hub_services(config, &parts, node, &neighbours, readers),
            exchange::serve(exchange_parts),
        ];
        let (stop_pulls, stop_listeners) = (CancellationToken::new(), CancellationToken::new());
        let meters = vec![Arc::clone(&meter)];
        let serving = [
            serving(config, &parts, sockets.hub, (Listener::Hub, &health[0]), Vec::new()),
            serving(config, &parts, sockets.exchange, (Listener::Exchange, &health[1]), meters),
        ];
        let spawned = |serving| {
            let stop = stop_listeners.clone().cancelled_owned();
            tokio::spawn(async { Ok(serve(serving, stop).await?) })
        };
        let mut tasks: Vec<_> = serving.into_iter().map(spawned).collect();
        let web_health = web_health(&parts);
        if let Some(socket) = sockets.web {
            let (health, source) = (web_health.clone(), figures(&parts, &neighbours, &meter));
            let stop = stop_listeners.clone().cancelled_owned();
            tasks.push(tokio::spawn(async move {
                web::serve(socket, health, source, stop).await;
                Ok(())
            }));
        }
        for served in &health {
            served.set_serving(true).await;
        }
        web_health.set_serving(true);
        let pulls = tokio::spawn(Arc::clone(&neighbours).run(stop_pulls.clone()));
        let checks = checks(&parts);
        let reloader = parts.reloader;
        let (looking, told) = (Arc::clone(&reloader), Arc::clone(&neighbours));
        let looks = now_and_then(
            LOOK_INTERVAL,
            move || look(Arc::clone(&looking), Arc::clone(&told)),
            move || catch_up(Arc::clone(&parts.projections)),
        );
        let looks = async { tokio::join!(looks, checks) };
        let until = stop_pulls.clone().run_until_cancelled_owned(looks);
        let reloads = tokio::spawn(async { _ = until.await });
        let deadline = Duration::from_secs(config.shutdown_deadline_seconds.into());
        let stop = Stop { health, web_health, pulls: stop_pulls, listeners: stop_listeners };
        Ok(Self {
            hub,
            exchange,
            web,
            neighbours,
            reloader,
            stop,
            tasks,
            pulls,
            reloads,
            store: parts.store,
            deadline,
        })
    }

    /// Looks for a new roster and a renewed certificate now, rather than in its turn.
    pub async fn reload(&self) {
        look(Arc::clone(&self.reloader), Arc::clone(&self.neighbours)).await;
    }

    /// Pulls from every neighbour now, whatever the schedule says. Returns at once.
    pub fn sync_now(&self) {
        self.neighbours.pull_now();
    }

    /// Completes when a listener ends, which it must not before [`Running::shutdown`]: a node that
    /// is deaf on one side must not look well.
    pub async fn deaf(&mut self) -> NodeError {
        let (ended, at, _) = futures_util::future::select_all(self.tasks.iter_mut()).await;
        drop(self.tasks.remove(at));
        match ended {
            Ok(Err(error)) => error,
            Ok(Ok(())) | Err(_) => NodeError::Panicked,
        }
    }

    /// Stops, within the configured deadline: pulls, then listeners, then the store.
    pub async fn shutdown(self) {
        for served in &self.stop.health {
            served.set_serving(false).await;
        }
        self.stop.web_health.set_serving(false);
        tracing::info!("the node is stopping");
        self.stop.pulls.cancel();
        if self.pulls.await.is_err() {
            tracing::error!("the pulling task panicked");
        }
        if self.reloads.await.is_err() {
            tracing::error!("the task that looks for new rosters panicked");
        }
        tracing::info!("pulls have ended");
        self.stop.listeners.cancel();
        let tasks = futures_util::future::join_all(self.tasks);
        match tokio::time::timeout(self.deadline + CUT_TIME, tasks).await {
            Ok(ended) => {
                ended.into_iter().for_each(tell_of_listener);
                tracing::info!("the listeners have stopped");
            }
            Err(_) => tracing::warn!("a listener did not stop within the deadline"),
        }
        let store = self.store;
        let synced = tokio::task::spawn_blocking(move || store.barrier());
        match tokio::time::timeout(STORE_SYNC_MAX, synced).await {
            Ok(Ok(Ok(()))) => tracing::info!("the store is synced; the node has stopped"),
            Ok(Ok(Err(error))) => tracing::error!(%error, "the last sync of the store failed"),
            Ok(Err(_)) => tracing::error!("the last sync of the store panicked"),
            // What was acknowledged was synced before; nothing of it is lost.
            Err(_) => tracing::error!("the last sync of the store took too long"),
        }
    }
}

/// Looks for new rosters and certificates, and catches up with the logs; neither waits for the
/// other, because a catching up may take long.
async fn now_and_then<Look: Future, CatchUp: Future>(
    interval: Duration,
    look: impl FnMut() -> Look,
    catch_up: impl FnMut() -> CatchUp,
) {
    tokio::join!(again_and_again(interval, look), again_and_again(interval, catch_up));
}

async fn again_and_again<Work: Future>(interval: Duration, mut work: impl FnMut() -> Work) {
    loop {
        tokio::time::sleep(interval).await;
        work().await;
    }
}

/// Checks what members give away: everybody now, then whoever releases.
fn checks(parts: &Parts) -> impl Future<Output = ()> + use<> {
    let checker = Arc::new(Checker {
        log: Arc::clone(&parts.log),
        statistics: Arc::clone(&parts.statistics),
        codes: Arc::clone(&parts.codes),
    });
    checker.ask_for_all();
    again_and_again(checks::LOOK_INTERVAL, move || check(Arc::clone(&checker)))
}

/// Makes the disclosure checks that are asked for.
async fn check(checker: Arc<Checker>) {
    let at_work = Arc::clone(&checker);
    if tokio::task::spawn_blocking(move || at_work.run()).await.is_err() {
        tracing::error!("a disclosure check panicked; please report this");
        checker.give_up("the check broke off: please report this");
    }
}

/// Takes in entries that could not be taken in when they came.
async fn catch_up(projections: Arc<Projections>) {
    if !projections.is_behind() {
        return;
    }
    match tokio::task::spawn_blocking(move || projections.take_news(&[])).await {
        Ok(Ok(())) => tracing::info!("statistics and library have caught up with the logs"),
        Ok(Err(error)) => tracing::error!(%error, "statistics and library are still behind"),
        Err(_) => tracing::error!("the catching up with the logs panicked"),
    }
}

async fn look(reloader: Arc<Reloader>, neighbours: Arc<Neighbours>) {
    match tokio::task::spawn_blocking(move || reloader.look()).await {
        Ok(taken) if taken.roster => neighbours.follow_roster(),
        Ok(_) => {}
        Err(_) => tracing::error!("the look for new rosters panicked"),
    }
}

fn tell_of_listener(ended: Result<Result<(), NodeError>, JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "a listener failed"),
        Err(_) => tracing::error!("a listener panicked"),
    }
}

/// What a listener is served with.
fn serving(
    config: &Config,
    parts: &Parts,
    socket: TcpListener,
    (listener, served): (Listener, &Served),
    meters: Vec<Arc<Meter>>,
) -> Serving {
    let gate = Gate {
        listener,
        own: config.member,
        roster: Arc::clone(&parts.roster),
        // Certificates expire by the system's clock, whatever the days of records go by.
        clock: Arc::new(SystemClock),
        quick_deadline: Duration::from_secs(config.limits.call_seconds_max.into()),
    };
    Serving {
        socket,
        credentials: Arc::clone(&parts.credentials),
        gate: Arc::new(gate),
        routes: served.routes.clone(),
        limits: limits(config),
        meters,
    }
}

fn limits(config: &Config) -> ServerLimits {
    ServerLimits {
        connections_max: config.limits.connections_max as usize,
        calls_per_connection_max: config.limits.concurrent_calls_max as usize,
        // One more than may run, so that what is refused is refused in words.
        streams_max: config.limits.concurrent_calls_max.saturating_add(1),
        shutdown_grace: Duration::from_secs(config.shutdown_deadline_seconds.into()),
        ..ServerLimits::default()
    }
}

fn neighbours(
    config: &Config,
    parts: &Parts,
    meter: &Arc<Meter>,
    clock: &SharedClock,
) -> Neighbours {
    let sync = &config.sync;
    Neighbours::new(NeighbourParts {
        own: config.member,
        chosen: sync.neighbours.clone(),
        interval: Duration::from_secs(sync.interval_seconds.into()),
        budget_bytes: sync.budget_bytes,
        silence_max: Duration::from_secs(sync.silence_seconds_max.into()),
        roster: Arc::clone(&parts.roster),
        log: Arc::clone(&parts.log),
        projections: Arc::clone(&parts.projections),
        credentials: Arc::clone(&parts.credentials),
        meter: Arc::clone(meter),
        clock: Arc::clone(clock),
    })
}

fn hub_services(
    config: &Config,
    parts: &Parts,
    node: NodeParts,
    neighbours: &Arc<Neighbours>,
    readers: Readers,
) -> Served {
    let neighbours = Arc::clone(neighbours);
    let records = parts.national.as_ref().map(|national| RecordsParts {
        repository: Arc::clone(&national.repository),
        store: Arc::clone(&parts.store),
        codes: Arc::clone(&parts.codes),
        file_bytes_max: config.limits.import_bytes_max,
    });
    let releases = parts.national.as_ref().map(|national| ReleaseParts {
        gate: Arc::clone(&national.gate),
        repository: Arc::clone(&national.repository),
        own_log: Arc::clone(&parts.own_log),
        closing_days: config.closing_days,
    });
    let projections = Arc::clone(&parts.projections);
    let followed = Arc::clone(&parts.projections);
    let statistics = Arc::clone(&parts.statistics);
    let insight = Insight {
        store: Arc::clone(&parts.store),
        peers: Arc::new(move || neighbours.status()),
        passed: Arc::new(move || projections.passed()),
        behind: Arc::new(move || followed.is_behind()),
        badge: Arc::new(move |member| statistics.checks().of(member)),
    };
    hub::serve(HubParts { node, insight, readers, records, releases })
}

fn web_health(parts: &Parts) -> web::Health {
    let projections = Arc::clone(&parts.projections);
    web::Health::new(move || projections.is_behind())
}

/// What the metrics show of the node; nothing in it is counted from records.
fn figures(parts: &Parts, neighbours: &Arc<Neighbours>, meter: &Arc<Meter>) -> web::Source {
    let (log, roster) = (Arc::clone(&parts.log), Arc::clone(&parts.roster));
    let (meter, projections) = (Arc::clone(meter), Arc::clone(&parts.projections));
    let neighbours = Arc::clone(neighbours);
    let statistics = Arc::clone(&parts.statistics);
    Arc::new(move || {
        let checks = statistics.checks();
        let peers = neighbours.status();
        let failing = peers.iter().filter(|peer| peer.last_failure.is_some());
        web::Snapshot {
            received_bytes: meter.received_bytes(),
            sent_bytes: meter.sent_bytes(),
            logs: log.heads().len() as u64,
            logs_damaged: log.damaged().len() as u64,
            logs_frozen: log.heads().iter().filter(|head| head.frozen).count() as u64,
            entries_passed: projections.passed().map_or(0, |passed| passed.len() as u64),
            behind: projections.is_behind(),
            peers_failing: failing.count() as u64,
            peers: peers.len() as u64,
            roster_version: roster.roster().version,
            disclosure_checks: checks.made(),
            disclosure_verified: checks.count(BadgeState::Verified),
            disclosure_failed: checks.count(BadgeState::Failed),
            disclosure_not_checkable: checks.count(BadgeState::NotCheckable),
        }
    })
}

fn exchange_parts(parts: &Parts, node: NodeParts, clock: SharedClock) -> ExchangeParts {
    ExchangeParts {
        node,
        statistics: Arc::clone(&parts.statistics),
        library: Arc::clone(&parts.library),
        own_log: Arc::clone(&parts.own_log),
        codes: Arc::clone(&parts.codes),
        clock,
        sync: SyncParts { log: Arc::clone(&parts.log), roster: Arc::clone(&parts.roster) },
    }
}

#[cfg(test)]
mod checks_tests;
#[cfg(test)]
mod projections_tests;
#[cfg(test)]
mod rebuild_tests;
#[cfg(test)]
mod sample_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_catching_up_that_takes_long_keeps_no_roster_waiting() {
        let (look, mut looks) = tokio::sync::mpsc::unbounded_channel();
        let look = || std::future::ready(look.send(()));
        let catch_up = std::future::pending::<()>;
        let three = async {
            for _ in 0..3 {
                looks.recv().await;
            }
        };
        tokio::select! {
            () = now_and_then(Duration::from_millis(1), look, catch_up) => {}
            () = three => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("it looks no more"),
        }
    }
}
