//! A node that is killed loses no acknowledged write.
//!
//! A real `essaim serve` is killed with SIGKILL, over and over, at a moment drawn from a seed while
//! several people write through its listeners; then it is started again, and asked. Failures are:
//! - a record that is not exactly the one that was acknowledged, or a record that nobody made;
//! - a write that was not acknowledged and, sent again with its request_id, is done twice;
//! - a repeated write that is answered otherwise than the first time;
//! - a published note that is gone or has another number, or a log that is no longer an extension
//!   of a head that was seen;
//! - `log verify` or `store verify` finding anything at the end.
//!
//! No failure: a write that was not acknowledged is there after the kill, or is not; an import that
//! was not acknowledged is there in part, and its repetition brings the rest.
//!
//! What a kill cannot show: the kernel keeps what the process had handed to it, so that nothing
//! here tells whether `fdatasync` was called in time. That is what `MemoryStore::crash` is for: it
//! drops what no barrier followed, in the tests of `log`, `records` and `release`.
//!
//! `ESSAIM_TEST_SEED` and `ESSAIM_TEST_KILL_ROUNDS` set seed and rounds; the seed is printed. It
//! fixes what is written and how long after the start the kill comes, not what the machine has done
//! by then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use essaim::{
    base::id::{IdempotencyKey, MemberCode},
    log::{files::LogFolder, merkle},
    wire::{
        generated::{
            exchange::{
                ListNotesRequest, Note, PublishNoteRequest,
                library_service_client::LibraryServiceClient,
            },
            hub::{
                Answer, AnswerIdentity, AnswerSupportRequestRequest, AssignSupportRequestRequest,
                CloseSupportRequestRequest, CreateEnterpriseRequest, CreateSupportRequestRequest,
                Enterprise, EnterpriseIdentity, GetStatusRequest, ImportHeader, ImportRequest,
                ListAnswersRequest, ListEnterprisesRequest, ListSupportRequestsRequest,
                RequestIdentity, RequestState, SizeRule, SupportRequest, UpdateEnterpriseRequest,
                enterprise_service_client::EnterpriseServiceClient, import_request::Piece,
                import_service_client::ImportServiceClient, node_service_client::NodeServiceClient,
                support_request_service_client::SupportRequestServiceClient,
            },
        },
        status::reason,
    },
};
use prost_types::FieldMask;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tonic::{Code, Status, transport::Channel};

use crate::process::{NodeFolder, NodeProcess, PATIENCE, essaim};

mod clients;
mod found;
mod writer;

const ROUNDS_DEFAULT: u64 = 50;
/// People who write records at once; each touches only what it made.
const WRITERS: usize = 3;
/// The kill comes at most so long after the writers began.
const KILL_AFTER_MS_MAX: u64 = 160;
/// Rows of an imported file; in one round of [`BIG_IMPORT_EVERY`] more than fit into one commit.
const IMPORT_ROWS: usize = 40;
const BIG_IMPORT_ROWS: usize = 1_060;
const BIG_IMPORT_EVERY: u64 = 12;
/// Acknowledged writes of earlier rounds that are sent again in each round.
const SENT_AGAIN: usize = 12;
const PAGE_ROWS: i32 = 1_000;

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// Clients of one start of the node.
#[derive(Clone)]
struct Clients {
    steward: Channel,
    author: Channel,
}

/// A write as it is sent, and sent again.
#[derive(Debug, Clone)]
enum Asked {
    CreateEnterprise(CreateEnterpriseRequest),
    UpdateEnterprise(UpdateEnterpriseRequest),
    CreateRequest(CreateSupportRequestRequest),
    Assign(AssignSupportRequestRequest),
    Answer(AnswerSupportRequestRequest),
    Close(CloseSupportRequestRequest),
    Publish(PublishNoteRequest),
    Import(ImportFile),
}

/// What the node answers.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Enterprise(Enterprise),
    Request(SupportRequest),
    Answer(Answer),
    Note(Note),
    Imported,
}

/// A file that is imported: its rows' numbers, and a word that tells it from others.
#[derive(Debug, Clone)]
struct ImportFile {
    word: String,
    rows: usize,
}

const MAPPING: &str = r#"
version = 1
source = "killed"
as = "enterprises"
area = "ML"
key = ["Numero"]

[file]
delimiter = ";"
dates = "day-month-year"

[fields.name]
column = "Nom"

