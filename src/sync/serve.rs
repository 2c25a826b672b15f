//! The sending end: the frames that answer one request, within its budget. Blocks; a caller that
//! stops asking for frames ends it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use crate::{
    base::{
        id::{EntryId, MemberCode},
        limits::BATCH_BYTES_MAX,
    },
    log::{
        LogError,
        batch::BatchContent,
        logs::{Head, Log},
        snapshot::Snapshot,
    },
    sync::{
        message::{
            BODIES_MAX, Frame, HEADS_MAX, Heads, KnownHead, OfferedHead, PullRequest,
            SeenCheckpoint, Want,
        },
        packing::Packer,
    },
};

/// The frames that answer one request.
pub struct Serve {
    log: Arc<Log>,
    want: Want,
    budget_bytes: u64,
    sent_bytes: u64,
    packer: Packer,
    stage: Stage,
}

enum Stage {
    Heads(Vec<KnownHead>, Vec<EntryId>),
    /// Logs to send, each from an entry on; then bodies.
    Entries(VecDeque<(Snapshot, u64)>, VecDeque<EntryId>),
    Done,
}

/// What is offered, and the logs to send, each from a first entry on.
type Offers = (Heads, Vec<(Snapshot, u64)>);

impl Serve {
    /// Answers `request` from `log`.
    pub fn new(log: Arc<Log>, request: PullRequest) -> Result<Self, LogError> {
        let PullRequest { mut known, mut bodies, budget_bytes, want } = request;
        known.truncate(HEADS_MAX);
        bodies.truncate(BODIES_MAX);
        let packer = Packer::new().map_err(packing_error)?;
        let stage = Stage::Heads(known, bodies);
        Ok(Self { log, want, budget_bytes, sent_bytes: 0, packer, stage })
    }

    fn step(&mut self) -> Result<Option<Frame>, LogError> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Heads(known, bodies) => {
                let (heads, mut queue) = self.offers(known)?;
                // Little news goes first: it is soon done and often the most urgent.
                queue.sort_by_key(|(snapshot, from)| snapshot.signed().checkpoint.size - from);
                self.stage = Stage::Entries(queue.into(), bodies.into());
                Ok(Some(Frame::Heads(heads)))
            }
            Stage::Entries(mut logs, mut bodies) => {
                let content = self.content(&mut logs, &mut bodies)?;
                let Some(content) = content else {
                    return Ok(Some(Frame::End { complete: true }));
                };
                if self.sent_bytes > 0 && self.sent_bytes >= self.budget_bytes {
                    return Ok(Some(Frame::End { complete: false }));
                }
                let packed = self.packer.pack(&content.to_bytes()).map_err(packing_error)?;
                self.sent_bytes += packed.zstd.len() as u64;
                self.stage = Stage::Entries(logs, bodies);
                Ok(Some(Frame::Batch(packed)))
            }
            Stage::Done => Ok(None),
        }
    }

    fn offers(&self, known: Vec<KnownHead>) -> Result<Offers, LogError> {
        let heads: BTreeMap<(MemberCode, u32), Head> =
            self.log.heads().into_iter().map(|head| ((head.origin, head.epoch), head)).collect();
        let (mut offered, mut queue) = (Vec::new(), Vec::new());
        let (seen, unsure) = (self.seen(&known), self.unsure(&known));
        for known in known {
            let Some(head) = heads.get(&(known.origin, known.epoch)) else { continue };
            let same = head.size == known.size && head.root == known.root;
            if head.size == 0 || (same && known.held >= head.size) {
                continue;
            }
            let snapshot = match self.log.snapshot(known.origin, known.epoch) {
                Ok(Some(snapshot)) => snapshot,
                Ok(None) | Err(LogError::Damaged { .. }) => continue,
                Err(error) => return Err(error),
            };
            let base = snapshot.base(known.size).filter(|_| known.size > 0);
            let (base_root, proof) =
                base.map_or((None, Vec::new()), |(root, proof)| (Some(root), proof));
            offered.push(OfferedHead {
                origin: known.origin,
                epoch: known.epoch,
                checkpoint: snapshot.signed().note.clone(),
                base_root,
                proof,
            });
            if snapshot.signed().checkpoint.size > known.held {
                queue.push((snapshot, known.held));
            }
        }
        Ok((Heads { offered, seen, unsure }, queue))
    }

    fn unsure(&self, known: &[KnownHead]) -> Vec<(MemberCode, u32)> {
        let names = known.iter().map(|known| (known.origin, known.epoch));
        names.filter(|(origin, epoch)| !self.log.knows_length(*origin, *epoch)).collect()
    }

    /// What was signed, as far as it is known here, beyond what the caller knows and what can be
    /// sent.
    fn seen(&self, known: &[KnownHead]) -> Vec<SeenCheckpoint> {
        let beyond = |known: &KnownHead| {
            let signed = self.log.longest_unheld(known.origin, known.epoch)?;
            (signed.checkpoint.size > known.size).then_some(SeenCheckpoint {
                origin: known.origin,
                epoch: known.epoch,
                checkpoint: signed.note,
            })
        };
        known.iter().filter_map(beyond).collect()
    }

    fn content(
        &self,
        logs: &mut VecDeque<(Snapshot, u64)>,
        bodies: &mut VecDeque<EntryId>,
    ) -> Result<Option<BatchContent>, LogError> {
        while let Some((snapshot, from)) = logs.front_mut() {
            if let Some(batch) = snapshot.batch(*from, self.want == Want::Bodies)? {
                *from += batch.items.len() as u64;
                return Ok(Some(BatchContent::Entries(batch)));
            }
            logs.pop_front();
        }
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(id) = bodies.front().copied() {
            let body = self.log.sealed_body(id)?;
            bytes += body.as_ref().map_or(0, |body| body.bytes.len());
            if bytes > BATCH_BYTES_MAX && !found.is_empty() {
                break;
            }
            bodies.pop_front();
            found.extend(body.map(|body| (id, body)));
        }
        Ok((!found.is_empty()).then_some(BatchContent::Bodies(found)))
    }
}

impl Iterator for Serve {
    type Item = Result<Frame, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

fn packing_error(cause: std::io::Error) -> LogError {
    LogError::File { path: "zstd stream".into(), cause }
}
