//! Fresh configuration files: the shipped example with a member's own values, so that every file
//! explains its knobs.

use std::net::SocketAddr;

use crate::{base::id::MemberCode, config::DisclosureSettings, keys::roster::MemberKind};

/// The documented example that fresh files are made from.
pub const EXAMPLE: &str = include_str!("../../deploy/essaim.example.toml");

/// What differs between two fresh configurations.
#[derive(Debug, Clone)]
pub struct FreshConfig<'a> {
    /// The member.
    pub member: MemberCode,
    /// What it is.
    pub kind: MemberKind,
    /// Its name.
    pub name: &'a str,
    /// Path of the roster, as it shall stand in the file.
    pub roster_file: &'a str,
    /// Staff's listener.
    pub hub: SocketAddr,
    /// Members' listener.
    pub exchange: SocketAddr,
    /// Health and metrics.
    pub web: Option<SocketAddr>,
    /// The rules, if the member has stated them; else the lines are left for it to fill in.
    pub disclosure: Option<DisclosureSettings>,
    /// Seconds between two rounds of synchronization.
    pub sync_interval_seconds: u32,
}

impl FreshConfig<'_> {
    /// The text of the file.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let address = |address: SocketAddr| quoted(&address.to_string());
        let mut values = vec![
            ("member", Some(quoted(self.member.as_str()))),
            ("kind", Some(quoted(self.kind.as_str()))),
            ("name", Some(quoted(self.name))),
            ("roster_file", Some(quoted(self.roster_file))),
            ("listeners.hub", Some(address(self.hub))),
            ("listeners.exchange", Some(address(self.exchange))),
            ("listeners.web", self.web.map(address)),
            ("sync.interval_seconds", Some(self.sync_interval_seconds.to_string())),
        ];
        let rules = self.disclosure.as_ref().map(|one| one.general);
        values.extend([
            ("disclosure.contributors_min", rules.map(|one| one.contributors_min.to_string())),
            ("disclosure.dominance_percent", rules.map(|one| one.dominance_percent.to_string())),
        ]);
        fill(EXAMPLE, &values, self.kind == MemberKind::National)
    }
}

/// Replaces the values of fields; a field without value becomes a comment, and so does the head
/// of the disclosure section where the member must not have one.
pub(super) fn fill(
    example: &str,
    values: &[(&str, Option<String>)],
    has_disclosure: bool,
) -> String {
    let mut section = "";
    let mut filled = String::with_capacity(example.len());
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            if name == "disclosure" && !has_disclosure {
                filled.push_str("# ");
            }
        }
        let key = line.split_once(" = ").map(|(key, _)| key).filter(|key| !key.starts_with('#'));
        let value = key.and_then(|key| {
            values.iter().find(|(field, _)| match field.split_once('.') {
                Some((of, name)) => of == section && name == key,
                None => section.is_empty() && *field == key,
            })
        });
        match (key, value) {
            (Some(key), Some((_, Some(value)))) => filled.push_str(&format!("{key} = {value}")),
            (Some(key), Some((_, None))) => filled.push_str(&format!("# {key} =")),
            _ => filled.push_str(line),
        }
        filled.push('\n');
    }
    filled
}
