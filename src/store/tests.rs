use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader},
    ops::Bound,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    base::limits::{STORE_KEY_BYTES_MAX, STORE_VALUE_BYTES_MAX},
    store::{
        Batch, FORMAT_KEY, Store, StoreError,
        inspection::Reading,
        memory::MemoryStore,
        sled::{SledOptions, SledStore},
        survey::{self, Survey},
    },
};

fn create(folder: &Path) -> SledStore {
    SledStore::create(&SledOptions::in_folder(folder)).unwrap()
}

fn open(folder: &Path) -> Result<SledStore, StoreError> {
    SledStore::open(&SledOptions::in_folder(folder))
}

/// The refusal of `open`, in words.
fn refusal(folder: &Path) -> String {
    match open(folder) {
        Ok(_) => panic!("the store opened"),
        Err(error) => error.to_string(),
    }
}

fn key(number: u32) -> Vec<u8> {
    [b"x".as_slice(), &number.to_be_bytes()].concat()
}

fn fill(store: &dyn Store, keys: std::ops::Range<u32>) {
    for start in keys.clone().step_by(500) {
        let mut batch = Batch::default();
        for number in start..keys.end.min(start + 500) {
            batch.put(key(number), number.to_le_bytes().repeat(25));
        }
        store.commit(&batch).unwrap();
    }
}

fn with_each(check: impl Fn(&dyn Store)) {
    check(&MemoryStore::default());
    let folder = tempfile::tempdir().unwrap();
    check(&create(&folder.path().join("store")));
}

/// The snapshot file of a closed store.
fn snapshot(folder: &Path) -> PathBuf {
    let mut names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    names.find(|path| path.to_string_lossy().contains("snap.")).unwrap()
}

#[test]
fn a_batch_is_seen_whole_and_removals_count() {
    with_each(|store| {
        fill(store, 0..3);
        let mut batch = Batch::default();
        batch.remove(key(1));
        batch.put(key(2), *b"two");
        store.commit(&batch).unwrap();
        let pairs: Result<Vec<_>, _> = store.scan_prefix(b"x").collect();
        let keys: Vec<_> = pairs.unwrap().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [key(0), key(2)]);
        assert_eq!(store.get(&key(2)).unwrap().as_deref(), Some(b"two".as_slice()));
        assert_eq!(store.get(&key(1)).unwrap(), None);
    });
}

#[test]
fn ranges_keep_to_their_bounds_and_empty_ones_are_empty() {
    with_each(|store| {
        fill(store, 0..5);
        let count = |from, to| store.range(from, to).count();
        assert_eq!(count(Bound::Included(key(1)), Bound::Excluded(key(4))), 3);
        assert_eq!(count(Bound::Excluded(key(1)), Bound::Included(key(4))), 3);
        assert_eq!(count(Bound::Included(key(4)), Bound::Included(key(1))), 0);
        assert_eq!(count(Bound::Excluded(key(2)), Bound::Excluded(key(2))), 0);
        assert_eq!(count(Bound::Included(key(2)), Bound::Included(key(2))), 1);
    });
}

#[test]
fn oversized_keys_and_values_are_refused_before_anything_is_written() {
    with_each(|store| {
        for (key, value) in [
            (vec![b'x'; STORE_KEY_BYTES_MAX + 1], Vec::new()),
            (b"xy".to_vec(), vec![0; STORE_VALUE_BYTES_MAX + 1]),
        ] {
            let mut batch = Batch::default();
            batch.put(*b"xa", *b"small");
            batch.put(key, value);
            let refused = store.commit(&batch);
            assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
        }
        assert_eq!(store.get(b"xa").unwrap(), None);
        let mut batch = Batch::default();
        batch.put(vec![b'x'; STORE_KEY_BYTES_MAX], vec![0; STORE_VALUE_BYTES_MAX]);
        store.commit(&batch).unwrap();
    });
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    let store = create(&folder);
    fill(&store, 0..2_000);
    drop(store);
    let store = open(&folder).unwrap();
    let pairs: Result<Vec<_>, _> = store.scan_prefix(b"x").collect();
    assert_eq!(pairs.unwrap().len(), 2_000);
    assert!(store.disk_bytes().unwrap() > 0);
}

