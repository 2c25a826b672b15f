//! A node's store with something of every owner, and the log beside it, as this program once wrote
//! them, in `tests/samples/node-1`; `node-2` has sealed cards of releases with what they were
//! counted from, and a note of how long the log was. They are never written again: a program that
//! cannot read one needs a migration, not a new sample.
//!
//! `pairs.zst` holds the store's pairs, one a line, key and value in hexadecimal; how sled keeps
//! them on the disk is frozen in `store-format-1`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::civil::date;

use crate::{
    base::{
        clock::ManualClock,
        id::{EntryId, MemberCode},
        period::Period,
    },
    codes::embedded::Codes,
    disclosure::rules::Rules,
    intake::{import::Importer, mapping::Mapping, quarantine},
    keys::signer::LogSigner,
    library::notes::{Library, NoteFilter, NotePage},
    log::{LogError, check, logs::Log},
    node::{projections::Projections, rebuild},
    publication::{
        admitted::{Admitted, EntryKind},
        note::Note,
        release::Release,
    },
    records::repository::{Page, Repository},
    release::{
        counted::Source,
        error::GateError,
        gate::{Gate, Outlet, Wanted},
        review::{ReleaseId, State},
    },
    statistics::query::Query,
    store::{Batch, Pair, SharedStore, memory::MemoryStore, prefix},
};

/// Names the folder of a new sample, for a format that has none yet.
const NEW_SAMPLE: &str = "ESSAIM_TEST_NEW_NODE_SAMPLE";

/// The source that declares the owners of keys: a new one needs a place in a sample.
const STORE_SOURCE: &str = include_str!("../store/mod.rs");

const MAPPING: &str = include_str!("../../tests/fixtures/mali_enterprises.mapping.toml");
const HEADING: &str = "N°;Raison sociale;Responsable;Téléphone;Sexe;Région;Filière;CITI;Effectif;\
     Chiffre d'affaires;RCCM;Date d'inscription;Accord statistiques\n";
const LOG_FILES: [&str; 2] = ["ML-1/headers", "ML-1/checkpoints"];
const ENTERPRISES: u32 = 12;
const CLOSING_DAYS: u32 = 30;

struct Site {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    store: SharedStore,
    codes: Arc<Codes>,
    log: Arc<Log>,
    repository: Repository,
    gate: Gate,
}

fn ml() -> MemberCode {
    "ML".parse().unwrap()
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

/// Number of the sample's entry that this program passes over: a release of a newer program.
const PLANTED_SEQ: u64 = 2;

/// The own log as the gate publishes into it.
struct OwnLog<'a>(&'a Log);

impl Outlet for OwnLog<'_> {
    type Error = LogError;

    fn check(&self) -> Result<(), LogError> {
        self.0.check_appendable(ml(), 1)
    }

    fn find(&self, _: &Admitted) -> Result<Option<EntryId>, LogError> {
        Ok(None)
    }

    /// Without the one that was planted: to the gate it would be a release its store has lost.
    fn releases(&self) -> Result<Vec<EntryId>, LogError> {
        let entries = self.0.entries(ml(), 1, 0);
        let entries = entries.filter(|entry| {
            entry.as_ref().map_or(true, |entry| {
                entry.header.kind == EntryKind::RELEASE && entry.id.seq != PLANTED_SEQ
            })
        });
        entries.map(|entry| entry.map(|entry| entry.id)).collect()
    }

    fn append(&self, admitted: Admitted) -> Result<EntryId, LogError> {
        self.0.append(&LogSigner::from_seed([7; 32]), ml(), 1, admitted)
    }
}

impl Site {
    /// A node over what lies in `folder` and `store`.
    fn open(folder: tempfile::TempDir, store: SharedStore) -> Self {
        let clock = Arc::new(ManualClock::at_noon(date(2026, 2, 1)));
        let codes = Arc::new(Codes::embedded());
        let log = Log::open(folder.path(), store.clone(), clock.clone()).unwrap();
        let repository =
            Repository::new(store.clone(), clock.clone(), codes.clone(), "ML".parse().unwrap());
        let rules = Rules::new(3, 15);
        let gate = Gate::new(store.clone(), codes.clone(), rules, ml(), clock.clone());
        Self { folder, clock, store, codes, log: Arc::new(log), repository, gate }
    }

