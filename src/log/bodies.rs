//! Bodies: how a header commits to one, and how they stand in the store.
//!
//! `body_commit` is BLAKE3 in key-derivation mode with the context `essaim body v1` over
//! nonce ‖ body. The 32 random bytes of the nonce are stored with the body and erased with it, so
//! that a small table that was erased cannot be guessed back from its header.
//!
//! Keys, all under the store's prefix of logs, numbers big-endian:
//! - `b` ‖ origin (8) ‖ epoch (4) ‖ seq (8) ‖ chunk (2): the record of an entry. Chunk 0 begins
//!   with one byte of state (1 present, 2 missing, 3 erased, 4 passed over) and the entry's leaf
//!   hash; if present, the nonce, the body's length (4) and the body's first bytes follow, and
//!   further chunks hold the rest; in the other states nothing follows, in chunk 0 or after it;
//! - `m` ‖ origin ‖ epoch ‖ seq: an index of the missing ones, to be asked for.
//!
//! The leaf hash lets `log verify` name a header that was changed: the tree alone only tells that
//! one was.

use std::ops::Bound;

use crate::{
    base::{
        id::{EntryId, MemberCode},
        limits::{BODY_BYTES_MAX, STORE_VALUE_BYTES_MAX},
    },
    log::{
        LogError,
        header::{Header, round_up},
        merkle::Hash,
    },
    store::{Batch, Store, end_of_prefix, prefix},
};

const CONTEXT: &str = "essaim body v1";
const RECORDS: u8 = b'b';
const MISSING: u8 = b'm';
const STATE_PRESENT: u8 = 1;
const STATE_MISSING: u8 = 2;
const STATE_ERASED: u8 = 3;
const STATE_PASSED: u8 = 4;
const KEY_BYTES: usize = 2 + 8 + 4 + 8;
/// State and leaf.
const RECORD_HEAD_BYTES: usize = 1 + 32;
/// State, leaf, nonce and length.
const BODY_HEAD_BYTES: usize = RECORD_HEAD_BYTES + 32 + 4;

/// A body with the nonce its commitment needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBody {
    /// 32 random bytes.
    pub nonce: [u8; 32],
    /// The original bytes.
    pub bytes: Vec<u8>,
}

/// What the store holds about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The leaf hash of its header.
    pub leaf: Hash,
    /// Its body.
    pub body: StoredBody,
}

/// A body as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredBody {
    /// Here; not yet checked against the header.
    Present(SealedBody),
    /// Not here, and wanted.
    Missing,
    /// Erased for good.
    Erased,
    /// Not fetched, because this program cannot read the entry's header.
    Passed,
}

impl SealedBody {
    /// Seals `bytes` with a new random nonce.
    pub fn seal(bytes: Vec<u8>) -> Result<Self, LogError> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(|_| LogError::NoRandomness)?;
        Ok(Self { nonce, bytes })
    }

    /// The commitment that stands in the header.
    pub fn commit(&self) -> Hash {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&self.nonce).update(&self.bytes);
        hasher.finalize().into()
    }

    /// Whether it is the body that `header` commits to.
    pub fn belongs_to(&self, header: &Header) -> bool {
        let rounded = usize::try_from(header.body_bytes_rounded);
        self.commit() == header.body_commit && rounded == Ok(round_up(self.bytes.len()))
    }
}

/// Puts the record of entry `id` into `batch`, in place of whatever stands there.
pub fn put(
    store: &dyn Store,
    batch: &mut Batch,
    id: EntryId,
    leaf: &Hash,
    body: &StoredBody,
) -> Result<(), LogError> {
    // A crash may have left the chunks of a longer body that was never signed.
    for pair in store.scan_prefix(&key(RECORDS, id)) {
        batch.remove(pair?.0);
    }
    match body {
        StoredBody::Present(body) => {
            batch.remove(key(MISSING, id));
            put_chunks(batch, id, leaf, body);
        }
        StoredBody::Missing => {
            batch.put(key(MISSING, id), [1]);
            batch.put(chunk_key(id, 0), record_head(STATE_MISSING, leaf));
        }
        StoredBody::Erased => {
            batch.remove(key(MISSING, id));
            batch.put(chunk_key(id, 0), record_head(STATE_ERASED, leaf));
        }
        StoredBody::Passed => batch.put(chunk_key(id, 0), record_head(STATE_PASSED, leaf)),
    }
    Ok(())
}