#[test]
fn many_waiters_share_the_committer_and_all_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    let store = create(&folder);
    std::thread::scope(|scope| {
        for writer in 0..8_u32 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..25 {
                    let mut batch = Batch::default();
                    batch.put(key(writer * 100 + number), *b"");
                    store.commit(&batch).unwrap();
                }
            });
        }
    });
    drop(store);
    assert_eq!(open(&folder).unwrap().scan_prefix(b"x").count(), 200);
}

#[test]
fn large_values_stay_out_of_side_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    let store = create(&folder);
    for number in 0..200 {
        let mut batch = Batch::default();
        batch.put(key(number), vec![7; STORE_VALUE_BYTES_MAX]);
        store.apply(&batch).unwrap();
    }
    store.barrier().unwrap();
    drop(store);
    let blobs = fs::read_dir(folder.join("blobs")).map_or(0, Iterator::count);
    assert_eq!(blobs, 0);
}

#[test]
fn creation_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "kept").unwrap();
    let refused = SledStore::create(&SledOptions::in_folder(folder.path()));
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_absent_store_is_refused_and_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("nowhere");
    assert!(matches!(open(&absent), Err(StoreError::Missing { .. })));
    assert!(!absent.exists());
    assert!(refusal(&absent).contains("nowhere"));
}

#[test]
fn a_store_that_lost_its_main_file_is_refused_and_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    fill(&create(&folder), 0..100);
    fs::remove_file(folder.join("db")).unwrap();
    assert!(matches!(open(&folder), Err(StoreError::Missing { .. })));
    assert!(!folder.join("db").exists());
}

#[test]
fn a_second_opening_is_refused_as_locked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    let store = create(&folder);
    assert!(matches!(open(&folder), Err(StoreError::Locked { .. })));
    drop(store);
    open(&folder).unwrap();
}

#[test]
fn a_store_of_a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    let store = create(&folder);
    let mut batch = Batch::default();
    batch.put(FORMAT_KEY, 7_u32.to_be_bytes());
    store.commit(&batch).unwrap();
    drop(store);
    assert!(matches!(open(&folder), Err(StoreError::Newer { found: 7, known: 1 })));
}

#[test]
fn a_store_whose_creation_was_interrupted_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    let store = create(&folder);
    let mut batch = Batch::default();
    batch.remove(FORMAT_KEY);
    store.commit(&batch).unwrap();
    drop(store);
    assert!(matches!(open(&folder), Err(StoreError::Unfinished { .. })));
}

#[test]
fn a_damaged_snapshot_is_reported_with_a_remedy_that_works() {
    for keep_bytes in [0, 40] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("store");
        fill(&create(&folder), 0..2_000);
        // sled writes its snapshot when it opens what it finds.
        drop(open(&folder).unwrap());
        let snapshot = snapshot(&folder);
        let file = OpenOptions::new().write(true).open(&snapshot).unwrap();
        file.set_len(keep_bytes).unwrap();
        let text = refusal(&folder);
        assert!(text.contains("damaged") && text.contains("move the files snap.*"), "{text}");
        fs::remove_file(snapshot).unwrap();
        assert_eq!(open(&folder).unwrap().scan_prefix(b"x").count(), 2_000);
    }
}

#[test]
fn a_main_file_cut_short_is_reported_as_damage() {
    for keep_percent in [0, 10, 50, 90] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("store");
        fill(&create(&folder), 0..20_000);
        let file = OpenOptions::new().write(true).open(folder.join("db")).unwrap();
        let bytes = file.metadata().unwrap().len();
        file.set_len(bytes * keep_percent / 100).unwrap();
        let text = refusal(&folder);
        assert!(text.contains("copy"), "{keep_percent} %: {text}");
    }
}

#[test]
fn a_flipped_byte_is_an_error_and_never_a_wrong_or_missing_value() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    fill(&create(&folder), 0..20_000);
    let whole = fs::read(folder.join("db")).unwrap();
    // What is not written yet is zero; a flip there touches nothing.
    let written = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let mut noticed = 0;
    for step in 0..FLIPS {
        let at = written * step / FLIPS;
        let file = OpenOptions::new().write(true).open(folder.join("db")).unwrap();
        file.write_all_at(&[whole[at] ^ 0x20], at as u64).unwrap();
        noticed += usize::from(!reads_whole(&folder));
        fs::write(folder.join("db"), &whole).unwrap();
    }
    assert!(noticed >= NOTICED_MIN, "{noticed} of {FLIPS} flips were noticed");
}

