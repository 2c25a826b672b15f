//! Appending: what stands after a power cut, and what a crash leaves.

use super::*;

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
    let checkpoints = fs::read(node.file("checkpoints")).unwrap();
    node.append(&"long ".repeat(5000)).unwrap();
    // As after step 1 of the second append.
    fs::write(node.file("headers"), headers).unwrap();
    fs::write(node.file("checkpoints"), checkpoints).unwrap();
    node.restart();
    node.append("short").unwrap();
    assert_eq!(node.texts(), ["text 0", "short"]);
    assert_eq!(node.differences(), [""; 0]);
    assert_eq!(node.store.scan_prefix(&[prefix::LOG]).count(), 2, "no stale chunk stays");
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