fn put_chunks(batch: &mut Batch, id: EntryId, leaf: &Hash, body: &SealedBody) {
    let mut first = record_head(STATE_PRESENT, leaf);
    first.extend_from_slice(&body.nonce);
    // Bodies are limited to 1 MiB long before they come here.
    first.extend_from_slice(&u32::try_from(body.bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    let room = STORE_VALUE_BYTES_MAX - first.len();
    let (start, rest) = body.bytes.split_at(room.min(body.bytes.len()));
    first.extend_from_slice(start);
    batch.put(chunk_key(id, 0), first);
    for (number, chunk) in (1..).zip(rest.chunks(STORE_VALUE_BYTES_MAX)) {
        batch.put(chunk_key(id, number), chunk);
    }
}

/// What the store holds about entry `id`; `None` if nothing that can be read.
pub fn read(store: &dyn Store, id: EntryId) -> Result<Option<Record>, LogError> {
    let Some(first) = store.get(&chunk_key(id, 0))? else { return Ok(None) };
    let Some((head, rest)) = first.split_first_chunk::<RECORD_HEAD_BYTES>() else {
        return Ok(None);
    };
    let mut leaf = [0; 32];
    leaf.copy_from_slice(&head[1..]);
    let body = match head[0] {
        STATE_PRESENT => match read_body(store, id, rest)? {
            Some(body) => StoredBody::Present(body),
            None => return Ok(None),
        },
        STATE_MISSING if rest.is_empty() => StoredBody::Missing,
        STATE_ERASED if rest.is_empty() => StoredBody::Erased,
        STATE_PASSED if rest.is_empty() => StoredBody::Passed,
        _ => return Ok(None),
    };
    Ok(Some(Record { leaf, body }))
}

/// Whether chunks stand in the store after those that `record` of entry `id` fills.
pub fn has_further_chunks(
    store: &dyn Store,
    id: EntryId,
    record: &Record,
) -> Result<bool, LogError> {
    let filled = match &record.body {
        StoredBody::Present(body) => {
            (BODY_HEAD_BYTES + body.bytes.len()).div_ceil(STORE_VALUE_BYTES_MAX)
        }
        StoredBody::Missing | StoredBody::Erased | StoredBody::Passed => 1,
    };
    // A body that was read has far fewer chunks than a number can count.
    let next = chunk_key(id, u16::try_from(filled).unwrap_or(u16::MAX));
    let mut further = store.range(Bound::Included(next), end_of_prefix(&key(RECORDS, id)));
    Ok(further.next().transpose()?.is_some())
}

fn read_body(store: &dyn Store, id: EntryId, rest: &[u8]) -> Result<Option<SealedBody>, LogError> {
    let Some((nonce, rest)) = rest.split_first_chunk::<32>() else { return Ok(None) };
    let Some((length, start)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if length > BODY_BYTES_MAX || start.len() > length {
        return Ok(None);
    }
    let mut bytes = start.to_vec();
    for number in 1.. {
        if bytes.len() >= length {
            break;
        }
        let Some(chunk) = store.get(&chunk_key(id, number))? else { return Ok(None) };
        if chunk.is_empty() {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes.len() == length).then_some(SealedBody { nonce: *nonce, bytes }))
}

/// Up to `count_max` entries after `after` whose bodies are missing, in order.
pub fn missing(
    store: &dyn Store,
    after: Option<EntryId>,
    count_max: usize,
) -> Result<Vec<EntryId>, LogError> {
    let all = [prefix::LOG, MISSING];
    let from = match after {
        Some(id) => Bound::Excluded(key(MISSING, id)),
        None => Bound::Included(all.to_vec()),
    };
    let mut found = Vec::new();
    for pair in store.range(from, end_of_prefix(&all)).take(count_max) {
        found.extend(entry_of(&pair?.0));
    }
    Ok(found)
}

/// Asks for the body of `id` again, because the one here is damaged.
pub fn want_again(store: &dyn Store, id: EntryId) -> Result<(), LogError> {
    let mut batch = Batch::default();
    batch.put(key(MISSING, id), [1]);
    Ok(store.apply(&batch)?)
}

/// Whether the body of `id` is wanted.
pub fn is_wanted(store: &dyn Store, id: EntryId) -> Result<bool, LogError> {
    Ok(store.get(&key(MISSING, id))?.is_some())
}

fn record_head(state: u8, leaf: &Hash) -> Vec<u8> {
    let mut head = Vec::with_capacity(BODY_HEAD_BYTES);
    head.push(state);
    head.extend_from_slice(leaf);
    head
}

fn key(kind: u8, id: EntryId) -> Vec<u8> {
    let mut key = Vec::with_capacity(KEY_BYTES + 2);
    key.extend_from_slice(&[prefix::LOG, kind]);
    key.extend_from_slice(&id.origin.to_padded());
    key.extend_from_slice(&id.epoch.to_be_bytes());
    key.extend_from_slice(&id.seq.to_be_bytes());
    key
}

fn chunk_key(id: EntryId, number: u16) -> Vec<u8> {
    let mut key = key(RECORDS, id);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

fn entry_of(key: &[u8]) -> Option<EntryId> {
    let key: &[u8; KEY_BYTES] = key.try_into().ok()?;
    Some(EntryId {
        origin: MemberCode::from_padded(key[2..10].try_into().ok()?).ok()?,
        epoch: u32::from_be_bytes(key[10..14].try_into().ok()?),
        seq: u64::from_be_bytes(key[14..22].try_into().ok()?),
    })
}
