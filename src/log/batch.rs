//! Batches of entries or bodies as nodes send them, before compression. Pure.
//!
//! What the receiver recomputes does not travel: origin, epoch and number of each entry, and, where
//! the body is there, its commitment and rounded length. The header's original bytes come out
//! again, or the batch does not verify. CBOR arrays; positions are never reused:
//!
//! ```text
//! entries = [1, origin, epoch, first, [proof…], [item…]]
//! bodies  = [2, [[origin, epoch, seq, nonce, body]…]]
//! item    = [0, 128 bytes]                                 a header this program cannot read
//!         / [1, kind, schema, first_seq / null, supersedes / null, day, rounded length, commit]
//!         / [2, kind, schema, first_seq / null, supersedes / null, day, nonce, body]
//! ```
//!
//! `first_seq` is null for the first entry of a resource.

use minicbor::{Decoder, Encoder, bytes::ByteArray, data::Type, decode::Error, encode::Write};

use crate::{
    base::{
        date,
        id::{EntryId, MemberCode},
        limits::{BATCH_HEADERS_MAX, BODY_BYTES_MAX},
    },
    log::{
        bodies::SealedBody,
        header::{HEADER_BYTES, Header, HeaderBytes, round_up},
        merkle::{Hash, PROOF_HASHES_MAX},
        verify::VerifyError,
    },
    publication::admitted::EntryKind,
};

/// Largest batch when unpacked, in bytes: one body of the largest size and room for headers.
pub const BATCH_CONTENT_BYTES_MAX: usize = BODY_BYTES_MAX + 256 * 1024;

const ENTRIES: u8 = 1;
const BODIES: u8 = 2;
const ITEM_RAW: u8 = 0;
const ITEM_BARE: u8 = 1;
const ITEM_FULL: u8 = 2;

/// What one batch holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchContent {
    /// Consecutive entries of one log.
    Entries(EntryBatch),
    /// Bodies that were asked for by name.
    Bodies(Vec<(EntryId, SealedBody)>),
}

/// Consecutive entries of one log, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBatch {
    /// Whose log.
    pub origin: MemberCode,
    /// Its epoch.
    pub epoch: u32,
    /// Number of the first entry.
    pub first: u64,
    /// Consistency proof from the end of this batch to the offered checkpoint.
    pub proof: Vec<Hash>,
    /// The entries.
    pub items: Vec<BatchItem>,
}

/// One entry of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// The header as signed.
    pub header: HeaderBytes,
    /// The body, if it is sent; it is the one the header commits to.
    pub body: Option<SealedBody>,
}

impl BatchContent {
    /// The bytes to compress.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        // Writing CBOR to a Vec cannot fail.
        let _ = match self {
            Self::Entries(batch) => encode_entries(&mut encoder, batch),
            Self::Bodies(bodies) => encode_bodies(&mut encoder, bodies),
        };
        encoder.into_writer()
    }

    /// Reads a batch from another node.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VerifyError> {
        let mut decoder = Decoder::new(bytes);
        let content = decode(&mut decoder).map_err(|_| VerifyError::Malformed("batch"))?;
        match decoder.position() == bytes.len() {
            true => Ok(content),
            false => Err(VerifyError::Malformed("batch: bytes follow it")),
        }
    }
}

type Encoded<W> = Result<(), minicbor::encode::Error<<W as Write>::Error>>;

fn encode_entries<W: Write>(e: &mut Encoder<W>, batch: &EntryBatch) -> Encoded<W> {
    e.array(6)?.u8(ENTRIES)?.encode(batch.origin)?.u32(batch.epoch)?.u64(batch.first)?;
    e.array(batch.proof.len() as u64)?;
    for hash in &batch.proof {
        e.bytes(hash)?;
    }
    e.array(batch.items.len() as u64)?;
    for (seq, item) in (batch.first..).zip(&batch.items) {
        let id = EntryId { origin: batch.origin, epoch: batch.epoch, seq };
        match (Header::from_bytes(id, &item.header), &item.body) {
            (Err(_), _) => e.array(2)?.u8(ITEM_RAW)?.bytes(&item.header)?.ok()?,
            (Ok(header), None) => {
                encode_facts(e.array(8)?.u8(ITEM_BARE)?, &header)?;
                e.u32(header.body_bytes_rounded)?.bytes(&header.body_commit)?;
            }
            (Ok(header), Some(body)) => {
                encode_facts(e.array(8)?.u8(ITEM_FULL)?, &header)?;
                e.bytes(&body.nonce)?.bytes(&body.bytes)?;
            }
        }
    }
    Ok(())
}

fn encode_facts<W: Write>(e: &mut Encoder<W>, header: &Header) -> Encoded<W> {
    let first_seq = Some(header.first_seq).filter(|first| *first != header.id.seq);
    e.u16(header.kind.0)?.u16(header.schema)?.encode(first_seq)?.encode(header.supersedes)?;
    e.i32(date::to_days(header.created_on))?.ok()
}

