//! The federation under test: made by `essaim federation new`, with a tap before every exchange
//! listener and before the hub listener of ML. ML runs as a process of its own, at the most
//! talkative log level; the others run in this one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use essaim::{
    base::{
        clock::{Clock, SystemClock},
        id::MemberCode,
    },
    config::Config,
    keys::{
        certificate::{self, Credentials, PairPaths},
        person::Role,
        roster::Roster,
    },
    node::{Node, Running},
    rpc::{client::connect_person, credentials::LiveCredentials, identity::LiveRoster},
};
use tonic::transport::Channel;

use super::tap::{Keyring, Record, Tap, TapParts};
use crate::stand::code;

/// The members: three national ones, the coordinator, the research centre.
pub const MEMBERS: [&str; 5] = ["BF", "BJ", "ML", "UEMOA", "CIRT"];
/// The node whose records are watched.
pub const WATCHED: &str = "ML";
/// Longest until the process of ML serves or has stopped.
const PROCESS_TIMEOUT: Duration = Duration::from_secs(120);
/// How much of the store is damaged, and how often.
const DAMAGE_BYTES: usize = 64;
const DAMAGE_EVERY_BYTES: usize = 16 * 1024;
/// Where the tables of sockets in `/proc` name a socket's inode.
const SOCKET_INODE_COLUMN: usize = 9;
/// Pause between two looks at something that is to happen.
pub const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// The running federation.
pub struct Federation {
    pub folder: tempfile::TempDir,
    pub record: Arc<Record>,
    keyring: Arc<Keyring>,
    taps: Taps,
    process: Process,
    /// Where ML itself listens, behind its taps.
    pub behind: Addresses,
    nodes: Vec<Running>,
}

/// Where the process of ML listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    pub hub: SocketAddr,
    pub exchange: SocketAddr,
    pub web: SocketAddr,
}

struct Taps {
    exchanges: BTreeMap<MemberCode, Tap>,
    hub: Tap,
}

impl Federation {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        issue_author(folder.path());
        let keyring = Arc::new(keyring(folder.path()));
        let record = Arc::new(Record::default());
        let taps = taps(folder.path(), &keyring, &record).await;
        let mut nodes = Vec::new();
        for member in MEMBERS.into_iter().filter(|member| *member != WATCHED) {
            let config = configure(folder.path(), member, "info");
            let config = Config::load(&config).unwrap();
            let running = Node::start(config, Arc::new(SystemClock)).await.unwrap();
            taps.exchanges[&code(member)].before(running.exchange);
            nodes.push(running);
        }
        let config = configure(folder.path(), WATCHED, "trace");
        let mut process = Process::spawn(&config, folder.path().join("ml.log"));
        let behind = process.addresses().await;
        taps.exchanges[&code(WATCHED)].before(behind.exchange);
        taps.hub.before(behind.hub);
        Self { folder, record, keyring, taps, process, behind, nodes }
    }

    /// A channel to a member's exchange through its tap; `caller` as in the keyring.
    pub async fn exchange(&self, member: &str, caller: &str) -> Channel {
        self.channel(&self.taps.exchanges[&code(member)], member, caller).await
    }

    /// A channel to the hub listener of ML through its tap.
    pub async fn hub(&self, caller: &str) -> Channel {
        self.channel(&self.taps.hub, WATCHED, caller).await
    }

    async fn channel(&self, tap: &Tap, member: &str, caller: &str) -> Channel {
        let node = self.credentials(&format!("node-{member}"));
        let pins = [node.pin().unwrap()].into();
        let credentials = self.credentials(caller);
        connect_person(&tap.address.to_string(), pins, &credentials).await.unwrap()
    }

    pub fn credentials(&self, name: &str) -> Arc<Credentials> {
        let found = self.keyring.values().find(|(known, _)| known == name);
        Arc::clone(&found.unwrap_or_else(|| panic!("{name} holds no key")).1)
    }

    /// Every internet socket of ML is a listener, a connection to one, or one to a tap: nothing
    /// leaves where nobody hears it. Only Linux tells.
    pub fn assert_no_way_around(&self) {
        if !cfg!(target_os = "linux") {
            eprintln!("skipped: the sockets of a process are listed on Linux only");
            return;
        }
        let Addresses { hub, exchange, web } = self.behind;
        let own = [hub, exchange, web].map(|address| address.port());
        let taps: Vec<u16> = self.taps.exchanges.values().map(|tap| tap.address.port()).collect();
        let sockets = self.process.sockets();
        assert!(sockets.len() > own.len(), "{sockets:?}");
        let heard = |(local, remote): &(u16, u16)| own.contains(local) || taps.contains(remote);
        assert!(sockets.iter().all(heard), "{sockets:?} beside {own:?} and {taps:?}");
    }

    /// What the process of ML has printed so far.
    pub fn printed(&self) -> Vec<u8> {
        self.process.printed()
    }

    /// Lets every node pull now.
    pub fn sync_now(&self) {
        self.nodes.iter().for_each(Running::sync_now);
    }

    /// Stops everything, ML first; before that, a second node tries to run on its store.
    pub async fn stop(self) -> Ended {
        let Self { folder, mut process, nodes, .. } = self;
        let config = config_file(folder.path(), WATCHED);
        let mut second = Process::spawn(&config, folder.path().join("second.log"));
        let status = second.ended().await;
        assert_eq!(status.code(), Some(2), "a store belongs to one process");
        let status = process.stop().await;
        assert!(status.success(), "{status}");
        for running in nodes.into_iter().rev() {
            running.shutdown().await;
        }
        Ended { folder, printed: process.printed(), locked: second.printed() }
    }
}

