//! Every command as a person runs it: the real program against real nodes, which are processes of
//! the same program in a federation that `essaim federation new` made.

use std::{
    cell::Cell,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;

mod founding;
mod quarantine;
mod records;
mod releases;
mod rosters;
mod running;

/// Longest wait for anything a test waits for; only a failing test waits as long.
const WAIT_MAX: Duration = Duration::from_secs(90);
/// Ports of one federation: three for each of the hub, the coordinator and the centre.
const PORTS: u16 = 9;
/// Where the search for free ports begins, and how far it goes: below the ports that the system
/// gives to outgoing connections.
const PORTS_RANGE: (u32, u32) = (12_000, 32_000);

/// The program.
pub fn essaim() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_essaim"));
    command.env_remove("ESSAIM_PROFILE").env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// Its output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// One text field of its JSON.
    pub fn text(&self, field: &str) -> String {
        let json = self.json();
        json[field].as_str().unwrap_or_else(|| panic!("no {field} in {json}")).to_owned()
    }

    /// That it did what was asked.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// That it ended with `code` and an explanation that contains `words`.
    #[track_caller]
    pub fn ended(self, code: i32, words: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(words), "{words:?} is not in {self:?}");
        self
    }
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Answer {
    let output = essaim().args(arguments).output().unwrap();
    Answer {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits until `look` finds something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    #[allow(clippy::disallowed_methods, reason = "a deadline of the test itself")]
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < WAIT_MAX, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The first of as many free ports in a row.
pub fn free_ports(count: u16) -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (first, end) = PORTS_RANGE;
    let own = std::process::id().wrapping_mul(97);
    wait_for("free ports", || {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(u32::from(count) + 3);
        let port = first + own.wrapping_add(turn) % (end - first - u32::from(count));
        let port = u16::try_from(port).unwrap();
        let bound: Result<Vec<_>, _> =
            (port..port + count).map(|port| TcpListener::bind(("127.0.0.1", port))).collect();
        bound.ok().map(|_| port)
    })
}

/// A node's process.
pub struct Process {
    child: Child,
    log: PathBuf,
    /// How far the log has been read by [`Process::hear`].
    heard: Cell<usize>,
}

impl Process {
    /// Serves with `config`, and waits until the node says that it runs.
    pub fn serve(config: &Path) -> Self {
        let log = config.with_extension("log");
        let mut command = essaim();
        command.arg("serve").arg("--config").arg(config);
        let child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut process = Self { child, log, heard: Cell::new(0) };
        wait_for("a node to run", || {
            let ended = process.child.try_wait().unwrap();
            assert!(ended.is_none(), "the node ended: {}", process.log());
            process.log().contains("The node is running").then_some(())
        });
        process
    }

    /// What the node has told so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until the node tells `words`, after what was heard before.
    pub fn hear(&self, words: &str) {
        wait_for(words, || {
            let log = self.log();
            let found = log[self.heard.get()..].find(words)?;
            self.heard.set(self.heard.get() + found + words.len());
            Some(())
        });
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let (signal, pid) = (format!("-{name}"), self.child.id().to_string());
        assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        self.signal("TERM");
        let status = wait_for("a node to stop", || self.child.try_wait().unwrap());
        (status, self.log())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A federation of one hub (ML), the coordinator (UEMOA) and the centre (CIRT).
pub struct Federation {
    folder: tempfile::TempDir,
}

impl Federation {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Self { folder };
        let port = free_ports(PORTS).to_string();
        let root = made.path("").display().to_string();
        run(&[
            &["federation", "new", &root, "--nodes", "1", "--port", &port],
            &["--contributors-min", "3", "--dominance-percent", "15"][..],
        ]
        .concat())
        .done();
        for member in ["ML", "UEMOA", "CIRT"] {
            let config = made.config(member);
            let text = fs::read_to_string(&config).unwrap();
            // So that what a node publishes is soon with the others.
            let hurried = text.replace("interval_seconds = 30\n", "interval_seconds = 1\n");
            assert_ne!(text, hurried);
            fs::write(&config, hurried).unwrap();
        }
        made
    }

    pub fn path(&self, within: &str) -> PathBuf {
        self.folder.path().join("federation").join(within)
    }

    pub fn config(&self, member: &str) -> PathBuf {
        self.path(&format!("nodes/{member}/essaim.toml"))
    }

    pub fn serve(&self, member: &str) -> Process {
        Process::serve(&self.config(member))
    }

    pub fn profile(&self, person: &str) -> String {
        self.path(&format!("profiles/{person}.toml")).display().to_string()
    }

    /// Runs a command as `person` and has it answer in JSON.
    pub fn run(&self, person: &str, arguments: &[&str]) -> Answer {
        let profile = self.profile(person);
        run(&[arguments, &["--profile", &profile, "--format", "json"]].concat())
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let file = self.path(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    }
}