fn encode_bodies<W: Write>(e: &mut Encoder<W>, bodies: &[(EntryId, SealedBody)]) -> Encoded<W> {
    e.array(2)?.u8(BODIES)?.array(bodies.len() as u64)?;
    for (id, body) in bodies {
        e.array(5)?.encode(id.origin)?.u32(id.epoch)?.u64(id.seq)?;
        e.bytes(&body.nonce)?.bytes(&body.bytes)?;
    }
    Ok(())
}

fn decode(d: &mut Decoder<'_>) -> Result<BatchContent, Error> {
    let fields = d.array()?;
    match (d.u8()?, fields) {
        (ENTRIES, Some(6)) => decode_entries(d).map(BatchContent::Entries),
        (BODIES, Some(2)) => {
            let bodies = (0..length(d, BATCH_HEADERS_MAX)?).map(|_| decode_body(d));
            bodies.collect::<Result<_, _>>().map(BatchContent::Bodies)
        }
        _ => Err(Error::message("no batch")),
    }
}

fn decode_entries(d: &mut Decoder<'_>) -> Result<EntryBatch, Error> {
    let (origin, epoch, first) = (d.decode()?, d.u32()?, d.u64()?);
    let proof: Result<_, _> = (0..length(d, PROOF_HASHES_MAX)?).map(|_| decode_hash(d)).collect();
    let proof = proof?;
    let count = length(d, BATCH_HEADERS_MAX)? as u64;
    let end = first.checked_add(count).ok_or_else(|| Error::message("no such entries"))?;
    let mut items = Vec::new();
    for seq in first..end {
        items.push(decode_item(d, EntryId { origin, epoch, seq })?);
    }
    Ok(EntryBatch { origin, epoch, first, proof, items })
}

fn decode_item(d: &mut Decoder<'_>, id: EntryId) -> Result<BatchItem, Error> {
    let fields = d.array()?;
    match (d.u8()?, fields) {
        (ITEM_RAW, Some(2)) => {
            let header: ByteArray<HEADER_BYTES> = d.decode()?;
            Ok(BatchItem { header: header.into(), body: None })
        }
        (ITEM_BARE, Some(8)) => {
            let mut header = decode_facts(d, id)?;
            header.body_bytes_rounded = d.u32()?;
            header.body_commit = decode_hash(d)?;
            Ok(BatchItem { header: header.to_bytes(), body: None })
        }
        (ITEM_FULL, Some(8)) => {
            let mut header = decode_facts(d, id)?;
            let body = decode_sealed(d)?;
            header.body_bytes_rounded = u32::try_from(round_up(body.bytes.len()))
                .map_err(|_| Error::message("body too long"))?;
            header.body_commit = body.commit();
            Ok(BatchItem { header: header.to_bytes(), body: Some(body) })
        }
        _ => Err(Error::message("no entry")),
    }
}

/// The part of a header that travels with or without its body.
fn decode_facts(d: &mut Decoder<'_>, id: EntryId) -> Result<Header, Error> {
    let (kind, schema) = (EntryKind(d.u16()?), d.u16()?);
    let first_seq = optional(d)?.unwrap_or(id.seq);
    let supersedes = optional(d)?;
    let created_on = date::from_days(d.i32()?).ok_or_else(|| Error::message("day out of range"))?;
    Ok(Header {
        id,
        kind,
        schema,
        first_seq,
        supersedes,
        created_on,
        body_bytes_rounded: 0,
        body_commit: [0; 32],
    })
}

fn decode_body(d: &mut Decoder<'_>) -> Result<(EntryId, SealedBody), Error> {
    if d.array()? != Some(5) {
        return Err(Error::message("no body"));
    }
    let id = EntryId { origin: d.decode()?, epoch: d.u32()?, seq: d.u64()? };
    Ok((id, decode_sealed(d)?))
}

fn decode_sealed(d: &mut Decoder<'_>) -> Result<SealedBody, Error> {
    let nonce = decode_hash(d)?;
    let bytes = d.bytes()?;
    match bytes.len() > BODY_BYTES_MAX {
        true => Err(Error::message("body too long")),
        false => Ok(SealedBody { nonce, bytes: bytes.to_vec() }),
    }
}

fn decode_hash(d: &mut Decoder<'_>) -> Result<Hash, Error> {
    let hash: ByteArray<32> = d.decode()?;
    Ok(hash.into())
}

fn optional(d: &mut Decoder<'_>) -> Result<Option<u64>, Error> {
    match d.datatype()? {
        Type::Null => d.null().map(|()| None),
        _ => d.u64().map(Some),
    }
}

/// Length of a definite array of at most `items_max` items.
fn length(d: &mut Decoder<'_>, items_max: usize) -> Result<usize, Error> {
    let length = d.array()?.and_then(|length| usize::try_from(length).ok());
    length.filter(|length| *length <= items_max).ok_or_else(|| Error::message("too many items"))
}