[fields.region]
column = "Region"

[fields.filiere]
column = "Filiere"

[fields.registered_on]
column = "Date"
"#;

impl ImportFile {
    fn name(&self, row: usize) -> String {
        format!("import {} {row}", self.word)
    }

    fn pieces(&self) -> Vec<ImportRequest> {
        let mut text = "Numero;Nom;Region;Filiere;Date\n".to_owned();
        for row in 0..self.rows {
            let name = self.name(row);
            text.push_str(&format!("{}-{row};{name};ML-3;LAIT;05/03/2026\n", self.word));
        }
        let header = ImportHeader {
            mapping: MAPPING.into(),
            kind: "enterprises".into(),
            dry_run: false,
            language: "en".into(),
            file_bytes: text.len() as u64,
        };
        let pieces = text.as_bytes().chunks(4_096).map(|piece| Piece::Bytes(piece.to_vec()));
        let pieces = std::iter::once(Piece::Header(header)).chain(pieces);
        pieces.map(|piece| ImportRequest { piece: Some(piece) }).collect()
    }
}

/// What must be on the node, by resource name.
#[derive(Debug, Default)]
struct Expected {
    enterprises: BTreeMap<String, Enterprise>,
    requests: BTreeMap<String, SupportRequest>,
    answers: BTreeMap<String, Answer>,
    notes: BTreeMap<String, Note>,
    /// Names of enterprises that an import brought and that have not been seen yet.
    imported: BTreeSet<String>,
}

fn next(etag: &str) -> String {
    (etag.parse::<u64>().unwrap() + 1).to_string()
}

/// Somebody who writes: draws what to ask from the dice, and sees the answers.
struct Writer {
    name: String,
    dice: ChaCha8Rng,
    count: u32,
    enterprises: Vec<String>,
    requests: Vec<String>,
}

/// Everything that is known while the node is killed and started again.
struct Run {
    folder: NodeFolder,
    dice: ChaCha8Rng,
    expected: Arc<Mutex<Expected>>,
    writers: Vec<Writer>,
    /// Acknowledged writes: those of earlier rounds, then those since the last start.
    acknowledged: Vec<(Asked, Told)>,
    acknowledged_before: usize,
    /// Writes without an answer, with the writers that sent them.
    open: Vec<(Option<usize>, Asked)>,
    opened: usize,
    /// Heads of the log that were seen: size and root.
    heads: Vec<(u64, Vec<u8>)>,
    notes: u32,
}

