//! Statistics and library computed again: after a new catalogue, after damage, on request.

use std::sync::Arc;

use jiff::civil::date;

use crate::{
    base::{
        clock::ManualClock,
        id::{EntryId, MemberCode},
    },
    codes::{embedded::Codes, list::TOTAL},
    keys::signer::LogSigner,
    library::notes::{Library, NoteFilter, NotePage},
    log::logs::Log,
    node::{
        projections::{CURSORS, Projections},
        rebuild,
    },
    publication::{
        admitted::Admitted,
        note::Note,
        release::{Cell, Dimension, Release, Table},
        withdrawal::{Withdrawal, WithdrawalReason},
    },
    statistics::{projection::Statistics, query::Query},
    store::{Batch, Pair, SharedStore, memory::MemoryStore, prefix},
};

/// A node's store and logs.
pub(super) struct Site {
    _folder: tempfile::TempDir,
    pub(super) store: SharedStore,
    pub(super) log: Arc<Log>,
    /// Version of the catalogue that this program knows.
    version: u16,
}

pub(super) fn ml() -> MemberCode {
    "ML".parse().unwrap()
}

impl Site {
    /// Logs without entries, over `store`.
    pub(super) fn empty(store: SharedStore) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at_noon(date(2026, 8, 1)));
        let log = Arc::new(Log::open(folder.path(), Arc::clone(&store), clock).unwrap());
        let version = Codes::embedded().catalogue().version;
        Self { _folder: folder, store, log, version }
    }

    /// Two releases, the second by a newer catalogue, and two notes, the second withdrawn.
    fn new() -> Self {
        let site = Self::empty(Arc::new(MemoryStore::default()));
        let version = site.version;
        site.append(Admitted::release(&release("2026-Q1", version, 40), None));
        site.append(Admitted::release(&release("2026-Q2", version + 1, 50), None));
        site.append(Admitted::note(&note("Séchoir"), None));
        let seq = site.append(Admitted::note(&note("Erreur"), None)).seq;
        let reason = WithdrawalReason::Error;
        site.append(Admitted::withdrawal(&Withdrawal { epoch: 1, seq, reason, erase: false }));
        site
    }

    pub(super) fn append<E: std::fmt::Debug>(&self, admitted: Result<Admitted, E>) -> EntryId {
        self.append_in(1, admitted)
    }

    pub(super) fn append_in<E: std::fmt::Debug>(
        &self,
        epoch: u32,
        admitted: Result<Admitted, E>,
    ) -> EntryId {
        self.log.append(&LogSigner::from_seed([7; 32]), ml(), epoch, admitted.unwrap()).unwrap()
    }

    /// The node starts, as `open` starts it.
    pub(super) fn start(&self) -> Started {
        let codes = Arc::new(Codes::embedded().with_catalogue_version(self.version));
        let statistics = Arc::new(rebuild::statistics(&self.store, &codes).unwrap());
        let library = Arc::new(Library::new(Arc::clone(&self.store)));
        let projections = Projections::new(
            Arc::clone(&self.log),
            Arc::clone(&self.store),
            Arc::clone(&statistics),
            Arc::clone(&library),
        );
        projections.start().unwrap();
        Started { statistics, library, projections }
    }

    /// What is computed from the logs.
    fn computed(&self) -> Vec<Pair> {
        let of = |start: &'static [u8]| self.store.scan_prefix(start).map(Result::unwrap);
        of(&[prefix::STATISTICS]).chain(of(&[prefix::LIBRARY])).collect()
    }

    fn put(&self, key: &[u8], value: &[u8]) {
        let mut batch = Batch::default();
        batch.put(key, value);
        self.store.commit(&batch).unwrap();
    }
}

pub(super) struct Started {
    pub(super) statistics: Arc<Statistics>,
    library: Arc<Library>,
    pub(super) projections: Projections,
}

impl Started {
    /// Requests received in a quarter, if that was released.
    fn received(&self, quarter: &str) -> Option<i64> {
        let answer = self.statistics.query(&Query {
            indicator: "DEM01".into(),
            by: Vec::new(),
            periods: vec![quarter.parse().unwrap()],
            filters: Vec::new(),
            members_expected: vec![ml()],
            today: date(2026, 8, 1),
        });
        answer.unwrap().rows[0].value
    }

    pub(super) fn titles(&self) -> Vec<String> {
        let list = self.library.list(&NotePage::default(), &NoteFilter::default()).unwrap();
        list.notes.into_iter().map(|note| note.note.title).collect()
    }
}

pub(super) fn release(quarter: &str, catalogue_version: u16, requests: i64) -> Release {
    let table = Table {
        population: "requests_received".into(),
        period: quarter.parse().unwrap(),
        dimensions: vec![],
        measures: vec!["requests".into()],
        cells: vec![Cell(Some(vec![requests]))],
    };
    Release {
        member: ml(),
        area: "ML".into(),
        period: quarter.parse().unwrap(),
        catalogue_version,
        plan_version: 1,
        tables: vec![table],
    }
}

