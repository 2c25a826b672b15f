//! One log, own or followed: how it grows on the disk, and how it is read back after a crash.

use std::{collections::BTreeSet, path::Path};

use crate::{
    base::{
        id::{EntryId, MemberCode},
        limits::BATCH_HEADERS_MAX,
    },
    keys::signer::LogSigner,
    log::{
        LogError,
        batch::BatchItem,
        bodies::{self, SealedBody, StoredBody},
        checkpoint::Checkpoint,
        files::LogFolder,
        header::{Header, leaf},
        merkle::{Frontier, Hash, consistency_proof, root},
        noted::Noted,
        state::{self, State},
        verify::{self, Advance, Fork, SignedCheckpoint, Verified, VerifyError},
    },
    store::{Batch, Store},
};

/// One log. Guarded by its own lock in [`crate::log::logs::Log`].
pub(super) struct SingleLog {
    pub origin: MemberCode,
    pub epoch: u32,
    pub folder: LogFolder,
    /// What stands in the file `checkpoints`.
    pub state: State,
    /// The tree over the entries held.
    pub frontier: Frontier,
    /// The longest checkpoint another node showed; not on disk until entries come with it.
    pub offered: Option<Verified<SignedCheckpoint>>,
    /// The longest checkpoint another node has seen without holding all under it: it was signed,
    /// and nothing can be fetched against it there.
    pub seen: Option<Verified<SignedCheckpoint>>,
    /// How long it was, as the store notes it.
    pub noted: Noted,
    /// Evidence of a fork froze it.
    pub frozen: bool,
    /// What differs on disk from what was signed, if anything does.
    pub damage: Option<String>,
    /// Whether the damage is that the folder is an older or shorter one than it was.
    pub is_rolled_back: bool,
    /// No entry of our own until other nodes have told what they know of the log.
    pub awaited: Option<Awaited>,
}

/// The answers of other nodes that are awaited before anything is appended: one that lags behind
/// proves nothing, so it takes several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Awaited {
    /// How many other nodes must have answered.
    pub needed: usize,
    /// Those that have.
    pub from: BTreeSet<MemberCode>,
}

/// What another node said about a log beside its checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The size of the newest checkpoint known here when it was asked.
    pub size: u64,
    /// The other node's root at that size.
    pub root: Option<Hash>,
    /// Consistency proof from there to its checkpoint.
    pub proof: Vec<Hash>,
}

/// What an offered checkpoint means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadNews {
    /// Entries can be fetched against it.
    Newer(Verified<SignedCheckpoint>),
    /// Nothing that is not held here.
    Nothing,
    /// It is longer than all that is known, but says nothing about what is known now: another
    /// session brought news since this one asked. It must ask again.
    Moved,
    /// The origin signed two histories: the epoch is frozen now.
    Forked(Box<Verified<Fork>>),
}

impl SingleLog {
    /// Reads a log from its folder: the same function after a crash, at a start and at `verify`.
    /// What is damaged is said in [`SingleLog::damage`]; only a disk that fails is an error.
    pub fn load(
        logs: &Path,
        store: &dyn Store,
        origin: MemberCode,
        epoch: u32,
    ) -> Result<Self, LogError> {
        let folder = LogFolder::new(logs, origin, epoch);
        let mut log = Self {
            origin,
            epoch,
            frozen: folder.read_fork()?.is_some(),
            folder,
            state: State::default(),
            frontier: Frontier::default(),
            offered: None,
            seen: None,
            noted: Noted::default(),
            damage: None,
            is_rolled_back: false,
            awaited: None,
        };
        let checkpoints = log.folder.read_checkpoints()?;
        let state = checkpoints
            .map_or(Ok(State::default()), |bytes| State::from_bytes(origin, epoch, &bytes));
        match state {
            Ok(state) => log.state = state,
            Err(problem) => {
                log.damage = Some(format!("its file `checkpoints`: {problem}"));
                return Ok(log);
            }
        }
        let leaves = log.folder.read_leaves(log.state.held())?;
        match log.state.check(&leaves) {
            Ok(frontier) => log.frontier = frontier,
            Err(problem) => log.damage = Some(problem),
        }
        if log.damage.is_none() {
            log.damage = log.rolled_back(store)?;
            log.is_rolled_back = log.damage.is_some();
        }
        Ok(log)
    }

