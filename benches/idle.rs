//! A node with a million enterprises at rest: how soon it serves, and what memory it takes.
//!
//! `essaim init` makes the folder, the ordinary importer fills its store with enterprises and their
//! consents, and then the real binary serves it. *Start* is the time from the process being made to
//! the first `200 OK` of `/healthz`, which is answered when all listeners serve. *Memory* is what is
//! resident some time after that, without any call. Both are compared with a process that opens the
//! same folder with bare sled and the same settings, and rests as long. Starts alternate.
//!
//! The store has been written just before, so that the system has it in its page cache. With
//! `ESSAIM_BENCH_COLD=1` and root's rights the caches of the whole machine are dropped before each
//! start. `ESSAIM_BENCH_FOLDER` names a folder to keep the filled node in: the next run only uses it.

mod common;
#[path = "common/rows.rs"]
mod rows;

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    thread::sleep,
    time::Duration,
};

use common::{
    Figure, argument, conclude, median, memory_kib, path_from, run_child, setting, spread,
};
use essaim::{
    base::clock::ManualClock,
    codes::embedded::Codes,
    intake::{import::Importer, mapping::Mapping},
    records::repository::Repository,
    store::{
        SharedStore,
        sled::{SledOptions, SledStore},
    },
};
use jiff::civil::date;

const PROGRAM: &str = env!("CARGO_BIN_EXE_essaim");
/// Enterprises in the store, unless `ESSAIM_BENCH_ROWS` says otherwise.
const ROWS: u64 = 1_000_000;
/// Time at rest, unless `ESSAIM_BENCH_REST_SECONDS` says otherwise.
const REST_SECONDS: u64 = 60;
/// Starts, unless `ESSAIM_BENCH_ROUNDS` says otherwise.
const ROUNDS: u64 = 5;
/// Most resident memory at rest.
const MEMORY_MIB_MAX: f64 = 60.0;
/// Longest start.
const START_SECONDS_MAX: f64 = 2.0;
/// How often the node is asked whether it serves, and how long.
const ASK_EVERY: Duration = Duration::from_millis(1);
const ASK_MAX: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    if let Some((role, arguments)) = common::child_role() {
        assert_eq!(role, "bare");
        rest_bare(&path_from(&arguments[0]));
        return ExitCode::SUCCESS;
    }
    if !common::is_wanted() {
        return ExitCode::SUCCESS;
    }
    let temporary = common::disk_folder();
    let kept = std::env::var_os("ESSAIM_BENCH_FOLDER").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| temporary.path().join("node"));
    if !folder.join("essaim.toml").exists() {
        make(&folder, setting("ESSAIM_BENCH_ROWS", ROWS));
    }
    let cold = setting("ESSAIM_BENCH_COLD", 0) == 1;
    let rounds = setting("ESSAIM_BENCH_ROUNDS", ROUNDS);
    let rest = Duration::from_secs(setting("ESSAIM_BENCH_REST_SECONDS", REST_SECONDS));
    let store = argument(&store_folder(&folder));
    let (mut starts, mut bare_starts, mut resident, mut bare_resident) =
        (Vec::new(), Vec::new(), 0.0, 0.0);
    for round in 0..rounds {
        // Only in the last round does it rest.
        let rest = if round + 1 == rounds { rest } else { Duration::ZERO };
        drop_caches(cold);
        let bare = run_child("bare", &[&store, &rest.as_millis().to_string()]);
        let (start, kib) = bare.split_once(' ').expect("seconds and KiB");
        bare_starts.push(start.parse().expect("seconds"));
        bare_resident = kib.parse::<f64>().expect("KiB") / 1024.0;
        drop_caches(cold);
        let (node, start) = Node::start(&folder);
        starts.push(start.as_secs_f64());
        sleep(rest);
        resident = memory_kib(&node.0.id().to_string(), "VmRSS") as f64 / 1024.0;
        node.stop();
    }
    let figures = compare(&starts, &bare_starts, [resident, bare_resident], rest);
    let cache = if cold { "cold" } else { "warm" };
    conclude(&format!("A node at rest, page cache {cache}: {}", folder_in_words(&folder)), figures)
}

fn compare(
    starts: &[f64],
    bare_starts: &[f64],
    [resident, bare_resident]: [f64; 2],
    rest: Duration,
) -> Vec<Figure> {
    let ratios: Vec<f64> = starts.iter().zip(bare_starts).map(|(ours, bare)| ours / bare).collect();
    let seconds = rest.as_secs();
    let start_met = median(starts.to_vec()) < START_SECONDS_MAX;
    let memory_met = resident <= MEMORY_MIB_MAX;
    vec![
        Figure::told("bare sled opens the same store, s", spread(bare_starts, 3)),
        Figure::told("start ÷ bare sled", spread(&ratios, 2)),
        Figure::told(
            &format!("bare sled {seconds} s later, resident MiB"),
            format!("{bare_resident:.1}"),
        ),
        Figure::told("resident ÷ bare sled", format!("{:.2}", resident / bare_resident)),
        Figure::required("start until it serves, s", spread(starts, 3), "under 2", start_met),
        Figure::required(
            &format!("the node {seconds} s later, resident MiB"),
            format!("{resident:.1}"),
            "at most 60",
            memory_met,
        ),
    ]
}

