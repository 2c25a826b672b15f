//! Writes that may be sent twice. The caller numbers a write; the number, what was asked under it
//! and the record it made are stored in the batch of the write itself.
//!
//! A repeated write gets the record as it stands, with its present revision, rather than a copy of
//! the first answer: a copy would be a second place where names and telephones lie, which an
//! erasure would have to find.

use minicbor::{Decode, Encode};

use crate::{
    base::id::IdempotencyKey,
    records::{
        draft::Draft,
        error::RecordError,
        layout::{self, Identifier, Kind, Stored, open, seal},
        repository::{Repository, WriteContext},
        types::{Revised, Whole},
    },
};

/// What an idempotency key stands for.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Remembered {
    /// Keyed hash of what was asked.
    #[cbor(n(0), with = "minicbor::bytes")]
    fingerprint: [u8; 32],
    /// The record it made or changed.
    #[cbor(n(1), with = "minicbor::bytes")]
    id: [u8; 16],
    /// The revision it gave it.
    #[n(2)]
    revision: u64,
}

/// A key with the fingerprint of what is asked under it.
pub(crate) struct Attempt {
    key: IdempotencyKey,
    fingerprint: [u8; 32],
}

impl Attempt {
    /// The attempt of `context`, if it is numbered. `asked` tells requests apart.
    pub fn of(
        draft: &mut Draft<'_>,
        context: &WriteContext,
        asked: &[&[u8]],
    ) -> Result<Option<Self>, RecordError> {
        let Some(key) = context.idempotency_key else { return Ok(None) };
        let mut hasher = blake3::Hasher::new_keyed(&draft.secret()?);
        for part in [context.actor.as_bytes()].iter().chain(asked) {
            hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
        }
        Ok(Some(Self { key, fingerprint: *hasher.finalize().as_bytes() }))
    }

    /// The record, as it stands, that was written under this key before. Another request under it
    /// is refused.
    pub fn earlier<K: Kind>(&self, draft: &Draft<'_>) -> Result<Option<Stored<K>>, RecordError> {
        let Some(bytes) = draft.get(&layout::idempotency_key(self.key))? else { return Ok(None) };
        let remembered: Remembered = open(&bytes).ok_or_else(|| RecordError::Undecodable {
            what: "idempotency key",
            id: self.key.to_string(),
        })?;
        if remembered.fingerprint != self.fingerprint {
            return Err(RecordError::IdempotencyConflict { key: self.key });
        }
        draft.require(K::Id::of(remembered.id)).map(Some)
    }

    /// Drafts that this attempt led to `done`.
    pub fn remember<K: Kind>(&self, draft: &mut Draft<'_>, done: &Stored<K>) {
        let remembered = Remembered {
            fingerprint: self.fingerprint,
            id: *done.record.coded.id().bytes(),
            revision: done.revision,
        };
        draft.batch.put(layout::idempotency_key(self.key), seal(&remembered));
    }
}

/// Both parts of a record of the kind `K`.
pub(crate) type Parts<K> = Whole<K, <K as Kind>::Identity>;

/// What the hub's staff gets: a record with both its parts and its revision.
pub(crate) type HandedOut<K> = Result<Revised<Parts<K>>, RecordError>;

impl Repository {
    /// Does `change` once for all attempts with the same key that ask the same.
    pub(crate) fn once<K: Kind>(
        &self,
        context: &WriteContext,
        action: &'static str,
        asked: &[&[u8]],
        change: impl FnOnce(&mut Draft<'_>) -> Result<Stored<K>, RecordError>,
    ) -> HandedOut<K> {
        self.write(&context.actor, action, |draft| {
            let mut all = vec![action.as_bytes(), K::KIND.name().as_bytes()];
            all.extend(asked);
            let attempt = Attempt::of(draft, context, &all)?;
            if let Some(attempt) = &attempt
                && let Some(earlier) = attempt.earlier::<K>(draft)?
            {
                return Ok(earlier.handed_out());
            }
            let done = change(draft)?;
            if let Some(attempt) = &attempt {
                attempt.remember(draft, &done);
            }
            Ok(done.handed_out())
        })
    }

    /// Replaces the record `id` by what `change` makes of it, if the caller saw its present
    /// revision, once for all attempts with the same key that ask the same. `asked` are bytes that
    /// tell the change from any other. A change that changes nothing is not written. `follow`
    /// drafts what else depends on the record.
    pub(crate) fn replace<K: Kind>(
        &self,
        context: &WriteContext,
        id: K::Id,
        etag: Option<u64>,
        asked: &[&[u8]],
        change: impl FnOnce(&Draft<'_>, &K, &K::Identity) -> Result<Parts<K>, RecordError>,
        follow: impl FnOnce(&mut Draft<'_>, &K) -> Result<(), RecordError>,
    ) -> HandedOut<K> {
        self.write(&context.actor, "update", |draft| {
            let etag_bytes = etag.unwrap_or(0).to_be_bytes();
            let mut all: Vec<&[u8]> =
                vec![b"update", K::KIND.name().as_bytes(), id.bytes(), &etag_bytes];
            all.extend(asked);
            let attempt = Attempt::of(draft, context, &all)?;
            if let Some(attempt) = &attempt
                && let Some(earlier) = attempt.earlier::<K>(draft)?
            {
                return Ok(earlier.handed_out());
            }
            let old = draft.require_at::<K>(id, etag)?;
            let mut new = change(draft, &old.record.coded, &old.record.identity)?;
            draft.enter(Some(&old), &mut new);
            let done = if new == old.record {
                old
            } else {
                let done = draft.put(Some(&old), new);
                follow(draft, &done.record.coded)?;
                done
            };
            if let Some(attempt) = &attempt {
                attempt.remember(draft, &done);
            }
            Ok(done.handed_out())
        })
    }
}
