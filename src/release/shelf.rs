//! Where releases lie in the store. All keys start with [`prefix::RELEASE`]:
//!
//! | key | value |
//! |---|---|
//! | `g n` | number of the next release, big-endian |
//! | `g d` id piece | the release's [`Card`]: its layout's version (1 byte), BLAKE3 (32), CBOR |
//! | `g b` id piece | its body as it is published |
//! | `g f` id piece | what it gives away ([`FrozenRelease`]) |
//!
//! Values are kept in pieces ([`chunks`]).
//!
//! The transcript is what all cards with `left` give away (nothing, if they were drafted to be
//! withheld), in the order of their numbers; nothing ever clears that mark. A card holds the
//! digests of both other parts of its release, and they name the same tables: a part that was
//! damaged, or restored from elsewhere, is refused.

use std::collections::BTreeSet;

use jiff::civil::Date;
use minicbor::{Decode, Encode, bytes::ByteArray};

use crate::{
    base::period::Period,
    disclosure::{
        audit::AuditReport,
        error::DisclosureError,
        transcript::{FrozenRelease, Transcript},
    },
    publication::release::Release,
    release::{
        counted::Counted,
        error::GateError,
        review::{ReleaseId, State, TableReview, Withholding},
    },
    store::{Batch, SharedStore, StoreError, chunks, prefix},
};

const NEXT: u8 = b'n';
const CARD: u8 = b'd';
const BODY: u8 = b'b';
const FROZEN: u8 = b'f';
/// Version of a card's layout. It changes when a program that knows only this one would misread a
/// card; fields may be added without. Since layout 2 there are releases that are withheld: without
/// them in its transcript, an older program would protect later ones too little; and the digest
/// stands before the CBOR, so that damage cannot turn a draft into an approved release. Cards of
/// layout 1, without a digest, are read as they are.
const CARD_LAYOUT: u8 = 2;
/// Bytes of the digest of a card.
const DIGEST_BYTES: usize = 32;

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
    /// Whether it may have left the node, or is withheld: part of the transcript for ever.
    #[n(7)]
    pub left: bool,
    #[n(8)]
    pub tables: Vec<TableReview>,
    #[n(9)]
    pub audit: AuditReport,
    /// BLAKE3 of the body, so that what was audited is what is published. Never leaves the node.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub body_hash: [u8; 32],
    /// Day it was drafted.
    #[cbor(n(11), with = "crate::base::date::cbor_option")]
    pub drafted_on: Option<Date>,
    /// BLAKE3 of what it gives away as kept, so that later audits trust nothing else; `None` if it
    /// was drafted before this was noted. Never leaves the node.
    #[n(12)]
    pub frozen_hash: Option<ByteArray<32>>,
    /// What it was counted from; `None` if it was drafted before this was noted.
    #[n(13)]
    pub counted: Option<Counted>,
    /// Earlier quarters with records that it leaves behind as the first release.
    #[cbor(n(14), default)]
    pub skipped: Vec<Period>,
    /// Why it is withheld, if it is or is to be.
    #[n(15)]
    pub withholding: Option<Withholding>,
}

/// The releases in the store.
pub struct Shelf(pub SharedStore);

impl Shelf {
    /// All cards, in the order of their numbers.
    pub fn cards(&self) -> Result<Vec<Card>, GateError> {
        let mut ids = BTreeSet::new();
        for pair in self.0.scan_prefix(&[prefix::RELEASE, CARD]) {
            let (key, _) = pair?;
            let Some(id) = key.get(2..10).and_then(|bytes| bytes.try_into().ok()) else {
                return Err(corrupt("a key of a release is cut short"));
            };
            ids.insert(ReleaseId(u64::from_be_bytes(id)));
        }
        ids.into_iter().map(|id| decode(id, &self.needed(CARD, id)?)).collect()
    }

    /// One card.
    pub fn card(&self, id: ReleaseId) -> Result<Card, GateError> {
        match self.value(CARD, id)? {
            None => Err(GateError::NotFound { id }),
            Some(bytes) => decode(id, &bytes),
        }
    }

    /// The release as it was audited.
    pub fn release(&self, card: &Card) -> Result<Release, GateError> {
        let id = card.id;
        let bytes = self.needed(BODY, id)?;
        if *blake3::hash(&bytes).as_bytes() != card.body_hash {
            let detail = "its body is not the one that was audited".into();
            return Err(GateError::Damaged { id, detail });
        }
        Release::from_bytes(Release::SCHEMA, &bytes)
            .map_err(|error| GateError::Damaged { id, detail: error.to_string() })
    }

    /// What a release gives away, if it is what its card and its body say. Later releases are
    /// audited against this: something else would let them publish what must stay hidden.
    pub fn frozen(&self, card: &Card) -> Result<FrozenRelease, GateError> {
        let id = card.id;
        let damaged = |detail: &str| GateError::Damaged { id, detail: detail.into() };
        let bytes = self.needed(FROZEN, id)?;
        let frozen = FrozenRelease::from_bytes(&bytes).map_err(|error| match error {
            DisclosureError::Transcript(detail) => damaged(&detail),
            error => error.into(),
        })?;
        if card.frozen_hash.is_some_and(|hash| hash != digest(&bytes)) {
            return Err(damaged("what it gives away is not what was kept when it was drafted"));
        }
        let tables = frozen.tables.iter().map(|frozen| &frozen.table);
        match tables.eq(&self.release(card)?.tables) {
            true => Ok(frozen),
            false => Err(damaged("what it gives away is not of the tables in its body")),
        }
    }

