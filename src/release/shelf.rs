//! Where releases lie in the store. All keys start with [`prefix::RELEASE`]:
//!
//! | key | value |
//! |---|---|
//! | `g n` | number of the next release, big-endian |
//! | `g d` id piece | the release's [`Card`], in pieces |
//! | `g b` id piece | its body as it is published, in pieces |
//! | `g f` id piece | what it gives away ([`FrozenRelease`]), in pieces |
//!
//! The transcript is what all cards with `left` give away, in the order of their numbers; nothing
//! ever clears that mark.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::{
    base::{limits::STORE_VALUE_BYTES_MAX, period::Period},
    disclosure::{
        audit::AuditReport,
        transcript::{FrozenRelease, Transcript},
    },
    publication::release::Release,
    release::{
        error::GateError,
        review::{ReleaseId, State, TableReview},
    },
    store::{Batch, SharedStore, StoreError, prefix},
};

const NEXT: u8 = b'n';
const CARD: u8 = b'd';
const BODY: u8 = b'b';
const FROZEN: u8 = b'f';

/// Everything about a release but its tables.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Card {
    #[n(0)]
    pub id: ReleaseId,
    #[n(1)]
    pub period: Period,
    #[n(2)]
    pub state: State,
    #[n(3)]
    pub drafted_by: String,
    #[n(4)]
    pub approved_by: Option<String>,
    #[n(5)]
    pub published_by: Option<String>,
    /// `ML/1/17`.
    #[n(6)]
    pub entry: Option<String>,
    /// Whether it may have left the node: part of the transcript for ever.
    #[n(7)]
    pub left: bool,
    #[n(8)]
    pub tables: Vec<TableReview>,
    #[n(9)]
    pub audit: AuditReport,
    /// BLAKE3 of the body, so that what was audited is what is published. Never leaves the node.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub body_hash: [u8; 32],
}

/// The releases in the store.
pub struct Shelf(pub SharedStore);

impl Shelf {
    /// All cards, in the order of their numbers.
    pub fn cards(&self) -> Result<Vec<Card>, GateError> {
        let mut pieces: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        for pair in self.0.scan_prefix(&[prefix::RELEASE, CARD]) {
            let (key, value) = pair?;
            let Some(id) = key.get(2..10).and_then(|bytes| bytes.try_into().ok()) else {
                return Err(corrupt("a key of a release is cut short"));
            };
            pieces.entry(u64::from_be_bytes(id)).or_default().extend(value);
        }
        pieces.into_iter().map(|(id, bytes)| decode(ReleaseId(id), &bytes)).collect()
    }

    /// One card.
    pub fn card(&self, id: ReleaseId) -> Result<Card, GateError> {
        match self.pieces(CARD, id)? {
            bytes if bytes.is_empty() => Err(GateError::NotFound { id }),
            bytes => decode(id, &bytes),
        }
    }

    /// The release as it was audited.
    pub fn release(&self, card: &Card) -> Result<Release, GateError> {
        let id = card.id;
        let bytes = self.pieces(BODY, id)?;
        if *blake3::hash(&bytes).as_bytes() != card.body_hash {
            let detail = "its body is not the one that was audited".into();
            return Err(GateError::Damaged { id, detail });
        }
        Release::from_bytes(Release::SCHEMA, &bytes)
            .map_err(|error| GateError::Damaged { id, detail: error.to_string() })
    }

    /// What a release gives away.
    pub fn frozen(&self, id: ReleaseId) -> Result<FrozenRelease, GateError> {
        Ok(FrozenRelease::from_bytes(&self.pieces(FROZEN, id)?)?)
    }

    /// What all releases gave away that may have left the node.
    pub fn transcript(&self) -> Result<Transcript, GateError> {
        let mut transcript = Transcript::default();
        for card in self.cards()?.iter().filter(|card| card.left) {
            transcript.append(self.frozen(card.id)?);
        }
        Ok(transcript)
    }

    /// Keeps a new release under the next number, durably.
    pub fn add(
        &self,
        mut card: Card,
        release: &Release,
        frozen: &FrozenRelease,
    ) -> Result<ReleaseId, GateError> {
        let next = match self.0.get(&[prefix::RELEASE, NEXT])? {
            None => 1,
            Some(bytes) => match bytes.try_into() {
                Ok(bytes) => u64::from_be_bytes(bytes),
                Err(_) => return Err(corrupt("the number of the next release is no number")),
            },
        };
        card.id = ReleaseId(next);
        let body = release.to_bytes();
        card.body_hash = *blake3::hash(&body).as_bytes();
        let mut batch = Batch::default();
        batch.put([prefix::RELEASE, NEXT], (next + 1).to_be_bytes());
        put_pieces(&mut batch, CARD, card.id, &encode(&card));
        put_pieces(&mut batch, BODY, card.id, &body);
        put_pieces(&mut batch, FROZEN, card.id, &frozen.to_bytes());
        self.0.commit(&batch)?;
        Ok(card.id)
    }

    /// Replaces a card, durably.
    pub fn replace(&self, card: &Card) -> Result<(), GateError> {
        let mut batch = Batch::default();
        self.remove_pieces(&mut batch, CARD, card.id)?;
        put_pieces(&mut batch, CARD, card.id, &encode(card));
        Ok(self.0.commit(&batch)?)
    }

    /// Removes a release, durably.
    pub fn remove(&self, id: ReleaseId) -> Result<(), GateError> {
        let mut batch = Batch::default();
        for kind in [CARD, BODY, FROZEN] {
            self.remove_pieces(&mut batch, kind, id)?;
        }
        Ok(self.0.commit(&batch)?)
    }

    fn pieces(&self, kind: u8, id: ReleaseId) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        for pair in self.0.scan_prefix(&key(kind, id)) {
            bytes.extend(pair?.1);
        }
        Ok(bytes)
    }

    fn remove_pieces(&self, batch: &mut Batch, kind: u8, id: ReleaseId) -> Result<(), StoreError> {
        for pair in self.0.scan_prefix(&key(kind, id)) {
            batch.remove(pair?.0);
        }
        Ok(())
    }
}

fn key(kind: u8, id: ReleaseId) -> Vec<u8> {
    [&[prefix::RELEASE, kind], id.0.to_be_bytes().as_slice()].concat()
}

fn put_pieces(batch: &mut Batch, kind: u8, id: ReleaseId, bytes: &[u8]) {
    for (index, piece) in bytes.chunks(STORE_VALUE_BYTES_MAX).enumerate() {
        let key = [key(kind, id), (index as u32).to_be_bytes().to_vec()].concat();
        batch.put(key, piece);
    }
}

fn encode(card: &Card) -> Vec<u8> {
    // Writing CBOR to a Vec cannot fail.
    minicbor::to_vec(card).unwrap_or_default()
}

fn decode(id: ReleaseId, bytes: &[u8]) -> Result<Card, GateError> {
    let damaged = |detail: String| GateError::Damaged { id, detail };
    let mut decoder = minicbor::Decoder::new(bytes);
    let card: Card = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    match card.id == id && decoder.position() == bytes.len() {
        true => Ok(card),
        false => Err(damaged("the card is another release's".into())),
    }
}

fn corrupt(detail: &str) -> GateError {
    let remedy = "restore the store from a backup";
    GateError::Store(StoreError::Corrupt { detail: detail.into(), remedy })
}
