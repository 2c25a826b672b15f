//! Import of hub files against bare sled, in one run.
//!
//! **Rate.** A file of enterprises goes through the ordinary importer into a new store on disk. A
//! wrapper around the store records the batches that the importer really applies: records,
//! consents, indexes, journal, quarantine, all of them. The same batches then go into a new bare
//! sled with the same settings through `apply_batch`, with one `flush` and one `fdatasync` after
//! each, as the store does. That is *as applied*. Under *once each*, every key is written only
//! where it was written last, in as many commits: what a program would write that knew the whole
//! file beforehand. Rounds alternate; a ratio is taken within a round.
//!
//! **Memory.** Peaks of resident memory, each in a process of its own: importing a file, importing
//! one four times as long, and bare sled writing the batches of each. sled keeps a table of its
//! pages, which grows with the store and not with the file; what the importer adds must not grow.
//! sled frees memory late when it is driven hard, by very different amounts from run to run: of some
//! runs the least peak counts, on both sides. A dry run of both files shows the importer without any
//! store that grows.

mod common;
#[path = "common/rows.rs"]
mod rows;

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    ops::Bound,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{
    Figure, argument, conclude, memory_kib, path_from, run_child, setting, spread, timed,
};
use essaim::{
    base::clock::ManualClock,
    codes::embedded::Codes,
    intake::{import::Importer, mapping::Mapping, report::Report},
    records::repository::Repository,
    store::{
        Batch, Pairs, SharedStore, Store, StoreError,
        sled::{SledOptions, SledStore},
    },
};
use jiff::civil::date;

/// Rows of the file, unless `ESSAIM_BENCH_ROWS` says otherwise.
const ROWS: u64 = 100_000;
/// How many times as long the longer file is.
const LONGER: u64 = 4;
/// Rounds, unless `ESSAIM_BENCH_ROUNDS` says otherwise.
const ROUNDS: u64 = 3;
/// Least rate of the import, as a part of bare sled's.
const RATE_MIN: f64 = 0.5;
/// Most that the importer's own peak may grow from the shorter to the longer file: what allocators
/// and caches differ by from run to run.
const GROWTH_MIB_MAX: f64 = 4.0;

fn main() -> ExitCode {
    if let Some((role, arguments)) = common::child_role() {
        child(&role, &arguments);
        return ExitCode::SUCCESS;
    }
    if !common::is_wanted() {
        return ExitCode::SUCCESS;
    }
    let rows_count = setting("ESSAIM_BENCH_ROWS", ROWS);
    let folder = common::disk_folder();
    let mut figures = rates(folder.path(), rows_count);
    figures.extend(peaks(folder.path(), rows_count));
    conclude(&format!("Import of {rows_count} rows of enterprises"), figures)
}

/// The importer's rate against bare sled's.
fn rates(folder: &Path, rows_count: u64) -> Vec<Figure> {
    let file = folder.join("rates.csv");
    rows::write(&file, rows_count);
    let (applied, once) = (folder.join("applied"), folder.join("once"));
    record(&file, &applied);
    keep_last_writes(&applied, &once);
    let mut seconds: [Vec<f64>; 3] = Default::default();
    for _ in 0..setting("ESSAIM_BENCH_ROUNDS", ROUNDS) {
        let (spent, report) = import(&file, false);
        assert_eq!((report.rows, report.created), (rows_count, rows_count), "all rows are good");
        seconds[0].push(spent.as_secs_f64());
        seconds[1].push(write_bare(&applied).as_secs_f64());
        seconds[2].push(write_bare(&once).as_secs_f64());
    }
    let ratios = |bare: usize| -> Vec<f64> {
        seconds[bare].iter().zip(&seconds[0]).map(|(bare, ours)| bare / ours).collect()
    };
    let ratio = |name: &str, bare: usize| {
        let met = common::median(ratios(bare)) >= RATE_MIN;
        let required = format!("at least {RATE_MIN}");
        Figure::required(name, spread(&ratios(bare), 2), &required, met)
    };
    let per_second = |index: usize| {
        let rates: Vec<f64> = seconds[index].iter().map(|one| rows_count as f64 / one).collect();
        spread(&rates, 0)
    };
    vec![
        Figure::told("import, rows/s", per_second(0)),
        Figure::told("bare sled, as applied, rows/s", per_second(1)),
        Figure::told("bare sled, once each, rows/s", per_second(2)),
        ratio("import ÷ bare sled, as applied", 1),
        // What the layout of the records costs: records that share a key are written together.
        Figure::told("import ÷ bare sled, once each", spread(&ratios(2), 2)),
    ]
}

