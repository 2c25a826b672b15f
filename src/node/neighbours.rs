//! Pulls from the other nodes for as long as the node runs: one task for each, so that a slow or
//! dead one keeps no other waiting.
//!
//! When to pull is decided by [`Peer`], what to take by `Session`; here are only the clock, the
//! dice and the connection. A connection is kept between pulls and made anew after a failure. It
//! is checked against the roster when it is made, and cut when the roster drops or denies a key it
//! may have been made with.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::{
    base::{clock::SharedClock, id::MemberCode},
    keys::roster::SpkiPin,
    log::logs::Log,
    node::projections::Projections,
    rpc::{
        client, credentials::LiveCredentials, identity::LiveRoster, meter::Meter,
        sync::link::NodeLink,
    },
    sync::{
        SyncError,
        link::LinkError,
        message::Want,
        peer::{Action, Peer, Schedule},
        pull::pull,
        session::{Outcome, Session, SessionLimits},
        status::PeerStatus,
    },
};

/// Longest pause before a neighbour's schedule is looked at again: clocks jump.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Longest wait after the first failure.
const BACKOFF_MIN: Duration = Duration::from_secs(2);
/// Longest wait after many failures.
const BACKOFF_MAX: Duration = Duration::from_secs(15 * 60);

/// What a pull needs.
pub struct NeighbourParts {
    /// The node's own member.
    pub own: MemberCode,
    /// Whom to pull from; everybody in the roster if `None`.
    pub chosen: Option<Vec<MemberCode>>,
    /// Time between pulls that went well.
    pub interval: Duration,
    /// Most bytes taken in one pull.
    pub budget_bytes: u64,
    /// Longest silence within a pull.
    pub silence_max: Duration,
    /// The roster in force.
    pub roster: Arc<LiveRoster>,
    /// The logs.
    pub log: Arc<Log>,
    /// What follows the logs.
    pub projections: Arc<Projections>,
    /// The node's certificate.
    pub credentials: Arc<LiveCredentials>,
    /// Counts the bytes of the exchange.
    pub meter: Arc<Meter>,
    /// The real clock.
    pub clock: SharedClock,
}

/// The other nodes, and how things stand with each.
pub struct Neighbours {
    parts: NeighbourParts,
    peers: Mutex<BTreeMap<MemberCode, Neighbour>>,
    /// Tells that `peers` has new ones.
    changed: Notify,
}

struct Neighbour {
    peer: Peer,
    wake: Arc<Notify>,
    /// Whether a task pulls from it.
    followed: bool,
    /// The keys its node may have, and what ends links made while they were these.
    keys: Vec<SpkiPin>,
    cut: CancellationToken,
}

impl Neighbour {
    /// Takes up the keys of another roster. A link stays if they only became more.
    fn take_keys(&mut self, keys: Vec<SpkiPin>, now: Timestamp) {
        if !self.keys.iter().all(|key| keys.contains(key)) {
            self.cut.cancel();
            self.cut = CancellationToken::new();
        }
        if self.keys != keys {
            self.keys = keys;
            // It may not have been reached for long because its new key was not known.
            self.peer.insist(now);
            self.wake.notify_one();
        }
    }
}

impl Neighbours {
    /// All members but the own one, or the chosen ones. Nothing is pulled yet.
    pub fn new(parts: NeighbourParts) -> Self {
        let neighbours = Self { parts, peers: Mutex::default(), changed: Notify::new() };
        neighbours.follow_roster();
        neighbours
    }

    /// Takes in who has come into the roster in force, and leaves who is no longer in it.
    pub fn follow_roster(&self) {
        let parts = &self.parts;
        let chosen = |code: MemberCode| {
            code != parts.own && parts.chosen.as_ref().is_none_or(|chosen| chosen.contains(&code))
        };
        let roster = parts.roster.roster();
        let members = roster.members.iter().filter(|member| chosen(member.code));
        let members: BTreeMap<_, _> = members.map(|member| (member.code, member)).collect();
        let schedule = Schedule {
            interval: parts.interval,
            backoff_min: BACKOFF_MIN,
            backoff_max: BACKOFF_MAX,
        };
        let now = parts.clock.now();
        let mut peers = self.peers();
        peers.retain(|code, neighbour| {
            let stays = members.contains_key(code);
            if !stays {
                neighbour.cut.cancel();
                neighbour.wake.notify_one();
            }
            stays
        });
        for (code, member) in members {
            let keys: Vec<_> = member.node_keys_in_force().collect();
            let new = || Neighbour {
                peer: Peer::new(code, schedule, now),
                wake: Arc::new(Notify::new()),
                followed: false,
                keys: keys.clone(),
                cut: CancellationToken::new(),
            };
            peers.entry(code).or_insert_with(new).take_keys(keys, now);
        }
        self.changed.notify_one();
    }

    /// How things stand with each.
    pub fn status(&self) -> Vec<PeerStatus> {
        self.peers().values().map(|neighbour| neighbour.peer.status().clone()).collect()
    }

    /// Pulls from everybody now, whatever the schedule says.
    pub fn pull_now(&self) {
        let now = self.parts.clock.now();
        for neighbour in self.peers().values_mut() {
            neighbour.peer.insist(now);
            neighbour.wake.notify_one();
        }
    }

