//! What nodes say to each other.

use std::collections::BTreeSet;

use crate::{
    base::{
        id::{EntryId, MemberCode},
        limits::{LOGS_MAX, PROOF_HASHES_MAX},
    },
    log::merkle::Hash,
    sync::message::{
        BODIES_MAX, Frame, HEADS_MAX, Heads, KnownHead, OfferedHead, PackedBatch, PullRequest,
        SeenCheckpoint, Want,
    },
    wire::{generated::sync as pb, parse::Invalid},
};

/// A request names every log of the roster.
const _: () = assert!(LOGS_MAX <= HEADS_MAX);

/// Largest checkpoint, in bytes.
const CHECKPOINT_BYTES_MAX: usize = 16 * 1024;

/// A request as sent.
pub fn request_to_wire(request: PullRequest) -> pb::PullRequest {
    let PullRequest { known, bodies, budget_bytes, want } = request;
    pb::PullRequest {
        known: known.into_iter().map(known_to_wire).collect(),
        bodies: bodies.into_iter().map(entry_to_wire).collect(),
        budget_bytes,
        want: match want {
            Want::Bodies => pb::Want::Bodies.into(),
            Want::Headers => pb::Want::Headers.into(),
        },
    }
}

/// A request as received.
pub fn request_from_wire(request: pb::PullRequest) -> Result<PullRequest, Invalid> {
    let pb::PullRequest { known, bodies, budget_bytes, want } = request;
    if known.len() > HEADS_MAX {
        return Err(Invalid::new("known", format!("at most {HEADS_MAX} logs")));
    }
    if bodies.len() > BODIES_MAX {
        return Err(Invalid::new("bodies", format!("at most {BODIES_MAX} entries")));
    }
    let want = match pb::Want::try_from(want) {
        Ok(pb::Want::Bodies) => Want::Bodies,
        Ok(pb::Want::Headers) => Want::Headers,
        Ok(pb::Want::Unspecified) | Err(_) => {
            return Err(Invalid::new("want", "must be bodies or headers"));
        }
    };
    let known: Vec<_> = known.into_iter().map(known_from_wire).collect::<Result<_, _>>()?;
    // Each is answered with a snapshot of its log.
    let mut logs = BTreeSet::new();
    if let Some(twice) = known.iter().find(|head| !logs.insert((head.origin, head.epoch))) {
        let problem = format!("names {}/{} twice", twice.origin, twice.epoch);
        return Err(Invalid::new("known", problem));
    }
    Ok(PullRequest {
        known,
        bodies: bodies.into_iter().map(entry_from_wire).collect::<Result<_, _>>()?,
        budget_bytes,
        want,
    })
}

fn known_to_wire(head: KnownHead) -> pb::KnownHead {
    let KnownHead { origin, epoch, held, size, root } = head;
    pb::KnownHead { origin: origin.to_string(), epoch, held, size, root: root.to_vec() }
}

fn known_from_wire(head: pb::KnownHead) -> Result<KnownHead, Invalid> {
    let pb::KnownHead { origin, epoch, held, size, root } = head;
    let root = match root.is_empty() {
        true => Hash::default(),
        false => hash("known.root", root)?,
    };
    Ok(KnownHead { origin: member("known.origin", &origin)?, epoch, held, size, root })
}

fn entry_to_wire(entry: EntryId) -> pb::EntryName {
    let EntryId { origin, epoch, seq } = entry;
    pb::EntryName { origin: origin.to_string(), epoch, seq }
}

fn entry_from_wire(entry: pb::EntryName) -> Result<EntryId, Invalid> {
    let pb::EntryName { origin, epoch, seq } = entry;
    Ok(EntryId { origin: member("bodies.origin", &origin)?, epoch, seq })
}

/// A frame as sent.
pub fn frame_to_wire(frame: Frame) -> pb::PullResponse {
    use pb::pull_response::Frame as Wire;
    let frame = match frame {
        Frame::Heads(Heads { offered, seen, unsure }) => Wire::Heads(pb::Heads {
            heads: offered.into_iter().map(offered_to_wire).collect(),
            seen: seen.into_iter().map(seen_to_wire).collect(),
            unsure: unsure.into_iter().map(log_to_wire).collect(),
        }),
        Frame::Batch(PackedBatch { content_bytes, zstd }) => {
            Wire::Batch(pb::Batch { content_bytes, zstd })
        }
        Frame::End { complete } => Wire::End(pb::End { complete }),
    };
    pb::PullResponse { frame: Some(frame) }
}

