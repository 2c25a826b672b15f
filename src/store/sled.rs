//! The store on disk: sled 0.34, the only file of the crate that names it.
//!
//! What this file makes up for:
//! - sled's `flush` hands pages to the kernel and does not wait for the disk. One committer thread
//!   flushes and then calls `fdatasync` on a handle of its own, for all waiters at once. A sync
//!   that failed may have lost what it should have written: the store takes no barrier after it.
//! - `flush_async` deadlocks and `generate_id` jumps: neither is used.
//! - Large values go to side files that are never synced: sizes are checked before each batch.
//! - A damaged file makes sled fail or panic: both end in one error that says what to do.
//! - sled takes a main file cut short for one whose last writes were interrupted, and drops what
//!   was there in silence. Each batch therefore carries a number, and the committer notes in a file
//!   beside the main one which number it has acknowledged: a store that holds less is refused.
//! - What sled cannot read before the end of its log it passes over in silence too. The main file
//!   is therefore looked at before sled opens it ([`survey`]), and each batch brings a [`Tally`] of
//!   all pairs up to date, which [`SledStore::inspect`] compares with what is there.

use std::{
    fs::{self, File},
    io,
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use crate::{
    base::folder::sync_folder,
    store::{
        Batch, Pair, Pairs, Store, StoreError, check_format, check_sizes, format_batch,
        inspection::{Finding, Inspection, Reading},
        is_empty_range,
        mark::Mark,
        prefix,
        quiet::catch,
        survey::{self, Survey},
        tally::{PairDigest, Tally, owner_name},
    },
};

/// sled's own name for its main file.
const MAIN_FILE: &str = "db";

/// The name sled logs under. Below warnings it prints whole keys and values, records included.
pub const LOG_TARGET: &str = "sled";

/// Where each batch puts its number and the tally.
const BATCH_NUMBER_KEY: &[u8] = &[prefix::NODE, b'b', b'a', b't', b'c', b'h'];

/// How often sled writes out dirty pages by itself, in milliseconds.
const FLUSH_EVERY_MS: u64 = 500;

/// How often, and after which pauses, a locked store is tried again.
const LOCK_ATTEMPTS_MAX: u32 = 25;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Most waiters answered by one sync.
const WAITERS_MAX: usize = 4_096;

const DROP_SNAPSHOTS: &str = "then move the files snap.* out of the folder and start again (they \
    are rebuilt from the main file); if that fails too, restore the newest copy of the folder";

const RESTORE: &str = "then restore the newest copy of the folder";

const INSPECT: &str = "then run `essaim store verify` on the node's folder: it tells what is lost, \
    if anything is; restore the newest copy of the folder, or go on with what is left";

const STOPPED: &str = "sled stopped while reading its files";

/// Where the store is and how much of it may be kept in memory.
#[derive(Debug, Clone)]
pub struct SledOptions {
    /// The store's own folder.
    pub folder: PathBuf,
    /// Size of the page cache in bytes. The process takes some four times as much under load.
    pub cache_bytes: u64,
}

impl SledOptions {
    /// Size of the page cache unless configured, in bytes.
    pub const CACHE_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;

    /// A store in `folder`, with the default cache.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), cache_bytes: Self::CACHE_BYTES_DEFAULT }
    }
}

/// A store on disk. Dropping it flushes and releases the folder.
pub struct SledStore {
    db: sled::Db,
    committer: Committer,
    /// The last batch. Held while a batch is applied, so that numbers and batches come in the same
    /// order; sled lets in one batch at a time anyway.
    applied: Arc<Mutex<Applied>>,
}

/// The last batch that was applied.
#[derive(Debug, Clone)]
struct Applied {
    number: u64,
    /// What the store holds since.
    tally: Tally,
}

impl SledStore {
    /// Creates a store in a folder that is absent or empty.
    pub fn create(options: &SledOptions) -> Result<Self, StoreError> {
        let folder = &options.folder;
        fs::create_dir_all(folder)?;
        if fs::read_dir(folder)?.next().is_some() {
            return Err(StoreError::Exists { folder: folder.display().to_string() });
        }
        let (store, _) = Self::open_sled(options)?;
        store.commit(&format_batch())?;
        // The names of the new files, and of the folder, must outlive a power cut too.
        sync_folder(folder)?;
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        Ok(store)
    }