/// Peaks of memory, shorter and longer file.
fn peaks(folder: &Path, rows_count: u64) -> Vec<Figure> {
    let mut mib: [[f64; 2]; 3] = Default::default();
    for (index, count) in [rows_count, LONGER * rows_count].into_iter().enumerate() {
        let (file, applied) = (folder.join("peaks.csv"), folder.join("peaks"));
        rows::write(&file, count);
        record(&file, &applied);
        let peak = |role: &str, path: &Path| -> f64 {
            let runs = setting("ESSAIM_BENCH_ROUNDS", ROUNDS);
            let kib = (0..runs).map(|_| run_child(role, &[&argument(path)]));
            let kib = kib.map(|kib| kib.parse::<f64>().expect("a number of KiB"));
            kib.fold(f64::INFINITY, f64::min) / 1024.0
        };
        mib[0][index] = peak("import", &file);
        mib[1][index] = peak("bare", &applied);
        mib[2][index] = peak("dry-run", &file);
    }
    let told = |name: &str, [shorter, longer]: [f64; 2]| {
        Figure::told(name, format!("{shorter:.1} → {longer:.1}"))
    };
    let required = format!("at most {GROWTH_MIB_MAX}");
    let growth = |name: &str, growth: f64| {
        let met = growth <= GROWTH_MIB_MAX;
        Figure::required(name, format!("{growth:.1}"), &required, met)
    };
    let [import, bare, dry_run] = mib;
    let grown = |[shorter, longer]: [f64; 2]| longer - shorter;
    vec![
        told("peak MiB of the import, file ×4", import),
        told("peak MiB of bare sled, the same batches", bare),
        told("peak MiB of a dry run", dry_run),
        growth("growth of the import − growth of bare sled, MiB", grown(import) - grown(bare)),
        growth("growth of a dry run, MiB", grown(dry_run)),
    ]
}

/// Does one thing in a process of its own and prints its peak of memory in KiB.
fn child(role: &str, arguments: &[String]) {
    let path = path_from(&arguments[0]);
    match role {
        "import" => drop(import(&path, false)),
        "dry-run" => drop(import(&path, true)),
        "bare" => drop(write_bare(&path)),
        role => panic!("no child is called {role}"),
    }
    println!("{}", memory_kib("self", "VmHWM"));
}

/// Imports the file into a new store on disk. Returns how long that took, from the making of the
/// store until it is let go.
fn import(file: &Path, dry_run: bool) -> (Duration, Report) {
    let folder = common::disk_folder();
    let options = SledOptions::in_folder(folder.path().join("store"));
    timed(|| import_into(Arc::new(SledStore::create(&options).expect("new")), file, dry_run))
}

fn import_into(store: SharedStore, file: &Path, dry_run: bool) -> Report {
    let codes = Arc::new(Codes::embedded());
    let clock = Arc::new(ManualClock::at_noon(date(2027, 1, 31)));
    let area = "ML".parse().expect("a code");
    let repository = Repository::new(Arc::clone(&store), clock, Arc::clone(&codes), area);
    let mapping = Mapping::from_toml(rows::MAPPING).expect("a sound mapping");
    let actor = "essaim://ML/steward/bench";
    let importer = Importer::new(&repository, &store, &codes, &mapping, actor).expect("sound");
    let file = File::open(file).expect("the file of rows");
    importer.run(file, dry_run, &mut |_| {}).expect("an import")
}

