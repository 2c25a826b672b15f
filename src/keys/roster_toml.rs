//! The roster as a TOML file. Keys, pins and roots are base64; unknown fields are refused, and
//! all faults are reported at once.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{
    base::id::MemberCode,
    keys::{
        roster::{LogKey, Member, MemberFragment, MemberKind, Roster, RosterFault, SpkiPin, fault},
        signer::LogPublicKey,
    },
};

/// Largest roster file, in bytes.
pub const ROSTER_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RosterFile {
    version: u64,
    #[serde(default)]
    members: Vec<MemberFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FragmentFile {
    members: Vec<MemberFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberFile {
    code: String,
    kind: String,
    name: String,
    exchange_address: String,
    #[serde(default)]
    node_keys: Vec<String>,
    #[serde(default)]
    people_roots: Vec<String>,
    #[serde(default)]
    denied: Vec<String>,
    #[serde(default)]
    log_keys: Vec<LogKeyFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogKeyFile {
    epoch: u32,
    key: String,
    #[serde(default)]
    from_size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to_size: Option<u64>,
}

impl Roster {
    /// Reads a roster file.
    pub fn from_toml(text: &str) -> Result<Self, Vec<RosterFault>> {
        let file: RosterFile = read(text)?;
        let mut faults = Vec::new();
        let mut members = read_members(file.members, &mut faults);
        members.sort_by_key(|member| member.code);
        let roster = Self { version: file.version, members };
        faults.extend(roster.faults());
        if faults.is_empty() { Ok(roster) } else { Err(faults) }
    }

    /// Writes a roster file.
    pub fn to_toml(&self) -> String {
        let members = self.members.iter().map(MemberFile::from).collect();
        // Plain structs of strings and numbers always serialize.
        toml::to_string(&RosterFile { version: self.version, members }).unwrap_or_default()
    }
}

impl MemberFragment {
    /// Reads fragments: one, or several one after the other in one text.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, Vec<RosterFault>> {
        let file: FragmentFile = read(text)?;
        let mut faults = Vec::new();
        let members = read_members(file.members, &mut faults);
        let alone = Roster { version: 0, members };
        faults.extend(alone.faults());
        match faults.is_empty() {
            true => Ok(alone.members.into_iter().map(Self).collect()),
            false => Err(faults),
        }
    }

    /// Writes the fragment. Fragments may be joined by putting their texts one after the other.
    pub fn to_toml(&self) -> String {
        let file = FragmentFile { members: vec![MemberFile::from(&self.0)] };
        // Plain structs of strings and numbers always serialize.
        toml::to_string(&file).unwrap_or_default()
    }
}

fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Vec<RosterFault>> {
    if text.len() > ROSTER_BYTES_MAX {
        return Err(vec![fault("file", format!("longer than {ROSTER_BYTES_MAX} bytes"))]);
    }
    toml::from_str(text).map_err(|error| vec![fault("file", error.to_string())])
}

fn read_members(files: Vec<MemberFile>, faults: &mut Vec<RosterFault>) -> Vec<Member> {
    let mut members = Vec::new();
    for (index, file) in files.into_iter().enumerate() {
        let place = format!("members.{index}");
        let code = file.code.parse::<MemberCode>();
        let kind = MemberKind::from_name(&file.kind);
        if let Err(error) = &code {
            faults.push(fault(&format!("{place}.code"), error.to_string()));
        }
        if kind.is_none() {
            let problem = "must be national, coordinator or research".into();
            faults.push(fault(&format!("{place}.kind"), problem));
        }
        let log_keys = read_log_keys(&file.log_keys, &place, faults);
        let node_keys = read_pins(&file.node_keys, &format!("{place}.node_keys"), faults);
        let denied = read_pins(&file.denied, &format!("{place}.denied"), faults);
        let people_roots = read_roots(&file.people_roots, &place, faults);
        let (Ok(code), Some(kind)) = (code, kind) else { continue };
        let MemberFile { name, exchange_address, .. } = file;
        members.push(Member {
            code,
            kind,
            name,
            exchange_address,
            log_keys,
            node_keys,
            people_roots,
            denied,
        });
    }
    members
}

fn read_log_keys(files: &[LogKeyFile], place: &str, faults: &mut Vec<RosterFault>) -> Vec<LogKey> {
    let mut keys = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match LogPublicKey::from_text(&file.key) {
            Ok(key) => keys.push(LogKey {
                epoch: file.epoch,
                key,
                from_size: file.from_size,
                to_size: file.to_size,
            }),
            Err(error) => {
                faults.push(fault(&format!("{place}.log_keys.{index}.key"), error.to_string()));
            }
        }
    }
    keys
}

fn read_pins(texts: &[String], place: &str, faults: &mut Vec<RosterFault>) -> Vec<SpkiPin> {
    let mut pins = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match SpkiPin::from_text(text) {
            Some(pin) => pins.push(pin),
            None => {
                let problem = "must be the SHA-256 of a public key in base64 (44 characters)";
                faults.push(fault(&format!("{place}.{index}"), problem.into()));
            }
        }
    }
    pins
}