    /// What all releases gave away that may have left the node or are withheld.
    pub fn transcript(&self) -> Result<Transcript, GateError> {
        let mut transcript = Transcript::default();
        for card in self.cards()?.iter().filter(|card| card.left) {
            transcript.append(self.frozen(card)?);
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
        let frozen = frozen.to_bytes();
        card.frozen_hash = Some(digest(&frozen));
        let mut batch = Batch::default();
        batch.put([prefix::RELEASE, NEXT], (next + 1).to_be_bytes());
        for (kind, value) in [(CARD, encode(&card)), (BODY, body), (FROZEN, frozen)] {
            chunks::put(&*self.0, &mut batch, &key(kind, card.id), &value)?;
        }
        self.0.commit(&batch)?;
        Ok(card.id)
    }

    /// Replaces a card, durably.
    pub fn replace(&self, card: &Card) -> Result<(), GateError> {
        let mut batch = Batch::default();
        chunks::put(&*self.0, &mut batch, &key(CARD, card.id), &encode(card))?;
        Ok(self.0.commit(&batch)?)
    }

    /// What a release gave away, as a program with another judgement would have kept it.
    #[cfg(test)]
    pub fn replace_frozen(&self, card: &mut Card, frozen: &FrozenRelease) -> Result<(), GateError> {
        let frozen = frozen.to_bytes();
        card.frozen_hash = Some(digest(&frozen));
        let mut batch = Batch::default();
        for (kind, value) in [(CARD, encode(card)), (FROZEN, frozen)] {
            chunks::put(&*self.0, &mut batch, &key(kind, card.id), &value)?;
        }
        Ok(self.0.commit(&batch)?)
    }

    /// Removes a release, durably.
    pub fn remove(&self, id: ReleaseId) -> Result<(), GateError> {
        let mut batch = Batch::default();
        for kind in [CARD, BODY, FROZEN] {
            chunks::remove(&*self.0, &mut batch, &key(kind, id))?;
        }
        Ok(self.0.commit(&batch)?)
    }

    /// What is kept of a release under `kind`, if anything is.
    fn value(&self, kind: u8, id: ReleaseId) -> Result<Option<Vec<u8>>, GateError> {
        chunks::get(&*self.0, &key(kind, id)).map_err(|error| match error {
            StoreError::Corrupt { detail, .. } => GateError::Damaged { id, detail },
            error => error.into(),
        })
    }

    /// What must be kept of a release under `kind`.
    fn needed(&self, kind: u8, id: ReleaseId) -> Result<Vec<u8>, GateError> {
        self.value(kind, id)?.ok_or_else(|| missing(id))
    }
}

fn digest(bytes: &[u8]) -> ByteArray<32> {
    (*blake3::hash(bytes).as_bytes()).into()
}

fn missing(id: ReleaseId) -> GateError {
    GateError::Damaged { id, detail: "a part of it is missing".into() }
}

fn key(kind: u8, id: ReleaseId) -> Vec<u8> {
    [&[prefix::RELEASE, kind], id.0.to_be_bytes().as_slice()].concat()
}

fn encode(card: &Card) -> Vec<u8> {
    let mut cbor = Vec::new();
    // Writing CBOR to a Vec cannot fail.
    let Ok(()) = minicbor::encode(card, &mut cbor) else { return Vec::new() };
    [&[CARD_LAYOUT], &blake3::hash(&cbor).as_bytes()[..], &cbor].concat()
}

fn decode(id: ReleaseId, bytes: &[u8]) -> Result<Card, GateError> {
    let damaged = |detail: String| GateError::Damaged { id, detail };
    let cbor = match bytes.split_first() {
        Some((1, cbor)) => cbor,
        Some((&CARD_LAYOUT, sealed)) => match sealed.split_at_checked(DIGEST_BYTES) {
            Some((seal, cbor)) if seal == blake3::hash(cbor).as_bytes() => cbor,
            _ => return Err(damaged("the card is not the one that was kept".into())),
        },
        Some((&found, _)) if found > CARD_LAYOUT => {
            return Err(GateError::Newer { id, found, known: CARD_LAYOUT });
        }
        _ => return Err(damaged("the card has no version".into())),
    };
    let mut decoder = minicbor::Decoder::new(cbor);
    let card: Card = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    match card.id == id && decoder.position() == cbor.len() {
        true => Ok(card),
        false => Err(damaged("the card is another release's".into())),
    }
}

fn corrupt(detail: &str) -> GateError {
    let remedy = "restore the store from a backup";
    GateError::Store(StoreError::Corrupt { detail: detail.into(), remedy })
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
