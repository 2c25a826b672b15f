//! All logs a node holds: its own and those it follows.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use crate::{
    base::{
        clock::SharedClock,
        id::{EntryId, MemberCode},
    },
    keys::{roster::Roster, signer::LogSigner},
    log::{
        LogError,
        batch::EntryBatch,
        bodies::{self, SealedBody, StoredBody},
        files::{LogFolder, file_error},
        header::{Header, HeaderBytes, leaf, round_up},
        merkle::Hash,
        noted::Noted,
        single::{Awaited, Base, HeadNews, SingleLog},
        snapshot::{self, Snapshot},
        state,
        verify::{self, Fork, SignedCheckpoint, Verified, VerifyError},
    },
    publication::admitted::Admitted,
    store::{Batch, SharedStore},
};

/// Headers read at once when entries are read in order.
const READ_AHEAD: usize = 128;

/// One log with its lock.
type SharedLog = Arc<Mutex<SingleLog>>;

/// All logs of a node. Methods block; call them from blocking threads.
pub struct Log {
    folder: PathBuf,
    store: SharedStore,
    clock: SharedClock,
    logs: Mutex<BTreeMap<(MemberCode, u32), SharedLog>>,
    /// Where the last list of missing bodies ended.
    missing_cursor: Mutex<Option<EntryId>>,
}

/// How far a log is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Whose log.
    pub origin: MemberCode,
    /// Its epoch.
    pub epoch: u32,
    /// Entries held in full under a checkpoint.
    pub size: u64,
    /// Root at that size.
    pub root: Hash,
    /// The checkpoint as signed; empty at size 0.
    pub checkpoint: Vec<u8>,
    /// Entries held and verified; more than `size` while a longer log is being fetched.
    pub held: u64,
    /// Whether the origin signed two histories.
    pub frozen: bool,
}

/// Where a log stands, for asking others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Entries held.
    pub held: u64,
    /// Size of the longest checkpoint known.
    pub size: u64,
    /// Its root; zeros if none is known.
    pub root: Hash,
}

/// An entry as read from a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub id: EntryId,
    /// Its header.
    pub header: Header,
    /// Its body.
    pub body: Body,
}

/// An entry's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The original bytes, checked against the header.
    Present(Vec<u8>),
    /// Not here: not fetched yet, dropped, or erased.
    Absent,
}

impl Log {
    /// Opens the logs in `folder`, which is made if it is not there. Each is read and hashed
    /// against its newest checkpoint, and what a crash left after it is cut off. A damaged log is
    /// neither extended nor sent, and does not keep the others from opening; see
    /// [`Log::damaged`].
    pub fn open(folder: &Path, store: SharedStore, clock: SharedClock) -> Result<Self, LogError> {
        fs::create_dir_all(folder).map_err(|cause| file_error(folder, cause))?;
        let mut logs = BTreeMap::new();
        for (origin, epoch) in LogFolder::list(folder)? {
            let mut log = SingleLog::load(folder, &*store, origin, epoch)?;
            log.repair_tail()?;
            log.note_held(&*store)?;
            logs.insert((origin, epoch), Arc::new(Mutex::new(log)));
        }
        let (logs, missing_cursor) = (Mutex::new(logs), Mutex::new(None));
        Ok(Self { folder: folder.into(), store, clock, logs, missing_cursor })
    }

    /// Appends to the own log; durable when it returns. An error may mean that the entry is in
    /// the log all the same: look before appending it again.
    pub fn append(
        &self,
        signer: &LogSigner,
        origin: MemberCode,
        epoch: u32,
        admitted: Admitted,
    ) -> Result<EntryId, LogError> {
        let log = self.find_or_make(origin, epoch)?;
        let mut log = lock(&log);
        log.check_appendable()?;
        let id = log.id(log.held());
        let first_seq = match admitted.revises() {
            None => id.seq,
            Some(old) => self.first_of_resource(&log, old, &admitted)?,
        };
        let body = SealedBody::seal(admitted.body().to_vec())?;
        let header = Header {
            id,
            kind: admitted.kind(),
            schema: admitted.schema(),
            first_seq,
            supersedes: admitted.revises(),
            created_on: self.clock.today(),
            // An admitted body is at most 1 MiB long.
            body_bytes_rounded: u32::try_from(round_up(body.bytes.len())).unwrap_or(u32::MAX),
            body_commit: body.commit(),
        };
        let appended = log.append(&*self.store, signer, header, body);
        self.settle(&mut log, appended)?;
        Ok(id)
    }

