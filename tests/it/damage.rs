//! Damaged files of a node: what is published and what is recorded is either whole, or somebody is
//! told what is wrong, where, and what to do. Nothing is dropped in silence, and nobody is shown a
//! panic.
//!
//! `ESSAIM_TEST_SEED` and `ESSAIM_TEST_DAMAGES` set the seed and how many places of each kind of
//! file are damaged; the seed is printed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use essaim::wire::generated::{
    exchange::{
        ListNotesRequest, Note, PublishNoteRequest, library_service_client::LibraryServiceClient,
    },
    hub::{
        CreateEnterpriseRequest, Enterprise, EnterpriseIdentity, ListEnterprisesRequest, SizeRule,
        enterprise_service_client::EnterpriseServiceClient,
    },
};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tonic::Status;

use crate::process::{NodeFolder, NodeProcess, essaim, essaim_must};

const DAMAGES_DEFAULT: u64 = 10;
const PAGE_BYTES: usize = 4_096;

/// The files of a folder and all below it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// Makes the files of `folder` what they were.
fn put_back(folder: &Path, then: &BTreeMap<PathBuf, Vec<u8>>) {
    let now = files(folder);
    now.keys().filter(|path| !then.contains_key(*path)).for_each(|it| fs::remove_file(it).unwrap());
    for (path, bytes) in then.iter().filter(|(path, bytes)| now.get(*path) != Some(bytes)) {
        fs::write(path, bytes).unwrap();
    }
}

/// Runs `essaim log verify` or `store verify`: the exit code and all it printed.
fn verify(what: &str, folder: &Path) -> (i32, String) {
    let output = essaim([what.as_ref(), "verify".as_ref(), folder.as_os_str()]);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code().unwrap(), text)
}

/// Where `needle` stands in `bytes`.
fn places(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(needle.len()).enumerate();
    windows.filter(|(_, window)| *window == needle).map(|(at, _)| at).collect()
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 0x01;
    bytes
}

