//! What a node finds about releases as they come, are given away, and are erased.

use std::sync::Arc;

use crate::{
    codes::{embedded::Codes, list::TOTAL},
    node::{
        checks::Checker,
        rebuild_tests::{Site, Started, ml, release},
    },
    publication::{
        admitted::Admitted,
        release::{Cell, Dimension, Release},
        withdrawal::{Withdrawal, WithdrawalReason},
    },
    statistics::checks::{Badge, BadgeState},
    store::memory::MemoryStore,
};

/// A quarter's requests by filière, the total first.
fn by_filiere(quarter: &str, cells: [Option<i64>; 4]) -> Release {
    let mut release = release(quarter, Codes::embedded().catalogue().version, 0);
    let codes = [TOTAL, "CEREA", "LAIT", "VIAND"].map(String::from).into();
    release.tables[0].dimensions = vec![Dimension { id: "filiere".into(), list_version: 1, codes }];
    release.tables[0].cells = cells.map(|value| Cell(value.map(|value| vec![value]))).into();
    release
}

/// Takes in what is new, and makes the checks that this asks for.
fn check(site: &Site, node: &Started, codes: &Arc<Codes>) -> Option<Badge> {
    node.projections.take_news(&[]).unwrap();
    let (log, statistics) = (Arc::clone(&site.log), Arc::clone(&node.statistics));
    Checker { log, statistics, codes: Arc::clone(codes) }.run();
    node.statistics.checks().of(ml())
}

#[test]
fn a_member_is_checked_anew_with_everything_that_comes_or_goes() {
    let site = Site::empty(Arc::new(MemoryStore::default()));
    let codes = Arc::new(Codes::embedded());
    let node = site.start();
    let check = || check(&site, &node, &codes);
    assert_eq!(check(), None);
    let whole = by_filiere("2026-Q1", [Some(10), Some(5), None, None]);
    site.append(Admitted::release(&whole, None));
    assert_eq!(check().unwrap().state, BadgeState::Verified);
    let made = node.statistics.checks().made();
    assert_eq!((check().unwrap().releases_checked, node.statistics.checks().made()), (1, made));
    // A second release of the period gives away what the first hides; the first is still known.
    let telling = by_filiere("2026-Q1", [Some(10), Some(5), Some(3), None]);
    let seq = site.append(Admitted::release(&telling, Some(0))).seq;
    let badge = check().unwrap();
    assert_eq!(
        (badge.state, badge.releases_checked, badge.cells.len()),
        (BadgeState::Failed, 2, 3)
    );
    let withdraw = |erase| Withdrawal { epoch: 1, seq, reason: WithdrawalReason::Error, erase };
    site.append(Admitted::withdrawal(&withdraw(false)));
    assert_eq!(check().unwrap().state, BadgeState::Failed, "who had it has it still");
    site.append(Admitted::withdrawal(&withdraw(true)));
    let badge = check().unwrap();
    assert_eq!((badge.state, badge.releases_checked), (BadgeState::NotCheckable, 1));
}
