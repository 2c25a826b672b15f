//! Appending: what stands after a power cut, and what a crash leaves.

use std::ops::Bound;

use proptest::prelude::*;

use super::*;
use crate::{
    log::{
        bodies::SealedBody,
        files::LogFolder,
        header::{Header, round_up},
        merkle::{Frontier, root},
        single::SingleLog,
    },
    publication::admitted::EntryKind,
    store::{Pairs, StoreError},
};

#[test]
fn what_was_appended_is_there_after_a_power_cut() {
    let mut node = Node::with_entries(3);
    node.store.crash();
    node.restart();
    assert_eq!(node.texts(), ["text 0", "text 1", "text 2"]);
    assert_eq!(node.append("text 3").unwrap(), id(3));
    assert_eq!(node.differences(), [""; 0]);
}

#[test]
fn a_long_body_is_stored_in_chunks_and_comes_back_whole() {
    let long = "é".repeat(90_000);
    let node = Node::new();
    node.append(&long).unwrap();
    assert_eq!(node.texts(), [long]);
    let largest = node.store.scan_prefix(&[prefix::LOG]).map(|pair| pair.unwrap().1.len()).max();
    assert!(largest.unwrap() <= crate::base::limits::STORE_VALUE_BYTES_MAX);
}

#[test]
fn a_revision_keeps_the_name_of_its_resource() {
    let node = Node::with_entries(2);
    let revise = |seq| {
        let admitted = Admitted::note(&note("better"), Some(seq)).unwrap();
        node.log.append(&signer(), ml(), 1, admitted)
    };
    assert_eq!(revise(1).unwrap(), id(2));
    assert_eq!(revise(2).unwrap(), id(3));
    let header = node.log.entry(id(3)).unwrap().unwrap().header;
    assert_eq!((header.first_seq, header.supersedes), (1, Some(2)));
    assert!(matches!(revise(9), Err(LogError::NoSuchRevision { .. })));
    assert_eq!(node.log.entry(id(4)).unwrap(), None);
}

#[test]
fn headers_a_crash_left_after_the_signed_size_are_cut_off() {
    for extra in [1, 127, 128, 200] {
        let mut node = Node::with_entries(2);
        let mut bytes = fs::read(node.file("headers")).unwrap();
        bytes.extend(vec![0xAB; extra]);
        fs::write(node.file("headers"), bytes).unwrap();
        let report = check::verify(node.folder.path(), &*node.store).unwrap();
        assert_eq!((report.differences.len(), report.remarks.len()), (0, 1));
        node.restart();
        assert_eq!(fs::metadata(node.file("headers")).unwrap().len(), 256);
        assert_eq!(node.append("next").unwrap(), id(2));
        assert_eq!(node.differences(), [""; 0]);
    }
}

#[test]
fn a_body_a_crash_left_is_replaced_by_the_next_append() {
    let mut node = Node::with_entries(1);
    let headers = fs::read(node.file("headers")).unwrap();
    fs::create_dir(node.file("checkpoints.new")).unwrap();
    node.append(&"long ".repeat(5000)).unwrap_err();
    fs::remove_dir(node.file("checkpoints.new")).unwrap();
    // As after step 1 of the second append.
    fs::write(node.file("headers"), headers).unwrap();
    node.restart();
    node.append("short").unwrap();
    assert_eq!(node.texts(), ["text 0", "short"]);
    assert_eq!(node.differences(), [""; 0]);
    assert_eq!(node.store.scan_prefix(&[prefix::LOG, b'b']).count(), 2, "no stale chunk stays");
}

#[test]
fn a_failed_write_of_the_checkpoint_leaves_the_log_as_it_was() {
    let node = Node::with_entries(1);
    fs::create_dir(node.file("checkpoints.new")).unwrap();
    assert!(matches!(node.append("lost"), Err(LogError::File { .. })));
    fs::remove_dir(node.file("checkpoints.new")).unwrap();
    assert_eq!(node.texts(), ["text 0"]);
    assert_eq!(node.append("text 1").unwrap(), id(1));
    assert_eq!(node.differences(), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// The tree that grows with each append is the tree over all that lies on the disk.
    #[test]
    fn what_is_signed_is_the_root_of_the_whole_file(
        restarts in prop::collection::vec(prop::bool::weighted(0.2), 1..40)
    ) {
        let mut node = Node::new();
        let folder = LogFolder::new(node.folder.path(), ml(), 1);
        for (number, restart) in restarts.into_iter().enumerate() {
            if restart {
                node.restart();
            }
            node.append(&format!("text {number}")).unwrap();
            let leaves = folder.read_leaves(u64::MAX).unwrap();
            let signed = verify::checkpoint(&roster(), ml(), 1, &node.checkpoint()).unwrap();
            let signed = signed.get().checkpoint;
            prop_assert_eq!((signed.size, leaves.len()), (number as u64 + 1, number + 1));
            prop_assert_eq!(signed.root, root(&leaves));
        }
        prop_assert_eq!(node.differences(), Vec::<String>::new());
    }
}

fn sealed(seq: u64) -> (Header, SealedBody) {
    let body = SealedBody::seal(note("more").to_bytes()).unwrap();
    let header = Header {
        id: id(seq),
        kind: EntryKind::NOTE,
        schema: Note::SCHEMA,
        first_seq: seq,
        supersedes: None,
        created_on: Date::constant(2027, 1, 31),
        body_bytes_rounded: u32::try_from(round_up(body.bytes.len())).unwrap(),
        body_commit: body.commit(),
    };
    (header, body)
}

#[test]
fn a_tree_that_is_not_the_one_signed_last_is_not_signed() {
    let node = Node::with_entries(5);
    let before = fs::read(node.file("checkpoints")).unwrap();
    let mut single = SingleLog::load(node.folder.path(), &*node.store, ml(), 1).unwrap();
    let mut other = Frontier::of(&[[1; 32]; 4]);
    other.push([2; 32]);
    single.frontier = other;
    let (header, body) = sealed(5);
    let refused = single.append(&*node.store, &signer(), header, body).unwrap_err();
    assert!(refused.to_string().contains("is not the one that was signed"), "{refused}");
    assert_eq!(fs::read(node.file("checkpoints")).unwrap(), before);
    // What was written for it is cut off at the next start, like after a crash.
    let mut node = node;
    node.restart();
    node.append("text 5").unwrap();
    assert_eq!(node.differences(), Vec::<String>::new());
}

/// A store that gives back another body than was put into it.
struct Forgetful(Arc<MemoryStore>);

impl Store for Forgetful {
    fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        self.0.range(from, to)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.0.apply(batch)
    }

    fn barrier(&self) -> Result<(), StoreError> {
        self.0.barrier()
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.0.disk_bytes()
    }
}

#[test]
fn an_entry_that_the_disk_does_not_give_back_is_not_signed() {
    let node = Node::with_entries(3);
    let before = fs::read(node.file("checkpoints")).unwrap();
    let mut single = SingleLog::load(node.folder.path(), &*node.store, ml(), 1).unwrap();
    let store = Forgetful(Arc::clone(&node.store));
    let (header, body) = sealed(3);
    let refused = single.append(&store, &signer(), header, body).unwrap_err();
    assert!(refused.to_string().contains("gave back something else"), "{refused}");
    assert_eq!(fs::read(node.file("checkpoints")).unwrap(), before);
}
