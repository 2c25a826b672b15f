//! The node's configuration file, and the profile file of those who call a node.
//!
//! Both are TOML, refuse unknown fields and report all faults at once, each with its line and
//! field. `deploy/essaim.example.toml` documents every knob and is the text fresh files are made
//! from; a test holds it against the reader. Nothing in a configuration is secret: key files are
//! named, never contained.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{base::id::MemberCode, keys::roster::MemberKind};

pub use disclosure::DisclosureSettings;

mod disclosure;
pub mod fresh;
pub mod profile;
mod reader;
mod settings;

/// Largest configuration or profile file, in bytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

/// Longest deadline for calls in progress when a node stops, in seconds. What stops it from outside
/// (`TimeoutStopSec` of the shipped unit) waits longer.
pub const SHUTDOWN_DEADLINE_SECONDS_MAX: u32 = 600;

/// One fault of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigFault {
    /// The line, from 1; `None` if what is missing has no line.
    pub line: Option<usize>,
    /// The field with its section (`listeners.hub`); empty for a fault of the file as a whole.
    pub field: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

impl std::fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "Line {line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.problem)
    }
}

/// A file that could not be used as a configuration or profile.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("Cannot read {file}: {cause}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file has faults; all of them.
    #[error("{file} has {} fault(s):{}", faults.len(), listed(faults))]
    Faulty {
        /// The file.
        file: PathBuf,
        /// Every fault, by line.
        faults: Vec<ConfigFault>,
    },
}

fn listed(faults: &[ConfigFault]) -> String {
    faults.iter().map(|fault| format!("\n  {fault}")).collect()
}

/// A node's configuration, checked. Paths are absolute or relative to the working folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The member this node belongs to.
    pub member: MemberCode,
    /// What the member is.
    pub kind: MemberKind,
    /// Its name, as shown to people.
    pub name: String,
    /// Folder of the store and of the logs.
    pub data_folder: PathBuf,
    /// The roster.
    pub roster_file: PathBuf,
    /// Regions of further countries (CSV).
    pub regions_file: Option<PathBuf>,
    /// Days after its end at which a period closes.
    pub closing_days: u32,
    /// Where the node listens.
    pub listeners: Listeners,
    /// Its key files.
    pub keys: KeyFiles,
    /// Memory for the store's cache, in bytes.
    pub store_cache_bytes: u64,
    /// Rules of disclosure control: present exactly for national members.
    pub disclosure: Option<DisclosureSettings>,
    /// Synchronization.
    pub sync: SyncSettings,
    /// What the listeners accept at most.
    pub limits: Limits,
    /// What the node tells about itself.
    pub log: LogSettings,
    /// Seconds in which calls in progress may end before they are cut off.
    pub shutdown_deadline_seconds: u32,
}

/// The addresses a node listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listeners {
    /// gRPC for the hub's own staff.
    pub hub: SocketAddr,
    /// gRPC for other members.
    pub exchange: SocketAddr,
    /// HTTP: health and metrics.
    pub web: Option<SocketAddr>,
}

/// The node's key files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFiles {
    /// TLS certificate (PEM).
    pub node_certificate_file: PathBuf,
    /// Its private key (PEM).
    pub node_key_file: PathBuf,
    /// The Ed25519 key that signs the log.
    pub log_key_file: PathBuf,
    /// Incarnation of the member's own log.
    pub log_epoch: u32,
}

/// Synchronization with other nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncSettings {
    /// Seconds between two rounds with the same neighbour.
    pub interval_seconds: u32,
    /// Members to pull from; `None` for every member of the roster.
    pub neighbours: Option<Vec<MemberCode>>,
    /// Most bytes taken from one neighbour in one round.
    pub budget_bytes: u64,
    /// Seconds without any byte after which a round is given up.
    pub silence_seconds_max: u32,
}

/// What the listeners accept at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections per listener.
    pub connections_max: u32,
    /// Calls in progress per connection.
    pub concurrent_calls_max: u32,
    /// Seconds a call may last, streams excepted.
    pub call_seconds_max: u32,
    /// Bytes of one imported file.
    pub import_bytes_max: u64,
}

/// What the node tells about itself on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// For people or for collectors.
    pub format: LogFormat,
    /// What to tell, in the syntax of tracing-subscriber.
    pub filter: String,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads a configuration. Relative paths are taken from `base_folder`. All faults are
    /// returned at once, in the order of their lines.
    pub fn from_toml(text: &str, base_folder: &Path) -> Result<Self, Vec<ConfigFault>> {
        settings::read(text, base_folder)
    }

    /// Folder of the store, within the data folder.
    pub fn store_folder(&self) -> PathBuf {
        self.data_folder.join("store")
    }

    /// Folder of the logs, within the data folder.
    pub fn log_folder(&self) -> PathBuf {
        self.data_folder.join("logs")
    }

    /// Reads a configuration file; relative paths are taken from its folder.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = load_text(file)?;
        Self::from_toml(&text, folder_of(file))
            .map_err(|faults| ConfigError::Faulty { file: file.into(), faults })
    }
}

/// The folder that relative paths of `file` are taken from.
fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// Reads a file of at most [`FILE_BYTES_MAX`] bytes as UTF-8.
fn load_text(file: &Path) -> Result<String, ConfigError> {
    use std::io::Read;
    let unreadable = |cause| ConfigError::Unreadable { file: file.into(), cause };
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
