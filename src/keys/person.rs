//! Who a person's certificate says it is: one URI, `essaim://MEMBER/ROLE/NAME`.
//!
//! The text stands in issued certificates and in the journal; it may never change. On the
//! exchange the name is that of a function, not of a person.

use std::{fmt, str::FromStr};

use crate::base::id::MemberCode;

/// What a person may do; nodes are told apart by their keys instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// An adviser of a hub (référent technologique): keeps records.
    Referent,
    /// Answers for a hub's releases: imports, drafts, approves, publishes.
    Steward,
    /// Runs a node.
    Operator,
    /// Queries statistics for a coordinator.
    Analyst,
    /// Publishes notes for a research centre.
    Author,
}

/// A person as named in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// The member whose root issued the certificate.
    pub member: MemberCode,
    /// What the person may do.
    pub role: Role,
    /// Which one: 1 to 64 small letters, digits, hyphens and dots.
    pub name: String,
}

/// A text that names no person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no person: write essaim://MEMBER/ROLE/NAME, as in essaim://ML/steward/desk")]
pub struct InvalidPerson(String);

/// Longest name of a person, in bytes.
pub const PERSON_NAME_BYTES_MAX: usize = 64;

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] =
        [Self::Referent, Self::Steward, Self::Operator, Self::Analyst, Self::Author];

    /// Its name in certificates and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Referent => "referent",
            Self::Steward => "steward",
            Self::Operator => "operator",
            Self::Analyst => "analyst",
            Self::Author => "author",
        }
    }

    /// Whether it works on its hub's own listener; the others call the exchange.
    pub fn is_staff(self) -> bool {
        match self {
            Self::Referent | Self::Steward | Self::Operator => true,
            Self::Analyst | Self::Author => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role: use referent, steward, operator, analyst or author")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(20).collect()))
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "essaim://{}/{}/{}", self.member, self.role, self.name)
    }
}

impl FromStr for Person {
    type Err = InvalidPerson;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let mut parts = text.strip_prefix("essaim://")?.split('/');
            let member = parts.next()?.parse().ok()?;
            let role = parts.next()?.parse().ok()?;
            let name = parts.next().filter(|name| is_name(name))?.to_owned();
            parts.next().is_none().then_some(Self { member, role, name })
        };
        parse().ok_or_else(|| InvalidPerson(text.chars().take(80).collect()))
    }
}

fn is_name(text: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    (1..=PERSON_NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_uri_of_a_person_is_read() {
        let person: Person = "essaim://ML/steward/desk-1".parse().unwrap();
        assert_eq!(person.role, Role::Steward);
        assert_eq!(person.to_string(), "essaim://ML/steward/desk-1");
        for text in [
            "",
            "essaim://ML/steward",
            "essaim://ML/steward/",
            "essaim://ML/steward/a/b",
            "essaim://ml/steward/a",
            "essaim://ML/Steward/a",
            "essaim://ML/node/a",
            "https://ML/steward/a",
            "essaim://ML/steward/a?b",
        ] {
            assert!(text.parse::<Person>().is_err(), "{text}");
        }
    }
}
