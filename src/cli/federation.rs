//! A federation on one machine: nodes, keys, certificates of every role, profiles and a roster.
//! For tests and rehearsals; the demo is one. A real federation never has its keys in one place.
//!
//! ```text
//! roster.toml
//! nodes/ML/          as `essaim init` makes it, with people/NAME.{pem,key}
//! profiles/ml-steward-1.toml …
//! ```

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::Context;
use jiff::civil::Date;

use crate::{
    base::{
        clock::{Clock, SystemClock},
        id::MemberCode,
    },
    cli::{
        Done,
        args::local::{FederationArgs, FederationCommand},
        folder::{self, NewNode},
        output,
        person::{self, NewPerson, NewProfile},
        roster, sample,
    },
    config::DisclosureSettings,
    keys::{
        person::{Person, Role},
        roster::{MemberKind, Roster},
    },
};

/// Days the people's certificates of a test federation are valid.
const PEOPLE_DAYS: u32 = 90;
/// The place of the web listener among a node's three.
const WEB: usize = 2;
/// Code of the regional coordinator.
pub(super) const COORDINATOR: &str = "UEMOA";
/// Code of the research centre.
pub(super) const RESEARCH: &str = "CIRT";
/// Name and role of the people of a national hub.
const NATIONAL_PEOPLE: &[(&str, Role)] = &[
    ("referent-1", Role::Referent),
    ("steward-1", Role::Steward),
    ("steward-2", Role::Steward),
    ("operator-1", Role::Operator),
];
/// The people of a coordinator.
const COORDINATOR_PEOPLE: &[(&str, Role)] =
    &[("analyst-1", Role::Analyst), ("operator-1", Role::Operator)];
/// The people of a research centre.
const RESEARCH_PEOPLE: &[(&str, Role)] =
    &[("author-1", Role::Author), ("operator-1", Role::Operator)];

/// What a federation is to be.
pub(super) struct NewFederation<'a> {
    /// Folder to make.
    pub(super) folder: &'a Path,
    /// Number of national nodes, Mali first among them.
    pub(super) nodes: usize,
    /// Three addresses for each node to listen on (hub, exchange, web), in member order.
    pub(super) listeners: Vec<[SocketAddr; 3]>,
    /// Whether nodes are reached by the names of the compose file instead.
    pub(super) hosts: bool,
    /// The rules every hub states.
    pub(super) disclosure: DisclosureSettings,
    /// Seconds between two rounds of synchronization.
    pub(super) sync_interval_seconds: u32,
}

/// One member of a test federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TestMember {
    /// Its code.
    pub(super) code: MemberCode,
    /// What it is.
    pub(super) kind: MemberKind,
    /// Its name.
    pub(super) name: String,
}

impl TestMember {
    fn people(&self) -> &'static [(&'static str, Role)] {
        match self.kind {
            MemberKind::National => NATIONAL_PEOPLE,
            MemberKind::Coordinator => COORDINATOR_PEOPLE,
            MemberKind::Research => RESEARCH_PEOPLE,
        }
    }
}

/// The members of a federation with `nodes` national ones: those, the coordinator, the centre.
pub(super) fn members(nodes: usize) -> Vec<TestMember> {
    // Mali is the pilot: it is there whatever the number.
    let mut codes: Vec<&str> = sample::MEMBERS.to_vec();
    codes.sort_by_key(|code| *code != "ML");
    codes.truncate(nodes);
    codes.sort_by_key(|code| sample::MEMBERS.iter().position(|known| known == code));
    let national = codes.into_iter().map(|code| {
        (code, MemberKind::National, format!("Hub d'information technologique, {code}"))
    });
    let others = [
        (COORDINATOR, MemberKind::Coordinator, "Coordination régionale".to_owned()),
        (RESEARCH, MemberKind::Research, "Centre de recherche technologique".to_owned()),
    ];
    let members = national.chain(others).filter_map(|(code, kind, name)| {
        // All codes of this file and of the sample are well formed; a test makes them all.
        Some(TestMember { code: code.parse().ok()?, kind, name })
    });
    members.collect()
}

/// The folder of a member's node.
pub(super) fn node_folder(folder: &Path, member: MemberCode) -> PathBuf {
    folder.join("nodes").join(member.as_str())
}