    /// What shows that the file `checkpoints` was lost or is an older one than there was, if
    /// anything does: a crash leaves neither fewer entries than the store noted, nor more headers
    /// after them than one batch has.
    fn rolled_back(&mut self, store: &dyn Store) -> Result<Option<String>, LogError> {
        self.noted = match Noted::read(store, self.origin, self.epoch)? {
            Ok(noted) => noted,
            Err(problem) => {
                return Ok(Some(format!("{problem}. Restore the newest copy of the store")));
            }
        };
        let (held, (present, _)) = (self.held(), self.folder.header_count()?);
        let lost = if self.folder.exists() && self.noted.held > held {
            format!("{} entries were held", self.noted.held)
        } else if present > held + BATCH_HEADERS_MAX as u64 {
            format!("its file `headers` has {present} entries")
        } else {
            return Ok(None);
        };
        Ok(Some(format!(
            "its file `checkpoints` is missing or older than it was: it signs {held} entries, but \
             {lost}. Restore the newest copy of the log's folder, or move the folder away with the \
             node stopped; the next start fetches the log from other nodes"
        )))
    }

    /// Cuts off what a crash left after the entries held: headers that were written and never
    /// covered by a checkpoint. Nobody was told of them, so they may go.
    pub fn repair_tail(&self) -> Result<(), LogError> {
        let (count, rest) = self.folder.header_count()?;
        match self.damage.is_none() && (count > self.held() || rest > 0) {
            true => self.folder.write_headers(self.held(), &[]),
            false => Ok(()),
        }
    }

    /// Entries held and verified.
    pub fn held(&self) -> u64 {
        self.frontier.size()
    }

    /// The longest checkpoint known.
    pub fn newest(&self) -> Option<&Verified<SignedCheckpoint>> {
        let size = |signed: &&Verified<SignedCheckpoint>| signed.get().checkpoint.size;
        self.state.newest().into_iter().chain(&self.offered).max_by_key(size)
    }

    /// The longest checkpoint known to have been signed, by any news.
    pub fn longest_seen(&self) -> Option<&Verified<SignedCheckpoint>> {
        let size = |signed: &&Verified<SignedCheckpoint>| signed.get().checkpoint.size;
        self.newest().into_iter().chain(&self.seen).max_by_key(size)
    }

    /// The identifier of entry `seq`.
    pub fn id(&self, seq: u64) -> EntryId {
        EntryId { origin: self.origin, epoch: self.epoch, seq }
    }

    /// An error if nothing may be added or sent.
    pub fn check_usable(&self) -> Result<(), LogError> {
        let (origin, epoch) = (self.origin, self.epoch);
        if let Some(detail) = self.damage.clone() {
            return Err(LogError::Damaged { origin, epoch, detail });
        }
        match self.frozen {
            true => Err(LogError::Frozen { origin, epoch }),
            false => Ok(()),
        }
    }

    /// An error if this node may not append to it as its own.
    pub fn check_appendable(&self) -> Result<(), LogError> {
        self.check_usable()?;
        let (origin, epoch, held) = (self.origin, self.epoch, self.held());
        let known = self.longest_seen().map_or(0, |signed| signed.get().checkpoint.size);
        let known = known.max(self.noted.longest);
        if known > held {
            return Err(LogError::Behind { origin, epoch, held, known });
        }
        match &self.awaited {
            Some(Awaited { needed, from }) if from.len() < *needed => {
                let (needed, answered) = (*needed, from.len());
                Err(LogError::Unconfirmed { origin, epoch, needed, answered })
            }
            _ => Ok(()),
        }
    }

    /// Appends an entry of our own and signs the longer log.
    ///
    /// The commit order. A crash after each step leaves:
    /// 1. body durable → a record of an entry that no header names; the next append replaces it;
    /// 2. header durable → a header after the signed size; [`SingleLog::repair_tail`] cuts it off.
    ///    The caller was not answered, and no checkpoint covers it, so nobody can know of it;
    /// 3. what was written read back from the disk, and the tree before it held against what was
    ///    signed → as after 2. Nothing new is signed that the disk does not give back;
    /// 4. checkpoint signed and put in place whole → the entry is in the log, whether or not the
    ///    caller was still answered; it must look before it appends again;
    /// 5. the new length noted in the store, not yet durable: see [`crate::log::noted`].
    pub fn append(
        &mut self,
        store: &dyn Store,
        signer: &LogSigner,
        header: Header,
        body: SealedBody,
    ) -> Result<(), LogError> {
        self.check_appendable()?;
        self.folder.create()?;
        let item = BatchItem { header: header.to_bytes(), body: Some(body) };

        // 1.
        self.commit_bodies(store, std::slice::from_ref(&item))?;
        // 2.
        self.folder.write_headers(self.held(), &[item.header])?;
        // 3.
        let frontier = self.read_back(store, &item)?;
        // 4.
        let (origin, epoch) = (self.origin, self.epoch);
        let (size, root) = (frontier.size(), frontier.root());
        let note = Checkpoint { origin, epoch, size, root }.sign(signer)?.to_bytes();
        let complete = verify::checkpoint_by(&signer.public(), origin, epoch, &note)?;
        let state = State { complete: Some(complete), pending: None };
        self.folder.write_checkpoints(&state.to_bytes())?;

        self.state = state;
        self.frontier = frontier;
        self.note_held(store)
    }