    /// Opens an existing store. Does not read the records, only what sled itself reads at a start.
    pub fn open(options: &SledOptions) -> Result<Self, StoreError> {
        let main = options.folder.join(MAIN_FILE);
        match Self::survey(options)? {
            Survey::Sound => {}
            // sled will drop the rest; before it does, a copy shows whether that may be.
            Survey::Torn(_) if Reading::open_copy(options)?.findings.is_empty() => {}
            Survey::Torn(at) | Survey::Damaged(at) => {
                let detail = format!("its file {} cannot be read at byte {at}", main.display());
                return Err(StoreError::Corrupt { detail, remedy: INSPECT });
            }
        }
        let (store, acknowledged) = Self::open_sled(options)?;
        if acknowledged > lock(&store.applied).number {
            let detail = format!(
                "batches that had been acknowledged are gone from the end of its file {}",
                main.display()
            );
            return Err(StoreError::Corrupt { detail, remedy: INSPECT });
        }
        check_format(&store, &options.folder.display().to_string())?;
        Ok(store)
    }

    /// Opens a store whatever its damage, if that can be. sled then drops what it cannot read.
    pub(super) fn open_damaged(options: &SledOptions) -> Result<(Self, Vec<Finding>), StoreError> {
        let mut findings = Vec::new();
        if let Survey::Damaged(at) = Self::survey(options)? {
            findings.push(Finding::Passed { file: MAIN_FILE, at });
        }
        let (store, acknowledged) = Self::open_sled(options)?;
        let number = lock(&store.applied).number;
        if acknowledged > number {
            findings.push(Finding::Behind { batches: acknowledged - number });
        }
        Ok((store, findings))
    }

    /// Reads everything. `findings` are those of the opening.
    pub fn inspect(&self, findings: Vec<Finding>) -> Inspection {
        let mut inspection = Inspection { found: Tally::default(), findings };
        let tally = lock(&self.applied).tally.clone();
        for owner in 0..=u8::MAX {
            if let Err(error) = self.count(owner, &mut inspection.found) {
                inspection.findings.push(Finding::Unreadable { owner: owner_name(owner), error });
            } else if inspection.found.of(owner) != tally.of(owner) {
                let (pairs, found) = (tally.of(owner).pairs, inspection.found.of(owner).pairs);
                let owner = owner_name(owner);
                inspection.findings.push(Finding::Differs { owner, pairs, found });
            }
        }
        inspection
    }

    /// Goes on with what `inspection` found: it is what later inspections compare with.
    pub fn accept(&self, inspection: &Inspection) -> Result<(), StoreError> {
        lock(&self.applied).tally = inspection.found.clone();
        self.commit(&Batch::default())
    }

    /// The digest of what `key` holds.
    fn digest(&self, key: &[u8]) -> Result<Option<PairDigest>, StoreError> {
        let value = guarded(|| self.db.get(key))?;
        Ok(value.map(|value| PairDigest::of(key, &value)))
    }

    fn count(&self, owner: u8, tally: &mut Tally) -> Result<(), StoreError> {
        for pair in self.scan_prefix(&[owner]) {
            let (key, value) = pair?;
            if key != BATCH_NUMBER_KEY {
                tally.add(&key, &value);
            }
        }
        Ok(())
    }

    /// What the main file looks like.
    pub(super) fn survey(options: &SledOptions) -> Result<Survey, StoreError> {
        let main = options.folder.join(MAIN_FILE);
        // sled would create what is missing, and so hide the loss of its main file.
        if !main.is_file() {
            return Err(StoreError::Missing { folder: options.folder.display().to_string() });
        }
        Ok(survey::survey(&options.folder, &main)?)
    }

