//! Two nodes made with the commands of the README, as their operators would: the hub of the test
//! country XK, and a coordinator that follows it and has never heard of its regions. They run in
//! this process, so that their day can be set; the commands run in their own.

use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use essaim::{
    base::{clock::ManualClock, id::MemberCode},
    config::{
        Config,
        profile::{Listener, Profile},
    },
    keys::{
        certificate::{Credentials, PairPaths},
        roster::Roster,
    },
    node::{Node, Running},
    rpc::client::connect_person,
};
use jiff::civil::Date;
use tonic::transport::Channel;

/// The hub's member.
pub const HUB: &str = "XK";
/// The coordinator's member.
pub const COORDINATOR: &str = "UEMOA";
/// Fewest enterprises a published cell of the hub may rest on.
pub const CONTRIBUTORS_MIN: i64 = 3;
/// The regions of the test country.
pub const REGIONS: &str = include_str!("../../fixtures/kenya.regions.csv");

/// Ports to try for one listener.
const PORTS_TRIED_MAX: usize = 100;

/// Member, role, name and listener of everybody who calls.
const PEOPLE: [(&str, &str, &str, Listener); 5] = [
    (HUB, "referent", "referent-1", Listener::Hub),
    (HUB, "steward", "steward-1", Listener::Hub),
    (HUB, "steward", "steward-2", Listener::Hub),
    (COORDINATOR, "analyst", "analyst-1", Listener::Exchange),
    (COORDINATOR, "operator", "operator-1", Listener::Exchange),
];

/// The nodes, running.
pub struct Nodes {
    pub clock: Arc<ManualClock>,
    hub: Running,
    pub coordinator: Running,
    folder: tempfile::TempDir,
}

impl Nodes {
    /// Makes and starts both, on `day`.
    pub async fn start(day: Date) -> Self {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        let clock = Arc::new(ManualClock::at_noon(day));
        let start = |member: &str| {
            let file = folder.path().join(member).join("essaim.toml");
            Node::start(Config::load(&file).unwrap(), clock.clone())
        };
        let coordinator = start(COORDINATOR).await.unwrap();
        let hub = start(HUB).await.unwrap();
        Self { clock, hub, coordinator, folder }
    }

    /// The profile of one of [`PEOPLE`].
    pub fn profile(&self, name: &str) -> PathBuf {
        profile_file(self.folder.path(), name)
    }

    /// A channel to the own node, as one of [`PEOPLE`].
    pub async fn channel(&self, name: &str) -> Channel {
        let profile = Profile::load(&self.profile(name)).unwrap();
        let roster = fs::read_to_string(&profile.roster_file).unwrap();
        let roster = Roster::from_toml(&roster).unwrap();
        let pins: BTreeSet<_> =
            roster.member(profile.member).unwrap().node_keys.iter().copied().collect();
        let pair = PairPaths { certificate: &profile.certificate_file, key: &profile.key_file };
        let credentials = Credentials::load(pair).unwrap();
        connect_person(&profile.address, pins, &credentials).await.unwrap()
    }

    /// Stops both and returns their folder.
    pub async fn stop(self) -> tempfile::TempDir {
        self.hub.shutdown().await;
        self.coordinator.shutdown().await;
        self.folder
    }
}

/// Runs the program with `words`, then `paths`, each after its option or after nothing, and waits
/// for it.
pub fn essaim(words: &str, paths: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_essaim"));
    command.args(words.split_whitespace());
    for (option, path) in paths {
        command.args(Some(option).filter(|option| !option.is_empty())).arg(path);
    }
    // Nodes of this process answer it meanwhile.
    tokio::task::block_in_place(|| command.output().unwrap())
}

/// Runs the program, which must succeed.
pub fn done(words: &str, paths: &[(&str, &Path)]) {
    let output = essaim(words, paths);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Everything the nodes need before they start.
fn make(folder: &Path) {
    let [hub, coordinator] = [HUB, COORDINATOR].map(|member| folder.join(member));
    let rules = format!("--contributors-min {CONTRIBUTORS_MIN} --dominance-percent 15");
    let of_hub = make_node(&hub, &format!("--member {HUB} --kind national {rules}"));
    let kind = format!("--member {COORDINATOR} --kind coordinator");
    let of_coordinator = make_node(&coordinator, &kind);
    name_regions(&hub);

    let roster = folder.join("roster.toml");
    let [first, second] = [&hub, &coordinator].map(|node| node.join("member.toml"));
    done("roster merge", &[("--roster", &roster), ("", &first), ("", &second)]);
    for node in [&hub, &coordinator] {
        fs::copy(&roster, node.join("roster.toml")).unwrap();
    }
    for (member, role, name, listener) in PEOPLE {
        let people = folder.join(member).join("people");
        let certificate_file = people.join(format!("{name}.pem"));
        let words = format!("certificate issue --member {member} --role {role} --name {name}");
        done(&words, &[("--root", &people), ("--out", &certificate_file)]);
        let [hub, exchange] = if member == HUB { of_hub } else { of_coordinator };
        let address = if listener == Listener::Hub { hub } else { exchange };
        let profile = Profile {
            member: member.parse::<MemberCode>().unwrap(),
            listener,
            address: address.to_string(),
            roster_file: "roster.toml".into(),
            key_file: people.join(format!("{name}.key")),
            certificate_file,
        };
        fs::write(profile_file(folder, name), profile.to_toml()).unwrap();
    }
}

fn profile_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.toml"))
}

/// Makes a node and returns the addresses of its hub and exchange listeners.
fn make_node(folder: &Path, kind: &str) -> [SocketAddr; 2] {
    let [hub, exchange] = [free_address(), free_address()];
    let listeners = format!("--hub {hub} --exchange {exchange} --web 127.0.0.1:0");
    done(&format!("init --name Test {kind} {listeners}"), &[("", folder)]);
    [hub, exchange]
}

/// Gives a node the regions of the test country: the commented field of its configuration comes
/// into force, as an operator would do it.
fn name_regions(folder: &Path) {
    let file = folder.join("essaim.toml");
    let fresh = fs::read_to_string(&file).unwrap();
    let named = fresh.replace("# regions_file = ", "regions_file = ");
    assert_ne!(fresh, named);
    fs::write(&file, named).unwrap();
    fs::write(folder.join("regions.csv"), REGIONS).unwrap();
}

/// A free address on loopback, from below the ports that systems hand out by themselves, so that
/// nobody who asks for any port gets it before the node is up.
fn free_address() -> SocketAddr {
    let mut tried = (0..PORTS_TRIED_MAX).map(|_| {
        let random = getrandom::u32().unwrap();
        SocketAddr::from((Ipv4Addr::LOCALHOST, 10_000 + (random % 20_000) as u16))
    });
    tried.find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}
