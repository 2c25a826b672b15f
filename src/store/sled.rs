//! The store on disk: sled 0.34, the only file of the crate that names it.
//!
//! What this file makes up for:
//! - sled's `flush` hands pages to the kernel and does not wait for the disk. One committer thread
//!   flushes and then calls `fdatasync` on a handle of its own, for all waiters at once. A sync
//!   that failed may have lost what it should have written: the store takes no barrier after it.
//! - `flush_async` deadlocks and `generate_id` jumps: neither is used.
//! - Large values go to side files that are never synced: sizes are checked before each batch.
//! - A damaged file makes `open` fail or panic: both end in one error that says what to do.
//! - sled takes a main file cut short for one whose last writes were interrupted, and drops what
//!   was there in silence. Each batch therefore carries a number, and the committer notes in a file
//!   beside the main one which number it has acknowledged: a store that holds less is refused.

use std::{
    fs::{self, File},
    io,
    ops::Bound,
    os::unix::fs::FileExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use crate::store::{
    Batch, Pairs, Store, StoreError, check_format, check_sizes, format_batch, is_empty_range,
    prefix,
};

/// sled's own name for its main file.
const MAIN_FILE: &str = "db";

/// The name sled logs under. Below warnings it prints whole keys and values, records included.
pub const LOG_TARGET: &str = "sled";

/// The file that holds the number of the last acknowledged batch. It may be lost: the store is then
/// not checked against it. It is not synced, so that after a power cut it may only be too low.
const MARK_FILE: &str = "acknowledged";

/// Where each batch puts its number.
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

const ACCEPT_LOSS: &str = "then restore the newest copy of the folder, or remove the file \
    `acknowledged` from it to go on with what is left";

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
    /// Number of the last batch applied. Held while a batch is applied, so that numbers and batches
    /// come in the same order; sled lets in one batch at a time anyway.
    applied: Arc<Mutex<u64>>,
}

impl SledStore {
    /// Creates a store in a folder that is absent or empty.
    pub fn create(options: &SledOptions) -> Result<Self, StoreError> {
        let folder = &options.folder;
        fs::create_dir_all(folder)?;
        if fs::read_dir(folder)?.next().is_some() {
            return Err(StoreError::Exists { folder: folder.display().to_string() });
        }
        let store = Self::open_sled(options)?;
        store.commit(&format_batch())?;
        // The names of the new files, and of the folder, must outlive a power cut too.
        sync_folder(folder)?;
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        Ok(store)
    }

    /// Opens an existing store. Does not read the records.
    pub fn open(options: &SledOptions) -> Result<Self, StoreError> {
        let folder = options.folder.display().to_string();
        // sled would create what is missing, and so hide the loss of its main file.
        if !options.folder.join(MAIN_FILE).is_file() {
            return Err(StoreError::Missing { folder });
        }
        let store = Self::open_sled(options)?;
        check_format(&store, &folder)?;
        Ok(store)
    }

    fn open_sled(options: &SledOptions) -> Result<Self, StoreError> {
        let config = sled::Config::new()
            .path(&options.folder)
            .cache_capacity(options.cache_bytes)
            .flush_every_ms(Some(FLUSH_EVERY_MS));
        let db = open_patiently(&config, &options.folder)?;
        let number = last_batch(&db)?;
        let mark = Mark::open(&options.folder)?;
        if mark.acknowledged()? > number {
            let detail = "batches that had been acknowledged are gone from its end".into();
            return Err(StoreError::Corrupt { detail, remedy: ACCEPT_LOSS });
        }
        let applied = Arc::new(Mutex::new(number));
        let disk = Disk {
            db: db.clone(),
            main_file: File::open(options.folder.join(MAIN_FILE))?,
            applied: Arc::clone(&applied),
            mark,
        };
        Ok(Self { db, committer: Committer::start(disk)?, applied })
    }
}

/// Opens the files. sled's own threads keep the lock of a store just dropped for a moment.
fn open_patiently(config: &sled::Config, folder: &Path) -> Result<sled::Db, StoreError> {
    for _ in 0..LOCK_ATTEMPTS_MAX {
        let Ok(opened) = catch_unwind(AssertUnwindSafe(|| config.open())) else {
            let detail = "sled stopped while reading its files".into();
            return Err(StoreError::Corrupt { detail, remedy: RESTORE });
        };
        match opened.map_err(|error| open_fault(error, folder)) {
            Err(StoreError::Locked { .. }) => std::thread::sleep(LOCK_PAUSE),
            opened => return opened,
        }
    }
    Err(StoreError::Locked { folder: folder.display().to_string() })
}

/// The number of the last batch in the store.
fn last_batch(db: &sled::Db) -> Result<u64, StoreError> {
    let bytes = db.get(BATCH_NUMBER_KEY).map_err(fault)?;
    let number = bytes.map_or(Some(0), |bytes| Some(u64::from_be_bytes((*bytes).try_into().ok()?)));
    number.ok_or_else(|| StoreError::Corrupt {
        detail: "the number of its last batch cannot be read".into(),
        remedy: RESTORE,
    })
}

/// The number of the last acknowledged batch, in a file of its own.
struct Mark(File);

impl Mark {
    fn open(folder: &Path) -> Result<Self, StoreError> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Self(options.open(folder.join(MARK_FILE))?))
    }

    /// The number; 0 if the file is new or unreadable.
    fn acknowledged(&self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        match self.0.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(u64::from_be_bytes(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn set(&self, number: u64) -> io::Result<()> {
        self.0.write_all_at(&number.to_be_bytes(), 0)
    }
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.db.get(key).map_err(fault)?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        if is_empty_range(&from, &to) {
            return Box::new(std::iter::empty());
        }
        let pairs = self.db.range((from, to));
        Box::new(pairs.map(|pair| {
            let (key, value) = pair.map_err(fault)?;
            Ok((key.to_vec(), value.to_vec()))
        }))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        check_sizes(batch)?;
        let mut operations = sled::Batch::default();
        for (key, value) in batch.operations() {
            match value {
                Some(value) => operations.insert(key, value),
                None => operations.remove(key),
            }
        }
        let mut applied = lock(&self.applied);
        let number = *applied + 1;
        operations.insert(BATCH_NUMBER_KEY, &number.to_be_bytes());
        self.db.apply_batch(operations).map_err(fault)?;
        *applied = number;
        Ok(())
    }

    fn barrier(&self) -> Result<(), StoreError> {
        self.committer.wait()
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.db.size_on_disk().map_err(fault)
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
    applied: Arc<Mutex<u64>>,
    mark: Mark,
}

impl Disk {
    /// Makes durable what has been applied, and notes its number.
    fn sync(&self) -> Result<(), SyncFault> {
        let number = *lock(&self.applied);
        let io_fault = |error: io::Error| SyncFault::Io(error.kind(), error.to_string());
        self.db.flush().map_err(|error| match error {
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

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    Ok(File::open(folder)?.sync_all()?)
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
