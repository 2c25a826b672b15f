//! Logs of other members: taken in parts, verified before stored.

use super::*;

#[test]
fn a_followed_log_takes_parts_and_goes_on_after_a_restart() {
    let (origin, mut follower) = (Node::with_entries(7), Node::new());
    assert!(matches!(follower.consider(&origin).unwrap(), HeadNews::Newer(_)));
    follower.receive(&origin, origin.part(0, 3)).unwrap();
    assert_eq!((follower.size(), follower.held()), (0, 3));
    follower.restart();
    assert_eq!(follower.held(), 3);
    assert_eq!(follower.differences(), [""; 0]);
    // The same again is passed over, an overlap is taken from where it is new, a gap is refused.
    assert_eq!(follower.receive(&origin, origin.part(0, 2)).unwrap(), 0);
    assert!(follower.receive(&origin, origin.part(5, 2)).is_err());
    assert_eq!(follower.receive(&origin, origin.part(1, 6)).unwrap(), 4);
    assert_eq!((follower.size(), follower.held()), (7, 7));
    assert_eq!(follower.texts(), origin.texts());
    assert_eq!(follower.checkpoint(), origin.checkpoint());
}

#[test]
fn nothing_that_does_not_verify_is_stored() {
    let (origin, follower) = (Node::with_entries(4), Node::new());
    let tampered = |change: &dyn Fn(&mut EntryBatch)| {
        let mut batch = origin.part(0, 3);
        change(&mut batch);
        follower.receive(&origin, batch)
    };
    let changes: [&dyn Fn(&mut EntryBatch); 5] = [
        &|batch| batch.items[1].header[50] ^= 1,
        &|batch| batch.items.swap(0, 1),
        &|batch| batch.items.truncate(2),
        &|batch| batch.proof[0][0] ^= 1,
        &|batch| batch.proof.truncate(1),
    ];
    for change in changes {
        let refused = tampered(change);
        assert!(matches!(refused, Err(LogError::Refused(VerifyError::NotInTree { .. }))));
    }
    assert_eq!(follower.held(), 0);
    assert_eq!(follower.store.scan_prefix(&[prefix::LOG]).count(), 0);
}

#[test]
fn a_batch_survives_its_encoding() {
    let origin = Node::with_entries(4);
    let mut batch = origin.part(1, 3);
    batch.items[1].body = None;
    batch.items[2].body = None;
    batch.items[2].header[0] = 9;
    let content = BatchContent::Entries(batch);
    assert_eq!(BatchContent::from_bytes(&content.to_bytes()).unwrap(), content);
    let body = origin.log.sealed_body(id(0)).unwrap().unwrap();
    let content = BatchContent::Bodies(vec![(id(0), body)]);
    assert_eq!(BatchContent::from_bytes(&content.to_bytes()).unwrap(), content);
}

#[test]
fn an_absent_body_is_accepted_asked_for_and_filled_in() {
    let (origin, follower) = (Node::with_entries(3), Node::new());
    let mut batch = origin.batch(0);
    batch.items[1].body = None;
    follower.receive(&origin, batch).unwrap();
    assert_eq!(follower.texts(), ["text 0", "absent", "text 2"]);
    assert_eq!(follower.log.missing_bodies(10).unwrap(), [id(1)]);
    let (right, wrong) = (origin.log.sealed_body(id(1)), origin.log.sealed_body(id(2)));
    let (right, wrong) = (right.unwrap().unwrap(), wrong.unwrap().unwrap());
    assert!(follower.log.receive_bodies(vec![(id(1), wrong)]).is_err());
    assert_eq!(follower.log.receive_bodies(vec![(id(1), right)]).unwrap(), [id(1)]);
    assert_eq!(follower.texts(), origin.texts());
    assert!(follower.log.missing_bodies(10).unwrap().is_empty());
}

#[test]
fn an_erased_body_is_gone_with_its_nonce_and_the_log_still_verifies() {
    let node = Node::with_entries(3);
    node.log.erase_body(id(1)).unwrap();
    assert_eq!(node.texts(), ["text 0", "absent", "text 2"]);
    assert_eq!(node.differences(), ["ML/1/1: its body is erased, and no withdrawal asks so"]);
    assert!(node.log.missing_bodies(10).unwrap().is_empty(), "it is not asked for again");
    let follower = Node::new();
    follower.receive(&node, node.batch(0)).unwrap();
    assert_eq!(follower.texts(), ["text 0", "absent", "text 2"]);
}

#[test]
fn a_signed_header_that_cannot_be_read_is_kept_passed_over_and_sent_on() {
    let origin = Node::with_entries(3);
    let mut batch = origin.batch(0);
    batch.items[1].header[0] = 2;
    batch.items[1].body = None;
    batch.proof.clear();
    let mut frontier = crate::log::merkle::Frontier::default();
    batch.items.iter().for_each(|item| frontier.push(crate::log::header::leaf(&item.header)));
    let newer = Checkpoint { origin: ml(), epoch: 1, size: 3, root: frontier.root() };
    let note = newer.sign(&signer()).unwrap().to_bytes();
    let checkpoint = verify::checkpoint(&roster(), ml(), 1, &note).unwrap();
    let follower = Node::new();
    assert_eq!(follower.log.receive(&checkpoint, batch).unwrap(), 3);
    let entries: Vec<_> = follower.log.entries(ml(), 1, 0).collect();
    assert!(entries[0].is_ok() && entries[2].is_ok());
    assert!(matches!(entries[1], Err(LogError::Unreadable { .. })));
    assert_eq!(follower.differences(), [""; 0]);
    let third = Node::new();
    let content = BatchContent::Entries(follower.batch(0)).to_bytes();
    let BatchContent::Entries(batch) = BatchContent::from_bytes(&content).unwrap() else {
        panic!("entries");
    };
    assert_eq!(third.receive(&follower, batch).unwrap(), 3);
}

#[test]
fn only_keys_of_the_roster_count_and_only_for_their_sizes() {
    let (a, follower) = (Node::with_entries(3), Node::new());
    let considered = |roster: &Roster| {
        let base = Base { size: 0, root: None, proof: vec![] };
        follower.log.consider(roster, (ml(), 1), &a.checkpoint(), Some(&base))
    };
    let unknown = |news| matches!(news, Err(LogError::Refused(VerifyError::UnknownKey { .. })));
    assert!(unknown(considered(&Roster::default())));
    let mut short = roster();
    short.members[0].log_keys[0].to_size = Some(3);
    assert!(unknown(considered(&short)));
    short.members[0].log_keys[0].to_size = Some(4);
    assert!(matches!(considered(&short).unwrap(), HeadNews::Newer(_)));
}
