//! Keys and stored bytes of the records. Frozen: a change of either is a new store format.
//!
//! ```text
//! cells, which share keys of the store (see `cells`):
//! r e ENTERPRISE          coded part        r E ENTERPRISE   identifying part
//! r v VISIT               coded part        r V VISIT        identifying part
//! r q REQUEST             coded part        r Q REQUEST      identifying part
//! r a ANSWER              coded part        r A ANSWER       identifying part
//! r c CONSENT             coded part
//! r x ENTERPRISE v VISIT, r x ENTERPRISE q REQUEST           index, empty value
//! keys of the store:
//! r k IDEMPOTENCY-KEY     fingerprint, record, revision
//! r j NUMBER              journal entry     r h              journal head
//! r s                     secret that imported identifiers and fingerprints are keyed with
//! ```
//!
//! Identifiers are 16 bytes, numbers 8 bytes with the highest first. A coded part is
//! `version (1 byte) ‖ revision ‖ digest of the imported row or null ‖ record`, an identifying part
//! `version (1 byte) ‖ record`, all but the version in CBOR. An identifying part without any
//! content is not stored.
//!
//! What is stored is kept small. An answer's identifier begins with the first half of its
//! request's, a consent's with that of its enterprise's: lists by parent need no index. An imported
//! record's identifier is computed from its source key: finding it again needs none either.

use minicbor::{Decode, Decoder, Encode};

use crate::{
    base::id::{AnswerId, ConsentId, EnterpriseId, IdempotencyKey, RequestId, VisitId},
    records::{
        entered::Entered,
        types::{
            Answer, AnswerIdentity, Consent, Enterprise, EnterpriseIdentity, RecordKind,
            RequestIdentity, SupportRequest, Visit, VisitIdentity, Whole,
        },
    },
    store::prefix::RECORDS,
};

/// Version of stored values.
const VALUE_VERSION: u8 = 1;

/// Bytes of a parent's identifier that a child's begins with.
pub(crate) const PARENT_BYTES: usize = 8;

/// Key of the journal's head.
pub(crate) const JOURNAL_HEAD: [u8; 2] = [RECORDS, b'h'];
/// What keys of journal entries begin with.
pub(crate) const JOURNAL: [u8; 2] = [RECORDS, b'j'];
/// Key of the secret.
pub(crate) const SECRET: [u8; 2] = [RECORDS, b's'];

/// A record's identifier as bytes.
pub(crate) trait Identifier: Copy + std::fmt::Display {
    fn bytes(&self) -> &[u8; 16];
    fn of(bytes: [u8; 16]) -> Self;
}

macro_rules! identifiers {
    ($($name:ident),*) => {
        $(impl Identifier for $name {
            fn bytes(&self) -> &[u8; 16] {
                self.as_bytes()
            }

            fn of(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }
        })*
    };
}

identifiers!(EnterpriseId, VisitId, RequestId, AnswerId, ConsentId);

/// A kind of record, named by its coded part.
pub(crate) trait Kind:
    Encode<()> + for<'b> Decode<'b, ()> + Clone + PartialEq + Entered
{
    type Id: Identifier;
    type Identity: Encode<()> + for<'b> Decode<'b, ()> + Clone + PartialEq + Default;
    const KIND: RecordKind;

    fn id(&self) -> Self::Id;
}

macro_rules! kinds {
    ($($name:ident: $id:ty, $identity:ty, $kind:ident;)*) => {
        $(impl Kind for $name {
            type Id = $id;
            type Identity = $identity;
            const KIND: RecordKind = RecordKind::$kind;

            fn id(&self) -> $id {
                self.id
            }
        })*
    };
}

kinds! {
    Enterprise: EnterpriseId, EnterpriseIdentity, Enterprise;
    Visit: VisitId, VisitIdentity, Visit;
    SupportRequest: RequestId, RequestIdentity, Request;
    Answer: AnswerId, AnswerIdentity, Answer;
    Consent: ConsentId, (), Consent;
}

/// A record with its bookkeeping.
#[derive(Debug, Clone)]
pub(crate) struct Stored<K: Kind> {
    pub revision: u64,
    /// Digest of the row it was last imported from.
    pub digest: Option<[u8; 16]>,
    pub record: Whole<K, K::Identity>,
}