/// A frame as received.
pub fn frame_from_wire(response: pb::PullResponse) -> Result<Frame, Invalid> {
    use pb::pull_response::Frame as Wire;
    let pb::PullResponse { frame } = response;
    match frame.ok_or_else(|| Invalid::missing("frame"))? {
        Wire::Heads(heads) => heads_from_wire(heads).map(Frame::Heads),
        Wire::Batch(pb::Batch { content_bytes, zstd }) => {
            Ok(Frame::Batch(PackedBatch { content_bytes, zstd }))
        }
        Wire::End(pb::End { complete }) => Ok(Frame::End { complete }),
    }
}

fn heads_from_wire(heads: pb::Heads) -> Result<Heads, Invalid> {
    let pb::Heads { heads, seen, unsure } = heads;
    if heads.len().max(seen.len()).max(unsure.len()) > HEADS_MAX {
        return Err(Invalid::new("heads", format!("at most {HEADS_MAX} logs")));
    }
    Ok(Heads {
        offered: heads.into_iter().map(offered_from_wire).collect::<Result<_, _>>()?,
        seen: seen.into_iter().map(seen_from_wire).collect::<Result<_, _>>()?,
        unsure: unsure.into_iter().map(log_from_wire).collect::<Result<_, _>>()?,
    })
}

fn seen_to_wire(seen: SeenCheckpoint) -> pb::SeenCheckpoint {
    let SeenCheckpoint { origin, epoch, checkpoint } = seen;
    pb::SeenCheckpoint { origin: origin.to_string(), epoch, checkpoint }
}

fn seen_from_wire(seen: pb::SeenCheckpoint) -> Result<SeenCheckpoint, Invalid> {
    let pb::SeenCheckpoint { origin, epoch, checkpoint } = seen;
    check_note("seen.checkpoint", &checkpoint)?;
    Ok(SeenCheckpoint { origin: member("seen.origin", &origin)?, epoch, checkpoint })
}

fn log_to_wire((origin, epoch): (MemberCode, u32)) -> pb::LogName {
    pb::LogName { origin: origin.to_string(), epoch }
}

fn log_from_wire(log: pb::LogName) -> Result<(MemberCode, u32), Invalid> {
    let pb::LogName { origin, epoch } = log;
    Ok((member("unsure.origin", &origin)?, epoch))
}

fn check_note(field: &str, note: &[u8]) -> Result<(), Invalid> {
    match note.len() > CHECKPOINT_BYTES_MAX {
        true => Err(Invalid::new(field, format!("longer than {CHECKPOINT_BYTES_MAX} bytes"))),
        false => Ok(()),
    }
}

fn offered_to_wire(head: OfferedHead) -> pb::OfferedHead {
    let OfferedHead { origin, epoch, checkpoint, base_root, proof } = head;
    pb::OfferedHead {
        origin: origin.to_string(),
        epoch,
        checkpoint,
        base_root: base_root.map(|root| root.to_vec()),
        proof: proof.into_iter().map(|hash| hash.to_vec()).collect(),
    }
}

fn offered_from_wire(head: pb::OfferedHead) -> Result<OfferedHead, Invalid> {
    let pb::OfferedHead { origin, epoch, checkpoint, base_root, proof } = head;
    check_note("heads.checkpoint", &checkpoint)?;
    if proof.len() > PROOF_HASHES_MAX {
        return Err(Invalid::new("heads.proof", format!("more than {PROOF_HASHES_MAX} hashes")));
    }
    Ok(OfferedHead {
        origin: member("heads.origin", &origin)?,
        epoch,
        checkpoint,
        base_root: base_root.map(|root| hash("heads.base_root", root)).transpose()?,
        proof: proof.into_iter().map(|one| hash("heads.proof", one)).collect::<Result<_, _>>()?,
    })
}

fn member(field: &str, code: &str) -> Result<MemberCode, Invalid> {
    code.parse().map_err(|_| Invalid::new(field, "is no member code"))
}

fn hash(field: &str, bytes: Vec<u8>) -> Result<Hash, Invalid> {
    bytes.try_into().map_err(|_| Invalid::new(field, "must be 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_named_twice_is_refused() {
        let known = |epoch| pb::KnownHead { origin: "ML".into(), epoch, ..Default::default() };
        let request = |known: Vec<_>| {
            let want = pb::Want::Bodies.into();
            request_from_wire(pb::PullRequest { known, want, ..Default::default() })
        };
        assert!(request(vec![known(1), known(2)]).is_ok());
        let again = pb::KnownHead { held: 7, ..known(1) };
        let refused = request(vec![known(1), known(2), again]).unwrap_err();
        assert_eq!(refused.field, "known");
    }
}