    /// Adds entries that were verified.
    ///
    /// The commit order, and what a crash after each step leaves:
    /// 1. bodies durable → records that no header names; they come again;
    /// 2. headers durable → headers after the size held; cut off, they come again;
    /// 3. checkpoint, with the proof that these entries lead to it, in place → the entries are
    ///    held. The cursor of replication is this size, so it moves here and nowhere else;
    /// 4. the new length noted in the store, not yet durable: see [`crate::log::noted`].
    pub fn extend(
        &mut self,
        store: &dyn Store,
        advance: &Verified<Advance>,
    ) -> Result<(), LogError> {
        self.check_usable()?;
        let Advance { first, items, frontier, .. } = advance.get();
        if *first != self.held() {
            let (origin, epoch, first) = (self.origin, self.epoch, *first);
            return Err(VerifyError::NotInTree { origin, epoch, first }.into());
        }
        if !self.folder.exists() && self.noted.held > 0 {
            // It was moved away: from here on the log holds what is fetched.
            self.noted.held = 0;
            self.noted.commit(store, self.origin, self.epoch)?;
        }
        self.folder.create()?;
        // 1.
        self.commit_bodies(store, items)?;
        // 2.
        let headers: Vec<_> = items.iter().map(|item| item.header).collect();
        self.folder.write_headers(self.held(), &headers)?;
        // 3.
        let state = self.state.after(advance);
        self.folder.write_checkpoints(&state.to_bytes())?;

        self.state = state;
        self.frontier = frontier.clone();
        self.note_held(store)
    }

    /// Notes in the store how many entries are held, if that is more than it knows.
    pub fn note_held(&mut self, store: &dyn Store) -> Result<(), LogError> {
        let held = self.held();
        if self.damage.is_some() || held <= self.noted.held {
            return Ok(());
        }
        self.noted = Noted { held, longest: held.max(self.noted.longest) };
        self.noted.write(store, self.origin, self.epoch)
    }

    fn commit_bodies(&self, store: &dyn Store, items: &[BatchItem]) -> Result<(), LogError> {
        let mut batch = Batch::default();
        for (seq, item) in (self.held()..).zip(items) {
            let id = self.id(seq);
            let body = match (&item.body, Header::from_bytes(id, &item.header)) {
                (_, Err(_)) => StoredBody::Passed,
                (Some(body), Ok(_)) => StoredBody::Present(body.clone()),
                (None, Ok(_)) => StoredBody::Missing,
            };
            bodies::put(store, &mut batch, id, &leaf(&item.header), &body)?;
        }
        Ok(store.commit(&batch)?)
    }

    /// The tree with `item`, if the disk gives back what was just written; an error if not.
    ///
    /// An append costs the logarithm of the log's length: of the tree only the frontier is kept,
    /// which was hashed from the disk when the log was opened. Here it is held against what was
    /// signed last, so that a fault of this program or of the memory is not signed; entries that
    /// rot on the disk meanwhile are found at the next start and by `essaim log verify`.
    fn read_back(&self, store: &dyn Store, item: &BatchItem) -> Result<Frontier, LogError> {
        let seq = self.held();
        let damaged = |detail| {
            let (origin, epoch) = (self.origin, self.epoch);
            Err(LogError::Damaged { origin, epoch, detail })
        };
        let signed = self.state.complete.as_ref().map(|signed| signed.get().checkpoint);
        let signed = signed.map_or((0, root(&[])), |signed| (signed.size, signed.root));
        if signed != (seq, self.frontier.root()) {
            return damaged(format!("its tree over {seq} entries is not the one that was signed"));
        }
        let written = self.folder.read_headers(seq, 1)?;
        let at_end = self.folder.header_count()? == (seq + 1, 0);
        let record = bodies::read(store, self.id(seq))?;
        let body = record.map(|record| record.body);
        if written != [item.header] || !at_end || body != item.body.clone().map(StoredBody::Present)
        {
            return damaged(format!(
                "after writing entry {seq}, the disk gave back something else"
            ));
        }
        let mut grown = self.frontier.clone();
        grown.push(leaf(&item.header));
        Ok(grown)
    }

