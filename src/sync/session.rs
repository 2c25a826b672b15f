//! The receiving end of one pull: a pure state machine. It makes the request, then takes the
//! frames one by one; each is verified, stored durably, and only then counted. It may be dropped
//! after any frame: what was taken stays, and the next session goes on from there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    base::id::{EntryId, MemberCode},
    keys::roster::Roster,
    log::{
        LogError,
        batch::{BATCH_CONTENT_BYTES_MAX, BatchContent, EntryBatch},
        bodies::SealedBody,
        logs::Log,
        single::{Base, HeadNews},
        verify::{Fork, SignedCheckpoint, Verified, VerifyError},
    },
    sync::{
        SyncError,
        message::{BODIES_MAX, Frame, Heads, KnownHead, PackedBatch, PullRequest, Want},
        packing::Unpacker,
    },
};

/// What a session may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Bytes of batches.
    pub budget_bytes: u64,
    /// Whether bodies are wanted.
    pub want: Want,
}

/// What a session brought.
#[derive(Debug, Default)]
pub struct Outcome {
    /// New entries: log → (first, end), so that projections know where to go on.
    pub advanced: BTreeMap<(MemberCode, u32), (u64, u64)>,
    /// Entries whose bodies came later than they did: to be projected again.
    pub filled: Vec<EntryId>,
    /// Forks found; their epochs are frozen now.
    pub forks: Vec<Fork>,
    /// Logs passed over because the roster has no key for what was signed; it may be old.
    pub unknown_keys: Vec<(MemberCode, u32)>,
    /// Logs of which the other node holds more than was known, and which grew by another session
    /// while this one was under way. It did not count as an answer; pull again.
    pub moved: Vec<(MemberCode, u32)>,
    /// Bytes of frames taken.
    pub bytes_in: u64,
    /// Bytes of the request, nearly.
    pub bytes_out: u64,
    /// Whether the other node sent all it has. If not, pull again.
    pub complete: bool,
}

impl Outcome {
    /// Whether anything new is held.
    pub fn brought_anything(&self) -> bool {
        !self.advanced.is_empty() || !self.filled.is_empty()
    }
}

/// One pull from one node.
pub struct Session {
    log: Arc<Log>,
    peer: MemberCode,
    roster: Arc<Roster>,
    limits: SessionLimits,
    asked: BTreeMap<(MemberCode, u32), KnownHead>,
    asked_bodies: BTreeSet<EntryId>,
    targets: Option<BTreeMap<(MemberCode, u32), Target>>,
    unpacker: Unpacker,
    outcome: Outcome,
    ended: bool,
}

/// What an offered log is fetched against; nothing if it is passed over.
type Target = Option<Verified<SignedCheckpoint>>;

/// Whether more frames follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// They do.
    More,
    /// That was the last one.
    Done,
}

impl Session {
    /// Prepares a pull for `log` from the node of `peer`, accepting the logs of all members of
    /// `roster`.
    pub fn new(
        log: Arc<Log>,
        peer: MemberCode,
        roster: Arc<Roster>,
        limits: SessionLimits,
    ) -> Result<Self, SyncError> {
        let unpacker = Unpacker::new()
            .map_err(|cause| LogError::File { path: "zstd stream".into(), cause })?;
        Ok(Self {
            log,
            peer,
            roster,
            limits,
            asked: BTreeMap::new(),
            asked_bodies: BTreeSet::new(),
            targets: None,
            unpacker,
            outcome: Outcome::default(),
            ended: false,
        })
    }

    /// The request to send.
    pub fn request(&mut self) -> Result<PullRequest, SyncError> {
        for (origin, epoch) in self.roster.epochs() {
            // Frozen and damaged logs are not asked for.
            let Some(at) = self.log.position(origin, epoch) else { continue };
            let known = KnownHead { origin, epoch, held: at.held, size: at.size, root: at.root };
            self.asked.insert((origin, epoch), known);
        }
        if self.limits.want == Want::Bodies {
            self.asked_bodies.extend(self.log.missing_bodies(BODIES_MAX)?);
        }
        let request = PullRequest {
            known: self.asked.values().cloned().collect(),
            bodies: self.asked_bodies.iter().copied().collect(),
            budget_bytes: self.limits.budget_bytes,
            want: self.limits.want,
        };
        self.outcome.bytes_out += request.bytes();
        Ok(request)
    }

