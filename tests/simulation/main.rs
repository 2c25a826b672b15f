//! Nodes that replicate over links that fail, as a game of seeded steps: no sockets, no threads,
//! no clock but the injected one. What belongs here: whether logs converge, and stay whole, over
//! many orders of events.
//!
//! Failures played: cuts after any frame, partitions, restarts (with a power cut of the store and
//! a torn tail of the headers), lying relays, bodies that a relay lost. Not played: a disk that
//! loses synced data. Random are only the choice of steps and the nonces of bodies; the seed is
//! printed when a game fails, and `ESSAIM_SEED=n` plays that game alone.

mod node;

use std::collections::BTreeSet;

use essaim::sync::{SyncError, Verdict, message::Want};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use node::{Cut, Federation, NODES};

/// A number below `end`.
fn below(random: &mut ChaCha8Rng, end: usize) -> usize {
    usize::try_from(random.next_u64() % end as u64).unwrap()
}

fn seeds() -> Vec<u64> {
    match std::env::var("ESSAIM_SEED") {
        Ok(seed) => vec![seed.parse().expect("a number")],
        Err(_) => (0..12).collect(),
    }
}

/// Plays one game per seed; a panic in it prints the seed.
fn play(game: impl Fn(&mut ChaCha8Rng) + std::panic::RefUnwindSafe) {
    for seed in seeds() {
        let played = std::panic::catch_unwind(|| game(&mut ChaCha8Rng::seed_from_u64(seed)));
        if let Err(panic) = played {
            eprintln!("the game failed with ESSAIM_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn nodes_converge_over_cuts_partitions_and_restarts() {
    play(|random| {
        let mut federation = Federation::new();
        let mut parted = BTreeSet::new();
        let mut appended = 0;
        for _ in 0..150 {
            let (one, other) = (below(random, NODES), below(random, NODES));
            match below(random, 10) {
                0 | 1 => {
                    federation.append(one, below(random, 30_000));
                    appended += 1;
                }
                2 => federation.restart(one, below(random, 300)),
                3 => drop(parted.insert((one, other))),
                4 => drop(parted.pop_first()),
                _ if one == other || parted.contains(&(one, other)) => {}
                step => {
                    let cut = if step < 8 { Cut::After(below(random, 6)) } else { Cut::Never };
                    let budget = 1 << below(random, 20);
                    let want = if step == 9 { Want::Headers } else { Want::Bodies };
                    let result = federation.pull(one, other, budget, want, cut).1;
                    let fine = matches!(result, Ok(()) | Err(SyncError::CutOff));
                    assert!(fine, "{one} pulls from {other}: {result:?}");
                }
            }
        }
        federation.settle();
        federation.assert_same(appended);
    });
}

#[test]
fn a_lying_relay_is_refused_and_nothing_of_it_is_kept() {
    play(|random| {
        let mut federation = Federation::new();
        (0..10).for_each(|_| federation.append(1, below(random, 2_000)));
        let cut = Cut::Garble { after: below(random, 3), byte: below(random, 10_000) };
        let (_, result) = federation.pull(0, 1, u64::MAX, Want::Bodies, cut);
        if let Err(error) = &result {
            assert_eq!(error.verdict(), Verdict::Reject, "{error}");
        }
        federation.assert_whole(0);
        let (_, result) = federation.pull(0, 1, u64::MAX, Want::Bodies, Cut::Never);
        result.unwrap();
        federation.assert_whole(0);
        assert_eq!(federation.sizes(0), federation.sizes(1));
    });
}

#[test]
fn a_node_restored_from_a_backup_pulls_its_own_log_back_and_never_forks_it() {
    play(|random| {
        let mut federation = Federation::new();
        let before = 1 + below(random, 5);
        (0..before).for_each(|_| federation.append(0, 100));
        let backup = federation.back_up(0);
        (0..3).for_each(|_| federation.append(0, 100));
        federation.pull(1, 0, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
        federation.restore(0, backup, 1);

        assert!(federation.try_append(0, 10).is_err(), "nobody was asked yet");
        federation.pull(0, 1, 1, Want::Bodies, Cut::After(1)).1.unwrap_err();
        assert!(federation.try_append(0, 10).is_err(), "the peer knows more");
        federation.pull(0, 1, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
        federation.append(0, 10);
        federation.settle();
        federation.assert_same(before + 4);
    });
}

#[test]
fn a_restored_node_is_not_misled_by_others_that_lag_behind() {
    play(|random| {
        let mut federation = Federation::new();
        (0..2).for_each(|_| federation.append(0, 100));
        federation.pull(2, 0, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
        let backup = federation.back_up(0);
        (0..2).for_each(|_| federation.append(0, 100));
        federation.pull(1, 0, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
        let majority = NODES / 2;
        federation.restore(0, backup, majority);

        // One that lags, then some that know nothing, the first of them twice.
        for peer in [2, 2].into_iter().chain(3..1 + majority) {
            federation.pull(0, peer, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
            assert!(federation.try_append(0, 10).is_err(), "{peer} proves nothing");
        }
        let budget_bytes = 1 + u64::from(random.next_u32() % 2) * 100_000;
        federation.pull(0, 1, budget_bytes, Want::Bodies, Cut::Never).1.unwrap();
        federation.pull(0, 1, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
        federation.append(0, 10);
        federation.settle();
        federation.assert_same(5);
    });
}

#[test]
fn a_fork_freezes_its_epoch_and_no_other_log() {
    let mut federation = Federation::new();
    federation.append(0, 100);
    let backup = federation.back_up(0);
    federation.append(0, 100);
    federation.pull(1, 0, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
    // An origin that was restored and forced to go on signs another entry in the same place.
    federation.restore(0, backup, 0);
    federation.append(0, 200);
    federation.append(2, 10);
    federation.pull(0, 2, u64::MAX, Want::Bodies, Cut::Never).1.unwrap();
    let (outcome, result) = federation.pull(1, 0, u64::MAX, Want::Bodies, Cut::Never);
    result.unwrap();
    assert_eq!(outcome.forks.len(), 1);
    assert_eq!(
        federation.sizes(1),
        federation.sizes(2).into_iter().chain([2]).rev().collect::<Vec<_>>()
    );
    federation.assert_whole(1);
    let (outcome, result) = federation.pull(1, 0, u64::MAX, Want::Bodies, Cut::Never);
    result.unwrap();
    assert!(outcome.forks.is_empty() && outcome.advanced.is_empty());
}