/// The profile of one of a member's people.
pub(super) fn profile_file(folder: &Path, member: MemberCode, name: &str) -> PathBuf {
    folder.join("profiles").join(format!("{}-{name}.toml", member.as_str().to_lowercase()))
}

/// `essaim federation new`.
pub(super) fn run(command: &FederationCommand) -> anyhow::Result<Done> {
    let FederationCommand::New(args) = command;
    let new = NewFederation {
        folder: &args.folder,
        nodes: args.nodes.into(),
        listeners: listeners(args)?,
        hosts: args.hosts,
        disclosure: DisclosureSettings::new(args.contributors_min, args.dominance_percent),
        sync_interval_seconds: 30,
    };
    let members = make(&new, SystemClock.today(), &mut |_| {})?;
    let shown = args.folder.display();
    for member in members {
        output::line(&format!("essaim serve --config {shown}/nodes/{}/essaim.toml", member.code))?;
    }
    Ok(Done::Yes)
}

/// Three ports in a row for each node; in containers, all nodes take the same ones.
fn listeners(args: &FederationArgs) -> anyhow::Result<Vec<[SocketAddr; 3]>> {
    let count = members(args.nodes.into()).len();
    let address = |index: usize, offset: usize| {
        let index = if args.hosts { 0 } else { index };
        let port = usize::from(args.port) + index * 3 + offset;
        // Health and metrics know no access control; a container asks its node from within.
        let open = args.hosts && offset != WEB;
        let host = if open { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        let port = u16::try_from(port).ok().filter(|port| *port > 0);
        port.map(|port| SocketAddr::from((host, port)))
    };
    let all =
        (0..count).map(|index| Some([address(index, 0)?, address(index, 1)?, address(index, 2)?]));
    all.collect::<Option<_>>().context("Ports end at 65535; choose a lower first one")
}

/// Makes everything; `told` hears of each member as it is made.
pub(super) fn make(
    new: &NewFederation<'_>,
    today: Date,
    told: &mut dyn FnMut(MemberCode),
) -> anyhow::Result<Vec<TestMember>> {
    folder::claim(new.folder)?;
    folder::make_private(&new.folder.join("profiles"))?;
    let members = members(new.nodes);
    let mut fragments = Vec::new();
    for (member, listeners) in members.iter().zip(&new.listeners) {
        let folder = node_folder(new.folder, member.code);
        let host = host(new, member.code);
        let reached = |listener: usize| match &host {
            Some(host) => format!("{host}:{}", listeners[listener].port()),
            None => listeners[listener].to_string(),
        };
        fragments.push(folder::make(
            &NewNode {
                folder: &folder,
                member: member.code,
                kind: member.kind,
                name: &member.name,
                address: reached(1),
                roster_file: "../../roster.toml",
                listeners: *listeners,
                disclosure: (member.kind == MemberKind::National).then(|| new.disclosure.clone()),
                sync_interval_seconds: new.sync_interval_seconds,
            },
            today,
        )?);
        for (name, role) in member.people() {
            let address = reached(usize::from(!role.is_staff()));
            let person = Person { member: member.code, role: *role, name: (*name).into() };
            make_person(new.folder, &person, address, today)?;
        }
        told(member.code);
    }
    let merged = Roster::default().merge(&fragments);
    let merged = merged.map_err(|faults| anyhow::anyhow!("The new roster: {}", faults[0]))?;
    roster::save(&new.folder.join("roster.toml"), &merged.roster)?;
    Ok(members)
}

fn host(new: &NewFederation<'_>, member: MemberCode) -> Option<String> {
    new.hosts.then(|| format!("essaim-{}", member.as_str().to_lowercase()))
}

/// Issues a certificate to one of a member's people and writes the profile that uses it.
fn make_person(folder: &Path, person: &Person, address: String, today: Date) -> anyhow::Result<()> {
    let member = person.member;
    let people = node_folder(folder, member).join("people");
    let new = NewPerson {
        person,
        root_folder: &people,
        folder: &people,
        file_name: &person.name,
        days: PEOPLE_DAYS,
        profile: Some(NewProfile {
            file: profile_file(folder, member, &person.name),
            address,
            // Relative to the profile, so that the folder can be moved or mounted elsewhere.
            roster_file: "../roster.toml".into(),
            folder: PathBuf::from("../nodes").join(member.as_str()).join("people"),
        }),
    };
    person::make(&new, today)?;
    Ok(())
}
