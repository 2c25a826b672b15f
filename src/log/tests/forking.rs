//! Forks, shorter logs, and a log restored from a backup.

use super::*;

/// Two logs by the same key that share their first `common` entries.
fn forked(common: usize, left: usize, right: usize) -> (Node, Node) {
    let (a, b) = (Node::with_entries(common), Node::new());
    if common > 0 {
        b.receive(&a, a.batch(0)).unwrap();
    }
    for number in 0..left {
        a.append(&format!("left {number}")).unwrap();
    }
    for number in 0..right {
        b.append(&format!("right {number}")).unwrap();
    }
    (a, b)
}

#[test]
fn two_histories_of_any_lengths_are_a_fork_with_evidence() {
    for (common, left, right) in [(0, 1, 1), (3, 2, 2), (3, 1, 4), (3, 4, 1), (2, 2, 5), (0, 4, 9)]
    {
        let (a, b) = forked(common, left, right);
        let mut follower = Node::new();
        follower.receive(&a, a.batch(0)).unwrap();
        let news = follower.consider(&b).unwrap();
        assert!(matches!(news, HeadNews::Forked(_)), "{common} {left} {right}: {news:?}");
        assert_eq!(follower.log.position(ml(), 1), None, "nothing more is asked for");
        assert!(matches!(follower.receive(&b, b.batch(0)), Err(LogError::Frozen { .. })));
        follower.restart();
        assert!(follower.log.heads()[0].frozen, "a frozen epoch stays so");
        let forks = follower.log.forks().unwrap();
        assert_eq!(forks.len(), 1);
        let remarks = check::verify(follower.folder.path(), &*follower.store).unwrap().remarks;
        assert!(remarks[0].to_string().ends_with(&forks[0].to_string()), "{remarks:?}");
        assert_eq!(follower.texts(), a.texts(), "what was held is still shown");
        assert_eq!(follower.differences(), [""; 0]);
    }
}

#[test]
fn a_proof_that_holds_for_nothing_is_the_relays_fault_and_freezes_nothing() {
    let (a, follower) = (Node::with_entries(3), Node::new());
    follower.receive(&a, a.batch(0)).unwrap();
    a.append("more").unwrap();
    let at = follower.log.position(ml(), 1).unwrap();
    for root in [None, Some([3; 32]), Some(at.root)] {
        let base = Base { size: 3, root, proof: vec![[1; 32]; 2] };
        let news = follower.log.consider(&roster(), (ml(), 1), &a.checkpoint(), Some(&base));
        assert!(matches!(news, Err(LogError::Refused(_))), "{news:?}");
    }
    assert!(matches!(follower.consider(&a).unwrap(), HeadNews::Newer(_)));
}

#[test]
fn a_shorter_log_of_the_same_history_is_no_news() {
    let (a, follower) = (Node::with_entries(2), Node::new());
    follower.receive(&a, a.batch(0)).unwrap();
    a.append("more").unwrap();
    follower.receive(&a, a.batch(2)).unwrap();
    let old = Node::with_entries(0);
    old.receive(&a, a.batch(0)).unwrap();
    assert_eq!(follower.consider(&old).unwrap(), HeadNews::Nothing);
}

#[test]
fn an_own_log_restored_from_a_backup_takes_nothing_until_it_caught_up() {
    let (own, friend) = (Node::with_entries(2), Node::new());
    let restored = Node::new();
    restored.receive(&own, own.batch(0)).unwrap();
    own.append("after the backup").unwrap();
    friend.receive(&own, own.batch(0)).unwrap();

    restored.log.ask_peers_first(ml(), 1, 2).unwrap();
    assert!(matches!(restored.append("fork"), Err(LogError::Unconfirmed { .. })));
    assert!(matches!(restored.consider(&friend).unwrap(), HeadNews::Newer(_)));
    restored.log.answered(ml(), 1, "BJ".parse().unwrap());
    restored.log.answered(ml(), 1, "BJ".parse().unwrap());
    let refused = restored.append("fork");
    assert!(matches!(refused, Err(LogError::Behind { .. })), "{refused:?}");
    restored.log.answered(ml(), 1, "SN".parse().unwrap());
    let refused = restored.append("fork");
    assert!(matches!(refused, Err(LogError::Behind { held: 2, known: 3, .. })), "{refused:?}");
    restored.receive(&friend, friend.batch(2)).unwrap();
    assert_eq!(restored.append("goes on").unwrap(), id(3));
    assert!(matches!(friend.consider(&restored).unwrap(), HeadNews::Newer(_)));
}