/// What a task has sent: the last write may lack its answer.
#[derive(Default)]
struct Sent {
    acknowledged: Vec<(Asked, Told)>,
    open: Option<Asked>,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            folder: NodeFolder::new(),
            dice: ChaCha8Rng::seed_from_u64(seed),
            expected: Arc::default(),
            writers: (1..=WRITERS).map(|number| Writer::new(number, seed)).collect(),
            acknowledged: Vec::new(),
            acknowledged_before: 0,
            open: Vec::new(),
            opened: 0,
            heads: Vec::new(),
            notes: 0,
        }
    }

    async fn start(&mut self) -> (NodeProcess, Clients) {
        let node = self.folder.serve().unwrap_or_else(|ended| panic!("{}", ended.text));
        let clients = Clients::new(&self.folder, &node).await;
        self.settle(&clients).await;
        self.check(&clients).await;
        self.send_again(&clients).await;
        (node, clients)
    }

    /// Sends what had no answer again, twice.
    async fn settle(&mut self, clients: &Clients) {
        for (writer, asked) in std::mem::take(&mut self.open) {
            let told = clients.send(&asked).await.unwrap();
            assert_eq!(clients.send(&asked).await.unwrap(), told, "{asked:?}");
            let once = match (&asked, &told) {
                (Asked::UpdateEnterprise(asked), Told::Enterprise(told)) => {
                    told.etag == next(&asked.enterprise.as_ref().unwrap().etag)
                }
                (Asked::Assign(asked), Told::Request(told)) => told.etag == next(&asked.etag),
                (Asked::Close(asked), Told::Request(told)) => told.etag == next(&asked.etag),
                (_, Told::Enterprise(Enterprise { etag, .. })) => etag == "1",
                (_, Told::Request(SupportRequest { etag, .. })) => etag == "1",
                (_, Told::Answer(Answer { etag, .. })) => etag == "1",
                (_, Told::Note(_) | Told::Imported) => true,
            };
            assert!(once, "{asked:?} was done more than once: {told:?}");
            self.expected.lock().unwrap().take(&asked, &told);
            if let Some(writer) = writer {
                self.writers[writer].see(&told);
            }
            self.acknowledged.push((asked, told));
        }
    }

    /// Compares all that is on the node with all that must be.
    async fn check(&mut self, clients: &Clients) {
        let found = Found::read(clients).await;
        let mut expected = self.expected.lock().unwrap();
        for (name, one) in &found.enterprises {
            let imported = &one.identity.as_ref().unwrap().name;
            if !expected.enterprises.contains_key(name) && expected.imported.remove(imported) {
                let stated = (&*one.region, &*one.filiere, &*one.registered_on, &*one.etag);
                assert_eq!(stated, ("ML-3", "LAIT", "2026-03-05", "1"));
                expected.enterprises.insert(name.clone(), one.clone());
            }
        }
        assert_eq!(expected.imported, BTreeSet::new(), "imported and lost");
        same("enterprises", &found.enterprises, &expected.enterprises);
        same("requests", &found.requests, &expected.requests);
        same("answers", &found.answers, &expected.answers);
        let bare = |note: &Note| Note { text: String::new(), ..note.clone() };
        let notes = expected.notes.iter().map(|(name, note)| (name.clone(), bare(note))).collect();
        same("notes", &found.notes, &notes);
        let entries: BTreeSet<_> = notes.values().map(|note| note.entry.clone()).collect();
        let all = (0..notes.len()).map(|number| format!("ML/1/{number}")).collect();
        assert_eq!(entries, all, "the log holds these notes and nothing else");
    }

    /// Sends acknowledged writes again: all since the last start, and some of those before.
    async fn send_again(&mut self, clients: &Clients) {
        let mut again: Vec<_> = self.acknowledged[self.acknowledged_before..].to_vec();
        for _ in 0..SENT_AGAIN.min(self.acknowledged_before) {
            let one = self.dice.next_u64() % self.acknowledged_before as u64;
            let (asked, told) = &self.acknowledged[one as usize];
            // Whether a note is published already is looked up among the newest ones alone.
            if !matches!(told, Told::Note(_)) {
                again.push((asked.clone(), told.clone()));
            }
        }
        for (asked, told) in again {
            let expected = self.expected.lock().unwrap().again(&told);
            assert_eq!(clients.send(&asked).await.unwrap(), expected, "{asked:?}");
        }
        self.acknowledged_before = self.acknowledged.len();
    }

    /// Lets everybody write, and kills the node in the midst of it.
    async fn write_until_killed(&mut self, round: u64, node: NodeProcess, clients: &Clients) {
        let mut tasks = Vec::new();
        for writer in self.writers.drain(..) {
            tasks.push(tokio::spawn(write(writer, clients.clone(), Arc::clone(&self.expected))));
        }
        let rows = if round % BIG_IMPORT_EVERY == 1 { BIG_IMPORT_ROWS } else { IMPORT_ROWS };
        let file = ImportFile { word: format!("round {round}"), rows };
        let import = tokio::spawn(send_all(clients.clone(), vec![Asked::Import(file)]));
        let notes: Vec<_> = (self.notes..self.notes + 30).map(note).collect();
        self.notes += 30;
        let publish = tokio::spawn(send_all(clients.clone(), notes));
        let watch = tokio::spawn(watch(clients.clone()));

        let after = self.dice.next_u64() % KILL_AFTER_MS_MAX;
        tokio::time::sleep(Duration::from_millis(after)).await;
        let text = tokio::task::spawn_blocking(move || node.kill()).await.unwrap();
        assert!(!text.contains("panicked"), "{text}");

        let (number, mut all) = (tasks.len(), Vec::new());
        for (number, task) in (0..number).zip(tasks) {
            let (writer, sent) = task.await.unwrap();
            self.writers.push(writer);
            all.push((Some(number), sent));
        }
        for task in [import, publish] {
            let sent = task.await.unwrap();
            let mut expected = self.expected.lock().unwrap();
            sent.acknowledged.iter().for_each(|(asked, told)| expected.take(asked, told));
            all.push((None, sent));
        }
        for (writer, sent) in all {
            self.acknowledged.extend(sent.acknowledged);
            self.opened += usize::from(sent.open.is_some());
            self.open.extend(sent.open.map(|asked| (writer, asked)));
        }
        self.check_log(watch.await.unwrap());
    }

    /// Every head of the log that was seen must be that of a prefix of what is on the disk.
    fn check_log(&mut self, seen: Vec<(u64, Vec<u8>)>) {
        let seen: Vec<_> = self.heads.pop().into_iter().chain(seen).collect();
        let member: MemberCode = "ML".parse().unwrap();
        let folder = LogFolder::new(&self.folder.logs(), member, 1);
        for (size, root) in &seen {
            let leaves = folder.read_leaves(*size).unwrap();
            assert_eq!(leaves.len() as u64, *size, "entries are gone");
            assert_eq!(merkle::root(&leaves).as_slice(), root, "the log forked");
        }
        self.heads = seen;
    }
}

