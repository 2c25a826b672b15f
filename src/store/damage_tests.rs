//! Damage to the store's files: at many places drawn from a seed, a byte is flipped, a page is
//! zeroed, or a file is cut short. Whatever happens, nothing may be missing or older in silence:
//! the store is refused, or a reading fails, or a full inspection says what is not as it should be.
//!
//! `ESSAIM_TEST_SEED` sets the seed; it is printed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::store::{
    Batch, Pair, Store, StoreError,
    inspection::{Inspection, Reading},
    sled::{SledOptions, SledStore},
    survey::Survey,
};

/// Keys written, each several times.
const KEYS: u32 = 2_000;
/// Places at which each kind of damage is done to a file, beside the heads of its segments.
const PLACES: usize = 8;
const SEGMENT_BYTES: u64 = 512 * 1024;
const PAGE_BYTES: u64 = 4096;

fn seeded() -> ChaCha8Rng {
    let seed = std::env::var("ESSAIM_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(1);
    println!("ESSAIM_TEST_SEED={seed}");
    ChaCha8Rng::seed_from_u64(seed)
}

fn options(folder: &Path) -> SledOptions {
    SledOptions::in_folder(folder)
}

/// Puts `changes` changed keys into the store, in batches of some keys, some of them synced.
fn write(store: &SledStore, changes: u32, dice: &mut ChaCha8Rng) {
    let mut left = changes;
    while left > 0 {
        let mut batch = Batch::default();
        for _ in 0..dice.next_u32() % 5 + 1 {
            let key = (dice.next_u32() % KEYS).to_be_bytes();
            if dice.next_u32().is_multiple_of(20) {
                batch.remove([b"r".as_slice(), &key].concat());
            } else {
                let value = dice.next_u32().to_be_bytes().repeat(50);
                batch.put([b"r".as_slice(), &key].concat(), value);
            }
            left = left.saturating_sub(1);
        }
        store.apply(&batch).unwrap();
        if dice.next_u32().is_multiple_of(16) {
            store.barrier().unwrap();
        }
    }
    store.barrier().unwrap();
}

fn all(store: &SledStore) -> Result<Vec<Pair>, StoreError> {
    store.scan_prefix(b"r").collect()
}

/// A closed store: its files and what it holds.
struct Whole {
    files: BTreeMap<PathBuf, Vec<u8>>,
    pairs: Vec<Pair>,
}

impl Whole {
    /// A store written in `starts` runs, between which it was closed.
    fn write(folder: &Path, starts: u32, dice: &mut ChaCha8Rng) -> Self {
        let mut store = SledStore::create(&options(folder)).unwrap();
        for start in 0..starts {
            if start > 0 {
                drop(store);
                store = SledStore::open(&options(folder)).unwrap();
            }
            write(&store, 4_000, dice);
        }
        let pairs = all(&store).unwrap();
        drop(store);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.is_file());
        let files = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        Self { files, pairs }
    }

    fn put_back(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            }
        }
        for (path, bytes) in &self.files {
            fs::write(path, bytes).unwrap();
        }
    }

    fn file(&self, start: &str) -> (&PathBuf, &Vec<u8>) {
        let named =
            |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(start);
        let path = self.files.keys().find(named).unwrap();
        (path, &self.files[path])
    }
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Flip(u64),
    Zero(u64),
    Cut(u64),
}

impl Damage {
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Flip(at) => bytes[at as usize] ^= 0x20,
            Self::Zero(at) => {
                let start = (at / PAGE_BYTES * PAGE_BYTES) as usize;
                let end = bytes.len().min(start + PAGE_BYTES as usize);
                bytes[start..end].fill(0);
            }
            Self::Cut(at) => bytes.truncate(at as usize),
        }
        bytes
    }

    /// All kinds at places drawn in a file of so many bytes, the heads of its segments included.
    fn draw(bytes: u64, dice: &mut ChaCha8Rng) -> Vec<Self> {
        let mut drawn: Vec<_> = (0..bytes.div_ceil(SEGMENT_BYTES))
            .map(|it| Self::Flip(it * SEGMENT_BYTES + 6))
            .collect();
        for _ in 0..PLACES {
            let mut place = || dice.next_u64() % bytes;
            drawn.extend([Self::Flip(place()), Self::Zero(place()), Self::Cut(place())]);
        }
        drawn
    }
}

/// How damage came to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Noticed {
    AtStart,
    AtReading,
    ByInspection,
    NothingWasLost,
}