/// Many tables of hidden cells, each one byte of the release and 17 of a block per measure.
fn swollen(version: u16, measures: &[&str], tables: usize) -> Release {
    let further = (1..27).map(|code| format!("C{code}"));
    let codes: Vec<String> = [TOTAL.to_owned()].into_iter().chain(further).collect();
    let dimension = |id: String| Dimension { id, list_version: 1, codes: codes.clone() };
    let table = |number: usize| Table {
        population: "requests_received".into(),
        period: "2026-Q3".parse().unwrap(),
        dimensions: [format!("t{number}"), "x".into(), "y".into()].map(dimension).into(),
        measures: measures.iter().map(|id| (*id).to_owned()).collect(),
        cells: vec![Cell(None); 27 * 27 * 27],
    };
    Release { tables: (0..tables).map(table).collect(), ..release("2026-Q3", version, 0) }
}

pub(super) fn note(title: &str) -> Note {
    Note {
        member: ml(),
        language: "fr".into(),
        title: title.into(),
        summary: "Sécher".into(),
        text: "Sécher les mangues".into(),
        authors: vec![],
        filieres: vec![],
        keywords: vec![],
        rights: "CC-BY-4.0".into(),
        published_on: date(2026, 8, 1),
    }
}

#[test]
fn a_program_with_a_newer_catalogue_shows_what_an_older_one_kept() {
    let mut site = Site::new();
    let older = site.start();
    assert_eq!((older.received("2026-Q1"), older.received("2026-Q2")), (Some(40), None));
    assert_eq!(older.projections.passed().unwrap().len(), 1);
    site.version += 1;
    let newer = site.start();
    // The first release is kept in its turn, for it follows the older catalogue.
    assert_eq!((newer.received("2026-Q1"), newer.received("2026-Q2")), (None, Some(50)));
    assert_eq!(newer.titles(), ["Séchoir"], "what was withdrawn stays so");
    // And back again.
    site.version -= 1;
    let older = site.start();
    assert_eq!((older.received("2026-Q1"), older.received("2026-Q2")), (Some(40), None));
}

#[test]
fn a_rebuild_on_request_gives_the_same_bytes_whatever_the_damage() {
    let site = Site::new();
    site.start();
    let whole = site.computed();
    assert!(whole.len() > 8);
    for (key, value) in &whole {
        for damaged in [vec![], vec![0xff; 9], [value.as_slice(), &[0]].concat()] {
            site.put(key, &damaged);
            rebuild::request(&*site.store).unwrap();
            site.start();
            assert!(site.computed() == whole, "{:?}", key.escape_ascii().to_string());
        }
    }
}

#[test]
fn damage_that_a_start_meets_is_mended_by_it() {
    let site = Site::new();
    site.start();
    let whole = site.computed();
    // The day of a release, which every start reads.
    let (key, _) = whole.iter().find(|(key, _)| key.starts_with(b"sv")).unwrap();
    site.put(key, b"?");
    site.start();
    assert!(site.computed() == whole);
    // A note, which is read when what revised it is withdrawn.
    let first = site.append(Admitted::note(&note("Four"), None));
    let better = site.append(Admitted::note(&note("Four solaire"), Some(first.seq)));
    site.start();
    let (seq, reason) = (better.seq, WithdrawalReason::Error);
    let mut content = vec![prefix::LIBRARY, b'c'];
    content.extend(first.origin.to_padded());
    content.extend(first.epoch.to_be_bytes());
    content.extend(first.seq.to_be_bytes());
    content.extend([0, 0]);
    assert!(site.store.get(&content).unwrap().is_some());
    site.put(&content, b"?");
    site.append(Admitted::withdrawal(&Withdrawal { epoch: 1, seq, reason, erase: false }));
    assert_eq!(site.start().titles().len(), 2);
}

#[test]
fn a_start_without_news_computes_nothing_again() {
    let site = Site::new();
    site.start();
    let (key, _) = site.store.scan_prefix(b"nc").next().unwrap().unwrap();
    site.put(&key, b"left as it is");
    let before = site.computed();
    site.start();
    assert!(site.computed() == before);
    let cursors = site.store.scan_prefix(&CURSORS).map(|pair| pair.unwrap().1);
    assert_eq!(cursors.collect::<Vec<_>>(), [5_u64.to_be_bytes()]);
}

#[test]
fn a_release_that_would_swell_is_passed_over_at_every_start() {
    let site = Site::new();
    site.start();
    let before = site.computed();
    let freely_named = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let releases = [
        swollen(site.version, &freely_named, 2),
        swollen(site.version, &["requests"], 11),
        Release { tables: Vec::new(), ..release("2026-Q4", site.version, 0) },
    ];
    let entries = releases.map(|release| site.append(Admitted::release(&release, None)));
    for _ in 0..2 {
        let node = site.start();
        let passed = node.projections.passed().unwrap();
        let is_passed = |entry: &EntryId| passed.iter().any(|one| one.entry == *entry);
        assert_eq!(entries.each_ref().map(is_passed), [true, true, false], "{passed:?}");
        assert_eq!(node.received("2026-Q1"), Some(40));
        let after = site.computed();
        assert!(after.len() - before.len() <= 2, "nothing is kept of what is passed over");
        // All releases computed at once come to the same.
        rebuild::request(&*site.store).unwrap();
    }
}
