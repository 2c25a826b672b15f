//! Publications that bear a number of their caller: sent again, they are published once.
//!
//! The memory of a number is no projection: no log holds it. Its order with the log's own:
//! 1. *begun*: what is asked under the number, its day, and how long the own log was, durable. A
//!    crash leaves a number under which nothing was published; the next try finds nothing in the
//!    log from there on, and goes on;
//! 2. the entry is appended, in the log's order. A crash leaves the entry and a number that does
//!    not know it; the next try finds it in the log;
//! 3. *done*: the number names the entry.

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use crate::{
    base::id::IdempotencyKey,
    library::{error::LibraryError, keys, notes::Library},
    store::Batch,
};

/// Version of the stored value.
const VERSION: u8 = 1;

/// What a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Numbered {
    /// Hash of what was asked under it.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub fingerprint: [u8; 32],
    /// Day of publication.
    #[cbor(n(1), with = "crate::base::date::cbor")]
    pub published_on: Date,
    /// The epoch of the own log.
    #[n(2)]
    pub epoch: u32,
    /// Number of entries it had.
    #[n(3)]
    pub held: u64,
    /// The entry that carries the note, once that is known.
    #[n(4)]
    pub seq: Option<u64>,
}

impl Library {
    /// What was asked under `number` before. Something else under it is refused.
    pub fn numbered(
        &self,
        number: IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Result<Option<Numbered>, LibraryError> {
        let Some(bytes) = self.store().get(&keys::number(number))? else { return Ok(None) };
        let damaged = || LibraryError::DamagedNumber { number };
        let (version, bytes) = bytes.split_first().ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(damaged());
        }
        let numbered: Numbered = minicbor::decode(bytes).map_err(|_| damaged())?;
        match numbered.fingerprint == *fingerprint {
            true => Ok(Some(numbered)),
            false => Err(LibraryError::NumberReused { number }),
        }
    }

    /// Keeps what `number` stands for; durable when it returns.
    pub fn number(&self, number: IdempotencyKey, to: &Numbered) -> Result<(), LibraryError> {
        let mut value = vec![VERSION];
        // Writing to a vector does not fail.
        let _ = minicbor::encode(to, &mut value);
        let mut batch = Batch::default();
        batch.put(keys::number(number), value);
        Ok(self.store().commit(&batch)?)
    }
}
