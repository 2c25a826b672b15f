//! A withdrawal: the entry is no longer to be shown, and its body is to be dropped if erased.

use minicbor::{Decode, Encode};

use crate::publication::admitted::InvalidBody;

/// Withdraws an earlier entry of the same log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Withdrawal {
    /// Epoch of the withdrawn entry.
    #[n(0)]
    pub epoch: u32,
    /// Sequence number of the withdrawn entry.
    #[n(1)]
    pub seq: u64,
    /// Why.
    #[n(2)]
    pub reason: WithdrawalReason,
    /// Whether receivers must also drop the body's bytes.
    #[n(3)]
    pub erase: bool,
}

/// Why an entry is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum WithdrawalReason {
    /// The content was wrong.
    #[n(0)]
    Error,
    /// Someone named in it asked for it.
    #[n(1)]
    Request,
    /// A law or an authority requires it.
    #[n(2)]
    Legal,
}

impl Withdrawal {
    /// Schema version of the encoding.
    pub const SCHEMA: u16 = 1;

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing CBOR to a Vec cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads bytes from another member.
    pub fn from_bytes(schema: u16, bytes: &[u8]) -> Result<Self, InvalidBody> {
        super::decode("withdrawal", Self::SCHEMA, schema, bytes)
    }
}