fn letter(kind: RecordKind) -> u8 {
    match kind {
        RecordKind::Enterprise => b'e',
        RecordKind::Visit => b'v',
        RecordKind::Request => b'q',
        RecordKind::Answer => b'a',
        RecordKind::Consent => b'c',
    }
}

/// What keys of coded parts of `kind` begin with.
pub(crate) fn coded_prefix(kind: RecordKind) -> Vec<u8> {
    vec![RECORDS, letter(kind)]
}

/// Key of a coded part.
pub(crate) fn coded_key(kind: RecordKind, id: &[u8]) -> Vec<u8> {
    [&[RECORDS, letter(kind)], id].concat()
}

/// Key of an identifying part.
pub(crate) fn identity_key(kind: RecordKind, id: &[u8]) -> Vec<u8> {
    [&[RECORDS, letter(kind).to_ascii_uppercase()], id].concat()
}

/// What index keys of an enterprise's records of `kind` begin with.
pub(crate) fn index_prefix(enterprise: EnterpriseId, kind: RecordKind) -> Vec<u8> {
    [&[RECORDS, b'x'], enterprise.bytes().as_slice(), &[letter(kind)]].concat()
}

/// Key of an index entry.
pub(crate) fn index_key(enterprise: EnterpriseId, kind: RecordKind, id: &[u8; 16]) -> Vec<u8> {
    let mut key = index_prefix(enterprise, kind);
    key.extend(id);
    key
}

/// Key of what an idempotency key stands for.
pub(crate) fn idempotency_key(key: IdempotencyKey) -> Vec<u8> {
    [&[RECORDS, b'k'], key.as_bytes().as_slice()].concat()
}

/// Key of a journal entry.
pub(crate) fn journal_key(number: u64) -> Vec<u8> {
    [JOURNAL.as_slice(), &number.to_be_bytes()].concat()
}

/// The identifier a key ends with.
pub(crate) fn id_at_end<I: Identifier>(key: &[u8]) -> Option<I> {
    key.last_chunk::<16>().map(|bytes| I::of(*bytes))
}

/// CBOR bytes of `value`.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("records encode into memory without a reason to fail")
}

/// The bytes of a coded part.
pub(crate) fn seal_coded<K: Kind>(revision: u64, digest: Option<[u8; 16]>, coded: &K) -> Vec<u8> {
    let mut bytes = vec![VALUE_VERSION];
    bytes.extend(encode(&revision));
    bytes.extend(encode(&digest.map(minicbor::bytes::ByteArray::from)));
    bytes.extend(encode(coded));
    bytes
}

/// Reads a coded part: revision, digest, record.
pub(crate) fn open_coded<K: Kind>(bytes: &[u8]) -> Option<(u64, Option<[u8; 16]>, K)> {
    let mut decoder = Decoder::new(bytes.strip_prefix(&[VALUE_VERSION])?);
    let revision = decoder.decode().ok()?;
    let digest: Option<minicbor::bytes::ByteArray<16>> = decoder.decode().ok()?;
    let coded = decoder.decode().ok()?;
    let whole = decoder.position() == decoder.input().len();
    whole.then_some((revision, digest.map(Into::into), coded))
}

/// The bytes of an identifying part, or of another value that is CBOR alone.
pub(crate) fn seal<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = vec![VALUE_VERSION];
    bytes.extend(encode(value));
    bytes
}

/// Reads what [`seal`] made.
pub(crate) fn open<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Option<T> {
    let mut decoder = Decoder::new(bytes.strip_prefix(&[VALUE_VERSION])?);
    let value = decoder.decode().ok()?;
    (decoder.position() == decoder.input().len()).then_some(value)
}

/// A child's identifier: the parent's first half, then eight bytes of its own.
pub(crate) fn child_id(parent: &[u8; 16], own: [u8; 16]) -> [u8; 16] {
    let mut bytes = own;
    bytes[..PARENT_BYTES].copy_from_slice(&parent[..PARENT_BYTES]);
    bytes
}

/// Marks 16 computed bytes as a UUID of version 8 (RFC 9562: whatever the maker likes).
pub(crate) fn uuid_8(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}