    fn first_of_resource(
        &self,
        log: &SingleLog,
        seq: u64,
        admitted: &Admitted,
    ) -> Result<u64, LogError> {
        let id = log.id(seq);
        let found = log.folder.read_headers(seq, 1)?.first().copied().filter(|_| seq < log.held());
        match found.map(|bytes| Header::from_bytes(id, &bytes)) {
            Some(Ok(header)) if header.kind == admitted.kind() => Ok(header.first_seq),
            _ => Err(LogError::NoSuchRevision { id }),
        }
    }

    /// After a failed write, takes up again what the disk holds, by the function of the start.
    fn settle(&self, log: &mut SingleLog, result: Result<(), LogError>) -> Result<(), LogError> {
        if result.is_err() && log.damage.is_none() {
            let (offered, seen) = (log.offered.take(), log.seen.take());
            let awaited = log.awaited.take();
            match SingleLog::load(&self.folder, &*self.store, log.origin, log.epoch) {
                Ok(found) => *log = SingleLog { offered, seen, awaited, ..found },
                Err(error) => log.damage = Some(error.to_string()),
            }
            if let Some(damage) = &log.damage {
                let (origin, epoch) = (log.origin, log.epoch);
                tracing::error!(%origin, epoch, damage, "a log is damaged; verify it");
            }
        }
        result
    }

    /// The heads of all logs that hold anything and are not damaged, in order.
    pub fn heads(&self) -> Vec<Head> {
        let head = |log: &SingleLog| {
            let complete = log.state.complete.as_ref().map(Verified::get);
            Head {
                origin: log.origin,
                epoch: log.epoch,
                size: log.state.size(),
                root: complete.map_or(crate::log::merkle::root(&[]), |it| it.checkpoint.root),
                checkpoint: complete.map(|it| it.note.clone()).unwrap_or_default(),
                held: log.held(),
                frozen: log.frozen,
            }
        };
        let shown = |log: &SingleLog| log.damage.is_none() && (log.held() > 0 || log.frozen);
        let heads = |log: &SingleLog| shown(log).then(|| head(log));
        self.all().iter().filter_map(|log| heads(&lock(log))).collect()
    }

    /// The logs that are damaged, and how.
    pub fn damaged(&self) -> Vec<(MemberCode, u32, String)> {
        let damage = |log: &SingleLog| Some((log.origin, log.epoch, log.damage.clone()?));
        self.all().iter().filter_map(|log| damage(&lock(log))).collect()
    }

    /// The evidence kept of forks.
    pub fn forks(&self) -> Result<Vec<Fork>, LogError> {
        let mut forks = Vec::new();
        for log in self.all() {
            let log = lock(&log);
            let Some(bytes) = log.folder.read_fork()? else { continue };
            let (origin, epoch) = (log.origin, log.epoch);
            let fork = state::fork_from_bytes(origin, epoch, &bytes)
                .map_err(|detail| LogError::Damaged { origin, epoch, detail })?;
            forks.push(fork.into_inner());
        }
        Ok(forks)
    }

    /// One entry, or `None` if the log is not that long.
    pub fn entry(&self, id: EntryId) -> Result<Option<Entry>, LogError> {
        self.entries(id.origin, id.epoch, id.seq).next().transpose()
    }