fn read_roots(texts: &[String], place: &str, faults: &mut Vec<RosterFault>) -> Vec<Vec<u8>> {
    let mut roots = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match STANDARD.decode(text) {
            Ok(root) => roots.push(root),
            Err(_) => {
                let problem = "must be a certificate (DER) in base64".into();
                faults.push(fault(&format!("{place}.people_roots.{index}"), problem));
            }
        }
    }
    roots
}

impl From<&Member> for MemberFile {
    fn from(member: &Member) -> Self {
        let key = |key: &LogKey| LogKeyFile {
            epoch: key.epoch,
            key: key.key.to_string(),
            from_size: key.from_size,
            to_size: key.to_size,
        };
        Self {
            code: member.code.to_string(),
            kind: member.kind.as_str().into(),
            name: member.name.clone(),
            exchange_address: member.exchange_address.clone(),
            node_keys: member.node_keys.iter().map(SpkiPin::to_string).collect(),
            people_roots: member.people_roots.iter().map(|root| STANDARD.encode(root)).collect(),
            denied: member.denied.iter().map(SpkiPin::to_string).collect(),
            log_keys: member.log_keys.iter().map(key).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::limits::LOGS_MAX, keys::signer::LogSigner};

    fn member(code: &str) -> Member {
        let seed = [code.as_bytes()[0]; 32];
        Member {
            code: code.parse().unwrap(),
            kind: MemberKind::National,
            name: format!("HUB {code}"),
            exchange_address: "127.0.0.1:7000".into(),
            log_keys: vec![LogKey {
                epoch: 1,
                key: LogSigner::from_seed(seed).public(),
                from_size: 0,
                to_size: None,
            }],
            node_keys: vec![SpkiPin(seed)],
            people_roots: vec![vec![1, 2, 3]],
            denied: vec![],
        }
    }

    #[test]
    fn a_roster_survives_its_file() {
        let roster = Roster { version: 3, members: vec![member("BJ"), member("ML")] };
        assert_eq!(Roster::from_toml(&roster.to_toml()).unwrap(), roster);
    }

    #[test]
    fn joined_fragments_merge_and_replace() {
        let text = ["ML", "BJ"].map(|code| MemberFragment(member(code)).to_toml()).join("\n");
        let fragments = MemberFragment::from_toml(&text).unwrap();
        let roster = Roster::default().merge(&fragments).unwrap().roster;
        assert_eq!(roster.version, 1);
        assert_eq!(roster.members.len(), 2);
        let mut renamed = fragments[..1].to_vec();
        renamed[0].0.name = "Another".into();
        let again = roster.merge(&renamed).unwrap().roster;
        assert_eq!((again.version, again.members.len()), (2, 2));
        let mut double = member("TG");
        double.node_keys = member("ML").node_keys;
        assert!(roster.merge(&[MemberFragment(double)]).is_err());
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let text = r#"
            version = 1
            [[members]]
            code = "mali"
            kind = "village"
            name = "x"
            exchange_address = "h:1"
            node_keys = ["?"]
            log_keys = [{ epoch = 1, key = "AAAA" }]
        "#;
        assert_eq!(Roster::from_toml(text).unwrap_err().len(), 4);
        assert!(Roster::from_toml("version = 1\nmember = 2").is_err());
        let mut denied = member("ML");
        denied.denied = denied.node_keys.clone();
        let denied = MemberFragment(denied).to_toml();
        let faults = Roster::from_toml(&format!("version = 1\n{denied}")).unwrap_err();
        assert_eq!((faults.len(), &*faults[0].place), (1, "members.ML.node_keys"));
    }

    #[test]
    fn a_roster_of_more_logs_than_a_pull_can_name_is_refused() {
        // Several keys of one epoch, one after the other, sign one log.
        let codes = ["BJ", "CI", "ML", "NE", "SN"];
        let roster = |logs: usize| {
            let members = codes.into_iter().enumerate().map(|(number, code)| {
                let mut member = member(code);
                let key = member.log_keys.remove(0);
                let epochs = (number..logs).step_by(codes.len()).count();
                let epochs = (1..=epochs as u32).map(|epoch| LogKey { epoch, ..key.clone() });
                member.log_keys = epochs.chain([LogKey { from_size: 10, ..key.clone() }]).collect();
                member.log_keys[0].to_size = Some(10);
                member
            });
            Roster { version: 1, members: members.collect() }
        };
        let full = roster(LOGS_MAX);
        assert_eq!(full.epochs().len(), LOGS_MAX);
        assert_eq!(Roster::from_toml(&full.to_toml()).unwrap(), full);
        let faults = Roster::from_toml(&roster(LOGS_MAX + 1).to_toml()).unwrap_err();
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert!(fault.to_string().contains("1025 logs"), "{fault}");
        let mut double = full.members[0].clone();
        let key = double.log_keys[0].clone();
        double.log_keys.insert(0, LogKey { epoch: 9_999, ..key });
        assert!(full.merge(&[MemberFragment(double)]).is_err());
    }

    #[test]
    fn keys_are_valid_for_sizes() {
        let mut one = member("ML");
        one.log_keys[0].to_size = Some(10);
        let roster = Roster { version: 1, members: vec![one] };
        let origin = "ML".parse().unwrap();
        assert_eq!(roster.log_keys(origin, 1, 9).count(), 1);
        assert_eq!(roster.log_keys(origin, 1, 10).count(), 0);
        assert_eq!(roster.log_keys(origin, 2, 9).count(), 0);
    }
}