/// Flips spread over the written part of the main file.
const FLIPS: usize = 64;
/// How many of them must be noticed, or the flips test nothing. The others hit segments that hold
/// nothing any more, a quarter of the file or more than half, as sled's threads happen to write it:
/// after each of them all values were read and compared.
const NOTICED_MIN: usize = FLIPS / 8;

/// Whether all values can be read. A value read is the one written, or this panics.
fn reads_whole(folder: &Path) -> bool {
    let Ok(store) = open(folder) else { return false };
    let mut pairs = store.scan_prefix(b"x");
    for number in 0..20_000_u32 {
        match pairs.next() {
            Some(Ok(pair)) => {
                assert_eq!(pair, (key(number), number.to_le_bytes().repeat(25)));
            }
            Some(Err(_)) => return false,
            None => panic!("the scan ended early and in silence"),
        }
    }
    true
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    File::create(folder.path().join("db")).unwrap();
    assert!(matches!(open(folder.path()), Err(StoreError::Unfinished { .. })));
    fs::write(folder.path().join("db"), vec![b'?'; 100_000]).unwrap();
    assert!(open(folder.path()).is_err());
}

/// Names the folder in which a copy of this program writes until it is killed.
const KILLED_WRITER: &str = "ESSAIM_TEST_KILLED_WRITER";

/// Threads of the writer that is killed.
const WRITERS: u32 = 3;
/// Keys of each, written over and over, so that the main file uses its segments again.
const KEYS_EACH: u32 = 3_000;
/// Keys in one batch.
const BATCH_KEYS: u32 = 40;

/// Not a test by itself: the process that the next test kills.
#[test]
fn writer_that_is_killed() {
    let Some(folder) = std::env::var_os(KILLED_WRITER) else { return };
    let store = open(Path::new(&folder)).unwrap();
    let state = |writer: u32| [b"w".as_slice(), &writer.to_be_bytes()].concat();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let store = &store;
            scope.spawn(move || {
                let written = store.get(&state(writer)).unwrap();
                let first = written.map_or(0, |it| u32::from_be_bytes(it.try_into().unwrap()) + 1);
                for number in first.. {
                    let mut batch = Batch::default();
                    batch.put(state(writer), number.to_be_bytes());
                    for one in number * BATCH_KEYS..(number + 1) * BATCH_KEYS {
                        let spread = one.wrapping_mul(2_654_435_761) % KEYS_EACH;
                        let value = number.to_le_bytes().repeat(100);
                        batch.put(key(writer * KEYS_EACH + spread), value);
                    }
                    store.apply(&batch).unwrap();
                    if number % 4 == writer {
                        store.barrier().unwrap();
                        println!("acknowledged {writer} {number}");
                    }
                }
            });
        }
    });
}

#[test]
fn a_killed_writer_loses_no_acknowledged_batch_and_leaves_nothing_that_looks_like_damage() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    drop(create(&folder));
    for round in 0..12 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "store::tests::writer_that_is_killed"])
            .env(KILLED_WRITER, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut acknowledged = [None; WRITERS as usize];
        let told = lines.filter_map(|line| {
            let (writer, number) = line.split_once("acknowledged ")?.1.split_once(' ')?;
            Some((writer.parse::<usize>().ok()?, number.parse::<u32>().ok()?))
        });
        for (writer, number) in told.take(4 + round * 9) {
            acknowledged[writer] = Some(number);
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        // Whether sled's snapshot is there or not: what is unfinished is no damage.
        let bare = tempfile::tempdir().unwrap();
        for snapshots in [&folder, bare.path()] {
            let found = survey::survey(snapshots, &folder.join("db")).unwrap();
            assert!(!matches!(found, Survey::Damaged(_)), "round {round}: {found:?}");
            println!("round {round}: {found:?}");
        }
        drop(open(&folder).unwrap());
        let reading = Reading::open(&SledOptions::in_folder(&folder)).unwrap();
        let store = reading.store;
        let inspection = store.inspect(reading.findings);
        assert!(inspection.findings.is_empty(), "round {round}: {:?}", inspection.findings);
        for (writer, acknowledged) in (0_u32..).zip(acknowledged) {
            let state = store.get(&[b"w".as_slice(), &writer.to_be_bytes()].concat()).unwrap();
            let found = state.map(|state| u32::from_be_bytes(state.try_into().unwrap()));
            assert!(found >= acknowledged, "round {round}: {found:?} of {acknowledged:?}");
        }
    }
}