    fn import(&self) {
        let mut file = HEADING.to_owned();
        for number in 1..=ENTERPRISES {
            let region = if number == 1 { "Atlantis" } else { "Sikasso" };
            file += &format!(
                "{number};Unité {number};Awa T.;;F;{region};Lait;105;4;;Oui;05/01/2026;Oui\n"
            );
        }
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        let importer =
            Importer::new(&self.repository, &self.store, &self.codes, &mapping, "awa").unwrap();
        importer.run(file.as_bytes(), false, &mut |_| {}).unwrap();
    }

    /// Statistics and library brought up to the log, as at a start.
    fn start(&self) -> Projections {
        let statistics = Arc::new(rebuild::statistics(&self.store, &self.codes).unwrap());
        let library = Arc::new(Library::new(self.store.clone()));
        let (log, store) = (self.log.clone(), self.store.clone());
        let projections = Projections::new(log, store, statistics, library);
        projections.start().unwrap();
        projections
    }

    fn source(&self) -> Source<'_, Repository> {
        Source { records: &self.repository, closing_days: CLOSING_DAYS }
    }

    fn pairs(&self) -> Vec<Pair> {
        self.store.scan_prefix(b"").map(Result::unwrap).collect()
    }
}

fn note() -> Note {
    Note {
        member: ml(),
        language: "fr".into(),
        title: "Séchoir".into(),
        summary: "Sécher".into(),
        text: "Sécher les mangues. ".repeat(400),
        authors: vec![],
        filieres: vec![],
        keywords: vec![],
        rights: "CC-BY-4.0".into(),
        published_on: date(2026, 8, 10),
    }
}

#[test]
fn a_new_sample_is_written_where_asked() {
    let Some(sample) = std::env::var_os(NEW_SAMPLE) else { return };
    let site = Site::open(tempfile::tempdir().unwrap(), Arc::new(MemoryStore::default()));
    site.import();
    site.clock.set_noon(date(2026, 8, 10));
    let first = site.gate.draft("awa", Wanted::next(period("2026-Q1")), &site.source()).unwrap();
    site.gate.approve("binta", first, &site.source()).unwrap();
    let own = OwnLog(&site.log);
    site.gate.publish("awa", first, &site.source(), &own).unwrap();
    site.gate.draft("awa", Wanted::next(period("2026-Q2")), &site.source()).unwrap();
    own.append(Admitted::note(&note(), None).unwrap()).unwrap();
    // One that this program passes over.
    let catalogue_version = u16::MAX;
    let (quarter, tables) = (period("2025-Q4"), vec![]);
    let newer = Release {
        member: ml(),
        area: "ML".into(),
        period: quarter,
        catalogue_version,
        plan_version: 1,
        tables,
    };
    own.append(Admitted::release(&newer, None).unwrap()).unwrap();
    site.start();
    let sample = PathBuf::from(sample);
    for file in LOG_FILES {
        fs::create_dir_all(sample.join(file).parent().unwrap()).unwrap();
        fs::copy(site.folder.path().join(file), sample.join(file)).unwrap();
    }
    let line = |(key, value): Pair| format!("{} {}\n", hex(&key), hex(&value));
    let pairs: String = site.pairs().into_iter().map(line).collect();
    fs::write(sample.join("pairs.zst"), zstd::encode_all(pairs.as_bytes(), 19).unwrap()).unwrap();
}

/// The samples, copied to where they may change.
fn samples() -> impl Iterator<Item = Site> {
    ["node-1", "node-2"].into_iter().map(sample)
}

fn sample(name: &str) -> Site {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name);
    let folder = tempfile::tempdir().unwrap();
    for file in LOG_FILES {
        let to = folder.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(sample.join(file), to).unwrap();
    }
    let packed = fs::read(sample.join("pairs.zst")).unwrap();
    let pairs = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    let store: SharedStore = Arc::new(MemoryStore::default());
    let mut batch = Batch::default();
    for line in pairs.lines() {
        let (key, value) = line.split_once(' ').unwrap();
        batch.put(unhex(key), unhex(value));
    }
    store.commit(&batch).unwrap();
    Site::open(folder, store)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

