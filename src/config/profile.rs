//! The profile of somebody who calls a node: where it listens, how it proves who it is, and with
//! which certificate the caller does. Every command that needs a node takes one.

use std::path::{Path, PathBuf};

use crate::{
    base::id::MemberCode,
    config::{ConfigError, ConfigFault, folder_of, fresh, load_text, reader::Reader},
};

/// The documented example that fresh profiles are made from.
pub const EXAMPLE: &str = include_str!("../../deploy/profile.example.toml");

/// How to reach and to convince one listener of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The member whose node is called; its key is looked up in the roster.
    pub member: MemberCode,
    /// Which listener the address is.
    pub listener: Listener,
    /// Host and port.
    pub address: String,
    /// The roster, which pins the node's key.
    pub roster_file: PathBuf,
    /// The caller's certificate (PEM).
    pub certificate_file: PathBuf,
    /// The caller's private key (PEM).
    pub key_file: PathBuf,
}

/// A listener that people call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The hub's own staff.
    Hub,
    /// All members.
    Exchange,
}

impl Listener {
    /// The word in profile files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Exchange => "exchange",
        }
    }
}

impl Profile {
    /// Reads a profile. Relative paths are taken from `base_folder`. All faults at once.
    pub fn from_toml(text: &str, base_folder: &Path) -> Result<Self, Vec<ConfigFault>> {
        let (mut reader, mut root) = Reader::new(text);
        let r = &mut reader;
        let member = r.required_text(&mut root, "member");
        let member = r.parse::<MemberCode>(&root, "member", member);
        let listener = r.required_text(&mut root, "listener");
        let listener = listener.and_then(|found| match found.value.as_str() {
            "hub" => Some(Listener::Hub),
            "exchange" => Some(Listener::Exchange),
            _ => {
                r.fault(&found, "listener", "Must be \"hub\" or \"exchange\"");
                None
            }
        });
        let address = r.required_text(&mut root, "address");
        if let Some(found) = address.as_ref().filter(|found| !is_host_and_port(&found.value)) {
            r.fault(found, "address", "Must be HOST:PORT, as in 127.0.0.1:7301");
        }
        let mut path = |field| Some(base_folder.join(r.required_text(&mut root, field)?.value));
        let roster_file = path("roster_file");
        let certificate_file = path("certificate_file");
        let key_file = path("key_file");
        r.refuse_unknown(root);
        let profile = (|| {
            Some(Self {
                member: member?.value,
                listener: listener?,
                address: address?.value,
                roster_file: roster_file?,
                certificate_file: certificate_file?,
                key_file: key_file?,
            })
        })();
        reader.finish(profile)
    }

    /// Reads a profile file; relative paths are taken from its folder.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = load_text(file)?;
        Self::from_toml(&text, folder_of(file))
            .map_err(|faults| ConfigError::Faulty { file: file.into(), faults })
    }

    /// The profile as the text of a file: the shipped example with its own values.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let path = |path: &Path| Some(quoted(&path.to_string_lossy()));
        let values = [
            ("member", Some(quoted(self.member.as_str()))),
            ("listener", Some(quoted(self.listener.word()))),
            ("address", Some(quoted(&self.address))),
            ("roster_file", path(&self.roster_file)),
            ("certificate_file", path(&self.certificate_file)),
            ("key_file", path(&self.key_file)),
        ];
        fresh::fill(EXAMPLE, &values, true)
    }
}

/// Whether the text is `HOST:PORT`, with a port that can be called.
pub fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0)
    })
}
