//! The roster: who the members are, and which key of theirs counts for what.
//!
//! A file for now; a signed and rotating one later carries the same facts. Keys of logs are valid
//! for ranges of log *sizes*, never of time: clocks in the field are not to be trusted.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    base::{id::MemberCode, limits::LOGS_MAX},
    keys::signer::LogPublicKey,
};

/// Most members of a roster.
pub const MEMBERS_MAX: usize = 256;
/// Most keys, roots or denials of one member, each.
pub const MEMBER_KEYS_MAX: usize = 256;

/// All members, in one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// Version, counting up by one with each change.
    pub version: u64,
    /// Members in order of their codes.
    pub members: Vec<Member>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its code, unique in the roster.
    pub code: MemberCode,
    /// What kind of organisation it is.
    pub kind: MemberKind,
    /// Its name, for people.
    pub name: String,
    /// Where other members reach its node: `host:port`.
    pub exchange_address: String,
    /// Keys that sign its logs.
    pub log_keys: Vec<LogKey>,
    /// Public keys of its node's TLS certificates.
    pub node_keys: Vec<SpkiPin>,
    /// Roots (DER) under which its people's certificates are issued.
    pub people_roots: Vec<Vec<u8>>,
    /// Certificates of people and nodes that no longer count, by their public keys.
    pub denied: Vec<SpkiPin>,
}

/// A member with nobody else: what `init` prints and the roster's keeper merges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFragment(pub Member);

/// What kind of organisation a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberKind {
    /// A country's hub.
    National,
    /// A regional coordinator.
    Coordinator,
    /// A research centre.
    Research,
}

/// A key that signs checkpoints of one epoch of a member's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    /// The epoch.
    pub epoch: u32,
    /// The key.
    pub key: LogPublicKey,
    /// Smallest log size it may sign.
    pub from_size: u64,
    /// First log size it may no longer sign, if it was succeeded.
    pub to_size: Option<u64>,
}

/// SHA-256 of a certificate's SubjectPublicKeyInfo. Shown in base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpkiPin(pub [u8; 32]);

/// Something wrong in a roster or a fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct RosterFault {
    /// Where: `members.ML.log_keys.0.key`.
    pub place: String,
    /// What is wrong and what is expected.
    pub problem: String,
}

impl Roster {
    /// The member with this code.
    pub fn member(&self, code: MemberCode) -> Option<&Member> {
        self.members.iter().find(|member| member.code == code)
    }

    /// The member whose node has the TLS public key `pin`.
    pub fn member_of_node_key(&self, pin: &SpkiPin) -> Option<&Member> {
        self.members.iter().find(|member| member.node_keys.contains(pin))
    }

    /// The keys that may sign a checkpoint of `size` entries in `epoch` of `origin`'s log.
    pub fn log_keys(
        &self,
        origin: MemberCode,
        epoch: u32,
        size: u64,
    ) -> impl Iterator<Item = &LogKey> {
        let keys = self.member(origin).into_iter().flat_map(|member| &member.log_keys);
        keys.filter(move |key| key.epoch == epoch && key.covers(size))
    }

    /// Every (origin, epoch) that has a key, in order.
    pub fn epochs(&self) -> Vec<(MemberCode, u32)> {
        let keys = |member: &Member| {
            let code = member.code;
            member.log_keys.iter().map(move |key| (code, key.epoch)).collect::<Vec<_>>()
        };
        let mut epochs: Vec<_> = self.members.iter().flat_map(keys).collect();
        epochs.sort_unstable();
        epochs.dedup();
        epochs
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<RosterFault> {
        let mut faults = Vec::new();
        if self.members.len() > MEMBERS_MAX {
            faults.push(fault("members", format!("more than {MEMBERS_MAX}")));
        }
        let logs = self.epochs().len();
        if logs > LOGS_MAX {
            let problem = format!(
                "{logs} logs, counting each epoch of a member; at most {LOGS_MAX} can be pulled. \
                 Drop the log keys of old epochs whose logs every node holds"
            );
            faults.push(fault("members", problem));
        }
        for (index, member) in self.members.iter().enumerate() {
            let place = format!("members.{}", member.code);
            if self.members[..index].iter().any(|other| other.code == member.code) {
                faults.push(fault(&place, "the code stands twice".into()));
            }
            for pin in &member.node_keys {
                if self.member_of_node_key(pin).is_some_and(|other| other.code != member.code) {
                    let problem = format!("{pin} is another member's too");
                    faults.push(fault(&format!("{place}.node_keys"), problem));
                }
            }
            member.check(&place, &mut faults);
        }
        faults
    }
}

impl Member {
    /// The keys its node may show: a denied one is none, wherever else it stands.
    pub fn node_keys_in_force(&self) -> impl Iterator<Item = SpkiPin> {
        self.node_keys.iter().copied().filter(|pin| !self.denied.contains(pin))
    }