    /// An error if another process holds the store.
    pub(super) fn check_unlocked(options: &SledOptions) -> Result<(), StoreError> {
        match File::open(options.folder.join(MAIN_FILE))?.try_lock() {
            Ok(()) => Ok(()),
            Err(fs::TryLockError::WouldBlock) => {
                Err(StoreError::Locked { folder: options.folder.display().to_string() })
            }
            Err(fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// The store, and the number of the last batch that was acknowledged.
    fn open_sled(options: &SledOptions) -> Result<(Self, u64), StoreError> {
        let config = sled::Config::new()
            .path(&options.folder)
            .cache_capacity(options.cache_bytes)
            .segment_size(survey::SEGMENT_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MS));
        let opened = open_patiently(&config, &options.folder);
        let db = opened.map_err(|error| in_folder(error, &options.folder))?;
        let mark = Mark::open(&options.folder)?;
        let acknowledged = mark.acknowledged()?;
        let last = last_batch(&db);
        let (number, tally) = last.map_err(|error| in_folder(error, &options.folder))?;
        let applied = Applied { number, tally: tally.clone().unwrap_or_default() };
        let applied = Arc::new(Mutex::new(applied));
        let disk = Disk {
            db: db.clone(),
            main_file: File::open(options.folder.join(MAIN_FILE))?,
            applied: Arc::clone(&applied),
            mark,
        };
        let store = Self { db, committer: Committer::start(disk)?, applied };
        if tally.is_none() {
            // Written by a program that kept none: it begins with what is there.
            let mut tally = Tally::default();
            (0..=u8::MAX).try_for_each(|owner| store.count(owner, &mut tally))?;
            lock(&store.applied).tally = tally;
        }
        Ok((store, acknowledged))
    }
}

/// Opens the files. sled's own threads keep the lock of a store just dropped for a moment.
fn open_patiently(config: &sled::Config, folder: &Path) -> Result<sled::Db, StoreError> {
    for _ in 0..LOCK_ATTEMPTS_MAX {
        let Some(opened) = catch(|| config.open()) else {
            return Err(StoreError::Corrupt { detail: STOPPED.into(), remedy: RESTORE });
        };
        match opened.map_err(|error| open_fault(error, folder)) {
            Err(StoreError::Locked { .. }) => std::thread::sleep(LOCK_PAUSE),
            opened => return opened,
        }
    }
    Err(StoreError::Locked { folder: folder.display().to_string() })
}

/// The number of the last batch in the store, and the tally if it has one.
fn last_batch(db: &sled::Db) -> Result<(u64, Option<Tally>), StoreError> {
    let Some(bytes) = guarded(|| db.get(BATCH_NUMBER_KEY))? else { return Ok((0, None)) };
    Tally::from_bytes(&bytes).ok_or_else(|| StoreError::Corrupt {
        detail: "the number of its last batch cannot be read".into(),
        remedy: RESTORE,
    })
}

/// What sled answers; its errors and panics as ours.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    let done = catch(work);
    let stopped = || StoreError::Corrupt { detail: STOPPED.into(), remedy: RESTORE };
    done.ok_or_else(stopped)?.map_err(fault)
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = guarded(|| self.db.get(key))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        if is_empty_range(&from, &to) {
            return Box::new(std::iter::empty());
        }
        let mut pairs = self.db.range((from, to));
        let mut next = move || -> Result<Option<Pair>, StoreError> {
            let pair = guarded(|| pairs.next().transpose())?;
            Ok(pair.map(|(key, value)| (key.to_vec(), value.to_vec())))
        };
        let mut over = false;
        Box::new(std::iter::from_fn(move || {
            // After an error sled would go round and round at the same place.
            let found = if over { None } else { next().transpose() };
            over = !matches!(found, Some(Ok(_)));
            found
        }))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        check_sizes(batch)?;
        let mut operations = sled::Batch::default();
        let mut applied = lock(&self.applied);
        let mut next = Applied { number: applied.number + 1, tally: applied.tally.clone() };
        for (key, value) in batch.operations() {
            let told = batch.replaced(key);
            // What cannot be read contradicts nobody.
            debug_assert!(
                told.is_none_or(|told| self.digest(key).map_or(true, |held| held == told))
            );
            if let Some(pair) = told.map_or_else(|| self.digest(key), Ok)? {
                next.tally.remove(key, pair);
            }
            match value {
                Some(value) => {
                    next.tally.add(key, value);
                    operations.insert(key, value);
                }
                None => operations.remove(key),
            }
        }
        operations.insert(BATCH_NUMBER_KEY, next.tally.to_bytes(next.number));
        guarded(|| self.db.apply_batch(operations))?;
        *applied = next;
        Ok(())
    }

    fn barrier(&self) -> Result<(), StoreError> {
        self.committer.wait()
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        guarded(|| self.db.size_on_disk())
    }
}

/// A waiter's place to be answered.
type Waiter = mpsc::SyncSender<Result<(), SyncFault>>;

/// Why a sync failed, in a form that all its waiters can have.
#[derive(Debug, Clone)]
enum SyncFault {
    Io(io::ErrorKind, String),
    Corrupt(String),
}

