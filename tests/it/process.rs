//! Nodes as real processes: the folder of a lone national node (ML), made by the commands people
//! use, and `essaim serve` on it, which can be killed.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use essaim::{
    keys::certificate::{Credentials, PairPaths},
    rpc::client::connect_person,
};
use tonic::transport::Channel;

/// Longest wait until a node says that it runs or ends, far beyond what it takes.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Said once all listeners are open, with their addresses.
const RUNNING: &str = "The node is running";

/// Runs `essaim` with these arguments.
pub fn essaim<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_essaim"));
    command.args(arguments).env_remove("RUST_BACKTRACE").output().unwrap()
}

/// Runs `essaim` with arguments separated by spaces; it must succeed. Returns what it printed.
pub fn essaim_must(arguments: &str) -> String {
    let output = essaim(arguments.split(' '));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "essaim {arguments}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The folder of a lone national node, with certificates of its people.
pub struct NodeFolder {
    folder: tempfile::TempDir,
}

impl NodeFolder {
    /// Makes it.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("essaim-it-").tempdir().unwrap();
        let node = folder.path().join("node").display().to_string();
        essaim_must(&format!(
            "init {node} --member ML --kind national --name Mali --address 127.0.0.1:1 \
             --hub 127.0.0.1:0 --exchange 127.0.0.1:0 --web 127.0.0.1:0 \
             --contributors-min 3 --dominance-percent 15"
        ));
        essaim_must(&format!("roster merge --roster {node}/roster.toml {node}/member.toml"));
        for role in ["steward", "author"] {
            essaim_must(&format!(
                "certificate issue --root {node}/people --member ML --role {role} --name desk \
                 --out {node}/people/{role}.pem"
            ));
        }
        Self { folder }
    }

    /// The node's folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("node")
    }

    /// Its logs.
    pub fn logs(&self) -> PathBuf {
        self.path().join("data/logs")
    }

    fn credentials(&self, pair: &str) -> Credentials {
        let (certificate, key) =
            (self.path().join(format!("{pair}.pem")), self.path().join(format!("{pair}.key")));
        Credentials::load(PairPaths { certificate: &certificate, key: &key }).unwrap()
    }

    /// A channel to `address` as the person with this role.
    pub async fn connect(&self, address: &str, role: &str) -> Channel {
        let pins = BTreeSet::from([self.credentials("keys/node").pin().unwrap()]);
        let person = self.credentials(&format!("people/{role}"));
        connect_person(address, pins, &person).await.unwrap()
    }

    /// Starts the node; an error if it ends before it runs.
    pub fn serve(&self) -> Result<NodeProcess, Ended> {
        NodeProcess::start(&self.path().join("essaim.toml"))
    }
}

/// A node that ended instead of running.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// What it wrote to standard error.
    pub text: String,
}

/// A running node. Killed when dropped.
pub struct NodeProcess {
    child: Child,
    /// Address of the hub listener.
    pub hub: String,
    /// Address of the exchange listener.
    pub exchange: String,
    told: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl NodeProcess {
    fn start(config: &Path) -> Result<Self, Ended> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_essaim"))
            .arg("serve")
            .arg("--config")
            .arg(config)
            .env_remove("RUST_BACKTRACE")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = Arc::new(Mutex::new(String::new()));
        let (running, is_running) = mpsc::channel();
        let heard = Arc::clone(&told);
        let listener = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.contains(RUNNING) {
                    // Nobody listens any more if the test has given up.
                    let _ = running.send(line.clone());
                }
                heard.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let mut node = Self {
            child,
            hub: String::new(),
            exchange: String::new(),
            told,
            listener: Some(listener),
        };
        match is_running.recv_timeout(PATIENCE) {
            Ok(line) => {
                node.hub = address(&line, "hub=");
                node.exchange = address(&line, "exchange=");
                Ok(node)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let status = node.child.wait().unwrap();
                Err(Ended { status, text: node.told() })
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("the node neither runs nor ends: {}", node.told())
            }
        }
    }

    /// What it has written to standard error so far.
    pub fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// Kills it with SIGKILL, and returns all it wrote.
    pub fn kill(mut self) -> String {
        self.end();
        self.told()
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        if let Some(listener) = self.listener.take() {
            listener.join().unwrap();
        }
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.end();
    }
}

fn address(line: &str, field: &str) -> String {
    let (_, rest) = line.split_once(field).unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}