fn told_what_to_do(error: &StoreError) {
    let text = error.to_string();
    let remedy = ["restore", "Restore", "move the files snap.*", "essaim store verify"];
    assert!(remedy.iter().any(|remedy| text.contains(remedy)), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}

/// Opens and reads the store in `folder` as a node would, then as an inspection would.
fn look(folder: &Path, whole: &[Pair]) -> Noticed {
    let store = match SledStore::open(&options(folder)) {
        Ok(store) => store,
        Err(error) => {
            told_what_to_do(&error);
            inspect_without_change(folder);
            return Noticed::AtStart;
        }
    };
    match all(&store) {
        Err(error) => {
            told_what_to_do(&error);
            Noticed::AtReading
        }
        Ok(pairs) if pairs == whole => Noticed::NothingWasLost,
        Ok(_) => {
            drop(store);
            let inspection = inspect(folder).1;
            assert!(!inspection.findings.is_empty(), "pairs were lost in silence");
            Noticed::ByInspection
        }
    }
}

/// An inspection of a store that was refused finds something or says what to do, and changes no
/// file.
fn inspect_without_change(folder: &Path) {
    let files = || fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = || -> BTreeMap<_, _> {
        files()
            .filter(|path| path.is_file())
            .map(|it| (it.clone(), fs::read(it).unwrap()))
            .collect()
    };
    let damaged = SledStore::survey(&options(folder)).unwrap() != Survey::Sound;
    let before = read();
    match Reading::open(&options(folder)) {
        Ok(Reading { store, findings, .. }) => {
            let findings = store.inspect(findings).findings;
            assert!(!damaged || !findings.is_empty());
        }
        Err(error) => told_what_to_do(&error),
    }
    assert!(!damaged || before == read(), "the damaged store was changed");
}

/// Does every damage to the file of `whole` whose name starts so, and counts what came of it.
fn damage_all(
    folder: &Path,
    whole: &Whole,
    file: &str,
    dice: &mut ChaCha8Rng,
) -> BTreeMap<Noticed, u32> {
    let (path, bytes) = whole.file(file);
    let mut counts = BTreeMap::new();
    for damage in Damage::draw(bytes.len() as u64, dice) {
        whole.put_back(folder);
        fs::write(path, damage.of(bytes)).unwrap();
        println!("{file}: {damage:?}");
        let noticed = look(folder, &whole.pairs);
        println!("{file}: {damage:?}: {noticed:?}");
        *counts.entry(noticed).or_default() += 1;
    }
    counts
}

#[test]
fn no_damage_to_the_main_file_loses_anything_in_silence() {
    let mut dice = seeded();
    for starts in [1, 3] {
        let folder = tempfile::tempdir().unwrap();
        let whole = Whole::write(folder.path(), starts, &mut dice);
        let counts = damage_all(folder.path(), &whole, "db", &mut dice);
        println!("starts {starts}: {counts:?}");
        assert!(counts[&Noticed::AtStart] > 0, "{counts:?}");
    }
}

#[test]
fn no_damage_to_the_snapshot_loses_anything_in_silence() {
    let mut dice = seeded();
    let folder = tempfile::tempdir().unwrap();
    let whole = Whole::write(folder.path(), 2, &mut dice);
    let counts = damage_all(folder.path(), &whole, "snap.", &mut dice);
    assert!(counts[&Noticed::AtStart] > 0, "{counts:?}");
}

#[test]
fn a_damaged_snapshot_is_told_of_and_holds_nothing_of_its_own() {
    let mut dice = seeded();
    let folder = tempfile::tempdir().unwrap();
    let whole = Whole::write(folder.path(), 2, &mut dice);
    let (path, bytes) = whole.file("snap.");
    for damage in [Damage::Flip(bytes.len() as u64 / 2), Damage::Zero(0), Damage::Cut(5)] {
        whole.put_back(folder.path());
        fs::write(path, damage.of(bytes)).unwrap();
        let Err(refused) = SledStore::open(&options(folder.path())) else { panic!("{damage:?}") };
        assert!(refused.to_string().contains("move the files snap.*"), "{refused}");
        let mut reading = Reading::open(&options(folder.path())).unwrap();
        let findings = std::mem::take(&mut reading.findings);
        let inspection = reading.store.inspect(findings);
        let [finding] = &inspection.findings[..] else { panic!("{:?}", inspection.findings) };
        assert!(finding.is_of_snapshot(), "{finding}");
        assert_eq!(all(&reading.store).unwrap(), whole.pairs);
        // As the finding says.
        fs::remove_file(path).unwrap();
        assert_eq!(look(folder.path(), &whole.pairs), Noticed::NothingWasLost);
    }
}

#[test]
fn a_whole_store_is_found_whole_and_one_that_lost_pairs_is_accepted_on_request_only() {
    let mut dice = seeded();
    let folder = tempfile::tempdir().unwrap();
    let whole = Whole::write(folder.path(), 2, &mut dice);
    let (store, inspection) = inspect(folder.path());
    assert!(inspection.findings.is_empty(), "{:?}", inspection.findings);
    assert_eq!(inspection.found.of(b'r').pairs, whole.pairs.len() as u64);
    drop(store);

    // A store in which the same was written, but for one pair: its files with the other's tally.
    let lost = whole.pairs[7].0.clone();
    lose(folder.path(), &lost);
    let (store, inspection) = inspect(folder.path());
    let text = inspection.findings[0].to_string();
    assert!(text.starts_with("records: there are"), "{text}");
    store.accept(&inspection).unwrap();
    drop(store);
    let (_, inspection) = inspect(folder.path());
    assert!(inspection.findings.is_empty(), "{:?}", inspection.findings);
}

fn inspect(folder: &Path) -> (SledStore, Inspection) {
    let (store, findings) = SledStore::open_damaged(&options(folder)).unwrap();
    let inspection = store.inspect(findings);
    (store, inspection)
}

/// Takes a pair out behind the tally's back.
fn lose(folder: &Path, key: &[u8]) {
    let db = ::sled::Config::new().path(folder).open().unwrap();
    db.remove(key).unwrap().unwrap();
    db.flush().unwrap();
}