/// A folder that `essaim demo` has left, and its files.
struct Demo {
    folder: tempfile::TempDir,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Demo {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("essaim-it-").tempdir().unwrap();
        let path = folder.path().join("federation");
        essaim_must(&format!("demo --once --nodes 2 --dir {}", path.display()));
        let (code, text) = verify("log", &path);
        assert_eq!(code, 0, "{text}");
        Self { files: files(&path), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("federation")
    }

    fn node(&self, member: &str) -> PathBuf {
        self.path().join("nodes").join(member)
    }

    /// Verifies with `file` changed, which must fail, and puts it back.
    fn with(&self, file: &Path, bytes: Option<Vec<u8>>) -> String {
        let (code, text) = self.verify_with(file, bytes);
        assert_ne!(code, 0, "{}: {text}", file.display());
        text
    }

    fn verify_with(&self, file: &Path, bytes: Option<Vec<u8>>) -> (i32, String) {
        match bytes {
            Some(bytes) => fs::write(file, bytes).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        let before = files(&self.path());
        let (code, text) = verify("log", &self.path());
        let after = files(&self.path());
        let all = before.keys().chain(after.keys());
        let changed: Vec<_> = all.filter(|path| before.get(*path) != after.get(*path)).collect();
        assert!(changed.is_empty(), "verifying changed {changed:?}: {text}");
        put_back(&self.path(), &self.files);
        (code, text)
    }
}

#[test]
fn log_verify_names_the_entry_of_which_one_byte_was_flipped_and_is_content_once_it_is_back() {
    let demo = Demo::new();
    let store = demo.node("CIRT").join("data/store/db");
    let whole = demo.files[&store].clone();
    // A sentence of the centre's first note, as it stands in the body of its entry.
    let body = "tamis".as_bytes();
    let found = places(&whole, body);
    assert!(!found.is_empty());
    let mut named = 0;
    for at in found {
        // The store may still have a copy of the body that it no longer uses; nothing is lost then.
        let (code, text) = demo.verify_with(&store, Some(flipped(&whole, at)));
        assert_eq!(code != 0, text.contains("DIFFERENCE CIRT: "), "{text}");
        named += u32::from(text.contains("DIFFERENCE CIRT: CIRT/1/"));
    }
    assert!(named > 0, "no entry was named");

    let headers = demo.node("UEMOA").join("data/logs/ML-1/headers");
    let whole = demo.files[&headers].clone();
    for (entry, at) in [(0, 5), (2, 2 * 128 + 64), (3, 4 * 128 - 1)] {
        let text = demo.with(&headers, Some(flipped(&whole, at)));
        assert!(text.contains(&format!("DIFFERENCE UEMOA: ML/1/{entry}: ")), "{text}");
    }
    let cut = demo.with(&headers, Some(whole[..3 * 128 + 7].to_vec()));
    assert!(cut.contains("DIFFERENCE UEMOA: ML/1/3: the header is missing"), "{cut}");

    let checkpoints = demo.node("ML").join("data/logs/CIRT-1/checkpoints");
    let whole = demo.files[&checkpoints].clone();
    for at in [20, whole.len() / 2, whole.len() - 10] {
        let text = demo.with(&checkpoints, Some(flipped(&whole, at)));
        assert!(text.contains("DIFFERENCE ML: CIRT/1: "), "{text}");
    }
    let cut = demo.with(&checkpoints, Some(whole[..100].to_vec()));
    assert!(cut.contains("DIFFERENCE ML: CIRT/1: "), "{cut}");
    let lost = demo.with(&checkpoints, None);
    assert!(lost.contains("DIFFERENCE ML: CIRT/1: its file `checkpoints` is missing"), "{lost}");
    assert!(says_what_to_do(&cut) && says_what_to_do(&lost), "{cut}");

    let missing = demo.with(&store, None);
    assert!(missing.contains("There is no store in"), "{missing}");
    let empty = demo.with(&store, Some(Vec::new()));
    assert!(empty.contains("store"), "{empty}");

    let (code, text) = verify("log", &demo.path());
    assert_eq!(code, 0, "{text}");
}

/// A stopped node with records and notes, part of them older than its last start.
struct Stopped {
    folder: NodeFolder,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The log's file `checkpoints` as it was after the first of three notes.
    checkpoints_before: Vec<u8>,
    enterprises: Vec<Enterprise>,
    notes: Vec<Note>,
}

/// What somebody who asks a node gets.
type Asked = Result<(Vec<Enterprise>, Vec<Note>), Status>;

async fn ask(folder: &NodeFolder, node: &NodeProcess) -> Asked {
    let (page_size, mut page_token, mut enterprises) = (500, String::new(), Vec::new());
    let mut hub = EnterpriseServiceClient::new(folder.connect(&node.hub, "steward").await);
    loop {
        let asked = ListEnterprisesRequest { page_size, page_token };
        let page = hub.list_enterprises(asked).await?.into_inner();
        enterprises.extend(page.enterprises);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut library = LibraryServiceClient::new(folder.connect(&node.exchange, "author").await);
    let notes = library.list_notes(ListNotesRequest::default()).await?.into_inner().notes;
    Ok((enterprises, notes))
}

impl Stopped {
    async fn new() -> Self {
        let folder = NodeFolder::new();
        let mut checkpoints = Vec::new();
        for start in 0..2 {
            let node = folder.serve().unwrap_or_else(|ended| panic!("{}", ended.text));
            write(&folder, &node, start * 150..(start + 1) * 150).await;
            node.kill();
            checkpoints.push(fs::read(own_checkpoints(&folder)).unwrap());
        }
        let node = folder.serve().unwrap_or_else(|ended| panic!("{}", ended.text));
        // Beyond sled's last snapshot.
        write(&folder, &node, 300..360).await;
        let (enterprises, notes) = ask(&folder, &node).await.unwrap();
        assert_eq!((enterprises.len(), notes.len()), (360, 3));
        node.kill();
        let files = files(&folder.path());
        let checkpoints_before = checkpoints.swap_remove(0);
        Self { folder, files, checkpoints_before, enterprises, notes }
    }

    /// Starts the node with `file` damaged, or gone, and tells how that comes to light.
    async fn with(&self, file: &Path, bytes: Option<Vec<u8>>) -> Noticed {
        match bytes {
            Some(bytes) => fs::write(file, bytes).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        let noticed = match self.folder.serve() {
            Err(ended) => {
                assert!(!ended.status.success());
                assert!(!ended.text.contains("panicked"), "{}", ended.text);
                let place = ["data/store", "data/logs"].iter().any(|it| ended.text.contains(it));
                assert!(place && says_what_to_do(&ended.text), "{}", ended.text);
                Noticed::AtStart
            }
            Ok(node) => {
                let asked = ask(&self.folder, &node).await;
                let text = node.kill();
                assert!(!text.contains("panicked"), "{text}");
                self.weigh(asked, &text)
            }
        };
        put_back(&self.folder.path(), &self.files);
        noticed
    }

    fn weigh(&self, asked: Asked, told: &str) -> Noticed {
        match asked {
            Err(status) => {
                assert!(says_what_to_do(told), "{status:?}: {told}");
                Noticed::AtReading
            }
            Ok((enterprises, notes)) => {
                if (&enterprises, &notes) == (&self.enterprises, &self.notes) {
                    let warned = told.contains("is damaged");
                    return if warned { Noticed::AtStart } else { Noticed::NothingLost };
                }
                let (code, text) = verify("store", &self.folder.path());
                assert_eq!(code, 1, "records were lost in silence: {text}");
                assert!(says_what_to_do(&text), "{text}");
                Noticed::ByVerifying
            }
        }
    }
}

/// How damage comes to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Noticed {
    AtStart,
    AtReading,
    ByVerifying,
    NothingLost,
}

fn own_checkpoints(folder: &NodeFolder) -> PathBuf {
    let logs = fs::read_dir(folder.path().join("data/logs")).unwrap();
    let own =
        logs.map(|entry| entry.unwrap().path().join("checkpoints")).find(|file| file.exists());
    own.expect("the node's own log")
}

fn says_what_to_do(text: &str) -> bool {
    let remedies = ["estore the newest copy", "essaim store verify", "essaim log verify", "snap.*"];
    remedies.iter().any(|remedy| text.contains(remedy))
}

/// Makes enterprises with these numbers and one note.
async fn write(folder: &NodeFolder, node: &NodeProcess, numbers: std::ops::Range<u32>) {
    let mut hub = EnterpriseServiceClient::new(folder.connect(&node.hub, "steward").await);
    let first = numbers.start;
    for number in numbers {
        let enterprise = Enterprise {
            region: "ML-3".into(),
            filiere: "LAIT".into(),
            citi_group: "105".into(),
            size: "MIC".into(),
            size_rule: SizeRule::Headcount.into(),
            headcount: Some(number % 9 + 1),
            sex: "F".into(),
            status: "INFORMAL".into(),
            registered_on: "2026-03-05".into(),
            identity: Some(EnterpriseIdentity {
                name: format!("Laiterie {number}"),
                remarks: "Lait caillé. ".repeat(60),
                ..Default::default()
            }),
            ..Default::default()
        };
        let (enterprise, request_id) = (Some(enterprise), String::new());
        hub.create_enterprise(CreateEnterpriseRequest { enterprise, request_id }).await.unwrap();
    }
    let mut library = LibraryServiceClient::new(folder.connect(&node.exchange, "author").await);
    let note = Note {
        language: "fr".into(),
        title: format!("Note {first}"),
        summary: "Sécher sans brunir.".into(),
        text: "Couper, blanchir, sécher.".into(),
        rights: "CC-BY-4.0".into(),
        ..Default::default()
    };
    let publish = PublishNoteRequest { note: Some(note), ..Default::default() };
    library.publish_note(publish).await.unwrap();
}

/// A byte flipped, a page zeroed, or the file cut short, at a place drawn from the dice.
fn damage(bytes: &[u8], dice: &mut ChaCha8Rng) -> (String, Vec<u8>) {
    let at = (dice.next_u64() % bytes.len() as u64) as usize;
    match dice.next_u32() % 3 {
        0 => (format!("byte {at} flipped"), flipped(bytes, at)),
        1 => {
            let mut zeroed = bytes.to_vec();
            let start = at / PAGE_BYTES * PAGE_BYTES;
            let end = bytes.len().min(start + PAGE_BYTES);
            zeroed[start..end].fill(0);
            (format!("page at {start} zeroed"), zeroed)
        }
        _ => (format!("cut to {at} bytes"), bytes[..at].to_vec()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_store_or_log_is_reported_with_what_to_do_and_nothing_is_dropped_in_silence() {
    let setting = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = setting("ESSAIM_TEST_SEED").unwrap_or(1);
    let damages = setting("ESSAIM_TEST_DAMAGES").unwrap_or(DAMAGES_DEFAULT);
    println!("ESSAIM_TEST_SEED={seed} ESSAIM_TEST_DAMAGES={damages}");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let stopped = Stopped::new().await;
    let mut counts: BTreeMap<(String, Noticed), u32> = BTreeMap::new();
    let data = stopped.folder.path().join("data");
    // The rosters remembered beside them are only hints, and may be lost.
    let kept = [data.join("store"), data.join("logs")];
    let kept = |file: &Path| kept.iter().any(|folder| file.starts_with(folder));
    for (file, bytes) in stopped.files.iter().filter(|(file, _)| kept(file)) {
        let name = file.file_name().unwrap().to_string_lossy();
        let name = name.split('.').next().unwrap().to_owned();
        // The main file holds the records.
        let times = if name == "db" { 4 * damages } else { damages };
        for _ in 0..times {
            let (what, bytes) = damage(bytes, &mut dice);
            println!("{name}: {what}");
            let noticed = stopped.with(file, Some(bytes)).await;
            println!("{name}: {what}: {noticed:?}");
            *counts.entry((name.clone(), noticed)).or_default() += 1;
        }
    }
    println!("{counts:#?}");
    let checkpoints = own_checkpoints(&stopped.folder);
    for bytes in [None, Some(stopped.checkpoints_before.clone())] {
        assert_eq!(stopped.with(&checkpoints, bytes).await, Noticed::AtStart, "a log cut short");
    }
    for file in ["db", "snap", "headers", "checkpoints"] {
        let noticed = counts.get(&(file.to_owned(), Noticed::AtStart));
        assert!(noticed.is_some(), "no damage to {file} was noticed at a start");
    }
}