#[test]
fn a_sample_holds_something_of_every_owner_of_keys() {
    let site = sample("node-2");
    let declared = STORE_SOURCE.split_once("pub mod prefix {").unwrap().1;
    let declared = declared.split_once("\n}").unwrap().0;
    let byte = |line: &str| Some(line.split_once(": u8 = b'")?.1.as_bytes()[0]);
    let prefixes: Vec<u8> = declared.lines().filter_map(byte).collect();
    assert!(prefixes.contains(&prefix::RECORDS) && prefixes.contains(&prefix::NODE));
    for one in prefixes {
        let held = site.store.scan_prefix(&[one]).next();
        assert!(held.is_some(), "no key of the sample begins with {}", char::from(one));
    }
}

#[test]
fn records_and_quarantine_of_the_samples_are_read() {
    for site in samples() {
        site.repository.verify_journal().unwrap();
        let enterprises = site.repository.list_enterprises(&Page::first()).unwrap();
        assert_eq!(enterprises.len(), ENTERPRISES as usize - 1);
        let rows = quarantine::list(&*site.store, 9, None).unwrap();
        assert_eq!((rows.len(), rows[0].entry.line), (1, 2));
        assert!(rows[0].entry.text.contains("Atlantis"));
    }
}

#[test]
fn releases_of_the_samples_go_on_through_the_gate() {
    for (name, second) in [("node-1", ReleaseId(3)), ("node-2", ReleaseId(3))] {
        let site = sample(name);
        site.clock.set_noon(date(2026, 11, 10));
        let states = || site.gate.list().unwrap().into_iter().map(|one| (one.id, one.state));
        let (first, drafted) = (ReleaseId(1), ReleaseId(2));
        assert!(states().eq([(first, State::Published), (drafted, State::Audited)]));
        if second != drafted {
            // It was not noted then under which rules it was drafted.
            let refused = site.gate.approve("binta", drafted, &site.source());
            assert!(matches!(refused, Err(GateError::Outdated { .. })), "{refused:?}");
            site.gate.discard("awa", drafted).unwrap();
            let again = Wanted::next(period("2026-Q2"));
            assert_eq!(site.gate.draft("awa", again, &site.source()).unwrap(), second);
        }
        site.gate.approve("binta", second, &site.source()).unwrap();
        let entry = site.gate.publish("awa", second, &site.source(), &OwnLog(&site.log)).unwrap();
        let published = site.log.entry(entry).unwrap().unwrap();
        assert_eq!(published.header.kind, EntryKind::RELEASE);
        // The next one is audited against what both gave away.
        let third = site.gate.draft("awa", Wanted::next(period("2026-Q3")), &site.source());
        assert_eq!(third.unwrap(), ReleaseId(second.0 + 1));
    }
}

#[test]
fn log_statistics_and_library_of_the_samples_are_read() {
    for site in samples() {
        let report = check::verify(site.folder.path(), &*site.store).unwrap();
        assert_eq!((report.differences, report.remarks), (vec![], vec![]));
        assert_eq!((report.entries, report.bodies), (3, 3));
        let before = site.pairs();
        let started = site.start();
        assert!(site.pairs() == before, "nothing is computed again");
        assert_eq!(started.passed().unwrap().len(), 1);
        let list = started.library.list(&NotePage::default(), &NoteFilter::default()).unwrap();
        assert_eq!(list.notes.len(), 1);
        assert_eq!(list.notes[0].note, note());
        let query = Query {
            indicator: "ENT01".into(),
            by: Vec::new(),
            periods: vec![period("2026-Q1")],
            filters: Vec::new(),
            members_expected: vec![ml()],
            today: date(2026, 8, 10),
        };
        let answer = started.statistics.query(&query).unwrap();
        assert_eq!(answer.rows[0].value, Some(i64::from(ENTERPRISES) - 1));
    }
}
