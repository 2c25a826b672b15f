//! The roster: read, held against the node, and remembered across restarts.
//!
//! What is remembered is the roster last in force and the members removed before it, so that a
//! member removed while the node was down, or before it last started, is told so instead of being
//! taken for a stranger. Nothing remembered is ever believed: it only names those turned away.
//! Both files may be lost; then those removed are strangers.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    base::{file::read_text, id::MemberCode},
    config::Config,
    keys::{
        roster::{Member, MemberFragment, MemberKind, Roster, SpkiPin},
        roster_toml::ROSTER_BYTES_MAX,
        signer::LogPublicKey,
    },
    node::error::NodeError,
    rpc::identity::LiveRoster,
};

/// Largest roster, in bytes.
pub(super) const FILE_BYTES_MAX: u64 = ROSTER_BYTES_MAX as u64;
/// Name of the file with the roster last in force.
const LAST_FILE: &str = "roster-last.toml";
/// Name of the file with the members removed before.
const FORMER_FILE: &str = "roster-former.toml";

/// What a roster must say of a node.
#[derive(Debug, Clone)]
pub(super) struct OwnEntry {
    pub(super) member: MemberCode,
    pub(super) kind: MemberKind,
    pub(super) log_epoch: u32,
    pub(super) log_key: LogPublicKey,
}

impl OwnEntry {
    /// What `config` and the log key ask for.
    pub(super) fn new(config: &Config, log_key: LogPublicKey) -> Self {
        let Config { member, kind, keys, .. } = config;
        Self { member: *member, kind: *kind, log_epoch: keys.log_epoch, log_key }
    }

    /// Whether `roster` and the node with the TLS key `pin` fit; if not, why.
    pub(super) fn fits(&self, roster: &Roster, pin: &SpkiPin) -> Result<(), &'static str> {
        let own = roster.member(self.member).ok_or("it does not name the member")?;
        if own.kind != self.kind {
            return Err("it gives the member another kind");
        }
        if own.node_keys_in_force().all(|key| key != *pin) {
            return Err("it does not pin the node's TLS key");
        }
        let (epoch, key) = (self.log_epoch, &self.log_key);
        match own.log_keys.iter().any(|log| log.epoch == epoch && log.key == *key) {
            true => Ok(()),
            false => Err("it does not hold the log key for the configured epoch"),
        }
    }
}

/// Reads a roster.
pub(super) fn read(file: &Path) -> Result<Roster, NodeError> {
    let text = read_text(file, FILE_BYTES_MAX).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => NodeError::NoRoster { file: file.into() },
        _ => NodeError::Unreadable { file: file.into(), cause },
    })?;
    Roster::from_toml(&text).map_err(|faults| NodeError::Roster { file: file.into(), faults })
}

/// The folder where rosters are remembered.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// In the node's data folder.
    pub(super) fn new(config: &Config) -> Self {
        Self { folder: config.data_folder.clone() }
    }

    /// Puts `roster` in force over what is remembered.
    pub(super) fn take_up(&self, roster: Roster) -> LiveRoster {
        let remembered = self.remembered();
        let live = match remembered {
            Some((last, former)) => {
                if last.version > roster.version {
                    tracing::error!(
                        version = roster.version,
                        last_version = last.version,
                        "the roster is older than the one last in force: members removed since \
                         are believed again; ask for the newest roster"
                    );
                }
                let live = LiveRoster::new(last, former);
                live.replace(roster);
                live
            }
            None => LiveRoster::new(roster, Vec::new()),
        };
        self.remember(&live);
        live
    }

    /// Keeps what is in force, and who was removed, for the next start.
    pub(super) fn remember(&self, live: &LiveRoster) {
        let former = live.former().into_iter().map(|member| MemberFragment(member).to_toml());
        let files =
            [(LAST_FILE, live.roster().to_toml()), (FORMER_FILE, former.collect::<String>())];
        for (name, text) in files {
            let file = self.folder.join(name);
            if read_text(&file, FILE_BYTES_MAX).is_ok_and(|kept| kept == text) {
                continue;
            }
            if let Err(error) = replace(&file, &text) {
                // Removed members will be strangers after the next start; nothing else is lost.
                tracing::warn!(file = %file.display(), %error, "a roster could not be remembered");
            }
        }
    }

    fn remembered(&self) -> Option<(Roster, Vec<Member>)> {
        let last = self.kept(LAST_FILE)?;
        let last = told(LAST_FILE, Roster::from_toml(&last))?;
        let former = self.kept(FORMER_FILE).filter(|text| !text.is_empty());
        let former = former.and_then(|text| told(FORMER_FILE, MemberFragment::from_toml(&text)));
        let former = former.unwrap_or_default().into_iter().map(|MemberFragment(member)| member);
        Some((last, former.collect()))
    }

    fn kept(&self, name: &str) -> Option<String> {
        match read_text(&self.folder.join(name), FILE_BYTES_MAX) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(name, %error, "a remembered roster cannot be read");
                None
            }
        }
    }
}

fn told<T, E: std::fmt::Display>(name: &str, read: Result<T, Vec<E>>) -> Option<T> {
    let faults = match read {
        Ok(read) => return Some(read),
        Err(faults) => faults,
    };
    let fault = faults.first().map(ToString::to_string);
    tracing::warn!(name, fault, "a remembered roster has faults and is passed over");
    None
}

/// Writes a file so that a crash leaves the old one or the new one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}