impl From<SyncFault> for StoreError {
    fn from(fault: SyncFault) -> Self {
        match fault {
            SyncFault::Io(kind, text) => Self::Io(io::Error::new(kind, text)),
            SyncFault::Corrupt(detail) => Self::Corrupt { detail, remedy: RESTORE },
        }
    }
}

/// The thread that makes batches durable.
struct Committer {
    /// `None` once the store is being dropped.
    waiters: Option<Mutex<mpsc::Sender<Waiter>>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    fn start(disk: Disk) -> Result<Self, StoreError> {
        let (waiters, incoming) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("store-committer".into())
            .spawn(move || commit_until_closed(&disk, &incoming))?;
        Ok(Self { waiters: Some(Mutex::new(waiters)), thread: Some(thread) })
    }

    fn wait(&self) -> Result<(), StoreError> {
        let (waiter, answer) = mpsc::sync_channel(1);
        let sender = self.waiters.as_ref().ok_or(StoreError::Closed)?;
        lock(sender).send(waiter).map_err(|_| StoreError::Closed)?;
        Ok(answer.recv().map_err(|_| StoreError::Closed)??)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        drop(self.waiters.take());
        if let Some(thread) = self.thread.take() {
            // A committer that panicked has answered nobody since; there is nobody to tell.
            let _ = thread.join();
        }
    }
}

/// What the committer thread works on.
struct Disk {
    db: sled::Db,
    main_file: File,
    applied: Arc<Mutex<Applied>>,
    mark: Mark,
}

impl Disk {
    /// Makes durable what has been applied, and notes its number.
    fn sync(&self) -> Result<(), SyncFault> {
        let number = lock(&self.applied).number;
        let io_fault = |error: io::Error| SyncFault::Io(error.kind(), error.to_string());
        let flushed = catch(|| self.db.flush());
        let flushed = flushed.ok_or_else(|| SyncFault::Corrupt(STOPPED.into()))?;
        flushed.map_err(|error| match error {
            sled::Error::Io(error) => io_fault(error),
            error => SyncFault::Corrupt(describe(&error)),
        })?;
        self.main_file.sync_data().map_err(io_fault)?;
        self.mark.set(number).map_err(io_fault)
    }
}

/// Takes all who wait, syncs once, answers all: until nobody can come any more.
fn commit_until_closed(disk: &Disk, incoming: &mpsc::Receiver<Waiter>) {
    let mut failed: Option<SyncFault> = None;
    while let Ok(first) = incoming.recv() {
        let mut waiters = vec![first];
        waiters.extend(incoming.try_iter().take(WAITERS_MAX - 1));
        if failed.is_none() {
            failed = disk.sync().err();
        }
        for waiter in waiters {
            // A waiter that has gone needs no answer.
            let _ = waiter.send(failed.clone().map_or(Ok(()), Err));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is whole at every moment, so a poisoned one is sound.
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// An error of `open`. sled 0.34.7 reports contention for its lock as text alone.
fn open_fault(error: sled::Error, folder: &Path) -> StoreError {
    match error {
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
            StoreError::Locked { folder: folder.display().to_string() }
        }
        sled::Error::Io(error)
            if matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
            ) =>
        {
            StoreError::Corrupt { detail: error.to_string(), remedy: DROP_SNAPSHOTS }
        }
        sled::Error::Io(error) => StoreError::Io(error),
        error => StoreError::Corrupt { detail: describe(&error), remedy: DROP_SNAPSHOTS },
    }
}

/// The error with the place of what is damaged.
fn in_folder(error: StoreError, folder: &Path) -> StoreError {
    match error {
        StoreError::Corrupt { detail, remedy } => {
            let detail = format!("{detail}, in {}", folder.display());
            StoreError::Corrupt { detail, remedy }
        }
        error => error,
    }
}

/// An error of any later call.
fn fault(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => StoreError::Io(error),
        error => StoreError::Corrupt { detail: describe(&error), remedy: RESTORE },
    }
}

/// What sled found, without the bytes it found (its own texts may quote a key).
fn describe(error: &sled::Error) -> String {
    match error {
        sled::Error::Corruption { at: Some(at), .. } => {
            format!("wrong checksum at {at} of its main file")
        }
        sled::Error::Corruption { at: None, .. } => "wrong checksum".into(),
        sled::Error::Unsupported(_) => "its files are of another version of sled".into(),
        sled::Error::ReportableBug(_) => "its files contradict each other".into(),
        sled::Error::CollectionNotFound(_) => "its tree is gone".into(),
        sled::Error::Io(error) => error.to_string(),
    }
}