    /// Pulls until `stop`. Pulls in progress are dropped then: what they took is kept.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        loop {
            for (code, wake) in self.not_followed() {
                let (neighbours, stop) = (Arc::clone(&self), stop.clone());
                tasks.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = neighbours.follow(code, wake) => {}
                    }
                });
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.changed.notified() => {}
                // Of members that left the roster; a panic has been told by its own message.
                Some(_) = tasks.join_next() => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// The neighbours that no task follows yet; now one will.
    fn not_followed(&self) -> Vec<(MemberCode, Arc<Notify>)> {
        let mut peers = self.peers();
        let new = peers.iter_mut().filter(|(_, neighbour)| !neighbour.followed);
        new.map(|(code, neighbour)| {
            neighbour.followed = true;
            (*code, Arc::clone(&neighbour.wake))
        })
        .collect()
    }

    /// Pulls from one neighbour, until it leaves the roster. `wake` is the neighbour's own: one
    /// that left and came back has another, and another task.
    async fn follow(&self, code: MemberCode, wake: Arc<Notify>) {
        let mut link = None;
        loop {
            let Some(action) = self.next(code, &wake) else { return };
            let pause = match action {
                Action::Pull => {
                    self.pull_once(code, &mut link).await;
                    continue;
                }
                Action::Wait(until) => self.parts.clock.now().duration_until(until),
            };
            let pause = Duration::try_from(pause).unwrap_or_default().min(PAUSE_MAX);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = wake.notified() => {}
            }
        }
    }

    fn next(&self, code: MemberCode, wake: &Arc<Notify>) -> Option<Action> {
        let now = self.parts.clock.now();
        let peers = self.peers();
        let neighbour = peers.get(&code).filter(|found| Arc::ptr_eq(&found.wake, wake))?;
        Some(neighbour.peer.action(now))
    }

    async fn pull_once(&self, code: MemberCode, link: &mut Option<NodeLink>) {
        let (outcome, result) = match self.link(code, link).await {
            Ok(link) => self.session(code, link).await,
            Err(error) => (None, Err(error)),
        };
        if let Err(error) = &result {
            // Whatever it was: a fresh connection is the better start.
            *link = None;
            tracing::warn!(peer = %code, %error, "a pull failed");
        }
        if let Some(outcome) = &outcome {
            alarm(outcome);
            self.project(code, outcome).await;
        }
        let random = getrandom::u64().unwrap_or_default();
        let now = self.parts.clock.now();
        if let Some(neighbour) = self.peers().get_mut(&code) {
            neighbour.peer.ended(now, outcome.as_ref(), &result, random);
        }
    }

    async fn link<'a>(
        &self,
        code: MemberCode,
        link: &'a mut Option<NodeLink>,
    ) -> Result<&'a mut NodeLink, SyncError> {
        if link.as_ref().is_none_or(NodeLink::is_cut) {
            *link = None;
            let gone = || LinkError::Refused("It is no longer in the roster".into());
            // Taken before the roster is looked at: a change in between cuts the new link.
            let cut = self.peers().get(&code).map(|neighbour| neighbour.cut.clone());
            let cut = cut.ok_or_else(gone)?;
            let heard = Arc::new(Meter::default());
            let channel = self.connect(code, Arc::clone(&heard)).await?;
            *link = Some(NodeLink::new(channel, heard, self.parts.silence_max).until(cut));
        }
        link.as_mut().ok_or(SyncError::Panicked)
    }

    async fn connect(&self, code: MemberCode, heard: Arc<Meter>) -> Result<Channel, SyncError> {
        let parts = &self.parts;
        let roster = parts.roster.roster();
        let member = roster
            .member(code)
            .ok_or_else(|| LinkError::Refused("It is no longer in the roster".into()))?;
        let (live, meters) = (Arc::clone(&parts.roster), vec![Arc::clone(&parts.meter), heard]);
        let address = &member.exchange_address;
        client::connect_node(address, code, live, &parts.credentials.current(), meters)
            .await
            .map_err(|error| LinkError::Broken(error.to_string()).into())
    }

    async fn session(
        &self,
        code: MemberCode,
        link: &mut NodeLink,
    ) -> (Option<Outcome>, Result<(), SyncError>) {
        let limits = SessionLimits { budget_bytes: self.parts.budget_bytes, want: Want::Bodies };
        let (log, roster) = (Arc::clone(&self.parts.log), self.parts.roster.roster());
        match Session::new(log, code, roster, limits) {
            Ok(session) => pull(link, session).await,
            Err(error) => (None, Err(error)),
        }
    }

    async fn project(&self, code: MemberCode, outcome: &Outcome) {
        let projections = Arc::clone(&self.parts.projections);
        let nothing_new = outcome.advanced.is_empty() && outcome.filled.is_empty();
        if nothing_new && !projections.is_behind() {
            return;
        }
        let filled = outcome.filled.clone();
        // What fails leaves the projections behind: they are tried again.
        match tokio::task::spawn_blocking(move || projections.take_news(&filled)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(peer = %code, %error, "news could not be taken in"),
            Err(_) => tracing::error!(peer = %code, "the taking in of news panicked"),
        }
    }

    fn peers(&self) -> MutexGuard<'_, BTreeMap<MemberCode, Neighbour>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells operators of forks; the epochs are frozen already.
fn alarm(outcome: &Outcome) {
    for fork in &outcome.forks {
        let (older, newer) = (&fork.older.checkpoint, &fork.newer.checkpoint);
        tracing::error!(
            origin = %older.origin,
            epoch = older.epoch,
            sizes = ?(older.size, newer.size),
            "a member signed two histories; that epoch is frozen and the evidence kept"
        );
    }
    for (origin, epoch) in &outcome.unknown_keys {
        tracing::warn!(%origin, epoch, "a log is signed by a key the roster does not hold");
    }
}
