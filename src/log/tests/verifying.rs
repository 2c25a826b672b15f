//! What `verify` finds on a disk that rots, and frozen logs.

use super::*;

#[test]
fn verify_names_the_entry_whose_header_was_changed() {
    for at in [2, 24, 33, 64, 90, 127] {
        let mut node = Node::with_entries(3);
        flip(&node.file("headers"), 128 + at);
        let differences = node.differences();
        assert!(differences[0].starts_with("ML/1/1: the header"), "{differences:?}");
        assert_eq!(differences.len(), 1);
        node.restart();
        assert!(matches!(node.append("more"), Err(LogError::Damaged { .. })));
        assert_eq!(node.log.damaged().len(), 1);
        assert!(node.log.snapshot(ml(), 1).unwrap().is_none(), "damage is not sent on");
    }
}

#[test]
fn verify_names_the_entry_whose_body_was_changed() {
    let node = Node::with_entries(1);
    node.append(&"long ".repeat(5000)).unwrap();
    let records = node.store.scan_prefix(&[prefix::LOG, b'b']);
    let keys: Vec<_> = records.map(|pair| pair.unwrap().0).collect();
    for key in &keys[1..] {
        let good = node.store.get(key).unwrap().unwrap();
        for at in [0, 1, 40, 68, good.len() - 1] {
            let mut bad = good.clone();
            bad[at.min(good.len() - 1)] ^= 4;
            put(&node, key, bad);
            let differences = node.differences();
            assert_eq!(differences.len(), 1, "{differences:?}");
            assert!(differences[0].starts_with("ML/1/1: "), "{differences:?}");
        }
        put(&node, key, good);
    }
    assert_eq!(node.differences(), [""; 0]);
}

fn put(node: &Node, key: &[u8], value: Vec<u8>) {
    let mut batch = Batch::default();
    batch.put(key, value);
    node.store.commit(&batch).unwrap();
}

#[test]
fn verify_notices_any_changed_byte_of_the_checkpoint() {
    let node = Node::with_entries(2);
    let good = fs::read(node.file("checkpoints")).unwrap();
    for at in 0..good.len() {
        flip(&node.file("checkpoints"), at);
        assert!(!node.differences().is_empty(), "byte {at}");
        fs::write(node.file("checkpoints"), &good).unwrap();
    }
    fs::write(node.file("checkpoints"), &good[..good.len() - 7]).unwrap();
    assert!(!node.differences().is_empty());
}

/// A log whose file `checkpoints` was lost or is an older one stands still, and loses nothing.
#[test]
fn a_lost_or_older_file_of_checkpoints_is_no_short_log() {
    for covered in [None, Some(1), Some(2)] {
        let mut node = Node::with_entries(covered.unwrap_or(0));
        let older = covered.map(|_| fs::read(node.file("checkpoints")).unwrap());
        while node.size() < 3 {
            node.append("later").unwrap();
        }
        let newest = fs::read(node.file("checkpoints")).unwrap();
        match &older {
            None => fs::remove_file(node.file("checkpoints")).unwrap(),
            Some(older) => fs::write(node.file("checkpoints"), older).unwrap(),
        }
        let differences = node.differences();
        assert!(differences.iter().any(|it| it.contains("is missing or older")), "{differences:?}");
        node.restart();
        assert!(matches!(node.append("more"), Err(LogError::Damaged { .. })));
        assert_eq!(node.log.damaged().len(), 1);
        assert_eq!(fs::metadata(node.file("headers")).unwrap().len(), 3 * 128, "{covered:?}");
        fs::write(node.file("checkpoints"), newest).unwrap();
        node.restart();
        assert_eq!(node.append("more").unwrap(), id(3));
    }
}

/// Without the store's witness, more headers than one batch has can be no crash's.
#[test]
fn more_unsigned_headers_than_a_batch_has_are_a_difference() {
    let mut node = Node::new();
    fs::create_dir(node.folder.path().join("ML-1")).unwrap();
    for (count, differs) in [(1024, 0), (1025, 1)] {
        fs::write(node.file("headers"), vec![7; count * 128]).unwrap();
        let signs = |it: &&String| it.contains("signs 0 entries");
        assert_eq!(node.differences().iter().filter(signs).count(), differs);
    }
    node.restart();
    assert_eq!(fs::metadata(node.file("headers")).unwrap().len(), 1025 * 128);
}

