//! The journal of record changes.

use crate::{
    records::{
        journal::{JournalEntry, JournalHead, Touched},
        types::RecordKind,
    },
    wire::{
        generated::hub as pb,
        hub::{answer, consent, enterprise, request, visit},
        parse::Invalid,
    },
};

/// As sent.
pub fn entry_to_wire(entry: JournalEntry) -> pb::JournalEntry {
    let JournalEntry { number, previous, day, actor, action, touched } = entry;
    pb::JournalEntry {
        number,
        day: day.to_string(),
        actor,
        action,
        records: touched.into_iter().map(touched_to_wire).collect(),
        previous_hash: previous.to_vec(),
    }
}

fn touched_to_wire(touched: Touched) -> pb::TouchedRecord {
    let Touched { kind, id, revision } = touched;
    let collection = match kind {
        RecordKind::Enterprise => enterprise::COLLECTION,
        RecordKind::Visit => visit::COLLECTION,
        RecordKind::Request => request::COLLECTION,
        RecordKind::Answer => answer::COLLECTION,
        RecordKind::Consent => consent::COLLECTION,
    };
    let name = format!("{collection}/{}", uuid::Uuid::from_bytes(id));
    pb::TouchedRecord { name, revision }
}

/// As sent.
pub fn head_to_wire(head: JournalHead) -> pb::JournalHead {
    let JournalHead { entries, hash } = head;
    pb::JournalHead { entries, hash: hash.to_vec() }
}

/// A head that was kept, if one was.
pub fn kept_from_wire(kept: Option<pb::JournalHead>) -> Result<JournalHead, Invalid> {
    let Some(pb::JournalHead { entries, hash }) = kept else { return Ok(JournalHead::EMPTY) };
    let hash = hash.try_into().map_err(|_| Invalid::new("kept.hash", "must be 32 bytes"))?;
    Ok(JournalHead { entries, hash })
}