    /// The entries from number `from` on, as far as they are held when this is called. An error
    /// about one entry ([`LogError::Unreadable`], [`LogError::DamagedBody`]) does not end the
    /// iterator: pass it over.
    pub fn entries(&self, origin: MemberCode, epoch: u32, from: u64) -> Entries<'_> {
        let held = self.find(origin, epoch).map_or(0, |log| lock(&log).held());
        let folder = LogFolder::new(&self.folder, origin, epoch);
        let next = EntryId { origin, epoch, seq: from };
        Entries { log: self, folder, next, held, headers: VecDeque::new() }
    }

    fn read(&self, id: EntryId, header: &HeaderBytes) -> Result<Entry, LogError> {
        let header = Header::from_bytes(id, header)
            .map_err(|problem| LogError::Unreadable { id, problem })?;
        let record = bodies::read(&*self.store, id)?;
        let body = match record.map(|record| record.body) {
            Some(StoredBody::Present(body)) if body.belongs_to(&header) => {
                Body::Present(body.bytes)
            }
            Some(StoredBody::Present(_)) | None => {
                bodies::want_again(&*self.store, id)?;
                return Err(LogError::DamagedBody { id });
            }
            Some(StoredBody::Missing | StoredBody::Erased | StoredBody::Passed) => Body::Absent,
        };
        Ok(Entry { id, header, body })
    }

    /// Drops the body of an entry, and its nonce, for good (a withdrawal that asks for erasure).
    pub fn erase_body(&self, id: EntryId) -> Result<(), LogError> {
        let Some(header) = self.header_bytes(id)? else { return Ok(()) };
        let mut batch = Batch::default();
        bodies::put(&*self.store, &mut batch, id, &leaf(&header), &StoredBody::Erased)?;
        Ok(self.store.commit(&batch)?)
    }

    fn header_bytes(&self, id: EntryId) -> Result<Option<HeaderBytes>, LogError> {
        let Some(log) = self.find(id.origin, id.epoch) else { return Ok(None) };
        let log = lock(&log);
        let header = log.folder.read_headers(id.seq, 1)?.first().copied();
        Ok(header.filter(|_| id.seq < log.held()))
    }

    /// From now on the log takes no entry of ours until `needed` other nodes have told what they
    /// know of it ([`Log::answered`]): called at start, so that a log restored from a backup
    /// cannot fork itself.
    pub fn ask_peers_first(
        &self,
        origin: MemberCode,
        epoch: u32,
        needed: usize,
    ) -> Result<(), LogError> {
        let log = self.find_or_make(origin, epoch)?;
        lock(&log).awaited = Some(Awaited { needed, from: BTreeSet::new() });
        Ok(())
    }

    /// The node of `peer` has told what it knows of the log. If that is more than is held here,
    /// appending is still refused until it is fetched.
    pub fn answered(&self, origin: MemberCode, epoch: u32, peer: MemberCode) {
        let Some(log) = self.find(origin, epoch) else { return };
        if let Some(awaited) = &mut lock(&log).awaited {
            awaited.from.insert(peer);
        }
    }

    /// An error if this node may not append to the log as its own, as [`Log::append`] would say.
    pub fn check_appendable(&self, origin: MemberCode, epoch: u32) -> Result<(), LogError> {
        match self.find(origin, epoch) {
            Some(log) => lock(&log).check_appendable(),
            None => Ok(()),
        }
    }

    /// Where a log stands; `None` if it is frozen or damaged and nothing more is wanted of it.
    pub fn position(&self, origin: MemberCode, epoch: u32) -> Option<Position> {
        let nothing = Position { held: 0, size: 0, root: [0; 32] };
        let Some(log) = self.find(origin, epoch) else { return Some(nothing) };
        let log = lock(&log);
        log.check_usable().ok()?;
        let known = log.newest().map(|signed| signed.get().checkpoint);
        Some(Position {
            held: log.held(),
            size: known.map_or(0, |checkpoint| checkpoint.size),
            root: known.map_or(nothing.root, |checkpoint| checkpoint.root),
        })
    }

    /// Weighs a checkpoint that another node offered; without a `base`, one that it has only seen.
    pub fn consider(
        &self,
        roster: &Roster,
        (origin, epoch): (MemberCode, u32),
        note: &[u8],
        base: Option<&Base>,
    ) -> Result<HeadNews, LogError> {
        let offered = verify::checkpoint(roster, origin, epoch, note)?;
        let log = self.find_or_make(origin, epoch)?;
        lock(&log).consider(offered, base)
    }

    /// The longest checkpoint known of a log, if its entries are not all held, or are damaged: it
    /// was signed, though nothing can be sent under it.
    pub fn longest_unheld(&self, origin: MemberCode, epoch: u32) -> Option<SignedCheckpoint> {
        let log = self.find(origin, epoch)?;
        let log = lock(&log);
        let longest = log.longest_seen()?.get();
        let unheld = log.damage.is_some() || longest.checkpoint.size > log.state.size();
        unheld.then(|| longest.clone())
    }

    /// Whether this node can say how long a log is as far as it ever knew: not if its copy is
    /// damaged, or was moved away and is not back yet.
    pub fn knows_length(&self, origin: MemberCode, epoch: u32) -> bool {
        let Some(log) = self.find(origin, epoch) else {
            return Noted::read(&*self.store, origin, epoch)
                .is_ok_and(|noted| noted.is_ok_and(|noted| noted.longest == 0));
        };
        let log = lock(&log);
        let known = log.longest_seen().map_or(0, |signed| signed.get().checkpoint.size);
        log.damage.is_none() && known >= log.noted.longest
    }

    /// Verifies a batch against `checkpoint` and stores it durably. Returns how many entries were
    /// new.
    pub fn receive(
        &self,
        checkpoint: &Verified<SignedCheckpoint>,
        mut batch: EntryBatch,
    ) -> Result<u64, LogError> {
        let log = self.find_or_make(batch.origin, batch.epoch)?;
        let mut log = lock(&log);
        log.check_usable()?;
        // Another session may have brought the start of it in the meantime.
        let known = log.held().saturating_sub(batch.first);
        let known = usize::try_from(known).unwrap_or(usize::MAX).min(batch.items.len());
        batch.items.drain(..known);
        batch.first += known as u64;
        if batch.items.is_empty() && known > 0 {
            return Ok(0);
        }
        let new = batch.items.len() as u64;
        let advance = verify::advance(&log.frontier, checkpoint, batch)?;
        let extended = log.extend(&*self.store, &advance);
        self.settle(&mut log, extended)?;
        Ok(new)
    }

    /// Up to `count_max` entries whose bodies are wanted; the next call goes on where this one
    /// ended, so that a body nobody has does not keep others from being asked for.
    pub fn missing_bodies(&self, count_max: usize) -> Result<Vec<EntryId>, LogError> {
        let mut cursor = lock(&self.missing_cursor);
        let mut found = bodies::missing(&*self.store, *cursor, count_max)?;
        if found.is_empty() && cursor.is_some() {
            found = bodies::missing(&*self.store, None, count_max)?;
        }
        *cursor = found.last().copied();
        Ok(found)
    }

    /// The body of an entry, to be sent; `None` if it is not here or does not fit its header.
    pub fn sealed_body(&self, id: EntryId) -> Result<Option<SealedBody>, LogError> {
        match self.header_bytes(id)? {
            Some(header) => snapshot::fitting_body(&*self.store, id, &header),
            None => Ok(None),
        }
    }

    /// Stores bodies that were asked for, durably, and tells which were new.
    pub fn receive_bodies(
        &self,
        bodies: Vec<(EntryId, SealedBody)>,
    ) -> Result<Vec<EntryId>, LogError> {
        let (mut batch, mut filled) = (Batch::default(), Vec::new());
        for (id, body) in bodies {
            let Some(bytes) = self.header_bytes(id)? else { continue };
            if !bodies::is_wanted(&*self.store, id)? {
                continue;
            }
            let header = Header::from_bytes(id, &bytes);
            if !header.is_ok_and(|header| body.belongs_to(&header)) {
                return Err(VerifyError::WrongBody(id).into());
            }
            let body = StoredBody::Present(body);
            bodies::put(&*self.store, &mut batch, id, &leaf(&bytes), &body)?;
            filled.push(id);
        }
        self.store.commit(&batch)?;
        Ok(filled)
    }

    /// What is needed to send a log; `None` if nothing of it is held in full.
    pub fn snapshot(&self, origin: MemberCode, epoch: u32) -> Result<Option<Snapshot>, LogError> {
        let Some(log) = self.find(origin, epoch) else { return Ok(None) };
        let (folder, complete) = {
            let log = lock(&log);
            if log.damage.is_some() {
                return Ok(None);
            }
            (log.folder.clone(), log.state.complete.clone())
        };
        let Some(complete) = complete else { return Ok(None) };
        Snapshot::read(folder, self.store.clone(), complete.into_inner()).map(Some)
    }

    fn all(&self) -> Vec<SharedLog> {
        lock(&self.logs).values().cloned().collect()
    }

    fn find(&self, origin: MemberCode, epoch: u32) -> Option<SharedLog> {
        lock(&self.logs).get(&(origin, epoch)).cloned()
    }

    fn find_or_make(&self, origin: MemberCode, epoch: u32) -> Result<SharedLog, LogError> {
        let mut logs = lock(&self.logs);
        if let Some(log) = logs.get(&(origin, epoch)) {
            return Ok(log.clone());
        }
        let log = SingleLog::load(&self.folder, &*self.store, origin, epoch)?;
        let log = Arc::new(Mutex::new(log));
        logs.insert((origin, epoch), log.clone());
        Ok(log)
    }
}

/// Entries of one log, in order.
pub struct Entries<'a> {
    log: &'a Log,
    folder: LogFolder,
    next: EntryId,
    held: u64,
    headers: VecDeque<HeaderBytes>,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        let id = self.next;
        if id.seq >= self.held {
            return None;
        }
        if self.headers.is_empty() {
            let rest = usize::try_from(self.held - id.seq).unwrap_or(usize::MAX);
            match self.folder.read_headers(id.seq, rest.min(READ_AHEAD)) {
                Ok(headers) => self.headers = headers.into(),
                Err(error) => {
                    self.held = 0;
                    return Some(Err(error));
                }
            }
        }
        let Some(header) = self.headers.pop_front() else {
            self.held = 0;
            let (origin, epoch) = (id.origin, id.epoch);
            let detail = format!("entry {} is missing from its file `headers`", id.seq);
            return Some(Err(LogError::Damaged { origin, epoch, detail }));
        };
        self.next.seq += 1;
        Some(self.log.read(id, &header))
    }
}

/// Locks; what a panic of another thread left is as it was before its last whole assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