fn store_folder(folder: &Path) -> PathBuf {
    folder.join("data/store")
}

fn folder_in_words(folder: &Path) -> String {
    let rows = fs::read_to_string(folder.join("rows")).unwrap_or_default();
    let bytes = fs::metadata(store_folder(folder).join("db")).map_or(0, |file| file.len());
    format!("{rows} enterprises and their consents, {} MiB on disk", bytes / (1024 * 1024))
}

/// Makes a node's folder and fills its store.
fn make(folder: &Path, rows_count: u64) {
    let exchange = free_address().to_string();
    let hub = free_address().to_string();
    let web = free_address().to_string();
    let init = Command::new(PROGRAM)
        .args(["init", &argument(folder), "--member", "ML", "--kind", "national"])
        .args(["--name", "HUB IIT Mali", "--hub", &hub, "--exchange", &exchange, "--web", &web])
        .args(["--contributors-min", "3", "--dominance-percent", "15"])
        .stderr(Stdio::null())
        .output()
        .expect("the binary runs");
    assert!(init.status.success(), "`essaim init` failed");
    let fragment = String::from_utf8(init.stdout).expect("the fragment is text");
    fs::write(folder.join("roster.toml"), format!("version = 1\n\n{fragment}")).expect("a file");

    let file = folder.join("rows.csv");
    rows::write(&file, rows_count);
    let options = SledOptions::in_folder(store_folder(folder));
    let store: SharedStore = Arc::new(SledStore::open(&options).expect("the new store"));
    let codes = Arc::new(Codes::embedded());
    let clock = Arc::new(ManualClock::at_noon(date(2027, 1, 31)));
    let area = "ML".parse().expect("a code");
    let repository = Repository::new(Arc::clone(&store), clock, Arc::clone(&codes), area);
    let mapping = Mapping::from_toml(rows::MAPPING).expect("a sound mapping");
    let actor = "essaim://ML/steward/bench";
    let importer = Importer::new(&repository, &store, &codes, &mapping, actor).expect("sound");
    let (spent, report) = common::timed(|| {
        let opened = File::open(&file).expect("the file of rows");
        importer.run(opened, false, &mut |_| {}).expect("an import")
    });
    assert_eq!(report.created, rows_count, "all rows are good");
    eprintln!("{rows_count} enterprises were imported in {:.0} s", spent.as_secs_f64());
    fs::write(folder.join("rows"), rows_count.to_string()).expect("a file");
    fs::remove_file(file).expect("the file of rows");
}

fn free_address() -> SocketAddr {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.local_addr().expect("an address")
}

/// The address of the web listener, from the configuration.
fn web_address(folder: &Path) -> SocketAddr {
    let text = fs::read_to_string(folder.join("essaim.toml")).expect("the configuration");
    let line = text.lines().find_map(|line| line.strip_prefix("web = "));
    line.and_then(|address| address.trim_matches('"').parse().ok()).expect("a web listener")
}

/// A running node; killed if the bench fails.
struct Node(Child);

impl Node {
    /// Starts it, and waits until it serves.
    fn start(folder: &Path) -> (Self, Duration) {
        let web = web_address(folder);
        let start = common::now();
        let child = Command::new(PROGRAM)
            .args(["serve", "--config", &argument(&folder.join("essaim.toml"))])
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut node = Self(child);
        while !is_serving(web) {
            let ended = node.0.try_wait().expect("a child").is_some();
            assert!(!ended && start.elapsed() < ASK_MAX, "the node does not serve");
            sleep(ASK_EVERY);
        }
        (node, start.elapsed())
    }

    /// Stops it as systemd does.
    fn stop(mut self) {
        let process = self.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &process]).status().expect("`kill` runs");
        assert!(sent.success() && self.0.wait().expect("a child").success(), "the node stops");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether `/healthz` answers that the node is up.
fn is_serving(web: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(web)?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

/// Opens a store with bare sled, rests, and prints how long opening took and what is resident.
fn rest_bare(folder: &Path) {
    let rest = std::env::args().nth(2).and_then(|text| text.parse().ok()).expect("milliseconds");
    let config = sled::Config::new()
        .path(folder)
        .cache_capacity(SledOptions::CACHE_BYTES_DEFAULT)
        .flush_every_ms(Some(500));
    let (spent, db) = common::timed(|| config.open().expect("a store"));
    sleep(Duration::from_millis(rest));
    println!("{} {}", spent.as_secs_f64(), memory_kib("self", "VmRSS"));
    drop(db);
}

/// Drops the system's page cache, if that is wanted.
fn drop_caches(wanted: bool) {
    if wanted {
        fs::write("/proc/sys/vm/drop_caches", "1").expect("only root may drop the caches");
    }
}