    /// Weighs a checkpoint that another node offered, against all that is known of this log. One
    /// without a `base` it has only seen: nothing is fetched against it.
    pub fn consider(
        &mut self,
        offered: Verified<SignedCheckpoint>,
        base: Option<&Base>,
    ) -> Result<HeadNews, LogError> {
        self.check_usable()?;
        let size = offered.get().checkpoint.size;
        let known = self.newest().cloned();
        match (known, base) {
            (Some(known), _) if size <= known.get().checkpoint.size => {
                self.compare_with_known(&known, offered)
            }
            (_, None) => Ok(self.take_seen(offered)),
            (None, Some(_)) => Ok(self.take_offer(offered)),
            (Some(known), Some(base)) => self.consider_longer(&known, offered, base),
        }
    }

    /// A longer checkpoint must go on from the one known.
    fn consider_longer(
        &mut self,
        known: &Verified<SignedCheckpoint>,
        offered: Verified<SignedCheckpoint>,
        base: &Base,
    ) -> Result<HeadNews, LogError> {
        if base.size != known.get().checkpoint.size {
            return Ok(HeadNews::Moved);
        }
        let root = base.root.unwrap_or_default();
        if root != known.get().checkpoint.root {
            return self.freeze(known, &offered, root, base.proof.clone());
        }
        let target = &offered.get().checkpoint;
        match verify::leads(base.size, &root, target, &base.proof) {
            true => Ok(self.take_offer(offered)),
            false => {
                let (origin, epoch) = (self.origin, self.epoch);
                Err(VerifyError::NotConsistent { origin, epoch }.into())
            }
        }
    }

    /// A checkpoint no longer than the one known must have the same root at the same size.
    fn compare_with_known(
        &mut self,
        known: &Verified<SignedCheckpoint>,
        offered: Verified<SignedCheckpoint>,
    ) -> Result<HeadNews, LogError> {
        let (old, new) = (known.get().checkpoint, offered.get().checkpoint);
        if new.size == old.size && new.root != old.root {
            return self.freeze(known, &offered, new.root, Vec::new());
        }
        match new.size > self.held() {
            true => Ok(HeadNews::Newer(offered)),
            false => self.compare_with_held(&offered),
        }
    }

    fn take_seen(&mut self, seen: Verified<SignedCheckpoint>) -> HeadNews {
        let size = |signed: &Verified<SignedCheckpoint>| signed.get().checkpoint.size;
        if self.seen.as_ref().is_none_or(|before| size(before) < size(&seen)) {
            self.seen = Some(seen);
        }
        HeadNews::Nothing
    }

    fn take_offer(&mut self, offered: Verified<SignedCheckpoint>) -> HeadNews {
        if offered.get().checkpoint.size <= self.held() {
            return HeadNews::Nothing;
        }
        self.offered = Some(offered.clone());
        HeadNews::Newer(offered)
    }

    /// A checkpoint no longer than what is held must be the root of our own prefix.
    fn compare_with_held(
        &mut self,
        offered: &Verified<SignedCheckpoint>,
    ) -> Result<HeadNews, LogError> {
        let Some(complete) = self.state.complete.clone() else { return Ok(HeadNews::Nothing) };
        let (old, new) = (offered.get().checkpoint, complete.get().checkpoint);
        if old.size > new.size {
            // Evidence needs a signed size above it; it comes with the rest of the entries.
            return Ok(HeadNews::Nothing);
        }
        let leaves = self.folder.read_leaves(new.size)?;
        let size = usize::try_from(old.size).unwrap_or(usize::MAX);
        let prefix = root(leaves.get(..size).unwrap_or_default());
        match prefix == old.root {
            true => Ok(HeadNews::Nothing),
            false => {
                let proof = consistency_proof(&leaves, size).unwrap_or_default();
                self.freeze(offered, &complete, prefix, proof)
            }
        }
    }

    /// Keeps evidence of a fork, if it is any, and freezes the epoch. The prefix that is held is
    /// still shown.
    fn freeze(
        &mut self,
        older: &Verified<SignedCheckpoint>,
        newer: &Verified<SignedCheckpoint>,
        root_in_newer: Hash,
        proof: Vec<Hash>,
    ) -> Result<HeadNews, LogError> {
        let fork = verify::fork(older, newer, root_in_newer, proof)?;
        self.folder.create()?;
        self.folder.write_fork(&state::fork_to_bytes(&fork))?;
        self.frozen = true;
        Ok(HeadNews::Forked(Box::new(fork)))
    }
}