    fn check(&self, place: &str, faults: &mut Vec<RosterFault>) {
        if self.name.trim().is_empty() {
            faults.push(fault(&format!("{place}.name"), "must not be empty".into()));
        }
        if self.exchange_address.is_empty() || self.exchange_address.contains(char::is_whitespace) {
            let problem = "must be HOST:PORT".into();
            faults.push(fault(&format!("{place}.exchange_address"), problem));
        }
        let lists = [
            ("log_keys", self.log_keys.len()),
            ("node_keys", self.node_keys.len()),
            ("people_roots", self.people_roots.len()),
            ("denied", self.denied.len()),
        ];
        for (list, length) in lists {
            if length > MEMBER_KEYS_MAX {
                let problem = format!("more than {MEMBER_KEYS_MAX}");
                faults.push(fault(&format!("{place}.{list}"), problem));
            }
        }
        for pin in self.node_keys.iter().filter(|pin| self.denied.contains(pin)) {
            let problem = format!(
                "{pin} is denied, too. If the key is lost or stolen, take it out of node_keys: \
                 `essaim certificate node` makes a new one. If not, take it out of denied"
            );
            faults.push(fault(&format!("{place}.node_keys"), problem));
        }
        for (index, key) in self.log_keys.iter().enumerate() {
            if key.epoch == 0 || key.to_size.is_some_and(|to| to <= key.from_size) {
                let problem = "epochs count from 1, and to_size lies above from_size".into();
                faults.push(fault(&format!("{place}.log_keys.{index}"), problem));
            }
        }
        self.check_overlaps(place, faults);
    }

    /// One key alone may sign a size: of two, nobody could tell whose history counts.
    fn check_overlaps(&self, place: &str, faults: &mut Vec<RosterFault>) {
        let mut keys: Vec<&LogKey> = self.log_keys.iter().collect();
        keys.sort_by_key(|key| (key.epoch, key.from_size));
        // In this order, where any two overlap, two that follow each other do.
        for (key, next) in keys.iter().zip(keys.iter().skip(1)) {
            let ends = key.to_size.is_some_and(|to| to <= next.from_size);
            if key.epoch == next.epoch && !ends {
                let problem = format!(
                    "{next} would sign sizes that belong to {key}: end that one with to_size, and \
                     let the new one begin there with from_size"
                );
                faults.push(fault(&format!("{place}.log_keys"), problem));
            }
        }
    }
}

impl LogKey {
    /// Whether it may sign a checkpoint of `size` entries.
    pub fn covers(&self, size: u64) -> bool {
        self.from_size <= size && self.to_size.is_none_or(|to| size < to)
    }
}

/// The key with what it may sign.
impl fmt::Display for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, key, from_size, to_size } = self;
        write!(f, "{key} (epoch {epoch}, from size {from_size}")?;
        match to_size {
            Some(size) => write!(f, " to {size})"),
            None => f.write_str(")"),
        }
    }
}

impl MemberKind {
    /// Its name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Coordinator => "coordinator",
            Self::Research => "research",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::National, Self::Coordinator, Self::Research]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

impl SpkiPin {
    /// Reads the base64 text that [`fmt::Display`] writes.
    pub fn from_text(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpkiPin({self})")
    }
}

pub(super) fn fault(place: &str, problem: String) -> RosterFault {
    RosterFault { place: place.into(), problem }
}