/// What is left of a federation.
pub struct Ended {
    folder: tempfile::TempDir,
    /// What ML printed in its life.
    pub printed: Vec<u8>,
    /// What the second node on its store printed.
    pub locked: Vec<u8>,
}

impl Ended {
    /// What `essaim log verify` prints about ML.
    pub fn verify_logs(&self) -> Vec<u8> {
        let node = self.folder.path().join("nodes").join(WATCHED);
        let verify = essaim().args(["log", "verify"]).arg(node).output().unwrap();
        assert!(verify.status.success(), "{verify:?}");
        [verify.stdout, verify.stderr].concat()
    }

    /// Damages the store of ML, starts it, and returns what it prints.
    pub async fn damage_and_start(&self) -> Vec<u8> {
        let store = self.folder.path().join("nodes").join(WATCHED).join("data/store/db");
        let mut bytes = fs::read(&store).unwrap();
        let half = bytes.len() / 2;
        for stretch in bytes[half..].chunks_mut(DAMAGE_EVERY_BYTES) {
            let end = stretch.len().min(DAMAGE_BYTES);
            stretch[..end].fill(0xa5);
        }
        fs::write(&store, bytes).unwrap();
        let config = config_file(self.folder.path(), WATCHED);
        let mut process = Process::spawn(&config, self.folder.path().join("damaged.log"));
        let status = process.ended().await;
        assert_eq!(status.code(), Some(2), "a damaged store is not served");
        process.printed()
    }
}