    /// Takes one frame. Blocks while it is stored. After an error, drop the session.
    pub fn accept(&mut self, frame: Frame) -> Result<Step, SyncError> {
        if self.ended {
            return Err(protocol("a frame after the last one"));
        }
        self.outcome.bytes_in += frame.bytes();
        match (frame, self.targets.is_some()) {
            (Frame::Heads(heads), false) => self.accept_heads(heads)?,
            (Frame::Batch(batch), true) => self.accept_batch(&batch)?,
            (Frame::End { complete }, true) => {
                self.ended = true;
                self.outcome.complete = complete;
                return Ok(Step::Done);
            }
            _ => return Err(protocol("the heads must come first, and once")),
        }
        Ok(Step::More)
    }

    /// What it brought.
    pub fn into_outcome(self) -> Outcome {
        self.outcome
    }

    fn accept_heads(&mut self, heads: Heads) -> Result<(), SyncError> {
        let mut targets = BTreeMap::new();
        for head in heads.offered {
            let log = (head.origin, head.epoch);
            let Some(known) = self.asked.get(&log) else {
                return Err(protocol("a log that was not asked for"));
            };
            let base = Base { size: known.size, root: head.base_root, proof: head.proof };
            let target = self.weigh(log, &head.checkpoint, Some(&base))?;
            if targets.insert(log, target).is_some() {
                return Err(protocol("a log offered twice"));
            }
        }
        for seen in heads.seen {
            let log = (seen.origin, seen.epoch);
            if !self.asked.contains_key(&log) {
                return Err(protocol("a log that was not asked for"));
            }
            self.weigh(log, &seen.checkpoint, None)?;
        }
        if heads.unsure.iter().any(|log| !self.asked.contains_key(log)) {
            return Err(protocol("a log that was not asked for"));
        }
        let Outcome { unknown_keys, moved, .. } = &self.outcome;
        for log in self.asked.keys() {
            // What was not weighed is no answer.
            if ![unknown_keys, moved, &heads.unsure].iter().any(|logs| logs.contains(log)) {
                self.log.answered(log.0, log.1, self.peer);
            }
        }
        self.targets = Some(targets);
        Ok(())
    }

    /// What a checkpoint of `log` means, given on `base` or, if only seen, without one; notes what
    /// could not be told.
    fn weigh(
        &mut self,
        log: (MemberCode, u32),
        checkpoint: &[u8],
        base: Option<&Base>,
    ) -> Result<Target, SyncError> {
        match self.log.consider(&self.roster, log, checkpoint, base) {
            Ok(HeadNews::Newer(checkpoint)) => return Ok(Some(checkpoint)),
            Ok(HeadNews::Nothing) => {}
            Ok(HeadNews::Moved) => self.outcome.moved.push(log),
            Ok(HeadNews::Forked(fork)) => self.outcome.forks.push(fork.into_inner()),
            Err(LogError::Refused(VerifyError::UnknownKey { .. })) => {
                self.outcome.unknown_keys.push(log);
            }
            Err(LogError::Frozen { .. } | LogError::Damaged { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(None)
    }

    fn accept_batch(&mut self, batch: &PackedBatch) -> Result<(), SyncError> {
        let slack = BATCH_CONTENT_BYTES_MAX as u64;
        if self.outcome.bytes_in > self.limits.budget_bytes.saturating_add(2 * slack) {
            return Err(protocol("more bytes than asked for"));
        }
        let content = self.unpacker.unpack(batch)?;
        match BatchContent::from_bytes(&content)? {
            BatchContent::Entries(batch) => self.accept_entries(batch),
            BatchContent::Bodies(bodies) => self.accept_bodies(bodies),
        }
    }

    fn accept_entries(&mut self, batch: EntryBatch) -> Result<(), SyncError> {
        let (log, end) = ((batch.origin, batch.epoch), batch.first + batch.items.len() as u64);
        let checkpoint = match self.targets.as_ref().and_then(|targets| targets.get(&log)) {
            Some(Some(checkpoint)) => checkpoint,
            Some(None) => return Ok(()),
            None => return Err(protocol("entries of a log that was not offered")),
        };
        let new = match self.log.receive(checkpoint, batch) {
            // It froze or broke in the meantime, by another session: no fault of this node.
            Err(LogError::Frozen { .. } | LogError::Damaged { .. }) => return Ok(()),
            received => received?,
        };
        if new > 0 {
            let range = self.outcome.advanced.entry(log).or_insert((end - new, end));
            range.1 = end;
        }
        Ok(())
    }

    fn accept_bodies(&mut self, bodies: Vec<(EntryId, SealedBody)>) -> Result<(), SyncError> {
        if bodies.iter().any(|(id, _)| !self.asked_bodies.contains(id)) {
            return Err(protocol("a body that was not asked for"));
        }
        self.outcome.filled.extend(self.log.receive_bodies(bodies)?);
        Ok(())
    }
}

fn protocol(problem: &'static str) -> SyncError {
    VerifyError::Protocol(problem).into()
}
