//! The node's parts, opened in the order in which they need each other. Nothing listens yet.

use std::sync::Arc;

use crate::{
    base::{
        clock::SharedClock,
        id::{EntryId, MemberCode},
    },
    codes::embedded::Codes,
    config::Config,
    keys::{
        certificate::{Credentials, PairPaths},
        roster::{MemberKind, Roster},
        signer::LogSigner,
    },
    library::notes::Library,
    log::logs::Log,
    node::{
        error::NodeError,
        projections::Projections,
        rebuild,
        reload::Reloader,
        rosters::{self, Memory, OwnEntry},
    },
    records::repository::Repository,
    release::gate::Gate,
    rpc::{credentials::LiveCredentials, identity::LiveRoster, own_log::OwnLog},
    statistics::projection::Statistics,
    store::{
        SharedStore,
        sled::{SledOptions, SledStore},
    },
};

/// Everything but listeners and tasks.
pub struct Parts {
    /// The node's TLS certificate.
    pub credentials: Arc<LiveCredentials>,
    /// The roster in force.
    pub roster: Arc<LiveRoster>,
    /// What takes up new ones of both.
    pub(super) reloader: Arc<Reloader>,
    /// Code lists, catalogue and plan.
    pub codes: Arc<Codes>,
    /// The store.
    pub store: SharedStore,
    /// All logs.
    pub log: Arc<Log>,
    /// Published tables.
    pub statistics: Arc<Statistics>,
    /// Notes.
    pub library: Arc<Library>,
    /// What follows the logs.
    pub projections: Arc<Projections>,
    /// The own log.
    pub own_log: Arc<OwnLog>,
    /// The hub's records and the gate; national hubs only.
    pub national: Option<National>,
}

/// What only a national hub has.
pub struct National {
    /// The records.
    pub repository: Arc<Repository>,
    /// The gate that releases pass.
    pub gate: Arc<Gate>,
}

/// Opens all parts. Blocks.
pub fn open(config: &Config, clock: &SharedClock) -> Result<Parts, NodeError> {
    // 1. What the configuration names: keys, roster, code lists.
    let keys = &config.keys;
    let pair = PairPaths { certificate: &keys.node_certificate_file, key: &keys.node_key_file };
    let credentials = Credentials::load(pair)?;
    let signer = LogSigner::load(&keys.log_key_file)?;
    let roster = rosters::read(&config.roster_file)?;
    let own = OwnEntry::new(config, signer.public());
    own.fits(&roster, &credentials.pin()?).map_err(|problem| NodeError::NotInRoster {
        file: config.roster_file.clone(),
        member: config.member,
        problem,
    })?;
    check_neighbours(config, &roster)?;
    let credentials = Arc::new(LiveCredentials::new(credentials)?);
    let codes = Arc::new(codes(config)?);
    // 2. The store: whoever holds it is the node.
    let folder = config.store_folder();
    let options = SledOptions { folder, cache_bytes: config.store_cache_bytes };
    let store: SharedStore = Arc::new(SledStore::open(&options)?);
    // 3. The logs; each is hashed against its newest checkpoint.
    let logs = config.log_folder();
    let log = Arc::new(Log::open(&logs, Arc::clone(&store), Arc::clone(clock))?);
    for (origin, epoch, damage) in log.damaged() {
        tracing::error!(%origin, epoch, damage, "a log is damaged; run `essaim log verify`");
    }
    match log.forks() {
        Ok(forks) => forks.iter().for_each(|fork| {
            tracing::error!(evidence = %fork, "a member signed two histories; its log is frozen");
        }),
        Err(error) => tracing::error!(%error, "evidence of a fork cannot be read"),
    }
    // 4. What is computed from the logs, brought up to them.
    let statistics = Arc::new(rebuild::statistics(&store, &codes)?);
    let library = Arc::new(Library::new(Arc::clone(&store)));
    let projections = Arc::new(Projections::new(
        Arc::clone(&log),
        Arc::clone(&store),
        Arc::clone(&statistics),
        Arc::clone(&library),
    ));
    projections.start()?;
    // 5. The own log. A node restored from a backup must hear from others how long its log is
    // before it appends; alone in its roster, it has nobody to ask.
    let answers = answers_needed(config, &roster);
    log.ask_peers_first(config.member, keys.log_epoch, answers)?;
    let own_log = own_log(config, signer, &log, &projections);
    // 6. The records and the gate; a release that was being published is settled first.
    let national = national(config, &store, &codes, clock, &own_log)?;
    // 7. The roster, with those whom earlier ones held: they are told so, not taken for strangers.
    let memory = Memory::new(config);
    let roster = Arc::new(memory.take_up(roster));
    let (live, shown) = (Arc::clone(&roster), Arc::clone(&credentials));
    let reloader = Arc::new(Reloader::new(config, own, memory, live, shown));
    Ok(Parts {
        credentials,
        roster,
        reloader,
        codes,
        store,
        log,
        statistics,
        library,
        projections,
        own_log,
        national,
    })
}

/// Whom the configuration wants to pull from must be other members.
fn check_neighbours(config: &Config, roster: &Roster) -> Result<(), NodeError> {
    let mut chosen = config.sync.neighbours.iter().flatten();
    let stranger = |code: &&MemberCode| **code == config.member || roster.member(**code).is_none();
    match chosen.find(stranger) {
        Some(&neighbour) => {
            Err(NodeError::NoNeighbour { file: config.roster_file.clone(), neighbour })
        }
        None => Ok(()),
    }
}

/// More than half of the nodes this one pulls from: some may lag behind, or know nothing.
fn answers_needed(config: &Config, roster: &Roster) -> usize {
    let others = roster.members.len().saturating_sub(1);
    match config.sync.neighbours.as_ref().map_or(others, Vec::len) {
        0 => 0,
        neighbours => neighbours / 2 + 1,
    }
}

fn codes(config: &Config) -> Result<Codes, NodeError> {
    let codes = Codes::embedded();
    let Some(file) = &config.regions_file else { return Ok(codes) };
    Ok(codes.with_regions_file(file)?)
}

fn national(
    config: &Config,
    store: &SharedStore,
    codes: &Arc<Codes>,
    clock: &SharedClock,
    own_log: &OwnLog,
) -> Result<Option<National>, NodeError> {
    let (MemberKind::National, Some(settings)) = (config.kind, &config.disclosure) else {
        return Ok(None);
    };
    let (store, clock) = (Arc::clone(store), Arc::clone(clock));
    let (kept, timed) = (Arc::clone(&store), Arc::clone(&clock));
    let repository = Repository::new(kept, timed, Arc::clone(codes), config.member);
    let gate = Gate::new(store, Arc::clone(codes), settings.rules(), config.member, clock);
    for (release, entry) in gate.recover(own_log)? {
        match entry {
            Some(entry) => tracing::info!(%release, %entry, "a release was published after all"),
            None => tracing::warn!(%release, "a release was not published yet; publish it again"),
        }
    }
    Ok(Some(National { repository: Arc::new(repository), gate: Arc::new(gate) }))
}

fn own_log(
    config: &Config,
    signer: LogSigner,
    log: &Arc<Log>,
    projections: &Arc<Projections>,
) -> Arc<OwnLog> {
    let projections = Arc::clone(projections);
    let follow = move |id: EntryId| {
        if let Err(error) = projections.take_news(&[]) {
            tracing::error!(entry = %id, %error, "an own entry waits; it is tried again");
        }
    };
    let (member, epoch) = (config.member, config.keys.log_epoch);
    Arc::new(OwnLog::new(Arc::clone(log), signer, member, epoch, Arc::new(follow)))
}