/// What was held once and is nowhere now is not signed a second time.
#[test]
fn a_log_fetched_again_in_part_is_not_appended_to() {
    let (origin, mut node) = (Node::with_entries(2), Node::new());
    node.receive(&origin, origin.batch(0)).unwrap();
    node.append("nobody else has this").unwrap();
    fs::remove_dir_all(node.folder.path().join("ML-1")).unwrap();
    for _ in 0..2 {
        node.restart();
        node.receive(&origin, origin.batch(0)).unwrap();
        let refused = node.append("fork");
        assert!(matches!(refused, Err(LogError::Behind { held: 2, known: 3, .. })), "{refused:?}");
        assert_eq!(node.differences(), [""; 0]);
    }
}

#[test]
fn a_log_whose_folder_was_moved_away_is_fetched_again_before_it_is_appended_to() {
    let (origin, mut follower) = (Node::with_entries(3), Node::new());
    follower.receive(&origin, origin.batch(0)).unwrap();
    fs::remove_dir_all(follower.folder.path().join("ML-1")).unwrap();
    fs::remove_dir(follower.folder.path()).unwrap();
    let lost = follower.differences();
    assert!(lost.len() == 1 && lost[0].contains("its folder is missing: 3 entries"), "{lost:?}");
    follower.restart();
    assert!(matches!(follower.append("fork"), Err(LogError::Behind { known: 3, .. })));
    follower.receive(&origin, origin.part(0, 2)).unwrap();
    follower.restart();
    follower.receive(&origin, origin.part(2, 1)).unwrap();
    assert_eq!(follower.differences(), [""; 0]);
    assert_eq!(follower.append("goes on").unwrap(), id(3));
}

#[test]
fn verify_names_the_first_entry_that_was_cut_off() {
    let mut node = Node::with_entries(3);
    let headers = fs::read(node.file("headers")).unwrap();
    fs::write(node.file("headers"), &headers[..130]).unwrap();
    assert!(node.differences()[0].starts_with("ML/1/1: the header is missing"));
    node.restart();
    assert!(matches!(node.append("more"), Err(LogError::Damaged { .. })));
}

/// The folder `tests/fixtures/log-v1`, written by the first version and never again, with the
/// store's pairs beside it: an own log of three entries (the first erased, the second long, the
/// third a revision), and a followed one of which three of four entries are held, one without its
/// body.
#[test]
fn the_frozen_logs_of_version_1_open_and_verify() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/log-v1");
    let node = Node::new();
    for file in ["ML-1/headers", "ML-1/checkpoints", "BJ-1/headers", "BJ-1/checkpoints"] {
        let to = node.folder.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(frozen.join(file), to).unwrap();
    }
    for line in fs::read_to_string(frozen.join("pairs")).unwrap().lines() {
        let (key, value) = line.split_once(' ').unwrap();
        put(&node, &unhex(key), unhex(value));
    }
    let report = check::verify(node.folder.path(), &*node.store).unwrap();
    // Its first entry was erased before `log verify` looked for the withdrawal that asks so.
    let differences: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(differences, ["ML/1/0: its body is erased, and no withdrawal asks so"]);
    assert_eq!((report.entries, report.bodies), (6, 4));
    let mut node = node;
    node.restart();
    let heads = node.log.heads();
    let sizes: Vec<_> = heads.iter().map(|head| (head.size, head.held)).collect();
    assert_eq!(sizes, [(0, 3), (3, 3)]);
    assert_eq!(node.texts(), ["absent".into(), "long ".repeat(2000), "mieux".into()]);
    let missing = node.log.missing_bodies(9).unwrap();
    assert_eq!(missing, ["BJ/1/1".parse().unwrap()]);
    assert_eq!(node.append("goes on").unwrap(), id(3));
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}