fn same<T: std::fmt::Debug + PartialEq>(
    what: &str,
    found: &BTreeMap<String, T>,
    expected: &BTreeMap<String, T>,
) {
    for (name, one) in expected {
        assert_eq!(found.get(name), Some(one), "{what}: acknowledged and not there");
    }
    let more: Vec<_> = found.iter().filter(|(name, _)| !expected.contains_key(*name)).collect();
    assert!(more.is_empty(), "{what} that nobody made, or made twice: {more:?}");
}

async fn write(
    mut writer: Writer,
    clients: Clients,
    expected: Arc<Mutex<Expected>>,
) -> (Writer, Sent) {
    let mut sent = Sent::default();
    loop {
        let asked = writer.ask(&expected.lock().unwrap());
        let Ok(told) = clients.send(&asked).await else {
            sent.open = Some(asked);
            return (writer, sent);
        };
        expected.lock().unwrap().take(&asked, &told);
        writer.see(&told);
        sent.acknowledged.push((asked, told));
    }
}

/// Sends writes one after the other, until there are no more or the node is killed.
async fn send_all(clients: Clients, all: Vec<Asked>) -> Sent {
    let mut sent = Sent::default();
    for asked in all {
        match clients.send(&asked).await {
            Ok(told) => sent.acknowledged.push((asked, told)),
            Err(_) => {
                sent.open = Some(asked);
                break;
            }
        }
    }
    sent
}

fn note(number: u32) -> Asked {
    let note = Note {
        language: "fr".into(),
        title: format!("Note {number}"),
        summary: "Sécher sans brunir.".into(),
        text: format!("# Séchage {number}\n{}", "Couper, blanchir, sécher. ".repeat(300)),
        rights: "CC-BY-4.0".into(),
        ..Default::default()
    };
    Asked::Publish(PublishNoteRequest { note: Some(note), ..Default::default() })
}

/// The heads of the own log, as they are shown until the node is killed.
async fn watch(clients: Clients) -> Vec<(u64, Vec<u8>)> {
    let mut client = NodeServiceClient::new(clients.steward);
    let mut seen = Vec::new();
    while let Ok(status) = client.get_status(GetStatusRequest {}).await {
        let logs = status.into_inner().logs;
        let own = logs.into_iter().find(|log| log.origin == "ML");
        seen.extend(own.map(|log| (log.size, log.root)));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    seen.dedup();
    seen
}

/// What is on the node, by resource name.
#[derive(Default)]
struct Found {
    enterprises: BTreeMap<String, Enterprise>,
    requests: BTreeMap<String, SupportRequest>,
    answers: BTreeMap<String, Answer>,
    notes: BTreeMap<String, Note>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_loses_no_acknowledged_write() {
    let seed = setting("ESSAIM_TEST_SEED", 1);
    let rounds = setting("ESSAIM_TEST_KILL_ROUNDS", ROUNDS_DEFAULT);
    println!("ESSAIM_TEST_SEED={seed} ESSAIM_TEST_KILL_ROUNDS={rounds}");
    let mut run = Run::new(seed);
    for round in 0..rounds {
        let (node, clients) = run.start().await;
        run.write_until_killed(round, node, &clients).await;
    }
    let (node, _) = run.start().await;
    node.kill();
    let (acknowledged, opened) = (run.acknowledged.len(), run.opened);
    println!("{acknowledged} writes acknowledged, {opened} at first left without an answer");
    assert!(run.opened as u64 >= rounds, "the kills came when nobody was writing");
    for what in ["log", "store"] {
        let folder = run.folder.path();
        let output = essaim([what.as_ref(), "verify".as_ref(), folder.as_os_str()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
