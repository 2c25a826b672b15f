//! Identifiers. Text forms are stored and signed; they may never change.

use std::{fmt, str::FromStr};

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A member of the network: 2 to 8 capital letters or digits, a letter first (`ML`, `UEMOA`).
/// For national hubs it is the ISO 3166-1 alpha-2 code of the country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemberCode([u8; 8]);

/// A text that is no member code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no member code: 2 to 8 capital letters or digits, a letter first")]
pub struct InvalidMemberCode(String);

impl MemberCode {
    /// Longest code, in bytes.
    pub const BYTES_MAX: usize = 8;

    /// The code as text.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(Self::BYTES_MAX);
        std::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }

    /// The code padded with zero bytes, as it stands in entry headers.
    pub fn to_padded(self) -> [u8; 8] {
        self.0
    }

    /// Reads a zero-padded code.
    pub fn from_padded(bytes: [u8; 8]) -> Result<Self, InvalidMemberCode> {
        let text = std::str::from_utf8(&bytes).map_err(|_| InvalidMemberCode("".into()))?;
        let code: Self = text.trim_end_matches('\0').parse()?;
        Ok(code)
    }
}

impl FromStr for MemberCode {
    type Err = InvalidMemberCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let valid = (2..=Self::BYTES_MAX).contains(&text.len())
            && text.as_bytes()[0].is_ascii_uppercase()
            && text.bytes().all(capital);
        if !valid {
            return Err(InvalidMemberCode(text.chars().take(20).collect()));
        }
        let mut bytes = [0; Self::BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for MemberCode {
    type Error = InvalidMemberCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MemberCode> for String {
    fn from(code: MemberCode) -> Self {
        code.as_str().into()
    }
}

impl fmt::Display for MemberCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<C> Encode<C> for MemberCode {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.str(self.as_str())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for MemberCode {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.str()?.parse().map_err(|_| decode::Error::message("no member code"))
    }
}

/// Makes a type of identifier over 16 random bytes, shown as a UUID.
macro_rules! uuid_identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random identifier (UUID version 4).
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The identifier with these bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(self.0.as_bytes())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let bytes = d.bytes()?.try_into();
                bytes.map(Self::from_bytes).map_err(|_| decode::Error::message("no identifier"))
            }
        }
    };
}

uuid_identifier!(
    /// An enterprise in the node's own records.
    EnterpriseId
);
uuid_identifier!(
    /// A visit to a production site.
    VisitId
);
uuid_identifier!(
    /// A support request.
    RequestId
);
uuid_identifier!(
    /// An answer given to an enterprise.
    AnswerId
);
uuid_identifier!(
    /// A consent given by an enterprise.
    ConsentId
);
uuid_identifier!(
    /// A published resource (a release, a note): the same in all its revisions.
    ResourceId
);
uuid_identifier!(
    /// A caller's own number for a write, which makes the write idempotent (AIP-155).
    IdempotencyKey
);

/// An entry of a log: unique in the whole network and never renumbered. Shown as `ML/1/17`
/// (origin, epoch, sequence number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The member that wrote it.
    pub origin: MemberCode,
    /// The incarnation of the origin's log, from 1.
    pub epoch: u32,
    /// The entry's number in that epoch, from 0.
    pub seq: u64,
}

/// A text that names no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no entry: write MEMBER/EPOCH/NUMBER, as in ML/1/17")]
pub struct InvalidEntryId(String);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.origin, self.epoch, self.seq)
    }
}

impl FromStr for EntryId {
    type Err = InvalidEntryId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let mut parts = text.split('/');
            let origin = parts.next()?.parse().ok()?;
            let epoch = parts.next()?.parse().ok()?;
            let seq = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(Self { origin, epoch, seq })
        };
        // Only the canonical text is read: no signs, no leading zeros.
        parse()
            .filter(|entry: &Self| entry.to_string() == text)
            .ok_or_else(|| InvalidEntryId(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_text_of_an_entry_is_read() {
        assert_eq!("ML/1/17".parse::<EntryId>().unwrap().to_string(), "ML/1/17");
        for text in ["", "ML", "ML/1", "ML/1/17/2", "ML/+1/17", "ML/01/17", "ml/1/17", "ML/1/-1"] {
            assert!(text.parse::<EntryId>().is_err(), "{text}");
        }
    }
}