/// Imports the file, and records every batch in `batches`.
fn record(file: &Path, batches: &Path) {
    let folder = common::disk_folder();
    let options = SledOptions::in_folder(folder.path().join("store"));
    let store = SledStore::create(&options).expect("a new store");
    let into = BufWriter::new(File::create(batches).expect("a new file"));
    let recording = Arc::new(Recording { store, batches: Mutex::new(into) });
    import_into(recording.clone(), file, false);
    recording.batches.lock().expect("no panic").flush().expect("room on the disk");
}

/// A store that records what it is told.
struct Recording {
    store: SledStore,
    batches: Mutex<BufWriter<File>>,
}

impl Store for Recording {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key)
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        self.store.range(from, to)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let operations = batch.operations();
        let operations = operations.map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
        let operations: Operations = operations.collect();
        write_operations(&mut *self.batches.lock().expect("no panic"), &operations)?;
        self.store.apply(batch)
    }

    fn barrier(&self) -> Result<(), StoreError> {
        self.store.barrier()
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.store.disk_bytes()
    }
}

/// Keys with the values they are set to, or `None` where they are removed.
type Operations = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn write_operations(into: &mut impl Write, operations: &Operations) -> std::io::Result<()> {
    into.write_all(&(operations.len() as u32).to_le_bytes())?;
    for (key, value) in operations {
        let value_bytes = value.as_ref().map_or(u32::MAX, |value| value.len() as u32);
        into.write_all(&(key.len() as u32).to_le_bytes())?;
        into.write_all(&value_bytes.to_le_bytes())?;
        into.write_all(key)?;
        into.write_all(value.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// Recorded batches, one after the other.
struct Recorded(BufReader<File>);

impl Recorded {
    fn open(path: &PathBuf) -> Self {
        Self(BufReader::new(File::open(path).expect("recorded batches")))
    }

    fn number(&mut self) -> Option<u32> {
        let mut bytes = [0; 4];
        self.0.read_exact(&mut bytes).ok()?;
        Some(u32::from_le_bytes(bytes))
    }

    fn bytes(&mut self, count: u32) -> Vec<u8> {
        let mut bytes = vec![0; count as usize];
        self.0.read_exact(&mut bytes).expect("a whole batch");
        bytes
    }
}

impl Iterator for Recorded {
    type Item = Operations;

    fn next(&mut self) -> Option<Operations> {
        let count = self.number()?;
        let operation = |_| {
            let (key, value) = (self.number().expect("a key"), self.number().expect("a value"));
            let key = self.bytes(key);
            (key, (value != u32::MAX).then(|| self.bytes(value)))
        };
        Some((0..count).map(operation).collect())
    }
}

/// Copies the batches without the writes that a later one makes void.
fn keep_last_writes(applied: &PathBuf, once: &PathBuf) {
    let mut last: HashMap<Vec<u8>, usize> = HashMap::new();
    for (index, operations) in Recorded::open(applied).enumerate() {
        last.extend(operations.into_iter().map(|(key, _)| (key, index)));
    }
    let mut into = BufWriter::new(File::create(once).expect("a new file"));
    for (index, mut operations) in Recorded::open(applied).enumerate() {
        operations.retain(|(key, _)| last[key] == index);
        write_operations(&mut into, &operations).expect("room on the disk");
    }
    into.flush().expect("room on the disk");
}

/// Writes the batches into a new bare sled. Returns how long sled and the disk took: without
/// reading the batches.
fn write_bare(batches: &PathBuf) -> Duration {
    let folder = common::disk_folder();
    let config = sled::Config::new()
        .path(folder.path())
        .cache_capacity(SledOptions::CACHE_BYTES_DEFAULT)
        .flush_every_ms(Some(500));
    let (mut spent, db) = timed(|| config.open().expect("a new store"));
    let main_file = File::open(folder.path().join("db")).expect("sled's main file");
    for operations in Recorded::open(batches) {
        let write = || {
            let mut batch = sled::Batch::default();
            for (key, value) in operations {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            db.apply_batch(batch).expect("sled writes");
            db.flush().expect("sled flushes");
            main_file.sync_data().expect("the disk syncs");
        };
        spent += timed(write).0;
    }
    spent + timed(|| drop(db)).0
}