fn make(folder: &Path) {
    let made = essaim()
        .args(["federation", "new", "--nodes", "3", "--port", "20000"])
        .args(["--contributors-min", "3", "--dominance-percent", "15"])
        .arg(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// The program under test.
pub fn essaim() -> Command {
    Command::new(env!("CARGO_BIN_EXE_essaim"))
}

/// A national hub has no author by default; this one publishes the planted leak.
fn issue_author(folder: &Path) {
    let people = folder.join("nodes").join(WATCHED).join("people");
    let person = essaim::keys::person::Person {
        member: code(WATCHED),
        role: Role::Author,
        name: "author-1".into(),
    };
    let issued = with_pair(&people, "root", |root| {
        with_pair(&people, "author-1", |pair| {
            certificate::issue_person(root, &person, SystemClock.today(), 10, pair)
        })
    });
    issued.unwrap();
}

fn with_pair<T>(folder: &Path, name: &str, work: impl FnOnce(PairPaths<'_>) -> T) -> T {
    let path = |extension| folder.join(format!("{name}.{extension}"));
    work(PairPaths { certificate: &path("pem"), key: &path("key") })
}

/// Everybody's keys: `node-ML`, `ML-steward-1`, ….
fn keyring(folder: &Path) -> Keyring {
    let mut keyring = Keyring::new();
    let mut hold = |name: String, folder: &Path, pair: &str| {
        let credentials = with_pair(folder, pair, |pair| Credentials::load(pair).unwrap());
        keyring.insert(credentials.pin().unwrap(), (name, Arc::new(credentials)));
    };
    for member in MEMBERS {
        let node = folder.join("nodes").join(member);
        hold(format!("node-{member}"), &node.join("keys"), "node");
        let people = node.join("people");
        for entry in fs::read_dir(&people).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.extension().is_some_and(|extension| extension == "pem") && name != "root" {
                hold(format!("{member}-{name}"), &people, name);
            }
        }
    }
    keyring
}

/// Taps before everything, and a roster that sends all members through them.
async fn taps(folder: &Path, keyring: &Arc<Keyring>, record: &Arc<Record>) -> Taps {
    let file = folder.join("roster.toml");
    let mut roster = Roster::from_toml(&fs::read_to_string(&file).unwrap()).unwrap();
    let live = Arc::new(LiveRoster::new(roster.clone(), Vec::new()));
    let parts = |member: &str, listener: &str| TapParts {
        name: format!("{member} {listener}"),
        credentials: keyring
            .values()
            .find(|(name, _)| *name == format!("node-{member}"))
            .map(|(_, credentials)| live_credentials(credentials))
            .unwrap(),
        roster: Arc::clone(&live),
        keyring: Arc::clone(keyring),
        record: Arc::clone(record),
    };
    let mut exchanges = BTreeMap::new();
    for member in &mut roster.members {
        let tap = Tap::start(parts(member.code.as_str(), "exchange")).await;
        member.exchange_address = tap.address.to_string();
        exchanges.insert(member.code, tap);
    }
    fs::write(&file, roster.to_toml()).unwrap();
    Taps { exchanges, hub: Tap::start(parts(WATCHED, "hub")).await }
}

fn config_file(folder: &Path, member: &str) -> PathBuf {
    folder.join("nodes").join(member).join("essaim.toml")
}

/// Free ports, rounds of synchronization in quick succession, and the log level.
fn configure(folder: &Path, member: &str, filter: &str) -> PathBuf {
    let file = config_file(folder, member);
    let mut config: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
    let mut set = |section: &str, key: &str, value: toml::Value| {
        let section = config.entry(section).or_insert_with(|| toml::Table::new().into());
        section.as_table_mut().unwrap().insert(key.into(), value);
    };
    for listener in ["hub", "exchange", "web"] {
        set("listeners", listener, "127.0.0.1:0".into());
    }
    set("sync", "interval_seconds", 1.into());
    set("log", "filter", filter.into());
    set("log", "format", "json".into());
    fs::write(&file, config.to_string()).unwrap();
    file
}

/// `essaim serve`, killed when dropped.
struct Process {
    child: Child,
    output: PathBuf,
}

impl Process {
    fn spawn(config: &Path, output: PathBuf) -> Self {
        let file = File::create(&output).unwrap();
        let child = essaim()
            .arg("serve")
            .arg("--config")
            .arg(config)
            // Panics with their backtraces belong to what a node prints.
            .env("RUST_BACKTRACE", "full")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Self { child, output }
    }

    /// The addresses that the start tells.
    async fn addresses(&mut self) -> Addresses {
        let found = self.wait_for("tells where it listens", |process| {
            let text = String::from_utf8_lossy(&process.printed()).into_owned();
            let lines = text.lines().filter_map(|line| line.parse::<serde_json::Value>().ok());
            let told = lines.map(|line| line["fields"].clone());
            let told =
                told.into_iter().find(|fields| fields["message"] == "The node is running")?;
            let address = |name: &str| told[name].as_str().unwrap().parse().unwrap();
            Some(Addresses {
                hub: address("hub"),
                exchange: address("exchange"),
                web: address("web"),
            })
        });
        found.await
    }

    async fn stop(&mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.ended().await
    }

    async fn ended(&mut self) -> ExitStatus {
        self.wait_for("ends", |process| process.child.try_wait().unwrap()).await
    }

    /// Local and remote ports of its internet sockets, as Linux tells them.
    fn sockets(&self) -> Vec<(u16, u16)> {
        let id = self.child.id();
        let mut inodes = BTreeSet::new();
        for entry in fs::read_dir(format!("/proc/{id}/fd")).unwrap() {
            // It may be closed by now.
            let Ok(target) = fs::read_link(entry.unwrap().path()) else { continue };
            let target = target.to_string_lossy().into_owned();
            let inode = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            inodes.extend(inode.map(str::to_owned));
        }
        let mut sockets = Vec::new();
        for table in ["tcp", "tcp6", "udp", "udp6"] {
            let table = fs::read_to_string(format!("/proc/{id}/net/{table}")).unwrap_or_default();
            for line in table.lines().skip(1) {
                let columns: Vec<&str> = line.split_whitespace().collect();
                if inodes.contains(columns[SOCKET_INODE_COLUMN]) {
                    sockets.push((port(columns[1]), port(columns[2])));
                }
            }
        }
        sockets
    }

    fn printed(&self) -> Vec<u8> {
        fs::read(&self.output).unwrap()
    }

    async fn wait_for<T>(&mut self, what: &str, look: impl Fn(&mut Self) -> Option<T>) -> T {
        let looks = PROCESS_TIMEOUT.as_millis() / LOOK_PAUSE.as_millis();
        for _ in 0..looks {
            if let Some(found) = look(self) {
                return found;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        panic!("the process of {WATCHED} never {what}; see {}", self.output.display());
    }
}

/// The port of an address in a table of sockets.
fn port(address: &str) -> u16 {
    u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap()
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The same certificate and key, as a listener takes them.
fn live_credentials(credentials: &Credentials) -> Arc<LiveCredentials> {
    let Credentials { certificate, key } = credentials;
    let again = Credentials { certificate: certificate.clone(), key: key.clone_key() };
    Arc::new(LiveCredentials::new(again).unwrap())
}
